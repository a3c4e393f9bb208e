"""The words with which go-yaml v2 refuses a text: `fromYaml` gives them to templates, which may print them."""

import json
from collections.abc import Iterator
from math import inf, isfinite
from typing import Any

from penstock.parse.document import VALUES, load
from penstock.parse.libyaml import (
    AliasEvent,
    CParser,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from penstock.parse.reading.faults import MAX_DEPTH
from penstock.records import NamedTuple
from penstock.scalar import go_number


class _Trouble(Exception):  # noqa: N818  # what another program says
    """The words of go-yaml."""


class _Mapping(NamedTuple):
    """A mapping as a key or within one. Its keys may be mappings themselves."""

    items: list[tuple[Any, Any]]


class Judged(NamedTuple):
    """The words of go-yaml about the first document of a text, or an empty text where it has none or they are not
    known; and this document alone, where its end was found.
    """

    words: str
    first: bytes | None


def judged(data: bytes) -> Judged:
    """Return what go-yaml says of a text of which it reads the first document only."""
    first = None
    try:
        events = [*_first_document(data)]
        first = data.decode(errors="replace")[: events.pop().end_mark.index].encode()
        _Nodes(events).read()
    except _Trouble as trouble:
        return Judged(str(trouble), None)
    except YAMLError as error:
        return Judged(_of_libyaml(error), None)
    return Judged("", first)


def _of_libyaml(error: YAMLError) -> str:
    """Return the words for an error of libyaml, which go-yaml repeats without its context.

    go-yaml counts lines from 0, except where a token is wrong; it does not name line 0.
    """
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    if not problem:
        return ""
    line = _line(getattr(error, "problem_mark", None))
    if line and type(error).__name__ == "ScannerError":
        line += 1
    line = line or _line(getattr(error, "context_mark", None))
    return f"line {line}: {problem}" if line else str(problem)


def _line(mark: Any) -> int:
    return mark.line if mark is not None else 0


def _first_document(data: bytes) -> Iterator[Any]:
    """Yield the events of the nodes of the first document, and the event that ends it. Raises `_Trouble` for an alias
    without an anchor.
    """
    next_event: Any = CParser(data).get_event
    anchors = set()
    while (event := next_event()).__class__ not in (DocumentEndEvent, StreamEndEvent):
        if event.__class__ is AliasEvent and event.anchor not in anchors:
            raise _Trouble(f"unknown anchor '{event.anchor}' referenced")
        if event.__class__ in _NODES:
            anchors.add(event.anchor)
            yield event
        elif event.__class__ in _ENDS:
            yield event
    yield event


_ENDS = (MappingEndEvent, SequenceEndEvent)
_NODES = (AliasEvent, ScalarEvent, MappingStartEvent, SequenceStartEvent)


class _Nodes:
    """The nodes of a document, in the order in which go-yaml makes values of them.

    It reads all events before it makes a value, so that an error of the syntax comes before a key that is none.
    """

    def __init__(self, events: list[Any]) -> None:
        self._events = iter(events)
        self._open: list[str | None] = []
        """The anchors of the mappings and lists that are being read."""
        self._anchored: dict[str | None, Any] = {}

    def read(self) -> None:
        for event in self._events:
            self._node(event)

    def _node(self, event: Any) -> Any:
        if event.__class__ is AliasEvent:
            return self._aliased(event.anchor)
        made = _scalar(event) if event.__class__ is ScalarEvent else self._collection(event)
        if event.anchor is not None:
            self._anchored[event.anchor] = made
        return made

    def _aliased(self, anchor: str | None) -> Any:
        if anchor in self._open:
            raise _Trouble(f"anchor '{anchor}' value contains itself")
        return self._anchored.get(anchor)

    def _collection(self, event: Any) -> Any:
        if len(self._open) == MAX_DEPTH:
            raise _Trouble("")
        self._open.append(event.anchor)
        made = self._mapping() if event.__class__ is MappingStartEvent else self._sequence()
        self._open.pop()
        return made

    def _sequence(self) -> list[Any]:
        items = []
        while (event := next(self._events)).__class__ not in _ENDS:
            items.append(self._node(event))
        return items

    def _mapping(self) -> _Mapping:
        items = []
        while (event := next(self._events)).__class__ not in _ENDS:
            key = self._node(event)
            if isinstance(key, _Mapping | list):
                raise _Trouble(f"invalid map key: {_in_go(key)}")
            value = self._node(next(self._events))
            if _merges(event) and not _can_be_merged(value):
                raise _Trouble("map merge requires map or sequence of maps as the value")
            items.append((key, value))
        return _Mapping(items)


def _merges(event: Any) -> bool:
    return event.__class__ is ScalarEvent and event.value == "<<" and event.implicit[0]


def _can_be_merged(value: Any) -> bool:
    return all(isinstance(each, _Mapping) for each in (value if isinstance(value, list) else [value]))


_TAGS = {f"tag:yaml.org,2002:{name}": f"!!{name}" for name in ("bool", "float", "int", "null")}
"""The tags of which go-yaml reads the value as if it had none, and then compares; with their short names."""

_KINDS: dict[type, str] = {bool: "!!bool", float: "!!float", int: "!!int", type(None): "!!null"}


def _scalar(event: Any) -> Any:
    if not event.implicit[0] and event.tag not in _TAGS:
        return event.value
    documents, _ = load(event.value.encode(), "", VALUES)
    value = documents[0].body if documents else None
    tag, kind = _TAGS.get(event.tag), _KINDS.get(value.__class__, "!!str")
    if tag not in (None, kind) and (tag, kind) != ("!!float", "!!int"):
        raise _Trouble(f"cannot decode {kind} `{event.value}` as a {tag}")
    return event.value if kind == "!!str" else value


def _in_go(value: Any) -> str:
    """Return a value as `%#v` prints it."""
    if isinstance(value, _Mapping):
        items = {(key.__class__, key): item for key, item in value.items}
        if len({kind for kind, _ in items}) == 1:  # those of several types stand in an order that changes
            items = dict(sorted(items.items(), key=lambda item: item[0][1]))
        inner = ", ".join(f"{_in_go(key)}:{_in_go(item)}" for (_, key), item in items.items())
        return f"map[interface {{}}]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_in_go, value))}}}"
    if value is None:
        return "interface {}(nil)"
    if value.__class__ is float:
        return go_number(value) if isfinite(value) else {inf: "+Inf", -inf: "-Inf"}.get(value, "NaN")
    if value.__class__ is int and value >= 2**63:
        return hex(value)
    return json.dumps(value, ensure_ascii=False)
