"""The patterns of `.Files.Glob`: `*` within a directory, `**` across directories, `[a-z]`, `{a,b}`."""

import re
from functools import lru_cache

from penstock.expression import Expression, Invalid, TooMuch, expression

EVERYTHING = "**"


def fitting(pattern: str, names: list[str]) -> list[str]:
    """Return the names that match a pattern. A malformed pattern matches every name, as in Helm."""
    compiled = _compiled(pattern) or _compiled(EVERYTHING)
    assert compiled is not None
    return [name for name in names if compiled.found_in(name)]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Expression | None:
    try:
        return expression(f"^(?s:{_Translation(pattern).whole()})$")
    except (Invalid, TooMuch, _Malformed):
        return None


class _Malformed(Exception):  # noqa: N818  # the state of a pattern
    pass


class _Translation:
    """The translation of one pattern to a regular expression."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> str:
        found = self._sequence(inside=False)
        if self._at < len(self._pattern):
            raise _Malformed
        return found

    def _sequence(self, inside: bool) -> str:
        """Translate up to the end of the pattern or, inside braces, up to the comma or brace that ends an
        alternative.
        """
        parts: list[str] = []
        while self._at < len(self._pattern):
            sign = self._pattern[self._at]
            if inside and sign in ",}":
                break
            self._at += 1
            parts.append(self._part(sign))
        return "".join(parts)

    def _part(self, sign: str) -> str:
        if sign == "*":
            if self._pattern[self._at : self._at + 1] != "*":
                return "[^/]*"
            self._at += 1
            return ".*"
        if sign == "?":
            return "[^/]"
        if sign == "[":
            return self._class()
        if sign == "{":
            return self._alternatives()
        if sign == "\\":
            sign = self._pattern[self._at : self._at + 1]
            self._at += 1
        return re.escape(sign)

    def _alternatives(self) -> str:
        choices = [self._sequence(inside=True)]
        while self._pattern[self._at : self._at + 1] == ",":
            self._at += 1
            choices.append(self._sequence(inside=True))
        self._at += 1  # past the brace; if it is missing, the end of the pattern closes it, as in Helm
        return f"(?:{'|'.join(choices)})"

    def _class(self) -> str:
        end = self._pattern.find("]", self._at)
        if end < 0:
            raise _Malformed
        inside = self._pattern[self._at : end]
        self._at = end + 1
        negated = inside.startswith("!")
        inside = inside.removeprefix("!")
        if len(inside) == 3 and inside[1] == "-":
            inside = f"{re.escape(inside[0])}-{re.escape(inside[2])}"
        else:
            inside = "".join(map(re.escape, inside))
        if not inside:
            raise _Malformed
        return f"[{'^' if negated else ''}{inside}]"
