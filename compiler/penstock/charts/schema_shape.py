"""Validating a JSON Schema itself: each keyword must have a value of the right kind, as the meta-schema demands.

The library can validate a schema against the meta-schema, but that takes longer than rendering most charts.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.expression import Invalid, expression

TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))

LISTS_OF_ITEMS = ("/draft-04/", "/draft-06/", "/draft-07/", "/2019-09/")
"""Parts of the URLs of those drafts in which `items` may be a list. Helm assumes a later draft if a schema names
none.
"""

OLDEST = "/draft-04/"

_LIMITS = ("maximum", "minimum")
_COUNTS = (
    *("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"),
    *("maxContains", "minContains"),
)
_TEXTS = ("$id", "$ref", "$anchor", "$comment", "title", "description", "format", "contentEncoding", "contentMediaType")
_FLAGS = ("uniqueItems", "readOnly", "writeOnly", "deprecated")
_SCHEMAS = (
    *("additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "additionalItems"),
    *("unevaluatedProperties", "unevaluatedItems"),
)
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME = ("properties", "patternProperties", "definitions", "$defs", "dependentSchemas")


def misshapen(schema: Any) -> str | None:
    """Return what is wrong with a schema, or None if it is valid. It must be acyclic, as all that is parsed from JSON
    is.
    """
    draft = str(schema.get("$schema", "")) if isinstance(schema, dict) else ""
    waiting = [(schema, "")]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, bool):
            continue
        if not isinstance(one, dict):
            return f"at '{at}': a schema is a mapping or a boolean"
        for keyword, value in one.items():
            wrong = _wrong(keyword, value, draft)
            if wrong is not None:
                return f"at '{at}/{keyword}': {wrong}"
            waiting += ((below, f"{at}/{keyword}{step}") for step, below in _below(keyword, value))
    return None


def _wrong(keyword: str, value: Any, draft: str) -> str | None:
    """Return what is wrong with the value of a keyword in a draft, or None if it is valid."""
    check = _CHECKS.get(keyword)
    if check is not None and not check(value):
        return "this keyword has another kind of value"
    if keyword == "items" and isinstance(value, list) and not any(part in draft for part in LISTS_OF_ITEMS):
        return "from draft 2020-12 on this is a schema, and a list is `prefixItems`"
    if keyword == "required" and OLDEST in draft and not value:
        return "draft 4 wants one name at least"
    return _expressions(keyword, value)


def _expressions(keyword: str, value: Any) -> str | None:
    """Return what is wrong with the regular expressions of a keyword, or None if they are valid."""
    if keyword == "pattern":
        texts = [value]
    elif keyword == "patternProperties":
        texts = list(value)
    else:
        return None
    for text in texts:
        try:
            expression(text)
        except Invalid as problem:
            return str(problem)
    return None


def _below(keyword: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas in the value of a keyword, each with its path below the keyword. The value has been checked."""
    if keyword in _SCHEMAS or (keyword == "items" and not isinstance(value, list)):
        yield "", value
    elif keyword in _MANY or keyword == "items":
        yield from ((f"/{index}", each) for index, each in enumerate(value))
    elif keyword in _BY_NAME:
        yield from ((f"/{name}", each) for name, each in value.items())
    elif keyword == "dependencies":
        yield from ((f"/{name}", each) for name, each in value.items() if not isinstance(each, list))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and _are_texts(names) and TYPES.issuperset(names)


def _are_texts(value: Any) -> bool:
    """Return whether a value is a list of distinct strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value)


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(_are_texts(each) for each in value.values() if isinstance(each, list))


_CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_LIMITS, _is_number),
    **dict.fromkeys(_COUNTS, _is_count),
    **dict.fromkeys(_TEXTS, lambda value: isinstance(value, str)),
    **dict.fromkeys(_FLAGS, lambda value: isinstance(value, bool)),
    **dict.fromkeys(_MANY, lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(_BY_NAME, lambda value: isinstance(value, dict)),
    "$id": lambda value: isinstance(value, str) and "#" not in value[:-1],
    "$schema": lambda value: isinstance(value, str) and bool(value),
    "dependencies": _is_dependencies,
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_are_texts, value.values())),
    "enum": lambda value: isinstance(value, list),
    "examples": lambda value: isinstance(value, list),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "pattern": lambda value: isinstance(value, str),
    "required": _are_texts,
    "type": _is_type,
}
