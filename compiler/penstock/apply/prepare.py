"""Everything that is known before the first write: the objects of the branch, the live objects, the plan, and its
dangers.

A sync, its dry run and the status all begin here. Nothing is written.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from penstock.apply.about_the_branch import about_the_branch, adopts_nothing, odd_limits, replaces_nothing, unlisted
from penstock.apply.client import TIME_IS_UP, Client
from penstock.apply.desired import Desired, once_established, settle
from penstock.apply.failure import Failure
from penstock.apply.hints import hint_of
from penstock.apply.hooks import arranged, has_run, steps, steps_of_leaving
from penstock.apply.inventory import Inventory
from penstock.apply.kinds import Kinds, discover
from penstock.apply.meant import hands_off, ignored_fields, with_live_values
from penstock.apply.ownership import entries, is_adopted, is_ours, is_ours_alone, other_owner, rival
from penstock.apply.part import Left, left_by, not_known, part_of
from penstock.apply.plan import (
    Bodies,
    Members,
    make,
    members,
    of_others,
    overlaid,
    rivals,
    running_again,
    strangers,
    suspects,
)
from penstock.apply.rehearsal import rehearsed
from penstock.apply.takeover import Takeover, additions, exchanged, moves, without_fields
from penstock.apply.task import FATAL, Branch, Options, Prepared, Task
from penstock.apply.world import Applied, Force, Taking, World, observe, remembered, try_out
from penstock.kubernetes import identify
from penstock.model import Diagnostic, Origin, Resource, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import respell

PATIENCE = 60.0
"""Seconds for which a request is retried once the cluster has answered: its API server may be restarting."""

DEFAULT = "default"
"""The namespace that Kubernetes uses where none is named."""


class _Seen(NamedTuple):
    """What is wanted, and what the cluster has of it. The fields are those of `Prepared`."""

    kinds: Kinds
    inventory: Inventory | None
    namespace: str
    desired: Desired
    world: World

    @property
    def members(self) -> Inventory:
        """The inventory; an empty one at the first sync."""
        return self.inventory or Inventory()


class _Duty(NamedTuple):
    """Which of the wanted objects are to be written: `ours`, with the fields that are taken over from others. All
    others are settled or blocked.
    """

    ours: Bodies
    taking: Taking
    settled: Mapping[ResourceId, str]
    blocked: frozenset[ResourceId]


def prepare(task: Task, *, preview: bool = True) -> Prepared:
    """Read the cluster and make the plan. Raises `Refusal` (4) where the cluster does not answer.

    Without `preview` the server is not asked what objects that may differ would become: they count as updates, and an
    apply that changes nothing does no harm.
    """
    seen, diagnostics = _look(task)
    diagnostics += about_the_branch(task.branch, seen.inventory, task.options)
    diagnostics += unlisted(seen.world, task.branch)
    diagnostics += odd_limits(seen.desired)
    diagnostics += replaces_nothing(seen.desired, task.branch, task.options)
    diagnostics += adopts_nothing(seen.world, seen.desired, seen.inventory, task)
    duty, of_objects = _sort_out(task, seen, diagnostics)
    diagnostics += of_objects
    tried = _try_suspects(task, seen, duty) if preview else {}
    graph = task.link(seen.desired.resources)
    order_of = steps(seen.desired.bodies, graph)
    graph = arranged(graph, order_of)
    found = _members(task, seen)
    diagnostics += strangers(found, task.branch.name)
    doomed = task.link([from_the_cluster(key, seen.world.live[key]) for key in found.doomed])
    leaving = steps_of_leaving({key: seen.world.live[key] for key in found.doomed}, doomed)
    doomed = arranged(doomed, leaving)
    would_become = {key: outcome.body for key, outcome in tried.items() if isinstance(outcome, Applied)}
    plan = make(duty.ours, seen.world.live, would_become, graph, doomed, duty.taking)
    plan = running_again(plan, duty.ours, seen.members.done)
    wanted = [*seen.desired.resources, *task.branch.resources]
    chosen = frozenset(resource.id for resource in wanted)
    if task.options.part:
        chosen = task.options.part.chosen(wanted)
        left = _left_by_part(task, seen)
        diagnostics = [each for each in diagnostics if _is_about(each, chosen)]
        diagnostics += task.options.part.unknown(wanted, left.had, task.branch.name)
        diagnostics += not_known(left, task.branch.name)
        plan = part_of(plan, chosen, left, seen.namespace)
    return Prepared(
        seen.kinds,
        seen.desired,
        seen.inventory,
        seen.world,
        tried,
        graph,
        doomed,
        leaving,
        plan,
        found,
        duty.taking,
        order_of,
        seen.namespace,
        chosen,
        duty.blocked,
        duty.settled,
        diagnostics,
    )


def _look(task: Task) -> tuple[_Seen, list[Diagnostic]]:
    """Read the cluster: its kinds, the inventory, and the live objects."""
    client, branch, parent, _, options = task[:5]
    kinds = discover(client, lambda: _groups(task))
    # The cluster has answered, so from here on it is worth waiting for.
    client.patience = PATIENCE
    inventory = remembered(client, parent)
    namespace = home(options, inventory, client.access.namespace)
    desired, diagnostics = settle(branch.resources, kinds, namespace, parent)
    world = observe(client, desired, inventory or Inventory(), parent, kinds, whole=bool(options.adopt))
    return _Seen(kinds, inventory, namespace, desired, world), diagnostics


def _groups(task: Task) -> set[str]:
    """Return the groups of all objects on the branch and in the inventory."""
    inventory = remembered(task.client, task.parent) or Inventory()
    return {resource.id.group for resource in task.branch.resources} | {group for group, _ in inventory.kinds}


def _sort_out(task: Task, seen: _Seen, known: Sequence[Diagnostic]) -> tuple[_Duty, list[Diagnostic]]:
    """Return which of the wanted objects are to be written, and the findings about those that must not be.

    An object that is `known` to be wrong is not written either.
    """
    desired, world = seen.desired, seen.world
    settled = dict(_settled(desired, world, seen.inventory))
    asked = [resource for resource in desired.resources if resource.id not in settled]
    diagnostics = [*of_others(asked, world.live, seen.inventory, task.parent.id, task.options.adopt)]
    diagnostics += rivals(asked, world.live, seen.members, task.options.adopt)
    diagnostics += [refused(desired, key, failure) for key, failure in world.unread.items()]
    blocked = frozenset(d.resource for d in (*known, *diagnostics) if d.resource and d.severity == "error")
    _keep_live_values(desired, world, task.options)
    ours = {key: body for key, body in desired.bodies.items() if key not in blocked and key not in settled}
    taking = _taking(ours, world.live, seen.inventory, once_established(desired.resources, seen.kinds), task)
    return _Duty(ours, taking, settled, blocked), diagnostics


def _try_suspects(task: Task, seen: _Seen, duty: _Duty) -> Mapping[ResourceId, Applied | Failure]:
    """Return the results of a dry run for the objects that may differ."""
    doubtful = suspects(duty.ours, seen.world.live, duty.taking)
    force = Force(task.options.force_conflicts, task.options.ignore)
    return _tried(task.client, seen.desired, doubtful, seen.world, force, duty.taking)


def _members(task: Task, seen: _Seen) -> Members:
    """Return the live objects with Penstock's label that are not on the branch."""
    named = _named(task.branch, seen.desired, seen.namespace)
    return members(named, seen.world.live, seen.members, task.parent.id, task.options.adopt)


def _left_by_part(task: Task, seen: _Seen) -> Left:
    """Return the objects that the chosen targets have had before; none at the first sync."""
    if seen.inventory is None:
        return Left({}, [])
    return left_by(task.options.part, task.branch.history, seen.inventory.revision)


def _is_about(finding: Diagnostic, chosen: Collection[ResourceId]) -> bool:
    """Return whether a finding concerns the chosen part of the branch.

    Findings about the branch or the plan as a whole concern every part.
    """
    return finding.resource is None or finding.resource in chosen or finding.code in FATAL


def home(options: Options, inventory: Inventory | None, of_context: str) -> str:
    """Return the namespace for objects without one: the user's choice, else that of the last sync, else "" (undecided).

    The namespace of the kubeconfig's context does not count, because it differs between machines. Only Kubernetes' own
    default is used, where the context has it; any other namespace may or may not be what the user means.
    """
    settled = options.namespace or (inventory.namespace if inventory else "")
    return settled or (DEFAULT if of_context == DEFAULT else "")


def _settled(desired: Desired, world: World, inventory: Inventory | None) -> Iterator[tuple[ResourceId, str]]:
    done = inventory.done if inventory else {}
    for key, body in desired.bodies.items():
        if has_run(key, body, world.live, done):
            yield key, "has run, and is gone"
        elif why := hands_off(body, key in world.live):
            yield key, why


def _keep_live_values(desired: Desired, world: World, options: Options) -> None:
    """Take over the live values of fields that are to be ignored."""
    for resource in desired.resources:
        fields = ignored_fields(resource.id, resource.body, options.ignore)
        if fields and resource.id in world.live:
            respell(resource, with_live_values(resource.body, world.live[resource.id], fields))


def _tried(
    client: Client, desired: Desired, ids: Collection[ResourceId], world: World, force: Force, taking: Taking
) -> dict[ResourceId, Applied | Failure]:
    """Return what objects would become.

    Where fields that people have set are removed, a dry run of the apply would still have them, so the result is
    computed here, and the server completes it.
    """
    fields = {key: taking[key].fields for key in ids if key in taking and taking[key].fields}
    tried = try_out(client, desired, [key for key in ids if key not in fields], world, force, taking)
    bodies = desired.bodies
    for key in fields:
        live, path = world.live[key], desired.kinds[key].path(key.namespace, key.name)
        after = overlaid(without_fields(live, fields[key]), bodies[key])
        tried[key] = Applied(rehearsed(client, path, live, after))
    return tried


def _taking(
    wanted: Bodies, live: Bodies, inventory: Inventory | None, kinds: Kinds, task: Task
) -> dict[ResourceId, Takeover]:
    """Return the objects on which Penstock takes over fields that others have applied.

    That their owners may be overruled has been checked before.
    """
    found = {}
    for key, body in wanted.items():
        if key in live and not is_ours_alone(key, live[key], inventory):
            by = other_owner(key, live[key], body, inventory, task.parent.id) or rival(live[key])
            by = by if by and is_adopted(key, by, task.options.adopt) else None
            fields = additions(live[key]) if task.options.remove_additions else exchanged(live[key], body)
            take = Takeover(by.managers if by else (), fields, _lost_version(live[key], body, kinds))
            # A takeover that moves nothing is no change.
            if moves(live[key], take):
                found[key] = take
    return found


def _lost_version(live: Tree, wanted: Tree, kinds: Kinds) -> str:
    """Return the version in which Penstock has applied an object, where `kinds` do not have it any more, else ""."""
    applied = next((str(entry.get("apiVersion")) for entry in entries(live) if is_ours(entry)), "")
    group, _, version = applied.rpartition("/")
    is_kept = applied in ("", wanted.get("apiVersion")) or (group, version, live.get("kind")) in kinds.exact
    return "" if is_kept else applied


def refused(desired: Desired, id: ResourceId, failure: Failure) -> Diagnostic:
    """Return the finding for an object that the API server does not accept."""
    origin = desired.origins[id]
    if failure.conflicts:
        owners = "; ".join(f"{c.field} is owned by {c.manager}" for c in failure.conflicts)
        message = f"{id}: another manager sets fields that the branch sets too: {owners}"
        return Diagnostic("PS612", "error", message, origin, id, hint="--force-conflicts takes the fields over")
    if failure is TIME_IS_UP:
        return Diagnostic("PS617", "error", f"{id} is not applied yet: {failure}", origin, id)
    return Diagnostic("PS613", "error", f"{id}: {failure}", origin, id, hint=hint_of(id, failure))


def _named(branch: Branch, desired: Desired, namespace: str) -> set[ResourceId]:
    """Return all objects on the branch, including those without a known kind or namespace.

    None of them has left the branch.
    """
    ids = {resource.id for resource in branch.resources}
    return {*desired.kinds, *ids, *(key._replace(namespace=namespace) for key in ids if not key.namespace)}


def from_the_cluster(id: ResourceId, body: Tree) -> Resource:
    """Return a live object in the form of one on a branch."""
    return Resource(body, Origin("cluster"), id, identify(body)[1])
