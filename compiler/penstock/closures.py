"""What a result depends on: every look that was taken at the sources for it, and what the look gave.

A file is told by the id that git has for its content. So two commits are compared without reading a file, and a work
tree by reading each file once. A result holds wherever all looks of its closure give the same: what was read is the
same then, and what was looked for and not there is still not there.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import cache

from penstock.digests import digest
from penstock.errors import Unreadable
from penstock.model import Files

Look = tuple[str, str]
"""How a path is looked at, and the path. The ways: `read`, `real`, `is_dir`, `walk` (all files below), `kustomizations`
(those of that name below) and `scan` (the file was read for one word, which it did not have).
"""

EXCLUDED = "excluded"
"""The look at a file that would be scanned for definitions if penstock.yaml did not exclude it. It gives nothing."""

Closure = dict[Look, str]
"""What each look gives, as text."""

ODD = re.compile(r"//|(?:^|/)\.{1,2}/|/\.{0,2}$|^$")
"""Paths that can be written in a shorter way, so that they are not found among those that are."""

Named = Callable[[Iterable[str]], Iterable[str]]
"""Those of some paths that have the name of a kustomization; `parse` knows."""


class Answers:
    """What looks at some files give, each taken once.

    Those `beside` are of another state of the same files, which has the same at all paths but those that `touched`
    gives, where it is known which these are.
    """

    def __init__(
        self,
        files: Files,
        named: Named,
        beside: "Answers | None" = None,
        touched: Callable[[], Set[str] | None] = lambda: None,
    ) -> None:
        self._files = files
        self._named = named
        self._given: Closure = {}
        self._beside = beside
        self._touched = cache(touched)

    def give(self, look: Look) -> str:
        """What a look gives."""
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
        return touched is not None and path not in touched and not ODD.search(path)

    def know(self, given: Iterable[tuple[Look, str]]) -> None:
        """Take what looks have given at these very files before."""
        self._given.update(given)

    def suppose(self, look: Look, given: str) -> None:
        """Have a look give what it gives in other states, where the difference is none of the sources."""
        self._given[look] = given

    def closure(self, looks: Iterable[Look]) -> Closure:
        """What some looks give."""
        return {look: self.give(look) for look in looks}

    def differing_among(self, looks: Sequence[tuple[Look, str]]) -> frozenset[int]:
        """Return the numbers of the looks that do not give what they gave, of very many."""
        known, beside = self._given, self._beside
        touched = self._touched() if beside is not None else None
        is_odd = ODD.search
        differing = []
        for number, (look, was) in enumerate(looks):
            found = known.get(look)
            if found is None and beside is not None and touched is not None:
                path = look[1]
                found = beside._given.get(look) if path not in touched and not is_odd(path) else None
            if found is None:
                found = self.give(look)
            if found != was:
                differing.append(number)
        return frozenset(differing)

    def differing(self, closure: Closure) -> Iterator[Look]:
        """The looks that do not give what they gave."""
        return (look for look, given in closure.items() if self.give(look) != given)

    def holds(self, closure: Closure) -> bool:
        """Whether all looks give what they gave."""
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
        below = self._files.walk(path)
        return _digest(sorted(below if how == "walk" else self._named(below)))


def _digest(names: Iterable[str]) -> str:
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))
