"""Patterns of names, in which `*` stands for any characters, and tables of many such patterns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class PatternTable(Generic[Entry]):
    """Entries that each have a pattern for every word of a sequence, such as kind, namespace and name.

    They are found by what stands before the first `*` of each pattern, not by trying one after the other.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[str], Entry]]) -> None:
        self._by_shape: dict[tuple[int | None, ...], dict[tuple[str, ...], list[tuple[int, Entry]]]] = {}
        for number, (patterns, entry) in enumerate(entries):
            beginnings = tuple(pattern.partition("*")[0] for pattern in patterns)
            shape = tuple(
                len(beginning) if "*" in pattern else None
                for beginning, pattern in zip(beginnings, patterns, strict=True)
            )
            self._by_shape.setdefault(shape, {}).setdefault(beginnings, []).append((number, entry))

    def candidates(self, words: Sequence[str]) -> Iterator[Entry]:
        """Return the entries whose patterns may match these words, in order. An entry is left out only if a word does
        not begin as its pattern does, or differs from a pattern without `*`.
        """
        found: list[tuple[int, Entry]] = []
        for shape, by_beginning in self._by_shape.items():
            found += by_beginning.get(tuple(map(_cut, words, shape)), ())
        return (entry for _, entry in sorted(found, key=lambda each: each[0]))


def _cut(word: str, length: int | None) -> str:
    return word[:length]


def fits(pattern: str, word: str) -> bool:
    """Return whether a word matches a pattern.

    The time is linear, since the first possible place of each part is always a right one.
    """
    return has_parts(word, pattern.split("*"))


def has_parts(word: str, parts: Sequence[str]) -> bool:
    """Return whether a word begins with the first part, ends with the last one, and has all others between them, in
    their order. A single part is the whole word.
    """
    first, *rest = parts
    if not rest:
        return word == first
    if not word.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        at = word.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(word) - at >= len(rest[-1]) and word.endswith(rest[-1])
