"""Long lists of a simple kind, known from one patch to the next.

A patch names a few elements of a list, such as one variable of a thousand. Where the others are told apart by one key,
and a merge with nothing leaves them as they are, nobody has to look at them again. A thousand patches of one list then
cost a thousand looks, and not a million.
"""

from collections.abc import Sequence
from typing import Any

from penstock.resolve.merging.merge_keys import FieldSchema, Schema
from penstock.scalar import may_be_date

FEW = 16
"""Lists that are shorter are not worth it."""

MOST_KEPT = 64
"""Lists that are kept in mind."""


class PlainList:
    """A list whose elements have names of their own, a text under `key`, and stay as they are in a merge with nothing.

    `schema` is that of the elements.
    """

    __slots__ = ("_numbers", "elements", "key", "schema", "values")

    def __init__(self, values: list[Any], key: str, schema: Schema | None, elements: dict[str, Any]) -> None:
        self.values = values
        self.key = key
        self.schema = schema
        self.elements = elements
        """The elements by name, in their order."""
        self._numbers: list[str] | None = None

    def number(self, name: str) -> int:
        """The position of an element that is there."""
        if self._numbers is None:
            self._numbers = list(self.elements)
        return self._numbers.index(name)

    def without(self, names: Sequence[str]) -> dict[str, Any]:
        """The other elements."""
        rest = self.elements.copy()
        for name in names:
            rest.pop(name, None)
        return rest


class PlainLists:
    """The lists of a run that are plain, as far as they are kept in mind."""

    def __init__(self) -> None:
        self._known: dict[int, PlainList] = {}
        """By the identity of a list, which stays what it is since the list is kept too."""

    def find(self, values: Any, field: FieldSchema) -> PlainList | None:
        """What is known of the list of a field; None where it is short, not plain or not merged by one key."""
        keys, schema = field
        if values.__class__ is not list or len(values) < FEW or keys is None or len(keys) != 1:
            return None
        known = self._known.get(id(values))
        if known is None or known.key != keys[0] or known.schema is not schema:
            elements = named(values, keys[0])
            if elements is None or not all(_is_plain(value, schema) for value in values):
                return None
            known = self.keep(PlainList(values, keys[0], schema, elements))
        return known

    def keep(self, known: PlainList) -> PlainList:
        """Keep a list in mind."""
        while len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[id(known.values)] = known
        return known

    def keep_merged(self, before: PlainList, values: list[Any], elements: dict[str, Any], changed: int) -> None:
        """Keep what has become of a list in mind, if it is plain too: its first `changed` elements are new."""
        key, schema = before.key, before.schema
        first = dict(zip(elements, values[:changed], strict=False))
        if all(_is_plain(value, schema) and value.get(key) == name for name, value in first.items()):
            self.keep(PlainList(values, key, schema, elements))


def named(values: Sequence[Any], key: str) -> dict[str, Any] | None:
    """Elements by name; None where some have none, or one that others have or that is not just a text."""
    elements: dict[str, Any] = {}
    for element in values:
        name = element.get(key) if element.__class__ is dict else None
        if name.__class__ is not str or not _is_name(name):
            return None
        elements[name] = element
    return elements if len(elements) == len(values) else None


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
