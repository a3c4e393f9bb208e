"""Keys without quotes. Kustomize reads them as YAML once it has written the object: `010` is 8 then, a date is a time,
and it cannot print what is a boolean, a number with a fraction, or nothing.

So are all keys that Kustomize adds to a mapping, and those that an object or patch has without quotes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.scalar import as_plain_key, can_be_plain_key, is_odd_key, resource_scalar
from penstock.tree import get, is_json, log, origin_of, origins_of, respell, with_value


def check_key(level: Level, resource: Resource, at: Pointer) -> None:
    """Report the key that a pointer ends with, which Kustomize adds, if Kustomize could not print it."""
    key = str(at[-1])
    if not can_be_plain_key(key):
        message = f"the key {key!r} is no text: Kustomize adds it without quotes"
        hint = "put a letter in front"
        level.report("PS236", message, origin_of(resource, at), resource=resource.id, hint=hint)
    elif as_plain_key(key) != key:
        level.spellings.odd_keys = True


def check_keys(level: Level, resource: Resource, fields: Iterable[Pointer]) -> None:
    """The same for all keys of some mappings."""
    for field in fields:
        value = get(resource.body, field)
        for key in value if isinstance(value, dict) else ():
            check_key(level, resource, (*field, key))


def settle_keys(level: Level, resource: Resource) -> None:
    """Make keys without quotes what they are once Kustomize has written the object."""
    if not level.spellings.odd_keys:
        return
    for at in list(_odd_keys(resource.body, ())):
        if is_plain_key(level, resource, at):
            _settle(level, resource, at)


def settle_written(level: Level, resource: Resource, fields: Iterable[Pointer]) -> None:
    """The same for mappings that Kustomize writes anew, whoever wrote the keys."""
    for field in fields:
        for at in list(_odd_keys(get(resource.body, field), field)):
            _settle(level, resource, at)


def _odd_keys(tree: Any, at: Pointer) -> Iterator[Pointer]:
    """The keys that are no text without quotes, the innermost first; those of the object itself always are."""
    if tree.__class__ is dict:
        for key, value in tree.items():
            yield from _odd_keys(value, (*at, key))
            if at and is_odd_key(key):
                yield (*at, key)
    elif tree.__class__ is list:
        for index, value in enumerate(tree):
            yield from _odd_keys(value, (*at, index))


def is_plain_key(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a pointer ends with a key that is no text without quotes, and has none: of several that wrote it the
    first counts, and what no object has was added.
    """
    if resource_scalar(str(at[-1])) == at[-1]:
        return False
    if is_json(resource, at):
        return resource.spelling.through_json == "list" and bool(level.spellings.is_plain_key(origin_of(resource, at)))
    origins = [origin for origin, _ in origins_of(resource, at) if origin.at[-1:] == at[-1:]]
    known = (level.spellings.is_plain_key(origin) for origin in reversed(origins))
    return next((plain for plain in known if plain is not None), True)


def _settle(level: Level, resource: Resource, at: Pointer) -> None:
    key, where = str(at[-1]), origin_of(resource, at)
    if not can_be_plain_key(key):
        message = f"the key {key} is no text without quotes"
        level.report("PS236", message, where, resource=resource.id, hint=f'write "{key}"')
        return
    new = as_plain_key(key)
    parent = get(resource.body, at[:-1])
    renamed = {new if k == key else k: v for k, v in parent.items()}
    respell(resource, with_value(resource.body, at[:-1], renamed))
    log(resource, (*at[:-1], new), where)
    message = f"the key {key} is printed as {new!r}, since it has no quotes"
    hint = "put it into quotes, or where Kustomize adds it a letter in front"
    level.report("PS238", message, where, severity="warning", resource=resource.id, hint=hint)
