"""Traces which place of a template wrote which piece of the output, and which values it read.

The execution of a template with a trace gives `Chunk`s instead of text. `lines` maps the lines of the output to them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice

from penstock.gotemplate.nodes import TPL, Place
from penstock.gotemplate.values import Value
from penstock.records import NamedTuple

Read = tuple[int, str | int]
"""The identity of a map or list, and the key or index that was read. `Trace.maps` keeps the maps themselves."""

Noted = tuple[int, str | int | None]
"""A read; without a key, that of a map as a whole which a template has made."""

Entry = tuple[tuple[str | int, ...], Read]
"""The way to an entry in a map that a template has made, and the read that gave its value."""


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
    entries: tuple[Entry, ...] = ()
    """The entries of maps that templates have made and that the action has read as a whole."""


class _Action:
    """An action that is being executed."""

    __slots__ = ("inner", "newest", "reads")

    def __init__(self) -> None:
        self.reads: list[Noted] = []
        self.inner: list[tuple[Chunk, ...]] = []
        self.newest = _NOTHING
        """The map that was read at last, and between which places in `reads` that is noted."""

    def every(self) -> tuple[Noted, ...]:
        """Return the reads of the action and of the templates that it has executed."""
        return (*self.reads, *islice(_reads_of(self.inner), MOST_READS)) if self.inner else tuple(self.reads)

    def kept(self) -> tuple[Noted, ...]:
        """Return the reads to keep for a value that may be read again."""
        return to_keep(self.every())


def to_keep(reads: tuple[Noted, ...]) -> tuple[Noted, ...]:
    """Return each read once, and not too many. A loop that makes a value of itself would double its reads each time."""
    return reads if len(reads) < 2 else tuple(islice(dict.fromkeys(reads), MOST_KEPT))


_NOTHING = (0, 0, 0)


def _reads_of(executed: Sequence[tuple[Chunk, ...]]) -> Iterator[Read]:
    """Yield the reads of templates that were executed, and of those that they have executed."""
    waiting = list(executed)
    while waiting:
        for chunk in waiting.pop():
            yield from chunk.reads
            yield from (read for _, read in chunk.entries)
            waiting += chunk.inner


class Trace:
    """The values that an execution has read so far."""

    def __init__(self) -> None:
        self.maps: dict[int, dict[str, Value]] = {}
        self.reads: set[Read] = set()
        """All reads, including those of conditions and loops."""
        self.given: dict[Read, tuple[Noted, ...]] = {}
        """What was read for the entries that templates have put into maps."""
        self._puts = 0
        self._kept: list[Value] = []
        """What must not make room for others with the same identity."""
        self._current = _Action()

    def read(self, container: dict[str, Value], key: str) -> None:
        """Record the read of an entry, in place of that of its map, which was read for nothing else."""
        self.maps[id(container)] = container
        self.reads.add((id(container), key))
        self.left(container)
        self._note(container.get(key), self.origins((id(container), key)))

    def whole(self, made: dict[str, Value]) -> None:
        """Record that the current action has got a map that a template has made."""
        self.maps[id(made)] = made
        self._note(made, ((id(made), None),))

    def left(self, container: Value) -> None:
        """Forget the newest read if it was that of a map, of which not all was wanted."""
        table, start, end = self._current.newest
        if table == id(container) and end == len(self._current.reads):
            del self._current.reads[start:]

    def _note(self, value: Value, reads: tuple[Noted, ...]) -> None:
        start = len(self._current.reads)
        self._current.reads += reads
        self._current.newest = (id(value), start, start + len(reads)) if isinstance(value, dict) else _NOTHING

    def put(self, container: dict[str, Value] | list[Value], key: str | int, reads: tuple[Noted, ...]) -> None:
        """Record what was read for an entry of a map or list."""
        if isinstance(container, dict):
            self.maps[id(container)] = container
        elif not key:
            self._kept.append(container)
        self.given[id(container), key] = to_keep(reads)
        self._puts += 1

    @property
    def is_full(self) -> bool:
        """Whether so much is known of entries that no more is recorded: they are then from all that their map is."""
        return self._puts >= MOST_ENTRIES

    def origins(self, read: Read) -> tuple[Noted, ...]:
        """Return the reads that gave an entry."""
        return self.given.get(read, (read,))

    def settled(self, reads: Sequence[Noted]) -> tuple[tuple[Read, ...], tuple[Entry, ...]]:
        """Return the reads of single values, and the entries of maps that were read as a whole."""
        plain = tuple((table, key) for table, key in reads if key is not None)
        made = [entry for table, key in reads if key is None for entry in self._entries(table)]
        return plain, tuple(made)

    def _entries(self, table: int) -> list[Entry]:
        """Return the entries of a map that a template has made, with those of such maps in it."""
        found: list[Entry] = []
        open_: list[tuple[tuple[str | int, ...], Noted]] = [((), (table, None))]
        for way, (inner, key) in open_:
            if key is not None:
                found.append((way, (inner, key)))
            elif len(way) < MOST_LEVELS and len(open_) < MOST_READS:
                steps = self.maps[inner]
                open_ += [((*way, step), read) for step in steps for read in self.given.get((inner, step), ())]
        return found

    def again(self, reads: tuple[Noted, ...]) -> None:
        """Add what was read earlier for a variable to the reads of the current action."""
        self._current.reads += reads

    def included(self, chunks: Iterable[Chunk]) -> None:
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


class Part(NamedTuple):
    """A part of a line of the output: the number of its characters, and what was read to write them."""

    length: int
    reads: tuple[Read, ...]
    entries: tuple[Entry, ...] = ()


class Line(NamedTuple):
    """A line of the output: its text, the place that wrote it, and the parts of the text."""

    text: str
    place: Place
    parts: tuple[Part, ...]


MOST_READS = 1_000
"""The most reads that are kept for one line."""

MOST_KEPT = 100
"""The most reads that are kept for a variable, or for one entry of a map."""

MOST_ENTRIES = 50_000
"""How often an entry of a map is recorded."""

MOST_LEVELS = 16
"""How deep the maps that templates make are looked at."""


def lines(chunks: Sequence[Chunk]) -> list[Line]:
    """Return the lines of an output, each with the innermost known place that wrote it.

    The place of a line is that of its first piece that is not only space. Where the output of an included template was
    changed afterwards (indented, say), its lines are recognized by their text, in their order. What is not recognized
    has read all that the included template has read.
    """
    found: list[Line] = []
    line = _OpenLine()
    for piece, place, parts in _pieces(chunks):
        line.add(piece, place, parts)
        if piece.endswith("\n"):
            found.append(line.closed())
            line = _OpenLine()
    return [*found, line.closed()] if line.place is not None else found


class _OpenLine:
    """A line that has not ended yet."""

    __slots__ = ("is_blank", "parts", "pieces", "place", "room")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.place: Place | None = None
        self.is_blank = True
        self.parts: list[Part] = []
        self.room = MOST_READS

    def add(self, piece: str, place: Place, parts: Sequence[Part]) -> None:
        self.pieces.append(piece)
        is_first_text = self.is_blank and bool(piece.strip())
        if self.place is None or is_first_text:
            self.place = place
        self.is_blank = self.is_blank and not is_first_text
        if piece != "\n" or self.is_blank:  # a block that begins with a line break wrote nothing on this line
            for part in parts:
                self.parts.append(part._replace(reads=part.reads[: self.room]))
                self.room -= len(self.parts[-1].reads)

    def closed(self) -> Line:
        assert self.place is not None
        return Line("".join(self.pieces).removesuffix("\n"), self.place, tuple(self.parts))


def _pieces(chunks: Sequence[Chunk]) -> Iterator[tuple[str, Place, Sequence[Part]]]:
    """Yield the output in pieces, each of which ends where a line or a chunk ends, with its place and parts."""
    for chunk in chunks:
        inner = _Inner(chunk)
        is_text = not chunk.reads and not chunk.inner and not chunk.entries
        for offset, piece in enumerate(_split(chunk.text)):
            line = inner.next(piece)
            if line is not None:
                place = chunk.place if line.place.name == TPL else line.place
                yield piece, place, _parts(chunk, line, piece)
            elif is_text and offset:
                yield piece, chunk.place._replace(offset=offset), (Part(len(piece), ()),)
            else:
                reads = chunk.reads + inner.reads if piece.strip() else chunk.reads
                yield piece, chunk.place, (Part(len(piece), reads, chunk.entries),)


def _parts(chunk: Chunk, line: Line, piece: str) -> list[Part]:
    """Return the parts of a line that an executed template has written, as an action has printed it: indented, say."""
    indent = _indent(piece) - _indent(line.text)
    parts = [part._replace(reads=chunk.reads + part.reads) for part in line.parts]
    return [Part(indent, ()), *parts] if indent > 0 else parts


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


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

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """All that the executed templates have read: for a text that functions have made of theirs, such as a hash."""
        every = (read for line in self.lines for part in line.parts for read in part.reads)
        return tuple(islice(dict.fromkeys(every), MOST_READS))

    def next(self, piece: str) -> Line | None:
        """Return the next line with the text of a piece, after those found before, or None where there is none."""
        wanted = piece.strip()
        numbers = self.by_text.get(wanted, ()) if wanted else ()
        place = bisect_left(numbers, self.at)
        if place == len(numbers):
            return None
        self.at = numbers[place] + 1
        return self.lines[numbers[place]]
