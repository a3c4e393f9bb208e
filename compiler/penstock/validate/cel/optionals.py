"""Optional values, and named formats, which are looked up as optional values.

Source: cel-go cel/library.go; apiserver pkg/cel/library/format.go.
"""

from typing import Any

from penstock.validate.cel.named_formats import NAMED
from penstock.validate.cel.values import NOTHING, EvaluationError, Format, Optional, of_type


def or_value(value: Optional, other: Any) -> Any:
    return of_type(value, Optional).value if value.is_there else other


def value_of(value: Optional) -> Any:
    if not of_type(value, Optional).is_there:
        raise EvaluationError("optional.none() has no value")
    return value.value


def of_non_zero(value: Any) -> Optional:
    return Optional(value) if value not in (None, 0, 0.0, "", b"", [], {}) and value is not False else NOTHING


def named_format(name: str) -> Optional:
    return Optional(Format(name)) if of_type(name, str) in NAMED else NOTHING


def format_faults(form: Format, text: str) -> Optional:
    """Return an optional list of complaints, empty where the text has the format. The wording is Penstock's own."""
    name = of_type(form, Format).name
    return NOTHING if NAMED[name](of_type(text, str)) else Optional([f"is no {name}"])


def first(items: list[Any]) -> Optional:
    return Optional(items[0]) if of_type(items, list) else NOTHING


def last(items: list[Any]) -> Optional:
    return Optional(items[-1]) if of_type(items, list) else NOTHING


def present(items: list[Any]) -> list[Any]:
    """Return the values of those optionals that have one."""
    return [each.value for each in of_type(items, list) if of_type(each, Optional).is_there]
