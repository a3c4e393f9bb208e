"""Functions of lists and of lists as sets.

Source: cel-go ext/lists.go and ext/sets.go; apiserver pkg/cel/library/lists.go.
"""

from collections.abc import Callable
from typing import Any

from penstock.validate.cel.values import (
    MAX_LENGTH,
    EvaluationError,
    UnsupportedError,
    add,
    equal,
    less,
    name_of,
    of_type,
)


def is_sorted(items: list[Any]) -> bool:
    return not any(less(two, one) for one, two in zip(items, of_type(items, list)[1:], strict=False))


def total(items: list[Any]) -> Any:
    found: Any = 0
    for index, each in enumerate(of_type(items, list)):
        found = each if index == 0 else add(found, each)
    return found


def smallest(items: list[Any]) -> Any:
    return _extreme(items, lambda one, two: less(one, two))


def largest(items: list[Any]) -> Any:
    return _extreme(items, lambda one, two: less(two, one))


def _extreme(items: list[Any], is_better: Callable[[Any, Any], bool]) -> Any:
    if not of_type(items, list):
        raise EvaluationError("min and max need an item")
    found = items[0]
    for each in items[1:]:
        found = each if is_better(each, found) else found
    return found


def one_or_many(*values: Any) -> list[Any]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)


def contains_all(one: list[Any], two: list[Any]) -> bool:
    return all(any(equal(each, other) for other in of_type(one, list)) for each in of_type(two, list))


def intersects(one: list[Any], two: list[Any]) -> bool:
    return any(equal(each, other) for each in of_type(one, list) for other in of_type(two, list))


def distinct(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for each in of_type(items, list):
        if not any(equal(each, other) for other in found):
            found.append(each)
    return found


def flattened(items: list[Any], depth: int = 1) -> list[Any]:
    found: list[Any] = []
    for each in of_type(items, list):
        found += flattened(each, depth - 1) if isinstance(each, list) and depth > 0 else [each]
    return found


def sliced(items: list[Any], start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(of_type(items, list)):
        raise EvaluationError("slice out of range")
    return items[start:end]


def numbers_below(count: int) -> list[int]:
    if of_type(count, int) < 0:
        raise EvaluationError(f"a list cannot have {count} items")
    if count > MAX_LENGTH:
        raise UnsupportedError("the list becomes too long")
    return list(range(count))


def ordered(items: list[Any]) -> list[Any]:
    if len({name_of(each) for each in of_type(items, list)}) > 1:
        raise EvaluationError("the items to be sorted have several types")
    return sorted(items)
