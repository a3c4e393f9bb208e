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
    """The results of looks at some files. Each look is taken once.

    `beside` are the answers for another state of the same files. `touched` returns the paths at which the two states
    differ, or None if these are not known.
    """

    def __init__(
        self,
        files: Files,
        listed: Listed,
        beside: "Answers | None" = None,
        touched: Callable[[], Set[str] | None] = lambda: None,
    ) -> None:
        self._files = files
        self._listed = listed
        self._results: Closure = {}
        self._waiting: list[Iterable[tuple[Look, str]]] = []
        self._beside = beside
        self._touched = cache(touched)
        self._settled: Sequence[tuple[Look, str]] | None = None

    def give(self, look: Look) -> str:
        """Return the result of a look."""
        found = self._given.get(look)
        if found is None:
            found = self._given[look] = self._found(look)
        return found

    def _found(self, look: Look) -> str:
        if self._beside is not None and self._is_untouched(look[1]):
            return self._beside.give(look)
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
        return {look: self.give(look) for look in looks}

    def differing_among(self, looks: Sequence[tuple[Look, str]]) -> frozenset[int]:
        """Return the indices of the looks whose results have changed. This is the fast way for very many looks.

        Of looks that hold in the state beside, only those at which the two states differ can have changed.
        """
        beside = self._beside
        touched = self._touched() if beside is not None else None
        if beside is not None and beside._settled is looks and touched is not None:
            numbered = ((n, each) for n, each in enumerate(looks) if each[0][1] in touched or _is_odd(each[0][1]))
            return frozenset(number for number, (look, was) in numbered if self.give(look) != was)
        known = self._given
        known_beside = beside._given if beside is not None and touched is not None else {}
        differing = []
        for number, (look, was) in enumerate(looks):
            found = known.get(look)
            if found is None and touched is not None:
                path = look[1]
                found = known_beside.get(look) if path not in touched and not _is_odd(path) else None
            if found is None:
                found = self.give(look)
            if found != was:
                differing.append(number)
        return frozenset(differing)

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
