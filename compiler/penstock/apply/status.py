"""How far a cluster is from a rendered branch, object by object. Nothing is written."""

import time
from collections.abc import Iterator

from penstock.apply.failure import Failure
from penstock.apply.fields import differences
from penstock.apply.health import health
from penstock.apply.inventory import Inventory
from penstock.apply.overruled import overruled
from penstock.apply.ownership import rival
from penstock.apply.plan import why_to_ask
from penstock.apply.prepare import prepare
from penstock.apply.reasons import MAX_ASKED, UNWELL, with_reasons
from penstock.apply.show import Describe, difference_lines
from penstock.apply.silence import speaking
from penstock.apply.takeover import added
from penstock.apply.task import Prepared, Task
from penstock.apply.world import Applied
from penstock.cluster import Change, Health, LastSync, ObjectStatus, Status, Sync
from penstock.kubernetes import group_kind
from penstock.model import Tree

IDLE = "PS625"
"""The finding about a hook that no sync applies: it should not be in the cluster, so nothing is missing."""

MAX_ADDED = 20
"""The number of fields added by hand that are listed for one object."""


def status(task: Task) -> Status:
    """Compare the cluster with the branch. Raises `Refusal` (4) where the cluster does not answer."""
    task.client.deadline = time.monotonic() + task.options.timeout
    prepared = prepare(task)
    objects = (*_planned(task, prepared), *_settled(prepared), *_blocked(prepared), *_extra(task, prepared))
    if task.options.part:
        objects = tuple(each for each in objects if each.id in prepared.chosen or each.sync == "Extra")
    general = tuple(d for d in prepared.diagnostics if d.resource is None)
    return Status(task.branch.name, task.branch.revision, _last_sync(prepared.inventory), objects, general)


def _last_sync(memory: Inventory | None) -> LastSync:
    if memory is None or not memory.attempt:
        return LastSync()
    return LastSync(memory.revision, memory.attempt, memory.phase)


def _planned(task: Task, prepared: Prepared) -> Iterator[ObjectStatus]:
    asked = 0
    bodies = prepared.desired.bodies
    reported = speaking(prepared.world.live.values())
    for change in (change for wave in prepared.plan.waves for change in wave):
        word, details = _compare(change, prepared, task.describe)
        details += _overruled(bodies[change.id], prepared.tried.get(change.id))
        state = Health("Missing", "is not in the cluster")
        if change.before is not None:
            kind = prepared.desired.kinds[change.id]
            is_reported = group_kind(change.before) in reported
            state = health(change.before, fresh=is_reported, has_status=kind.has_status)
            # Reasons cost requests, so only the first unwell objects get them.
            if state.word in UNWELL and asked < MAX_ASKED:
                asked += 1
                state = with_reasons(task.client, change.before, state)
        yield ObjectStatus(change.id, word, state, details)


def _compare(change: Change, prepared: Prepared, describe: Describe) -> tuple[Sync, tuple[str, ...]]:
    tried = prepared.tried.get(change.id)
    if change.before is None:
        return "Missing", ()
    if change.action == "create":
        return "OutOfSync", ("a sync makes it anew",)
    if isinstance(tried, Failure):
        return _untried(tried)
    left = tuple(f"{c.field} is left to {c.manager}" for c in tried.left) if tried else ()
    left += tuple(added(change.before)[:MAX_ADDED])
    again = rival(change.before)
    left += (f"{again} applies it, too",) if again else ()
    if change.action == "unchanged" or change.after is None or not differences(change.before, change.after):
        return "Synced", left
    return "OutOfSync", (*difference_lines(change, describe), *left)


def _overruled(wanted: Tree, tried: Applied | Failure | None) -> tuple[str, ...]:
    lost = overruled(wanted, tried.body, tried.left) if isinstance(tried, Applied) else ()
    return tuple(f"{text}: admission changes what the branch says" for text in lost)


def _untried(failure: Failure) -> tuple[Sync, tuple[str, ...]]:
    if failure.conflicts:
        return "OutOfSync", tuple(f"{c.field} differs, and is owned by {c.manager}" for c in failure.conflicts)
    if failure.status == 403:
        return "Unknown", (f"may differ; to be sure takes the right to patch (a dry run): {failure}",)
    return "OutOfSync", (f"differs, and the API server does not take it: {failure}",)


def _settled(prepared: Prepared) -> Iterator[ObjectStatus]:
    """Yield the status of objects that a sync leaves alone. They are not compared, so only their health is known."""
    for key, why in sorted(prepared.settled.items()):
        live = prepared.world.live.get(key)
        yield ObjectStatus(key, "Synced", health(live) if live else Health("Healthy"), (why,))


def _blocked(prepared: Prepared) -> Iterator[ObjectStatus]:
    """Yield the status of objects that a sync could not apply, each with its finding."""
    for finding in prepared.diagnostics:
        if finding.resource and finding.code == IDLE:
            yield ObjectStatus(finding.resource, "Synced", Health("Healthy"), (finding.message,))
        elif finding.resource:
            live = prepared.world.live.get(finding.resource)
            state = health(live) if live else Health("Unknown")
            yield ObjectStatus(finding.resource, "Unknown", state, (finding.message,))


def _extra(task: Task, prepared: Prepared) -> Iterator[ObjectStatus]:
    for change in prepared.plan.prune:
        asks = why_to_ask(change) and str(change.id) not in task.options.allow_prune
        how = f"a sync prunes it with --allow-prune {change.id}" if asks else "a sync prunes it"
        yield ObjectStatus(change.id, "Extra", health(change.before or {}), (f"has left the branch; {how}",))
    for key in prepared.members.kept:
        yield ObjectStatus(
            key, "Synced", health(prepared.world.live[key]), ("has left the branch; its annotation keeps it",)
        )
