"""Changes of fields as trees: a field that becomes empty is removed, a new field comes last, and a deprecated field is
merged into the current one.
"""

from bisect import bisect
from collections.abc import Sequence
from typing import Any

from penstock.edit.kept import Kept
from penstock.model import Refusal, Tree

Edited = tuple[Tree, list[str]]
"""The wanted fields, and what is to be said about what was not done."""

DEPRECATED = {"resources": "bases", "images": "imageTags"}
"""Kustomize reads the entries of the old field behind those of the new one."""


def with_field(fields: Tree, name: str, value: Any) -> Tree:
    """Return the fields with one of them set, in its place or at the end. An empty value removes the field, since an
    empty field means nothing.
    """
    if value in ("", [], {}):
        return {key: old for key, old in fields.items() if key != name}
    return {**fields, name: value}


def renamed(fields: Tree, old: str, new: str, value: Any) -> Tree:
    """Return the fields with one of them replaced by another one."""
    return dict((new, value) if key == old else (key, item) for key, item in fields.items() if key != new)


def entries(fields: Tree, name: str) -> list[tuple[Any, Any]]:
    """Return the entries of a list and of its deprecated field, each as its value and the way to write it if it stays
    unchanged.
    """
    old = DEPRECATED.get(name, "")
    moved = [(value, Kept((old, index))) for index, value in enumerate(fields.get(old, ()))]
    return [(value, value) for value in fields.get(name, ())] + moved


def with_entries(fields: Tree, name: str, items: list[Any]) -> Tree:
    """Return the fields with this list. Its deprecated field is replaced by the list."""
    old = DEPRECATED.get(name, "")
    if old not in fields:
        return with_field(fields, name, items)
    if items and name not in fields:
        return renamed(fields, old, name, items)
    return with_field(with_field(fields, name, items), old, [])


def in_place_of(old: Tree, new: Tree) -> Tree:
    """Return `new` in the order of `old`. A key that is only in `new` takes the place of one that is only in `old`."""
    fresh = [key for key in new if key not in old]
    ordered = {}
    for key in old:
        name = key if key in new else fresh.pop(0) if fresh else None
        if name is not None:
            ordered[name] = new[name]
    return {**ordered, **new}


def with_named(fields: Tree, field: str, wanted: dict[str, Tree]) -> Tree:
    """Put entries into a list in which a `name` tells them apart.

    Each one replaces the entry of the same name, even if that stands in the deprecated field. A new entry is inserted
    so that the names stay in order, or last if they are not in order.
    """
    present = [name for name in (field, DEPRECATED.get(field, "")) if name in fields] or [field]
    rest = dict(wanted)
    for name in present:
        fields = with_field(fields, name, _updated(fields.get(name, ()), wanted, rest))
    return with_field(fields, present[0], _with_new(fields.get(present[0], ()), rest))


def _updated(entries: Sequence[Tree], wanted: dict[str, Tree], rest: dict[str, Tree]) -> list[Tree]:
    """Return the entries as they are wanted, and remove those from the rest. Of several entries with the same name,
    only the first one stays.
    """
    items = []
    for entry in entries:
        name = entry.get("name", "")
        if name not in wanted:
            items.append(entry)
        elif name in rest:
            items.append(in_place_of(entry, rest.pop(name)))
    return items


def _with_new(entries: Sequence[Tree], new: dict[str, Tree]) -> list[Tree]:
    names = [entry.get("name", "") for entry in entries]
    is_sorted = names == sorted(names)
    items = list(entries)
    for name in sorted(new):
        at = bisect(names, name) if is_sorted else len(names)
        names.insert(at, name)
        items.insert(at, new[name])
    return items


def pairs_of(arguments: list[str], what: str) -> dict[str, str]:
    """Return the pairs of `key:value` arguments. The value may be missing, and may be in double quotes."""
    pairs = {}
    for argument in arguments:
        key, _, value = argument.partition(":")
        if not key and argument:
            raise Refusal(f"invalid {what} {argument!r}: write it as key:value")
        quoted = len(value) >= 2 and value[0] == value[-1] == '"'
        pairs[key] = value[1:-1] if quoted else value
    return pairs


def names_of(argument: str, what: str) -> list[str]:
    """Return the names in a text that separates them by commas."""
    names = argument.split(",")
    if "" in names:
        raise Refusal(f"invalid {what} {argument!r}: a name is empty")
    return names
