"""Nulls in custom resources. A create drops them where they are not allowed, and server-side apply refuses them."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer
from penstock.validate.fault import Fault
from penstock.validate.json_types import TYPE_NAMES
from penstock.validate.limits import Node


def refused_nulls(node: Node, value: Any, at: Pointer = (), keeps_status: bool = False) -> Iterator[Fault]:
    """Yield the fields that are null where the schema of a custom resource has a type that allows no null.

    A required field is left out: a null in its place is an error whatever sends the object. Nor is a status looked at
    that the API server empties before it looks.
    """
    if type(value) is list:
        for index, item in enumerate(value):
            yield from refused_nulls(node.get("items", {}), item, (*at, index))
    elif type(value) is dict and node.get("custom"):
        for key, child in value.items():
            if (*at, key) == ("status",) and not keeps_status:
                continue
            field = _field(node, key)
            if child is not None:
                yield from refused_nulls(field, child, (*at, key))
            elif _allows_no_null(field) and key not in node.get("required", ()):
                yield _fault(field["type"], (*at, key))


def _field(node: Node, key: str) -> Node:
    others = node.get("additionalProperties", {})
    found = node.get("properties", {}).get(key, others)
    return found if isinstance(found, dict) else {}


def _allows_no_null(field: Node) -> bool:
    """Return whether null breaks the schema of a field. Where it has a default, that takes the place of the null."""
    return bool(field.get("custom") and "type" in field and "default" not in field and not field.get("nullable"))


def _fault(kind: str, at: Pointer) -> Fault:
    message = f"expected {TYPE_NAMES[kind]}, found null, which server-side apply refuses and a create drops"
    return Fault("PS401", at, message, "remove the field, or give it a value")
