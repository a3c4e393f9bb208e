"""From an Origin to line and column: documents are composed again, only when messages are about to be printed.

Whoever has many places to find asks one `Locator`, file by file and document by document: each is composed once.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Embedded, Files, First, Origin, Pointer, Pos, ResourceId, Spot, Step, Unreadable
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
from penstock.records import NamedTuple
from penstock.scalar import as_plain_key, config_key

Mark = Any
"""A place in a text, as libyaml has it: `line` and `column`, from 0."""


def locate(files: Files, where: Origin | Pos) -> Pos:
    """Where one Origin is written. For many of them, see `Locator`."""
    return Locator(files.read).place(where)


class Locator:
    """Finds the places of many Origins. It keeps the file and the document that it was asked for last.

    `read` gives the bytes of a file, as `Files.read`.
    """

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._path = ""
        self._data: bytes | None = None
        self._starts: list[int] = []
        self._first_line = -1
        self._document: _Document | None = None

    def place(self, where: Origin | Pos) -> Pos:
        """Where an Origin is written. A step that is not there (a default, a deleted key) stops at its nearest
        ancestor.
        """
        return where if isinstance(where, Pos) else self.spot(where).start

    def spot(self, where: Origin | Pos) -> Spot:
        """Where an Origin is written, as far as what is written there goes; and what the place is called."""
        if where.path != self._path:
            self._open(where.path)
        if self._data is None:
            unread = where if isinstance(where, Pos) else Pos(where.path)
            return Spot(unread, unread)
        if isinstance(where, Pos):
            return Spot(where, self._end_of_line(where))
        document = self._document_at(self._data, where.doc)
        if not where.at:
            start = Pos(where.path, where.doc + 1, 1)
            return Spot(start, self._end_of_line(start), document.subject)
        found = document.find(where.at)
        start, end = (Pos(where.path, where.doc + line + 1, column + 1) for line, column in (found.start, found.end))
        return Spot(start, end, document.subject, field_of(found.names))

    def _document_at(self, data: bytes, line: int) -> "_Document":
        if self._document is None or line != self._first_line:
            self._document, self._first_line = _Document(self._from(data, line)), line
        return self._document

    def _end_of_line(self, start: Pos) -> Pos:
        """Behind the last character of the line of a place; the place itself where it is about a file as a whole."""
        if not start.line or self._data is None:
            return start
        line = self._from(self._data, start.line - 1).partition(b"\n")[0].decode(errors="replace").rstrip()
        return Pos(start.path, start.line, max(start.col, len(line) + 1))

    def _open(self, path: str) -> None:
        try:
            self._data = self._read(path)
        except Unreadable:
            self._data = None
        self._path, self._starts, self._document = path, [], None

    def _from(self, data: bytes, line: int) -> bytes:
        """The bytes from a line on. Where each line starts is found once for a file of many documents."""
        if not self._starts:
            self._starts = [0]
            while start := data.find(b"\n", self._starts[-1]) + 1:
                self._starts.append(start)
        return data[self._starts[line] :] if line < len(self._starts) else b""


class _Inner(NamedTuple):
    """A document in a string: the line of the outer document on which it starts, and how far it is indented there."""

    document: "_Document"
    line: int
    indent: int


LineColumn = tuple[int, int]
"""A line and a column, both from 0."""


class _Found(NamedTuple):
    """Where something stands in a document, up to `end`, which is behind it; and the names on the way to it."""

    start: LineColumn
    end: LineColumn
    names: tuple[str, ...]


class _Document:
    """A document whose places are looked for. Lines count from its own first one, from 0."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._root = compose(text)
        self._lines: list[bytes] = []
        self._keys: dict[int, Keys] = {}
        self._inner: dict[Pointer, _Inner | None] = {}
        self.subject = _subject(self._root)

    def find(self, at: Pointer) -> _Found:
        """Where a place is, or its nearest ancestor that is there. The names are those of the whole way."""
        node, start = self._root, (0, 0)
        names: list[str] = []
        for index, step in enumerate(at):
            if isinstance(step, Embedded):
                inner = self._inside(at[: index + 1], node, step.doc)
                if inner is None:
                    break
                return _moved(inner, inner.document.find(at[index + 1 :]), names)
            found = self._child(node, step)
            if found is None:
                break
            node, mark = found
            start = (mark.line, mark.column)
            names.append(_name(step, node))
        rest = [_name(step, None) for step in at[len(names) :]]
        return _Found(start, self._end(node, start), (*names, *rest))

    def _end(self, node: Node | None, start: LineColumn) -> LineColumn:
        """Behind the last character of a value. Nothing, or an alias, ends with its line."""
        end = _end_of(node)
        line, column = end
        is_block = column == 0 and line > start[0]  # of a text in a block, libyaml tells where the next line starts
        if is_block:
            line -= 1
            while line > start[0] and not self._line(line).strip():
                line -= 1
        if is_block or end <= start:
            line = max(line, start[0])
            written = self._line(line).decode(errors="replace").rstrip()
            return line, max(len(written), start[1] if line == start[0] else 0)
        return end

    def _line(self, number: int) -> bytes:
        if not self._lines:
            self._lines = self._text.split(b"\n")
        return self._lines[number] if number < len(self._lines) else b""

    def _child(self, node: Node | None, step: Step) -> tuple[Node, Mark] | None:
        if not isinstance(node, MappingNode):
            return child_of(node, step)
        if id(node) not in self._keys:
            self._keys[id(node)] = Keys(node)
        keys = self._keys[id(node)]
        return keys.first(step) if isinstance(step, First) else keys.find(str(step))

    def _inside(self, at: Pointer, node: Node | None, doc: int) -> _Inner | None:
        """The document in a string. Only in a literal block do its lines stand in the file as they are."""
        if at not in self._inner:
            is_literal = isinstance(node, ScalarNode) and node.style == "|"
            self._inner[at] = self._read(node, doc) if is_literal else None
        return self._inner[at]

    def _read(self, block: Any, doc: int) -> _Inner:
        top = block.start_mark.line + 1
        document = _Document(_from_line(block.value.encode(), doc))
        return _Inner(document, top + doc, _indent(self._text, top, block.value))


def _moved(inner: _Inner, found: _Found, names: list[str]) -> _Found:
    """What was found in a document in a string, by the lines of the outer one."""
    start, end = ((inner.line + line, inner.indent + column) for line, column in (found.start, found.end))
    return _Found(start, end, (*names, *found.names))


def _end_of(node: Node | None) -> LineColumn:
    """Where a value ends. libyaml lets a block end where the next thing begins: there, its last part counts."""
    end = (0, 0)
    seen: set[int] = set()
    while isinstance(node, CollectionNode) and not node.flow_style and node.value and id(node) not in seen:
        seen.add(id(node))  # an alias may lead to what it stands in
        last = node.value[-1]
        if isinstance(node, MappingNode):
            end = max(end, _mark(last[0].end_mark))
            node = last[1]
        else:
            node = last
    return max(end, _mark(node.end_mark)) if node is not None else end


def _mark(mark: Mark) -> LineColumn:
    return mark.line, mark.column


def field_of(names: tuple[str, ...]) -> str:
    """`spec.containers[web].image`: the way to a field."""
    return "".join(name if name.startswith("[") else f".{name}" for name in names).removeprefix(".")


def _name(step: Step, node: Node | None) -> str:
    """What a step is called: a key by itself, an entry of a list by its name, so that others may come before it."""
    if isinstance(step, str):
        return step
    name = _scalar(node, "name") if isinstance(step, int) else ""
    return f"[{name}]"


def _scalar(node: Node | None, *keys: str) -> str:
    """The text of a scalar below a node; empty where there is none."""
    for key in keys:
        pairs = node.value if isinstance(node, MappingNode) else []
        node = next((value for name, value in pairs if isinstance(name, ScalarNode) and name.value == key), None)
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _subject(root: Node | None) -> str:
    """The object that a document holds, as `ResourceId` writes it; empty where it has no name."""
    kind, name = _scalar(root, "kind"), _scalar(root, "metadata", "name")
    group, slash, _ = _scalar(root, "apiVersion").partition("/")
    namespace = _scalar(root, "metadata", "namespace")
    return str(ResourceId(group if slash else "", kind, namespace, name)) if kind and name else ""


class Keys:
    """The keys of a mapping: one index for any number of questions."""

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
        """The value of a key and the mark of the key; the last one where it stands twice, as in Kustomize."""
        return self._own(key) or self._merged(key)

    def first(self, key: str) -> tuple[Node, Mark] | None:
        """The value of the first key of this name."""
        return next(((value, name.start_mark) for name, value in self._pairs if name.value == key), None)

    def _own(self, key: str) -> tuple[Node, Mark] | None:
        found = self._values.get(key)
        return found if found is not None else self._unquoted().get(key)

    def _unquoted(self) -> dict[str, tuple[Node, Mark]]:
        """The same by what keys without quotes mean: `010` is 8."""
        if self._plain is None:
            self._plain = {}
            for name, value in self._pairs:
                if name.style == "":
                    for meant in (config_key(name.value), as_plain_key(name.value)):
                        self._plain.setdefault(str(meant), (value, name.start_mark))
        return self._plain

    def _merged(self, key: str) -> tuple[Node, Mark] | None:
        """From what `<<` brings, which may bring something itself."""
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
    """Line and column (from 0) of a key in the document that starts on a line: of the first, where it stands twice."""
    node = compose(_from_line(data, line))
    for step in at[:-1]:
        found = child_of(node, step)
        node = found[0] if found else None
    keys = [name for name, _ in node.value] if isinstance(node, MappingNode) else []
    mark = next((name.start_mark for name in keys if name.value == at[-1]), None)
    return (line + mark.line, mark.column) if mark is not None else (line, 0)


def node_at(data: bytes, first_line: int, at: tuple[Step, ...]) -> Node | None:
    """What stands at a place of the document that starts on a line; None where nothing does. A step into a string
    goes on with the document inside.
    """
    return text_and_node_at(data, first_line, at)[1]


def text_and_node_at(data: bytes, first_line: int, at: tuple[Step, ...]) -> tuple[bytes, Node | None]:
    """As `node_at`, with the text that the marks of the node count in."""
    text = _from_line(data, first_line)
    node = compose(text)
    for index, step in enumerate(at):
        if isinstance(step, Embedded):
            inner = node.value.encode() if isinstance(node, ScalarNode) else b""
            return text_and_node_at(inner, step.doc, at[index + 1 :])
        found = child_of(node, step)
        if found is None:
            return text, None
        node = found[0]
    return text, node


def _indent(text: bytes, top: int, value: str) -> int:
    """How far a block scalar is indented, told from its first line that has text: libyaml does not say."""
    for written, read in zip(text.split(b"\n")[top:], value.split("\n"), strict=False):
        if read.strip():
            return len(written.decode(errors="replace").rstrip("\r")) - len(read.rstrip("\r"))
    return 0


def _from_line(data: bytes, line: int) -> bytes:
    start = 0
    for _ in range(line):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return b""
    return data[start:]


def compose(data: bytes) -> Node | None:
    """The first document as nodes with marks; None where it is not YAML."""
    try:
        node: Node | None = read_as_go(_first_node, data)
    except YAMLError:
        return None
    return node


def _first_node(data: bytes) -> Any:
    """From libyaml's events: PyYAML's own composer refuses an anchor that stands twice."""
    next_event: Any = CParser(data).get_event
    event: Any
    node: Any
    anchors: dict[str, Node] = {}
    open_nodes: list[CollectionNode] = []
    keys: list[Node | None] = []
    while (kind := (event := next_event()).__class__) is not StreamEndEvent:
        if kind in _ENDS:
            node = open_nodes.pop()
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
    """The node that an event begins, or that an alias stands for; None where there is none."""
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
"""How a node is made of an event; an alias stands for one that is there already."""


def _append(parent: CollectionNode, keys: list[Node | None], node: Node) -> None:
    """Put a node into what is open: into a list, or into a mapping as a key or as the value of the last one."""
    if isinstance(parent, SequenceNode):
        parent.value.append(node)
    elif keys[-1] is None:
        keys[-1] = node
    else:
        parent.value.append((keys[-1], node))
        keys[-1] = None


def child_of(node: Node | None, step: Step) -> tuple[Node, Mark] | None:
    """One step down: the node there, and the mark to point at (that of the key)."""
    if isinstance(node, MappingNode):
        return Keys(node).find(str(step))
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark
    return None


def is_merge_key(name: Node) -> bool:
    """Whether a key merges what stands behind it."""
    if not isinstance(name, ScalarNode):
        return False
    return name.tag == MERGE_TAG or (name.value == "<<" and not name.style and name.tag in ("", "!"))


def merged_nodes(node: MappingNode) -> Iterator[MappingNode]:
    """The mappings that a mapping merges, the first to win first; not itself."""
    for name, value in node.value:
        if is_merge_key(name):
            merged = value.value if isinstance(value, SequenceNode) else [value]
            yield from (each for each in merged if isinstance(each, MappingNode) and each is not node)


def values_of(node: MappingNode) -> dict[str, Node]:
    """The values of a mapping by key, with what it merges."""
    values = {
        n.value: v for n, v in node.value if isinstance(n, ScalarNode) and not (n.value == "<<" and is_merge_key(n))
    }
    for merged in merged_nodes(node):
        values = {**values_of(merged), **values}
    return values
