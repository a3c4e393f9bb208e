"""Fields that take a number of pods or a percentage of them."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer
from penstock.validate.fault import Problem
from penstock.validate.objects import as_number
from penstock.validate.syntax import is_percentage
from penstock.words import quoted


def wrong_amount(at: Pointer, value: Any) -> Iterator[Problem]:
    """Yield a problem where a value is not a valid number or percentage. Null counts as absent."""
    number = as_number(value)
    if type(number) is int and number < 0:
        yield Problem(at, f"{value} is negative")
    elif isinstance(value, str) and not is_percentage(value):
        hint = "remove the quotes" if value.isdigit() else "write a number, or a percentage such as 25%"
        yield Problem(at, f"{quoted(value)} is neither a number nor a percentage", hint)
