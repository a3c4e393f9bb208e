"""Patterns of the names of files, as Go's `path/filepath.Match` has them: `*`, `?`, `[a-z]`, `[^a-z]`, and a backslash
before signs that mean themselves. No name has a slash.

All patterns are tried on a name at once: the positions in all of them are the bits of one number (as in `glob.py`), so
that the time grows with the characters of the name, whatever the patterns are.
"""

from collections.abc import Iterable, Iterator, Set

from penstock.records import NamedTuple

MAX_SIGNS = 50_000
"""The most signs of all patterns together. Further patterns fit nothing (`unread`)."""


class _Sign(NamedTuple):
    """What one sign of a pattern stands for: a character of some ranges, or of none of them; or any characters."""

    ranges: tuple[tuple[str, str], ...] = ()
    is_negated: bool = False
    is_star: bool = False

    def takes(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) != self.is_negated


_ANY, _STAR = _Sign(is_negated=True), _Sign(is_star=True)


class NamePatterns:
    """Patterns that are asked together. A malformed one fits nothing."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._known: dict[str, frozenset[str]] = {}
        self._by_end: dict[int, str] = {}
        self._starts: list[int] = []
        self._stars: set[int] = set()
        self._places: dict[_Sign, list[int]] = {}
        self._table: dict[str, int] = {}
        self._size = 0
        self.unread: set[str] = set()
        """The patterns beyond the bound."""
        for pattern in dict.fromkeys(patterns):
            signs = _signs(pattern)
            if signs is not None and self._size + len(signs) >= MAX_SIGNS:
                self.unread.add(pattern)
            elif signs is not None:
                self._add(pattern, signs)
        self._start, self._star, self._end = map(self._number, (self._starts, self._stars, self._by_end))

    def fitting(self, name: str) -> Set[str]:
        """Return the patterns that fit a whole name."""
        if name not in self._known:
            self._known[name] = frozenset(self._by_end[place] for place in _places(self._reached(name) & self._end))
        return self._known[name]

    def _add(self, pattern: str, signs: list[_Sign]) -> None:
        """Give a pattern its positions: one for each sign that takes a character, and one for its end."""
        self._starts.append(self._size)
        for sign in signs:
            if sign.is_star:
                self._stars.add(self._size)
            else:
                self._places.setdefault(sign, []).append(self._size)
                self._size += 1
        self._by_end[self._size] = pattern
        self._size += 1

    def _reached(self, name: str) -> int:
        """Return the positions in the patterns that the name leads to."""
        at = self._start
        for character in name:
            at = (at & self._taking(character)) << 1 | at & self._star
        return at

    def _taking(self, character: str) -> int:
        """Return the positions at which a character leads on."""
        if character not in self._table:
            taking = (places for sign, places in self._places.items() if sign.takes(character))
            self._table[character] = self._number(place for places in taking for place in places)
        return self._table[character]

    def _number(self, places: Iterable[int]) -> int:
        """Return the number of which these bits are set."""
        number = bytearray(self._size // 8 + 1)
        for place in places:
            number[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(number, "little")


def _places(number: int) -> Iterator[int]:
    """Yield the bits of a number that are set, of which there are few."""
    digits = f"{number:b}"[::-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


def _signs(pattern: str) -> list[_Sign] | None:
    """Return the signs of a pattern, or None if it is malformed."""
    found: list[_Sign] = []
    rest = pattern
    while rest:
        if rest[0] == "[":
            read = _class(rest)
            if read is None:
                return None
            sign, rest = read
            found.append(sign)
            continue
        special = {"*": _STAR, "?": _ANY}.get(rest[0])
        if rest[0] == "\\":
            rest = rest[1:]
            if not rest:
                return None
        found.append(special or _Sign(((rest[0], rest[0]),)))
        rest = rest[1:]
    return found


def _class(text: str) -> tuple[_Sign, str] | None:
    """Return the class of characters at the beginning of a text, and the rest; None if it is malformed."""
    is_negated = text[1:2] == "^"
    rest = text[2 if is_negated else 1 :]
    ranges: list[tuple[str, str]] = []
    while True:
        if rest[:1] == "]" and ranges:
            return _Sign(tuple(ranges), is_negated), rest[1:]
        low, rest = _character(rest)
        high = low
        if rest[:1] == "-":
            high, rest = _character(rest[1:])
        if not (low and high and rest):
            return None
        ranges.append((low, high))


def _character(text: str) -> tuple[str, str]:
    """Return the next character of a class, which may be escaped, and the rest; it is empty if there is none."""
    if not text or text[0] in "-]":
        return "", text
    if text[0] == "\\":
        text = text[1:]
    return text[:1], text[1:]
