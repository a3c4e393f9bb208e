"""Two trees → the fields in which they differ. List elements are matched by their keys."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.changes import At, Element, Field
from penstock.model import Pointer
from penstock.tree import MISSING

Keys = Mapping[str, Any]
"""What is known of each field of a mapping: the keys of a list's elements (or None), and the same for what is below.

It is `merge_keys.Schema` of the stage that merges patches.
"""

USUAL = (
    ("name",),
    ("mountPath",),
    ("containerPort", "protocol"),
    ("port", "protocol"),
    ("key",),
    ("host",),
    ("path",),
    ("topologyKey",),
    ("ip",),
    ("type",),
    ("id",),
)
"""Fields that tell elements of a list apart where no schema says it, the surest first."""

LONGEST_KEY = 80
"""Characters of a key that are shown."""


def differences(before: Any, after: Any, keys: Keys | None = None) -> list[Field]:
    """Return the fields that are not the same, in the order of the new tree."""
    return list(_differing(before, after, keys or {}, (), ()))


def _differing(before: Any, after: Any, keys: Keys, at: At, pointer: Pointer) -> Iterator[Field]:
    if before.__class__ is dict and after.__class__ is dict:
        yield from _in_mappings(before, after, keys, at, pointer)
    elif _is_list_of_mappings(before) and _is_list_of_mappings(after):
        yield from _in_lists(before, after, None, keys, at, pointer)
    elif not is_same(before, after):
        yield Field(at, "changed", before, after, pointer)


def is_same(before: Any, after: Any) -> bool:
    """Return whether two trees are equal as YAML, in which `1`, `true` and `1.0` differ."""
    if before is after:
        return True
    if before.__class__ is not after.__class__:
        return False
    if before.__class__ is dict:
        return before.keys() == after.keys() and all(is_same(value, after[key]) for key, value in before.items())
    if before.__class__ is list:
        return len(before) == len(after) and all(map(is_same, before, after))
    return bool(before == after)


def _in_mappings(before: Any, after: Any, keys: Keys, at: At, pointer: Pointer) -> Iterator[Field]:
    for key in (*after, *(key for key in before if key not in after)):
        old, new = before.get(key, MISSING), after.get(key, MISSING)
        here, there = (*at, str(key)), (*pointer, key)
        of_list, below = keys.get(key) or (None, None)
        if old is MISSING:
            yield Field(here, "added", MISSING, new, there)
        elif new is MISSING:
            yield Field(here, "removed", old, MISSING, there)
        elif _is_list_of_mappings(old) and _is_list_of_mappings(new):
            yield from _in_lists(old, new, of_list, below or {}, here, there)
        else:
            yield from _differing(old, new, below or {}, here, there)


def _is_list_of_mappings(value: Any) -> bool:
    return value.__class__ is list and bool(value) and all(each.__class__ is dict for each in value)


def _in_lists(
    before: list[Any], after: list[Any], keys: Sequence[str] | None, below: Keys, at: At, pointer: Pointer
) -> Iterator[Field]:
    """Yield the differences of two lists of mappings."""
    names = key_of(before, after, keys)
    if names is None:
        yield from _by_place(before, after, below, at, pointer)
        return
    old = {name_of(each, names): (number, each) for number, each in enumerate(before)}
    new = {name_of(each, names): (number, each) for number, each in enumerate(after)}
    for name, (number, element) in new.items():
        here, there = (*at, Element(name)), (*pointer, number)
        if name in old:
            yield from _differing(old[name][1], element, below, here, there)
        else:
            yield Field(here, "added", MISSING, element, there)
    for name, (number, element) in old.items():
        if name not in new:
            yield Field((*at, Element(name)), "removed", element, MISSING, (*pointer, number))
    was, now = _common(old, new), _common(new, old)
    if was != now:
        yield Field(at, "moved", was, now, pointer)


def _common(names: Iterable[Any], others: Container[Any]) -> list[Any]:
    """Return the names that are on both sides, in the order of the first one."""
    return [name for name in names if name in others]


def key_of(before: list[Any], after: list[Any], keys: Sequence[str] | None) -> Sequence[str] | None:
    """Return the fields that tell the elements of both lists apart, or None where no fields do."""
    for names in (*([keys] if keys else []), *USUAL):
        are_named = all(names[0] in each for each in (*before, *after))
        if are_named and _are_distinct(before, names) and _are_distinct(after, names):
            return names
    return None


def _are_distinct(elements: list[Any], names: Sequence[str]) -> bool:
    counts = Counter(name_of(each, names) for each in elements)
    return all(count == 1 for count in counts.values())


def name_of(element: Any, names: Sequence[str]) -> str:
    """Return the key of an element as text."""
    values = (element[name] for name in names if name in element)
    return "/".join(value if isinstance(value, str) else json.dumps(value) for value in values)[:LONGEST_KEY]


def _by_place(before: list[Any], after: list[Any], below: Keys, at: At, pointer: Pointer) -> Iterator[Field]:
    """Yield the differences of two lists without keys. Equal elements at both ends are left out, and the rest is
    compared place by place.
    """
    start = 0
    while start < min(len(before), len(after)) and is_same(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and is_same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for number in range(max(len(old), len(new))):
        here, there = (*at, start + number), (*pointer, start + number)
        if number >= len(new):
            yield Field(here, "removed", old[number], MISSING, there)
        elif number >= len(old):
            yield Field(here, "added", MISSING, new[number], there)
        else:
            yield from _differing(old[number], new[number], below, here, there)
