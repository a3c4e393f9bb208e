"""Field specs: which fields of which kinds a transformer writes, and the walk that finds them.

A path has `/` between its names and `\\/` for a slash inside one; lists on the way are entered without being named;
`name[]` must be a list and is never created. With `create`, missing mappings on the way are made.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.identities import Gvk
from penstock.tree import MISSING, put


class Conflict(Exception):  # noqa: N818  # carries a finding, is none
    """A field that a transformer must write is not what it takes it to be. `at` leads there."""

    def __init__(self, message: str, at: Pointer = ()) -> None:
        super().__init__(message)
        self.at = at


class FieldSpec(NamedTuple):
    gvk: Gvk
    path: str
    create: bool = False

    def selects(self, resource: Resource) -> bool:
        return self.gvk.selects(resource.id.group, resource.version, resource.id.kind)

    @property
    def steps(self) -> tuple[str, ...]:
        return split_path(self.path)


def spec(path: str, kind: str = "", group: str = "", version: str = "", create: bool = False) -> FieldSpec:
    return FieldSpec(Gvk(group, version, kind), path, create)


@lru_cache(maxsize=1024)
def split_path(path: str) -> tuple[str, ...]:
    if "\\/" not in path:
        return tuple(path.removeprefix("/").split("/"))
    return tuple(part.replace("\0", "/") for part in path.removeprefix("/").replace("\\/", "\0").split("/"))


def write(
    resource: Resource,
    specs: Iterable[FieldSpec],
    change: Callable[[Any, Pointer], Any],
    origin: Origin,
    create: bool = False,
) -> None:
    """Set every field that the specs find to `change(value, pointer)`; MISSING as the answer leaves it alone.

    `create` says whether this transformer makes missing fields at all; the value is MISSING for one that it makes.
    Raises Conflict where a scalar stands in the way.
    """
    for field_spec in specs:
        if field_spec.selects(resource):
            make_lists(resource, field_spec, origin, create and field_spec.create)
            for at, value in find(resource.body, field_spec.steps, create and field_spec.create):
                wanted = change(value, at)
                if wanted is not MISSING and (wanted != value or wanted.__class__ is not value.__class__):
                    put(resource, at, wanted, origin)


def make_lists(resource: Resource, field_spec: FieldSpec, origin: Origin, create: bool) -> None:
    """Turn a null where a path says `name[]` into an empty list, as Kustomize does on its way; with `create`, make the
    mappings above it.
    """
    if "[]" not in field_spec.path:
        return
    steps = field_spec.steps
    for depth, step in enumerate(steps):
        if step.endswith("[]"):
            for at, value in find(resource.body, steps[:depth], create):
                if value is MISSING:
                    put(resource, at, {}, origin)
            create = False
            for at, value in find(resource.body, (*steps[:depth], step[:-2])):
                if value is None:
                    put(resource, at, [], origin)


def find(tree: Any, steps: tuple[str, ...], create: bool = False) -> list[tuple[Pointer, Any]]:
    """Every place that a path leads to, with the value there: MISSING where it is to be made."""
    found: list[tuple[Pointer, Any]] = []
    _find(tree, steps, 0, (), create, found)
    return found


def _find(
    tree: Any, steps: tuple[str, ...], depth: int, at: Pointer, create: bool, found: list[tuple[Pointer, Any]]
) -> None:
    if depth == len(steps):
        found.append((at, tree))
    elif tree.__class__ is dict:
        _find_in_mapping(tree, steps, depth, at, create, found)
    elif tree.__class__ is list:
        for index, element in enumerate(tree):
            _find(element, steps, depth, (*at, index), create, found)
    elif tree is not None:
        raise Conflict(f"`{'/'.join(steps[:depth])}` must be a mapping or a list", at)


def _find_in_mapping(
    tree: dict[str, Any],
    steps: tuple[str, ...],
    depth: int,
    at: Pointer,
    create: bool,
    found: list[tuple[Pointer, Any]],
) -> None:
    name = steps[depth]
    must_be_list = name.endswith("[]")
    name = name[:-2] if must_be_list else name
    if not name:
        raise Conflict("a field path must not have an empty name", at)
    value = tree.get(name, MISSING)
    if value is MISSING or value is None:
        if create and not any(step.endswith("[]") for step in steps[depth:]):
            found.append(((*at, *(step for step in steps[depth:])), MISSING))
        elif value is None and depth + 1 == len(steps):
            found.append(((*at, name), None))
        return
    _find(value, steps, depth + 1, (*at, name), create, found)
