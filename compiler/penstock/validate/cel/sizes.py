"""Sizes of values and costs of expressions, and the arithmetic of both, which stops at `MOST`.

Source: cel-go checker/cost.go.
"""

from math import ceil

from penstock.records import NamedTuple

MOST = 2**64 - 1
"""An unbounded size or cost."""

TEXT, PATTERN = 0.1, 0.25
"""The cost of reading one character of a string, and of one character of a regular expression."""


class UnreckonedError(Exception):
    """The expression calls a function whose cost is not known here."""


class Size(NamedTuple):
    """The minimum and maximum number of characters or elements of a value."""

    least: int
    most: int


class Cost(NamedTuple):
    """The maximum cost of a part of an expression.

    `path` is the field that the part refers to (empty for other expressions), `size` the size of its value, and `item`
    that of the elements of the value.
    """

    cost: int
    path: tuple[str, ...] = ()
    size: Size | None = None
    item: Size | None = None


UNBOUND = Size(0, MOST)

ONE = Size(1, 1)


def sum_of(*costs: int) -> int:
    return min(sum(costs), MOST)


def product_of(one: int, two: int) -> int:
    return min(one * two, MOST)


def scaled(most: int, factor: float) -> int:
    return min(ceil(most * factor), MOST) if most < MOST else MOST


def union_of(*sizes: Size | None) -> Size:
    known = [each or UNBOUND for each in sizes]
    return Size(min(each.least for each in known), max(each.most for each in known))


def sum_of_sizes(one: Size | None, two: Size | None) -> Size:
    first, second = one or UNBOUND, two or UNBOUND
    return Size(sum_of(first.least, second.least), sum_of(first.most, second.most))
