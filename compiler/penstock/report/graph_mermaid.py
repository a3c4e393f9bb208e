"""The graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown: a box for each target."""

from collections.abc import Iterator, Sequence

from penstock.model import Compiled
from penstock.report.graph_drawing import Drawing, draw
from penstock.words import printable

PLAIN = frozenset(" ,-./_")
"""What stands for itself in a label, beside letters and digits. Mermaid gives a meaning to much of the rest."""


def graph_mermaid(compiled: Sequence[Compiled]) -> str:
    lines = ["flowchart LR"]
    for number, each in enumerate(compiled):
        lines += _target(f"t{number}", draw(each))
    return "\n".join(lines) + "\n"


def _target(prefix: str, drawing: Drawing) -> Iterator[str]:
    names = {key: f"{prefix}n{number}" for number, key in enumerate(drawing.needs)}
    yield f'  subgraph {prefix}["{_label(drawing.title)}"]'
    for key, name in names.items():
        yield f'    {name}["{_label(str(key))}"]'
    yield "  end"
    for src, dst, why in drawing.arrows:
        yield f'  {names[src]} -->|"{_label(why)}"| {names[dst]}'
    if drawing.hidden:
        yield f"  %% not drawn: {drawing.hidden} references to the Namespace of an object"


def _label(text: str) -> str:
    """Every odd character by its number, in Mermaid's own form."""
    return "".join(c if c in PLAIN or (c.isascii() and c.isalnum()) else f"#{ord(c)};" for c in printable(text))
