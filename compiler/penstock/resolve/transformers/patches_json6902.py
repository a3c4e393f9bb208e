"""`patchesJson6902:`, deprecated: JSON 6902 patches, applied after names and labels. Use `patches`."""

from penstock.model import Origin
from penstock.resolve.level import Level
from penstock.resolve.selecting import Selection
from penstock.resolve.transformers.patches import (
    apply_operations,
    documents,
    is_yaml_in_brackets,
    read,
    report_brackets,
    targets,
)
from penstock.typed import Any, TypeGuard


def transform(level: Level) -> None:
    entries = level.fields.get("patchesJson6902", ())
    selection = Selection(level.accumulation, (entry["target"] for entry in entries if "target" in entry))
    for index, entry in enumerate(entries):
        apply_entry(level, entry, level.at("patchesJson6902", index), selection=selection)
        level.ran("PatchJson6902Transformer")


def _is_operations(tree: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Return whether a tree is a non-empty list of mappings."""
    return isinstance(tree, list) and bool(tree) and all(isinstance(each, dict) for each in tree)


def apply_entry(
    level: Level, entry: dict[str, Any], where: Origin, field: str = "patch", selection: Selection | None = None
) -> None:
    """Apply one patch. `field` holds an inline patch, and `selection` also knows the targets of the other patches."""
    selection = selection or Selection(level.accumulation)
    if not entry.get("target", {}).get("name"):
        hint = "add `name:` to `target`; under `patches`, `kind:` alone selects all objects of the kind"
        level.report("PS254", "a JSON 6902 patch needs a target with a name", where, hint=hint)
        return
    content = read(level, entry, where, field)
    if content is None:
        return
    if is_yaml_in_brackets(content):
        report_brackets(level, where)
        return
    found, findings = documents(level, entry, where, config=True, field=field)
    level.findings.add(findings)
    if any(f.severity == "error" for f in findings):
        return
    operations = found[0].body if found else None
    if not _is_operations(operations):
        hint = "a strategic merge patch belongs under `patches`; an operation is `- {op: replace, path: …, value: …}`"
        level.report("PS253", "this is no JSON 6902 patch: a list of operations is needed", where, hint=hint)
        return
    level.warn_of_rest(found, "a JSON 6902 patch")
    selected = targets(level, entry["target"], where.below("target"), selection)
    values = [operation.get("value") for operation in operations]
    level.spend_values(values, len(selected), found[0].origin)
    for resource in selected:
        apply_operations(level, resource, operations, found[0].origin, record=False)
