"""Path patterns of `penstock.yaml`: `*` matches one name of a path or a part of one, `**` any number of names.

A path is matched name by name, in time at most proportional to the product of the two lengths. No pattern of a
repository is ever passed to a regular expression engine.
"""

from collections.abc import Sequence
from functools import lru_cache

from penstock.patterns import PatternTable
from penstock.records import NamedTuple
from penstock.regex import regex

ANY = "**"
_ANY_NAMES = regex(r"/?\*\*(?:/\*\*)*/?")
_HOLE = regex(r"\{(\d+)\}")
_STRANGE = regex(r"[\[\]?{}\\]")


class PatternError(Exception):
    """The text is not a pattern. The message gives the reason for the user."""


class Pattern(NamedTuple):
    """A pattern, split into names. `stars` is the number of its stars, to which `{1}`, `{2}` … of a template refer."""

    text: str
    names: tuple[str, ...]
    stars: int

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return the text that each star matches in a path, in order, or None if the path does not match."""
        names = () if path == "." else tuple(path.split("/"))
        return _match(self.names, names)

    def match_above(self, path: str) -> bool:
        """Return whether the pattern matches a path or a directory above it."""
        names = path.split("/")
        return any(self.match("/".join(names[:depth])) is not None for depth in range(1, len(names) + 1))

    def unknown_in(self, template: str) -> str:
        """Return the first `{N}` of a template that refers to no star of the pattern, or "" where there is none."""
        for hole in _HOLE.finditer(template):
            if not 1 <= int(hole[1]) <= self.stars:
                return hole[0]
        return ""


class Exclusion:
    """What patterns match, and everything below it. Each directory is tried once, whatever number of files it has."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = patterns
        self._table = PatternTable(((as_one_word(pattern),), pattern) for pattern in patterns)
        self._known: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Return whether a pattern matches a path or a directory above it."""
        names = path.split("/") if self.patterns else []
        return any(self._is_matched("/".join(names[:depth])) for depth in range(1, len(names) + 1))

    def _is_matched(self, path: str) -> bool:
        known = self._known.get(path)
        if known is None:
            candidates = self._table.candidates((path,))
            known = self._known[path] = any(pattern.match(path) is not None for pattern in candidates)
        return known


def as_one_word(pattern: Pattern) -> str:
    """Return a pattern for whole paths, in which `*` stands for any characters. It matches what the pattern matches,
    and more: `**` may stand for no name, and then not for the slashes beside it.
    """
    return _ANY_NAMES.sub("*", "/".join(pattern.names) or ".")


def compile_pattern(text: str) -> Pattern:
    """Return the pattern for a text. Raises `PatternError`."""
    cleaned = text.rstrip("/").removeprefix("./") or "."
    if cleaned.startswith("/") or ".." in cleaned.split("/"):
        raise PatternError(f"{text!r} leads out of the repository; write the path from its root")
    # Signs of other pattern languages would match nothing here, and nobody would notice.
    strange = _STRANGE.search(cleaned)
    if strange:
        raise PatternError(f"{text!r} has {strange[0]!r}; a path may have `*` and `**` only")
    names = () if cleaned == "." else tuple(cleaned.split("/"))
    if any(ANY in name and name != ANY for name in names):
        raise PatternError(f"{text!r}: `**` stands alone between slashes")
    return Pattern(text, names, sum(name.count("*") if name != ANY else 1 for name in names))


def filled(template: str, stars: Sequence[str]) -> str:
    """Return a template with `{1}`, `{2}` … replaced by the text that the stars match; `/` becomes `-`."""
    return _HOLE.sub(lambda hole: stars[int(hole[1]) - 1].replace("/", "-"), template)


def _match(pattern: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the text that each star matches in the names of a path, or None without a match.

    The pieces between `**` are searched from left to right; the first piece begins the path, and the last one ends it.
    """
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


@lru_cache(maxsize=1024)
def _pieces(pattern: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the parts of a pattern between its `**`. A pattern is tried on many paths."""
    pieces: list[list[str]] = [[]]
    for name in pattern:
        if name == ANY:
            pieces.append([])
        else:
            pieces[-1].append(name)
    return tuple(map(tuple, pieces))


def _search(piece: tuple[str, ...], names: tuple[str, ...], start: int, end: int) -> tuple[int, tuple[str, ...]] | None:
    """Return the first place where a piece matches between two places of a path, with the text of its stars, or
    None.
    """
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
    """Return the text that each `*` of a pattern matches in one name, or None without a match.

    Each star takes the shortest text that fits, from left to right.
    """
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
