"""How a document is written: which scalars stand in quotes or as a block, and what stands in braces or brackets.

The document is composed again, so this is for what is rare, and once for each document.
"""

from typing import NamedTuple

from penstock.model import Origin, Pointer
from penstock.parse.libyaml import MappingNode, Node, ScalarNode, SequenceNode
from penstock.parse.locate import node_at, values_of
from penstock.scalar import Scalar, resource_scalar


class Style(NamedTuple):
    """`scalars` has how each is written: `'`, `"`, `|` or `>`, empty for a plain one, and `plain` the value of those;
    `containers` has for each mapping and list whether it is in braces or brackets, None for an empty one.
    """

    scalars: dict[Pointer, str]
    plain: dict[Pointer, Scalar]
    containers: dict[Pointer, bool | None]


def style_of(data: bytes, document: Origin) -> Style:
    """The style of the document that an origin leads to, inside a string too."""
    scalars: dict[Pointer, str] = {}
    plain: dict[Pointer, Scalar] = {}
    containers: dict[Pointer, bool | None] = {}
    root = node_at(data, document.doc, document.at)
    pending: list[tuple[Pointer, Node]] = [((), root)] if root is not None else []
    while pending:
        at, node = pending.pop()
        if isinstance(node, ScalarNode):
            scalars[at] = node.style or ""
            if not node.style:
                plain[at] = resource_scalar(node.value)
        elif isinstance(node, MappingNode):
            containers[at] = bool(node.flow_style) if node.value else None
            pending += [((*at, key), value) for key, value in values_of(node).items()]
        elif isinstance(node, SequenceNode):
            containers[at] = bool(node.flow_style) if node.value else None
            pending += [((*at, index), item) for index, item in enumerate(node.value)]
    return Style(scalars, plain, containers)
