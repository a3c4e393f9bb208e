"""Keys that Kustomize adds to a mapping: it writes them without quotes, and cannot print an object with one that is
then read as a boolean, a number with a fraction, or nothing.
"""

from collections.abc import Iterable

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.scalar import can_be_plain_key
from penstock.tree import get, origin_of


def check_key(level: Level, resource: Resource, at: Pointer) -> None:
    """Report the key that a pointer ends with, if Kustomize could not print it."""
    if not can_be_plain_key(str(at[-1])):
        message = f"the key {at[-1]!r} is no text: Kustomize adds it without quotes"
        hint = "put a letter in front"
        level.report("PS236", message, origin_of(resource, at), resource=resource.id, hint=hint)


def check_keys(level: Level, resource: Resource, fields: Iterable[Pointer]) -> None:
    """The same for all keys of some mappings."""
    for field in fields:
        value = get(resource.body, field)
        for key in value if isinstance(value, dict) else ():
            check_key(level, resource, (*field, key))
