"""What pure functions came to in earlier runs, found by a digest of everything on which the result depends.

A verdict about an object depends on its tree and on the definition of its kind; a place depends on the text of its
document. So neither has to be proven again: a result is found only by the very same input, whatever has changed
elsewhere. The engine is the same, because the cache keeps the results of each engine apart.
"""

from collections.abc import Mapping

from penstock.digests import digest
from penstock.typed import Any


class Recall:
    """Results by their keys, each in a form that JSON can hold. `known` are those of earlier runs."""

    def __init__(self, known: Mapping[str, Any] = {}) -> None:
        self._known = known
        self.used: dict[str, Any] = {}
        """The results that this run has asked for, or has added."""
        self.added = 0

    def get(self, key: str) -> Any:
        """Return a result, or None if no run has come to it yet."""
        found = self.used.get(key)
        if found is None and (found := self._known.get(key)) is not None:
            self.used[key] = found
        return found

    def put(self, key: str, result: Any) -> None:
        """Add a result, which is not None."""
        self.used[key] = result
        self.added += 1

    @property
    def everything(self) -> Mapping[str, Any]:
        """Return the results to keep. Those that nobody has asked for are dropped once they are more than the others:
        a run over one target must not forget all the others, and what no longer exists must not stay for ever.
        """
        return {**self._known, **self.used} if len(self._known) <= 2 * len(self.used) else self.used


def key_of(*inputs: object) -> str:
    """Return the key of a result that depends on some plain trees and texts. Raises ValueError for a number that is
    too long to be written.

    `repr` keeps apart what JSON does not, such as `1`, `1.0` and `true` as keys; and the order of keys counts, because
    findings follow it.
    """
    return digest("\0".join(map(repr, inputs)).encode())
