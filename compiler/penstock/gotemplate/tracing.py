"""Which place of a template has written which piece of the output, and which values it has read.

A template that is executed with a trace gives `Chunk`s in place of text. `lines` maps the output's lines to them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from penstock.gotemplate.nodes import Place
from penstock.gotemplate.values import Value
from penstock.records import NamedTuple

Read = tuple[int, str | int]
"""The identity of a map or list, and the key or index that was read. `Trace.maps` keeps the maps themselves."""


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

    def again(self, reads: tuple[Read, ...]) -> None:
        """The action under way uses what was read before, for a variable."""
        self._current.reads += reads

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


MOST_READS = 1_000
"""Reads that are kept for one line."""


def lines(chunks: Sequence[Chunk]) -> list[Line]:
    """The lines of an output, each with the innermost place that is known to have written it.

    The place of a line is that of the first piece with more than space on it. Where a template was included and then
    changed (indented, say), its lines are found again by their text, in their order.
    """
    found: list[Line] = []
    line = _OpenLine()
    for piece, place, reads in _pieces(chunks):
        line.add(piece, place, reads)
        if piece.endswith("\n"):
            found.append(line.closed())
            line = _OpenLine()
    return [*found, line.closed()] if line.place is not None else found


class _OpenLine:
    """A line whose end has not come yet."""

    __slots__ = ("is_blank", "pieces", "place", "reads")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.place: Place | None = None
        self.is_blank = True
        self.reads: tuple[Read, ...] = ()

    def add(self, piece: str, place: Place, reads: tuple[Read, ...]) -> None:
        self.pieces.append(piece)
        is_first_text = self.is_blank and bool(piece.strip())
        if self.place is None or is_first_text:
            self.place = place
        self.is_blank = self.is_blank and not is_first_text
        if piece != "\n" or self.is_blank:  # a block that begins with a line break has written nothing on this line
            self.reads = _together(self.reads, reads)

    def closed(self) -> Line:
        assert self.place is not None
        return Line("".join(self.pieces).removesuffix("\n"), self.place, self.reads)


def _together(one: tuple[Read, ...], two: tuple[Read, ...]) -> tuple[Read, ...]:
    """The reads of two pieces, without a copy where one has none."""
    if not one or not two:
        return one or two
    return one + two[: max(MOST_READS - len(one), 0)]


def _pieces(chunks: Sequence[Chunk]) -> Iterator[tuple[str, Place, tuple[Read, ...]]]:
    """The output in pieces that each end with a line or a chunk."""
    for chunk in chunks:
        inner = _Inner(chunk)
        is_text = not chunk.reads and not chunk.inner
        for offset, piece in enumerate(_split(chunk.text)):
            line = inner.next(piece)
            if line is not None:
                yield piece, line.place, _together(chunk.reads, line.reads)
            elif is_text and offset:
                yield piece, chunk.place._replace(offset=offset), ()
            else:
                yield piece, chunk.place, chunk.reads


def _split(text: str) -> Iterator[str]:
    """A text in lines with their ends."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end


class _Inner:
    """The lines that templates inside of an action have given to it, to be found again by their text."""

    def __init__(self, chunk: Chunk) -> None:
        self.lines = [line for part in chunk.inner for line in lines(part)]
        self.at = 0
        self.by_text: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines):
            self.by_text.setdefault(line.text.strip(), []).append(number)

    def next(self, piece: str) -> Line | None:
        """The first of the lines with the text of a piece that comes after those that were found before."""
        wanted = piece.strip()
        numbers = self.by_text.get(wanted, ()) if wanted else ()
        place = bisect_left(numbers, self.at)
        if place == len(numbers):
            return None
        self.at = numbers[place] + 1
        return self.lines[numbers[place]]
