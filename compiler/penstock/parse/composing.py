"""Documents composed to nodes that know their places, and the steps from one node to the next."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from penstock.budget import MAX_VALUES
from penstock.model import Embedded, Origin, Pointer, Step
from penstock.parse.go_spelling import read_as_go
from penstock.parse.libyaml import (
    AliasEvent,
    CollectionNode,
    CParser,
    MappingEndEvent,
    MappingNode,
    MappingStartEvent,
    Node,
    ScalarEvent,
    ScalarNode,
    SequenceEndEvent,
    SequenceNode,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from penstock.parse.merging import MERGE_TAG
from penstock.scalar import as_plain_key, config_key

MOST_EVENTS = 2 * MAX_VALUES + 10
"""The events of a document that is composed. A file that is read has no more; JSON that is refused may have."""

Mark = Any
"""A mark of libyaml: a place in a text, with `line` and `column` from 0."""


class Keys:
    """An index of the keys of a mapping, for any number of lookups."""

    def __init__(self, node: MappingNode) -> None:
        self._node = node
        self._pairs = [(name, value) for name, value in node.value if isinstance(name, ScalarNode)]
        self._values = {
            name.value: (value, name.start_mark)
            for name, value in self._pairs
            if not (name.value == "<<" and is_merge_key(name))
        }
        self._plain: dict[str, tuple[Node, Mark]] | None = None

    def find(self, key: str) -> tuple[Node, Mark] | None:
        """Return the value of a key and the mark of the key. Of a duplicate key the last one counts, as in
        Kustomize.
        """
        return self._own(key) or self._merged(key)

    def first(self, key: str) -> tuple[Node, Mark] | None:
        """Return the value of the first key with a name, and the mark of the key."""
        return next(((value, name.start_mark) for name, value in self._pairs if name.value == key), None)

    def _own(self, key: str) -> tuple[Node, Mark] | None:
        found = self._values.get(key)
        return found if found is not None else self._unquoted().get(key)

    def _unquoted(self) -> dict[str, tuple[Node, Mark]]:
        """Return the values by what unquoted keys mean: `010` is 8."""
        if self._plain is None:
            self._plain = {}
            for name, value in self._pairs:
                if name.style == "":
                    for meant in (config_key(name.value), as_plain_key(name.value)):
                        self._plain.setdefault(str(meant), (value, name.start_mark))
        return self._plain

    def _merged(self, key: str) -> tuple[Node, Mark] | None:
        """Return the value of a key in the mappings that `<<` merges, at any depth, and the mark of the key."""
        waiting = [*merged_nodes(self._node)]
        seen: set[int] = set()
        while waiting:
            merged = waiting.pop(0)
            if id(merged) not in seen:
                seen.add(id(merged))
                if found := Keys(merged)._own(key):
                    return found
                waiting = [*merged_nodes(merged), *waiting]
        return None


def first_position(data: bytes, line: int, at: tuple[Step, ...]) -> tuple[int, int]:
    """Return line and column (from 0) of a key in the document that starts on a line; of a duplicate key, those of the
    first.
    """
    node = compose(from_line(data, line))
    for step in at[:-1]:
        found = child_of(node, step)
        node = found[0] if found else None
    keys = [name for name, _ in node.value] if isinstance(node, MappingNode) else []
    mark = next((name.start_mark for name in keys if name.value == at[-1]), None)
    return (line + mark.line, mark.column) if mark is not None else (line, 0)


class LastComposed:
    """The document of a file that was composed last: a kustomization may have any number of patches inside strings."""

    def __init__(self) -> None:
        self._data, self._line = b"", -1
        self._text: bytes = b""
        self._root: Node | None = None

    def find(self, data: bytes, origin: Origin) -> tuple[bytes, Node | None]:
        """Return the node at an origin, or None where there is none, with the text in which its marks count.

        A step into a string continues in the document inside the string.
        """
        if self._data is not data or self._line != origin.doc:
            self._data, self._line = data, origin.doc
            self._text = from_line(data, origin.doc)
            self._root = compose(self._text)
        return _node_below(self._text, self._root, origin.at)


def _node_below(text: bytes, node: Node | None, at: Pointer) -> tuple[bytes, Node | None]:
    for index, step in enumerate(at):
        if isinstance(step, Embedded):
            inner = node.value.encode() if isinstance(node, ScalarNode) else b""
            text = from_line(inner, step.doc)
            return _node_below(text, compose(text), at[index + 1 :])
        found = child_of(node, step)
        if found is None:
            return text, None
        node = found[0]
    return text, node


def from_line(data: bytes, line: int) -> bytes:
    start = 0
    for _ in range(line):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return b""
    return data[start:]


def compose(data: bytes) -> Node | None:
    """Return the first document as nodes with marks, or None where the text is not YAML."""
    try:
        node: Node | None = read_as_go(_first_node, data)
    except YAMLError:
        return None
    return node


def _first_node(data: bytes) -> Any:
    """Return the first document, composed from libyaml's events: PyYAML's own composer refuses a duplicate anchor."""
    next_event: Any = CParser(data).get_event
    event: Any
    node: Any
    anchors: dict[str, Node] = {}
    open_nodes: list[CollectionNode] = []
    keys: list[Node | None] = []
    for event in islice(iter(next_event, None), MOST_EVENTS):
        kind = event.__class__
        if kind is StreamEndEvent:
            return None
        if kind in _ENDS:
            node = open_nodes.pop()
            node.end_mark = event.end_mark
            keys.pop()
        elif kind in _OF_KIND:
            node = _node(event, anchors)
            if node is None:
                return None
            if open_nodes:
                _append(open_nodes[-1], keys, node)
            if kind in _STARTS:
                open_nodes.append(node)
                keys.append(None)
        else:
            continue
        if not open_nodes:
            return node
    return None


def _node(event: Any, anchors: dict[str, Node]) -> Node | None:
    """Return the node that an event begins or that an alias stands for, or None for an unknown alias."""
    name = event.anchor
    if event.__class__ is AliasEvent:
        return anchors.get(name)
    node: Node = _OF_KIND[event.__class__](event)
    if name is not None:
        anchors[name] = node
    return node


_STARTS = (MappingStartEvent, SequenceStartEvent)

_ENDS = (MappingEndEvent, SequenceEndEvent)

_OF_KIND: dict[type, Callable[[Any], Any]] = {
    ScalarEvent: lambda e: ScalarNode(e.tag or "", e.value, e.start_mark, e.end_mark, e.style),
    MappingStartEvent: lambda e: MappingNode(e.tag or "", [], e.start_mark, e.end_mark, e.flow_style),
    SequenceStartEvent: lambda e: SequenceNode(e.tag or "", [], e.start_mark, e.end_mark, e.flow_style),
    AliasEvent: lambda e: None,
}
"""Makes a node from an event. An alias makes none: its node already exists."""


def _append(parent: CollectionNode, keys: list[Node | None], node: Node) -> None:
    """Add a node to an open container: to a list, or to a mapping as a key or as the value of the last key."""
    if isinstance(parent, SequenceNode):
        parent.value.append(node)
    elif keys[-1] is None:
        keys[-1] = node
    else:
        parent.value.append((keys[-1], node))
        keys[-1] = None


def child_of(node: Node | None, step: Step) -> tuple[Node, Mark] | None:
    """Return the node one step down and the mark to point at (for a mapping, that of the key), or None where there is
    none.
    """
    if isinstance(node, MappingNode):
        return Keys(node).find(str(step))
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark
    return None


def is_merge_key(name: Node) -> bool:
    """Return whether a key merges its value into the mapping."""
    if not isinstance(name, ScalarNode):
        return False
    return name.tag == MERGE_TAG or (name.value == "<<" and not name.style and name.tag in ("", "!"))


def merged_nodes(node: MappingNode) -> Iterator[MappingNode]:
    """Yield the mappings that a mapping merges, in order of precedence, without the mapping itself."""
    for name, value in node.value:
        if is_merge_key(name):
            merged = value.value if isinstance(value, SequenceNode) else [value]
            yield from (each for each in merged if isinstance(each, MappingNode) and each is not node)


def values_of(node: MappingNode) -> dict[str, Node]:
    """Return the values of a mapping by key, with those of the mappings that it merges."""
    values = {
        n.value: v for n, v in node.value if isinstance(n, ScalarNode) and not (n.value == "<<" and is_merge_key(n))
    }
    for merged in merged_nodes(node):
        values = {**values_of(merged), **values}
    return values
