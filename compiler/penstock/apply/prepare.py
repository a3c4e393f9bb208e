"""Everything that is known before the first write: the objects of the branch, the live objects, the plan, and its
dangers.

A sync, its dry run and the status all begin here. Nothing is written.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from penstock.apply.client import TIME_IS_UP, Client
from penstock.apply.desired import Desired, once_established, settle
from penstock.apply.events import Event
from penstock.apply.failure import Failure, one_line
from penstock.apply.hints import hint_of
from penstock.apply.hooks import Step, arranged, has_run, steps
from penstock.apply.inventory import Inventory, Parent
from penstock.apply.kinds import Kinds, discover
from penstock.apply.meant import TIME_LIMIT, hands_off, ignored_fields, said_limit, time_limit, with_live_values
from penstock.apply.ownership import entries, is_ours, is_ours_alone, other_owner
from penstock.apply.part import History, Left, Part, left_by, not_known, part_of
from penstock.apply.plan import (
    Bodies,
    Link,
    Members,
    make,
    members,
    of_others,
    overlaid,
    strangers,
    suspects,
)
from penstock.apply.show import Describe
from penstock.apply.takeover import Takeover, additions, exchanged, moves, without_fields
from penstock.apply.world import Applied, Force, Taking, World, observe, remembered, try_out
from penstock.kubernetes import identify
from penstock.model import Diagnostic, Graph, Ignored, Origin, Plan, Pos, Resource, ResourceId, Severity, Tree
from penstock.records import NamedTuple
from penstock.tree import respell
from penstock.windows import Window

PATIENCE = 60.0
"""Seconds for which a request is retried once the cluster has answered: its API server may be restarting."""

DEFAULT = "default"
"""The namespace that Kubernetes uses where none is named."""

FATAL = frozenset(("PS601", "PS602", "PS603", "PS604", "PS605", "PS606", "PS620", "PS623", "PS661", "PS662", "PS663"))
"""Errors of the branch or the plan as a whole, after which nothing is written."""

Say = Callable[[str], None]

Tell = Callable[[Event], None]


class Branch(NamedTuple):
    """A rendered branch as it was read: its objects, and the commit.

    `follows` returns whether a commit is in the history of the branch, `newer` the commit that the branch has got since
    it was read (or ""), `history` the objects that a target has had.
    """

    name: str
    revision: str
    resources: Sequence[Resource]
    follows: Callable[[str], bool]
    newer: Callable[[], str] = str
    history: History = lambda target, since: None


class Options(NamedTuple):
    """The user's choices. Times are in seconds. `holder` names this run in the lease, so it must be unique."""

    holder: str = "penstock"
    timeout: float = 300.0
    lock_timeout: float = 60.0
    force_conflicts: bool = False
    prune: bool = True
    allow_prune: frozenset[str] = frozenset()
    allow_rewrite: bool = False
    adopt: frozenset[str] = frozenset()
    replace: frozenset[str] = frozenset()
    namespace: str = ""
    windows: tuple[Window, ...] = ()
    """When a sync may run."""
    manual: bool = False
    """Whether a person has started the sync, whom some windows do not stop."""
    part: Part = Part()
    """The part to sync. Nothing else is applied or pruned."""
    wait: bool = True
    """Whether the sync waits until all objects are healthy, and only then prunes."""
    ignore: tuple[Ignored, ...] = ()
    """Differences that are intended."""
    remove_additions: bool = False
    """Whether fields that people have added by hand are removed."""
    who: str = ""
    """Who runs the sync, for the record."""
    back_from: str = ""
    """The commit from which a rollback goes back; no commit up to it is synced again without consent."""
    unpin: bool = False
    """Whether a commit that was rolled back may be synced again."""
    elsewhere: str = ""
    """The address of the cluster to which this environment was last synced, where that is another one, else ""."""


class Task(NamedTuple):
    """Which branch to bring to which cluster, and how to report about it.

    `tell` is called with each event, `progress` with messages about waiting; `version` is Penstock's own. `describe`
    returns lines about what a change does to an object.
    """

    client: Client
    branch: Branch
    parent: Parent
    link: Link
    options: Options
    version: str
    tell: Tell
    progress: Say
    describe: Describe


class Prepared(NamedTuple):
    """Everything that is known before the first write."""

    kinds: Kinds
    desired: Desired
    inventory: Inventory | None
    """None at the first sync."""
    world: World
    tried: Mapping[ResourceId, Applied | Failure]
    """The results of the dry run for the objects that may differ."""
    graph: Graph
    doomed: Graph
    """Which of the objects that have left the branch need which others."""
    plan: Plan
    members: Members
    """The live objects with Penstock's label that are not on the branch."""
    taking: Taking
    """Objects on which Penstock takes over fields of other managers."""
    steps: Mapping[ResourceId, Step]
    """The phase and wave of each object."""
    namespace: str
    """The namespace of objects for which the branch gives none."""
    chosen: frozenset[ResourceId]
    """The objects of the branch that the sync is about, also those that cannot be applied: all, or those of the chosen
    part."""
    blocked: frozenset[ResourceId]
    """Wanted objects that belong to somebody else, or that Penstock cannot even read."""
    settled: Mapping[ResourceId, str]
    """Wanted objects that a sync leaves alone, and why: they have run, or their annotations say so."""
    diagnostics: list[Diagnostic]

    @property
    def refused(self) -> bool:
        """Whether an error forbids all writes."""
        return any(d.severity == "error" and d.code in FATAL for d in self.diagnostics)


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
    diagnostics += _about_the_branch(task, seen)
    duty, of_objects = _sort_out(task, seen, diagnostics)
    diagnostics += of_objects
    tried = _try_suspects(task, seen, duty) if preview else {}
    graph = task.link(seen.desired.resources)
    order_of = steps(seen.desired.bodies, graph)
    graph = arranged(graph, order_of)
    found = _members(task, seen)
    diagnostics += strangers(found, task.branch.name)
    doomed = task.link([from_the_cluster(key, seen.world.live[key]) for key in found.doomed])
    would_become = {key: outcome.body for key, outcome in tried.items() if isinstance(outcome, Applied)}
    plan = make(duty.ours, seen.world.live, would_become, graph, doomed, duty.taking)
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
    kinds = discover(client)
    # The cluster has answered, so from here on it is worth waiting for.
    client.patience = PATIENCE
    inventory = remembered(client, parent)
    namespace = home(options, inventory, client.access.namespace)
    desired, diagnostics = settle(branch.resources, kinds, namespace, parent)
    world = observe(client, desired, inventory or Inventory(), parent, kinds, whole=bool(options.adopt))
    return _Seen(kinds, inventory, namespace, desired, world), diagnostics


def _about_the_branch(task: Task, seen: _Seen) -> Iterator[Diagnostic]:
    """Yield the findings about the branch as a whole, and about what could not be read."""
    branch, options, inventory = task.branch, task.options, seen.inventory
    yield from _empty(branch)
    yield from _rewritten(branch, inventory, options)
    yield from _rolled_back(branch, inventory, options)
    yield from _moved(branch, inventory, options)
    yield from _new_here(branch, inventory, options)
    yield from _unlisted(seen.world, branch)
    yield from _odd_limits(seen.desired)


def _sort_out(task: Task, seen: _Seen, known: Sequence[Diagnostic]) -> tuple[_Duty, list[Diagnostic]]:
    """Return which of the wanted objects are to be written, and the findings about those that must not be.

    An object that is `known` to be wrong is not written either.
    """
    desired, world = seen.desired, seen.world
    settled = dict(_settled(desired, world, seen.inventory))
    asked = [resource for resource in desired.resources if resource.id not in settled]
    diagnostics = [*of_others(asked, world.live, seen.inventory, task.parent.id, task.options.adopt)]
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

    Where fields that people have set are removed, the server would have to be asked about the object without them,
    which a dry run cannot do; then the result is computed here.
    """
    fields = {key: taking[key].fields for key in ids if key in taking and taking[key].fields}
    tried = try_out(client, desired, [key for key in ids if key not in fields], world, force, taking)
    bodies = desired.bodies
    for key in fields:
        tried[key] = Applied(overlaid(without_fields(world.live[key], fields[key]), bodies[key]))
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
            by = other_owner(key, live[key], body, inventory, task.parent.id)
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


def _empty(branch: Branch) -> Iterator[Diagnostic]:
    if not branch.resources:
        message = "this branch holds no objects; syncing it would delete the whole environment"
        yield Diagnostic("PS601", "error", message, Pos(branch.name))


def _rewritten(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the commit of the last sync is not in the history of the branch.

    The reason can be a clone that is behind, a rewritten branch, or another repository that uses the same name.
    """
    synced = inventory.attempt if inventory else ""
    if synced in ("", branch.revision) or options.allow_rewrite:
        return
    if not branch.follows(synced):
        message = f"the cluster was last synced to {synced[:12]}, which is not in the history of {branch.name} here"
        hint = (
            "fetch the branch with its history; if it was rewritten or rolled back on purpose: --allow-rewrite; "
            "if another repository syncs under this name: --name"
        )
        yield Diagnostic("PS606", "error", message, Pos(branch.name), hint=hint)


def _rolled_back(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the environment was rolled back on purpose and the branch has no newer commit since.

    A sync then needs a newer commit, or consent.
    """
    pin = inventory.pin if inventory else ""
    if not pin or options.back_from or options.unpin or branch.revision == (inventory and inventory.revision):
        return
    # The bad commit, or one before it, would undo the rollback.
    if branch.revision == pin or not branch.follows(pin):
        message = f"the environment was rolled back from {pin[:12]}, and {branch.revision[:12]} is no newer commit"
        hint = "`penstock history` says who did it; commit what mends it, or sync it nevertheless with --unpin"
        yield Diagnostic("PS661", "error", message, Pos(branch.name), hint=hint)


def _moved(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where --namespace has changed.

    Objects would be re-created in one namespace and deleted in the other.
    """
    before = inventory.namespace if inventory else ""
    if before and options.namespace not in ("", before):
        message = (
            f"objects without a namespace of their own have gone to {before} in this environment, "
            f"so --namespace {options.namespace} would delete them there and make them anew"
        )
        yield Diagnostic("PS623", "error", message, Pos(branch.name), hint="move them by `namespace:` in the sources")


def _new_here(branch: Branch, inventory: Inventory | None, options: Options) -> Iterator[Diagnostic]:
    """Yield a finding where the environment is new to the cluster but was synced to another one before.

    A context that now points to another cluster looks the same as yesterday.
    """
    if inventory is None and options.elsewhere:
        message = f"this environment was last synced to {options.elsewhere}, and the cluster named now never had it"
        hint = "if that is meant: --another-cluster; `cluster` in penstock.yaml binds an environment to its cluster"
        yield Diagnostic("PS663", "error", message, Pos(branch.name), hint=hint)


def _unlisted(world: World, branch: Branch) -> Iterator[Diagnostic]:
    for kind, failure in world.unlisted.items():
        severity: Severity = "warning" if failure.status == 404 else "error"
        message = (
            f"objects of the kind {kind} that have left the branch cannot be found, so they are not pruned: {failure}"
        )
        yield Diagnostic("PS619", severity, message, Pos(branch.name))


def _odd_limits(desired: Desired) -> Iterator[Diagnostic]:
    """Yield a finding for each annotation about the time limit of waiting that is not a valid duration."""
    for resource in desired.resources:
        said = said_limit(resource.body)
        if said and time_limit(resource.body) is None:
            message = f"{resource.id} has {TIME_LIMIT}: {one_line(said)}, which is no duration like 90s, 5m or 1h30m"
            hint = "until that is mended, only --timeout says how long it is waited for"
            yield Diagnostic("PS666", "warning", message, resource.origin, resource.id, hint=hint)


def from_the_cluster(id: ResourceId, body: Tree) -> Resource:
    """Return a live object in the form of one on a branch."""
    return Resource(body, Origin("cluster"), id, identify(body)[1])
