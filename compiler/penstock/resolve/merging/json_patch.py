"""JSON 6902 patches, as json-patch v4 applies them for kustomize v5.8.2.

This goes beyond RFC 6902: negative indexes count from the end, `replace` makes a missing key, an operation without
`value` writes null, and a path without a leading slash loses its first name.
"""

from collections.abc import Callable
from functools import lru_cache

from penstock.model import Origin, Pointer, Resource, Taken
from penstock.resolve.finding.field_specs import Conflict
from penstock.tree import MISSING, Spliced, child, drop, put, rearrange
from penstock.typed import Any

Spend = Callable[[Any, int, Origin, int], None]
"""Called for each copy of a tree with the tree, the number of copies, their origin, and their depth in the object."""


def apply(resource: Resource, operations: list[Any], origin: Origin, spend: Spend) -> list[int]:
    """Apply every operation to the body; return the numbers of those that replaced a missing value.

    `origin` leads to the list of operations. Raises `Conflict` with a pointer relative to it.
    """
    made = []
    for number, operation in enumerate(operations):
        if operation.__class__ is not dict:
            raise Conflict(
                "an operation must be a mapping with op and path",
                (number,),
                hint="write it as `{op: replace, path: /spec/…, value: …}`",
            )
        try:
            if not _apply_one(resource, operation, origin.below(number), spend):
                made.append(number)
        except Conflict as conflict:
            raise conflict.moved((number, "path") if "path" in operation else (number,)) from None
    return made


def _apply_one(resource: Resource, operation: dict[str, Any], origin: Origin, spend: Spend) -> bool:
    """Apply one operation; return False where it is a `replace` of a missing value."""
    name = operation.get("op")
    path = operation.get("path")
    if name not in ("add", "remove", "replace", "move", "copy", "test"):
        raise Conflict(f"unknown operation {name!r}; it is one of add, remove, replace, move, copy, test")
    if not isinstance(path, str):
        raise Conflict(f"the operation {name} needs a path", hint="add `path: /…`")
    if name == "remove":
        _remove(resource, path, origin)
    elif name == "test":
        _test(resource, path, operation.get("value", MISSING))
    elif name in ("move", "copy"):
        _move(resource, operation, path, origin, spend)
    elif name == "replace":
        return _replace(resource, path, operation.get("value"), origin)
    else:
        _add(resource, path, operation.get("value"), origin.below("value"))
    return True


def _add(resource: Resource, path: str, value: Any, origin: Origin | Taken) -> None:
    parent_at, parent, key = _parent(resource.body, path)
    if parent.__class__ is dict:
        put(resource, (*parent_at, key), value, origin)
        return
    size = len(parent)
    index = size if key == "-" else _index(key, size + 1, path)
    elements = parent.copy()
    elements.insert(index, value)
    rearrange(resource, parent_at, elements, Spliced(size, index, origin))


def _remove(resource: Resource, path: str, origin: Origin) -> None:
    parent_at, parent, key = _parent(resource.body, path)
    if parent.__class__ is dict:
        if key not in parent:
            raise Conflict(
                f"cannot remove {path}: there is no such field", hint="correct the path, or remove the operation"
            )
        drop(resource, (*parent_at, key), origin)
        return
    index = _index(key, len(parent), path)
    elements = parent.copy()
    del elements[index]
    rearrange(resource, parent_at, elements, Spliced(len(parent), index, remover=origin))


def _replace(resource: Resource, path: str, value: Any, origin: Origin) -> bool:
    if path == "":
        if value.__class__ is not dict:
            raise Conflict("the whole object can only be replaced by a mapping", hint="write the path of a field")
        put(resource, (), value, origin.below("value"))
        return True
    parent_at, parent, key = _parent(resource.body, path)
    step = key if parent.__class__ is dict else _index(key, len(parent), path)
    put(resource, (*parent_at, step), value, origin.below("value"))
    return child(parent, step) is not MISSING


def _move(resource: Resource, operation: dict[str, Any], path: str, origin: Origin, spend: Spend) -> None:
    source = operation.get("from")
    if not isinstance(source, str):
        raise Conflict(f"the operation {operation['op']} needs `from`", hint="add `from: /…`")
    parent_at, parent, key = _parent(resource.body, source)
    step = key if parent.__class__ is dict else _index(key, len(parent), source)
    value = child(parent, step)
    spend(value, 1, origin, path.count("/"))
    came_from = Taken(resource.log, (*parent_at, step)) if value is not MISSING else origin
    if operation["op"] == "move":
        _remove(resource, source, origin)
    _add(resource, path, None if value is MISSING else value, came_from)


def _test(resource: Resource, path: str, value: Any) -> None:
    found = _found(resource.body, path)
    # The library that Kustomize uses takes a missing value and null for the same in a `test`.
    if (found is MISSING or found is None) and (value is MISSING or value is None):
        return
    if found is MISSING or value is MISSING or found is None or not same(found, value):
        raise Conflict(f"test failed: {path} does not have that value", hint="correct the value, or remove the test")


def _found(body: Any, path: str) -> Any:
    """Return the value that a path leads to, or MISSING."""
    if path == "":
        return body
    _, parent, key = _parent(body, path)
    return child(parent, key if parent.__class__ is dict else _index(key, len(parent), path))


def same(a: Any, b: Any) -> bool:
    """Return whether two values are equal in JSON: 1 and 1.0 are the same number, and true is not a number."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _parent(body: Any, path: str) -> tuple[Pointer, Any, str]:
    """Return the pointer to the container of the last name of a path, the container, and that name."""
    names = _names(path)
    if len(names) < 2:
        raise Conflict(f"the path {path!r} leads nowhere", hint="begin the path with a slash")
    at: list[str | int] = []
    for name in names[1:-1]:
        step: str | int = _index(name, len(body), path) if body.__class__ is list else name
        body = child(body, step)
        at.append(step)
        if body.__class__ is not dict and body.__class__ is not list:
            raise Conflict(
                f"the object has no {'/'.join(names[: len(at) + 1])}",
                hint="correct the path, or add what is missing with an operation before this one",
            )
    return tuple(at), body, names[-1]


@lru_cache(maxsize=64)
def _names(path: str) -> tuple[str, ...]:
    """Return the names that make up a path. They are cached, as an operation often has the path of the one before."""
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in path.split("/"))


def _index(name: str, size: int, path: str) -> int:
    if not _is_number(name) or len(name) > 10:
        raise Conflict(
            f"{path}: {name!r} is not an index of a list",
            hint="write a number from 0, or - for the place behind the last element",
        )
    index = int(name)
    if not -size <= index < size:
        raise Conflict(f"{path}: the list has no index {index}", hint="write a smaller number, or - to append")
    return index + size if index < 0 else index


def _is_number(name: str) -> bool:
    """Say whether this is a whole number in decimal digits, with a sign or without one."""
    digits = name[1:] if name[:1] in ("-", "+") else name
    return digits.isascii() and digits.isdecimal()
