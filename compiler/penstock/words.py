"""How every message names things: names, values, paths and types, and the name that was probably meant."""

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Any

from penstock.model import Pointer

LONGEST_QUOTE = 100
"""Characters of a name or value that a message repeats. A name that people write has at most 63."""

MOST_LISTED = 12
"""Names that a message lists."""

MOST_CANDIDATES = 1_000
"""Names that one search compares. Kubernetes has less than 400 kinds, and no type with 100 fields."""

MOST_SEARCHES, MOST_COMPARED = 100, 20_000
"""Searches of one `Nearest`, and names that it compares: thousands of wrong names cost a fraction of a second."""

SIMILAR = 0.7
"""The similarity (0 to 1, see `difflib`) from which on one name is taken for a misspelling of the other."""

_TYPES = {
    dict: "mapping",
    list: "list",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def dotted(at: Pointer) -> str:
    """`spec.template.spec.containers[0]`, `metadata.labels["example.com/tier"]`; the empty string for the root."""
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, str) and step.replace("-", "").replace("_", "").isalnum():
            text += f".{shortened(step)}"
        else:
            text += f"[{quoted(str(step))}]"
    return text.removeprefix(".")


def quoted(text: str) -> str:
    """A name or a value as a message shows it."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    """The text, cut off where it is too long for a message."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def printable(written: str) -> str:
    """Text from anywhere, with everything escaped that a terminal could obey or hide."""
    if written.isprintable():
        return written
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in written)


def type_of(value: Any) -> str:
    """The type of a value in the words of YAML."""
    return _TYPES.get(type(value), "value of an unknown type")


def one_of(names: Collection[str]) -> str:
    """`"A", "B" or "C"`; of many names the first ones and how many more there are."""
    words = [quoted(name) for name in islice(names, MOST_LISTED)]
    if len(names) > MOST_LISTED:
        return f"{', '.join(words)} or one of {len(names) - MOST_LISTED} more"
    return " or ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant, or the empty string.

    That is one that differs by capitals only, or by a part behind a dash (generators add one), or else in spelling.
    """
    if len(word) > LONGEST_QUOTE or not word:
        return ""
    names = [*islice(dict.fromkeys(candidates), MOST_CANDIDATES)]
    lower = word.lower()
    for name in names:
        if name.lower() == lower or name.startswith(f"{word}-") or word.startswith(f"{name}-"):
            return name
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, names, n=1, cutoff=SIMILAR)), "")


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint with the nearest candidate, or the empty string."""
    name = nearest(word, candidates)
    return f"did you mean {quoted(name)}?" if name else ""


class Nearest:
    """`nearest` for a stage that may have any number of wrong names: beyond its bounds it finds nothing more."""

    def __init__(self, searches: int = MOST_SEARCHES) -> None:
        self._left = searches
        self._names_left = MOST_COMPARED

    def to(self, word: str, names: Iterable[str]) -> str:
        """As `nearest`."""
        return self.among(word, lambda: names)

    def among(self, word: str, names: Callable[[], Iterable[str]]) -> str:
        """As `nearest`, with names that are gathered only where there is a search."""
        if not self.may_search:
            return ""
        candidates = [*islice(names(), MOST_CANDIDATES)]
        self._left -= 1
        self._names_left -= len(candidates)
        return nearest(word, candidates)

    @property
    def may_search(self) -> bool:
        """Whether the bounds are not reached."""
        return self._left > 0 and self._names_left > 0
