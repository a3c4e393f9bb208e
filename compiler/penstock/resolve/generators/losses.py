"""What a generator does in silence: settings without effect, and what `behavior: merge` does not keep."""

from typing import Any

from penstock.model import Origin, Resource, Tree
from penstock.resolve.ids import text
from penstock.resolve.level import Level
from penstock.tree import origin_of

BEHAVIORS = ("create", "merge", "replace")

_MERGED = frozenset(("apiVersion", "kind", "metadata", "data", "binaryData", "stringData"))
"""Fields that `behavior: merge` takes over."""


def report_settings(level: Level, arguments: dict[str, Any], options: Tree, where: Origin) -> None:
    """Warn of a behavior that is none, and of options that `generatorOptions` overrules."""
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


def report_merged(level: Level, old: Resource, new: Resource, promised: bool, where: Origin) -> None:
    """Warn of what `old` had and `new`, which was laid over it, has not. `promised`: it would have had a hash."""
    behavior = new.lineage.behavior or "merge"
    if promised and not new.lineage.needs_hash and not old.origin.at:
        message = f"{new.id} gets no hash suffix, because the object that it is laid over has none"
        notes = ((old.origin, "the object"),)
        hint = "generate that one too, or say `options: {disableNameSuffixHash: true}`"
        level.report("PS227", message, where, severity="warning", resource=new.id, notes=notes, hint=hint)
    if behavior == "merge":
        _report_lost_fields(level, old, new, where)


def _report_lost_fields(level: Level, old: Resource, new: Resource, where: Origin) -> None:
    lost: list[tuple[tuple[str, ...], str]] = []
    for field, value in old.body.items():
        if field not in _MERGED and new.body.get(field) != value:
            becomes = f"becomes {text(new.body[field])}" if field == "type" and field in new.body else "is lost"
            lost.append(((field,), f"`{field}: {text(value)}` of {old.id} {becomes} by this merge"))
    metadata = old.body.get("metadata")
    for field in metadata if isinstance(metadata, dict) else ():
        if field not in new.body["metadata"]:
            lost.append((("metadata", field), f"`metadata.{field}` of {old.id} is lost by this merge"))
    for key in sorted(_keys(new.body, "data") & _keys(new.body, "binaryData")):
        lost.append(
            (("binaryData", key), f"{new.id} has the key {key!r} in `data` and in `binaryData` after this merge")
        )
    for at, message in lost:
        notes = ((origin_of(old, at), "it is here"),)
        level.report("PS229", message, where, severity="warning", resource=new.id, notes=notes)


def _keys(body: Tree, field: str) -> set[str]:
    values = body.get(field)
    return set(values) if isinstance(values, dict) else set()
