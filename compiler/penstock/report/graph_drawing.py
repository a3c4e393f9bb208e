"""The common part of all drawings of a graph: its arrows, and the text on them."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from penstock.model import Compiled, ResourceId, Target, TargetNeed, Together

HIDDEN = ("namespace",)
"""References that are counted and not drawn: nearly every object has one, to the same few Namespaces."""


MAX_REASONS = 3
"""Reasons why one target needs another that are written out."""

Key = TypeVar("Key", bound=Hashable)


class Drawing(NamedTuple, Generic[Key]):
    """The graph of one target, or of the targets of an environment, as people see it.

    `needs` has, for every object in order, the objects that it needs and why. Several references to one object are one
    arrow.
    """

    title: str
    needs: dict[Key, dict[Key, list[str]]]
    hidden: int = 0

    @property
    def arrows(self) -> list[tuple[Key, Key, str]]:
        """Return each arrow as (the object that needs, the object that is needed, why)."""
        return [(src, dst, ", ".join(why)) for src, needed in self.needs.items() for dst, why in needed.items()]


def draw(compiled: Compiled) -> Drawing[ResourceId]:
    needs: dict[ResourceId, dict[ResourceId, list[str]]] = {resource.id: {} for resource in compiled.resources}
    hidden = 0
    for src, dst, _, why in compiled.graph.edges:
        if why in HIDDEN:
            hidden += 1
            continue
        reasons = needs[src].setdefault(dst, [])
        if why not in reasons:
            reasons.append(why)
    return Drawing(compiled.target.path, needs, hidden)


def draw_targets(together: Together) -> Drawing[str]:
    """Return the targets of an environment by their paths. Of many reasons, the first ones are shown and the others
    counted.
    """
    needs: dict[str, dict[str, list[str]]] = {each.target.path: {} for each in together.compiled}
    for target, needed, why, _, edge in together.needs:
        reasons = needs[target.path].setdefault(needed.path, [])
        reason = f"{edge.dst} by {why}" if edge is not None else why
        if reason not in reasons:
            reasons.append(reason)
    short = {path: {other: _short(reasons) for other, reasons in row.items()} for path, row in needs.items()}
    return Drawing(together.environment, short)


def _short(reasons: Sequence[str]) -> list[str]:
    more = len(reasons) - MAX_REASONS
    return [*reasons[:MAX_REASONS], *([f"{more} more"] if more > 0 else [])]


def crossings(fleets: Sequence[Together]) -> Iterator[tuple[tuple[Target, ResourceId], tuple[Target, ResourceId], str]]:
    """Yield the arrows between objects of two targets, each once, as (target and object, target and object, why)."""
    reasons: dict[tuple[tuple[Target, ResourceId], tuple[Target, ResourceId]], list[str]] = {}
    for together in fleets:
        for need in together.needs:
            if need.edge is not None and need.why not in HIDDEN:
                key = (need.target, need.edge.src), (need.needed, need.edge.dst)
                reasons.setdefault(key, []).append(need.why)
    yield from ((src, dst, ", ".join(dict.fromkeys(why))) for (src, dst), why in reasons.items())


def waits(fleets: Sequence[Together]) -> Iterator[TargetNeed]:
    """Yield the targets whose definitions wait for those of others."""
    yield from (need for together in fleets for need in together.needs if need.edge is None)
