"""The dependencies of a result: every look at the sources that was taken for it, and what the look gave.

A file is identified by git's id of its content. So two commits are compared without reading a file, and a work tree is
compared by reading each file once. A result holds wherever all looks of its closure give the same: every file that was
read has the same content there, and every file that was looked for and missing is still missing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import cache

from penstock.digests import digest
from penstock.errors import Unreadable
from penstock.regex import regex
from penstock.sources import Files

Look = tuple[str, str]
"""The kind of a look, and the path.

The kinds are `read`, `real`, `is_dir`, `walk` (all files below), `scan` (the file was read to search for a word that it
does not have), and those that ask for a part of all files below, such as `kustomizations`.
"""

EXCLUDED = "excluded"
"""The kind of a look at a file that would be scanned for definitions if penstock.yaml did not exclude it. Its result is
empty.
"""

Closure = dict[Look, str]
"""The result of each look, as text."""

ODD = regex(r"//|(?:^|/)\.{1,2}/|/\.{0,2}$|^$")
"""Paths that have a shorter form, so that comparing them with normalized paths would miss them."""


def _is_odd(path: str) -> bool:
    """Return whether a path has a shorter form. Most have none, which is faster to see without a regular expression."""
    return ("./" in path or "//" in path or path[-1:] in "/.") and ODD.search(path) is not None


Listed = Callable[[str, list[str]], Iterable[str]]
"""Returns the part of all files below a directory that a look of this kind asks for; `targets` knows these kinds."""


class Answers:
    """The results of looks at some files. Each look is taken once."""

    def __init__(self, files: Files, listed: Listed) -> None:
        self._files = files
        self._listed = listed
        self._results: Closure = {}
        self._waiting: list[Iterable[tuple[Look, str]]] = []
        self._beside: Answers | None = None
        self._touched: Callable[[], Set[str] | None] = lambda: None
        self._settled: Sequence[tuple[Look, str]] | None = None

    def put_beside(self, other: "Answers", touched: Callable[[], Set[str] | None]) -> None:
        """Let each of two states of the same files use what the other one knows.

        `touched` returns the paths at which they differ, or None if these are not known.
        """
        self._beside, other._beside = other, self
        self._touched = other._touched = cache(touched)

    def give(self, look: Look) -> str:
        """Return the result of a look."""
        found = self._given.get(look)
        if found is None:
            found = self._given[look] = self._found(look)
        return found

    def _found(self, look: Look) -> str:
        known = self._beside._given.get(look) if self._beside is not None else None
        if known is not None and self._is_untouched(look[1]):
            return known
        try:
            return self._give(*look)
        except Unreadable as reason:
            return f"! {reason}"

    def _is_untouched(self, path: str) -> bool:
        touched = self._touched()
        return touched is not None and path not in touched and not _is_odd(path)

    @property
    def _given(self) -> Closure:
        """The results of the looks that were taken."""
        while self._waiting:
            self._results.update(self._waiting.pop(0))
        return self._results

    def know(self, given: Iterable[tuple[Look, str]]) -> None:
        """Take over the results of looks that were taken earlier at these very files. They are gone through only when a
        result is asked for: where nothing has changed at all, none is.
        """
        self._waiting.append(given)

    def settle(self, looks: Sequence[tuple[Look, str]]) -> None:
        """Count the looks of a ledger of these very files as holding here, also those that may hold although the
        content of a file has changed.
        """
        self._settled = looks

    def suppose(self, look: Look, given: str) -> None:
        """Set the result of a look to that of another state, because the difference between the two does not come from
        the sources.
        """
        self._given[look] = given

    def closure(self, looks: Iterable[Look]) -> Closure:
        """Return the results of some looks."""
        known, found = self._given, {}
        for look in looks:
            given = known.get(look)
            found[look] = self.give(look) if given is None else given
        return found

    def differing_among(self, looks: Sequence[tuple[Look, str]]) -> frozenset[int]:
        """Return the indices of the looks whose results have changed. This is the fast way for very many looks.

        Of looks that hold in the state beside, only those at which the two states differ can have changed.
        """
        is_settled = self._beside is not None and self._beside._settled is looks
        touched = self._touched() if is_settled else None
        if touched is not None:
            open_ones = [number for number, (look, _) in enumerate(looks) if look[1] in touched or _is_odd(look[1])]
        else:
            known = self._given
            open_ones = [number for number, (look, was) in enumerate(looks) if known.get(look) != was]
        return frozenset(number for number in open_ones if self.give(looks[number][0]) != looks[number][1])

    def differing(self, closure: Closure) -> Iterator[Look]:
        """Return the looks whose results have changed."""
        return (look for look, given in closure.items() if self.give(look) != given)

    def holds(self, closure: Closure) -> bool:
        """Return whether all looks give the same results as before."""
        return next(self.differing(closure), None) is None

    def _give(self, how: str, path: str) -> str:
        if how in ("read", "scan"):
            return self._files.blob(path) or "-"
        if how == "real":
            return self._files.real(path)
        if how == "is_dir":
            return "yes" if self._files.is_dir(path) else "no"
        if how == EXCLUDED:
            return ""
        if how == "links":
            return _digest(self._files.links(path))
        below = sorted(self._files.walk(path))
        return _digest(below if how == "walk" else self._listed(how, below))


def _digest(names: Iterable[str]) -> str:
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))
