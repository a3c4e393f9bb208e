"""The cost of operators and functions at run time, which depends on the sizes of their arguments.

Source: cel-go interpreter/runtimecost.go; apiserver pkg/cel/library/cost.go, Kubernetes 1.37.
"""

from collections.abc import Callable
from math import ceil
from typing import Any

from penstock.validate.cel.values import Optional

TEXT, PATTERN = 0.1, 0.25
"""The cost of reading one character of a string, and of one character of a regular expression."""

FORMAT_PATTERN = 128


def size_of(value: Any) -> int:
    if value.__class__ is str:
        return len(value)
    if isinstance(value, Optional):
        return size_of(value.value) if value.is_there else 1
    return len(value) if isinstance(value, str | bytes | list | dict) else 1


def cost_of_operator(sign: str, one: Any, two: Any) -> int:
    if sign == "in":
        return size_of(two) if isinstance(two, list) else 1
    if sign in ("==", "!="):
        return _read(min(size_of(one), size_of(two)))
    if isinstance(one, str | bytes) and isinstance(two, str | bytes):
        return _read(size_of(one) + size_of(two) if sign == "+" else min(size_of(one), size_of(two)))
    return 1


def cost_of_call(name: str, values: list[Any], result: Any) -> int:
    reckon = COSTS.get(name)
    return reckon(values, result) if reckon is not None and values else 1


def _read(size: int, factor: float = TEXT) -> int:
    return ceil(size * factor)


def _of_first(values: list[Any], result: Any) -> int:
    return _read(size_of(values[0]))


def _of_second(values: list[Any], result: Any) -> int:
    return _read(size_of(values[1])) if len(values) > 1 else 1


def _twice(values: list[Any], result: Any) -> int:
    return _read(size_of(values[0]), 2 * TEXT)


def _joined(values: list[Any], result: Any) -> int:
    return _read(size_of(result), 2 * TEXT)


def _matched(values: list[Any], result: Any) -> int:
    return _read(1 + size_of(values[0])) * _read(size_of(values[1]), PATTERN) if len(values) > 1 else 1


def _contained(values: list[Any], result: Any) -> int:
    return _read(size_of(values[0])) * _read(size_of(values[1])) if len(values) > 1 else 1


def _named_format(values: list[Any], result: Any) -> int:
    return _read(1 + size_of(values[-1])) * _read(FORMAT_PATTERN, PATTERN)


def _gone_through(values: list[Any], result: Any) -> int:
    return _traversal(values[0])


def _traversal(value: Any) -> int:
    if isinstance(value, str | bytes):
        return int(len(value.encode() if isinstance(value, str) else value) * TEXT)
    if isinstance(value, list):
        return sum(map(_traversal, value))
    return sum(map(_traversal, (*value, *value.values()))) if isinstance(value, dict) else 1


COSTS: dict[str, Callable[[list[Any], Any], int]] = {
    **dict.fromkeys(("startsWith", "endsWith"), _of_second),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim", "quantity", "isQuantity"), _of_first),
    **dict.fromkeys(("semver", "isSemver", "ip", "isIP", "cidr", "isCIDR", "strings.quote"), _of_first),
    **dict.fromkeys(("replace", "split", "ip.isCanonical"), _twice),
    **dict.fromkeys(("matches", "find", "findAll"), _matched),
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"), _gone_through),
    "contains": _contained,
    "join": _joined,
    "validate": _named_format,
}
"""The cost of a call, by the name of the function. All other functions cost 1."""
