"""The count of the keys and values of a file, which may have so many that they fill the memory.

Nearly no file has enough commas and lines for that, so nothing is counted in it.
"""

from collections.abc import Callable

from penstock.budget import MAX_VALUES
from penstock.model import Diagnostic, Pos
from penstock.parse.libyaml import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent
from penstock.parse.reading.faults import MAX_DIRECTIVES, MAX_DOCUMENTS, Beyond, Faults
from penstock.regex import regex
from penstock.typed import Any

_VALUES = (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)
_BEFORE_VALUES = (b"\n", b",", b"[", b"{", b":", b"- ", b"? ", b"\r", b"\x85", b"\xa8", b"\xa9")
"""Each value of a text stands behind one of these; the last ones are parts of line breaks that only YAML knows."""

MOST_BEHIND_ONE = 3
"""In `[? , ? ]`, a mapping, an empty key and an empty value."""

_DIRECTIVES = regex(rb"(?m)(?:^%%[^\n]*\n(?:[ \t\r]*(?:#[^\n]*)?\n)*){%d}(?=%%)" % MAX_DIRECTIVES)
_SEPARATOR = regex(rb"(?m)^---[ \t\r]*$")


class Tally:
    """The values of a file that may still be read, whatever the documents that they are in."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def counted(self, next_event: Callable[[], Any], faults: Faults) -> Callable[[], Any]:
        """Return a source of the same events that counts them. It raises Beyond at the first value too many."""

        def next_counted() -> Any:
            event = next_event()
            if event.__class__ in _VALUES:
                self.left -= 1
                if self.left < 0:
                    raise Beyond(faults.too_large(event, self.most))
            return event

        return next_counted


def tally_of(data: bytes, most: int = MAX_VALUES) -> Tally | None:
    """Return a tally for a text that may have too many values, or None."""
    places = sum(map(data.count, _BEFORE_VALUES))
    return Tally(most) if places * MOST_BEHIND_ONE > most else None


def refused_unread(data: bytes, path: str) -> Diagnostic | None:
    """Return the finding about a text that takes too long to split, or whose tags take too long to be read."""
    if data.count(b"\n---") > MAX_DOCUMENTS:
        for number, found in enumerate(_SEPARATOR.finditer(data)):
            if number == MAX_DOCUMENTS:
                return _too_many(data, found.start(), path, f"{MAX_DOCUMENTS:,} documents in this file")
    if data.count(b"\n%") >= MAX_DIRECTIVES:
        heads = _DIRECTIVES.search(data)
        if heads is not None:
            return _too_many(data, heads.end(), path, f"{MAX_DIRECTIVES:,} directives in this document")
    return None


def _too_many(data: bytes, at: int, path: str, what: str) -> Diagnostic:
    place = Pos(path, data.count(b"\n", 0, at) + 1, 1)
    return Diagnostic("PS105", "error", f"there are more than {what}", place)
