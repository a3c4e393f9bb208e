"""`patchesStrategicMerge:`, deprecated: strategic merge patches, each a file or inline. Use `patches`."""

from penstock.model import Document, Origin
from penstock.resolve.level import Level
from penstock.resolve.objects import objects_in, objects_of
from penstock.resolve.transformers import smp


def transform(level: Level) -> None:
    entries = level.fields.get("patchesStrategicMerge", ())
    loaded: list[smp.Patch] = []
    for index, entry in enumerate(entries):
        found = _documents(level, entry, level.at("patchesStrategicMerge", index))
        loaded += [smp.Patch(body, origin) for body, origin in objects_of(found, level)]
    if entries and not loaded:
        level.report_missing("PS253", "none of these patches has anything in it", level.at("patchesStrategicMerge"))
    for patch in loaded:
        resource = smp.target_of(level, patch)
        if resource is not None:
            smp.apply(level, resource, patch)


def _documents(level: Level, entry: str, where: Origin) -> list[Document]:
    """An entry that is itself objects is an inline patch; any other is the name of a file."""
    inline, findings = level.sources.embedded(entry, where, config=False)
    refusals = [f for document in inline for f in objects_in(document.body, document.origin)[1]]
    if not refusals and not any(f.severity == "error" for f in findings):
        return inline
    path = level.readable(entry, where) if "\n" not in entry else None
    if path is None:
        level.findings.add(findings or refusals if "\n" in entry else ())
        return []
    documents, findings = level.sources.resources(path)
    level.findings.add(findings)
    if documents is None:
        level.no_such_file(entry, where)
    return documents or []
