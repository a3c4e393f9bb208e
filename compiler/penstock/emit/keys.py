"""The order of keys: go-yaml's natural one (`keyList.Less` of its `sorter.go`)."""

from penstock.regex import regex
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match
from collections.abc import Callable, Iterable
from functools import cmp_to_key, partial
from itertools import pairwise

IN_CODE_POINT_ORDER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz -./")
"""Letters, and signs that precede the digits in ASCII. For keys of these characters alone, natural order is that of
code points.
"""

_WORD_AND_NUMBER = regex("([A-Za-z]*)(0|[1-9][0-9]{0,16})?")
"""Matches a key whose order is that of its letters, then of its number, which does not wrap in 64 bits."""


def natural(keys: Iterable[str], is_v3: bool = False) -> list[str]:
    """Return keys in go-yaml's order: letters after everything else, digits as numbers. In go-yaml v3, a letter that
    follows a digit comes first.

    Go-yaml's comparison is not transitive (10 < 1a < 2 < 10), so Kustomize prints such keys in an order that changes
    from run to run. The order here is one of the possible ones, and always the same.
    """
    ordered = sorted(keys)
    if IN_CODE_POINT_ORDER.issuperset("".join(ordered)):
        return ordered
    parts = [match for match in map(_WORD_AND_NUMBER.fullmatch, ordered) if match]
    if len(parts) == len(ordered):
        return [key for _, _, key in sorted(map(_by_number, parts))]
    comes_before = is_before_in_v3 if is_v3 else is_before
    if all(comes_before(a, b) for a, b in pairwise(ordered)):
        return ordered
    return sorted(ordered, key=cmp_to_key(partial(_compared, comes_before)))


def _by_number(parts: "Match[str]") -> tuple[str, int, str]:
    return parts[1], int(parts[2] or -1), parts[0]


def _compared(comes_before: Callable[[str, str], bool], a: str, b: str) -> int:
    return -1 if comes_before(a, b) else 1


def is_before_in_v3(a: str, b: str) -> bool:
    """Return whether go-yaml v3 puts key `a` before `b`. There, a letter that follows a digit comes before everything
    else.
    """
    at = _first_difference(a, b)
    if at > 0 and a[at - 1].isdecimal() and a[at].isalpha() != b[at].isalpha():
        return a[at].isalpha()
    return is_before(a, b)


def is_before(a: str, b: str) -> bool:
    """Return whether go-yaml v2 puts key `a` before `b`."""
    at = _first_difference(a, b)
    if at < 0:
        return len(a) < len(b)
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return x < y if x.isalpha() and y.isalpha() else y.isalpha()
    carried = 1 if "0" in (x, y) and _digits_before(a, at).strip("0") else 0
    x_number, x_end = _number_at(a, at, carried)
    y_number, y_end = _number_at(b, at, carried)
    return (x_number, x_end, x) < (y_number, y_end, y)


def _first_difference(a: str, b: str) -> int:
    """Return the index of the first character that differs, or -1 where the shorter key ends. Keys may be long, so it
    is found by bisection.
    """
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return -1
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _digits_before(text: str, at: int) -> str:
    start = at
    while start and text[start - 1].isdecimal():
        start -= 1
    return text[start:at]


def _number_at(text: str, at: int, number: int) -> tuple[int, int]:
    """Return the number that the digits from `at` on form, in Go's wrapping 64-bit arithmetic, and the index where they
    end.
    """
    while at < len(text) and text[at].isdecimal():
        number = (number * 10 + ord(text[at]) - ord("0") + 2**63) % 2**64 - 2**63
        at += 1
    return number, at
