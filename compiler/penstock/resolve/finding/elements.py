"""The elements of a long list, found by the text under one of their keys, as the `[name=web]` of a path finds them.

A thousand paths may lead into one list of a thousand elements. Each of them changes an element, and with it the list,
but hardly ever the texts that the next path looks for. So the texts of the last list are kept, and only those of
elements that are others now are read again.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import compress, count
from operator import is_not

from penstock.tree import MISSING
from penstock.typed import Any

LONG = 32
"""The number of elements from which a list is worth an index."""

MOST_KEPT = 8
"""The most indexes in the cache."""

_END = "\n"

_known: dict[str, "Elements"] = {}
"""By key: the index of the last long list in which that key was looked for."""


def elements(items: list[Any], key: str) -> "Elements | None":
    """Return the index of a list by the texts under a key; None where the list is short."""
    if len(items) < LONG:
        return None
    known = _known.get(key)
    if known is None or not known.follow(items):
        if len(_known) >= MOST_KEPT:
            _known.clear()
        known = _known[key] = Elements(items, key)
    return known


class Elements:
    """An index of a list by the texts under a key. `odd` are the positions of elements that have something else there,
    or a text of several lines, and that must be looked at one by one.
    """

    __slots__ = ("_items", "_joined", "_key", "_starts", "odd")

    def __init__(self, items: list[Any], key: str) -> None:
        self._key = key
        self._items = items
        self._index()

    def _index(self) -> None:
        texts = []
        self.odd: list[int] = []
        for number, item in enumerate(self._items):
            found = _value(item, self._key)
            is_line = found.__class__ is str and _END not in found
            texts.append(found if is_line else "")
            if not is_line and found is not MISSING:
                self.odd.append(number)
        starts, start = [], 1
        for text in texts:
            starts.append(start)
            start += len(text) + 1
        self._joined = _END + _END.join(texts) + _END
        self._starts = starts

    def follow(self, items: list[Any]) -> bool:
        """Go on with a list that has the same texts, in which other values of some elements may have changed. Return
        False where this is another list.
        """
        before = self._items
        if items is before:
            return True
        if len(items) != len(before):
            return False
        changed = compress(count(), map(is_not, items, before))
        for passed, number in enumerate(changed):
            if passed >= LONG or _value(items[number], self._key) is not _value(before[number], self._key):
                return False
        self._items = items
        return True

    def containing(self, text: str) -> Iterator[int]:
        """Yield the positions of the elements whose text contains another one, which is not empty."""
        at = self._joined.find(text)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            end = self._joined.index(_END, at)
            at = self._joined.find(text, end)

    def first(self, text: str) -> int | None:
        """Return the position of the first element with exactly this text."""
        at = self._joined.find(f"{_END}{text}{_END}")
        return None if at < 0 else bisect_right(self._starts, at + 1) - 1


def _value(item: Any, key: str) -> Any:
    return item.get(key, MISSING) if item.__class__ is dict else MISSING
