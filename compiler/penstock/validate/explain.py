"""Why a value does not satisfy a schema: the slow walk, for documents that `accept` refused, with paths and messages.

A schema is a tree in the words of OpenAPI v3, from the pack or from a CRD (`schemas` and `custom` write it): `type`
is object, array, string, integer, number, boolean, or our own quantity and int-or-string; without it anything goes.
`$ref` is the name of a definition. Fields that `properties` does not list are refused where the type is object.
"""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from penstock.model import Pointer
from penstock.validate.fault import Fault
from penstock.validate.limits import Node, broken_limits
from penstock.validate.syntax import is_quantity
from penstock.words import did_you_mean, one_of, quoted, type_of

Definition = Callable[[str], Node]
"""The schema of that name."""

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

OPEN = "x-kubernetes-preserve-unknown-fields"

_FEW_FIELDS = 8


def is_integer(value: Any) -> bool:
    """JSON does not tell 3 from 3.0, and the printer writes 3."""
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


def explain(node: Node, value: Any, at: Pointer, definition: Definition) -> Iterator[Fault]:
    """Every fault of `value`, in document order. `at` is where it stands."""
    name = ""
    while "$ref" in node:
        name = node["$ref"]
        node = definition(name)
    kind = node.get("type")
    if value is None:
        if kind and not node.get("nullable"):
            yield Fault("PS401", at, f"expected {TYPE_NAMES[kind]}, found null", "remove the field, or give it a value")
        return
    if kind and not TYPE_CHECKS[kind](value):
        yield Fault("PS401", at, f"expected {TYPE_NAMES[kind]}, found {type_of(value)}", _remedy(kind, value))
        return
    if kind == "quantity" and not is_quantity(value):
        hint = "write a number with one of m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, as in 500m or 1.5Gi"
        yield Fault("PS407", at, f"{quoted(str(value))} is not a quantity", hint)
    yield from broken_limits(node, value, at)
    if type(value) is dict:
        yield from _mapping(node, name, value, at, definition)
    elif type(value) is list and "items" in node:
        for index, item in enumerate(value):
            yield from explain(node["items"], item, (*at, index), definition)
    yield from _logic(node, value, at, definition)


def satisfies(node: Node, value: Any, definition: Definition) -> bool:
    return next(explain(node, value, (), definition), None) is None


def _remedy(kind: str, value: Any) -> str:
    """What to do about a wrong type. The value itself is not repeated: it may be a secret."""
    if kind == "string" and type(value) in (int, float, bool):
        return "put it in quotes"
    if kind in ("integer", "number", "boolean") and type(value) is str:
        return "remove the quotes, if it has any"
    if kind == "array":
        return "start each item of the list with '- '"
    if kind == "object" and type(value) is list:
        return "remove the '- '"
    return ""


def _mapping(node: Node, name: str, value: dict[str, Any], at: Pointer, definition: Definition) -> Iterator[Fault]:
    fields = node.get("properties", {})
    others = node.get("additionalProperties")
    for key, child in value.items():
        field = fields.get(key, others)
        if field is not None:
            if child is not None or "default" not in field:
                yield from explain(field, child, (*at, key), definition)
        elif node.get("type") == "object" and not node.get(OPEN):
            yield _unknown_field(key, fields, name, at)
    for key in node.get("required", ()):
        if key not in value and "default" not in fields.get(key, {}):
            yield Fault("PS402", at, f"the field {quoted(key)} is missing{_inside(name)}")


def _unknown_field(key: str, fields: Node, name: str, at: Pointer) -> Fault:
    hint = did_you_mean(key, fields)
    if not hint and len(fields) <= _FEW_FIELDS:
        hint = f"known here: {one_of(fields)}" if fields else "nothing is known here"
    return Fault("PS400", (*at, key), f"unknown field{_inside(name)}", hint)


def _inside(name: str) -> str:
    """The type, for those who look it up: ` in Container`."""
    return f" in {name.rpartition('.')[2]}" if name else ""


def _logic(node: Node, value: Any, at: Pointer, definition: Definition) -> Iterator[Fault]:
    """The combinations that a CRD may write; in a structural schema they only limit values."""
    for each in node.get("allOf", ()):
        yield from explain(each, value, at, definition)
    for word in ("anyOf", "oneOf"):
        if word in node:
            fitting = sum(satisfies(each, value, definition) for each in node[word])
            if fitting == 0 or (word == "oneOf" and fitting > 1):
                message = f"fits {fitting or 'none'} of the {len(node[word])} alternatives of {word} in the schema"
                yield Fault("PS406", at, message)
    if "not" in node and satisfies(node["not"], value, definition):
        yield Fault("PS406", at, "fits what the schema excludes with `not`")
