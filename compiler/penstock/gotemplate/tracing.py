"""Which place of a template has written which piece of the output, and which values it has read.

A template that is executed with a trace gives `Chunk`s in place of text. `lines` maps the output's lines to them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from penstock.gotemplate.nodes import Place
from penstock.gotemplate.values import Value

Read = tuple[int, str]
"""The identity of a map, and the key that was read. `Trace.maps` keeps the maps themselves."""


class Chunk(NamedTuple):
    """A piece of output that one action, or the text between two, has written."""

    text: str
    place: Place
    reads: tuple[Read, ...]
    """What the action has looked at, but for what templates inside of it have."""
    inner: tuple[tuple["Chunk", ...], ...]
    """What `include` and `tpl` have given to the action, in their order; functions may have changed the text since."""


class _Action:
    """An action under way."""

    __slots__ = ("inner", "reads")

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.inner: list[tuple[Chunk, ...]] = []


class Trace:
    """What an execution has looked at so far."""

    def __init__(self) -> None:
        self.maps: dict[int, dict[str, Value]] = {}
        self.reads: set[Read] = set()
        """All reads, those of conditions and loops among them."""
        self._current = _Action()

    def read(self, container: dict[str, Value], key: str) -> None:
        self.maps[id(container)] = container
        self.reads.add((id(container), key))
        self._current.reads.append((id(container), key))

    def included(self, chunks: list[Chunk]) -> None:
        """A template has been executed for the action under way."""
        self._current.inner.append(tuple(chunks))

    @contextmanager
    def action(self) -> Iterator[_Action]:
        kept = self._current
        self._current = _Action()
        try:
            yield self._current
        finally:
            self._current = kept


class Line(NamedTuple):
    """A line of the output: its text, the place that wrote it, and what was read for it."""

    text: str
    place: Place
    reads: tuple[Read, ...]


def lines(chunks: list[Chunk]) -> list[Line]:
    """The lines of an output, each with the innermost place that is known to have written it.

    The place of a line is that of the first piece with more than space on it. Where a template was included and then
    changed (indented, say), its lines are found again by their text, in their order.
    """
    found: list[Line] = []
    text = ""
    place: Place | None = None
    reads: tuple[Read, ...] = ()
    for piece, at, read in _pieces(chunks):
        text += piece
        if place is None or (piece.strip() and not text[: -len(piece)].strip()):
            place = at
        reads += read
        if piece.endswith("\n"):
            found.append(Line(text[:-1], place, reads))
            text, place, reads = "", None, ()
    if text and place is not None:
        found.append(Line(text, place, reads))
    return found


def _pieces(chunks: list[Chunk]) -> Iterator[tuple[str, Place, tuple[Read, ...]]]:
    """The output in pieces that each end with a line or a chunk."""
    for chunk in chunks:
        inner = [line for part in chunk.inner for line in lines(list(part))]
        number = 0
        start = chunk.place.line
        for offset, piece in enumerate(chunk.text.splitlines(keepends=True)):
            at = _next(inner, number, piece)
            if at is not None:
                number = at + 1
                yield piece, inner[at].place, chunk.reads + inner[at].reads
            elif chunk.reads or chunk.inner:
                yield piece, chunk.place, chunk.reads
            else:
                yield piece, _lower(chunk, offset, start), ()


def _next(inner: list[Line], number: int, piece: str) -> int | None:
    """The next of the lines with the text of a piece."""
    wanted = piece.strip()
    if not wanted:
        return None
    return next((at for at in range(number, len(inner)) if inner[at].text.strip() == wanted), None)


def _lower(chunk: Chunk, offset: int, start: int) -> Place:
    """The place of a line of text, some lines below the start of it."""
    return chunk.place if not offset else chunk.place._replace(offset=offset)
