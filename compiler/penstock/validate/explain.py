"""The slow check of a value against a schema, with paths and messages, for documents that `accept` has refused.

A schema is a tree with the keywords of OpenAPI v3, from the pack or from a CRD (`schemas` and `custom` create it):
`type` is object, array, string, integer, number, boolean, or Penstock's own quantity and int-or-string; without a
`type`, any value is valid. `$ref` is the name of a definition. Where the type is object, fields that `properties` does
not list are refused.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Pointer
from penstock.validate.fault import Fault
from penstock.validate.json_types import TYPE_CHECKS, TYPE_NAMES
from penstock.validate.limits import Node, broken_limits
from penstock.validate.relations import broken_relations
from penstock.validate.syntax import is_quantity, is_without_digits
from penstock.validate.wording import broken_words
from penstock.words import did_you_mean, one_of, quoted, type_of

Definition = Callable[[str], Node]
"""Returns the schema with a name."""

NO_DIGITS = "PS483"

OPEN = "x-kubernetes-preserve-unknown-fields"

_FEW_FIELDS = 8


def explain(node: Node, value: Any, at: Pointer, definition: Definition) -> Iterator[Fault]:
    """Yield every fault of `value`, in document order. `at` is the path of the value."""
    name = ""
    words: list[str] = node.get("words", [])
    # A definition may be nothing but a reference to another one.
    while "$ref" in node:
        name = node["$ref"]
        node = definition(name)
    wrong = _wrong_type(node, value, at)
    if wrong is not None or value is None:
        yield from (wrong,) if wrong else ()
        return
    if node.get("type") == "quantity" and not is_quantity(value):
        yield _no_quantity(value, at)
    yield from broken_limits(node, value, at)
    yield from broken_words(words, value, at)
    if type(value) is dict:
        yield from _mapping(node, name, value, at, definition)
    elif type(value) is list and "items" in node:
        yield from _list(node, value, at, definition)
    yield from _logic(node, value, at, definition)


def _no_quantity(value: Any, at: Pointer) -> Fault:
    hint = "write a number with one of m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, as in 500m or 1.5Gi"
    if is_without_digits(value):
        return Fault(NO_DIGITS, at, f"{quoted(value)} has no digits, and the API server reads it as 0", hint)
    return Fault("PS407", at, f"{quoted(str(value))} is not a quantity", hint)


def _wrong_type(node: Node, value: Any, at: Pointer) -> Fault | None:
    kind = node.get("type")
    if not kind or (value is None and node.get("nullable")):
        return None
    if value is None:
        message = f"expected {TYPE_NAMES[kind]}, found null"
        return Fault("PS401", at, message, "remove the field, or give it a value")
    if TYPE_CHECKS[kind](value):
        return None
    return Fault("PS401", at, f"expected {TYPE_NAMES[kind]}, found {type_of(value)}", _remedy(kind, value))


def _list(node: Node, value: list[Any], at: Pointer, definition: Definition) -> Iterator[Fault]:
    is_custom = node.get("custom")
    for index, item in enumerate(value):
        if item is not None or is_custom:
            yield from explain(node["items"], item, (*at, index), definition)
        elif not accepts_null(node["items"], definition):
            yield Fault("PS401", (*at, index), "expected a value, found null", "remove the item")
        elif node.get("x-kubernetes-list-type") in MERGED:
            message = "found null, where server-side apply tells items apart by what they say"
            yield Fault("PS404", (*at, index), message, "remove the item")


MERGED = ("map", "set")
"""Types of lists whose elements have separate owners under server-side apply."""


def accepts_null(items: Node, definition: Definition) -> bool:
    """Return whether a list element may be null, which the API server reads as an empty string or an empty mapping."""
    words = items.get("words", [])
    while "$ref" in items:
        items = definition(items["$ref"])
    empty = EMPTY.get(items.get("type", ""))
    return empty is None or (satisfies(items, empty, definition) and not words)


EMPTY: dict[str, Any] = {"string": "", "object": {}}


def satisfies(node: Node, value: Any, definition: Definition) -> bool:
    return next(explain(node, value, (), definition), None) is None


def _remedy(kind: str, value: Any) -> str:
    """Return a hint about a value of the wrong type. The hint does not repeat the value, which may be a secret."""
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
        if field is None:
            if node.get("type") == "object" and not node.get(OPEN):
                yield _unknown_field(key, fields, name, at)
        elif child is not None or not ("default" in field or node.get("custom")):
            yield from explain(field, child, (*at, key), definition)
    yield from _required(node, name, value, at)
    yield from broken_relations(node.get("relations", []), value, at)


def _required(node: Node, name: str, value: dict[str, Any], at: Pointer) -> Iterator[Fault]:
    fields = node.get("properties", {})
    for key in node.get("required", ()):
        if is_missing(key, value, node) and "default" not in fields.get(key, {}):
            yield Fault("PS402", at, f"the field {quoted(key)} is missing{_inside(name)}")
    for key in empty_fields(node, value):
        if value[key] is not None or not is_known_as_null(fields.get(key, {})):
            yield Fault("PS402", (*at, key), f"the field {quoted(key)} is empty, and required{_inside(name)}")


def is_known_as_null(field: Node) -> bool:
    """Return whether the type of a field already refuses null."""
    return "type" in field and not field.get("nullable")


def is_missing(key: str, value: dict[str, Any], node: Node) -> bool:
    """Return whether a field is absent. From a custom resource, the API server drops a null that is not allowed."""
    if key in value and value[key] is None and node.get("custom"):
        return not node.get("properties", {}).get(key, {}).get("nullable")
    return key not in value


def empty_fields(node: Node, value: dict[str, Any]) -> Iterator[str]:
    """Yield the required fields that are present but have an empty value."""
    for key in node.get("filled", ()):
        if key in value and is_empty(value[key]):
            yield key
    for key in node.get("neverNull", ()):
        if key in value and value[key] is None:
            yield key


def is_empty(value: Any) -> bool:
    """Return whether the API server regards a required field with this value as unset. 0 and false count as values."""
    return value is None or value == "" or value == [] or value == {}


def _unknown_field(key: str, fields: Node, name: str, at: Pointer) -> Fault:
    hint = did_you_mean(key, fields)
    if not hint and len(fields) <= _FEW_FIELDS:
        hint = f"known here: {one_of(fields)}" if fields else "nothing is known here"
    return Fault("PS400", (*at, key), f"unknown field{_inside(name)}", hint)


def _inside(name: str) -> str:
    """Return the name of a type for a message, such as ` in Container`."""
    return f" in {name.rpartition('.')[2]}" if name else ""


def _logic(node: Node, value: Any, at: Pointer, definition: Definition) -> Iterator[Fault]:
    """Yield the faults found by `allOf`, `anyOf`, `oneOf` and `not`, which only limit values in a structural schema."""
    for each in node.get("allOf", ()):
        yield from explain(each, value, at, definition)
    for word in ("anyOf", "oneOf"):
        if word in node:
            yield from _alternatives(word, node[word], value, at, definition)
    if "not" in node and satisfies(node["not"], value, definition):
        yield Fault("PS406", at, "fits what the schema excludes with `not`")


def _alternatives(word: str, nodes: list[Node], value: Any, at: Pointer, definition: Definition) -> Iterator[Fault]:
    fitting = sum(satisfies(each, value, definition) for each in nodes)
    if fitting == 0 or (word == "oneOf" and fitting > 1):
        yield Fault("PS406", at, f"fits {fitting or 'none'} of the {len(nodes)} alternatives of {word} in the schema")
