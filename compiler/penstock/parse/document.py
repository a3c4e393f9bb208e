"""YAML and JSON text to plain trees, with limits, duplicate keys and broken documents reported where they are.

One walk over libyaml's events, without recursion: no nesting, alias or tag can cost more than the limits below.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from penstock.model import Diagnostic, Document, Origin, Pointer, Pos
from penstock.parse.libyaml import (
    AliasEvent,
    CParser,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from penstock.scalar import (
    BLANK_IN_FLOW,
    config_key,
    config_scalar,
    resource_scalar,
    resource_scalar_in_flow,
    tagged_scalar,
)

MAX_DEPTH = 400
"""Levels of nesting. The deepest Kubernetes type, a CRD's schema, stays below 100."""

MAX_DOCUMENTS = 100_000
"""Documents in one file."""

MAX_ALIASED = 500_000
"""Nodes that aliases add to one document. A document as large as the API server takes has less than a fifth of it."""

MAX_REREADS, MAX_REREAD_BYTES = 10, 1_000_000
"""Duplicate keys of a file whose first place is looked for, and the size of the file up to which it is."""

_SEPARATOR = re.compile(rb"\n---[^\n]*\n")


class Dialect(NamedTuple):
    """How plain scalars are read, and whether a second value for a key is an error or wins, as in Kustomize."""

    scalar: Callable[[str], Any]
    scalar_in_flow: Callable[[str], Any]
    """The same inside braces or brackets."""
    unique_keys: bool


RESOURCES = Dialect(resource_scalar, resource_scalar_in_flow, unique_keys=True)
CONFIG = Dialect(config_scalar, config_scalar, unique_keys=False)


def load(data: bytes, path: str, dialect: Dialect) -> tuple[list[Document], list[Diagnostic]]:
    """Every document of a file. A broken document yields a finding, the others are still there.

    Empty documents (nothing, only comments, `null`) are left out.
    """
    reader = _Reader(path, dialect)
    try:
        reader.read(data)
        return reader.documents, reader.diagnostics
    except (YAMLError, _Limit):
        return _load_one_by_one(data, path, dialect)


def _load_one_by_one(data: bytes, path: str, dialect: Dialect) -> tuple[list[Document], list[Diagnostic]]:
    """The slow way, for a file with a broken document: each chunk between `---` lines on its own, as Kustomize does."""
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for first_line, chunk in split(data):
        reader = _Reader(path, dialect, first_line)
        try:
            reader.read(chunk)
        except YAMLError as error:
            if reader.documents and "document start" in str(error):
                mark = error.problem_mark  # type: ignore[attr-defined]  # a ParserError has it
                diagnostics.append(_ignored_rest(path, first_line + mark.line))
            else:
                diagnostics.append(_syntax_error(reader, error, chunk))
                reader.documents.clear()
        except _Limit as limit:
            diagnostics.append(limit.diagnostic)
            reader.documents.clear()
        documents += reader.documents[:1]
        diagnostics += reader.diagnostics
    return documents, diagnostics


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The chunks between `---` lines, each with the number of the line (from 0) that it starts on."""
    start = line = 0
    for match in _SEPARATOR.finditer(data):
        yield line, data[start : match.start() + 1]
        line += data.count(b"\n", start, match.end())
        start = match.end()
    yield line, data[start:]


class _Limit(Exception):  # noqa: N818  # not an error of the program
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


_MERGE = "<" + "<"
"""The key of a `<<: *base` line. Told by identity: a quoted "<<" is a key like any other."""

_YES_AND_NO = ("true", "yes", "on", "y", "false", "no", "off", "n", "null")
_ODD_KEYS = frozenset(("<<", "~", *(f(word) for word in _YES_AND_NO for f in (str.lower, str.upper, str.capitalize))))
"""Keys that may be no text where no quotes are around them; and so may those that start with `:` or less."""


class _Open:
    """A container that is still being read."""

    __slots__ = ("anchor", "flow", "key", "merges", "size", "tree")

    def __init__(self, tree: Any, anchor: str | None, flow: bool) -> None:
        self.tree = tree
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None
        self.merges: list[Any] = []
        self.size = 1


class _Reader:
    """The events of one text, read into documents."""

    def __init__(self, path: str, dialect: Dialect, first_line: int = 0) -> None:
        self.path = path
        self.dialect = dialect
        self.first_line = first_line
        self.data = b""
        self.started = 0
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self._reset(0, False)

    def _reset(self, line: int, ignored: bool) -> None:
        self.line = self.first_line + line
        self.ignored = ignored
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0
        self.spelled: dict[Pointer, str] = {}
        self.plain_keys: set[Pointer] = set()
        self.folded = False
        self.root: Any = None

    def read(self, data: bytes) -> None:
        """Raises YAMLError at the first place that is not YAML, and _Limit."""
        self.data = data
        next_event = CParser(data).get_event
        scalar = self.dialect.scalar
        top: _Open | None = None
        while True:
            event: Any = next_event()
            kind = event.__class__
            if kind is ScalarEvent:
                text = event.value
                if top is not None and top.key is None and top.tree.__class__ is dict:
                    if text < ":" or text in _ODD_KEYS or text in top.tree or event.anchor is not None:
                        self._odd_key(top, event)
                    else:
                        top.key = text
                        top.size += 1
                    continue
                if event.tag is not None:
                    value = tagged_scalar(event.tag, text)
                elif event.implicit[0]:
                    if top is not None and top.flow:
                        value = self._in_flow(text)
                    else:
                        value = scalar(text)
                        if value.__class__ is not str or text != value:
                            self._spell(text, value)
                else:
                    value = text
                    if event.style == ">":
                        self.folded = True
                if event.anchor is not None:
                    self.anchors[event.anchor] = (value, 1)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                top = _Open({} if kind is MappingStartEvent else [], event.anchor, event.flow_style)
                self.stack.append(top)
                if top.anchor is not None:
                    self.anchors[top.anchor] = (top, 1)
                if len(self.stack) > MAX_DEPTH:
                    raise _Limit(self._too_deep(event))
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                closed = self.stack.pop()
                value = _merged(closed) if closed.merges else closed.tree
                if closed.anchor is not None and self.anchors[closed.anchor][0] is closed:
                    self.anchors[closed.anchor] = (value, closed.size)
                top = self.stack[-1] if self.stack else None
                if top is not None:
                    top.size += closed.size
            elif kind is AliasEvent:
                value = self._alias(top, event)
            elif kind is DocumentEndEvent:
                self._end_document()
                top = None
                continue
            elif kind is DocumentStartEvent:
                self._start_document(event)
                continue
            elif kind is StreamEndEvent:
                return
            else:
                continue
            if top is None:
                self.root = value
            elif top.tree.__class__ is list:
                top.tree.append(value)
                top.size += 1
            elif top.key is None:
                raise _Limit(self._complex_key(event))
            else:
                if top.key is _MERGE:
                    top.merges += value if value.__class__ is list else [value]
                else:
                    top.tree[top.key] = value
                top.key = None

    def _odd_key(self, top: _Open, event: Any) -> None:
        """A key that merges, that is no text, that is there already, or that has an anchor."""
        text = event.value
        if text == "<<" and event.implicit[0]:
            top.key = _MERGE
        else:
            if event.implicit[0]:
                text = self._plain_key(text)
            if text in top.tree:
                self.diagnostics.append(self._duplicate(top, text, event))
            top.key = text
        top.size += 1
        if event.anchor is not None:
            self.anchors[event.anchor] = (text, 1)

    def _plain_key(self, text: str) -> str:
        """A key without quotes. Of a configuration it is made text at once, but for the names of its fields; that of an
        object stays what it is until Kustomize has written the object.
        """
        if not self.dialect.unique_keys:
            return config_key(text) if len(self.stack) > 1 else text
        if resource_scalar(text) != text:
            self.plain_keys.add((*self._here()[:-1], text))
        return text

    def _alias(self, top: _Open | None, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise _Limit(
                self._at(event, "PS103", f"the alias *{event.anchor} has no anchor before it in this document")
            )
        value, size = self.anchors[event.anchor]
        if value.__class__ is _Open:
            raise _Limit(self._at(event, "PS103", f"the alias *{event.anchor} stands inside of what it means"))
        self.aliased += size
        if top is not None:
            top.size += size
        if self.aliased > MAX_ALIASED:
            raise _Limit(self._too_aliased(event))
        return value

    def _in_flow(self, text: str) -> Any:
        """A plain scalar in braces or brackets. Nothing, and a time of day, are something else outside of them."""
        value = self.dialect.scalar_in_flow(text)
        if value.__class__ is not str or text != value:
            self._spell(text or BLANK_IN_FLOW, value)
        elif ":" in text and self.dialect.scalar(text) != text:
            self.spelled[self._here()] = text
        return value

    def _spell(self, text: str, value: Any) -> None:
        """Keep the text of a scalar that its value cannot give back."""
        if text not in ("null", "true", "false") and (text != str(value) or value.__class__ is bool):
            self.spelled[self._here()] = text

    def _here(self) -> Pointer:
        return tuple(o.key or "" if o.tree.__class__ is dict else len(o.tree) for o in self.stack)

    def _start_document(self, event: Any) -> None:
        self.started += 1
        if self.started > MAX_DOCUMENTS:
            raise _Limit(self._too_many(event))
        ignored = self.started > 1 and not event.explicit
        if ignored:
            self.diagnostics.append(_ignored_rest(self.path, self.first_line + event.start_mark.line))
        self._reset(event.start_mark.line, ignored)

    def _end_document(self) -> None:
        if self.root is not None and not self.ignored:
            origin = Origin(self.path, self.line)
            self.documents.append(Document(origin, self.root, self.spelled, frozenset(self.plain_keys), self.folded))

    def _at(self, event: Any, code: str, message: str, hint: str = "") -> Diagnostic:
        mark = event.start_mark
        return Diagnostic(
            code, "error", message, Pos(self.path, self.first_line + mark.line + 1, mark.column + 1), hint=hint
        )

    def _duplicate(self, top: _Open, key: str, event: Any) -> Diagnostic:
        found = self._at(event, "PS104", f"the key {key!r} stands twice in this mapping")
        first = self._first((*self._here()[:-1], key))
        if self.dialect.unique_keys:
            return found._replace(notes=((first, "first here"),), hint="keep one of the two")
        return found._replace(
            severity="warning", notes=((first, "the value here is lost"),), hint="the last one wins: remove the other"
        )

    def _first(self, at: Pointer) -> Pos | Origin:
        """Where a key stands first: the document is read again, so not for many keys and not in a large file."""
        if len(self.diagnostics) < MAX_REREADS and len(self.data) < MAX_REREAD_BYTES:
            from penstock.parse.locate import first_position

            line, column = first_position(self.data, self.line - self.first_line, at)
            return Pos(self.path, self.first_line + line + 1, column + 1)
        return Origin(self.path, self.line, at[:-1])

    def _too_deep(self, event: Any) -> Diagnostic:
        return self._at(event, "PS105", f"nesting goes deeper than {MAX_DEPTH} levels")

    def _too_many(self, event: Any) -> Diagnostic:
        return self._at(event, "PS105", f"there are more than {MAX_DOCUMENTS:,} documents in this file")

    def _too_aliased(self, event: Any) -> Diagnostic:
        message = f"aliases expand this document by more than {MAX_ALIASED:,} nodes"
        return self._at(event, "PS105", message, "this is how an alias bomb looks; write the values out")

    def _complex_key(self, event: Any) -> Diagnostic:
        return self._at(event, "PS103", "a mapping or sequence stands where a key must be", "keys are plain text")


def _merged(closed: _Open) -> Any:
    """A mapping with its `<<` merge keys: its own keys win, then the earlier of the merged mappings."""
    tree: dict[str, Any] = {}
    for merge in reversed(closed.merges):
        if merge.__class__ is dict:
            tree.update(merge)
    tree.update(closed.tree)
    return tree


def _syntax_error(reader: _Reader, error: YAMLError, chunk: bytes) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line if mark is not None else _line_of(error, chunk)
    column = mark.column + 1 if mark is not None else 0
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context = getattr(error, "context", None)
    message = f"{context}, {problem}" if context and context != problem else str(problem)
    where = Pos(reader.path, reader.first_line + line + 1, column)
    if "nesting depth" in message:
        return Diagnostic("PS105", "error", f"nesting goes deeper than {MAX_DEPTH} levels", where)
    return Diagnostic("PS103", "error", f"not valid YAML: {message}", where, hint=_advice(chunk, line, message))


def _line_of(error: YAMLError, chunk: bytes) -> int:
    position = getattr(error, "position", None)
    return chunk.count(b"\n", 0, position) if isinstance(position, int) else 0


def _advice(chunk: bytes, line: int, message: str) -> str:
    lines = chunk.split(b"\n", line + 1)
    text = lines[line] if line < len(lines) else b""
    if b"\t" in text[: len(text) - len(text.lstrip())]:
        return "YAML is indented with spaces; this line has a tab"
    if "mapping values are not allowed" in message:
        return "quote the value, or check the indentation of this line"
    if "invalid" in message and ("UTF-8" in message or "byte" in message):
        return "save the file as UTF-8"
    if "block mapping" in message or "block collection" in message:
        return "check the indentation of this line against the lines above"
    return ""


def _ignored_rest(path: str, line: int) -> Diagnostic:
    message = "what follows is ignored: a second value in one document"
    return Diagnostic(
        "PS106", "warning", message, Pos(path, line + 1, 1), hint="put a line with --- between two objects"
    )
