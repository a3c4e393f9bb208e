"""What all drawings of a graph have in common: which arrows there are, and what is written on them."""

from typing import NamedTuple

from penstock.model import Compiled, ResourceId

HIDDEN = ("namespace",)
"""References that are counted and not drawn: nearly every object has one, to the same few Namespaces."""


class Drawing(NamedTuple):
    """The graph of one target as people see it.

    `needs` has for every object, in their order, what it needs and why; several references to one object are one arrow.
    """

    title: str
    needs: dict[ResourceId, dict[ResourceId, list[str]]]
    hidden: int

    @property
    def arrows(self) -> list[tuple[ResourceId, ResourceId, str]]:
        """(what needs, what is needed, why)."""
        return [(src, dst, ", ".join(why)) for src, needed in self.needs.items() for dst, why in needed.items()]


def draw(compiled: Compiled) -> Drawing:
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
