"""Long lists of a simple kind, known from one patch to the next.

A patch names a few elements of a list, such as one variable of a thousand. Where the others are told apart by the keys
that all of them have, and a merge with nothing leaves them as they are, nobody has to look at them again. A thousand
patches of one list then cost a thousand looks, and not a million.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any

from penstock.model import Spellings
from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.scalar import may_be_date

FEW = 16
"""Lists that are shorter are not worth it."""

MOST_KEPT = 64
"""Lists that are kept in mind."""


Name = tuple[str, ...]
"""What an element is called: the text of each key that its list is merged by, empty for one that it does not have."""


class PlainList:
    """A list whose elements have names of their own, made of the same of its keys, and stay as they are in a merge with
    nothing. `schema` is that of the elements.
    """

    __slots__ = ("_numbers", "elements", "has_numbers", "keys", "schema", "used", "values")

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
        self._numbers: list[Name] | None = None

    def number(self, name: Name) -> int:
        """The position of an element that is there."""
        if self._numbers is None:
            self._numbers = list(self.elements)
        return self._numbers.index(name)

    def has_form_of(self, name: Name) -> bool:
        """Whether a name is made of the same keys as those of the elements."""
        return _used(name, self.keys) == self.used

    def names(self, patch: Sequence[Any]) -> list[Name] | None:
        """The names of the elements of a patch; None where some have none, or one that is made of other keys."""
        found = named(patch, self.keys)
        if found is None or not all(map(self.has_form_of, found)):
            return None
        return list(found)

    def with_changes(self, names: Sequence[Name], changes: dict[Name, Any]) -> dict[Name, Any]:
        """The elements after those with some names have changed, or gone. What has changed comes first where one key
        makes the names; where several do, that is true of what is new, and the others stay where they are.
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
    """The lists of a run that are plain, as far as they are kept in mind."""

    def __init__(self, spellings: Spellings) -> None:
        self._spellings = spellings
        self._known: dict[int, PlainList] = {}
        """By the identity of a list, which stays what it is since the list is kept too."""

    def find(self, values: Any, field: FieldSchema) -> PlainList | None:
        """What is known of the list of a field; None where it is short, not plain or not merged by keys."""
        keys, schema = field
        if values.__class__ is not list or len(values) < FEW or not keys:
            return None
        known = self._known.get(id(values))
        if known is None or known.keys != keys or known.schema is not schema:
            elements = named(values, keys)
            if elements is None or not all(_is_plain(value, schema) for value in values):
                return None
            known = self.keep(PlainList(values, keys, schema, elements))
        # Elements are told apart by how their numbers are spelled, where some are not spelled as usual.
        return None if known.has_numbers and self._spellings.odd_numbers else known

    def keep(self, known: PlainList) -> PlainList:
        """Keep a list in mind."""
        while len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[id(known.values)] = known
        return known

    def keep_merged(
        self, before: PlainList, values: list[Any], elements: dict[Name, Any], changes: dict[Name, Any]
    ) -> None:
        """Keep what has become of a list in mind, if it is plain too."""
        keys, schema = before.keys, before.schema
        if not values or not all(_is_plain(value, schema) for value in changes.values()):
            return
        if all(_name_of(value, keys) == name for name, value in changes.items()):
            self.keep(PlainList(values, keys, schema, elements))


def named(values: Sequence[Any], keys: tuple[str, ...]) -> dict[Name, Any] | None:
    """Elements by name; None where some have none, or one that others have or that is not made of the same keys."""
    elements: dict[Name, Any] = {}
    for element in values:
        name = _name_of(element, keys) if element.__class__ is dict else None
        if name is None:
            return None
        elements[name] = element
    forms = {tuple(map(bool, name)) for name in elements}
    return elements if len(elements) == len(values) and len(forms) == 1 else None


def _name_of(element: dict[str, Any], keys: tuple[str, ...]) -> Name | None:
    """What an element is called; None where a key of it is not just a text or a number, or where it has none."""
    if not all(_is_name(element[key]) for key in keys if key in element):
        return None
    name = tuple([str(element[key]) if key in element else "" for key in keys])
    return name if any(name) else None


def _used(name: Name, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that a name is made of."""
    return tuple(compress(keys, name))


def _is_plain(tree: dict[str, Any], schema: Schema | None) -> bool:
    """Whether a merge with nothing leaves a mapping as it is, as far as a look at its values tells."""
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
    """Whether a merge with nothing leaves a list as it is: all of its elements have the same keys, and no two the same
    values of them.
    """
    if not all(element.__class__ is dict and _is_plain(element, schema) for element in values):
        return False
    used = [key for key in keys if values and key in values[0]]
    unused = [key for key in keys if key not in used]
    if any(any(map(element.__contains__, unused)) for element in values):
        return False
    rows = [tuple(element.get(key) for key in used) for element in values]
    return bool(used) and all(all(map(_is_name, row)) for row in rows) and len({*map(str, rows)}) == len(rows)


def _is_name(value: Any) -> bool:
    return value.__class__ is int or (value.__class__ is str and value != "" and not may_be_date(value))


_SCALARS = frozenset((str, int, float, bool))
