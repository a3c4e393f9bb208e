"""The plan of a sync: the objects of the branch compared with the live ones. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from penstock.apply.fields import differences, holds
from penstock.apply.health import health
from penstock.apply.hooks import content, is_hook
from penstock.apply.inventory import PART_OF, Inventory, owner
from penstock.apply.ownership import MANAGER, Owner, is_adopted, is_copy, is_member, other_owner, owners, rival
from penstock.apply.shape import says
from penstock.cluster import Change, Plan
from penstock.model import Diagnostic, Graph, Pos, Resource, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import MISSING, get

PROTECTED = frozenset(
    (
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apps", "StatefulSet"),
        ("storage.k8s.io", "StorageClass"),
    )
)
"""Kinds whose deletion also deletes other objects, or data."""

CONFIRMED = ("argocd.argoproj.io/sync-options", "Prune=confirm")
"""The annotation of an object that is pruned only when a person confirms it."""

HASHED = re.compile(r"-[bcdfghkmt2-9]{10}$")
"""The end of a name that Kustomize has made from a hash of the content."""

WORKS_ONCE = re.compile(r"^Pod$|(?<!Cron)(?<!Scaled)(Job|Run|Task|Workflow)$")
"""The ends of names of kinds whose objects do their work once, and hold nothing."""

AMOUNT = re.compile(r"[-+]?[0-9.]+([a-zA-Z]{0,2}|[eE][-+]?[0-9]+)")
"""A value that the API server may write in another form, such as `1000m`."""

KEEP = (
    ("penstock.dev/prune", "disabled"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("argocd.argoproj.io/sync-options", "Prune=false"),
)
"""Annotations by which an object asks to stay when it leaves the branch: Penstock's own, and those of other tools."""

MAX_NAMED = 5
"""The number of strangers that a finding names."""

Link = Callable[[Sequence[Resource]], Graph]
"""Returns which objects need which: the graph stage, passed in."""

Bodies = Mapping[ResourceId, Tree]


def suspects(wanted: Bodies, live: Bodies, taken: Collection[ResourceId] = ()) -> list[ResourceId]:
    """Return the objects that exist and may differ from what is wanted. Only these are worth a dry run.

    `taken` are the objects on which Penstock takes over fields of other managers.
    """
    there = {key: live[key] for key in wanted if key in live and not is_going(live[key])}
    return [key for key, body in there.items() if key in taken or not holds(body, wanted[key], MANAGER)]


def is_going(body: Tree) -> bool:
    """Return whether an object is being deleted. It cannot be saved, only re-created once it is gone."""
    return bool(get(body, ("metadata", "deletionTimestamp")))


def make(
    wanted: Bodies, live: Bodies, tried: Bodies, graph: Graph, doomed: Graph, taken: Collection[ResourceId] = ()
) -> Plan:
    """Return the plan, in the order of `graph`; `doomed` is the graph of the objects to prune.

    `tried` is what the suspects would become by a dry run. Objects in the graph that are not in `wanted` are left
    alone.
    """

    lost = set(_lost(wanted, live))

    def change(key: ResourceId) -> Change:
        made = _change(key, wanted[key], None if key in lost else live.get(key), tried.get(key))
        if key in taken and made.action == "unchanged":
            return made._replace(action="update", after=tried.get(key, made.after))
        return made

    waves = tuple(tuple(change(key) for key in wave if key in wanted) for wave in graph.waves)
    # What needs others goes before what it needs.
    last_first = (key for wave in reversed(doomed.waves) for key in reversed(wave))
    return Plan(waves, tuple(Change("delete", key, live[key], None) for key in last_first))


def _lost(wanted: Bodies, live: Bodies) -> Iterator[ResourceId]:
    """Yield the objects that go with their namespace or definition, which is being deleted, whatever they look like."""
    going = {key: live[key] for key in wanted if key in live and is_going(live[key])}
    namespaces = {key.name for key in going if (key.group, key.kind) == ("", "Namespace")}
    kinds = {(get(body, ("spec", "group")), get(body, ("spec", "names", "kind"))) for body in going.values()}
    for key in wanted:
        if key not in going and (key.namespace in namespaces or (key.group, key.kind) in kinds):
            yield key


def _change(id: ResourceId, wanted: Tree, live: Tree | None, tried: Tree | None) -> Change:
    # An object that is being deleted has to be made again when it is gone.
    if live is None or is_going(live) or _is_to_run_again(id, wanted, live):
        return Change("create", id, live, wanted)
    if holds(live, wanted, MANAGER):
        return Change("unchanged", id, live, live)
    # The spelling differs, and the server makes the same of it; who owns the fields does not change the object.
    if tried is not None and not differences(live, tried):
        return Change("unchanged", id, live, live)
    return Change("update", id, live, tried or overlaid(live, wanted))


def _is_to_run_again(id: ResourceId, wanted: Tree, live: Tree) -> bool:
    """Return whether an object is a hook that has failed in an earlier sync: its work is still to be done."""
    return is_hook(wanted) and (id.group, id.kind) not in PROTECTED and health(live).word == "Degraded"


def running_again(plan: Plan, wanted: Bodies, done: Mapping[ResourceId, str]) -> Plan:
    """Return the plan in which hooks that are at their end and have changed since are made anew.

    A Pod or a Workflow takes such a change and does nothing. `done` has the digests of the contents that have run.
    """
    waves = (tuple(_again(change, wanted[change.id], done) for change in wave) for wave in plan.waves)
    return plan._replace(waves=tuple(waves))


def _again(change: Change, wanted: Tree, done: Mapping[ResourceId, str]) -> Change:
    if change.action != "update" or not is_hook(wanted) or done.get(change.id) == content(wanted):
        return change
    return change._replace(action="create", after=wanted) if is_at_its_end(change.before or {}) else change


def is_at_its_end(live: Tree) -> bool:
    """Return whether an object has done its work, which only a new one can do again."""
    return WORKS_ONCE.search(str(live.get("kind"))) is not None and health(live).word == "Healthy"


class Members(NamedTuple):
    """The live objects with Penstock's label that are not on the branch, sorted by what happens to them.

    `strangers` carry the label but are not Penstock's own. `total` counts Penstock's own objects, those on the branch
    included.
    """

    doomed: list[ResourceId]
    kept: list[ResourceId]
    strangers: list[ResourceId]
    total: int


def members(
    wanted: Collection[ResourceId], live: Bodies, inventory: Inventory, set_id: str, adopt: Collection[str] = ()
) -> Members:
    """Sort the live objects with the label into Penstock's own and others. `wanted` is all that the branch names."""
    ours = {
        key
        for key, body in live.items()
        if is_member(key, body, inventory, set_id) or _is_taken_in(key, body, set_id, adopt)
    }
    found = Members([], [], [], len(ours))
    for key, body in live.items():
        if key in wanted or owner(body) != set_id:
            continue
        if key in ours:
            (found.kept if is_kept(body) else found.doomed).append(key)
        # Controllers copy labels to what they make, and those copies are no strangers.
        elif not is_copy(body):
            found.strangers.append(key)
    return found


def _is_taken_in(id: ResourceId, body: Tree, set_id: str, adopt: Collection[str]) -> bool:
    """Return whether the user adopts an object that carries this environment's label.

    Its uid then counts as known; in all other respects the object must qualify as a member.
    """
    known = Inventory({id: ""})
    return is_adopted(id, Owner("set", "", set_id), adopt) and is_member(id, body, known, set_id)


def overlaid(live: Any, wanted: Any) -> Any:
    """Return a live value with the wanted one laid over it, as far as that can be told without asking the server."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {**live, **{key: overlaid(live.get(key), value) for key, value in wanted.items()}}
    if isinstance(live, list) and isinstance(wanted, list):
        # Most lists of objects have elements with a name. All others are taken as replaced.
        there = {each.get("name"): each for each in live if isinstance(each, dict)}
        named = [each.get("name") for each in wanted if isinstance(each, dict)]
        if wanted and len(named) == len(wanted) and None not in named:
            return [overlaid(there.get(each["name"]), each) for each in wanted]
    return wanted


def is_kept(body: Tree) -> bool:
    """Return whether an object asks to stay when it leaves the branch."""
    return any(says(body, name, value) for name, value in KEEP)


def guard(plan: Plan, members: int, allowed: Collection[str], branch: str) -> Iterator[Diagnostic]:
    """Yield findings for deletions that are too dangerous without consent. `allowed` holds the user's acknowledgements.

    A number acknowledges that many deletions, an object's id the deletion of that object. An object that is re-created
    under a new hash is not counted as lost.
    """
    made = Counter(_stem(c.id) for wave in plan.waves for c in wave if c.action == "create")
    gone = Counter(_stem(change.id) for change in plan.prune)
    # A ConfigMap with a new hash is created once and deleted once, and nothing is lost by that.
    count = (gone - made).total()
    if count * 2 > members and str(count) not in allowed:
        message = f"the branch would delete {count} of {members} objects, which is more than half"
        yield Diagnostic("PS604", "error", message, Pos(branch), hint=f"if that is meant: --allow-prune {count}")
    for change in plan.prune:
        why = why_to_ask(change)
        if why and str(change.id) not in allowed:
            message = f"{change.id} has left the branch; {why}"
            hint = f"if that is meant: --allow-prune {change.id}"
            yield Diagnostic("PS605", "error", message, Pos(branch), change.id, hint=hint)


def own_home(plan: Plan, namespace: str, branch: str) -> Iterator[Diagnostic]:
    """Yield a finding if the sync would delete the namespace with its own inventory, without which nothing is ours."""
    for change in plan.prune:
        if (change.id.group, change.id.kind, change.id.name) == ("", "Namespace", namespace):
            message = f"{change.id} has left the branch, and holds the inventory and the lease of this environment"
            hint = f"keep it on the branch, or give the live object the annotation {KEEP[0][0]}: {KEEP[0][1]}"
            yield Diagnostic("PS605", "error", message, Pos(branch), change.id, hint=hint)


def taken_along(plan: Plan, allowed: Collection[str]) -> dict[ResourceId, str]:
    """Return the objects to prune that stay, and why: each would take an object of the branch along.

    The cluster deletes an object once none of its owners exists any more. Anybody who may edit an object may name its
    owners, so this holds up nothing else. `allowed` holds the user's acknowledgements.
    """
    doomed = {_uid(change.before): change.id for change in plan.prune}
    found: dict[ResourceId, str] = {}
    for change in (change for wave in plan.waves for change in wave if change.before):
        uids = owners(change.before or {})
        if uids and uids <= doomed.keys():
            why = f"the cluster would delete {change.id} with it, which names it as its owner; if that is meant: "
            keys = (doomed[uid] for uid in uids)
            found |= {key: f"{why}--allow-prune {key}" for key in keys if str(key) not in allowed}
    return found


def still_there(stay: Mapping[ResourceId, str], branch: str) -> Iterator[Diagnostic]:
    """Yield a finding for each object that has left the branch and stays, with the reason."""
    for key, why in stay.items():
        message = f"{key} has left the branch and is still in the cluster: {why}"
        yield Diagnostic("PS618", "error", message, Pos(branch), key)


def _uid(body: Tree | None) -> str:
    return str(get(body, ("metadata", "uid"), ""))


def why_to_ask(change: Change) -> str:
    """Return why an object is deleted only if the user names it, or ""."""
    if (change.id.group, change.id.kind) in PROTECTED:
        return "deleting it would take what it holds along"
    if change.before and says(change.before, *CONFIRMED):
        return f"its annotation {CONFIRMED[0]} asks for a confirmation"
    return ""


def _stem(id: ResourceId) -> ResourceId:
    """Return the id without the hash of a generated name; for any other object, the id itself."""
    return id._replace(name=HASHED.sub("-#", id.name))


def strangers(found: Members, branch: str) -> Iterator[Diagnostic]:
    """Yield a warning about objects that carry Penstock's label but are not its own.

    They are neither applied, nor pruned, nor counted.
    """
    if found.strangers:
        more = f" and {len(found.strangers) - MAX_NAMED} more" if len(found.strangers) > MAX_NAMED else ""
        named = ", ".join(str(key) for key in found.strangers[:MAX_NAMED])
        message = (
            f"{named}{more}: the label {PART_OF} says that this environment has made them, its inventory does not; "
            "they are left alone"
        )
        yield Diagnostic("PS622", "warning", message, Pos(branch), hint="remove the label, if that is not meant")


def of_others(
    wanted: Sequence[Resource], live: Bodies, inventory: Inventory | None, set_id: str, adopt: Collection[str]
) -> Iterator[Diagnostic]:
    """Yield a finding for each object of the branch that exists already under an owner that is not adopted."""
    for resource in wanted:
        key = resource.id
        by = other_owner(key, live[key], resource.body, inventory, set_id) if key in live else None
        if by and not is_adopted(key, by, adopt):
            message = f"{key} belongs to {by}; two owners would undo each other's work"
            hint = f"--adopt {key} takes it over, --adopt {by.which if by.word == 'set' else by.word} all like it"
            code = "PS610" if by.word == "set" else "PS621"
            yield Diagnostic(code, "error", message, resource.origin, key, hint=hint)


def rivals(
    wanted: Sequence[Resource], live: Bodies, inventory: Inventory, adopt: Collection[str]
) -> Iterator[Diagnostic]:
    """Yield a warning for each object of Penstock's that another tool has applied since, as if it were its own."""
    for resource in wanted:
        key = resource.id
        by = rival(live[key]) if key in live and key in inventory.members else None
        if by and not is_adopted(key, by, adopt):
            message = f"{by} applies {key}, too; two owners undo each other's work"
            hint = f"stop it there; then --adopt {by.word} takes over the fields that it has set"
            # Without an id: the object is applied all the same.
            yield Diagnostic("PS621", "warning", message, resource.origin, hint=hint)


def needs(graph: Graph) -> dict[ResourceId, list[ResourceId]]:
    """Return the objects that each object needs; objects that need nothing are left out."""
    found: dict[ResourceId, list[ResourceId]] = {}
    for edge in graph.edges:
        found.setdefault(edge.src, []).append(edge.dst)
    return found


def is_sure(change: Change) -> bool:
    """Return whether a change is certain: more than another spelling of the live value, or a default."""
    if change.action != "update" or change.before is None or change.after is None:
        return True
    found = differences(change.before, change.after)
    return any(MISSING not in (each.before, each.after) and not _is_amount(each.after) for each in found)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) or AMOUNT.fullmatch(str(value)) is not None


def changes(plan: Plan) -> list[Change]:
    """Return all changes of the plan that would really change something."""
    return [c for wave in plan.waves for c in wave if c.action != "unchanged"] + list(plan.prune)
