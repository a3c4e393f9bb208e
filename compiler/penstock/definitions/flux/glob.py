"""The patterns of `${A#pattern}`: `*` and `?` match any characters, a slash too; `[a-z]` and `[^a]` one of some.

All lengths that a pattern matches are found in one pass over the text. How far the pattern may have come is a number
with a bit for each of its characters, so that one step moves all of them (Baeza-Yates and Gonnet, "A new approach to
text searching", 1992).
"""

from penstock.records import NamedTuple


class _Term(NamedTuple):
    """One character of a pattern. `ranges` is None for any character; a star stands for any number of them."""

    is_star: bool = False
    ranges: tuple[tuple[str, str], ...] | None = None
    negated: bool = False

    def takes(self, character: str) -> bool:
        if self.ranges is None:
            return True
        return self.negated != any(low <= character <= high for low, high in self.ranges)


def shortest_prefix(pattern: str, text: str) -> int:
    """The length of the shortest prefix, of one character at least, that a pattern matches; 0 where none is."""
    return min(_lengths(pattern, text), default=0)


def longest_prefix(pattern: str, text: str) -> int:
    """The length of the longest prefix that a pattern matches; 0 where none is."""
    return max(_lengths(pattern, text), default=0)


def _lengths(pattern: str, text: str) -> list[int]:
    """The lengths of all prefixes that match, but for the empty one. A pattern that is none matches nothing."""
    terms = _terms(pattern)
    if terms is None:
        return []
    characters = [term for term in terms if not term.is_star]
    takes = {character: _taking(character, characters) for character in set(text)}
    end, stars = 1 << len(characters), _stars(terms)
    at = 1
    found: list[int] = []
    for length, character in enumerate(text, 1):
        at = (at & takes[character]) << 1 | at & stars
        if not at:
            break
        if at & end:
            found.append(length)
    return found


def _taking(character: str, terms: list[_Term]) -> int:
    """The bits of the terms that take a character."""
    return int("".join("1" if term.takes(character) else "0" for term in reversed(terms)) or "0", 2)


def _stars(terms: list[_Term]) -> int:
    """The bits of the places that a star keeps: those before a term, or the end, that has a star before it."""
    stars = place = 0
    for term in terms:
        if term.is_star:
            stars |= 1 << place
        else:
            place += 1
    return stars


def _terms(pattern: str) -> list[_Term] | None:
    """The terms of a pattern; None where it is none."""
    terms: list[_Term] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "[":
            found = _class(pattern, at + 1)
            if found is None:
                return None
            term, at = found
            terms.append(term)
            continue
        if character == "\\":
            at += 1
            if at == len(pattern):
                return None
            terms.append(_Term(ranges=((pattern[at], pattern[at]),)))
        elif character in "*?":
            terms.append(_Term(is_star=character == "*"))
        else:
            terms.append(_Term(ranges=((character, character),)))
        at += 1
    return terms


def _class(pattern: str, at: int) -> tuple[_Term, int] | None:
    """A class of characters whose bracket has been read, and where it ends; None where it is none."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while not ranges or pattern[at : at + 1] != "]":
        low, at = _member(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _member(pattern, at + 1)
        if not low or not high or at >= len(pattern):
            return None
        ranges.append((low, high))
    return _Term(ranges=tuple(ranges), negated=negated), at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """A character of a class, which may be escaped; empty where there is none."""
    if pattern[at : at + 1] in ("", "-", "]"):
        return "", at
    if pattern[at] == "\\":
        at += 1
    return pattern[at : at + 1], at + 1
