"""The graph in the language of Graphviz: `penstock graph prod --format dot | dot -Tsvg`."""

from collections.abc import Iterator, Sequence

from penstock.model import Compiled
from penstock.report.graph_drawing import Drawing, draw
from penstock.words import printable


def graph_dot(compiled: Sequence[Compiled]) -> str:
    lines = ["digraph penstock {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for number, each in enumerate(compiled):
        lines += _target(number, draw(each))
    return "\n".join([*lines, "}"]) + "\n"


def _target(number: int, drawing: Drawing) -> Iterator[str]:
    names = {key: f"t{number}n{place}" for place, key in enumerate(drawing.needs)}
    yield f"  subgraph cluster_{number} {{"
    yield f"    label={_string(drawing.title)};"
    for key, name in names.items():
        yield f"    {name} [label={_string(str(key))}];"
    yield "  }"
    for src, dst, why in drawing.arrows:
        yield f"  {names[src]} -> {names[dst]} [label={_string(why)}];"
    if drawing.hidden:
        yield f"  // not drawn: {drawing.hidden} references to the Namespace of an object"


def _string(text: str) -> str:
    """Quoted: Graphviz reads escapes (`\\N`) and entities (`&lt;`) inside of quotes too."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'
