"""How values and keys change because Kustomize writes an object as YAML and reads it again: at the end of the build,
and around a JSON 6902 patch.

The YAML keeps the style of its sources. A value that a patch puts into a mapping in braces is written in braces, even
if the patch has none.
"""

from penstock.model import Origin, Pointer, Resource, Unfit
from penstock.resolve.level import Level
from penstock.resolve.spelling.blocks import is_lost_as_block, report_lost_block
from penstock.resolve.spelling.braces import is_in_braces
from penstock.resolve.spelling.comments import report_comments, report_comments_in_braces
from penstock.resolve.spelling.plain_keys import settle_keys
from penstock.resolve.spelling.unsettled import settle_unsettled
from penstock.resolve.spelling.written_values import date_after_json, is_quoted, spelled_at, writers_of
from penstock.scalar import BLANK_IN_FLOW, may_be_date, refolded, resource_scalar, resource_scalar_in_flow
from penstock.tree import MISSING, get, is_json, leaves, origin_of, respell, with_values, writers
from penstock.typed import Any


def settle(level: Level, resource: Resource, but: Pointer = MISSING) -> None:
    """Give the keys and values of an object the meaning that they have once Kustomize has written and read it.

    This concerns keys without quotes, texts without a type, folded texts, nulls and dates. Inside braces, which may
    come from another file, an empty value is an empty string and a time of day is a string. The mapping at `but` is
    left out, because its values are strings already. A text that does not fit the type of its field is reported.
    """
    if _report_unfit(level, resource, but):
        return
    is_changed = resource.log is not None or bool(resource.spelling.merged)
    if is_changed and _is_written_in(resource, level.spellings.commented):
        report_comments(level, resource)
        if _is_written_in(resource, level.spellings.braced):
            report_comments_in_braces(level, resource)
    settle_unsettled(level, resource)
    _settle_untyped(level, resource, but)
    settle_keys(level, resource)
    _settle_where_loose(level, resource, but)


def settle_values(level: Level, resource: Resource, but: Pointer) -> None:
    """Give the values of an object the meaning that `settle` gives them, and leave the keys as they are."""
    settle_unsettled(level, resource)
    _settle_untyped(level, resource, but)
    _settle_where_loose(level, resource, but)


def _settle_where_loose(level: Level, resource: Resource, but: Pointer) -> None:
    # The meaning of these values may depend on where they are written.
    if _is_written_in(resource, level.spellings.loose) or _has_copied_nothing(resource):
        _settle_loose(level, resource, but)


def _has_copied_nothing(resource: Resource) -> bool:
    """Return whether a replacement has emptied a null, which leaves an empty value."""
    return any(note.value is None and not note.text for note in resource.spelling.copied)


def forget_unfit(resource: Resource, at: Pointer) -> None:
    """Forget that a text does not fit its field, because Kustomize replaces the field before it prints the object."""
    rest = tuple(unfit for unfit in resource.spelling.unfit if unfit.at != at)
    resource.spelling = resource.spelling._replace(unfit=rest)


def _report_unfit(level: Level, resource: Resource, but: Pointer) -> bool:
    """Report texts that replacements wrote to fields of another type, if they are still there. Return whether there
    are any.
    """
    found = [each for each in resource.spelling.unfit if each.at[:-1] != but]
    left = [unfit for unfit in found if get(resource.body, unfit.at) == unfit.text]
    for unfit in left:
        level.report("PS260", unfit.message, unfit.where, resource=resource.id, hint=_hint(unfit))
    return bool(left)


def _hint(unfit: Unfit) -> str:
    """Return how a field can take a text."""
    if unfit.type == "null":
        return 'write "" in place of the null, if the field is to hold a text'
    return "put the value of the field into quotes where it is written, also in patches, if it is to hold a text"


def _settle_untyped(level: Level, resource: Resource, but: Pointer) -> None:
    changes: dict[Pointer, Any] = {}
    for at, written, is_text in resource.spelling.untyped:
        value = changes[at] if at in changes else get(resource.body, at)
        if not is_text and at[:-1] != but and value == written:
            # An empty value is an empty string inside braces, and null elsewhere.
            is_kept = written == "" and is_in_braces(level, resource, at)
            changes[at] = "" if is_kept else resource_scalar(written)
    if changes:
        respell(resource, with_values(resource.body, changes.items()))


def _settle_loose(level: Level, resource: Resource, but: Pointer) -> None:
    changes: list[tuple[Pointer, Any]] = []
    for at, value in leaves(resource.body):
        is_text = at[:-1] == but
        if value.__class__ is str and value[:1] == "\t" and is_lost_as_block(level, resource, at, value, is_text):
            report_lost_block(level, resource, at)
            continue
        # These are left as they are; see `settle`.
        if is_text:
            continue
        # Only these values change when Kustomize writes the object and reads it again.
        if value is None or (value.__class__ is str and ("\n" in value or may_be_date(value))):
            settled = _settled(level, resource, at, value)
            if settled != value:
                changes.append((at, settled))
                _note_folded(level, resource, at, value)
    if changes:
        respell(resource, with_values(resource.body, changes))


def _note_folded(level: Level, resource: Resource, at: Pointer, value: str | None) -> None:
    if value is not None and "\n" in value and not _is_broken_at_will(at, value):
        _report_folded(level, resource, at)


EXPRESSIONS = frozenset(("expr", "expression", "messageExpression", "query"))
"""Fields with PromQL, LogQL, SQL or CEL, besides the health checks of Flux. In these, a line break means no more than a
blank.
"""


def _is_broken_at_will(at: Pointer, value: str) -> bool:
    """Return whether it does not matter where the lines of a text end."""
    is_expression = at[-1] in EXPRESSIONS or "healthCheckExprs" in at
    return is_expression or _is_json_text(value) or _is_one_action(value.strip())


def _is_one_action(value: str) -> bool:
    """Return whether a text is one action of a template of Go, as in the definitions of Argo CD."""
    return value.startswith("{{") and value.endswith("}}") and value.count("{{") == 1


def _is_json_text(value: str) -> bool:
    if value.lstrip()[:1] not in ("{", "["):
        return False
    import json  # few texts are folded and change

    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _is_written_in(resource: Resource, paths: set[str]) -> bool:
    """Return whether any of these files wrote to an object."""
    if not paths or resource.origin.path in paths:
        return bool(paths)
    entry = resource.log
    while entry is not None:
        entry, _, source = entry
        if any(origin.path in paths for origin in writers(source)):
            return True
    return False


def _settled(level: Level, resource: Resource, at: Pointer, value: Any) -> Any:
    if value is not None and "\n" in value:
        # Folding a text that was folded at other places changes its line breaks.
        return refolded(value) if _is_folded(level, resource, at, value) else value
    written = spelled_at(level, resource, at, value)
    if written is None:
        return value
    if is_json(resource, at):
        return date_after_json(level, resource, at, value)
    if value is None:
        # An empty value in braces is printed as an empty string; `null` and `~` stay null.
        is_nothing = written in ("", BLANK_IN_FLOW)
        return "" if is_nothing and is_in_braces(level, resource, at) else None
    return _read_anew(level, resource, at, value, written)


def _read_anew(level: Level, resource: Resource, at: Pointer, value: Any, written: str) -> Any:
    """Return the value of a text after Kustomize has written it without quotes and read it again."""
    if value == written and _is_kept_text(level, resource, at, written):
        return value
    return resource_scalar_in_flow(written) if is_in_braces(level, resource, at) else resource_scalar(written)


def _report_folded(level: Level, resource: Resource, at: Pointer) -> None:
    message = "Kustomize changes the line breaks of this folded text"
    hint = "write it with | in place of >"
    where = origin_of(resource, at)
    level.report("PS239", message, where, severity="warning", resource=resource.id, hint=hint)


def _is_folded(level: Level, resource: Resource, at: Pointer, value: str) -> bool:
    """Return whether Kustomize writes a text folded and reads another text back."""
    if refolded(value) == value or at in resource.spelling.styleless or is_in_braces(level, resource, at):
        return False
    if is_json(resource, at):
        return at in resource.spelling.folded
    writers = writers_of(level, resource, at, level.spellings.is_folded)
    return bool(writers) and writers[0].style and not writers[0].was_json


def _is_kept_text(level: Level, resource: Resource, at: Pointer, written: str) -> bool:
    """Return whether a date is a string because it replaced one in quotes, and not because it was written in braces."""
    if ":" not in written:
        return True
    origin = origin_of(resource, at)
    above = (Origin(origin.path, origin.doc, origin.at[:depth]) for depth in range(len(origin.at)))
    return not any(map(level.spellings.is_flow, above)) or is_quoted(level, resource, at)
