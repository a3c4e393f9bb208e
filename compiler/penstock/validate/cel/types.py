"""The types of CEL values, and the rules for when one type may stand for another.

A type is a word such as `int` or `quantity`; `dyn` where it is known only at run time; or a tuple: `("list", item)`,
`("map", key, value)`, `("optional", inner)`, `("object", path, fields)`, `("message", name)`, and `("any", name)`, a
type variable of an overload. UNKNOWN is a type that cannot be determined here; it is never reported as wrong.

Source: cel-go checker; apiserver pkg/cel/common/schemas.go.
"""

import re
from collections.abc import Mapping
from typing import Any

from penstock.model import Tree
from penstock.validate.cel.syntax import RESERVED

Type = Any
UNKNOWN: Type = None

MAX_DEPTH = 50
"""The maximum depth to which schemas are read."""

FORMATS: Mapping[str, Type] = {
    "byte": "bytes",
    "duration": "duration",
    "date": "timestamp",
    "date-time": "timestamp",
}
"""The types of strings that expressions see as other values, by their format."""

SCALARS: Mapping[str, Type] = {"boolean": "bool", "integer": "int", "number": "double"}

NULLABLE = frozenset(("timestamp", "duration", "quantity", "url", "ip", "cidr", "semver", "format", "null"))
"""The types, besides objects, messages and optionals, of which null is a valid value."""

PROTOBUF_MESSAGES = frozenset(
    f"google.protobuf.{name}"
    for name in (
        *("Any", "Duration", "Timestamp", "ListValue", "Struct", "Value", "BoolValue", "BytesValue", "DoubleValue"),
        *("FloatValue", "Int32Value", "Int64Value", "StringValue", "UInt32Value", "UInt64Value"),
    )
)
"""The types of messages that every environment of cel-go has. Rules hardly make any: the fields are not checked."""

Bound = dict[str, Type]
"""The types of the type variables of an overload."""


class MistypedError(Exception):
    """The API server's compiler refuses the expression. The message says why."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def shown(found: Type) -> str:
    """Return a type as messages name it: `list<string>`."""
    if not isinstance(found, tuple):
        return "dyn" if found is UNKNOWN else str(found)
    if found[0] == "object":
        return "object"
    if found[0] in ("any", "message"):
        return str(found[1])
    return f"{found[0]}<{', '.join(map(shown, found[1:]))}>"


def fits(wanted: Type, given: Type, bound: Bound) -> bool:
    """Return whether a value of type `given` is allowed where `wanted` is expected.

    The types of type variables are stored in `bound`.
    """
    if isinstance(wanted, tuple) and wanted[0] == "any":
        return _binds(wanted[1], given, bound)
    # What is not known statically is left to the evaluation.
    if wanted in (UNKNOWN, "dyn") or given in (UNKNOWN, "dyn"):
        return True
    if given == "null" and wanted != "null":
        if isinstance(wanted, tuple):
            return wanted[0] in ("object", "message", "optional")
        return wanted in NULLABLE
    if isinstance(wanted, tuple) and isinstance(given, tuple) and wanted[0] == given[0]:
        if wanted[0] in ("object", "message"):
            return bool(wanted[1] == given[1])
        return all(fits(one, two, bound) for one, two in zip(wanted[1:], given[1:], strict=True))
    return bool(wanted == given)


def _binds(name: str, given: Type, bound: Bound) -> bool:
    """Return whether a type fits a type variable.

    The first type binds the variable; a later, more general one replaces it.
    """
    if name not in bound:
        bound[name] = given
        return True
    if fits(bound[name], given, {}):
        return True
    if fits(given, bound[name], {}):
        bound[name] = given
        return True
    return False


def put_in(found: Type, bound: Bound) -> Type:
    """Return a type with its type variables replaced; variables that are not bound become UNKNOWN."""
    if not isinstance(found, tuple) or found[0] in ("object", "message"):
        return found
    if found[0] == "any":
        return bound.get(found[1], UNKNOWN)
    return (found[0], *(put_in(each, bound) for each in found[1:]))


def joined(types: list[Type]) -> Type:
    """Return the common type of values of these types: `dyn` where they differ, UNKNOWN where there are none."""
    if not types:
        return UNKNOWN
    return types[0] if all(same(types[0], each) for each in types[1:]) else "dyn"


def same(one: Type, two: Type) -> bool:
    """Return whether two types are equal as far as they are known."""
    if one is UNKNOWN or two is UNKNOWN:
        return True
    if not (isinstance(one, tuple) and isinstance(two, tuple)):
        return bool(one == two)
    if one[0] != two[0] or one[0] in ("object", "message"):
        return bool(one[:2] == two[:2])
    return all(map(same, one[1:], two[1:]))


def is_map(found: Type) -> bool:
    return isinstance(found, tuple) and found[0] == "map"


def is_list(found: Type) -> bool:
    return isinstance(found, tuple) and found[0] == "list"


def type_of_schema(node: Any, path: str = "self", depth: int = 0, *, is_object: bool = False) -> Type:
    """Return the type of the values of the schema at `path`. `is_object` marks the schema of a whole object.

    Raises MistypedError where expressions cannot see these values.
    """
    found = _seen(node, path, depth, is_object)
    if found == "hidden":
        raise MistypedError("an expression sees nothing of values without a type")
    return found


def _seen(node: Any, path: str, depth: int, is_object: bool) -> Type:
    """Return the type of the values of a schema, or `hidden` where expressions cannot see them."""
    if not isinstance(node, dict):
        return "hidden"
    if depth > MAX_DEPTH:
        return UNKNOWN
    if node.get("x-kubernetes-int-or-string") is True:
        return "dyn"
    kind = node.get("type")
    if kind == "array":
        return _around("list", _inner(node.get("items"), f"{path}.@items", depth))
    if kind == "object" or is_object:
        return _type_of_object(node, path, depth, is_object)
    if kind == "string":
        return FORMATS.get(str(node.get("format")), "string")
    return SCALARS.get(str(kind), "hidden")


def _inner(node: Any, path: str, depth: int) -> Type:
    is_object = isinstance(node, dict) and node.get("x-kubernetes-embedded-resource") is True
    return _seen(node, path, depth + 1, is_object)


def _around(kind: str, inner: Type, *keys: Type) -> Type:
    return "hidden" if inner == "hidden" else (kind, *keys, inner)


def _type_of_object(node: Tree, path: str, depth: int, is_object: bool) -> Type:
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        return _around("map", _inner(others, f"{path}.@values", depth), "string")
    properties = node.get("properties")
    given = properties.items() if isinstance(properties, dict) else ()
    fields: dict[str, Type] = {}
    for key, child in given:
        fields.update(dict.fromkeys(names_of(str(key)), _inner(child, f"{path}.{key}", depth)))
    if is_object:
        metadata = ("object", f"{path}.metadata", {"name": "string", "generateName": "string"})
        fields |= {"apiVersion": "string", "kind": "string", "metadata": metadata}
    return ("object", path, {key: found for key, found in fields.items() if found != "hidden"})


_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


_PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)


def names_of(field: str) -> tuple[str, ...]:
    """Return the identifiers by which an expression can refer to a field, which may be none."""
    if field in RESERVED:
        return (f"__{field}__", field)
    if _PLAIN.fullmatch(field) is None:
        return ()
    for text, escape in _ESCAPES:
        field = field.replace(text, escape)
    return (field,)
