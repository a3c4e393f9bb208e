"""What `[…]` means in globs. Each function gets a pattern and the place after the opening bracket, and returns a part
of a regular expression and the place after the closing one, or None if the brackets are malformed.
"""

import re
from collections.abc import Callable

from penstock.regex import regex

Bracket = Callable[[str, int], tuple[str, int] | None]

_GO = regex(r"(?s)(\^?+)((?:(?:\\.|[^]\\-])(?:-(?:\\.|[^]\\-]))?)+)\]")
_GO_RANGE = regex(r"(?s)\\?(.)(?:-\\?(.))?")

_GOBWAS_RANGE = regex(r"(?s)(!?+)(.)-(.)\]")
_GOBWAS_TEXT = regex(r"(?s)(!?+)((?:\\.|[^]\\])+)\]")

_GIT = regex(r"(?s)([!^]?)(\]?(?:\[:\w+:\]|\\.|[^]\\])*)\]")
_GIT_ITEM = regex(r"(?s)(\[:\w+:\])|\\?(.)(?:-\\?(.))?")


def of_go(pattern: str, at: int) -> tuple[str, int] | None:
    """Read the brackets of Go's `path.Match`: `[a-z]`, `[^abc]`."""
    found = _GO.match(pattern, at)
    if found is None:
        return None
    items = [_item(each[1], each[2]) for each in _GO_RANGE.finditer(found[2])]
    return _one_of(items, bool(found[1])), found.end()


def of_gobwas(pattern: str, at: int) -> tuple[str, int] | None:
    """Read the brackets of gobwas/glob: one range, or a list of characters in which `-` means itself."""
    found = _GOBWAS_RANGE.match(pattern, at)
    if found is not None:
        return (_one_of([_item(found[2], found[3])], bool(found[1])), found.end()) if found[2] <= found[3] else None
    if pattern[at + pattern[at : at + 1].count("!") + 1 :].startswith("-"):
        return None
    found = _GOBWAS_TEXT.match(pattern, at)
    if found is None:
        return None
    return _one_of([_item(sign) for sign in re.sub(r"\\(.)", r"\1", found[2])], bool(found[1])), found.end()


def of_git(pattern: str, at: int) -> tuple[str, int] | None:
    """Read the brackets of git: as those of a shell, with classes such as `[:alpha:]`."""
    found = _GIT.match(pattern, at)
    if found is None:
        return None
    items = [each[1] or _item(each[2], each[3]) for each in _GIT_ITEM.finditer(found[2])]
    return _one_of(items, bool(found[1])), found.end()


def _item(first: str, last: str | None = None) -> str | None:
    """Return a character or a range for a regular expression, or None for a range that is empty."""
    if last is None:
        return _quoted(first)
    return f"{_quoted(first)}-{_quoted(last)}" if first <= last else None


def _quoted(sign: str) -> str:
    return sign if sign.isalnum() or not sign.isascii() else f"\\x{ord(sign):02x}"


def _one_of(items: list[str | None], is_negated: bool) -> str:
    kept = "".join(item for item in items if item)
    if not kept:
        return r"[\x00-\x{10FFFF}]" if is_negated else r"[^\x00-\x{10FFFF}]"
    return f"[{'^' if is_negated else ''}{kept}]"
