"""The three kinds of globs that Argo CD uses, each translated to an RE2 regular expression, which takes linear time."""

import posixpath
from functools import lru_cache

from penstock.definitions.argo.brackets import Bracket, of_git, of_go, of_gobwas
from penstock.expression import Expression, Invalid, TooMuch

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/ -,@:~#%=<>&\"'`;!")

_MAGIC = {"top": "", "/": "", "icase": "i", "glob": "g", "literal": "l"}
"""The words and signs that may stand before a pattern of git. Others are not known here: such a pattern matches
nothing.
"""


@lru_cache(maxsize=4096)
def glob(pattern: str, separator: str = "") -> Expression | None:
    """Compile a glob of `gobwas/glob`, used in `include`, `exclude` and AppProjects, or return None if it is malformed.

    Without a separator, `*` matches any text. With a separator, `*` stops at it and `**` does not.
    """
    any_but = f"[^{_literal(separator)}]" if separator else "."
    return _expression(_Translation(pattern, any_but, of_gobwas, several=".*", has_braces=True).parts())


@lru_cache(maxsize=4096)
def path_match(pattern: str) -> Expression | None:
    """Compile a glob of Go's `path.Match`, used for the directories of a git generator, and for the kinds that an
    AppProject permits. It has no `**`.
    """
    return _expression(_Translation(pattern, "[^/]", of_go).parts())


@lru_cache(maxsize=4096)
def pathspec(pattern: str) -> Expression | None:
    """Compile a glob of `git ls-files`, used for the files of a git generator: `*` matches slashes, too.

    A pattern whose characters are a file's name matches the file, and one that is a directory's name matches everything
    below it.
    """
    flags, pattern = _without_magic(pattern)
    inside = posixpath.normpath(pattern or ".")
    if flags is None or inside.startswith(("/", "..")):
        return None
    start = "(?i)" if "i" in flags else ""
    if inside == ".":
        return _expression([".*"])
    whole = f"{inside}/" if pattern.endswith("/") else inside
    exact = f"{_literal(inside)}/.*" if pattern.endswith("/") else f"{_literal(inside)}(?:/.*)?"
    is_glob = "g" in flags
    translation = _Translation(whole, "[^/]" if is_glob else ".", of_git, several=".*" if is_glob else "")
    wild = None if "l" in flags else translation.parts()
    return _expression([start, exact, *(["|", *wild] if wild is not None else ())])


def _without_magic(pattern: str) -> tuple[str | None, str]:
    """Return what the words before a pattern of git mean, or None for an unknown word, and the rest of it."""
    if pattern.startswith(":(") and ")" in pattern:
        words, _, rest = pattern[2:].partition(")")
        meanings = [_MAGIC.get(word) for word in words.split(",") if word]
        return None if None in meanings else "".join(each or "" for each in meanings), rest
    if pattern.startswith(":"):
        return ("", pattern[2:]) if pattern.startswith(":/") else (None, pattern)
    return "", pattern


def matches(pattern: Expression | None, text: str) -> bool:
    """Return whether a pattern matches a whole text. Raises `expression.TooMuch`."""
    return pattern is not None and pattern.found_in(text)


def _expression(parts: list[str] | None) -> Expression | None:
    if parts is None:
        return None
    try:
        return Expression(f"(?s)^(?:{''.join(parts)})$")
    except (Invalid, TooMuch):  # it matches nothing
        return None


def _literal(text: str) -> str:
    """Return the regular expression that matches a text alone."""
    return "".join(sign if sign in _PLAIN else f"\\{sign}" if sign.isascii() else sign for sign in text)


class _Translation:
    """The translation of one glob. `any_but` is what `?` matches, and `several` what `**` does, if it is not a `*`."""

    def __init__(
        self, pattern: str, any_but: str, bracket: Bracket, *, several: str = "", has_braces: bool = False
    ) -> None:
        self._pattern = pattern
        self._any_but = any_but
        self._bracket = bracket
        self._several = several
        self._has_braces = has_braces
        self._at = 0
        self._depth = 0

    def parts(self) -> list[str] | None:
        """Return the parts of a regular expression, or None if the glob is malformed."""
        parts = []
        while self._at < len(self._pattern):
            part = self._next()
            if part is None:
                return None
            parts.append(part)
        return parts + [")"] * self._depth

    def _next(self) -> str | None:
        sign = self._pattern[self._at]
        self._at += 1
        if sign == "*":
            return self._stars()
        if sign == "?":
            return self._any_but
        if sign == "[":
            found = self._bracket(self._pattern, self._at)
            if found is None:
                return None
            part, self._at = found
            return part
        if sign == "\\":
            return self._escaped()
        return self._brace(sign) if self._has_braces and sign in "{}," else _literal(sign)

    def _stars(self) -> str:
        end = len(self._pattern) - len(self._pattern[self._at :].lstrip("*"))
        is_several = end > self._at and bool(self._several)
        self._at = end
        return self._several if is_several else f"{self._any_but}*"

    def _escaped(self) -> str | None:
        """Return a character after a backslash. A backslash at the end is malformed, but for gobwas it is nothing."""
        if self._at == len(self._pattern):
            return "" if self._has_braces else None
        self._at += 1
        return _literal(self._pattern[self._at - 1])

    def _brace(self, sign: str) -> str:
        """Return what a brace or a comma means. Outside of braces, a comma or a closing brace is an ordinary character,
        and braces at the end need not be closed.
        """
        if sign == "{":
            self._depth += 1
            return "(?:"
        if not self._depth:
            return _literal(sign)
        if sign == ",":
            return "|"
        self._depth -= 1
        return ")"
