"""Accessors for the parts of an object that the rules use.

A body may have any shape here: values of the wrong type are ignored, since the schema reports them.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Pointer, Resource, Tree
from penstock.tree import get
from penstock.validate.syntax import quantity

Kinds = frozenset[tuple[str, str]] | None
"""The kinds to which a rule applies, as groups and names; None for all kinds."""

EVERY: Kinds = None
PODS = frozenset(POD_TEMPLATES)
"""The kinds that have a pod spec."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


def is_a(resource: Resource, group: str, *kinds: str) -> bool:
    return resource.id.group == group and resource.id.kind in kinds


def _found(tree: Any, at: Pointer) -> Any:
    """Return the value at a pointer, or None. The tests compare it with `get`, which takes nearly twice as long."""
    for step in at:
        if tree.__class__ is dict:
            tree = tree.get(step)
        elif tree.__class__ is list:
            tree = get(tree, (step,))
        else:
            return None
    return tree


def mapping(tree: Any, at: Pointer = ()) -> Tree:
    """Return the mapping at a pointer, or an empty one where there is no mapping.

    The steps through mappings are inlined here and in `mappings`: without that, all checks take 3 % longer. `_found`
    is the oracle, and takes the other steps.
    """
    found = tree
    for step in at:
        if found.__class__ is not dict:
            found = _found(tree, at)
            break
        found = found.get(step)
        if found is None:
            return {}
    return found if isinstance(found, dict) else {}


def items(tree: Any, at: Pointer) -> list[Any]:
    """Return the list at a pointer, or an empty one where there is no list."""
    found = _found(tree, at)
    return found if isinstance(found, list) else []


def mappings(tree: Any, at: Pointer) -> Sequence[tuple[Pointer, Tree]]:
    """Return each mapping in the list at a pointer, with its own pointer.

    Most lists that a check asks for are not there, so this is no generator: making one costs more than the look.
    """
    found = tree
    for step in at:
        if found.__class__ is not dict:
            found = _found(tree, at)
            break
        found = found.get(step)
        if found is None:
            return ()
    if not isinstance(found, list):
        return ()
    return [((*at, index), item) for index, item in enumerate(found) if isinstance(item, dict)]


def text_of(tree: Tree, field: str) -> str:
    """Return the string in a field, or an empty one where there is no string."""
    found = tree.get(field)
    return found if isinstance(found, str) else ""


def integer_of(tree: Tree, field: str) -> int | None:
    """Return the integer in a field, or None. Booleans are no integers; 80.0 is 80."""
    found = as_number(tree.get(field))
    return found if type(found) is int else None


def as_number(value: Any) -> Any:
    """Return a value with whole floats as integers: JSON does not distinguish 80 from 80.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def amount_of(tree: Tree, field: str) -> Decimal | None:
    """Return the quantity in a field, or None where there is no quantity."""
    found = tree.get(field)
    return None if found is None else quantity(found)


def stored(amount: Any) -> Decimal | None:
    """Return a quantity as the API server stores it, or None where it is none. Null becomes zero."""
    return Decimal(0) if amount is None else quantity(amount)


def strings(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield each string in the list at a pointer, with its own pointer."""
    for index, item in enumerate(items(tree, at)):
        if isinstance(item, str):
            yield (*at, index), item


def containers_of(pod: Tree) -> list[tuple[Pointer, Tree]]:
    """Return the containers of a pod spec, init containers first, without ephemeral containers."""
    return [*mappings(pod, ("initContainers",)), *mappings(pod, ("containers",))]


def named(tree: Any, at: Pointer, field: str = "name") -> set[str]:
    """Return the strings in one field of the mappings in the list at a pointer."""
    found = (item.get(field) for _, item in mappings(tree, at))
    return {each for each in found if isinstance(each, str)}


def texts(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str, str]]:
    """Yield the pointer, key and value of each string in the mapping at a pointer. Null counts as an empty string."""
    for key, value in mapping(tree, at).items():
        if value is None or isinstance(value, str):
            yield (*at, key), key, value or ""


def child_schemas(schema: Tree) -> Iterator[tuple[Pointer, Tree]]:
    """Yield the child schemas of an OpenAPI schema: those of its fields, elements and additional properties."""
    for key, child in mapping(schema, ("properties",)).items():
        if isinstance(child, dict):
            yield ("properties", key), child
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield (word,), schema[word]


def template_of(resource: Resource) -> Pointer | None:
    """Return the pointer to the pod template of an object, or None for kinds without one."""
    return POD_TEMPLATES.get((resource.id.group, resource.id.kind))


def pods(resource: Resource) -> Iterator[tuple[Pointer, Tree]]:
    """Yield the pod spec of the object, if it has one."""
    template = template_of(resource)
    if template is not None and (pod := mapping(resource.body, (*template, "spec"))):
        yield (*template, "spec"), pod


def containers(resource: Resource) -> list[tuple[Pointer, Tree]]:
    """Return every container of every list, in the order in which the containers start."""
    return [
        ((*at, *here), container)
        for at, pod in pods(resource)
        for name in CONTAINER_LISTS
        if name in pod
        for here, container in mappings(pod, (name,))
    ]
