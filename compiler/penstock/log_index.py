"""Indexes of write logs. Some objects have as many entries as values, and each value would be looked for in all of
them.
"""

from bisect import bisect_left

from penstock.model import Log, Pointer
from penstock.typed import Any


class LogIndex:
    """The entries of a write log by the places that they are about.

    Entries have numbers from the oldest on, so an index grows with its log, and numbers stay what they are. A new index
    has no entries yet: `of` reads the log.
    """

    __slots__ = ("_above", "_at", "_below", "_entries", "_numbers", "found", "newest")

    def __init__(self, log: Log | None) -> None:
        self.newest = log
        self._entries: list[Any] = []
        self._numbers: dict[int, int] = {}
        """The number of each entry by its `id`, as an entry contains all before it and takes long to compare."""
        self._at: dict[Pointer, list[int]] = {}
        """The numbers of the entries about each place."""
        self._below: dict[Pointer, list[int]] = {}
        """The numbers of the entries about something inside of each place."""
        self._above = 0
        """How many of the entries are in `_below`, which few objects need."""
        self.found: dict[tuple[int, Pointer], tuple[Any, Pointer]] = {}
        """The last writer of a place, and the way on from there, by the newest entry that covers the place."""

    def of(self, log: Log | None) -> "LogIndex":
        """Return an index of a log: this one, with the entries that are new, or another one where the log does not go
        on from that of this one.
        """
        if log is self.newest and self._entries:
            return self
        entries: list[Any] = []
        known = self.newest if self._entries else None
        entry: Any = log
        while entry is not None and entry is not known:
            entries.append(entry)
            entry = entry[0]
        index = self if entry is known else LogIndex(log)
        index.newest = log
        for entry in reversed(entries):
            index._numbers[id(entry)] = len(index._entries)
            index._at.setdefault(entry[1], []).append(len(index._entries))
            index._entries.append(entry)
        return index

    def __len__(self) -> int:
        return len(self._entries)

    def covering(self, at: Pointer, number: int) -> int:
        """Return the number of the newest entry before a number that covers a place; -1 where there is none."""
        found = -1
        for depth in range(len(at) + 1):
            found = max(found, _last(self._at.get(at[:depth], ()), number))
        return found

    def inside(self, at: Pointer, number: int) -> int:
        """Return the number of the newest entry before a number about something inside of a place; -1 where there is
        none.
        """
        for new in range(self._above, len(self._entries)):
            place = self._entries[new][1]
            for depth in range(len(place)):
                self._below.setdefault(place[:depth], []).append(new)
        self._above = len(self._entries)
        return _last(self._below.get(at, ()), number)

    def entry(self, number: int) -> Any:
        return self._entries[number]

    def number_of(self, earlier: Any) -> int:
        """Return the number of the newest entry of an earlier log; -1 for what is none."""
        return self._numbers.get(id(earlier), -1)


def _last(numbers: Any, number: int) -> int:
    position = bisect_left(numbers, number)
    return numbers[position - 1] if position else -1
