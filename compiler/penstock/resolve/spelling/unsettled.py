"""Keys that stand twice and tags, as they are when Kustomize has written an object and reads it again, or merges it."""

from typing import Any

from penstock.model import Again, Diagnostic, First, Pointer, Resource, Tree
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.tree import log, origin_of, respell, written_since
from penstock.unsettled import keys_twice, read_again, second_is_lost, without_nulls


def settle_unsettled(level: Level, resource: Resource) -> None:
    """Make of an object what Kustomize reads; report what it cannot read."""
    if level.spellings.is_unsettled:
        brought: list[Pointer] = []
        body, findings = read_again(resource.body, lambda at: origin_of(resource, at), brought)
        level.findings.add(found._replace(resource=resource.id) for found in findings)
        if body is not resource.body:
            for at in brought:  # a patch may have deleted what stood there before
                log(resource, at, origin_of(resource, at[:-1]).below(at[-1]))
            respell(resource, body)


def join_annotations(level: Level, resource: Resource) -> None:
    """Kustomize takes its notes out of the annotations in the end, and so writes these anew: where the key stands
    twice, all of them count, and of those that are there twice the first.
    """
    metadata = resource.body.get("metadata")
    if not level.spellings.is_unsettled or not isinstance(metadata, dict):
        return
    twice = [key for key in metadata if isinstance(key, Again) and str(key) == "annotations"]
    found = [metadata.get(key) or {} for key in ("annotations", *twice)]
    if not twice or not all(isinstance(each, dict) for each in found):
        return
    joined = dict(found[0])
    for name in joined:
        if written_since(resource, ("metadata", "annotations", name), None) is None:
            log(
                resource,
                ("metadata", "annotations", name),
                resource.origin.below("metadata", First("annotations"), name),
            )
    for key, more in zip(twice, found[1:], strict=True):
        for name in more.keys() - joined.keys():
            log(resource, ("metadata", "annotations", name), resource.origin.below("metadata", key, name))
        joined = {**more, **joined}
        level.findings.add([_joined(key)._replace(resource=resource.id)])
    rest = {key: value for key, value in metadata.items() if key not in twice}
    respell(resource, {**resource.body, "metadata": {**rest, "annotations": joined}})


def keep_one_of_annotations(level: Level, resource: Resource) -> None:
    """Where the key stands twice, Kustomize drops what is empty once it has noted an earlier identity there
    (`Resource.StorePreviousId`). So a JSON 6902 patch can be laid over the object, if that leaves one.
    """
    metadata = resource.body.get("metadata")
    if not level.spellings.is_unsettled or not resource.lineage.past or not isinstance(metadata, dict):
        return
    keys = [key for key in metadata if str(key) == "annotations"]
    if len(keys) < 2 or not _can_be_one([metadata[key] for key in keys], has_notes=bool(resource.lineage.made)):
        return
    kept = next((key for key in keys if metadata[key] and isinstance(metadata[key], dict)), keys[-1])
    rest = {key: value for key, value in metadata.items() if key not in keys}
    if metadata[kept] is not None:
        rest["annotations"] = metadata[kept]
        step = kept if isinstance(kept, Again) else First("annotations")
        log(resource, ANNOTATIONS, resource.origin.below("metadata", step))
    respell(resource, {**resource.body, "metadata": rest})


def _can_be_one(values: list[Any], has_notes: bool) -> bool:
    """Whether at most one of the annotations of an object is left: the first is not empty if it `has_notes`, and
    Kustomize drops no third one that is not empty.
    """
    first, *others = values
    full = [bool(value) and isinstance(value, dict) for value in values]
    if not full[0] and not all(isinstance(other, dict | None) for other in others):
        return False
    return sum(full) + (first in ({}, None) and has_notes) <= 1 and not any(full[2:])


def _joined(key: Again) -> Diagnostic:
    notes = tuple((where, "the first ones") for where, _ in key.finding.notes)
    hint = "write all annotations under one key; of those that stand twice the first counts here"
    return key.finding._replace(severity="warning", notes=notes, hint=hint)


def body_for_merge(level: Level, resource: Resource, patch: Tree) -> Tree:
    """An object as a patch is laid over it."""
    body: Tree = without_nulls(resource.body, patch) if level.spellings.is_unsettled else resource.body
    return body


def patch_for_merge(level: Level, patch: Tree) -> Tree:
    """A patch as it is laid over an object: what has the tag `!!null` deletes."""
    body: Tree = without_nulls(patch, patch) if level.spellings.is_unsettled else patch
    return body


def report_lost(level: Level, patch: Tree, merged: Tree) -> None:
    """Warn of the keys that stand twice in a patch, where it was laid over a mapping: the first value counts there."""
    if level.spellings.is_unsettled:
        kept = set(keys_twice(merged))
        level.findings.add(second_is_lost(key) for key in keys_twice(patch) if key not in kept)
