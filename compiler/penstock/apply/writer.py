"""Writes one object: applies it, waits where something is being deleted, and replaces it where that is allowed."""

import time
from math import inf

from penstock.apply.events import Event
from penstock.apply.failure import TERMINATING, Failure
from penstock.apply.hooks import replaces
from penstock.apply.plan import PROTECTED, is_at_its_end, is_going
from penstock.apply.prune import remove
from penstock.apply.task import Prepared, Task
from penstock.apply.wait import time_until, until_gone
from penstock.apply.world import Applied, Force, apply, take_over
from penstock.cluster import Change
from penstock.model import ResourceId
from penstock.tree import get

CHANGE_PATIENCE = 10.0
"""Seconds that the cluster may take to settle: a kind is served only a moment after its definition is established."""

RUN_PODS = ("apps", "batch")
"""Groups whose objects have pods. Those of an object that is replaced must not run beside the pods of the new one."""

BEING_DELETED = Failure("replan", 0, TERMINATING, "the object is being deleted")


class Writer:
    """Writes the objects of one sync, each until `deadline` (of the monotonic clock) at the latest."""

    def __init__(self, task: Task, prepared: Prepared, deadline: float) -> None:
        self._client, self._tell, self._deadline = task.client, task.tell, deadline
        self._named = task.options.replace
        self._bodies, self._kinds = prepared.desired.bodies, prepared.desired.kinds
        self._taking = prepared.taking
        self._force = Force(task.options.force_conflicts, task.options.ignore)

    def apply(self, change: Change, *, patient: bool) -> Applied | Failure:
        """Apply one object; retry where its kind is new, or where a `patient` call waits for a deletion to complete."""
        if still := self._still_going(change):
            return still
        if (why := why_again(change)) and (failure := self._replace(change, why)):
            return failure
        start = time.monotonic()
        while True:
            outcome = self._once_or_replaced(change)
            if isinstance(outcome, Applied):
                if not is_going(outcome.body):
                    return outcome
                outcome = BEING_DELETED
            if time.monotonic() >= min(start + _patience(outcome, patient), self._deadline):
                return outcome
            time.sleep(0.2)

    def _still_going(self, change: Change) -> Failure | None:
        """Wait until an object that is being deleted is gone: a write to it would be lost with it."""
        if not change.before or not is_going(change.before):
            return None
        uid = str(get(change.before, ("metadata", "uid")))
        still = until_gone(self._client, self._path(change.id), uid, time_until(self._deadline))
        return BEING_DELETED._replace(message=still.reason) if still else None

    def _once_or_replaced(self, change: Change) -> Applied | Failure:
        outcome = self._once(change.id)
        # Only a field that cannot change is a reason to replace; a policy that refuses never is.
        if isinstance(outcome, Failure) and outcome.is_immutable and self._may_replace(change.id):
            return self._replace(change, "a field of it cannot be changed") or self._once(change.id)
        return outcome

    def _once(self, id: ResourceId) -> Applied | Failure:
        kind, taking = self._kinds[id], self._taking
        failure = take_over(self._client, kind, id, taking[id]) if id in taking else None
        return failure or apply(self._client, kind, self._bodies[id], self._force)

    def _may_replace(self, id: ResourceId) -> bool:
        """Return whether the user or the object allows deletion and re-creation.

        An object that holds data or other objects must be named by the user.
        """
        named = str(id) in self._named
        return named or ((id.group, id.kind) not in PROTECTED and replaces(self._bodies[id]))

    def _replace(self, change: Change, because: str) -> Failure | None:
        """Delete an object and wait until it is gone. Return the failure where it stays, else None."""
        why, was_there = self.remove(change.id, "Foreground" if change.id.group in RUN_PODS else "Background")
        if not why and was_there:
            self._tell(Event("replaced", change.id, f": {because}"))
        return Failure("never", 409, "", f"cannot be replaced: {why}") if why else None

    def remove(self, id: ResourceId, propagation: str = "Background") -> tuple[str, bool]:
        """Delete an object of the branch and wait until it is gone.

        Returns why the object still exists ("" where it is gone), and whether it existed before.
        """
        live = self._client.about_object(self._client.get(self._path(id)))
        why = remove(self._client, self._path(id), live, time_until(self._deadline), propagation)
        return str(why), isinstance(live, dict)

    def _path(self, id: ResourceId) -> str:
        return self._kinds[id].path(id.namespace, id.name)


def why_again(change: Change) -> str:
    """Return why an object is made anew that exists and is not being deleted, or "". It is a hook at its end."""
    if change.action != "create" or change.before is None or is_going(change.before):
        return ""
    return f"it has {'changed' if is_at_its_end(change.before) else 'failed'}, and runs again"


def _patience(failure: Failure, patient: bool) -> float:
    """Return the seconds for which it is worth retrying the apply of an object that the server did not accept."""
    if failure.meets_deletion:
        return inf if patient else 0.0
    return CHANGE_PATIENCE if failure.retry == "replan" and not failure.lacks_namespace else 0.0
