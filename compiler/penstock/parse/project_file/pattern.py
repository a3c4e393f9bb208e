"""Path patterns of `penstock.yaml`: `*` stands for one name of a path, or a part of one, `**` for any number of names.

A path is matched name by name, and time grows with the product of the two lengths at most: no pattern of a repository
is ever handed to a regular expression engine.
"""

import re
from collections.abc import Sequence

from penstock.records import NamedTuple

ANY = "**"
_HOLE = re.compile(r"\{(\d+)\}")
_STRANGE = re.compile(r"[\[\]?{}\\]")


class PatternError(Exception):
    """The text is no pattern. The message says why, for people."""


class Pattern(NamedTuple):
    """A pattern, as its names. `stars` counts the places that `{1}`, `{2}` … of a template stand for."""

    text: str
    names: tuple[str, ...]
    stars: int

    def match(self, path: str) -> tuple[str, ...] | None:
        """What each star stands for in a path, first one first; None where the path is another."""
        names = () if path == "." else tuple(path.split("/"))
        return _match(self.names, names)

    def match_above(self, path: str) -> bool:
        """Whether the pattern matches a path, or a directory above it."""
        names = path.split("/")
        return any(self.match("/".join(names[:depth])) is not None for depth in range(1, len(names) + 1))

    def unknown_in(self, template: str) -> str:
        """The first `{N}` of a template that no star of the pattern stands for; empty where there is none."""
        for hole in _HOLE.finditer(template):
            if not 1 <= int(hole[1]) <= self.stars:
                return hole[0]
        return ""


def compile_pattern(text: str) -> Pattern:
    """A pattern from its text. Raises `PatternError`."""
    cleaned = text.rstrip("/").removeprefix("./") or "."
    if cleaned.startswith("/") or ".." in cleaned.split("/"):
        raise PatternError(f"{text!r} leads out of the repository; write the path from its root")
    strange = _STRANGE.search(cleaned)
    if strange:
        raise PatternError(f"{text!r} has {strange[0]!r}; a path may have `*` and `**` only")
    names = () if cleaned == "." else tuple(cleaned.split("/"))
    if any(ANY in name and name != ANY for name in names):
        raise PatternError(f"{text!r}: `**` stands alone between slashes")
    return Pattern(text, names, sum(name.count("*") if name != ANY else 1 for name in names))


def filled(template: str, stars: Sequence[str]) -> str:
    """A template with `{1}`, `{2}` … replaced by what the stars stand for; `/` becomes `-`."""
    return _HOLE.sub(lambda hole: stars[int(hole[1]) - 1].replace("/", "-"), template)


def _match(pattern: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The pieces between `**` are looked for from left to right; the first begins the path, the last ends it."""
    first, *pieces = _pieces(pattern)
    if not pieces:
        return _match_each(first, names) if len(first) == len(names) else None
    last = pieces.pop()
    end = len(names) - len(last)
    if end < len(first):
        return None
    before, after = _match_each(first, names[: len(first)]), _match_each(last, names[end:])
    if before is None or after is None:
        return None
    stars, at = list(before), len(first)
    for piece in pieces:
        found = _search(piece, names, at, end)
        if found is None:
            return None
        stars += ["/".join(names[at : found[0]]), *found[1]]
        at = found[0] + len(piece)
    return (*stars, "/".join(names[at:end]), *after)


def _pieces(pattern: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The parts of a pattern between its `**`."""
    pieces: list[tuple[str, ...]] = [()]
    for name in pattern:
        if name == ANY:
            pieces.append(())
        else:
            pieces[-1] = (*pieces[-1], name)
    return pieces


def _search(piece: tuple[str, ...], names: tuple[str, ...], start: int, end: int) -> tuple[int, tuple[str, ...]] | None:
    """The first place of a piece between two places of a path, and what its stars stand for."""
    for at in range(start, end - len(piece) + 1):
        stars = _match_each(piece, names[at : at + len(piece)])
        if stars is not None:
            return at, stars
    return None


def _match_each(pattern: Sequence[str], names: Sequence[str]) -> tuple[str, ...] | None:
    stars: list[str] = []
    for wanted, name in zip(pattern, names, strict=True):
        found = match_name(wanted, name)
        if found is None:
            return None
        stars += found
    return tuple(stars)


def match_name(pattern: str, name: str) -> tuple[str, ...] | None:
    """What each `*` of a pattern stands for in one name: the shortest text, from left to right; None for no match."""
    first, *parts = pattern.split("*")
    if not parts:
        return () if name == pattern else None
    last = parts.pop()
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return None
    rest = name[len(first) : len(name) - len(last)]
    stars: list[str] = []
    for part in parts:
        before, found, rest = rest.partition(part)
        if not found:
            return None
        stars.append(before)
    return (*stars, rest)
