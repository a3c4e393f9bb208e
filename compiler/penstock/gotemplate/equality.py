"""`reflect.DeepEqual`: two values are equal where they have the same type and equal parts."""

from penstock.gotemplate.bounds import Meter
from penstock.gotemplate.failures import Exceeded
from penstock.gotemplate.values import Value, type_of

MAX_DEPTH = 500

STEPS_OF_A_PAIR, STEPS_OF_A_PART = 12, 2
"""The steps that comparing two lists or mappings costs, and each of their parts."""


def deep_equal(one: Value, two: Value, meter: Meter, depth: int = 0) -> bool:
    """Return whether two values are deeply equal; 1 and 1.0 are not."""
    kind = one.__class__
    if kind is not two.__class__:
        return False
    if kind is dict:
        return _maps_equal(one, two, meter, depth)
    if kind is list:
        return _lists_equal(one, two, meter, depth)
    if kind is str:
        meter.spend(len(one) // 4096)
    if isinstance(one, dict):
        return type_of(one) == type_of(two) and _maps_equal(one, two, meter, depth)
    if isinstance(one, list):
        return _lists_equal(one, two, meter, depth)
    return bool(one == two)


def _enter(size: int, meter: Meter, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Exceeded(f"values with more than {MAX_DEPTH} levels, or that hold themselves, cannot be compared")
    meter.spend(STEPS_OF_A_PAIR + STEPS_OF_A_PART * size)


def _maps_equal(one: dict[str, Value], two: dict[str, Value], meter: Meter, depth: int) -> bool:
    _enter(len(one), meter, depth)
    if len(one) != len(two):
        return False
    return one is two or all(key in two and deep_equal(value, two[key], meter, depth + 1) for key, value in one.items())


def _lists_equal(one: list[Value], two: list[Value], meter: Meter, depth: int) -> bool:
    _enter(len(one), meter, depth)
    if len(one) != len(two):
        return False
    return one is two or all(deep_equal(a, b, meter, depth + 1) for a, b in zip(one, two, strict=True))
