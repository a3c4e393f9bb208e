"""Fields of definitions that their kinds do not have: the API server drops them, so that they have no effect."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from penstock.model import Diagnostic, Pointer, Resource
from penstock.tree import origin_of
from penstock.words import Nearest, dotted

Shape = Mapping[str, Any]
"""The fields of an object: for each name the shape below it, or None if nothing below is judged. If `OTHERS` is among
them, all other names are judged elsewhere.
"""

OTHERS = "*"

CODE = "PS648"

MOST_FINDINGS = 20
"""For one definition. Whoever writes more has another kind in mind."""


def shape(names: str, **below: Shape) -> Shape:
    """Return the shape with these names, of which some have shapes of their own."""
    return {**dict.fromkeys(names.split()), **below}


def unknown_fields(resource: Resource, known: Shape) -> Iterator[Diagnostic]:
    """Yield a warning for each field in the spec of a definition that its kind does not have. Nothing is `known` of a
    kind or a version without fields.
    """
    if not known:
        return
    nearest = Nearest(MOST_FINDINGS)
    for at, fields in islice(_unknown_below(resource.body.get("spec"), known), MOST_FINDINGS):
        yield _finding(resource, ("spec", *at), nearest.to(str(at[-1]), fields))


def _unknown_below(tree: Any, known: Shape) -> Iterator[tuple[Pointer, Shape]]:
    """Yield the place of each unknown field, with the fields that are known there."""
    waiting: list[tuple[Pointer, Any, Shape]] = [((), tree, known)]
    while waiting:
        at, value, fields = waiting.pop()
        if isinstance(value, list):
            waiting += (((*at, index), each, fields) for index, each in reversed([*enumerate(value)]))
        elif isinstance(value, dict):
            waiting += (((*at, key), each, fields[key]) for key, each in value.items() if fields.get(key))
            yield from (((*at, key), fields) for key in _unknown(value, fields))


def _unknown(value: Mapping[Any, Any], fields: Shape) -> list[str]:
    """Return the unknown names of a mapping. A template may stand for a name."""
    if OTHERS in fields:
        return []
    return [key for key in value if key not in fields and isinstance(key, str) and "{{" not in key]


def _finding(resource: Resource, at: Pointer, meant: str) -> Diagnostic:
    message = f"the kind {resource.id.kind} has no field {dotted(at)}: the API server drops it"
    hint = f'did you mean "{meant}"?' if meant else ""
    return Diagnostic(CODE, "warning", message, origin_of(resource, at), resource.id, hint=hint)
