"""The order of apply, in waves that need only earlier ones. Loops are found, reported and cut."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.graph.index import kind_of
from penstock.graph.references import DEFINITION, NAMESPACE
from penstock.model import Diagnostic, Edge, Resource, ResourceId, Waves
from penstock.tree import origin_of

FOUNDATIONS = (NAMESPACE, DEFINITION)
"""Kinds that nothing else can be without; they make the first wave."""

UNORDERED = ("selector", "claimRef", "conversion", "secrets")
"""References that do not say who comes first. A selector chooses whatever is there: a StatefulSet needs its Service,
which chooses its pods, and a network policy protects best what is not yet there. The others come in pairs by design: a
volume names the claim that names it, a service account its token, and a definition the Service of the operator that
waits for the definition."""

ANSWERED = ("webhook", "service")
"""References to a Service that must answer, so its pods come first: a webhook that is there too early refuses them."""

MAX_ANSWERING = 100
"""Workloads behind one Service that a webhook waits for; so many are never meant."""

MAX_STEPS = 20
"""Steps of a loop that a finding shows."""

_Needs = list[set[int]]
"""For each object the ones that it needs, by their numbers in the order of the resources."""


def order(resources: Sequence[Resource], edges: Sequence[Edge]) -> tuple[Waves, list[Diagnostic]]:
    """Return the waves, each in the order of the resources, and a finding for each group of objects that need each
    other.

    In such a group some needs are ignored: those by which a walk through the group would come back to where it has
    been.
    """
    numbers = {resource.id: number for number, resource in enumerate(resources)}
    first = {number for number, resource in enumerate(resources) if kind_of(resource) in FOUNDATIONS}
    reasons = {(numbers[src], numbers[dst]): edge for src, dst, edge in _ordering(edges)}
    needs = _needs(len(resources), reasons, first)
    levels = depths(needs)
    groups = _groups(needs, [number for number, level in enumerate(levels) if level < 0]) if -1 in levels else []
    if groups:
        levels = depths(_cut(needs, groups))
    findings = [_finding(_loop(group, needs), reasons, resources) for group in groups]
    return _waves(resources, levels, first), findings


def _needs(count: int, pairs: Iterable[tuple[int, int]], first: set[int]) -> _Needs:
    """Return what each object needs. Objects of the first wave are left out."""
    needs: _Needs = [set() for _ in range(count)]
    for number, needed in pairs:
        if number not in first and needed not in first:
            needs[number].add(needed)
    return needs


def _ordering(edges: Sequence[Edge]) -> Iterator[tuple[ResourceId, ResourceId, Edge]]:
    """Yield the needs that decide on the order, as (the object that needs, the object that is needed, the edge)."""
    yield from ((edge.src, edge.dst, edge) for edge in edges if edge.why not in UNORDERED)
    behind: dict[ResourceId, list[ResourceId]] = {}
    for edge in edges:
        if edge.why == "selector":
            behind.setdefault(edge.src, []).append(edge.dst)
    for edge in (edge for edge in edges if edge.why in ANSWERED):
        for workload in behind.get(edge.dst, [])[:MAX_ANSWERING]:
            yield edge.src, workload, edge


def depths(needs: _Needs) -> list[int]:
    """Return the length of the longest chain of needs below each object, and -1 for an object that is in a loop, or
    needs one.
    """
    waiting = [len(needed) for needed in needs]
    needed_by = _needed_by(needs)
    levels = [0 if not needed else -1 for needed in needs]
    ready = [number for number, level in enumerate(levels) if level == 0]
    for number in ready:  # grows while it is read
        for other in needed_by[number]:
            waiting[other] -= 1
            if waiting[other] == 0:
                levels[other] = 1 + max(levels[each] for each in needs[other])
                ready.append(other)
    return levels


def _needed_by(needs: _Needs) -> list[list[int]]:
    """Return, for each object, the objects that need it."""
    found: list[list[int]] = [[] for _ in needs]
    for number, needed in enumerate(needs):
        for other in needed:
            found[other].append(number)
    return found


def _groups(needs: _Needs, left: Iterable[int]) -> list[list[int]]:
    """Return the groups of objects that need each other, and the objects that need themselves, in order."""
    from networkx import DiGraph, strongly_connected_components

    graph: DiGraph[int] = DiGraph((number, other) for number in left for other in sorted(needs[number]))
    components = (sorted(group) for group in strongly_connected_components(graph))
    return sorted(group for group in components if len(group) > 1 or group[0] in needs[group[0]])


def _loop(group: Sequence[int], needs: _Needs) -> list[int]:
    """Return the shortest way from the first object of a group back to it."""
    start, members = group[0], frozenset(group)
    came_from: dict[int, int] = {}
    queue = [start]
    for number in queue:  # grows while it is read
        if start in needs[number]:
            return _way(start, number, came_from)
        for other in sorted(needs[number] & members - came_from.keys()):
            came_from[other] = number
            queue.append(other)
    raise AssertionError("a group of objects that need each other has a loop through each of them")


def _way(start: int, end: int, came_from: Mapping[int, int]) -> list[int]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def _cut(needs: _Needs, groups: Iterable[Sequence[int]]) -> _Needs:
    """Return the needs without those by which a walk from the first object of a group comes back to where it has
    been.
    """
    from networkx import DiGraph, dfs_postorder_nodes

    cut = [set(needed) for needed in needs]
    for group in groups:
        members = frozenset(group)
        inside: DiGraph[int] = DiGraph((number, other) for number in group for other in sorted(needs[number] & members))
        place = {number: place for place, number in enumerate(dfs_postorder_nodes(inside, group[0]))}
        for number in group:
            cut[number] -= {other for other in needs[number] & members if place[other] >= place[number]}
    return cut


def _finding(loop: Sequence[int], reasons: Mapping[tuple[int, int], Edge], resources: Sequence[Resource]) -> Diagnostic:
    ids = [resources[number].id for number in loop]
    steps = [reasons[step] for step in zip(loop, [*loop[1:], loop[0]], strict=True)]
    where = [origin_of(resources[number], step.at) for number, step in zip(loop, steps, strict=True)]
    notes = tuple(zip(where[1:MAX_STEPS], map(_step, steps[1:MAX_STEPS]), strict=True))
    return Diagnostic("PS306", "error", _message(ids), where[0], ids[0], notes)


def _message(ids: Sequence[ResourceId]) -> str:
    if len(ids) == 1:
        return f"{ids[0]} → {ids[0]}: this object needs itself"
    more = ["…"] if len(ids) > MAX_STEPS else []
    return f"{' → '.join(map(str, [*ids[:MAX_STEPS], *more, ids[0]]))}: each of these needs the next"


def _step(edge: Edge) -> str:
    return f"{edge.src} needs {edge.dst} ({edge.why})"


def _waves(resources: Sequence[Resource], levels: Sequence[int], first: set[int]) -> Waves:
    foundations = tuple(resources[number].id for number in sorted(first))
    waves: list[list[ResourceId]] = [[] for _ in range(max(levels, default=-1) + 1)]
    for number, resource in enumerate(resources):
        if number not in first:
            waves[levels[number]].append(resource.id)
    return tuple(wave for wave in (foundations, *map(tuple, waves)) if wave)
