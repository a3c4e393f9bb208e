"""Silent effects of generators: settings without effect, and fields that `behavior: merge` does not keep."""

from collections.abc import Iterator

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Resource, Tree
from penstock.resolve.level import Level
from penstock.resolve.objects import is_local
from penstock.tree import origin_of
from penstock.typed import Any

BEHAVIORS = ("create", "merge", "replace")

_MERGED = frozenset(("apiVersion", "kind", "metadata", "data", "binaryData", "stringData"))
"""Fields that `behavior: merge` keeps or merges."""


def report_settings(level: Level, arguments: dict[str, Any], options: Tree, where: Origin) -> None:
    """Warn of an unknown behavior, and of options that `generatorOptions` overrides."""
    behavior = arguments.get("behavior")
    if behavior and behavior not in (*BEHAVIORS, "unspecified"):
        message = f"there is no behavior {behavior!r}; it is taken for create"
        hint = f"it is one of {', '.join(BEHAVIORS)}"
        level.report("PS226", message, where.below("behavior"), severity="warning", hint=hint)
    for field in ("disableNameSuffixHash", "immutable"):
        if options[field] and (arguments.get("options") or {}).get(field) is False:
            notes = ((level.at("generatorOptions", field), "true here"),)
            message = f"`{field}: false` has no effect beside `generatorOptions`"
            level.report("PS228", message, where.below("options", field), severity="warning", notes=notes)


def report_merged(level: Level, old: Resource, new: Resource, behavior: str, promised: bool, where: Origin) -> None:
    """Warn of what `old` had and the merged object `new` lacks. `promised` says that `new` was to get a hash suffix."""
    # What is not printed has no hash, and nothing runs with it.
    if promised and not new.lineage.needs_hash and not old.origin.at and not is_local(new):
        message = f"{new.id} gets no hash suffix, because the object that it is laid over has none"
        notes = ((old.origin, "the object"),)
        hint = "generate that one too, or say `options: {disableNameSuffixHash: true}`"
        level.report("PS227", message, where, severity="warning", resource=new.id, notes=notes, hint=hint)
    if behavior == "merge":
        _report_lost_fields(level, old, new, where)


def _report_lost_fields(level: Level, old: Resource, new: Resource, where: Origin) -> None:
    for at, what in (*_lost_fields(old, new), *_keys_in_both(new.body)):
        notes = ((origin_of(old, at), "it is here"),)
        level.report("PS229", f"{what} by this merge", where, severity="warning", resource=new.id, notes=notes)


def _lost_fields(old: Resource, new: Resource) -> Iterator[tuple[Pointer, str]]:
    for field, value in old.body.items():
        if field == "type" and field in new.body and new.body[field] != value:
            yield (field,), f"the type {text(value)} of {old.id} becomes {text(new.body[field])}"
        elif field not in _MERGED and field not in new.body:
            yield (field,), f"`{field}` of {old.id} is lost"
    metadata = old.body.get("metadata")
    for field in metadata if isinstance(metadata, dict) else ():
        if field not in new.body["metadata"]:
            yield ("metadata", field), f"`metadata.{field}` of {old.id} is lost"


def _keys_in_both(body: Tree) -> Iterator[tuple[Pointer, str]]:
    for key in sorted(_keys(body, "data") & _keys(body, "binaryData")):
        yield ("binaryData", key), f"the key {key!r} comes to stand in `data` and in `binaryData`"


def _keys(body: Tree, field: str) -> set[str]:
    values = body.get(field)
    return set(values) if isinstance(values, dict) else set()
