"""Go's `path.Match`, for .helmignore and `--show-only`: `*` and `?` match within a path segment.

The part of a pattern after a star is matched once, at its leftmost place, without backtracking if the rest does not
match, as in Go. This takes linear time, whereas Python's regular expressions would try all ways to split a name.
"""

import re
from collections.abc import Callable
from functools import lru_cache

SPECIAL = frozenset("*?[\\")


class BadPattern(Exception):  # noqa: N818  # the state of a pattern
    """The pattern is malformed."""


def matches(pattern: str, name: str) -> bool:
    """Return whether a pattern matches a whole name. Raises `BadPattern`."""
    return matcher(pattern)(name)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what says whether the pattern matches a whole name. Raises `BadPattern`."""
    if SPECIAL.isdisjoint(pattern):  # most patterns of .helmignore are names
        return lambda name: name == pattern
    fullmatch = _compiled(pattern).fullmatch
    return lambda name: fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression for whole names. Raises `BadPattern`."""
    chunks: list[list[str]] = [[]]
    position = 0
    while position < len(pattern):
        parts = chunks[-1]
        sign = pattern[position]
        position += 1
        if sign == "*":
            # Several stars in a row are one.
            if parts or len(chunks) == 1:
                chunks.append([])
        elif sign == "?":
            parts.append("[^/]")
        elif sign == "[":
            position, part = _class(pattern, position)
            parts.append(part)
        elif sign == "\\":
            if position == len(pattern):
                raise BadPattern(pattern)
            parts.append(re.escape(pattern[position]))
            position += 1
        else:
            parts.append(re.escape(sign))
    first, *inner = map("".join, chunks)
    # Each part between two stars is taken where it fits first, without a second try, so no pattern is slow.
    last = [f"[^/]*{inner.pop()}"] if inner else []
    return re.compile("".join([first, *(f"(?>[^/]*?{chunk})" for chunk in inner), *last]), re.DOTALL)


def _class(pattern: str, position: int) -> tuple[int, str]:
    """Return the position after a character class, and its regular expression. `position` is that after the `[`. Raises
    `BadPattern`.
    """
    is_negated = pattern[position : position + 1] == "^"
    position += is_negated
    ranges: list[str] = []
    while not (ranges and pattern[position : position + 1] == "]"):
        position, low = _character(pattern, position)
        high = low
        if pattern[position : position + 1] == "-":
            position, high = _character(pattern, position + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            ranges.append("")  # Go accepts it, and it matches nothing
    inside = "".join(ranges)
    if not inside:
        return position + 1, "." if is_negated else "(?!)"
    return position + 1, f"[{'^' if is_negated else ''}{inside}]"


def _character(pattern: str, position: int) -> tuple[int, str]:
    """Return the position after one end of a range, and its character. Raises `BadPattern`."""
    sign = pattern[position : position + 1]
    if sign in ("", "-", "]"):
        raise BadPattern(pattern)
    if sign == "\\":
        position += 1
        sign = pattern[position : position + 1]
    if not sign or position + 1 >= len(pattern):
        raise BadPattern(pattern)
    return position + 1, sign
