"""Keywords of schemas that the library evaluates otherwise than Helm, or not in linear time."""

import json
import re
from collections.abc import Callable, Collection, Iterator

from penstock.charts.schema_formats import is_of_format
from penstock.charts.schema_steps import Steps
from penstock.expression import expression
from penstock.typed import Any

KEYS_OF_A_STEP = 2
"""Keys that are compared with a pattern in the time of a step."""

STEPS_OF_AN_EXPRESSION = 500
"""The steps that it costs to read a text as a regular expression."""


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, but by decimal fractions: 0.3 is a multiple of 0.1."""
    from fractions import Fraction

    from jsonschema import ValidationError

    if validator.is_type(instance, "number") and Fraction(str(instance)) % Fraction(str(divisor)):
        yield ValidationError("the number is no multiple")


def check_format(steps: Steps, validator: Any, name: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if name == "regex":
        steps.spend(STEPS_OF_AN_EXPRESSION)
    if validator.is_type(instance, "string") and not is_of_format(instance, name):
        yield ValidationError(f"the text is not valid {name}")


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not expression(pattern).found_in(instance):
        yield ValidationError(f"the text does not match pattern '{pattern}'")


def _matching(pattern: str, keys: Collection[str], steps: Steps) -> list[str]:
    """Return the keys that match a pattern: each of them costs steps, as there may be many of both."""
    steps.spend(1 + len(keys) // KEYS_OF_A_STEP)
    found_in = expression(pattern).found_in
    return [key for key in keys if found_in(key)]


def check_pattern_properties(
    steps: Steps, validator: Any, properties: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in properties.items():
            for key in _matching(pattern, instance, steps):
                yield from validator.descend(instance[key], subschema, path=key, schema_path=pattern)


def check_additional_properties(
    steps: Steps, validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    """Validate like the library, but without Python's regular expressions, which can take forever."""
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    extra = _unlisted(schema, instance, steps)
    if validator.is_type(allowed, "object"):
        for key in extra:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extra:
        yield ValidationError("additional properties are not allowed")


def _unlisted(schema: Any, instance: Any, steps: Steps) -> list[str]:
    """Return the keys that neither `properties` nor `patternProperties` name."""
    known = schema.get("properties", {})
    left = {key: None for key in instance if key not in known}
    for pattern in schema.get("patternProperties", {}):
        for key in _matching(pattern, left, steps):
            del left[key]
    return list(left)


def _unique_items(validator: Any, is_wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, which compares each item with every other one, but in linear time."""
    from jsonschema import ValidationError

    if not is_wanted or not validator.is_type(instance, "array"):
        return
    if len({json.dumps(item, sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError("the list has an item twice")


def check_dependencies(validator: Any, dependencies: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate what a key requires: other keys, or a schema for the object. Helm applies this keyword in every
    draft.
    """
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    for key, needed in dependencies.items():
        if key not in instance:
            continue
        if not isinstance(needed, list):
            yield from validator.descend(instance, needed, schema_path=key)
            continue
        missing = [f"'{each}'" for each in needed if each not in instance]
        if missing:
            yield ValidationError(f"properties {', '.join(missing)} required, if '{key}' exists")


def _one_of(validator: Any, schemas: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, but report which two of the schemas match."""
    from jsonschema import ValidationError

    matched: list[int] = []
    causes: list[Any] = []
    for index, each in enumerate(schemas):
        problems = list(validator.descend(instance, each, schema_path=index))
        causes += problems
        if not problems:
            matched.append(index)
        if len(matched) == 2:
            yield ValidationError(f"'oneOf' failed, subschemas {matched[0]}, {matched[1]} matched")
            return
    if not matched:
        yield ValidationError("'oneOf' failed, none matched", context=causes)


OURS: dict[str, Callable[..., Iterator[Any]]] = {
    "pattern": _pattern,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
    "dependentRequired": check_dependencies,
    "oneOf": _one_of,
}
"""Keywords that the library does not evaluate in linear time, or about which it reports too little."""


def without_expressions(schema: Any, keys: set[str], steps: Steps) -> Any:
    """Return a schema that is equivalent for values with these keys, and whose `patternProperties` list the matching
    keys.

    For `unevaluatedProperties`, the library uses Python's regular expressions, which can take forever.
    """
    if isinstance(schema, list):
        return [without_expressions(item, keys, steps) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: without_expressions(value, keys, steps) for key, value in schema.items()}
    patterns = found.get("patternProperties")
    if isinstance(patterns, dict):
        found["patternProperties"] = {
            _listed(number, _matching(p, keys, steps)): each for number, (p, each) in enumerate(patterns.items())
        }
    return found


def _listed(number: int, matched: list[str]) -> str:
    """Return a regular expression that lists the keys matching a pattern. `number` makes it unique among the
    patterns.
    """
    return f"^(?:{'|'.join([*map(re.escape, sorted(matched)), f'{NO_KEY}{number}'])})$"


NO_KEY = "\\x00"
"""A regular expression for text that no YAML key contains."""


def is_int(value: Any) -> bool:
    """Return whether a value is an integer, including Go's types, which the library does not know."""
    return isinstance(value, int) and not isinstance(value, bool)


def extra_keys(problem: Any) -> list[str]:
    """Return the keys of a mapping that its schema does not allow."""
    if problem.validator != "additionalProperties":
        return []
    return _unlisted(problem.schema, problem.instance, Steps())
