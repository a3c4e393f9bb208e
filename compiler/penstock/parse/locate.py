"""The line and column of an Origin, found by composing its document again, only when messages are about to be printed.

To find many places, use one `Locator` and ask file by file and document by document: then each document is composed
once.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import count
from typing import Any

from penstock.digests import digest
from penstock.model import Embedded, First, Origin, Pointer, Pos, ResourceId, Spot, Step, Unreadable
from penstock.parse.chunks import heads, is_among
from penstock.parse.composing import Keys, Mark, child_of, compose, from_line
from penstock.parse.libyaml import CollectionNode, MappingNode, Node, ScalarNode
from penstock.recall import Recall, key_of
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.sources import Files


def locate(files: Files, where: Origin | Pos) -> Pos:
    """Return the place of one Origin. For many of them, use a `Locator`."""
    return Locator(files.read).place(where)


_SEPARATOR = regex(rb"(?<=\n)---(?=[ \t\r\n]|\Z)")
"""The beginning of a later document."""

MOST_KEPT = 8
"""Documents that a `Locator` keeps: a field of an object and what has overridden it are asked for in turn."""


class Locator:
    """Finds the places of many Origins. It keeps the file of the last call, and the documents of the last calls.

    `read` gives the bytes of a file, as `Files.read`. `recall` holds places that earlier runs have found.
    """

    def __init__(self, read: Callable[[str], bytes | None], recall: Recall | None = None) -> None:
        self._read = read
        self._recall = recall
        self._path = ""
        self._data: bytes | None = None
        self._starts: list[int] = []
        self._heads: dict[str, list[range]] = {}
        self._lengths: dict[int, int] = {}
        self._documents: dict[tuple[str, int], _Document] = {}

    def place(self, where: Origin | Pos) -> Pos:
        """Return the place where an Origin is written.

        If a step of its pointer is not in the text (a default, a deleted key), this is the place of the nearest
        ancestor.
        """
        return where if isinstance(where, Pos) else self.spot(where).start

    def spot(self, where: Origin | Pos) -> Spot:
        """Return the start and end of what is written at an Origin, with the names of the object and the field."""
        if where.path != self._path:
            self._open(where.path)
        if self._data is None:
            unread = where if isinstance(where, Pos) else Pos(where.path)
            return Spot(unread, unread)
        if isinstance(where, Pos):
            return Spot(where, self._end_of_line(where))
        if not where.at:
            start = Pos(where.path, where.doc + 1, 1)
            # A line of an env file is no document, though all lines behind it would have to be read to see that.
            subject = self._document_at(self._data, where.doc).subject if self._is_head(self._data, where.doc) else ""
            return Spot(start, self._end_of_line(start), subject)
        document = self._document_at(self._data, where.doc)
        found = document.find(where.at)
        start, end = (Pos(where.path, where.doc + line + 1, column + 1) for line, column in (found.start, found.end))
        return Spot(start, end, document.subject, field_of(found.names))

    def node(self, origin: Origin) -> Node | None:
        """Return the node that is written at an Origin, or None where there is none.

        A step into a string continues in the document inside the string.
        """
        if origin.path != self._path:
            self._open(origin.path)
        return None if self._data is None else self._document_at(self._data, origin.doc).node(origin.at)

    def _is_head(self, data: bytes, line: int) -> bool:
        """Return whether a document may start at a line of the file that is open."""
        if self._path not in self._heads:
            self._heads[self._path] = heads(data)
        return is_among(self._heads[self._path], line)

    def _document_at(self, data: bytes, line: int) -> "_Document":
        key = (self._path, line)
        document = self._documents.pop(key, None)
        if document is None:
            start = self._start_of(data, line)
            following = _SEPARATOR.search(data, start + 1)  # what comes after it is not copied for each document
            document = _Document(data[start : following.start() if following else None], self._recall)
        self._documents[key] = document
        if len(self._documents) > MOST_KEPT:
            del self._documents[next(iter(self._documents))]
        return document

    def _end_of_line(self, start: Pos) -> Pos:
        """Return the place after the last character of a line, or `start` itself if it stands for a whole file."""
        if not start.line or self._data is None:
            return start
        if start.line not in self._lengths:
            begin, end = self._start_of(self._data, start.line - 1), self._start_of(self._data, start.line)
            self._lengths[start.line] = len(self._data[begin:end].decode(errors="replace").rstrip())
        return Pos(start.path, start.line, max(start.col, self._lengths[start.line] + 1))

    def _open(self, path: str) -> None:
        try:
            self._data = self._read(path)
        except Unreadable:
            self._data = None
        self._path, self._starts, self._lengths = path, [], {}

    def _start_of(self, data: bytes, line: int) -> int:
        """Return the number of bytes before a line, or all of them where the file has fewer lines. The starts of all
        lines are found once per file, for files of many documents.
        """
        if not self._starts:
            self._starts = [0]
            while start := data.find(b"\n", self._starts[-1]) + 1:
                self._starts.append(start)
        return self._starts[line] if line < len(self._starts) else len(data)


class _Inner(NamedTuple):
    """A document inside a string: the line of the outer document on which it starts, and its indentation there."""

    document: "_Document"
    line: int
    indent: int


LineColumn = tuple[int, int]
"""A line and a column, both from 0."""


class _Found(NamedTuple):
    """The start and end of a node in a document, and the names on the way to it. `end` is after the last character."""

    start: LineColumn
    end: LineColumn
    names: tuple[str, ...]


class _Document:
    """A document in which places are looked up. Lines count from its own first line, from 0."""

    def __init__(self, text: bytes, recall: Recall | None = None) -> None:
        self._text = text
        self._recall = recall
        self._digest = digest(text) if recall is not None else ""
        self._lines: list[bytes] = []
        self._keys: dict[int, Keys] = {}
        self._inner: dict[Pointer, _Inner | None] = {}
        self._embedded: dict[Pointer, _Document] = {}

    @cached_property
    def _root(self) -> Node | None:
        """The node of the whole document. To compose it takes longer than all the rest, so it waits until a place is
        asked for that no earlier run has found.
        """
        return compose(self._text)

    @cached_property
    def subject(self) -> str:
        """The object in this document, as `_subject` writes it."""
        if self._recall is None:
            return _subject(self._root)
        key = key_of("subject", self._digest)
        found = self._recall.get(key)
        if found is None:
            found = _subject(self._root)
            self._recall.put(key, found)
        return str(found)

    def find(self, at: Pointer) -> _Found:
        """Return the place of a pointer, or of its nearest ancestor in the text. The names are those of the whole
        pointer.
        """
        if self._recall is None:
            return self._found(at)
        key = key_of("place", self._digest, at, [type(step).__name__ for step in at])
        known = self._recall.get(key)
        if known is not None:
            start, end, *names = known
            return _Found(tuple(start), tuple(end), tuple(names))
        found = self._found(at)
        self._recall.put(key, [found.start, found.end, *found.names])
        return found

    def _found(self, at: Pointer) -> _Found:
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

    def node(self, at: Pointer) -> Node | None:
        """Return the node at a pointer, also in a document inside a string; None where there is none."""
        node = self._root
        for index, step in enumerate(at):
            if isinstance(step, Embedded):
                return self._embedded_at(at[: index + 1], node, step.doc).node(at[index + 1 :])
            found = self._child(node, step)
            if found is None:
                return None
            node = found[0]
        return node

    def _embedded_at(self, at: Pointer, node: Node | None, doc: int) -> "_Document":
        """Return the document inside a string, however the string is written."""
        if at not in self._embedded:
            inner = node.value.encode() if isinstance(node, ScalarNode) else b""
            self._embedded[at] = _Document(from_line(inner, doc))
        return self._embedded[at]

    def _end(self, node: Node | None, start: LineColumn) -> LineColumn:
        """Return the place after the last character of a value. An empty value, or an alias, ends with its line."""
        end = _end_of(node)
        line, column = end
        is_block = column == 0 and line > start[0]  # a block scalar ends, for libyaml, at the start of the next line
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
        """Return the document inside a string, or None unless the string is a literal block, whose lines the file has
        unchanged.
        """
        if at not in self._inner:
            is_literal = isinstance(node, ScalarNode) and node.style == "|"
            self._inner[at] = self._read(node, doc) if is_literal else None
        return self._inner[at]

    def _read(self, block: Any, doc: int) -> _Inner:
        top = block.start_mark.line + 1
        document = _Document(from_line(block.value.encode(), doc))
        return _Inner(document, top + doc, _indent(map(self._line, count(top)), block.value))


def _moved(inner: _Inner, found: _Found, names: list[str]) -> _Found:
    """Return what was found in an inner document with its places counted in the outer document."""
    start, end = ((inner.line + line, inner.indent + column) for line, column in (found.start, found.end))
    return _Found(start, end, (*names, *found.names))


def _end_of(node: Node | None) -> LineColumn:
    """Return the end of a value. libyaml ends a block where the next node begins; here, a block ends with its last
    node.
    """
    end = (0, 0)
    seen: set[int] = set()
    while isinstance(node, CollectionNode) and not node.flow_style and node.value and id(node) not in seen:
        seen.add(id(node))  # an alias may lead to a container around it
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
    """Return the path of a field as text, such as `spec.containers[web].image`."""
    return "".join(name if name.startswith("[") else f".{name}" for name in names).removeprefix(".")


def _name(step: Step, node: Node | None) -> str:
    """Return the name of a step: that of a key, or `[NAME]` for a list element, so that its index may change."""
    if isinstance(step, str):
        return step
    name = _scalar(node, "name") if isinstance(step, int) else ""
    return f"[{name}]"


def _scalar(node: Node | None, *keys: str) -> str:
    """Return the text of the scalar at some keys below a node, or "" where there is none."""
    for key in keys:
        pairs = node.value if isinstance(node, MappingNode) else []
        node = next((value for name, value in pairs if isinstance(name, ScalarNode) and name.value == key), None)
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _subject(root: Node | None) -> str:
    """Return the object in a document as `ResourceId` writes it, or "" where it has no kind or name."""
    kind, name = _scalar(root, "kind"), _scalar(root, "metadata", "name")
    group, slash, _ = _scalar(root, "apiVersion").partition("/")
    namespace = _scalar(root, "metadata", "namespace")
    return str(ResourceId(group if slash else "", kind, namespace, name)) if kind and name else ""


def _indent(lines: Iterable[bytes], value: str) -> int:
    """Return the indentation of a block scalar, taken from the first of its lines that is not blank: libyaml does not
    provide it.
    """
    for read, written in zip(value.split("\n"), lines, strict=False):
        if read.strip():
            return len(written.decode(errors="replace").rstrip("\r")) - len(read.rstrip("\r"))
    return 0
