"""The words of all messages: how names, values, paths and types are shown, and which name was probably meant."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

from penstock.model import Pointer
from penstock.regex import regex
from penstock.typed import Any

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

SIMILAR_IF_SHORT, SHORT = 0.6, 4
"""The same for a part of a name that has no more than so many letters: one of them counts for much."""

NEARLY_SAME = 0.9
"""The similarity from which on two names are the same but for their dashes and a letter or two."""

HASH = regex(r"[24-9bcdfghkmt]{10}")
"""The hash of some content that Kustomize puts behind a name. Another hash is that of other content."""

CLOSEST = 5
"""Candidates that are looked at closely."""

LOOKED_FOR = "looked for "
"""The beginning of the hint at a file that is not there; its path follows."""

LOCKS = "`penstock lock` fetches it, and writes down what it is"
"""The hint at what is elsewhere and not locked. One command locks all of it."""

WITHOUT_DIRECTORY = "without `directory` in its source, Argo CD builds it"
"""The hint at a kustomization that Argo CD reads as a manifest."""

TWO_WAYS = "two ways lead to this file: use it once, in what both of them share"
"""The hint at an object that is there twice since its file is used twice."""

CHOOSE = "choose between the two sides, and remove the lines that start with <<<<<<<, ======= and >>>>>>>"
"""What helps where a file has a merge conflict."""

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
    """Return a path as text, such as `spec.template.spec.containers[0]` or `metadata.labels["example.com/tier"]`. The
    root is the empty string.
    """
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
    """Return a name or a value as a message shows it."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    """Return the text, cut off if it is too long for a message."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def printable(written: str) -> str:
    """Return a text of any origin in which everything is escaped that could control a terminal or be invisible on
    it.
    """
    if written.isprintable():
        return written
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in written)


def type_of(value: Any) -> str:
    """Return the type of a value in the words of YAML."""
    return _TYPES.get(type(value), "value of an unknown type")


def one_of(names: Collection[str]) -> str:
    """Return a list such as `"A", "B" or "C"`. Of many names, it has the first ones and the number of the others."""
    words = [quoted(name) for name in islice(names, MOST_LISTED)]
    if len(names) > MOST_LISTED:
        return f"{', '.join(words)} or one of {len(names) - MOST_LISTED} more"
    return " or ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def some_of(names: Sequence[str], most: int = MOST_LISTED) -> str:
    """Return a list such as `a, b and 3 more`: the first names, and the number of the others."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if names[most:] else "")


def and_more(number: int) -> str:
    """Return ` (and 3 more)` for 3, and the empty string for 0: what a message leaves out behind the first."""
    return f" (and {number:,} more)" if number else ""


def so_with_more(number: int) -> str:
    """Return `; so it is with 3 more` for 3, and the empty string for 0."""
    return f"; so it is with {number:,} more" if number else ""


def nearest(word: str, candidates: Iterable[str], similar: float = SIMILAR) -> str:
    """Return the candidate that was probably meant, or the empty string.

    That is a candidate that differs in capitals only, or by a part behind a dash (generators add one), or else by a few
    letters: `similar` is the least similarity.
    """
    if len(word) > LONGEST_QUOTE or not word:
        return ""
    names = [*islice(dict.fromkeys(candidates), MOST_CANDIDATES)]
    lower = word.lower()
    for name in names:
        if name.lower() == lower or name.startswith(f"{word}-") or word.startswith(f"{name}-"):
            return name
    from difflib import get_close_matches

    close = get_close_matches(word, names, n=CLOSEST, cutoff=similar)
    return next((name for name in close if _is_misspelling(word, name)), "")


def _is_misspelling(word: str, name: str) -> bool:
    """Return whether two similar names differ by letters, or by a part that only one of them has. If a part is another
    word, as in `front-config` and `back-config`, they are different names.
    """
    mine, theirs = word.split("-"), name.split("-")
    only_mine = [part for part in mine if part not in theirs]
    only_theirs = [part for part in theirs if part not in mine]
    if not only_mine or not only_theirs or len(mine) == len(theirs) == 1:
        return True
    is_paired = len(only_mine) == len(only_theirs) and all(map(_is_like, only_mine, only_theirs))
    return is_paired or alike("".join(mine), "".join(theirs)) >= NEARLY_SAME


def _is_like(one: str, other: str) -> bool:
    if HASH.fullmatch(one) and HASH.fullmatch(other):
        return True
    return alike(one, other) >= (SIMILAR if len(one) > SHORT else SIMILAR_IF_SHORT)


def alike(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, other).ratio()


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return a hint with the nearest candidate, or the empty string."""
    name = nearest(word, candidates)
    return f"did you mean {quoted(name)}?" if name else ""


class Nearest:
    """A search like `nearest`, for a stage that may meet any number of wrong names. Beyond its bounds it finds nothing
    more.
    """

    def __init__(self, searches: int = MOST_SEARCHES) -> None:
        self._left = searches
        self._names_left = MOST_COMPARED

    def to(self, word: str, names: Iterable[str]) -> str:
        """Return the candidate that was probably meant, as `nearest` does."""
        return self.among(word, lambda: names)

    def among(self, word: str, names: Callable[[], Iterable[str]]) -> str:
        """Return the candidate that was probably meant, from names that are gathered only if there is a search."""
        if not self.may_search:
            return ""
        candidates = [*islice(names(), MOST_CANDIDATES)]
        self._left -= 1
        self._names_left -= len(candidates)
        return nearest(word, candidates)

    @property
    def may_search(self) -> bool:
        """Return whether the bounds leave room for another search."""
        return self._left > 0 and self._names_left > 0
