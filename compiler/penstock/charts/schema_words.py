"""Helm's words for what violates a schema of values."""

import json
import re
from collections.abc import Callable

from penstock.charts.schema_cycles import CYCLE
from penstock.charts.schema_keywords import extra_keys
from penstock.typed import Any

ORDER = ("null", "boolean", "number", "integer", "string", "array", "object")
"""The order in which Helm lists types."""

OWN_WORDS = (CYCLE, "format", "pattern", "dependencies", "dependentRequired", "oneOf")
"""Keywords of `OURS` whose messages are Helm's, or do not contain the value."""

_TYPES = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array"}


def words(problem: Any) -> str:
    """Return Helm's message for a violation, as far as Helm's words are known. Values are not quoted, since one may be
    a password.
    """
    if "propertyNames" in problem.absolute_schema_path:
        return f"invalid propertyName '{problem.instance}': {_words(problem)}"
    return _words(problem)


def _words(problem: Any) -> str:
    kind = problem.validator
    if kind is None:
        return "false schema"
    if kind in _WORDS:
        return _WORDS[kind](problem)
    if kind in _LIMITS:
        return f"{kind}: got {_LIMITS[kind](problem.instance)}, want {_number(problem.validator_value)}"
    return str(problem.message) if kind in OWN_WORDS else f"'{kind}' failed"


def _type(problem: Any) -> str:
    wanted = problem.validator_value
    wanted = " or ".join(sorted(wanted, key=ORDER.index)) if isinstance(wanted, list) else wanted
    return f"got {_TYPES.get(type(problem.instance), 'object')}, want {wanted}"


def _required(problem: Any) -> str:
    missing = [name for name in problem.validator_value if name not in problem.instance]
    which = ", ".join(f"'{name}'" for name in missing)
    return f"missing {'property' if len(missing) == 1 else 'properties'} {which}"


def _additional(problem: Any) -> str:
    extra = extra_keys(problem)
    which = ", ".join(f"'{name}'" for name in extra)
    return f"additional properties {which} not allowed"


def _enum(problem: Any) -> str:
    allowed = ", ".join(map(_quoted, problem.validator_value))
    return f"value must be one of {allowed}" if len(problem.validator_value) != 1 else f"value must be {allowed}"


def _quoted(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def _contains(problem: Any) -> str:
    least = problem.schema.get("minContains")
    return f"min {least} items required to match contains schema" if least else "no items match contains schema"


def _unevaluated(problem: Any) -> str:
    """Return a message with the keys, but without items. Keys are not secret, items may be.

    The library lists both in its message only.
    """
    found = re.search(r"\((.*) (?:was|were) unexpected\)", problem.message, re.DOTALL)
    if problem.validator == "unevaluatedItems" or found is None:
        return f"'{problem.validator}' failed"
    return f"properties {found[1]} are in none of the schemas"


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_WORDS: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "enum": _enum,
    "const": lambda problem: f"value must be {_quoted(problem.validator_value)}",
    "contains": _contains,
    "unevaluatedProperties": _unevaluated,
    "anyOf": lambda problem: "'anyOf' failed",
    "allOf": lambda problem: "'allOf' failed",
    "not": lambda problem: "'not' failed",
}

_LIMITS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), len),
}
