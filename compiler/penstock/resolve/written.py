"""How values are written, where Kustomize goes by that: it copies the text of a scalar, keeps quotes that stand in a
field, and tells nothing at all (`key:`) from `null`.

An item of a list of objects (`ConfigMapList`) has been through JSON, and stands in braces with its strings in quotes.
A JSON 6902 patch makes every number of its object a float and quotes what needs it. What is laid over such an object
later is written as in its patch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.ids import text
from penstock.resolve.keys import settle_keys
from penstock.resolve.level import Level
from penstock.scalar import (
    BLANK_IN_FLOW,
    config_scalar,
    go_number,
    is_timestamp,
    json_number,
    may_be_date,
    refolded,
    resource_scalar,
    resource_scalar_in_flow,
)
from penstock.tree import MISSING, get, is_json, leaves, origin_of, origins_of, parents_of, with_value, written_since

ANNOTATIONS = ("metadata", "annotations")


def text_of(level: Level, resource: Resource, at: Pointer, value: Any) -> str:
    """A scalar as Kustomize copies it into a string: as it is written (`0x1F`, `Null`), or as JSON has it."""
    if value.__class__ is str and not may_be_date(value):
        return str(value)
    if not is_json(resource, at):
        return text_at(level, origin_of(resource, at), value)
    if value.__class__ is int or value.__class__ is float:
        return json_number(value) if resource.lineage.through_json == "list" else go_number(value)
    if value.__class__ is str:
        return str(_date_after_json(level, resource, at, value))
    return "null" if value is None else text(value)


def _date_after_json(level: Level, resource: Resource, at: Pointer, value: Any) -> Any:
    """A time inside the braces of a list's item: it is read once, as a time."""
    written = level.sources.spelled(origin_of(resource, at)) if resource.lineage.through_json == "list" else None
    return value if value is None or written is None else resource_scalar(written)


def text_at(level: Level, origin: Origin, value: Any) -> str:
    """A scalar as it is written at a place of a file."""
    written = level.sources.spelled(origin)
    if written is None:
        return "null" if value is None else text(value)
    return "" if written == BLANK_IN_FLOW else written


def is_blank(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a null is written as nothing at all."""
    return not is_json(resource, at) and level.sources.spelled(origin_of(resource, at)) in ("", BLANK_IN_FLOW)


class Writer(NamedTuple):
    """Who wrote a value: its style there, and whether it has been through JSON since."""

    style: bool
    was_json: bool


def _writers(level: Level, resource: Resource, at: Pointer, style_of: Callable[[Origin], bool | None]) -> list[Writer]:
    """Those that wrote what stands at a place, the first one first: it decides on the style."""
    then = resource.lineage.log_then if resource.lineage.through_json else resource
    newest_first = [(style_of(origin), was) for origin, was in origins_of(resource, at, then)]
    return [Writer(style, was) for style, was in reversed(newest_first) if style is not None]


def is_spelled_out(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a null is written as `null` or `~`."""
    if is_json(resource, at):
        return True
    return level.sources.is_quoted(origin_of(resource, at)) is not None and not is_blank(level, resource, at)


def is_quoted(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a string is written in quotes, or as a block; of several that wrote it, the first counts."""
    value = get(resource.body, at)
    writers = _writers(level, resource, at, level.sources.is_quoted)
    if is_json(resource, at) or (writers and writers[0].was_json):
        return resource.lineage.through_json == "list" or _is_other_in_yaml(level, value) is not False
    if writers and writers[0].style:
        return True
    for before in resource.lineage.merged:
        if len(writers) < 2 or written_since(resource, at, before) is None:
            return _is_other_in_yaml(level, value) is True
    return False


def _is_other_in_yaml(level: Level, value: str) -> bool | None:
    """Whether YAML 1.1 takes a text without quotes for something else, such as `yes`; None where it is no YAML.

    For what goes on over lines, or is empty, Kustomize says no.
    """
    if value == "" or "\n" in value:
        return None
    if value.replace("-", "").isalnum():
        return not isinstance(config_scalar(value), str) or resource_scalar(value) != value
    documents, findings = level.sources.embedded(value, Origin(""), config=True)
    if any(finding.severity == "error" for finding in findings):
        return None
    return not documents or documents[0].body != value


def show_annotations(level: Level, resource: Resource) -> None:
    """Kustomize keeps notes of its own among the annotations, so there is a mapping where no file has one; noting a
    transformer there (`buildMetadata`) has made every value text.
    """
    lineage = resource.lineage
    has_notes = lineage.past or lineage.prefixes or lineage.suffixes or lineage.needs_hash or lineage.behavior
    if has_notes or lineage.made:
        values = get(resource.body, ANNOTATIONS)
        values = values if isinstance(values, dict) else {}
        if lineage.transformed:
            values = {key: text_of(level, resource, (*ANNOTATIONS, key), value) for key, value in values.items()}
        resource.body = with_value(resource.body, ANNOTATIONS, values)


def is_date(level: Level, resource: Resource, at: Pointer, value: str) -> bool:
    """Whether a text stands for a date without quotes."""
    if not may_be_date(value) or is_json(resource, at) or is_quoted(level, resource, at):
        return False
    return is_timestamp(level.sources.spelled(origin_of(resource, at)) or value)


def settle(level: Level, resource: Resource, but: Pointer = MISSING) -> None:
    """Make nulls and dates what they are once Kustomize has written the object and read it again. Inside braces,
    whoever's they are, nothing is an empty string and a time of day is text. What stands in `but` has been written
    before.
    """
    for at, given, message, where in resource.lineage.unfit:
        if get(resource.body, at) == given:
            level.report("PS260", message, where, resource=resource.id)
    for field, given in resource.lineage.tagless:
        if get(resource.body, ("metadata", field)) == given:
            resource.body = with_value(resource.body, ("metadata", field), resource_scalar(given))
    settle_keys(level, resource)
    if not _is_loose(level, resource):
        return
    for at, value in leaves(resource.body):
        if at[:-1] == but:
            continue
        if value is None or (value.__class__ is str and ("\n" in value or may_be_date(value))):
            settled = _settled(level, resource, at, value)
            if settled != value:
                resource.body = with_value(resource.body, at, settled)
                if value is not None and "\n" in value:
                    _report_folded(level, resource, at)


def _is_loose(level: Level, resource: Resource) -> bool:
    """Whether a file that wrote to an object has values that depend on where they come to stand."""
    loose = level.sources.loose
    if not loose or resource.origin.path in loose:
        return bool(loose)
    entry = resource.log
    while entry is not None:
        entry, _, source = entry
        sources = (source,) if isinstance(source, Origin) else source
        if any(isinstance(origin, Origin) and origin.path in loose for origin in sources):
            return True
    return False


def _settled(level: Level, resource: Resource, at: Pointer, value: Any) -> Any:
    if value is not None and "\n" in value:
        return refolded(value) if _is_folded(level, resource, at, value) else value
    written = level.sources.spelled(origin_of(resource, at))
    if written is None:
        return value
    if is_json(resource, at):
        return _date_after_json(level, resource, at, value)
    if value is None:
        is_nothing = written in ("", BLANK_IN_FLOW)
        return "" if is_nothing and _is_in_braces(level, resource, at) else None
    if value == written and _is_kept_text(level, resource, at, written):
        return value
    return resource_scalar_in_flow(written) if _is_in_braces(level, resource, at) else resource_scalar(written)


def _report_folded(level: Level, resource: Resource, at: Pointer) -> None:
    message = "Kustomize changes the line breaks of this folded text"
    hint = "write it with | in place of >"
    where = origin_of(resource, at)
    level.report("PS239", message, where, severity="warning", resource=resource.id, hint=hint)


def _is_folded(level: Level, resource: Resource, at: Pointer, value: str) -> bool:
    """Whether a text is folded when Kustomize writes it, and comes back as another one."""
    if (
        refolded(value) == value
        or at in resource.lineage.styleless
        or is_json(resource, at)
        or _is_in_braces(level, resource, at)
    ):
        return False
    writers = _writers(level, resource, at, level.sources.is_folded)
    return bool(writers) and writers[0].style and not writers[0].was_json


def _is_kept_text(level: Level, resource: Resource, at: Pointer, written: str) -> bool:
    """Whether a date is text because it was laid over a string in quotes, not because it comes out of braces."""
    if ":" not in written:
        return True
    origin = origin_of(resource, at)
    above = (Origin(origin.path, origin.doc, origin.at[:depth]) for depth in range(len(origin.at)))
    return not any(map(level.sources.is_flow, above)) or is_quoted(level, resource, at)


def _is_in_braces(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether something above is in braces or brackets: of several that wrote it, the first counts. JSON has been
    written without, but for items of lists.
    """
    for depth in range(len(at)):
        if is_json(resource, at[:depth]):
            if resource.lineage.through_json == "list":
                return True
            continue
        if _is_flow(level, resource, at[:depth]):
            return True
    return False


def _is_flow(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a mapping or list is in braces or brackets: of several that wrote it, the first counts that did not leave
    it empty; where all did, what was laid into it.
    """
    writers = _writers(level, resource, at, level.sources.is_flow)
    if writers:
        return resource.lineage.through_json == "list" if writers[0].was_json else writers[0].style
    inside = (level.sources.is_flow(origin) for origin in reversed(list(parents_of(resource, at))))
    return bool(next(inside, False))
