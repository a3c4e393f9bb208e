"""The entries of `targets:` in penstock.yaml, found by the paths that they match, however many there are."""

from collections.abc import Iterable, Iterator, Sequence

from penstock.parse.project_file.pattern import as_one_word
from penstock.parse.project_file.settings import TargetEntry
from penstock.patterns import PatternTable

Matched = tuple[TargetEntry, tuple[str, ...]]
"""An entry, and the text that each of its stars matched."""

_Numbered = tuple[int, TargetEntry]


class Entries:
    """Some entries in their order. Each path is tried with those that may match it, and once."""

    def __init__(self, entries: Sequence[TargetEntry]) -> None:
        numbered: Iterable[_Numbered] = enumerate(entries)
        self._table: PatternTable[_Numbered] = PatternTable(
            ((as_one_word(each[1].pattern),), each) for each in numbered
        )
        self._known: dict[str, list[tuple[int, Matched]]] = {}

    def all_for(self, *paths: str) -> list[Matched]:
        """Return the entries that match one of some paths, in their order, each as it matches the first of them."""
        found: dict[int, Matched] = {}
        for path in paths:
            for number, matched in self._numbered_for(path):
                found.setdefault(number, matched)
        return [found[number] for number in sorted(found)]

    def first_for(self, path: str) -> Matched | None:
        """Return the first entry that matches a path, or None."""
        return next((matched for _, matched in self._numbered_for(path)), None)

    def _numbered_for(self, path: str) -> list[tuple[int, Matched]]:
        if path not in self._known:
            self._known[path] = list(self._matching(path))
        return self._known[path]

    def _matching(self, path: str) -> Iterator[tuple[int, Matched]]:
        for number, entry in self._table.candidates((path,)):
            stars = entry.pattern.match(path)
            if stars is not None:
                yield number, (entry, stars)
