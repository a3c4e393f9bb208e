"""What a sync will do: the branch's objects against the live ones. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from penstock.apply.fields import differences, holds, same_owners
from penstock.apply.inventory import owner
from penstock.model import Change, Diagnostic, Graph, Plan, Pos, Resource, ResourceId, Tree
from penstock.tree import get

MANAGER = "penstock"
"""The field manager of everything that we apply."""

PROTECTED = ("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume")
"""Kinds whose deletion takes other objects, or data, along."""

KEEP = (
    ("penstock.dev/prune", "disabled"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("argocd.argoproj.io/sync-options", "Prune=false"),
)
"""Annotations by which an object asks to stay when it leaves the branch: our own, and those of other tools."""

Link = Callable[[Sequence[Resource]], Graph]
"""Who needs whom: the graph stage, handed in."""

Bodies = Mapping[ResourceId, Tree]


def suspects(wanted: Bodies, live: Bodies) -> list[ResourceId]:
    """The objects that exist and may differ from what is wanted. Only these are worth a dry run."""
    there = {key: live[key] for key in wanted if key in live and not is_going(live[key])}
    return [key for key, body in there.items() if not holds(body, wanted[key], MANAGER)]


def is_going(body: Tree) -> bool:
    """Whether an object is just being deleted. It cannot be saved, only made anew when it has gone."""
    return bool(get(body, ("metadata", "deletionTimestamp")))


def make(wanted: Bodies, live: Bodies, tried: Bodies, graph: Graph, doomed: Graph) -> Plan:
    """The plan, in the order of `graph`; `doomed` is the graph of what is pruned.

    `tried` is what a dry run says that suspects would become. What is in the graph and not wanted is left alone.
    """
    waves = tuple(
        tuple(_change(key, wanted[key], live.get(key), tried.get(key)) for key in wave if key in wanted)
        for wave in graph.waves
    )
    last_first = (key for wave in reversed(doomed.waves) for key in reversed(wave))
    return Plan(waves, tuple(Change("delete", key, live[key], None) for key in last_first))


def _change(id: ResourceId, wanted: Tree, live: Tree | None, tried: Tree | None) -> Change:
    if live is None or is_going(live):
        return Change("create", id, live, wanted)
    if holds(live, wanted, MANAGER):
        return Change("unchanged", id, live, live)
    if tried is not None and not differences(live, tried) and same_owners(live, tried):
        return Change("unchanged", id, live, live)
    return Change("update", id, live, tried or wanted)


def leaving(wanted: Collection[ResourceId], live: Bodies, set_id: str) -> tuple[list[ResourceId], list[ResourceId]]:
    """The members of our set that the branch no longer has: those to prune, and those that ask to be kept."""
    gone = [key for key, body in live.items() if key not in wanted and owner(body) == set_id]
    return [key for key in gone if not _is_kept(live[key])], [key for key in gone if _is_kept(live[key])]


def _is_kept(body: Tree) -> bool:
    annotations = get(body, ("metadata", "annotations")) or {}
    return any(value in str(annotations.get(name, "")).split(",") for name, value in KEEP)


def guard(plan: Plan, live: Bodies, set_id: str, allowed: Collection[str], branch: str) -> Iterator[Diagnostic]:
    """What is too dangerous to do unasked. `allowed` holds what the user has acknowledged in so many words.

    A number acknowledges that many deletions, an object's id the deletion of just that object.
    """
    members = sum(owner(body) == set_id for body in live.values())
    count = len(plan.prune)
    if count * 2 > members and str(count) not in allowed:
        message = f"the branch would delete {count} of {members} objects, which is more than half"
        yield Diagnostic("PS604", "error", message, Pos(branch), hint=f"if that is meant: --allow-prune {count}")
    for change in plan.prune:
        if change.id.kind in PROTECTED and str(change.id) not in allowed:
            message = f"{change.id} has left the branch; deleting it would take what it holds along"
            hint = f"if that is meant: --allow-prune {change.id}"
            yield Diagnostic("PS605", "error", message, Pos(branch), change.id, hint=hint)


def strangers(wanted: Sequence[Resource], live: Bodies, set_id: str) -> Iterator[Diagnostic]:
    """Objects of the branch that are in the cluster already, as members of another set."""
    for resource in wanted:
        other = owner(live.get(resource.id, {}))
        if other not in ("", set_id):
            message = f"{resource.id} belongs to another set ({other}); two owners would undo each other's work"
            hint = "remove it from one of the two, and its label applyset.kubernetes.io/part-of from the live object"
            yield Diagnostic("PS610", "error", message, resource.origin, resource.id, hint=hint)


def needs(graph: Graph) -> dict[ResourceId, list[ResourceId]]:
    """What each object needs, as far as it needs something."""
    found: dict[ResourceId, list[ResourceId]] = {}
    for edge in graph.edges:
        found.setdefault(edge.src, []).append(edge.dst)
    return found


def changes(plan: Plan) -> list[Change]:
    """All that the plan would really do."""
    return [c for wave in plan.waves for c in wave if c.action != "unchanged"] + list(plan.prune)
