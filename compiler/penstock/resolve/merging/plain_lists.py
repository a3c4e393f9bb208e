"""A cache of long, simply structured lists, kept from one patch to the next.

A patch names a few elements of a list, such as one variable of a thousand. If all elements are identified by the same
keys, and a merge leaves every unnamed element unchanged, the unnamed ones need not be examined again. A thousand
patches of one list then take a thousand steps, and not a million.
"""

from collections.abc import Sequence
from itertools import compress

from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.scalar import may_be_date
from penstock.sources import Spellings
from penstock.typed import Any

FEW = 16
"""The length from which on caching a list is worthwhile."""

MOST_KEPT = 64
"""The most lists in the cache."""


Name = tuple[str, ...]
"""The name of an element: the text of each merge key of its list, empty for a key that the element lacks."""


class PlainList:
    """A list whose elements have unique names, made of the same keys, and stay unchanged in a merge that does not name
    them.

    `schema` is that of the elements.
    """

    __slots__ = ("_asked", "_names", "_numbers", "elements", "has_numbers", "keys", "schema", "used", "values")

    def __init__(
        self, values: list[Any], keys: tuple[str, ...], schema: Schema | None, elements: dict[Name, Any]
    ) -> None:
        self.values = values
        self.keys = keys
        self.schema = schema
        self.elements = elements
        """The elements by name, in their order."""
        self.used = _used(next(iter(elements)), keys)
        """The keys that the elements have."""
        first = next(iter(elements.values()))
        self.has_numbers = any(first[key].__class__ is int for key in self.used)
        self._names: list[Name] | None = None
        self._numbers: dict[Name, int] | None = None
        self._asked = 0

    def number(self, name: Name) -> int:
        """Return the position of an element of the list."""
        if self._names is None:
            self._names = list(self.elements)
        self._asked += 1
        if self._asked <= FEW:  # most patches name a few elements, for which a table is not worthwhile
            return self._names.index(name)
        if self._numbers is None:
            self._numbers = {each: number for number, each in enumerate(self._names)}
        return self._numbers[name]

    def has_form_of(self, name: Name) -> bool:
        """Return whether a name is made of the same keys as those of the elements."""
        return _used(name, self.keys) == self.used

    def names(self, patch: Sequence[Any]) -> list[Name] | None:
        """Return the names of the elements of a patch; None where an element has no name, or one that is made of other
        keys.
        """
        found = named(patch, self.keys)
        if found is None or not all(map(self.has_form_of, found)):
            return None
        return list(found)

    def with_changes(self, names: Sequence[Name], changes: dict[Name, Any]) -> dict[Name, Any]:
        """Return the elements after those with these names have changed or, if they are not in `changes`, have been
        deleted.

        If names are made of one key, all changed elements come first. If they are made of several, new elements come
        first and the others keep their places.
        """
        if len(self.used) == 1:
            rest = self.elements.copy()
            for name in names:
                rest.pop(name, None)
            return {**changes, **rest}
        merged = {name: value for name, value in changes.items() if name not in self.elements}
        merged.update(self.elements)
        for name in names:
            if name not in changes:
                merged.pop(name, None)
        merged.update(changes)
        return merged


class PlainLists:
    """The cache of the plain lists of a run."""

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._known: dict[int, PlainList] = {}
        """By the `id` of a list, which stays valid because the list is kept, too."""

    def find(self, values: Any, field: FieldSchema) -> PlainList | None:
        """Return the list of a field as a plain list; None where it is short, not plain or not merged by keys."""
        keys, schema = field
        if values.__class__ is not list or len(values) < FEW or not keys:
            return None
        known = self._known.get(id(values))
        if known is None or known.keys != keys or known.schema is not schema:
            elements = named(values, keys)
            if elements is None or not all(_is_plain(value, schema) for value in values):
                return None
            known = self.keep(PlainList(values, keys, schema, elements))
        # If some numbers are spelled in an unusual way, elements are distinguished by the spelling of their numbers.
        return None if known.has_numbers and self._spellings.odd_numbers else known

    def keep(self, known: PlainList) -> PlainList:
        """Put a list in the cache."""
        while len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[id(known.values)] = known
        return known

    def keep_merged(
        self, before: PlainList, values: list[Any], elements: dict[Name, Any], changes: dict[Name, Any]
    ) -> None:
        """Put the result of merging into a list in the cache, if it is plain, too."""
        keys, schema = before.keys, before.schema
        if not values or not all(_is_plain(value, schema) for value in changes.values()):
            return
        if all(_name_of(value, keys) == name for name, value in changes.items()):
            self.keep(PlainList(values, keys, schema, elements))


def named(values: Sequence[Any], keys: tuple[str, ...]) -> dict[Name, Any] | None:
    """Return elements by name; None where an element has no name, or a name that is not unique or is made of other
    keys.
    """
    elements: dict[Name, Any] = {}
    for element in values:
        name = _name_of(element, keys) if element.__class__ is dict else None
        if name is None:
            return None
        elements[name] = element
    # All elements have to be named by the same keys.
    forms = {tuple(map(bool, name)) for name in elements}
    return elements if len(elements) == len(values) and len(forms) == 1 else None


def _name_of(element: dict[str, Any], keys: tuple[str, ...]) -> Name | None:
    """Return the name of an element; None where it has no key, or a key that is neither a simple text nor an
    integer.
    """
    if not all(_is_name(element[key]) for key in keys if key in element):
        return None
    name = tuple([str(element[key]) if key in element else "" for key in keys])
    return name if any(name) else None


def _used(name: Name, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that a name is made of."""
    return tuple(compress(keys, name))


def _is_plain(tree: dict[str, Any], schema: Schema | None) -> bool:
    """Return whether a merge certainly leaves a mapping unchanged if the patch does not name it, judging by its
    values.
    """
    # Kustomize refuses an empty key, and merges what looks like an object by the schema of its kind.
    if "" in tree or ("kind" in tree and "apiVersion" in tree):
        return False
    for key, value in tree.items():
        if value.__class__ in _SCALARS:
            continue
        keys, below = schema.get(key, (None, None)) if schema else (None, None)
        if value.__class__ is dict:
            is_plain = keys is None and _is_plain(value, below)
        else:
            is_plain = value.__class__ is list and (keys is None or _are_plain(value, keys, below))
        if not is_plain:
            return False
    return True


def _are_plain(values: list[Any], keys: tuple[str, ...], schema: Schema | None) -> bool:
    """Return whether a merge leaves a list unchanged if the patch does not name it.

    It does if all elements have the same keys and no two have the same values for them.
    """
    if not all(element.__class__ is dict and _is_plain(element, schema) for element in values):
        return False
    used = [key for key in keys if values and key in values[0]]
    unused = [key for key in keys if key not in used]
    # Kustomize merges by the keys that some element has, so a key of one element counts for all.
    if any(any(map(element.__contains__, unused)) for element in values):
        return False
    rows = [tuple(element.get(key) for key in used) for element in values]
    return bool(used) and all(all(map(_is_name, row)) for row in rows) and len({*map(str, rows)}) == len(rows)


def _is_name(value: Any) -> bool:
    return value.__class__ is int or (value.__class__ is str and value != "" and not may_be_date(value))


_SCALARS = frozenset((str, int, float, bool))
