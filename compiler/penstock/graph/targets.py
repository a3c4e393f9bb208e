"""Which target of an environment needs which other one, judged by the references between their objects."""

from collections.abc import Iterable, Iterator, Sequence

from penstock.graph.waves import depths
from penstock.model import Edge, Resource, ResourceId, Target, TargetNeed, Waves
from penstock.tree import origin_of


def across(
    targets: Sequence[Target], objects: Sequence[Sequence[Resource]], edges: Iterable[Edge]
) -> Iterator[TargetNeed]:
    """Yield the references that lead from an object of one target to an object of another one. `objects` are those of
    each target.
    """
    homes: dict[ResourceId, list[int]] = {}
    bodies: dict[ResourceId, Resource] = {}
    for number, resources in enumerate(objects):
        for resource in resources:
            homes.setdefault(resource.id, []).append(number)
            bodies.setdefault(resource.id, resource)
    for edge in edges:
        there = homes[edge.dst]
        for number in homes[edge.src]:
            if number not in there:
                where = origin_of(bodies[edge.src], edge.at)
                yield TargetNeed(targets[number], targets[there[0]], edge.why, where, edge)


def steps(targets: Sequence[Target], needs: Iterable[TargetNeed]) -> tuple[tuple[Target, ...], ...]:
    """Return the order in which targets follow one another if each waits for those that it needs. Targets that wait for
    themselves come last.
    """
    numbers = {target: number for number, target in enumerate(targets)}
    waiting: list[set[int]] = [set() for _ in targets]
    for need in needs:
        if need.target in numbers and need.needed in numbers:
            waiting[numbers[need.target]].add(numbers[need.needed])
    found = depths(waiting)
    last = max(found, default=-1) + 1
    rows: list[list[Target]] = [[] for _ in range(last + 1)]
    for target, level in zip(targets, found, strict=True):
        rows[level if level >= 0 else last].append(target)
    return tuple(tuple(row) for row in rows if row)


class Parts:
    """The waves of an environment, to be had with the objects of one target only."""

    def __init__(self, waves: Waves) -> None:
        self._count = len(waves)
        self._places = {key: (number, at) for number, wave in enumerate(waves) for at, key in enumerate(wave)}

    def of(self, resources: Iterable[Resource]) -> Waves:
        """Return the waves with these objects only. Some of them may be empty."""
        rows: list[list[ResourceId]] = [[] for _ in range(self._count)]
        mine = {resource.id for resource in resources if resource.id in self._places}
        for key in sorted(mine, key=self._places.__getitem__):
            rows[self._places[key][0]].append(key)
        return tuple(map(tuple, rows))
