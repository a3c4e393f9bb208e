"""How values are written, where Kustomize goes by that: it copies the text of a scalar, keeps quotes that stand in a
field, and tells nothing at all (`key:`) from `null`.

An item of a list of objects (`ConfigMapList`) has been through JSON, and stands in braces with its strings in quotes.
A JSON 6902 patch makes every number of its object a float and quotes what needs it.
"""

from typing import Any

from penstock.model import BLANK_IN_FLOW, Pointer, Resource
from penstock.resolve.ids import text
from penstock.resolve.level import Level
from penstock.scalar import config_scalar, go_number, json_number, may_be_date, resource_scalar
from penstock.tree import get, leaves, origin_of, origins_of, with_value


def text_of(level: Level, resource: Resource, at: Pointer, value: Any) -> str:
    """A scalar as Kustomize copies it into a string: as it is written (`0x1F`, `Null`), or as JSON has it."""
    if value.__class__ is str and not may_be_date(value):
        return str(value)
    through = resource.lineage.through_json
    if not through:
        written = level.sources.spelled(origin_of(resource, at))
        if written is not None:
            return "" if written == BLANK_IN_FLOW else written
    elif value.__class__ is int or value.__class__ is float:
        return json_number(value) if through == "list" else go_number(value)
    return "null" if value is None else text(value)


def is_blank(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a null is written as nothing at all."""
    if resource.lineage.through_json:
        return False
    return level.sources.spelled(origin_of(resource, at)) in ("", BLANK_IN_FLOW)


def write_blanks(level: Level, resource: Resource) -> None:
    """Make nothing in braces or brackets an empty string, which it is once Kustomize has written the object."""
    in_braces = resource.lineage.through_json == "list"
    if not in_braces and not level.sources.blanks_in_flow:
        return
    blanks = ("", BLANK_IN_FLOW) if in_braces else (BLANK_IN_FLOW,)
    for at, value in leaves(resource.body):
        if value is None and not _is_json(resource, at) and level.sources.spelled(origin_of(resource, at)) in blanks:
            resource.body = with_value(resource.body, at, "")


def _is_json(resource: Resource, at: Pointer) -> bool:
    """Whether a value has been through JSON, and is not what a patch wrote later."""
    here, whole = origin_of(resource, at), resource.origin
    return bool(resource.lineage.through_json) and (here.path, here.doc) == (whole.path, whole.doc)


def is_quoted(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a string is written in quotes, or as a block; of several that wrote it, the first counts."""
    through = resource.lineage.through_json
    if through:
        value = get(resource.body, at)
        is_plain = value != "" and resource_scalar(value) == value == config_scalar(value)
        return through == "list" or not is_plain
    styles = (level.sources.is_quoted(origin) for origin in reversed(list(origins_of(resource, at))))
    return next((style for style in styles if style is not None), False)
