"""Patterns of names, in which `*` stands for any characters, and tables of many such patterns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


LONGEST_PART = 8
"""Characters of a part by which patterns are found, so that a word has few texts that may be one."""

_Shape = tuple[int | None, ...]


class PatternTable(Generic[Entry]):
    """Entries that each have a pattern for every word of a sequence, such as kind, namespace and name.

    They are found by what stands before the first `*` of each pattern, or by a part behind one that fewer patterns
    have, not by trying one after the other.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[str], Entry]]) -> None:
        self._by_shape: dict[_Shape, dict[tuple[str, ...], list[tuple[int, Entry]]]] = {}
        self._by_part: dict[tuple[int, int], dict[str, list[tuple[int, Entry]]]] = {}
        listed = list(entries)
        beginnings = [tuple(pattern.partition("*")[0] for pattern in patterns) for patterns, _ in listed]
        alike = Counter(beginnings)
        with_part = Counter(part for patterns, _ in listed for part in set(_parts(patterns)))
        for number, (patterns, entry) in enumerate(listed):
            part = min(_parts(patterns), key=lambda each: with_part[each], default=None)
            if part is not None and with_part[part] < alike[beginnings[number]]:
                self._by_part.setdefault((part[0], len(part[1])), {}).setdefault(part[1], []).append((number, entry))
            else:
                shape = tuple(map(_shape, patterns, beginnings[number]))
                self._by_shape.setdefault(shape, {}).setdefault(beginnings[number], []).append((number, entry))

    def candidates(self, words: Sequence[str]) -> Iterator[Entry]:
        """Return the entries whose patterns may match these words, in order. An entry is left out only if a word does
        not begin as its pattern does, differs from a pattern without `*`, or does not have a part of its pattern.
        """
        found: list[tuple[int, Entry]] = []
        for shape, by_beginning in self._by_shape.items():
            found += by_beginning.get(tuple(map(_cut, words, shape)), ())
        for (place, length), by_part in self._by_part.items():
            word = words[place]
            for text in {word[at : at + length] for at in range(len(word) - length + 1)}:
                found += by_part.get(text, ())
        return (entry for _, entry in sorted(found, key=lambda each: each[0]))


def _parts(patterns: Sequence[str]) -> list[tuple[int, str]]:
    """Return the texts behind a `*` of patterns, each with the number of its pattern, and cut off."""
    return [
        (number, part[:LONGEST_PART])
        for number, pattern in enumerate(patterns)
        for part in pattern.split("*")[1:]
        if part
    ]


def _shape(pattern: str, beginning: str) -> int | None:
    """Return the length of what a word begins with, or None for a pattern that is the whole word."""
    return len(beginning) if "*" in pattern else None


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
