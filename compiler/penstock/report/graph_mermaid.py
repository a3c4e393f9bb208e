"""The graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown: a box for each target."""

from collections.abc import Iterator, Sequence

from penstock.model import ResourceId, Together
from penstock.report.graph_drawing import Drawing, crossings, draw, waits
from penstock.words import printable

PLAIN = frozenset(" ,-./_")
"""What stands for itself in a label, beside letters and digits. Mermaid gives a meaning to much of the rest."""


def graph_mermaid(fleets: Sequence[Together]) -> str:
    lines = ["flowchart LR"]
    compiled = [each for together in fleets for each in together.compiled]
    for number, each in enumerate(compiled):
        lines += _target(f"t{number}", draw(each))
    boxes = {each.target: f"t{number}" for number, each in enumerate(compiled)}
    names = {each.target: _names(boxes[each.target], draw(each)) for each in compiled}
    for (source, src), (target, dst), why in crossings(fleets):
        lines.append(f'  {names[source][src]} -->|"{_label(why)}"| {names[target][dst]}')
    for need in waits(fleets):
        if need.target in boxes and need.needed in boxes:
            lines.append(f'  {boxes[need.target]} -.->|"{_label(need.why)}"| {boxes[need.needed]}')
    return "\n".join(lines) + "\n"


def _names(prefix: str, drawing: Drawing[ResourceId]) -> dict[ResourceId, str]:
    return {key: f"{prefix}n{number}" for number, key in enumerate(drawing.needs)}


def _target(prefix: str, drawing: Drawing[ResourceId]) -> Iterator[str]:
    names = _names(prefix, drawing)
    yield f'  subgraph {prefix}["{_label(drawing.title)}"]'
    for key, name in names.items():
        yield f'    {name}["{_label(str(key))}"]'
    yield "  end"
    for src, dst, why in drawing.arrows:
        yield f'  {names[src]} -->|"{_label(why)}"| {names[dst]}'
    if drawing.hidden:
        yield f"  %% not drawn: {drawing.hidden} references to the Namespace of an object"


def _label(text: str) -> str:
    """Return a label in which every odd character is written by its number, in Mermaid's own notation."""
    return "".join(c if c in PLAIN or (c.isascii() and c.isalnum()) else f"#{ord(c)};" for c in printable(text))
