"""The three kinds of globs that Argo CD uses, each compiled once. A malformed glob is None, and matches nothing."""

from collections.abc import Callable
from functools import lru_cache

from penstock import globs
from penstock.expression import Expression, Invalid, TooMuch


@lru_cache(maxsize=4096)
def glob(pattern: str, separator: str = "") -> Expression | None:
    """Compile a glob of `gobwas/glob`, used in `include`, `exclude`, `valueFiles` and AppProjects."""
    return _compiled(globs.gobwas, pattern, separator)


@lru_cache(maxsize=4096)
def path_match(pattern: str) -> Expression | None:
    """Compile a glob of Go's `path.Match`, used for the directories of a git generator, and for the kinds that an
    AppProject permits.
    """
    return _compiled(globs.path_match, pattern)


@lru_cache(maxsize=4096)
def pathspec(pattern: str) -> Expression | None:
    """Compile a glob of `git ls-files`, used for the files of a git generator."""
    return _compiled(globs.pathspec, pattern)


def matches(pattern: Expression | None, text: str) -> bool:
    """Return whether a pattern matches a whole text. Raises `expression.TooMuch`."""
    return pattern is not None and pattern.found_in(text)


def _compiled(translate: Callable[..., str], *words: str) -> Expression | None:
    try:
        return Expression(translate(*words))
    except (globs.Malformed, Invalid, TooMuch):
        return None
