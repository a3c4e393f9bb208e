"""Whether a JSON Schema is one: each keyword with a value of its kind.

The library can validate a schema by the schema of all schemas; that takes longer than rendering most charts.
"""

from collections.abc import Callable, Iterator
from typing import Any

TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))

_NUMBERS = ("multipleOf", "maximum", "minimum")
_COUNTS = (
    *("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"),
    *("maxContains", "minContains"),
)
_TEXTS = ("$id", "$ref", "$schema", "$anchor", "$comment", "title", "description", "pattern", "format")
_SCHEMAS = ("additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "additionalItems")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")


def misshapen(schema: Any) -> str | None:
    """What is wrong with a schema; None where nothing is. It must be acyclic, as what comes out of JSON is."""
    waiting = [(schema, "")]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, bool):
            continue
        if not isinstance(one, dict):
            return f"at '{at}': a schema is a mapping or a boolean"
        for keyword, value in one.items():
            check = _CHECKS.get(keyword)
            if check is not None and not check(value):
                return f"at '{at}/{keyword}': this keyword has another kind of value"
            waiting += ((below, f"{at}/{keyword}{step}") for step, below in _below(keyword, value))
    return None


def _below(keyword: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The schemas in the value of a keyword, which has been checked."""
    if keyword in _SCHEMAS or (keyword == "items" and not isinstance(value, list)):
        yield "", value
    elif keyword in _MANY or keyword == "items":
        yield from ((f"/{index}", each) for index, each in enumerate(value))
    elif keyword in _BY_NAME:
        yield from ((f"/{name}", each) for name, each in value.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_COUNTS, _is_count),
    **dict.fromkeys(_TEXTS, lambda value: isinstance(value, str)),
    **dict.fromkeys(_MANY, lambda value: isinstance(value, list)),
    **dict.fromkeys(_BY_NAME, lambda value: isinstance(value, dict)),
    "enum": lambda value: isinstance(value, list),
    "required": _are_texts,
    "type": _is_type,
    "uniqueItems": lambda value: isinstance(value, bool),
}
