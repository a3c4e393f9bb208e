"""The graph of a target as a tree for people, and the order of apply; and which target of an environment needs which.

Ingress.networking.k8s.io/shop/web
└─ Service/shop/web (backend)
   └─ Deployment.apps/shop/web (selector)
      └─ ConfigMap/shop/settings (envFrom)
"""

from collections.abc import Iterator, Sequence

from penstock.model import Compiled, Together, Waves
from penstock.report.graph_drawing import Drawing, Key, draw, draw_targets
from penstock.report.text import count
from penstock.words import printable

MAX_DEPTH = 40
"""Levels of a tree. What is deeper starts a tree of its own."""


def graph_text(fleets: Sequence[Together]) -> str:
    return "\n".join("".join(f"{printable(line)}\n" for line in part) for each in fleets for part in _parts(each))


def _parts(together: Together) -> Iterator[Iterator[str]]:
    yield from (_target(each) for each in together.compiled)
    if len(together.compiled) > 1:
        yield _environment(together)


def _environment(together: Together) -> Iterator[str]:
    """Yield which target of an environment needs which other one, and the order in which their definitions wait."""
    drawing = draw_targets(together)
    title = f"The environment {together.environment}: {count(len(drawing.needs), 'target')}"
    arrows = drawing.arrows
    if not arrows:
        yield f"{title}, none of which needs another"
        return
    yield f"{title}, {count(len(arrows), 'need')} between them"
    yield ""
    yield from _trees(drawing)
    if together.steps:
        yield ""
        yield f"By dependsOn, in {count(len(together.steps), 'step')}:"
        yield from _rows([[target.path for target in step] for step in together.steps])


def _target(compiled: Compiled) -> Iterator[str]:
    drawing, waves = draw(compiled), compiled.graph.waves
    yield f"{drawing.title}: {count(len(drawing.needs), 'object')}, {count(len(compiled.graph.edges), 'reference')}"
    yield ""
    yield from _trees(drawing)
    if drawing.hidden:
        yield ""
        yield f"Not drawn: {count(drawing.hidden, 'reference')} to the Namespace of an object."
    yield ""
    yield f"Applied in {_extent(waves)}:"
    yield from _rows(waves)
    left = [str(key) for key in drawing.needs.keys() - {key for wave in waves for key in wave}]
    if left:
        yield f"Not applied by a sync: {', '.join(sorted(left))}"


def _extent(waves: Waves) -> str:
    used = sum(map(bool, waves))
    return count(used, "wave") if used == len(waves) else f"{used} of the {len(waves)} waves of the environment"


def _trees(drawing: Drawing[Key]) -> Iterator[str]:
    """Yield the trees: first those of objects that nothing else needs, then those of objects that are in no tree yet,
    since they are too deep or in a loop.
    """
    needed = {dst for _, dst, _ in drawing.arrows}
    drawn: set[Key] = set()
    for key in sorted(drawing.needs, key=needed.__contains__):
        if key not in drawn:
            yield from _tree(key, drawing, drawn)


def _tree(root: Key, drawing: Drawing[Key], drawn: set[Key]) -> Iterator[str]:
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


def _rows(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    width = len(str(len(rows)))
    for number, row in enumerate(rows, 1):
        for place, key in enumerate(row):
            yield f"  {'' if place else number:>{width}}  {key}"
