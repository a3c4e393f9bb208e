"""The patterns of `${A#pattern}`: `*` and `?` match any characters, a slash too; `[a-z]` and `[^a]` one of some.

All lengths that a pattern matches are found in one pass, in time that grows with the product of both lengths.
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
    states = _with_stars({0}, terms)
    found: list[int] = []
    for length, character in enumerate(text, 1):
        after = {at if terms[at].is_star else at + 1 for at in states if at < len(terms) and terms[at].takes(character)}
        states = _with_stars(after, terms)
        if not states:
            break
        if len(terms) in states:
            found.append(length)
    return found


def _with_stars(states: set[int], terms: list[_Term]) -> set[int]:
    """The states, and those behind stars that match nothing."""
    reached = set(states)
    for at in sorted(states):
        while at < len(terms) and terms[at].is_star:
            at += 1
            reached.add(at)
    return reached


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
