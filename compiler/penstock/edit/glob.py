"""Go's file name patterns: `*` and `?` do not match a slash, `[a-c]` and `[^a-c]` are sets, a backslash escapes."""

import re
from functools import lru_cache

from penstock.model import Refusal

_TOKEN = re.compile(r"\\(?P<escaped>.)|\[(?P<set>\^?(?:\\.|[^\]\\])+)\]|(?P<other>[^\\\[])", re.DOTALL)
_MEMBER = re.compile(r"(?:\\(.)|(.))(?:-(?:\\(.)|([^\]])))?", re.DOTALL)


def is_match(pattern: str, path: str) -> bool:
    """Return whether a pattern matches the whole path. Raises `Refusal` where the pattern is malformed."""
    return _compiled(pattern).fullmatch(path) is not None


def has_wildcard(pattern: str) -> bool:
    return any(c in pattern for c in "*?[\\")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    at = 0
    pieces: list[str] = []
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise Refusal(f"the pattern {pattern!r} is broken at {pattern[at:]!r}")
        at = token.end()
        piece = _expression(token)
        if piece != "[^/]*" or pieces[-1:] != [piece]:  # `**` is `*`, and would make the search slow
            pieces.append(piece)
    return re.compile("".join(pieces), re.DOTALL)


def _expression(token: re.Match[str]) -> str:
    if token["set"] is not None:
        return _set(token["set"])
    if token["other"] is not None and token["other"] in "*?":
        return "[^/]*" if token["other"] == "*" else "[^/]"
    return re.escape(token["escaped"] or token["other"])


def _set(members: str) -> str:
    inverted = members.startswith("^")
    ranges = []
    for low, plain_low, high, plain_high in _MEMBER.findall(members.removeprefix("^")):
        first = low or plain_low
        last = high or plain_high or first
        if first <= last:
            ranges.append(f"{re.escape(first)}-{re.escape(last)}")
    inside = "".join(ranges)
    if inverted:
        return f"[^{inside}/]" if inside else "[^/]"
    return f"(?!/)[{inside}]" if inside else "(?!)"
