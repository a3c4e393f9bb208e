"""A sync: plan, refuse what is dangerous, apply wave by wave, wait until all objects are healthy, prune, record the
result.

An object that cannot be applied is reported, with everything that needs it; the rest goes on. A sync that is killed
leaves nothing behind that the next one cannot find (see `inventory`).
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from math import inf

from penstock.apply import inventory as memory
from penstock.apply.announce import News, announce
from penstock.apply.by_target import State, not_needed, prunable
from penstock.apply.client import APPLY_PATCH, Client, Effort
from penstock.apply.events import Event
from penstock.apply.failure import TERMINATING, Failure
from penstock.apply.fields import differences, same_owners
from penstock.apply.hooks import Step, content, leaves, replaces, runs_once
from penstock.apply.inventory import Inventory, Parent, Record, recorded
from penstock.apply.lease import Lease
from penstock.apply.meant import TIME_LIMIT, time_limit
from penstock.apply.plan import PROTECTED, changes, guard, is_going, is_sure, needs
from penstock.apply.prepare import PATIENCE, Prepared, Task, from_the_cluster, prepare, refused
from penstock.apply.prune import Outcome as Pruned
from penstock.apply.prune import Pruning, remove
from penstock.apply.shape import says
from penstock.apply.show import conflict_events, plan_events
from penstock.apply.wait import Bounds, is_settled, time_until, until_gone, until_healthy
from penstock.apply.world import Applied, Force, apply, kind_text, take_over
from penstock.model import Change, Diagnostic, Health, Plan, Pos, Refusal, ResourceId, Tree
from penstock.tree import get
from penstock.windows import blocking, reason

PARENT_MANAGER = "penstock-applyset"
"""The field manager of Penstock's own records."""

CHANGE_PATIENCE = 10.0
"""Seconds that the cluster may take to settle: a kind is served only a moment after its definition is established."""

LEEWAY = 2.0
"""Seconds after the timeout for requests that are under way, or that ask why an object is not ready."""

RESERVE, LONGEST_RESERVE = 0.1, 10.0
"""The share of the timeout, and the most seconds, that are kept for pruning where not all targets get well."""

GATES = ("Namespace", "CustomResourceDefinition")
"""Kinds whose objects must be ready before the next wave is applied. For other kinds it is enough that the objects
exist: workloads find each other at run time, and one that waits for a Service of a later wave would never become
ready."""

BEING_DELETED = Failure("replan", 0, TERMINATING, "the object is being deleted")

UNAWAITED = ("penstock.dev/wait", "disabled")
"""The annotation by which an object asks not to be waited for."""

COUNTED = ("created", "updated", "unchanged", "pruned")

DONE = {"create": "created", "update": "updated"}


def dry_run(task: Task) -> tuple[Plan, list[Diagnostic]]:
    """Report the plan and write nothing. Raises `Refusal` (4) where the cluster does not answer."""
    task.client.deadline = time.monotonic() + task.options.timeout
    prepared = _prepare(task, preview=True)
    plan = prepared.plan if task.options.prune else prepared.plan._replace(prune=())
    for event in plan_events(plan, task.describe):
        task.tell(event)
    return plan, [*prepared.diagnostics, *_about_tries(prepared)]


def _about_tries(prepared: Prepared) -> Iterator[Diagnostic]:
    """Yield the findings about what the server says in a dry run."""
    from penstock.apply.overruled import overruled, warnings

    bodies = prepared.desired.bodies
    for key, outcome in prepared.tried.items():
        if isinstance(outcome, Failure):
            yield refused(prepared.desired, key, outcome)
        else:
            lost = overruled(bodies[key], outcome.body, outcome.left)
            yield from warnings(key, prepared.desired.origins[key], lost)


def sync(task: Task) -> list[Diagnostic]:
    """Bring the cluster to the state of the branch, and return the findings.

    Raises `Refusal` (4) where the surroundings fail: the network, the lease, the credentials.
    """
    client, options = task.client, task.options
    held = _held_by_windows(task)
    if held:
        return held
    client.deadline = time.monotonic() + options.timeout + LEEWAY
    _make_home(client, task.parent)
    with Lease(client, task.parent, options.holder, options.lock_timeout, task.progress) as lease:
        client.fence = lease.check
        prepared = _prepare(task, preview=False)
        if prepared.refused:
            return prepared.diagnostics
        return _Sync(task, prepared, lease).run()


def _held_by_windows(task: Task, started: datetime | None = None) -> list[Diagnostic]:
    """Return a finding where the windows forbid a sync at this time, else an empty list.

    `started` is the start time of a sync that is under way.
    """
    now = datetime.now(UTC)
    held = blocking(task.options.windows, now, manual=task.options.manual, started=started)
    if not held:
        return []
    hint = "--manual syncs nevertheless" if all(window.manual for window in held) else "see `windows` in penstock.yaml"
    return [Diagnostic("PS660", "error", reason(held, now), Pos(task.branch.name), hint=hint)]


def _prepare(task: Task, *, preview: bool) -> Prepared:
    prepared = prepare(task, preview=preview)
    if task.options.prune:
        allowed = task.options.allow_prune
        dangers = guard(prepared.plan, prepared.members.total, allowed, task.branch.name)
        prepared.diagnostics.extend(dangers)
    return prepared


def _make_home(client: Client, parent: Parent) -> None:
    """Create the namespace of the inventory and the lease where it is missing.

    A user who may not read the namespace may still use it.
    """
    path = f"/api/v1/namespaces/{parent.namespace}"
    found = client.about_object(client.get(path))
    client.patience = PATIENCE
    if isinstance(found, Failure) and found.is_absent:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": parent.namespace}}
        # not an apply: without fields it would leave no manager, and the next one's fields would count as a person's
        query = {"fieldManager": PARENT_MANAGER}
        made = client.about_object(client.call("POST", "/api/v1/namespaces", query, body))
        if isinstance(made, Failure) and made.reason != "AlreadyExists":
            raise Refusal(f"cannot make the namespace {parent.namespace} for the inventory: {made}", 4)


class _Sync:
    """One sync under way: the live objects so far, the failed ones, and the findings."""

    def __init__(self, task: Task, prepared: Prepared, lease: Lease) -> None:
        self._client, self._branch, self._parent = task.client, task.branch, task.parent
        self._task = task
        self._options = task.options
        self._prepared = prepared
        self._bodies = prepared.desired.bodies
        self._kinds = prepared.desired.kinds
        self._lease = lease
        self._deadline = task.client.deadline - LEEWAY
        self._live: dict[ResourceId, Tree] = {}
        self._counts: Counter[str] = Counter()
        self._failed = set(prepared.blocked & prepared.chosen)
        self._needs = needs(prepared.graph)
        self._diagnostics = prepared.diagnostics
        self._current: Step = min(prepared.steps.values(), default=(0, 0))
        self._held_up: ResourceId | None = None
        self._doomed = list(prepared.plan.prune) if task.options.prune else []
        """What is still to be pruned."""
        self._left: list[ResourceId] = []
        """What should be gone, and still exists."""
        self._force = Force(task.options.force_conflicts, task.options.ignore)
        self._is_closed = False
        self._is_noted = False
        self._is_healthy = False
        self._waiting: set[ResourceId] = set()
        """Objects that are not applied yet because something is being deleted."""
        self._done: dict[ResourceId, str] = {}
        self._gone: set[ResourceId] = set()
        self._ends: dict[ResourceId, float] = {}
        self._started = datetime.now(UTC)

    def run(self) -> list[Diagnostic]:
        known = (self._prepared.inventory or Inventory()).members
        if any(is_sure(change) or change.id not in known for change in changes(self._prepared.plan)):
            self._remember_intent()
        for step, waves in groupby(self._prepared.plan.waves, self._step):
            self._begin(step)
            put_off = [self._apply_wave(wave) for wave in waves]
            for wave in put_off:
                self._apply_wave(wave, patient=True)
        healthy = self._is_healthy = self._wait_for_health() if self._options.wait else False
        left = self._prune_all(healthy)
        self._remember(left)
        self._task.tell(Event("counted", None, self._did(), {word: self._counts[word] for word in COUNTED}))
        return self._diagnostics

    def _did(self) -> str:
        return ", ".join(f"{self._counts[word]} {word}" for word in COUNTED)

    # --- apply

    def _step(self, wave: Sequence[Change]) -> Step:
        """Return the phase and wave of a row of the plan. An empty row belongs to the step before it."""
        return self._prepared.steps[wave[0].id] if wave else self._current

    def _begin(self, step: Step) -> None:
        """Begin the next phase or wave. Nothing of it is applied unless the objects of earlier ones are well."""
        before, self._current = self._current, step
        if before == step:
            return
        if not self._is_closed and (held := _held_by_windows(self._task, self._started)):
            self._is_closed = True
            self._diagnostics += held
        if not self._live or not self._options.wait:
            return
        states = self._healths(self._awaited())
        unwell = list(_unsettled(states))
        self._failed.update(unwell)
        self._held_up = self._held_up or next((key for key in (*unwell, *self._failed)), None)

    def _apply_wave(self, wave: Sequence[Change], *, patient: bool = False) -> list[Change]:
        """Apply objects that do not need each other; return the changes that have to wait for a deletion.

        Only a `patient` call waits for an object that is being deleted, for its namespace, or for such an object that
        it needs; so other objects need not wait.
        """
        put_off: list[Change] = []
        todo: list[Change] = []
        for change in wave:
            self._waiting.discard(change.id)
            self._start_clock(change.id)
            if change.action == "unchanged":
                self._live[change.id] = change.before or {}
                self._counts["unchanged"] += 1
            elif obstacle := self._obstacle(change.id):
                self._failed.add(change.id)
                self._find("PS614", f"{change.id} is not applied, because {obstacle}", change.id)
            elif not patient and self._meets_deletion(change):
                put_off.append(change)
            else:
                todo.append(change)
        work = partial(self._apply, patient=patient)
        for change, outcome in zip(todo, self._client.each(work, todo), strict=True):
            if isinstance(outcome, Failure) and outcome.meets_deletion and not patient:
                put_off.append(change)
            else:
                self._take_note(change, outcome)
        self._waiting.update(change.id for change in put_off)
        self._pass_gates(wave)
        return put_off

    def _start_clock(self, id: ResourceId) -> None:
        """Let the time begin that an object's own annotation gives it."""
        limit = time_limit(self._bodies[id])
        if limit is not None:
            self._ends[id] = time.monotonic() + limit

    def _pass_gates(self, wave: Sequence[Change]) -> None:
        """Wait for the objects of a wave without which others cannot be applied, such as definitions."""
        gates = [change.id for change in wave if change.id.kind in GATES and change.id in self._live]
        states = self._healths({key: self._live[key] for key in gates})
        self._failed.update(_unsettled(states))

    def _meets_deletion(self, change: Change) -> bool:
        """Return whether an object, or one that it needs, is being deleted, so that it can only be re-created."""
        is_deleted = change.before is not None and is_going(change.before)
        return is_deleted or any(need in self._waiting for need in self._needs.get(change.id, ()))

    def _apply(self, change: Change, *, patient: bool) -> Applied | Failure:
        """Apply one object; retry where its kind is new, or where a `patient` call waits for a deletion to complete."""
        # A write to an object that is being deleted would be lost with it.
        if change.before and is_going(change.before):
            uid = str(get(change.before, ("metadata", "uid")))
            if still := until_gone(self._client, self._path(change.id), uid, time_until(self._deadline)):
                return BEING_DELETED._replace(message=still.reason)
        start = time.monotonic()
        while True:
            outcome = self._apply_once(change.id)
            # Only a field that cannot change is a reason to replace; a policy that refuses never is.
            if isinstance(outcome, Failure) and outcome.is_immutable and self._may_replace(change.id):
                outcome = self._replace(change) or self._apply_once(change.id)
            if isinstance(outcome, Applied):
                if not is_going(outcome.body):
                    return outcome
                outcome = BEING_DELETED
            if time.monotonic() >= min(start + _patience(outcome, patient), self._deadline):
                return outcome
            time.sleep(0.2)

    def _apply_once(self, id: ResourceId) -> Applied | Failure:
        kind, taking = self._kinds[id], self._prepared.taking
        failure = take_over(self._client, kind, id, taking[id]) if id in taking else None
        return failure or apply(self._client, kind, self._bodies[id], self._force)

    def _may_replace(self, id: ResourceId) -> bool:
        """Return whether the user or the object allows deletion and re-creation.

        An object that holds data or other objects must be named by the user.
        """
        named = str(id) in self._options.replace
        return named or ((id.group, id.kind) not in PROTECTED and replaces(self._bodies[id]))

    def _replace(self, change: Change) -> Failure | None:
        """Delete an object and wait until it is gone. Return the failure where it stays, else None."""
        why, was_there = self._remove(change.id)
        if not why and was_there:
            self._task.tell(Event("replaced", change.id, ": a field of it cannot be changed"))
        return Failure("never", 409, "", f"cannot be replaced: {why}") if why else None

    def _remove(self, id: ResourceId) -> tuple[str, bool]:
        """Delete an object of the branch and wait until it is gone.

        Returns why the object still exists ("" where it is gone), and whether it existed before.
        """
        live = self._client.about_object(self._client.get(self._path(id)))
        why = remove(self._client, self._path(id), live, time_until(self._deadline))
        return str(why), isinstance(live, dict)

    def _path(self, id: ResourceId) -> str:
        return self._kinds[id].path(id.namespace, id.name)

    def _take_note(self, change: Change, outcome: Applied | Failure) -> None:
        if isinstance(outcome, Failure):
            self._failed.add(change.id)
            self._diagnostics.append(refused(self._prepared.desired, change.id, outcome))
            return
        from penstock.apply.overruled import overruled, warnings

        self._live[change.id] = outcome.body
        lost = overruled(self._bodies[change.id], outcome.body, outcome.left)
        self._diagnostics += warnings(change.id, self._prepared.desired.origins[change.id], lost)
        if _is_as_before(change, outcome.body):
            self._counts["unchanged"] += 1
            return
        self._remember_intent()
        self._counts[DONE[change.action]] += 1
        self._task.tell(Event(DONE[change.action], change.id))
        for event in conflict_events(change.id, outcome.taken, outcome.left):
            self._task.tell(event)

    def _obstacle(self, id: ResourceId) -> str:
        """Return why an object cannot be applied now, or "" where it can."""
        needed = next((need for need in self._needs.get(id, ()) if need in self._failed), None)
        if needed:
            return f"it needs {needed}, which failed"
        if self._held_up:
            return f"its phase or wave comes after {self._held_up}, which failed"
        return "the time in which a sync may run has ended" if self._is_closed else ""

    # --- wait

    def _say_unawaited(self, keys: Iterable[ResourceId]) -> None:
        for key in keys:
            message = f"nobody has waited until {key} is healthy, as its annotation {UNAWAITED[0]} says"
            self._diagnostics.append(Diagnostic("PS664", "info", message, self._prepared.desired.origins[key], key))

    def _wait_for_health(self) -> bool:
        awaited = self._awaited()
        self._say_unawaited(self._live.keys() - awaited.keys())
        states = self._healths(awaited)
        unwell = _unsettled(states)
        if unwell or self._failed:
            self._prune_by_target(unwell)
            waiting = {key: self._live[key] for key, state in unwell.items() if state.word == "Progressing"}
            if time_until(self._deadline):
                states |= self._healths(waiting, self._deadline)
            unwell = _unsettled(states)
        if unwell and (newer := self._branch.newer()):
            message = f"{self._branch.name} has a newer commit, {newer[:12]}: nobody waits for this one any longer"
            self._diagnostics.append(Diagnostic("PS665", "error", message, Pos(self._branch.name), hint="sync again"))
        for key, state in unwell.items():
            self._blame(key, state)
        self._end_hooks(states)
        return not unwell

    def _healths(self, bodies: Mapping[ResourceId, Tree], end: float = 0.0) -> dict[ResourceId, Health]:
        """Return the health of some objects, once it is settled or the waiting ends.

        Without `end`, that is before the deadline by the time that pruning by target needs.
        """
        timeout = self._options.timeout
        reserve = min(timeout * RESERVE, LONGEST_RESERVE) if self._doomed else 0.0
        bounds = Bounds(end or self._deadline - reserve, self._ends, self._newer)
        return until_healthy(self._client, self._kinds, self._parent, bodies, bounds, self._task.progress)

    def _newer(self) -> str:
        """Return the newer commit that ends the waiting, or "".

        Raises `Refusal` (4) where another sync has taken the lease.
        """
        self._lease.check_owner()
        return self._branch.newer()

    def _blame(self, key: ResourceId, state: Health) -> None:
        """Add the finding about an object that is not well."""
        if state.word == "Degraded":
            self._find("PS616", f"{key} is Degraded: {state.reason}", key)
        elif state.word != "Progressing":
            self._find("PS617", f"{key} is {state.word}: {state.reason}", key)
        elif self._branch.newer() and time.monotonic() < min(self._deadline, self._ends.get(key, inf)):
            self._find("PS617", f"{key} is still Progressing: {state.reason}", key)
        elif key in self._ends and self._ends[key] <= self._deadline:
            limit = time_limit(self._bodies[key])
            message = f"{key} is still Progressing after {limit:.0f} s: {state.reason}"
            self._find("PS617", message, key, f"its annotation {TIME_LIMIT} says how long it is waited for")
        else:
            message = f"{key} is still Progressing after {self._options.timeout:.0f} s: {state.reason}"
            self._find("PS617", message, key, "--timeout waits longer")

    def _awaited(self) -> dict[ResourceId, Tree]:
        """Return the live objects for whose health the sync waits."""
        return {key: body for key, body in self._live.items() if not says(self._bodies[key], *UNAWAITED)}

    def _end_hooks(self, states: Mapping[ResourceId, Health]) -> None:
        """Record which hooks have run, and delete those that are not to stay."""
        for key, state in states.items():
            # The content is recorded too: a hook that has changed runs again.
            if state.word == "Healthy" and runs_once(self._bodies[key]):
                self._done[key] = content(self._bodies[key])
            if leaves(self._bodies[key], state.word):
                why, _ = self._remove(key)
                self._task.tell(Event("deleted", key, f": {why}" if why else ", as its delete policy says"))
                if not why:
                    del self._live[key]

    # --- prune

    def _prune_by_target(self, unwell: Collection[ResourceId]) -> None:
        """Delete what has left those targets that are applied and healthy, while others are not.

        What an object of another target needs stays.
        """
        if not self._doomed or not self._options.wait or self._branch.newer():
            return
        bad = {*unwell, *self._failed}
        since = (self._prepared.inventory or Inventory()).revision
        state = State(self._branch.resources, bad, self._prepared.namespace)
        found = prunable(self._doomed, state, self._branch.history, since)
        if found:
            stay = bad | ({change.id for change in self._doomed} - {change.id for change in found})
            there = {**self._prepared.world.live, **self._live}
            known = {*(change.id for change in found), *(stay & there.keys())}
            graph = self._task.link([from_the_cluster(key, there[key]) for key in sorted(known)])
            self._prune(not_needed(found, graph, stay))

    def _prune_all(self, healthy: bool) -> list[ResourceId]:
        """Delete the objects that have left the branch; return those that should be gone and still exist."""
        for key in self._prepared.members.kept:
            self._task.tell(Event("kept", key, ", as its annotation says"))
        if not self._options.prune:
            return self._keep(self._prepared.plan.prune, "--no-prune")
        # What replaces an object may not work yet, so the old one stays until all is well.
        if healthy and not self._failed:
            self._prune(self._doomed)
            return self._left
        kept = self._keep(self._doomed, "first its target, or else all of the branch, must be applied and healthy")
        return [*self._left, *kept]

    def _keep(self, doomed: Sequence[Change], why: str) -> list[ResourceId]:
        for change in doomed:
            self._task.tell(Event("kept", change.id, f": {why}"))
        return [change.id for change in doomed]

    def _prune(self, doomed: Sequence[Change]) -> None:
        """Delete objects, and note those that still exist."""
        pruning = Pruning(self._client, self._prepared.kinds, self._parent, self._deadline)
        settled = {change.id for change in doomed}
        self._doomed = [change for change in self._doomed if change.id not in settled]
        for change, outcome in pruning.run(doomed, self._prepared.doomed):
            if not self._note_pruned(change.id, outcome):
                self._left.append(change.id)

    def _note_pruned(self, key: ResourceId, outcome: Pruned) -> bool:
        """Report the outcome for an object that was to be deleted; return False where it is still to be deleted."""
        if outcome.word == "still":
            message = f"{key} has left the branch and is still in the cluster: {outcome.why}"
            self._diagnostics.append(Diagnostic("PS618", "error", message, Pos(self._branch.name), key))
            return False
        if outcome.word == "kept":
            self._task.tell(Event("kept", key, ", as its annotation says"))
            self._prepared.members.kept.append(key)
        elif outcome.word == "left":
            self._task.tell(Event("left", key, ": it is not ours any more"))
        else:
            self._counts["pruned"] += 1
            self._gone.add(key)
            self._task.tell(Event("pruned", key))
        return True

    # --- remember

    def _remember_intent(self) -> None:
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

    def _remember(self, left: Sequence[ResourceId]) -> None:
        """Write the inventory after the last object: the members that exist.

        Members that could not be read stay on the list.
        """
        before = self._prepared.inventory or Inventory()
        members = self._members(before, left)
        if not (self._failed or left or self._options.part or not self._options.wait):
            self._remember_all(before, members)
        elif self._failed or changes(self._prepared.plan):
            unsure = [key for key in self._ours() if key in self._failed]  # it may have been created unnoticed
            old = {key: uid for key, uid in before.members.items() if key not in self._gone}
            wide = {**memory.widened(old, unsure), **members}
            outcome = "failed" if self._failed else "partly"
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
        outcome = "rollback" if self._options.back_from else "synced" if self._is_healthy else "unhealthy"
        # A sync without any change leaves no line in the history, and no write in the cluster.
        if exact != before or self._counts.keys() - {"unchanged"}:
            exact = exact._replace(history=self._history(before, outcome))
        if exact != before or self._is_noted:
            self._announce(outcome, self._write(exact))

    def _announce(self, outcome: str, inventory: Tree) -> None:
        failures = f"; {len(self._failed)} failed" if self._failed else ""
        note = f"{self._branch.name} at {self._branch.revision[:12]}: {self._did()}{failures}"
        news = News(outcome, note, self._started, datetime.now(UTC))
        announce(self._client, self._parent, inventory, news)

    def _history(self, before: Inventory, outcome: str) -> tuple[str, ...]:
        seconds = (datetime.now(UTC) - self._started).total_seconds()
        began = self._started.isoformat(timespec="seconds").replace("+00:00", "Z")
        failures = f", {len(self._failed)} failed" if self._failed else ""
        did = f"{self._did()}{failures}"
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
        return {key: mark for key, mark in {**before.done, **self._done}.items() if key in self._bodies}

    def _namespace(self, before: Inventory) -> str:
        """Return the namespace to record, which is set from the first object that needs it."""
        needed = any(not resource.id.namespace for resource in self._branch.resources)
        return self._prepared.namespace if needed else before.namespace

    def _members(self, before: Inventory, left: Sequence[ResourceId]) -> dict[ResourceId, str]:
        """Return the members with their uids: on the branch, kept, not pruned yet, or of an unlisted kind."""
        live = {**self._prepared.world.live, **self._live}
        members = {key: uid for key, uid in before.members.items() if self._is_unseen(key)}
        for key in (*self._live, *self._prepared.members.kept, *left):
            members[key] = str(get(live[key], ("metadata", "uid"), ""))
        return members

    def _is_unseen(self, id: ResourceId) -> bool:
        """Return whether a member stays on the list because its live state is not known."""
        is_listed = kind_text(id) not in self._prepared.world.unlisted
        return not is_listed or id in self._failed or id in self._prepared.settled

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

    def _find(self, code: str, message: str, id: ResourceId, hint: str = "") -> None:
        self._diagnostics.append(Diagnostic(code, "error", message, self._prepared.desired.origins[id], id, hint=hint))


def _unsettled(states: Mapping[ResourceId, Health]) -> dict[ResourceId, Health]:
    """Return the states that a sync goes on to wait for, or blames."""
    return {key: state for key, state in states.items() if not is_settled(key, state)}


def _is_as_before(change: Change, body: Tree) -> bool:
    """Return whether an apply has changed nothing."""
    before = change.before
    return before is not None and not differences(before, body) and same_owners(before, body)


def _patience(failure: Failure, patient: bool) -> float:
    """Return the seconds for which it is worth retrying the apply of an object that the server did not accept."""
    if failure.meets_deletion:
        return inf if patient else 0.0
    return CHANGE_PATIENCE if failure.retry == "replan" and not failure.lacks_namespace else 0.0
