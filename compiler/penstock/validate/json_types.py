"""The types of a schema: their names in messages, and the checks of whether a value has them."""

from collections.abc import Callable
from math import isfinite
from typing import Any

TYPE_NAMES = {
    "object": "mapping",
    "array": "list",
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "int-or-string": "integer or string",
    "quantity": "quantity",
}


def is_integer(value: Any) -> bool:
    """Return whether a value is an integer. 3.0 is one: JSON does not distinguish it from 3, and it is printed as 3."""
    return type(value) is int or (type(value) is float and value.is_integer())


TYPE_CHECKS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "string": lambda value: type(value) is str,
    "integer": is_integer,
    "number": lambda value: type(value) is int or (type(value) is float and isfinite(value)),
    "boolean": lambda value: type(value) is bool,
    "int-or-string": lambda value: type(value) is str or is_integer(value),
    "quantity": lambda value: type(value) is str or type(value) is int or type(value) is float,
}
