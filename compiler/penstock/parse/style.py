"""How a document is written: which scalars stand in quotes or as a block, and what stands in braces or brackets.

The document is composed again, so this is for what is rare, and once for each document.
"""

import re

from penstock.model import Origin, Pointer
from penstock.parse.libyaml import MappingNode, Node, ScalarNode, SequenceNode
from penstock.parse.locate import text_and_node_at, values_of
from penstock.records import NamedTuple
from penstock.scalar import Scalar, resource_scalar

_COMMENT_BEHIND = re.compile(r"[ \t]+#")
"""What stands behind a scalar that has a comment."""

_COMMENT = re.compile(r"\s*:?[ \t]+#")
"""What stands behind a key that has a comment, and its value below it, or none."""


class Style(NamedTuple):
    """`scalars` has how each is written: `'`, `"`, `|` or `>`, empty for a plain one, and `plain` the value of those;
    `containers` has for each mapping and list whether it is in braces or brackets, None for an empty one, and
    `mappings` says which are mappings. `commented` are the values, or places of none, that have a comment behind their
    key, and `followed` the scalars that have one behind them.
    """

    scalars: dict[Pointer, str]
    plain: dict[Pointer, Scalar]
    containers: dict[Pointer, bool | None]
    mappings: frozenset[Pointer]
    commented: frozenset[Pointer]
    followed: frozenset[Pointer]


def style_of(data: bytes, document: Origin) -> Style:
    """The style of the document that an origin leads to, inside a string too."""
    scalars: dict[Pointer, str] = {}
    plain: dict[Pointer, Scalar] = {}
    containers: dict[Pointer, bool | None] = {}
    mappings: set[Pointer] = set()
    commented: set[Pointer] = set()
    followed: set[Pointer] = set()
    text, root = text_and_node_at(data, document.doc, document.at)
    written = text.decode(errors="replace").removeprefix("\ufeff")
    pending: list[tuple[Pointer, Node]] = [((), root)] if root is not None else []
    while pending:
        at, node = pending.pop()
        if isinstance(node, ScalarNode):
            scalars[at] = node.style or ""
            if _COMMENT_BEHIND.match(written, node.end_mark.index):
                followed.add(at)
            if not node.style:
                plain[at] = resource_scalar(node.value)
        elif isinstance(node, MappingNode):
            containers[at] = bool(node.flow_style) if node.value else None
            mappings.add(at)
            pending += [((*at, key), value) for key, value in values_of(node).items()]
            commented.update((*at, key) for key in _commented(node, written))
        elif isinstance(node, SequenceNode):
            containers[at] = bool(node.flow_style) if node.value else None
            pending += [((*at, index), item) for index, item in enumerate(node.value)]
    return Style(scalars, plain, containers, frozenset(mappings), frozenset(commented), frozenset(followed))


def _commented(mapping: MappingNode, written: str) -> list[str]:
    """The keys of a mapping that have a comment behind them."""
    keys = [name for name, _ in mapping.value if isinstance(name, ScalarNode)]
    return [key.value for key in keys if _COMMENT.match(written, key.end_mark.index)]
