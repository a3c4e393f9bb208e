"""Traces which place of a template wrote which piece of the output, and which values it read.

The execution of a template with a trace gives `Chunk`s instead of text. `lines` maps the lines of the output to them.
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
    """A piece of output, written by one action or by the text between two actions."""

    text: str
    place: Place
    reads: tuple[Read, ...]
    """The reads of the action, without those of templates that it executed."""
    inner: tuple[tuple["Chunk", ...], ...]
    """The results of `include` and `tpl` in the action, in their order. Functions may have changed their text
    afterwards.
    """


class _Action:
    """An action that is being executed."""

    __slots__ = ("inner", "reads")

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.inner: list[tuple[Chunk, ...]] = []


class Trace:
    """The values that an execution has read so far."""

    def __init__(self) -> None:
        self.maps: dict[int, dict[str, Value]] = {}
        self.reads: set[Read] = set()
        """All reads, including those of conditions and loops."""
        self._current = _Action()

    def read(self, container: dict[str, Value], key: str) -> None:
        self.maps[id(container)] = container
        self.reads.add((id(container), key))
        self._current.reads.append((id(container), key))

    def again(self, reads: tuple[Read, ...]) -> None:
        """Add what was read earlier for a variable to the reads of the current action."""
        self._current.reads += reads

    def included(self, chunks: list[Chunk]) -> None:
        """Record the output of a template that was executed for the current action."""
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
    """A line of the output: its text, the place that wrote it, and what was read to write it."""

    text: str
    place: Place
    reads: tuple[Read, ...]


MOST_READS = 1_000
"""The most reads that are kept for one line."""


def lines(chunks: Sequence[Chunk]) -> list[Line]:
    """Return the lines of an output, each with the innermost known place that wrote it.

    The place of a line is that of its first piece that is not only space. Where the output of an included template was
    changed afterwards (indented, say), its lines are recognized by their text, in their order.
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
    """A line that has not ended yet."""

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
        if piece != "\n" or self.is_blank:  # a block that begins with a line break wrote nothing on this line
            self.reads = _together(self.reads, reads)

    def closed(self) -> Line:
        assert self.place is not None
        return Line("".join(self.pieces).removesuffix("\n"), self.place, self.reads)


def _together(one: tuple[Read, ...], two: tuple[Read, ...]) -> tuple[Read, ...]:
    """Return the reads of two pieces, without copying where one has none."""
    if not one or not two:
        return one or two
    return one + two[: max(MOST_READS - len(one), 0)]


def _pieces(chunks: Sequence[Chunk]) -> Iterator[tuple[str, Place, tuple[Read, ...]]]:
    """Yield the output in pieces, each of which ends where a line or a chunk ends, with its place and reads."""
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
    """Yield the lines of a text, each with its line break."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end


class _Inner:
    """The lines that an action got from the templates it executed, for recognizing them by their text."""

    def __init__(self, chunk: Chunk) -> None:
        self.lines = [line for part in chunk.inner for line in lines(part)]
        self.at = 0
        self.by_text: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines):
            self.by_text.setdefault(line.text.strip(), []).append(number)

    def next(self, piece: str) -> Line | None:
        """Return the next line with the text of a piece, after those found before, or None where there is none."""
        wanted = piece.strip()
        numbers = self.by_text.get(wanted, ()) if wanted else ()
        place = bisect_left(numbers, self.at)
        if place == len(numbers):
            return None
        self.at = numbers[place] + 1
        return self.lines[numbers[place]]
