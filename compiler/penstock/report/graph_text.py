"""The graph of a target as a tree for people, and the order of apply.

Ingress.networking.k8s.io/shop/web
└─ Service/shop/web (backend)
   └─ Deployment.apps/shop/web (selector)
      └─ ConfigMap/shop/settings (envFrom)
"""

from collections.abc import Iterator, Sequence

from penstock.model import Compiled, Graph, ResourceId
from penstock.report.graph_drawing import Drawing, draw
from penstock.report.text import count
from penstock.words import printable

MAX_DEPTH = 40
"""Levels of a tree. What is deeper starts a tree of its own."""


def graph_text(compiled: Sequence[Compiled]) -> str:
    return "\n".join("".join(f"{printable(line)}\n" for line in _target(each)) for each in compiled)


def _target(compiled: Compiled) -> Iterator[str]:
    drawing, waves = draw(compiled), compiled.graph.waves
    yield f"{drawing.title}: {count(len(drawing.needs), 'object')}, {count(len(compiled.graph.edges), 'reference')}"
    yield ""
    yield from _trees(drawing)
    if drawing.hidden:
        yield ""
        yield f"Not drawn: {count(drawing.hidden, 'reference')} to the Namespace of an object."
    yield ""
    yield f"Applied in {count(len(waves), 'wave')}:"
    yield from _waves(compiled.graph)


def _trees(drawing: Drawing) -> Iterator[str]:
    """First what nothing else needs, then what is in no tree yet: it is too deep, or in a loop."""
    needed = {dst for _, dst, _ in drawing.arrows}
    drawn: set[ResourceId] = set()
    for key in sorted(drawing.needs, key=needed.__contains__):
        if key not in drawn:
            yield from _tree(key, drawing, drawn)


def _tree(root: ResourceId, drawing: Drawing, drawn: set[ResourceId]) -> Iterator[str]:
    """One tree, without recursion: (what to write before the name, before the names below it, the object, why)."""
    waiting = [("", "", root, "")]
    while waiting:
        before, indent, key, why = waiting.pop()
        needs = drawing.needs[key]
        is_told = bool(needs) and (key in drawn or len(indent) > 3 * MAX_DEPTH)
        yield f"{before}{key}{f' ({why})' if why else ''}{' …' if is_told else ''}"
        if is_told:
            continue
        drawn.add(key)
        for number, (needed, reasons) in enumerate(reversed(needs.items())):
            branch, rest = ("├─ ", "│  ") if number else ("└─ ", "   ")
            waiting.append((indent + branch, indent + rest, needed, ", ".join(reasons)))


def _waves(graph: Graph) -> Iterator[str]:
    width = len(str(len(graph.waves)))
    for number, wave in enumerate(graph.waves, 1):
        for place, key in enumerate(wave):
            yield f"  {'' if place else number:>{width}}  {key}"
