"""What an object was before, as annotations: so it travels through an exec function and back, as it does in
Kustomize.
"""

from typing import Any

from penstock.model import Lineage, Origin, Resource, Tree
from penstock.resolve.finish import INTERNAL, ORIGIN, TRANSFORMATIONS, origin_text, transformations_text
from penstock.resolve.ids import text
from penstock.resolve.level import Level, Made

_PREFIX = "internal.config.kubernetes.io/"
_PAST = ("previousNames", "previousNamespaces", "previousKinds")


def with_passport(resource: Resource) -> Tree:
    """The body with the lineage in its annotations."""
    lineage = resource.lineage
    stamps: dict[str, str] = {}
    for index, name in enumerate(_PAST):
        if lineage.past:
            stamps[_PREFIX + name] = ",".join(entry[index] for entry in lineage.past)
    for name, parts in (("prefixes", lineage.prefixes), ("suffixes", lineage.suffixes)):
        if parts:
            stamps[_PREFIX + name] = ",".join(parts)
    if lineage.needs_hash:
        stamps[_PREFIX + "needsHashSuffix"] = "enabled"
    if lineage.behavior:
        stamps[_PREFIX + "generatorBehavior"] = lineage.behavior
    if lineage.made:
        stamps[ORIGIN] = origin_text(lineage.made)
    if lineage.transformed:
        stamps[TRANSFORMATIONS] = transformations_text(lineage.transformed)
    if not stamps:
        return resource.body
    metadata = resource.body["metadata"]
    annotations = metadata.get("annotations")
    annotations = annotations if isinstance(annotations, dict) else {}
    return {**resource.body, "metadata": {**metadata, "annotations": {**annotations, **stamps}}}


def without_passport(body: Tree) -> Tree:
    """The body without those annotations."""
    metadata = body["metadata"]
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return body
    rest = {key: value for key, value in annotations.items() if key not in INTERNAL}
    return {**body, "metadata": {**metadata, "annotations": rest}}


def lineage_of(body: Tree, level: Level, where: Origin) -> Lineage:
    """The lineage that the annotations of a body tell; an object without them has none."""
    annotations = {k: text(v) for k, v in (body["metadata"].get("annotations") or {}).items()}
    past = [annotations.get(_PREFIX + name, "").split(",") for name in _PAST]
    same_length = len({len(entries) for entries in past}) == 1
    made = _parsed(annotations.get(ORIGIN, ""), level, where)
    transformed = _parsed(annotations.get(TRANSFORMATIONS, ""), level, where)
    return Lineage(
        past=tuple(zip(*past, strict=True)) if same_length and past[0] != [""] else (),
        prefixes=_list(annotations.get(_PREFIX + "prefixes", "")),
        suffixes=_list(annotations.get(_PREFIX + "suffixes", "")),
        needs_hash=annotations.get(_PREFIX + "needsHashSuffix") == "enabled",
        behavior=annotations.get(_PREFIX + "generatorBehavior", ""),
        made=_fields(made),
        transformed=tuple(map(_fields, transformed)) if isinstance(transformed, list) else (),
    )


def _list(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()


def _parsed(written: str, level: Level, where: Origin) -> Any:
    documents, _ = level.sources.embedded(written, where, config=True)
    return documents[0].body if documents else None


def _fields(tree: Any) -> Made:
    if not isinstance(tree, dict):
        return ()
    return tuple((str(k), _fields(v) if isinstance(v, dict) else text(v)) for k, v in tree.items())
