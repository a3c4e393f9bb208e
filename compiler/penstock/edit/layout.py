"""A YAML text as nodes that know their offsets. Only the first document is read, aliases are not followed, and no value
is interpreted.
"""

import re
from typing import Any, Literal

from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the libyaml parser without PyYAML's resolver
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from penstock.records import NamedTuple

_COLON = re.compile(r"\s*:")
_DASH = re.compile(r"(?:[&!]\S*+[ \t]++)*+(?:[&!]\S*+)?(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+[ \t]*+(-)")


class Node(NamedTuple):
    """A value and its offsets in the text, without the comments and blanks around it. `parts` are its entries."""

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    text: str = ""
    """The value of a scalar, the anchor's name of an alias."""
    style: str | None = None
    flow: bool = False
    anchor: str | None = None
    parts: tuple["Part", ...] = ()


class Part(NamedTuple):
    """An entry of a collection. It starts with its key or its dash, and `after` is just behind the colon or the dash.

    An entry of a list in brackets has neither: both its start and `after` are the start of its value.
    """

    start: int
    after: int
    end: int
    value: Node
    key: Node | None = None


class Layout(NamedTuple):
    """The nodes of a text. `root` is None where there is no document, and `end` is the end of the first document."""

    text: str
    root: Node | None
    end: int
    anchors: dict[str, Node]

    def line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, before its line break."""
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[offset:end].endswith("\r") else end

    def next_line(self, offset: int) -> int:
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    def opens_line(self, offset: int) -> bool:
        return not self.text[self.line_start(offset) : offset].strip()


class _Open:
    """A collection that is still being read."""

    __slots__ = ("event", "key", "parts")

    def __init__(self, event: Any) -> None:
        self.event = event
        self.key: Node | None = None
        self.parts: list[Part] = []


def read_layout(text: str) -> Layout:
    """Return the layout of the first document of a text without a byte order mark. Raises `YAMLError` where the text is
    not YAML.
    """
    next_event = CParser(text).get_event
    stack: list[_Open] = []
    anchors: dict[str, Node] = {}
    root: Node | None = None
    while True:
        event: Any = next_event()
        kind = event.__class__
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            stack.append(_Open(event))
            continue
        if kind is ScalarEvent or kind is AliasEvent:
            node = _leaf(event, text)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            node = _collection(stack.pop(), event)
        elif kind is DocumentEndEvent or kind is StreamEndEvent:
            return Layout(text, root, event.start_mark.index, anchors)
        else:
            continue
        if node.anchor is not None:
            anchors[node.anchor] = node
        if not stack:
            root = node
        else:
            _attach(stack[-1], node, text)


def _leaf(event: Any, text: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if event.__class__ is AliasEvent:
        return Node("alias", start, end, str(event.anchor))
    if event.style in ("|", ">"):
        end = start + len(_block(text[start:end]))
    return Node("scalar", start, end, event.value, event.style, anchor=event.anchor)


def _block(text: str) -> str:
    """Return a block without the blank lines behind it, if they are not part of its value (`|+`)."""
    header = text.partition("\n")[0].partition("#")[0]
    return text.removesuffix("\n").removesuffix("\r") if "+" in header else text.rstrip()


def _collection(opened: _Open, end_event: Any) -> Node:
    event = opened.event
    flow = bool(event.flow_style)
    start, end = event.start_mark.index, end_event.end_mark.index
    if not flow:  # libyaml ends a block where the next token starts, behind comments
        end = opened.parts[-1].end if opened.parts else start
    kind: Any = "mapping" if event.__class__ is MappingStartEvent else "sequence"
    return Node(kind, start, end, flow=flow, anchor=event.anchor, parts=tuple(opened.parts))


def _attach(opened: _Open, node: Node, text: str) -> None:
    if opened.event.__class__ is SequenceStartEvent:
        opened.parts.append(_item(opened, node, text))
    elif opened.key is None:
        opened.key = node
    else:
        colon = _COLON.match(text, opened.key.end)
        after = colon.end() if colon else opened.key.end
        opened.parts.append(Part(opened.key.start, after, max(node.end, after), node, opened.key))
        opened.key = None


def _item(opened: _Open, node: Node, text: str) -> Part:
    if opened.event.flow_style:
        return Part(node.start, node.start, node.end, node)
    behind = opened.parts[-1].end if opened.parts else opened.event.start_mark.index
    dash = _DASH.match(text, behind)
    start = dash.start(1) if dash else node.start
    return Part(start, start + 1, max(node.end, start + 1), node)
