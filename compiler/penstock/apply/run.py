"""A sync: plan, refuse what is dangerous, apply wave by wave, wait until all is healthy, prune, remember.

What cannot be applied is reported, with all that needs it; the rest goes on. A sync that is killed leaves nothing
behind that the next one does not find (see `inventory`).
"""

import time
from collections import Counter
from collections.abc import Sequence
from math import inf

from penstock.apply import inventory as memory
from penstock.apply.client import Client, answered
from penstock.apply.failure import Failure
from penstock.apply.inventory import Inventory, Parent
from penstock.apply.lease import Lease
from penstock.apply.plan import changes, guard, is_going, needs
from penstock.apply.prepare import PATIENCE, Prepared, Task, origin_in, prepare, refused
from penstock.apply.show import plan_lines
from penstock.apply.wait import until_gone, until_healthy
from penstock.apply.world import Applied, apply
from penstock.model import Change, Diagnostic, Health, Plan, Pos, Refusal, ResourceId, Tree

PARENT_MANAGER = "penstock-applyset"
"""The field manager of what Penstock keeps for itself."""

CHANGE_PATIENCE = 10.0
"""Seconds that the cluster may take to settle: a kind is served only a moment after its definition is established."""

GATES = ("Namespace", "CustomResourceDefinition")
"""Kinds whose objects must be ready before the next wave is applied. Of others it is enough that they exist: workloads
find each other at run time, and one that waits for a Service of a later wave would never get ready."""

DONE = {"create": "created", "update": "updated"}


def dry_run(task: Task) -> tuple[Plan, list[Diagnostic]]:
    """Say the plan, write nothing. Raises `Refusal` (4) where the cluster does not answer."""
    prepared = _prepare(task)
    plan = prepared.plan if task.options.prune else prepared.plan._replace(prune=())
    for line in plan_lines(plan):
        task.say(line)
    failures = ((key, outcome) for key, outcome in prepared.tried.items() if isinstance(outcome, Failure))
    return plan, prepared.diagnostics + [refused(prepared.desired, key, failure) for key, failure in failures]


def sync(task: Task) -> list[Diagnostic]:
    """Make the cluster what the branch says.

    Raises `Refusal` (4) where the world fails: the network, the lease, the credentials.
    """
    _make_home(task.client, task.parent)
    with Lease(task.client, task.parent, task.options.holder, task.options.lock_timeout, task.progress) as lease:
        prepared = _prepare(task)
        if prepared.refused:
            return prepared.diagnostics
        return _Sync(task, prepared, lease).run()


def _prepare(task: Task) -> Prepared:
    prepared = prepare(task)
    if task.options.prune:
        allowed = task.options.allow_prune
        dangers = guard(prepared.plan, prepared.world.live, task.parent.id, allowed, task.branch.name)
        prepared.diagnostics.extend(dangers)
    return prepared


def _make_home(client: Client, parent: Parent) -> None:
    """The namespace of the inventory and the lease, should it be missing. Who may not look may still use it."""
    path = f"/api/v1/namespaces/{parent.namespace}"
    found = answered(client.get(path))
    client.patience = PATIENCE
    if isinstance(found, Failure) and found.is_absent:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": parent.namespace}}
        made = answered(client.apply(path, body, PARENT_MANAGER))
        if isinstance(made, Failure):
            raise Refusal(f"cannot make the namespace {parent.namespace} for the inventory: {made}", 4)


class _Sync:
    """One sync under way: what is live now, what has failed, what has been found."""

    def __init__(self, task: Task, prepared: Prepared, lease: Lease) -> None:
        self._client, self._branch, self._parent = task.client, task.branch, task.parent
        self._task = task
        self._options = task.options
        self._prepared = prepared
        self._bodies = prepared.desired.bodies
        self._kinds = prepared.desired.kinds
        self._lease = lease
        self._deadline = time.monotonic() + task.options.timeout
        self._live: dict[ResourceId, Tree] = {}
        self._counts: Counter[str] = Counter()
        self._failed = set(prepared.blocked)
        self._needs = needs(prepared.graph)
        self._diagnostics = prepared.diagnostics

    def run(self) -> list[Diagnostic]:
        if changes(self._prepared.plan):
            self._remember_intent()
        for wave in self._prepared.plan.waves:
            self._apply_wave(wave)
        healthy = self._wait_for_health()
        left = self._prune_all(healthy)
        if not self._failed:
            self._remember(left)
        self._task.say(
            ", ".join(f"{self._counts[word]} {word}" for word in ("created", "updated", "unchanged", "pruned"))
        )
        return self._diagnostics

    # --- apply

    def _apply_wave(self, wave: Sequence[Change]) -> None:
        todo: list[Change] = []
        for change in wave:
            needed = next((need for need in self._needs.get(change.id, ()) if need in self._failed), None)
            if change.action == "unchanged":
                self._live[change.id] = change.before or {}
                self._counts["unchanged"] += 1
            elif needed:
                self._skip(change.id, needed)
            else:
                todo.append(change)
        for change, outcome in zip(todo, self._client.each(self._apply, todo), strict=True):
            self._take_note(change, outcome)
        gates = {key: body for key, body in self._live.items() if key.kind in GATES and any(c.id == key for c in wave)}
        states = until_healthy(self._client, self._kinds, gates, self._time_left(), self._task.progress)
        self._failed.update(key for key, state in states.items() if state.word != "Healthy")

    def _apply(self, change: Change) -> Applied | Failure:
        """Apply one object; again, if it or its namespace is just being deleted, or if its kind is new."""
        if change.before and is_going(change.before):
            self._wait_until_gone(change.id, change.before)
        start = time.monotonic()
        while True:
            self._lease.check()
            kind, body = self._kinds[change.id], self._bodies[change.id]
            outcome = apply(self._client, kind, body, self._options.force_conflicts)
            if isinstance(outcome, Applied):
                if not is_going(outcome.body):
                    return outcome
                outcome = Failure("replan", 200, "Terminating", "the object is being deleted")
            if time.monotonic() >= min(start + _patience(outcome), self._deadline):
                return outcome
            time.sleep(0.2)

    def _take_note(self, change: Change, outcome: Applied | Failure) -> None:
        if isinstance(outcome, Failure):
            self._failed.add(change.id)
            self._diagnostics.append(refused(self._prepared.desired, change.id, outcome))
            return
        self._live[change.id] = outcome.body
        self._counts[DONE[change.action]] += 1
        self._task.say(f"{DONE[change.action]:9} {change.id}")
        for conflict in outcome.taken:
            self._task.say(f"{'':9} {conflict.field} put right; {conflict.manager} had changed it")
        for conflict in outcome.left:
            self._task.say(f"{'':9} {conflict.field} left to {conflict.manager}")

    def _skip(self, id: ResourceId, needed: ResourceId) -> None:
        self._failed.add(id)
        message = f"{id} is not applied, because it needs {needed}, which failed"
        self._find("PS614", message, id)

    # --- wait

    def _wait_for_health(self) -> bool:
        states = until_healthy(self._client, self._kinds, self._live, self._time_left(), self._task.progress)
        for key, state in states.items():
            if state.word == "Degraded":
                self._find("PS616", f"{key} is Degraded: {state.reason}", key)
            elif state.word == "Progressing":
                message = f"{key} is still Progressing after {self._options.timeout:.0f} s: {state.reason}"
                self._find("PS617", message, key, "--timeout waits longer")
            elif state.word != "Healthy":
                self._find("PS617", f"{key} is {state.word}: {state.reason}", key)
        return all(state.word == "Healthy" for state in states.values())

    def _wait_until_gone(self, id: ResourceId, body: Tree) -> Health | None:
        """What holds the object, should it still be there at the timeout."""
        kind = self._kinds.get(id) or self._prepared.kinds.of(body)
        path = kind.path(id.namespace, id.name) if kind else ""
        return until_gone(self._client, path, str(body["metadata"]["uid"]), self._time_left())

    def _time_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    # --- prune

    def _prune_all(self, healthy: bool) -> list[ResourceId]:
        """Delete what has left the branch, last dependant first; returns what is still there and should not be."""
        doomed = self._prepared.plan.prune
        for key in self._prepared.kept:
            self._task.say(f"{'kept':9} {key}, as its annotation says")
        if self._options.prune and healthy and not self._failed:
            return [change.id for change in doomed if not self._prune(change)]
        why = "--no-prune" if not self._options.prune else "first all of the branch must be applied and healthy"
        for change in doomed:
            self._task.say(f"{'kept':9} {change.id}: {why}")
        return [change.id for change in doomed]

    def _prune(self, change: Change) -> bool:
        """Delete one object and wait until it is gone, so that nothing goes before what needs it."""
        body = change.before or {}
        kind = self._prepared.kinds.of(body)
        if kind is None:
            return True  # its kind has gone, and all objects of the kind with it
        self._lease.check()
        path = kind.path(change.id.namespace, change.id.name)
        answer = answered(self._client.delete(path, str(body["metadata"]["uid"])))
        if isinstance(answer, Failure) and answer.status != 404:
            why = str(answer)
        else:
            still = self._wait_until_gone(change.id, body)
            why = still.reason if still else ""
        if why:
            message = f"{change.id} has left the branch and is still in the cluster: {why}"
            self._diagnostics.append(Diagnostic("PS618", "error", message, Pos(self._branch.name), change.id))
            return False
        self._counts["pruned"] += 1
        self._task.say(f"{'pruned':9} {change.id}")
        return True

    # --- remember

    def _remember_intent(self) -> None:
        """Before the first write: all that there is and all that will be."""
        before = self._prepared.inventory or Inventory()
        wanted = memory.members(self._parent, [*self._kinds, *self._prepared.kept])
        widened = memory.widened(before, wanted)
        self._write(widened._replace(revision=before.revision, attempt=self._branch.revision, phase="applying"))

    def _remember(self, left: Sequence[ResourceId]) -> None:
        """After the last: what there is. Kinds that could not be looked at stay on the list."""
        before = self._prepared.inventory or Inventory()
        there = memory.members(self._parent, [*self._kinds, *self._prepared.kept, *left])
        unseen = {pair for pair in before.kinds if _kind_text(pair) in self._prepared.world.unlisted}
        namespaces = there.namespaces | {self._parent.namespace} | (before.namespaces if unseen else frozenset())
        exact = Inventory(there.kinds | unseen, namespaces, self._branch.revision, self._branch.revision, "synced")
        if left:
            exact = exact._replace(revision=before.revision, phase="applying")
        if exact != before:
            self._write(exact)

    def _write(self, inventory: Inventory) -> None:
        self._lease.check()
        body = memory.body(self._parent, inventory, self._task.version)
        path = f"/api/v1/namespaces/{self._parent.namespace}/configmaps/{self._parent.name}"
        answer = self._client.apply(path, body, PARENT_MANAGER, force=True)
        if isinstance(answer, Failure):
            raise Refusal(
                f"cannot write the inventory ConfigMap {self._parent.namespace}/{self._parent.name}: {answer}", 4
            )

    def _find(self, code: str, message: str, id: ResourceId, hint: str = "") -> None:
        self._diagnostics.append(
            Diagnostic(code, "error", message, origin_in(self._prepared.desired, id), id, hint=hint)
        )


def _patience(failure: Failure) -> float:
    """Seconds for which it is worth while to apply an object again that the server did not take."""
    if failure.meets_deletion or failure.reason == "Terminating":
        return inf
    return CHANGE_PATIENCE if failure.retry == "replan" and not failure.lacks_namespace else 0.0


def _kind_text(pair: tuple[str, str]) -> str:
    group, kind = pair
    return f"{kind}.{group}" if group else kind
