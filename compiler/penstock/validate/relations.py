"""The keywords of `schemas/validation.yaml` that relate the fields of one mapping to each other.

A relation is a list: its keyword, then the arguments of the keyword. As for the API server, a field is not set if it is
absent, null, an empty string or an empty list; an empty mapping counts as set.

Source: pkg/apis/*/validation, as of Kubernetes 1.37.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number
from penstock.words import one_of, quoted

Relation = list[Any]

CONFLICT, NEEDED, REPEATED = "PS434", "PS435", "PS436"


def broken_relations(relations: list[Relation], value: Tree, at: Pointer) -> Iterator[Fault]:
    for word, *arguments in relations:
        yield from RELATIONS[word](value, at, *arguments)


Bound = tuple[Callable[..., Iterator[Fault]], tuple[Any, ...], tuple[str, ...]]
"""A relation whose keyword has been looked up, the arguments of the keyword, and the fields without which no mapping
breaks the relation.
"""


def bound(relations: list[Relation]) -> list[Bound]:
    return [_bound(*each) for each in relations]


def _bound(word: str, *arguments: Any) -> Bound:
    if word == "check":
        return _function(arguments[0]), (), ()
    return RELATIONS[word], arguments, tuple(_presupposed(word, arguments))


def _presupposed(word: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    """Yield the fields that a mapping must have to break a relation: most mappings lack most of them."""
    if word in ("unique", "ordered"):
        yield arguments[0]
    for field, values in arguments[: CONDITIONS.get(word, 0)]:
        if values is None or None not in values:
            yield field


CONDITIONS = {"needs": 1, "forbids": 1, "excludes": 2}
"""How many of the first arguments of a keyword are conditions that must hold for the relation to be broken."""


def keeps_relations(relations: list[Bound], value: Tree) -> bool:
    """Return whether a mapping satisfies all relations, so that `broken_relations` finds nothing."""
    for broken, arguments, presupposed in relations:
        for field in presupposed:
            if field not in value:
                break
        else:
            for _ in broken(value, (), *arguments):
                return False
    return True


def is_set(value: Any) -> bool:
    return value is not None and value != "" and value != []


def holds(condition: Any, value: Tree) -> bool:
    """Return whether a condition holds: that a field is set, or has one of some values, where null means absence."""
    field, values = condition
    found = value.get(field)
    if values is None:
        return is_set(found)
    return (None if found == "" else found) in values


def _one_of(value: Tree, at: Pointer, fields: list[str]) -> Iterator[Fault]:
    if not any(value.get(field) not in (None, []) for field in fields):
        yield Fault("PS423", at, f"one of these is needed: {one_of(fields)}")
    yield from _at_most_one_of(value, at, fields)


def _some_of(value: Tree, at: Pointer, fields: list[str]) -> Iterator[Fault]:
    if not any(is_set(value.get(field)) for field in fields):
        yield Fault(NEEDED, at, f"at least one of these is needed: {one_of(fields)}")


def _at_most_one_of(value: Tree, at: Pointer, fields: list[str]) -> Iterator[Fault]:
    chosen = [key for key, found in value.items() if key in fields and is_set(found)]
    if len(chosen) > 1:
        message = f"only one of {' and '.join(map(quoted, chosen))} can be chosen"
        notes = tuple(((*at, key), "one choice") for key in chosen[:-1])
        yield Fault("PS423", (*at, chosen[-1]), message, "in a patch, remove the other with null", notes)


def _needs(value: Tree, at: Pointer, condition: Any, fields: list[str]) -> Iterator[Fault]:
    if holds(condition, value):
        for field in fields:
            if not is_set(value.get(field)):
                place = (*at, field) if field in value else at
                yield Fault(NEEDED, place, f"the field {quoted(field)} is needed {_because(condition, value)}")


def _forbids(value: Tree, at: Pointer, condition: Any, fields: list[str]) -> Iterator[Fault]:
    if holds(condition, value):
        for field in fields:
            if is_set(value.get(field)) and value[field] is not False and value[field] != {}:
                yield _conflict(value, at, condition, field)


def _excludes(value: Tree, at: Pointer, condition: Any, other: Any) -> Iterator[Fault]:
    """Yield a fault where the second condition holds in addition to the first."""
    if holds(condition, value) and holds(other, value):
        yield _conflict(value, at, condition, other[0])


def _conflict(value: Tree, at: Pointer, condition: Any, field: str) -> Fault:
    notes = (((*at, condition[0]), "the other one"),) if condition[0] in value else ()
    place = (*at, field) if field in value else at
    return Fault(CONFLICT, place, f"{quoted(field)} cannot be this {_because(condition, value)}", "", notes)


def _because(condition: Any, value: Tree) -> str:
    field, values = condition
    found = value.get(field)
    if values is None:
        return f"where {quoted(field)} is set"
    return f"where {quoted(field)} is {quoted(str(found))}" if is_set(found) else f"where {quoted(field)} is not set"


def _unique(value: Tree, at: Pointer, field: str, keys: list[str]) -> Iterator[Fault]:
    """Yield the elements of a list that equal an earlier one, or have the same keys."""
    items = value.get(field)
    seen: dict[Any, int] = {}
    for index, item in enumerate(items) if type(items) is list else ():
        identity = _identity(item, keys)
        if identity is None:
            continue
        first = seen.setdefault(identity, index)
        if first != index:
            notes = (((*at, field, first), "the first one"),)
            what = " and ".join(keys) or "value"
            yield Fault(REPEATED, (*at, field, index), f"has the same {what} as item {first}", "keep one", notes)


def _identity(item: Any, keys: list[str]) -> Any:
    values = [item.get(key) for key in keys] if keys and isinstance(item, dict) else [item]
    if any(isinstance(each, dict | list) for each in values) or all(each in (None, "") for each in values):
        return None
    return tuple((type(each), each) for each in map(as_number, values))


def _ordered(value: Tree, at: Pointer, low: str, sign: str, high: str) -> Iterator[Fault]:
    """Yield a fault where the first number is not less than the second (`<`), or is more than it (`<=`)."""
    one, two = as_number(value.get(low)), as_number(value.get(high))
    if type(one) is int and type(two) is int and (one > two or (sign == "<" and one == two)):
        relation = "less than" if sign == "<" else "at most"
        notes = (((*at, high), "the other number"),)
        yield Fault(CONFLICT, (*at, low), f"{one} is not {relation} {quoted(high)}, which is {two}", "", notes)


def _check(value: Tree, at: Pointer, name: str) -> Iterator[Fault]:
    return _function(name)(value, at)


def _function(name: str) -> Callable[[Tree, Pointer], Iterator[Fault]]:
    from penstock.validate.checks import CHECKS

    return CHECKS[name]


RELATIONS: dict[str, Callable[..., Iterator[Fault]]] = {
    "one of": _one_of,
    "some of": _some_of,
    "at most one of": _at_most_one_of,
    "needs": _needs,
    "forbids": _forbids,
    "excludes": _excludes,
    "unique": _unique,
    "ordered": _ordered,
    "check": _check,
}
