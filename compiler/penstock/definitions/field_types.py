"""Values of definitions that have another type than the field: the API server refuses the object."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from penstock.definitions.fields import MOST_FINDINGS, OTHERS, Shape
from penstock.model import Diagnostic, Document, Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.tree import get, origin_of
from penstock.words import dotted, type_of

CODE = "PS651"

Types = Mapping[str, str]
"""The types of the fields of a kind by name, without those of texts, and of mappings whose fields are known."""

TEXT, MAPPING, LIST, ANY = "string", "mapping", "list", "any"

LISTS = {"mappings": MAPPING, "texts": TEXT, LIST: ANY}
"""The types that are lists, with the type of the elements."""

TABLES = {"named texts": TEXT, "named booleans": "boolean"}
"""The types that are mappings of any names, with the type of the values."""

PYTHON: Mapping[str, tuple[type, ...]] = {
    TEXT: (str,),
    MAPPING: (dict,),
    LIST: (list,),
    "boolean": (bool,),
    "integer": (int,),
    "integer or string": (int, str),
}


def types(**names: str) -> Types:
    """Return the types of fields: for each type, with `_` for a space, the names that have it."""
    return {name: kind.replace("_", " ") for kind, those in names.items() for name in those.split()}


class _Field(NamedTuple):
    at: Pointer
    value: Any
    type: str
    below: Shape | None
    """The fields of a mapping, or None if they are not known."""


LATER = ("${", "{{")
"""What a variable of Flux and a template begin with: something else will be in their place."""


def wrong_types(resource: Resource, known: Shape, types: Types, later: Sequence[str] = LATER) -> Iterator[Diagnostic]:
    """Yield an error for each value in the spec of a definition that has another type than the field. A text with one
    of the signs `later` counts as right.
    """
    start = _Field(("spec",), resource.body.get("spec"), MAPPING, known)
    for field in _first_wrong(start, types, later):
        yield _finding(field, origin_of(resource, field.at))._replace(resource=resource.id)


def wrong_values(document: Document, at: Pointer, known: Shape, types: Types) -> Iterator[Diagnostic]:
    """Yield an error for each value below a place of a document that has another type than the field."""
    for field in _first_wrong(_Field(at, get(document.body, at), MAPPING, known), types, ()):
        yield _finding(field, document.origin.below(*field.at))


def _first_wrong(start: "_Field", types: Types, later: Sequence[str]) -> Iterator["_Field"]:
    """Yield the first fields with a wrong type. Nothing is wrong where the fields of a kind are not known."""
    return islice(_wrong_below(start, types, later) if start.below else (), MOST_FINDINGS)


def _finding(field: "_Field", where: Origin) -> Diagnostic:
    message = f"{dotted(field.at)}: expected {field.type}, found {type_of(field.value)}"
    return Diagnostic(CODE, "error", message, where, hint=_hint(field.type, field.value))


def _hint(wanted: str, value: Any) -> str:
    if wanted == TEXT and isinstance(value, int | float):
        return "put it in quotes"
    if wanted == LIST:
        return "start each item of the list with '- '"
    if wanted in ("boolean", "integer") and isinstance(value, str):
        return "write it in templatePatch" if "{{" in value else "remove the quotes, if it has any"
    return ""


def _wrong_below(start: _Field, types: Types, later: Sequence[str]) -> Iterator[_Field]:
    waiting = [start]
    while waiting:
        field = waiting.pop()
        if field.type == ANY or field.value is None or _has_one(field.value, later):
            continue
        if field.value.__class__ in PYTHON[_plain(field.type)]:
            waiting += reversed([*_inner(field, types)])
        else:
            yield field._replace(type=_plain(field.type))


def _plain(kind: str) -> str:
    """Return what a value of a type is, whatever is in it."""
    if kind in LISTS:
        return LIST
    return MAPPING if kind in TABLES else kind


def _has_one(value: Any, signs: Sequence[str]) -> bool:
    return isinstance(value, str) and any(sign in value for sign in signs)


def _inner(field: _Field, types: Types) -> Iterator[_Field]:
    """Yield the fields of a value that has the right type."""
    if field.type in LISTS:
        for index, each in enumerate(field.value):
            yield _Field((*field.at, index), each, LISTS[field.type], field.below)
    elif field.type in TABLES:
        for key, each in field.value.items():
            yield _Field((*field.at, key), each, TABLES[field.type], None)
    elif field.type == MAPPING and field.below:
        for key in (each for each in field.value if each in field.below and each != OTHERS):
            below = field.below[key]
            yield _Field((*field.at, key), field.value[key], types.get(key, MAPPING if below else TEXT), below)
