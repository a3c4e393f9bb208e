"""The patterns of `${A#pattern}`: `*` and `?` match any characters, including slashes; `[a-z]` and `[^a]` match one
character. Flux takes these patterns from drone/envsubst (path/match.go), which matches prefixes and knows no separator;
no other dialect of `globs` does either.

All prefix lengths that a pattern matches are found in one pass over the text. The possible positions in the pattern are
the bits of one number, so that one step moves all of them (Baeza-Yates and Gonnet, "A new approach to text searching",
1992).
"""

from penstock.records import NamedTuple


class _Term(NamedTuple):
    """One element of a pattern. `ranges` is None if it matches any character. A star matches any number of
    characters.
    """

    is_star: bool = False
    ranges: tuple[tuple[str, str], ...] | None = None
    negated: bool = False

    def takes(self, character: str) -> bool:
        if self.ranges is None:
            return True
        return self.negated != any(low <= character <= high for low, high in self.ranges)


def shortest_prefix(pattern: str, text: str) -> int:
    """Return the length of the shortest non-empty prefix that a pattern matches, or 0 if there is none."""
    return min(_lengths(pattern, text), default=0)


def longest_prefix(pattern: str, text: str) -> int:
    """Return the length of the longest prefix that a pattern matches, or 0 if there is none."""
    return max(_lengths(pattern, text), default=0)


def _lengths(pattern: str, text: str) -> list[int]:
    """Return the lengths of all non-empty prefixes that a pattern matches. A malformed pattern matches nothing."""
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
    """Return the bits of the terms that match a character."""
    return int("".join("1" if term.takes(character) else "0" for term in reversed(terms)) or "0", 2)


def _stars(terms: list[_Term]) -> int:
    """Return the bits of the positions at which a star allows any character: those directly after a star."""
    stars = place = 0
    for term in terms:
        if term.is_star:
            stars |= 1 << place
        else:
            place += 1
    return stars


def _terms(pattern: str) -> list[_Term] | None:
    """Return the terms of a pattern, or None if it is malformed."""
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
    """Return a character class and the position after it, or None if it is malformed. `at` is the position after its
    `[`.
    """
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
    """Return a character of a class, which may be escaped, and the position after it. It is empty if there is none."""
    if pattern[at : at + 1] in ("", "-", "]"):
        return "", at
    if pattern[at] == "\\":
        at += 1
    return pattern[at : at + 1], at + 1
