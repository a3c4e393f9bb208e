"""Quantities, such as `1500m`, and semantic versions, and how both compare.

Source: apiserver pkg/cel/library/quantity.go and semverlib.go.
"""

import re
from decimal import Decimal
from typing import Any

from penstock.validate.cel.values import (
    MAX_INT,
    MIN_INT,
    EvaluationError,
    Quantity,
    Version,
    of_type,
)
from penstock.validate.syntax import quantity

_LABEL = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"

VERSION = re.compile(
    rf"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-({_LABEL}(?:\.{_LABEL})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


def to_quantity(text: str) -> Quantity:
    found = quantity(of_type(text, str)) if text == text.strip() else None
    if found is None:
        raise EvaluationError(f"{text!r} is no quantity")
    return Quantity(found)


def is_quantity(text: str) -> bool:
    return text == text.strip() and quantity(of_type(text, str)) is not None


def amount_of(value: Any) -> Decimal:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else of_type(value, Quantity).amount


def compare(one: Any, two: Any) -> int:
    first, second = _order(one), _order(two)
    return int(first > second) - int(first < second)


def _order(value: Any) -> Any:
    if not isinstance(value, Version):
        return amount_of(value)
    labels = [(0, int(each), "") if each.isdigit() else (1, 0, each) for each in value.labels]
    return (value[:3], not value.labels, labels)


def as_integer(value: Quantity) -> int:
    if not is_integer(value):
        raise EvaluationError("this quantity is no whole number")
    return int(of_type(value, Quantity).amount)


def is_integer(value: Quantity) -> bool:
    """Return whether a quantity is written as a whole number: `5000m` is not, since `AsInt64` of Go does not divide.

    Numbers of more than 18 digits are kept in another form, of which `AsInt64` says the same.
    """
    _, digits, exponent = of_type(value, Quantity).amount.as_tuple()
    return bool(exponent >= 0 and len(digits) <= MOST_DIGITS and MIN_INT <= value.amount <= MAX_INT)


MOST_DIGITS = 18
"""maxInt64Factors of apimachinery pkg/api/resource/math.go."""


def sign_of(value: Quantity) -> int:
    amount = of_type(value, Quantity).amount
    return int(amount > 0) - int(amount < 0)


def to_version(text: str) -> Version:
    match = VERSION.fullmatch(of_type(text, str))
    if match is None:
        raise EvaluationError(f"{text!r} is no semantic version")
    return Version(int(match[1]), int(match[2]), int(match[3]), tuple(match[4].split(".")) if match[4] else ())


def normal_version(text: str, is_loose: bool) -> str:
    """Return a version in full: with `is_loose`, `v1.02` becomes `1.2.0`."""
    parts = of_type(text, str).split(".", 2) if of_type(is_loose, bool) else []
    if not parts or (len(parts) < 3 and ("-" in parts[-1] or "+" in parts[-1])):
        return text
    parts[0] = parts[0].removeprefix("v")
    return ".".join([_ZEROS.sub("", each) for each in parts] + ["0"] * (3 - len(parts)))


_ZEROS = re.compile(r"^0+(?=\d)")
