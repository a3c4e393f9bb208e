"""How large the values of a schema can be: as large as it allows, or else as large as fits into a request.

Source: apiserver pkg/cel/common/schemas.go, Kubernetes 1.37.
"""

from collections.abc import Mapping
from typing import Any

from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.validate.cel.types import names_of

MAX_REQUEST = 3 * 1024 * 1024
"""The maximum size of an object, in bytes, that the API server accepts."""

MAX_NAME = 253


class Shape(NamedTuple):
    """The maximum size of the values of a schema.

    `most` is the largest number of elements (or characters) of a value, `bytes` the smallest number of bytes that a
    value takes in JSON. `item` is the shape of the elements, and `fields` that of the fields.
    """

    most: int
    bytes: int
    item: "Shape | None" = None
    fields: Mapping[str, "Shape"] = {}


_DATE, _LONGEST_TIME, _SHORTEST_TIME, _SHORTEST_DURATION = 12, 32, 21, 3

_BY_FORMAT = {
    "duration": Shape(_LONGEST_TIME, _SHORTEST_DURATION),
    "date": Shape(_DATE, _DATE),
    "date-time": Shape(_LONGEST_TIME, _SHORTEST_TIME),
}

_SCALARS = {"boolean": Shape(0, 4), "number": Shape(0, 1), "integer": Shape(0, 1)}


def shape_of(node: Any, *, is_object: bool = False) -> Shape | None:
    """Return the shape of the values of a schema, or None where expressions cannot see these values."""
    if not isinstance(node, dict):
        return None
    if node.get("x-kubernetes-int-or-string") is True:
        return Shape(_length(node), 1)
    kind = node.get("type")
    if kind == "array":
        item = shape_of(node.get("items"), is_object=_is_embedded(node.get("items")))
        # A list without a bound has as many items as fit into a request, with a comma behind each.
        return item and Shape(_bound(node, "maxItems", (MAX_REQUEST - 2) // (item.bytes + 1)), 2, item)
    if kind == "object" or is_object:
        return _shape_of_object(node, is_object)
    if kind == "string":
        return _BY_FORMAT.get(str(node.get("format"))) or Shape(_length(node), 2)
    return _SCALARS.get(str(kind))


def _is_embedded(node: Any) -> bool:
    return isinstance(node, dict) and node.get("x-kubernetes-embedded-resource") is True


def _bound(node: Tree, word: str, otherwise: int) -> int:
    found = node.get(word)
    return max(int(found), 0) if isinstance(found, int) else otherwise


def _length(node: Tree) -> int:
    """Return the maximum size of a string: four bytes for each character, or the size of its longest `enum` value."""
    if isinstance(node.get("maxLength"), int):
        return max(int(node["maxLength"]), 0) * (1 if node.get("format") == "byte" else 4)
    # The longest of the choices bounds the length as well as `maxLength` does.
    choices = node.get("enum")
    if isinstance(choices, list) and choices and node.get("type") == "string" and node.get("format") != "byte":
        return max((len(each.encode()) for each in choices if isinstance(each, str)), default=0)
    return MAX_REQUEST - 2


def _shape_of_object(node: Tree, is_object: bool) -> Shape | None:
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        item = shape_of(others, is_object=_is_embedded(others))
        return item and Shape(_bound(node, "maxProperties", (MAX_REQUEST - 2) // (item.bytes + 6)), 2, item)
    given = node.get("properties")
    properties = dict(given) if isinstance(given, dict) else {}
    if is_object:
        name, generated = ({"type": "string", "maxLength": most} for most in (MAX_NAME, MAX_NAME - 1))
        metadata = {"type": "object", "properties": {"name": name, "generateName": generated}}
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    required = node.get("required")
    fields: dict[str, Shape] = {}
    least = 2
    for key, child in properties.items():
        found = shape_of(child, is_object=_is_embedded(child))
        if found is None:
            continue
        fields.update(dict.fromkeys(names_of(str(key)), found))
        # Only fields that must be written make the smallest object larger.
        if isinstance(required, list) and key in required and child.get("default") is None:
            least += len(str(key).encode()) + found.bytes + 4
    return Shape(0, least, None, fields)


def cardinality(shape: Shape) -> int:
    """Return how many values of a shape fit into one object."""
    return MAX_REQUEST // (shape.bytes + 1)
