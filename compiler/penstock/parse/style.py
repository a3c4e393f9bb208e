"""The style in which a document is written: which scalars are quoted or block scalars, and which containers are in
braces or brackets.

The document is composed again for this, once, so this is meant for rare cases.
"""

import re

from penstock.model import Origin, Pointer
from penstock.parse.composing import LastComposed, values_of
from penstock.parse.libyaml import MappingNode, Node, ScalarNode, SequenceNode
from penstock.records import NamedTuple
from penstock.scalar import Scalar, resource_scalar

_COMMENT_BEHIND = re.compile(r"[ \t]+#")
"""Matches behind a scalar with a comment."""

_COMMENT = re.compile(r"\s*:?[ \t]+#")
"""Matches behind a key with a comment, whose value is below it or missing."""


_TAG = re.compile(r"(?:&\S+\s+)?!\S")
"""Matches where a scalar with a tag begins; `!` alone is none."""


class Style(NamedTuple):
    """The style of each node of a document, by its pointer.

    `scalars` has the style of each scalar (`'`, `"`, `|` or `>`, empty for a plain one), and `plain` the values of the
    plain ones. `containers` has whether a mapping or list is in braces or brackets, None for an empty one, and
    `mappings` has the pointers of the mappings. `commented` has the pointers of the keys with a comment behind them,
    whether the key has a value or not, and `followed` the scalars with a comment behind them. `tagged` has the pointers
    of the scalars with a tag.
    """

    scalars: dict[Pointer, str]
    plain: dict[Pointer, Scalar]
    containers: dict[Pointer, bool | None]
    mappings: frozenset[Pointer]
    commented: frozenset[Pointer]
    followed: frozenset[Pointer]
    tagged: frozenset[Pointer]


def style_of(data: bytes, document: Origin, last: LastComposed) -> Style:
    """Return the style of the document to which an origin leads, which may be a document inside a string."""
    scalars: dict[Pointer, str] = {}
    plain: dict[Pointer, Scalar] = {}
    containers: dict[Pointer, bool | None] = {}
    mappings: set[Pointer] = set()
    commented: set[Pointer] = set()
    followed: set[Pointer] = set()
    tagged: set[Pointer] = set()
    text, root = last.find(data, document)
    written = text.decode(errors="replace").removeprefix("\ufeff")
    pending: list[tuple[Pointer, Node]] = [((), root)] if root is not None else []
    while pending:
        at, node = pending.pop()
        if isinstance(node, ScalarNode):
            scalars[at] = node.style or ""
            if _COMMENT_BEHIND.match(written, node.end_mark.index):
                followed.add(at)
            if _TAG.match(written, node.start_mark.index):
                tagged.add(at)
            if not node.style:
                plain[at] = resource_scalar(node.value)
        elif isinstance(node, MappingNode):
            containers[at] = bool(node.flow_style) if node.value else None
            mappings.add(at)
            pending += [((*at, key), value) for key, value in _first_values(node).items()]
            commented.update((*at, key) for key in _commented(node, written))
        elif isinstance(node, SequenceNode):
            containers[at] = bool(node.flow_style) if node.value else None
            pending += [((*at, index), item) for index, item in enumerate(node.value)]
    sets = map(frozenset, (mappings, commented, followed, tagged))
    return Style(scalars, plain, containers, *sets)


def _first_values(node: MappingNode) -> dict[str, Node]:
    """Return the values of a mapping by key. Of a repeated key the first one counts, as where Kustomize merges."""
    own = {name.value: value for name, value in reversed(node.value) if isinstance(name, ScalarNode)}
    return {key: own.get(key, value) for key, value in values_of(node).items()}


def are_apart(data: bytes, items: Origin) -> bool:
    """Return whether no two items of the list to which an origin leads share a mapping or list by an alias."""
    _, root = LastComposed().find(data, items)
    owners: dict[int, int] = {}
    for index, item in enumerate(root.value if isinstance(root, SequenceNode) else ()):
        pending: list[Node] = [item]
        while pending:
            node = pending.pop()
            if id(node) in owners:
                if owners[id(node)] != index:
                    return False
                continue  # an alias inside of this item
            owners[id(node)] = index
            if isinstance(node, MappingNode):
                pending += [each for pair in node.value for each in pair]
            elif isinstance(node, SequenceNode):
                pending += node.value
    return True


def aliases_in(data: bytes, document: Origin) -> frozenset[Pointer]:
    """Return the places of the aliases in the document to which an origin leads."""
    _, root = LastComposed().find(data, document)
    known: set[int] = set()
    found: set[Pointer] = set()
    pending: list[tuple[Pointer, Node]] = [((), root)] if root is not None else []
    while pending:
        at, node = pending.pop()
        if id(node) in known:
            found.add(at)
            continue
        known.add(id(node))
        # The first node in the text has the anchor, so the others wait.
        if isinstance(node, MappingNode):
            pending += [((*at, key), value) for key, value in reversed(values_of(node).items())]
        elif isinstance(node, SequenceNode):
            pending += [((*at, index), item) for index, item in reversed(list(enumerate(node.value)))]
    return frozenset(found)


def _commented(mapping: MappingNode, written: str) -> list[str]:
    """Return the keys of a mapping that have a comment behind them."""
    keys = [name for name, _ in mapping.value if isinstance(name, ScalarNode)]
    return [key.value for key in keys if _COMMENT.match(written, key.end_mark.index)]
