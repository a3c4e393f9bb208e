"""`patchesStrategicMerge:`, deprecated: strategic merge patches, each a file or inline. Use `patches`."""

from penstock.model import Document, Origin, Tree
from penstock.resolve.documents import read_documents
from penstock.resolve.level import Level
from penstock.resolve.objects import objects_in, objects_of
from penstock.resolve.transformers import strategic_merge


def transform(level: Level) -> None:
    entries = level.fields.get("patchesStrategicMerge", ())
    where = level.at("patchesStrategicMerge")
    if entries:
        documents = [d for i, entry in enumerate(entries) for d in _documents(level, entry, where.below(i))]
        _apply(level, documents, where)
        level.ran("PatchStrategicMergeTransformer")


def apply_config(level: Level, config: Tree, where: Origin) -> None:
    """Apply the plugin of the same name: `paths` are files or inline patches, `patches` is inline."""
    paths = where.below("paths")
    documents = [d for i, entry in enumerate(config.get("paths", ())) for d in _documents(level, entry, paths.below(i))]
    if config.get("patches"):
        inline, findings = level.sources.embedded(config["patches"], where.below("patches"), config=False)
        level.findings.add(findings)
        documents += inline
    _apply(level, documents, where)


def _apply(level: Level, documents: list[Document], where: Origin) -> None:
    loaded = [strategic_merge.Patch(body, origin) for body, origin in objects_of(documents, level)]
    if not loaded:
        level.report_missing("PS253", "none of these patches has anything in it", where)
    for patch in loaded:
        resource = strategic_merge.target_of(level, patch)
        if resource is not None:
            level.spend_values(patch.body, 1, patch.origin)
            strategic_merge.apply(level, resource, strategic_merge.fitted(level, resource, patch))


def _documents(level: Level, entry: str, where: Origin) -> list[Document]:
    """Return the documents of an entry: of the entry itself if it consists of objects, else of the file that it
    names.
    """
    inline, findings = level.sources.embedded(entry, where, config=False)
    refusals = objects_in(inline)[1]
    if not refusals and not any(f.severity == "error" for f in findings):
        return inline
    # A text of several lines names no file, so it was meant as objects.
    if "\n" in entry:
        level.findings.add(findings or refusals)
        return []
    return _documents_of_file(level, entry, where)


def _documents_of_file(level: Level, entry: str, where: Origin) -> list[Document]:
    path = level.readable(entry, where)
    if path is None:
        return []
    documents, findings = read_documents(level, path, where)
    level.findings.add(findings)
    if documents is None:
        level.no_such_file(entry, where)
    return documents or []
