"""The patterns of `.Files.Glob`, which Helm matches with gobwas/glob: `*` stops at a slash, and `**` does not."""

from functools import lru_cache

from penstock.expression import Expression, Invalid, TooMuch, expression
from penstock.globs import Malformed, gobwas

EVERYTHING = gobwas("**", "/")


def fitting(pattern: str, names: list[str]) -> list[str]:
    """Return the names that match a pattern. A malformed pattern matches every name, as in Helm."""
    compiled = _compiled(pattern) or expression(EVERYTHING)
    return [name for name in names if compiled.found_in(name)]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Expression | None:
    try:
        return expression(gobwas(pattern, "/"))
    except (Malformed, Invalid, TooMuch):
        return None
