"""A file of values as Kustomize merges it with others.

Its merge walks over YAML nodes, of the first document alone. There a merge key is a field like any other, which merges
only when the result is read, and an alias is of a kind that it does not know.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Diagnostic, Document, LateKey, Origin, Pointer, ToMerge, Tree
from penstock.parse.document import CONFIG, RESOURCES, load
from penstock.parse.go_spelling import stand_in_for
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
from penstock.parse.merging import MERGE_TAG

_BOM = "\ufeff"


def to_merge(data: bytes, path: str, documents: list[Document]) -> tuple[ToMerge | None, list[Diagnostic]]:
    """Return the values of a file that could be read, and in which documents of resources were found.

    There are none in an empty file, which Kustomize refuses; a document that is null has the value None.
    """
    is_null = not documents or not load(data, path, CONFIG)[0]
    if is_null and _is_empty(data):
        message = "valuesInline cannot be merged with this file of values, in which there is nothing"
        hint = "write `{}` into it, or say `valuesMerge: replace`"
        return None, [Diagnostic("PS721", "error", message, Origin(path), hint=hint)]
    if is_null:
        return ToMerge(Document(Origin(path), None)), []
    document = documents[0]
    if b"*" not in data and b"<<" not in data:
        return ToMerge(document), []
    return _unfollowed(data, document), []


def _is_empty(data: bytes) -> bool:
    """Return whether a file has only comments, so that there is no document in it, not even a null."""
    lines = (line.strip() for line in data.decode(errors="replace").removeprefix(_BOM).splitlines())
    return all(not line or line.startswith(("#", "...")) for line in lines)


def _unfollowed(data: bytes, document: Document) -> ToMerge:
    """Return a document whose merge keys have not merged yet, without the values of aliases.

    The text is read again with a stand-in for each of them.
    """
    text = data.decode(errors="replace").removeprefix(_BOM)
    mark = stand_in_for(data)
    try:
        signs = list(_signs(text))
    except YAMLError:  # only go-yaml reads this text
        return ToMerge(document)
    pieces, done = [], 0
    for start, end, name in signs:
        pieces += [text[done:start], f'"{mark}{name}"']
        done = end
    again, _ = load("".join((*pieces, text[done:])).encode(), document.origin.path, RESOURCES)
    if not mark or not again:
        return ToMerge(document)
    aliases: list[Pointer] = []
    body = _taken_out(again[0].body, mark, (), aliases)
    return ToMerge(again[0]._replace(origin=document.origin, body=body, is_unsettled=True), tuple(aliases))


def _signs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield beginning and end of each alias that is the value of a key, and of each merge key, with the text `<<`.

    Elements of lists are left out: Kustomize takes a list as a whole.
    """
    next_event: Any = CParser(text.encode()).get_event
    here = _Here()
    while (event := next_event()).__class__ not in (DocumentEndEvent, StreamEndEvent):
        kind = event.__class__
        if kind is AliasEvent and here.awaits_value:
            yield event.start_mark.index, event.end_mark.index, ""
        elif kind is ScalarEvent and here.awaits_key and _merges(event):
            yield event.start_mark.index, event.end_mark.index, "<<"
        here.pass_over(kind)


_OPENING = (SequenceStartEvent, MappingStartEvent)
_CLOSING = (SequenceEndEvent, MappingEndEvent)
_BEGINNINGS = (ScalarEvent, AliasEvent, *_OPENING)
"""The events with which a node begins."""


class _Here:
    """Where the reader of a text stands: how many lists enclose it, and what the open mappings outside of lists wait
    for.
    """

    def __init__(self) -> None:
        self._lists = 0
        self._wants_key: list[bool] = []

    @property
    def awaits_key(self) -> bool:
        """Whether the next node is a key of a mapping outside of lists."""
        return not self._lists and bool(self._wants_key) and self._wants_key[-1]

    @property
    def awaits_value(self) -> bool:
        """Whether the next node is the value of a key of such a mapping."""
        return not self._lists and bool(self._wants_key) and not self._wants_key[-1]

    def pass_over(self, kind: type) -> None:
        """Go on behind an event of this kind."""
        if kind in _BEGINNINGS and not self._lists and self._wants_key:
            self._wants_key[-1] = not self._wants_key[-1]
        if self._lists or kind is SequenceStartEvent:
            self._lists += (kind in _OPENING) - (kind in _CLOSING)
        elif kind is MappingStartEvent:
            self._wants_key.append(True)
        elif kind is MappingEndEvent:
            self._wants_key.pop()


def _merges(event: Any) -> bool:
    return event.value == "<<" and not event.style and event.tag in (None, MERGE_TAG) and event.anchor is None


def _taken_out(tree: Tree, mark: str, at: Pointer, aliases: list[Pointer]) -> Tree:
    """Return a tree without the values for which `mark` stands, whose places are added to `aliases`."""
    found: Tree = {}
    for key, value in tree.items():
        name = LateKey("<<") if key == f"{mark}<<" else key
        if value == mark:
            aliases.append((*at, str(name)))
        else:
            found[name] = _taken_out(value, mark, (*at, str(name)), aliases) if value.__class__ is dict else value
    return found
