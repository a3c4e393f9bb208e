"""A sync: plan, refuse what is dangerous, apply wave by wave, wait until all objects are healthy, prune, record the
result.

An object that cannot be applied is reported, with everything that needs it; the rest goes on. A sync that is killed
leaves nothing behind that the next one cannot find (see `inventory`).
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from math import inf

from penstock.apply.blame import End, blamed
from penstock.apply.by_target import State, not_needed, prunable
from penstock.apply.events import Event
from penstock.apply.failure import Failure
from penstock.apply.fields import is_as_before
from penstock.apply.home import make_home
from penstock.apply.hooks import Step, content, leaves, runs_once
from penstock.apply.inventory import Inventory
from penstock.apply.lease import Lease
from penstock.apply.meant import time_limit, unawaited
from penstock.apply.plan import changes, guard, is_going, is_sure, needs, own_home, still_there, taken_along
from penstock.apply.prepare import from_the_cluster, prepare, refused
from penstock.apply.prune import Outcome as Pruned
from penstock.apply.prune import Pruning
from penstock.apply.recorder import Recorder
from penstock.apply.results import COUNTED, Results
from penstock.apply.show import conflict_events, plan_events
from penstock.apply.task import Prepared, Task
from penstock.apply.wait import Bounds, time_until, unsettled, until_healthy
from penstock.apply.world import Applied
from penstock.apply.writer import Writer
from penstock.cluster import Change, Health, Plan
from penstock.model import Diagnostic, Pos, ResourceId, Tree
from penstock.windows import blocking, reason

LEEWAY = 2.0
"""Seconds after the timeout for requests that are under way, or that ask why an object is not ready."""

RESERVE, LONGEST_RESERVE = 0.1, 10.0
"""The share of the timeout, and the most seconds, that are kept for pruning where not all targets get well."""

GATES = ("Namespace", "CustomResourceDefinition")
"""Kinds whose objects must be ready before the next wave is applied. For other kinds it is enough that the objects
exist: workloads find each other at run time, and one that waits for a Service of a later wave would never become
ready."""

DONE = {"create": "created", "update": "updated"}


def dry_run(task: Task) -> tuple[Plan, list[Diagnostic]]:
    """Report the plan and write nothing. Raises `Refusal` (4) where the cluster does not answer."""
    task.client.deadline = time.monotonic() + task.options.timeout
    prepared = _prepare(task, preview=True)
    plan = prepared.plan if task.options.prune else prepared.plan._replace(prune=())
    for event in plan_events(plan, task.describe):
        task.tell(event)
    stay = still_there(taken_along(plan, task.options.allow_prune), task.branch.name)
    return plan, [*prepared.diagnostics, *_about_tries(prepared), *stay]


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
    make_home(client, task.parent)
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
        prepared.diagnostics.extend(own_home(prepared.plan, task.parent.namespace, task.branch.name))
    return prepared


class _Sync:
    """One sync under way: what it has done so far, what is still to be done, and the findings."""

    def __init__(self, task: Task, prepared: Prepared, lease: Lease) -> None:
        self._client, self._branch, self._parent = task.client, task.branch, task.parent
        self._task = task
        self._options = task.options
        self._prepared = prepared
        self._bodies = prepared.desired.bodies
        self._kinds = prepared.desired.kinds
        self._lease = lease
        self._deadline = task.client.deadline - LEEWAY
        self._results = Results(prepared.blocked & prepared.chosen)
        self._writer = Writer(task, prepared, self._deadline)
        self._recorder = Recorder(task, prepared, lease, self._results)
        self._needs = needs(prepared.graph)
        self._diagnostics = prepared.diagnostics
        self._current: Step = min(prepared.steps.values(), default=(0, 0))
        self._held_up: ResourceId | None = None
        self._doomed = list(prepared.plan.prune) if task.options.prune else []
        """What is still to be pruned."""
        self._left: list[ResourceId] = []
        """What should be gone, and still exists."""
        self._is_closed = False
        self._waiting: set[ResourceId] = set()
        """Objects that are not applied yet because something is being deleted."""
        self._ends: dict[ResourceId, float] = {}
        self._troubled: dict[ResourceId, float] = {}

    def run(self) -> list[Diagnostic]:
        known = (self._prepared.inventory or Inventory()).members
        if any(is_sure(change) or change.id not in known for change in changes(self._prepared.plan)):
            self._recorder.intend()
        for step, waves in groupby(self._prepared.plan.waves, self._step):
            self._begin(step)
            put_off = [self._apply_wave(wave) for wave in waves]
            for wave in put_off:
                self._apply_wave(wave, patient=True)
        self._results.is_healthy = self._wait_for_health() if self._options.wait else False
        self._recorder.finish(self._prune_all())
        counts = {word: self._results.counts[word] for word in COUNTED}
        self._task.tell(Event("counted", None, self._results.did(), counts))
        return self._diagnostics

    # --- apply

    def _step(self, wave: Sequence[Change]) -> Step:
        """Return the phase and wave of a row of the plan. An empty row belongs to the step before it."""
        return self._prepared.steps[wave[0].id] if wave else self._current

    def _begin(self, step: Step) -> None:
        """Begin the next phase or wave. Nothing of it is applied unless the objects of earlier ones are well."""
        before, self._current = self._current, step
        if before == step:
            return
        if not self._is_closed and (held := _held_by_windows(self._task, self._results.started)):
            self._is_closed = True
            self._diagnostics += held
        if not self._results.live or not self._options.wait:
            return
        states = self._healths(self._awaited())
        unwell = list(unsettled(states))
        self._results.failed.update(unwell)
        self._held_up = self._held_up or next((key for key in (*unwell, *self._results.failed)), None)

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
                self._results.live[change.id] = change.before or {}
                self._results.counts["unchanged"] += 1
            elif obstacle := self._obstacle(change.id):
                self._results.failed.add(change.id)
                self._blame(change.id, "PS614", f"{change.id} is not applied, because {obstacle}")
            elif not patient and self._meets_deletion(change):
                put_off.append(change)
            else:
                todo.append(change)
        work = partial(self._writer.apply, patient=patient)
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
        gates = [change.id for change in wave if change.id.kind in GATES and change.id in self._results.live]
        states = self._healths({key: self._results.live[key] for key in gates})
        self._results.failed.update(unsettled(states))

    def _meets_deletion(self, change: Change) -> bool:
        """Return whether an object, or one that it needs, is being deleted, so that it can only be re-created."""
        is_deleted = change.before is not None and is_going(change.before)
        return is_deleted or any(need in self._waiting for need in self._needs.get(change.id, ()))

    def _take_note(self, change: Change, outcome: Applied | Failure) -> None:
        if isinstance(outcome, Failure):
            self._results.failed.add(change.id)
            self._diagnostics.append(refused(self._prepared.desired, change.id, outcome))
            return
        from penstock.apply.overruled import overruled, warnings

        self._results.live[change.id] = outcome.body
        lost = overruled(self._bodies[change.id], outcome.body, outcome.left)
        self._diagnostics += warnings(change.id, self._prepared.desired.origins[change.id], lost)
        is_new = change.action == "create"
        if not is_new and is_as_before(change.before, outcome.body, taken=change.id in self._prepared.taking):
            self._results.counts["unchanged"] += 1
            return
        self._recorder.intend()
        self._results.counts[DONE[change.action]] += 1
        self._task.tell(Event(DONE[change.action], change.id))
        for event in conflict_events(change.id, outcome.taken, outcome.left):
            self._task.tell(event)

    def _obstacle(self, id: ResourceId) -> str:
        """Return why an object cannot be applied now, or "" where it can."""
        needed = next((need for need in self._needs.get(id, ()) if need in self._results.failed), None)
        if needed:
            return f"it needs {needed}, which failed"
        if self._held_up:
            return f"its phase or wave comes after {self._held_up}, which failed"
        return "the time in which a sync may run has ended" if self._is_closed else ""

    # --- wait

    def _say_unawaited(self, keys: Iterable[ResourceId]) -> None:
        for key in keys:
            message = f"nobody has waited until {key} is healthy, as its annotation {unawaited(self._bodies[key])} says"
            self._diagnostics.append(Diagnostic("PS664", "info", message, self._prepared.desired.origins[key], key))

    def _wait_for_health(self) -> bool:
        awaited = self._awaited()
        self._say_unawaited(self._results.live.keys() - awaited.keys())
        states = self._healths(awaited)
        unwell = unsettled(states)
        if unwell or self._results.failed:
            self._prune_by_target(unwell)
            waiting = {key: self._results.live[key] for key, state in unwell.items() if state.word == "Progressing"}
            if time_until(self._deadline):
                states |= self._healths(waiting, self._deadline)
            unwell = unsettled(states)
        if unwell and (newer := self._branch.newer()):
            message = f"{self._branch.name} has a newer commit, {newer[:12]}: nobody waits for this one any longer"
            self._diagnostics.append(Diagnostic("PS665", "error", message, Pos(self._branch.name), hint="sync again"))
        for key, state in unwell.items():
            self._blame(key, *blamed(key, state, self._why_it_ends(key)))
        self._end_hooks(states)
        return not unwell

    def _healths(self, bodies: Mapping[ResourceId, Tree], end: float = 0.0) -> dict[ResourceId, Health]:
        """Return the health of some objects, once it is settled or the waiting ends.

        Without `end`, that is before the deadline by the time that pruning by target needs.
        """
        timeout = self._options.timeout
        reserve = min(timeout * RESERVE, LONGEST_RESERVE) if self._doomed else 0.0
        bounds = Bounds(end or self._deadline - reserve, self._ends, self._newer, self._troubled)
        return until_healthy(self._client, self._kinds, self._parent, bodies, bounds, self._task.progress)

    def _newer(self) -> str:
        """Return the newer commit that ends the waiting, or "".

        Raises `Refusal` (4) where another sync has taken the lease.
        """
        self._lease.check_owner()
        return self._branch.newer()

    def _blame(self, key: ResourceId, code: str, message: str, hint: str = "") -> None:
        origin = self._prepared.desired.origins[key]
        self._diagnostics.append(Diagnostic(code, "error", message, origin, key, hint=hint))

    def _why_it_ends(self, key: ResourceId) -> End:
        """Return what has ended the waiting for an object."""
        own = self._ends.get(key, inf)
        if self._branch.newer() and time.monotonic() < min(self._deadline, own):
            return End("newer commit")
        if own <= self._deadline:
            return End("own limit", time_limit(self._bodies[key]) or 0.0)
        return End("timeout", self._options.timeout)

    def _awaited(self) -> dict[ResourceId, Tree]:
        """Return the live objects for whose health the sync waits."""
        return {key: body for key, body in self._results.live.items() if not unawaited(self._bodies[key])}

    def _end_hooks(self, states: Mapping[ResourceId, Health]) -> None:
        """Record which hooks have run, and delete those that are not to stay."""
        for key, state in states.items():
            # The content is recorded too: a hook that has changed runs again.
            if state.word == "Healthy" and runs_once(self._bodies[key]):
                self._results.done[key] = content(self._bodies[key])
            if leaves(self._bodies[key], state.word):
                why, _ = self._writer.remove(key)
                self._task.tell(Event("deleted", key, f": {why}" if why else ", as its delete policy says"))
                if not why:
                    del self._results.live[key]

    # --- prune

    def _prune_by_target(self, unwell: Collection[ResourceId]) -> None:
        """Delete what has left those targets that are applied and healthy, while others are not.

        What an object of another target needs stays.
        """
        if not self._doomed or not self._options.wait or self._branch.newer():
            return
        bad = {*unwell, *self._results.failed}
        since = (self._prepared.inventory or Inventory()).revision
        state = State(self._branch.resources, bad, self._prepared.namespace)
        found = prunable(self._doomed, state, self._branch.history, since)
        if found:
            stay = bad | ({change.id for change in self._doomed} - {change.id for change in found})
            there = {**self._prepared.world.live, **self._results.live}
            known = {*(change.id for change in found), *(stay & there.keys())}
            graph = self._task.link([from_the_cluster(key, there[key]) for key in sorted(known)])
            self._prune(not_needed(found, graph, stay))

    def _prune_all(self) -> list[ResourceId]:
        """Delete the objects that have left the branch; return those that should be gone and still exist."""
        for key in self._prepared.members.kept:
            self._task.tell(Event("kept", key, ", as its annotation says"))
        if not self._options.prune:
            return self._keep(self._prepared.plan.prune, "--no-prune")
        # What replaces an object may not work yet, so the old one stays until all is well.
        if self._results.is_healthy and not self._results.failed:
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
        stay = taken_along(self._prepared.plan, self._options.allow_prune)
        ready = self._prepared
        pruning = Pruning(self._client, ready.kinds, self._parent, self._deadline, ready.leaving, stay)
        settled = {change.id for change in doomed}
        self._doomed = [change for change in self._doomed if change.id not in settled]
        for change, outcome in pruning.run(doomed, self._prepared.doomed):
            if not self._note_pruned(change.id, outcome):
                self._left.append(change.id)

    def _note_pruned(self, key: ResourceId, outcome: Pruned) -> bool:
        """Report the outcome for an object that was to be deleted; return False where it is still to be deleted."""
        if outcome.word == "still":
            self._diagnostics += still_there({key: outcome.why}, self._branch.name)
            return False
        if outcome.word == "kept":
            self._task.tell(Event("kept", key, ", as its annotation says"))
            self._prepared.members.kept.append(key)
        elif outcome.word == "left":
            self._task.tell(Event("left", key, ": it is not ours any more"))
        else:
            self._results.counts["pruned"] += 1
            self._results.gone.add(key)
            self._task.tell(Event("pruned", key))
        return True
