"""Globs of three dialects, each translated to a regular expression for RE2, which matches it in linear time.

The expressions match a whole text. What they mean was compared with the code of each dialect on random globs and texts:
gobwas/glob v0.2.3, `path.Match` of Go, and `git ls-files`. Two other kinds of patterns are not globs of these dialects:
those of `penstock.yaml` (`parse.project_file.pattern`), and those of variables of Flux (`definitions.flux.glob`).
"""

import posixpath

from penstock.glob_brackets import Bracket, of_git, of_go, of_gobwas

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/ -,@:~#%=<>&\"'`;!")

_MAGIC = {"top": "", "/": "", "icase": "i", "glob": "g", "literal": "l"}
"""The words and signs that may stand before a pattern of git. Others are not known here: such a pattern matches
nothing.
"""


class Malformed(Exception):  # noqa: N818  # the state of a glob
    """A text is no glob of its dialect. `rest` is the part that has no meaning."""

    def __init__(self, rest: str) -> None:
        super().__init__(rest)
        self.rest = rest


def gobwas(pattern: str, separator: str = "") -> str:
    """Translate a glob of `gobwas/glob`, which Argo CD and Helm use. Raises `Malformed`.

    Without a separator, `*` matches any text. With a separator, `*` stops at it and `**` does not.
    """
    any_but = f"[^{_literal(separator)}]" if separator else "."
    return _whole(_Translation(pattern, any_but, of_gobwas, several=".*", has_braces=True).parts())


def path_match(pattern: str) -> str:
    """Translate a glob of Go's `path.Match` and `filepath.Match`. It has no `**`. Raises `Malformed`."""
    return _whole(_Translation(pattern, "[^/]", of_go).parts())


def pathspec(pattern: str) -> str:
    """Translate a glob of `git ls-files`, in which `*` matches slashes, too. Raises `Malformed`.

    A pattern whose characters are a file's name matches the file, and one that is a directory's name matches everything
    below it.
    """
    flags, pattern = _without_magic(pattern)
    inside = posixpath.normpath(pattern or ".")
    if flags is None or inside.startswith(("/", "..")):
        raise Malformed(pattern)
    start = "(?i)" if "i" in flags else ""
    if inside == ".":
        return _whole([".*"])
    exact = f"{_literal(inside)}/.*" if pattern.endswith("/") else f"{_literal(inside)}(?:/.*)?"
    if "l" in flags:
        return _whole([start, exact])
    whole = f"{inside}/" if pattern.endswith("/") else inside
    is_glob = "g" in flags
    try:
        parts = _Translation(whole, "[^/]" if is_glob else ".", of_git, several=".*" if is_glob else "").parts()
    except Malformed:  # it may still be the name of a file
        return _whole([start, exact])
    return _whole([start, exact, "|", *parts])


def _without_magic(pattern: str) -> tuple[str | None, str]:
    """Return what the words before a pattern of git mean, or None for an unknown word, and the rest of it."""
    if pattern.startswith(":(") and ")" in pattern:
        words, _, rest = pattern[2:].partition(")")
        meanings = [_MAGIC.get(word) for word in words.split(",") if word]
        return None if None in meanings else "".join(each or "" for each in meanings), rest
    if pattern.startswith(":"):
        return ("", pattern[2:]) if pattern.startswith(":/") else (None, pattern)
    return "", pattern


def _whole(parts: list[str]) -> str:
    return f"(?s)^(?:{''.join(parts)})$"


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

    def parts(self) -> list[str]:
        """Return the parts of a regular expression. Raises `Malformed`."""
        parts = []
        while self._at < len(self._pattern):
            parts.append(self._next())
        return parts + [")"] * self._depth

    def _next(self) -> str:
        sign = self._pattern[self._at]
        self._at += 1
        if sign == "*":
            return self._stars()
        if sign == "?":
            return self._any_but
        if sign == "[":
            return self._brackets()
        if sign == "\\":
            return self._escaped()
        return self._brace(sign) if self._has_braces and sign in "{}," else _literal(sign)

    def _brackets(self) -> str:
        found = self._bracket(self._pattern, self._at)
        if found is None:
            raise Malformed(self._pattern[self._at - 1 :])
        part, self._at = found
        return part

    def _stars(self) -> str:
        end = len(self._pattern) - len(self._pattern[self._at :].lstrip("*"))
        is_several = end > self._at and bool(self._several)
        self._at = end
        return self._several if is_several else f"{self._any_but}*"

    def _escaped(self) -> str:
        """Return a character after a backslash. A backslash at the end is malformed, but for gobwas it is nothing."""
        if self._at < len(self._pattern):
            self._at += 1
            return _literal(self._pattern[self._at - 1])
        if self._has_braces:
            return ""
        raise Malformed("\\")

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
