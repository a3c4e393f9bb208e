"""The graph in the language of Graphviz: `penstock graph prod --format dot | dot -Tsvg`."""

from collections.abc import Iterator, Mapping, Sequence

from penstock.model import ResourceId, Target, Together
from penstock.report.graph_drawing import Drawing, crossings, draw, waits
from penstock.words import printable


def graph_dot(fleets: Sequence[Together]) -> str:
    lines = ["digraph penstock {", "  rankdir=LR;", "  compound=true;", '  node [shape=box, fontname="sans-serif"];']
    compiled = [each for together in fleets for each in together.compiled]
    for number, each in enumerate(compiled):
        lines += _target(number, draw(each))
    lines += _across(fleets, {each.target: _names(number, draw(each)) for number, each in enumerate(compiled)})
    return "\n".join([*lines, "}"]) + "\n"


def _across(fleets: Sequence[Together], names: Mapping[Target, Mapping[ResourceId, str]]) -> Iterator[str]:
    """Yield the arrows between targets. For Graphviz, an arrow between two boxes is one between two objects that is cut
    at the boxes.
    """
    for (source, src), (target, dst), why in crossings(fleets):
        yield f"  {names[source][src]} -> {names[target][dst]} [label={_string(why)}];"
    numbers = {target: number for number, target in enumerate(names)}
    for need in waits(fleets):
        first, other = (next(iter(names[each].values()), "") for each in (need.target, need.needed))
        if first and other:
            ends = f"ltail=cluster_{numbers[need.target]}, lhead=cluster_{numbers[need.needed]}"
            yield f"  {first} -> {other} [label={_string(need.why)}, style=dashed, {ends}];"


def _names(number: int, drawing: Drawing[ResourceId]) -> dict[ResourceId, str]:
    return {key: f"t{number}n{place}" for place, key in enumerate(drawing.needs)}


def _target(number: int, drawing: Drawing[ResourceId]) -> Iterator[str]:
    names = _names(number, drawing)
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
    r"""Return a text in quotes. Graphviz reads escapes (`\N`) and entities (`&lt;`) inside of quotes, too."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'
