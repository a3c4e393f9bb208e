"""Records a sync in the cluster: the inventory before its first write and after its last, its history, and an event.

A sync that is killed in between leaves nothing behind that the next one cannot find.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from penstock.apply import inventory as memory
from penstock.apply.announce import News, announce
from penstock.apply.client import APPLY_PATCH, Effort
from penstock.apply.failure import Failure
from penstock.apply.home import PARENT_MANAGER
from penstock.apply.inventory import Inventory, Record, recorded
from penstock.apply.lease import Lease
from penstock.apply.plan import changes
from penstock.apply.results import Results
from penstock.apply.task import Prepared, Task
from penstock.apply.world import kind_text
from penstock.model import Refusal, ResourceId, Tree
from penstock.tree import get


class Recorder:
    """Writes what a sync is about to do, and what it has done. `lease` must be held at each write."""

    def __init__(self, task: Task, prepared: Prepared, lease: Lease, results: Results) -> None:
        self._client, self._branch, self._parent = task.client, task.branch, task.parent
        self._task, self._options = task, task.options
        self._prepared = prepared
        self._bodies, self._kinds = prepared.desired.bodies, prepared.desired.kinds
        self._lease = lease
        self._results = results
        self._is_noted = False

    def intend(self) -> None:
        """Write the inventory before the first write to an object: all existing members, and those to come.

        Where only existing members may differ from the branch, it is written after the first one that did: none of them
        can be lost.
        """
        if self._is_noted:
            return
        self._is_noted = True
        before = self._prepared.inventory or Inventory()
        members = memory.widened(before.members, self._ours())
        self._write(self._attempt(before, members))

    def finish(self, left: Sequence[ResourceId]) -> None:
        """Write the inventory after the last object: the members that exist.

        Members that could not be read stay on the list.
        """
        before = self._prepared.inventory or Inventory()
        members = self._members(before, left)
        is_part = bool(left or self._options.part or not self._options.wait)
        if not self._results.failed and not is_part:
            self._remember_all(before, members)
        elif self._results.failed or changes(self._prepared.plan):
            self._remember_part(before, members)

    def _outcome(self) -> str:
        """Return how a sync that got to its end is called in the history."""
        if self._options.back_from:
            return "rollback"
        return "synced" if self._results.is_healthy else "unhealthy"

    def _remember_part(self, before: Inventory, members: dict[ResourceId, str]) -> None:
        """Write the members of a sync that did not get to its end, with those that may exist besides."""
        unsure = [key for key in self._ours() if key in self._results.failed]  # it may have been created unnoticed
        old = {key: uid for key, uid in before.members.items() if key not in self._results.gone}
        wide = {**memory.widened(old, unsure), **members}
        outcome = "failed" if self._results.failed else "partly"
        written = self._write(self._attempt(before, wide)._replace(history=self._history(before, outcome)))
        self._announce(outcome, written)

    def _remember_all(self, before: Inventory, members: dict[ResourceId, str]) -> None:
        revision = self._branch.revision
        exact = before._replace(
            members=members,
            namespace=self._namespace(before),
            revision=revision,
            attempt=revision,
            phase="synced",
            done=self._all_done(before),
            pin=self._options.back_from or (before.pin if revision == before.revision else ""),
        )
        outcome = self._outcome()
        # A sync without any change leaves no line in the history, and no write in the cluster.
        if exact != before or self._results.counts.keys() - {"unchanged"}:
            exact = exact._replace(history=self._history(before, outcome))
        if exact != before or self._is_noted:
            self._announce(outcome, self._write(exact))

    def _announce(self, outcome: str, inventory: Tree) -> None:
        failures = f"; {len(self._results.failed)} failed" if self._results.failed else ""
        note = f"{self._branch.name} at {self._branch.revision[:12]}: {self._results.did()}{failures}"
        news = News(outcome, note, self._results.started, datetime.now(UTC))
        announce(self._client, self._parent, inventory, news)

    def _history(self, before: Inventory, outcome: str) -> tuple[str, ...]:
        seconds = (datetime.now(UTC) - self._results.started).total_seconds()
        began = self._results.started.isoformat(timespec="seconds").replace("+00:00", "Z")
        failures = f", {len(self._results.failed)} failed" if self._results.failed else ""
        did = f"{self._results.did()}{failures}"
        who = self._options.who or "unknown"
        return recorded(before.history, Record(began, self._branch.revision, outcome, f"{seconds:.0f}s", who, did))

    def _ours(self) -> list[ResourceId]:
        """Return the wanted objects that do not belong to somebody else."""
        return [key for key in self._kinds if key not in self._prepared.blocked]

    def _attempt(self, before: Inventory, members: dict[ResourceId, str]) -> Inventory:
        return before._replace(
            members=members,
            namespace=self._namespace(before),
            attempt=self._branch.revision,
            phase="applying",
            done=self._all_done(before),
        )

    def _all_done(self, before: Inventory) -> dict[ResourceId, str]:
        """Return the objects of the branch that have run, with their digests."""
        return {key: mark for key, mark in {**before.done, **self._results.done}.items() if key in self._bodies}

    def _namespace(self, before: Inventory) -> str:
        """Return the namespace to record, which is set from the first object that needs it."""
        needed = any(not resource.id.namespace for resource in self._branch.resources)
        return self._prepared.namespace if needed else before.namespace

    def _members(self, before: Inventory, left: Sequence[ResourceId]) -> dict[ResourceId, str]:
        """Return the members with their uids: on the branch, kept, not pruned yet, or of an unlisted kind."""
        live = {**self._prepared.world.live, **self._results.live}
        members = {key: uid for key, uid in before.members.items() if self._is_unseen(key)}
        for key in (*self._results.live, *self._prepared.members.kept, *left):
            members[key] = str(get(live[key], ("metadata", "uid"), ""))
        return members

    def _is_unseen(self, id: ResourceId) -> bool:
        """Return whether a member stays on the list because its live state is not known."""
        is_listed = kind_text(id) not in self._prepared.world.unlisted
        return not is_listed or id in self._results.failed or id in self._prepared.settled

    def _write(self, inventory: Inventory) -> Tree:
        self._lease.check()
        body = memory.body(self._parent, inventory, self._task.version)
        path = f"/api/v1/namespaces/{self._parent.namespace}/configmaps/{self._parent.name}"
        query = {"fieldManager": PARENT_MANAGER, "force": "true"}
        answer = self._client.call("PATCH", path, query, body, media=APPLY_PATCH, effort=Effort(urgent=True))
        if isinstance(answer, Failure):
            raise Refusal(
                f"cannot write the inventory ConfigMap {self._parent.namespace}/{self._parent.name}: {answer}", 4
            )
        return answer
