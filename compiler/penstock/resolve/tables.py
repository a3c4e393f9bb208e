"""Indexes of resources by one of their properties, in which selectors and references find them."""

from collections.abc import Callable, Iterable, Iterator, Set
from itertools import chain

from penstock.model import Resource
from penstock.typed import Any

Keys = Callable[[Resource], Set[Any]]
"""Returns the keys under which a table enters a resource."""

_NOTHING: dict[int, Resource] = {}


class Table:
    """An index of the resources by one of their properties. It is kept up to date as the resources change."""

    __slots__ = ("_keys", "_keys_of", "entries", "keys")

    def __init__(self, keys_of: Keys) -> None:
        self._keys_of = keys_of
        self._keys: dict[int, Set[Any]] = {}
        """By the number of a resource: the keys under which it is entered."""
        self.entries: dict[Any, dict[int, Resource]] = {}
        """By key: the resources by number. A key stays when its last resource leaves."""
        self.keys: list[Any] = []
        """All keys that the table has ever had, in the order in which they were added."""

    def enter(self, number: int, resource: Resource) -> None:
        """Enter a resource under the keys that it has now, and remove it from all other keys."""
        keys = self._keys_of(resource)
        before = self._keys.get(number, frozenset())
        if keys == before:
            for key in keys:
                self.entries[key][number] = resource
            return
        self._keys[number] = keys
        for key in before - keys:
            del self.entries[key][number]
        for key in keys:
            if key not in self.entries:
                self.entries[key] = {}
                self.keys.append(key)
            self.entries[key][number] = resource

    def leave(self, number: int) -> None:
        """Remove a resource from the index."""
        for key in self._keys.pop(number, ()):
            del self.entries[key][number]

    def count(self, keys: Iterable[Any]) -> int:
        """Return how many resources have any of these keys. A resource with several of the keys is counted several
        times.
        """
        return sum(len(self.entries.get(key, ())) for key in keys)

    def each(self, keys: Iterable[Any]) -> Iterator[Resource]:
        """Return the resources that have any of these keys, in any order. A resource with several of the keys comes
        several times.
        """
        return chain.from_iterable(self.entries.get(key, _NOTHING).values() for key in keys)

    def find(self, keys: Iterable[Any]) -> list[Resource]:
        """Return the resources that have any of these keys, in order."""
        found: dict[int, Resource] = {}
        for key in keys:
            found.update(self.entries.get(key, {}))
        return [found[number] for number in sorted(found)]
