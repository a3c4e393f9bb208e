"""The wildcards of paths on a command line and in `remove`: Kustomize matches them with Go's `filepath.Match`."""

from functools import lru_cache

from penstock.expression import Expression, Invalid, TooMuch
from penstock.globs import Malformed, path_match
from penstock.model import Refusal


def is_match(pattern: str, path: str) -> bool:
    """Return whether a pattern matches the whole path. Raises `Refusal` where the pattern is malformed."""
    if not has_wildcard(pattern):
        return pattern == path
    try:
        return _compiled(pattern).found_in(path)
    except TooMuch:
        raise Refusal(f"the pattern {pattern!r} takes too long to match") from None


def has_wildcard(pattern: str) -> bool:
    return any(sign in pattern for sign in "*?[\\")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Expression:
    try:
        return Expression(path_match(pattern))
    except Malformed as malformed:
        raise Refusal(f"the pattern {pattern!r} is broken at {malformed.rest!r}") from None
    except Invalid:
        raise Refusal(f"the pattern {pattern!r} cannot be read") from None
