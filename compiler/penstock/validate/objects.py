"""What rules ask of an object. A body may have any shape here: what is not what it should be is passed over, since the
schema reports it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Pointer, Resource, Tree
from penstock.tree import get
from penstock.validate.syntax import quantity

Kinds = frozenset[tuple[str, str]] | None
"""Of which kinds a rule speaks: groups and names."""

EVERY: Kinds = None
PODS = frozenset(POD_TEMPLATES)
"""All kinds; those that make pods."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


def is_a(resource: Resource, group: str, *kinds: str) -> bool:
    return resource.id.group == group and resource.id.kind in kinds


def mapping(tree: Any, at: Pointer = ()) -> Tree:
    """The mapping at a pointer; an empty one where there is something else or nothing."""
    found = get(tree, at)
    return found if isinstance(found, dict) else {}


def items(tree: Any, at: Pointer) -> list[Any]:
    """The list at a pointer; an empty one where there is something else or nothing."""
    found = get(tree, at)
    return found if isinstance(found, list) else []


def mappings(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, Tree]]:
    """Each mapping in the list at a pointer, with its own pointer."""
    for index, item in enumerate(items(tree, at)):
        if isinstance(item, dict):
            yield (*at, index), item


def text_of(tree: Tree, field: str) -> str:
    """The text in a field; an empty one where there is something else or nothing."""
    found = tree.get(field)
    return found if isinstance(found, str) else ""


def integer_of(tree: Tree, field: str) -> int | None:
    """The whole number in a field, where true and false are none, and 80.0 is 80."""
    found = as_number(tree.get(field))
    return found if type(found) is int else None


def as_number(value: Any) -> Any:
    """A value as JSON has it, which does not tell 80 from 80.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def amount_of(tree: Tree, field: str) -> Decimal | None:
    """The quantity in a field; None where there is none, or something else."""
    found = tree.get(field)
    return None if found is None else quantity(found)


def strings(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Each text in the list at a pointer, with its own pointer."""
    for index, item in enumerate(items(tree, at)):
        if isinstance(item, str):
            yield (*at, index), item


def containers_of(pod: Tree) -> Iterator[tuple[Pointer, Tree]]:
    """The containers of a pod spec, those that run first at first, without ephemeral ones."""
    yield from mappings(pod, ("initContainers",))
    yield from mappings(pod, ("containers",))


def named(tree: Any, at: Pointer, field: str = "name") -> set[str]:
    """The strings that the mappings of the list at a pointer have in a field."""
    found = (item.get(field) for _, item in mappings(tree, at))
    return {each for each in found if isinstance(each, str)}


def texts(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str, str]]:
    """Each entry of the mapping at a pointer whose value is a string: pointer, key, value. null counts as empty."""
    for key, value in mapping(tree, at).items():
        if value is None or isinstance(value, str):
            yield (*at, key), key, value or ""


def template_of(resource: Resource) -> Pointer | None:
    """Where the pod template is, in the kinds that have one."""
    return POD_TEMPLATES.get((resource.id.group, resource.id.kind))


def pods(resource: Resource) -> Iterator[tuple[Pointer, Tree]]:
    """The pod spec of the object, if it has one."""
    template = template_of(resource)
    if template is not None and (pod := mapping(resource.body, (*template, "spec"))):
        yield (*template, "spec"), pod


def containers(resource: Resource) -> Iterator[tuple[Pointer, Tree]]:
    """Every container of every list, in the order in which they start."""
    for at, _ in pods(resource):
        for name in CONTAINER_LISTS:
            yield from mappings(resource.body, (*at, name))
