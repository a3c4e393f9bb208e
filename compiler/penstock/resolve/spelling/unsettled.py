"""Repeated keys and tags: what becomes of them when Kustomize writes an object and reads it again, or merges a patch
into it.
"""

from penstock.model import Again, Diagnostic, First, Pointer, Resource, Tree
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.tree import log, origin_of, respell, written_since
from penstock.typed import Any
from penstock.unsettled import keys_twice, read_again, second_is_lost, without_nulls


def settle_unsettled(level: Level, resource: Resource) -> None:
    """Give an object the body that Kustomize reads back if it has repeated keys or tags, and report what Kustomize
    cannot read.
    """
    if level.spellings.is_unsettled:
        brought: list[Pointer] = []
        body, findings = read_again(resource.body, lambda at: origin_of(resource, at), brought)
        level.findings.add(found._replace(resource=resource.id) for found in findings)
        if body is not resource.body:
            for at in brought:  # a patch may have deleted what stood there before
                log(resource, at, origin_of(resource, at[:-1]).below(at[-1]))
            respell(resource, body)


def join_annotations(level: Level, resource: Resource) -> None:
    """Join repeated keys `annotations` of an object.

    At the end, Kustomize removes its notes from the annotations and so writes them anew: the annotations under all of
    the keys count; an annotation that is repeated has its first value.
    """
    metadata = resource.body.get("metadata")
    if not level.spellings.is_unsettled or not isinstance(metadata, dict):
        return
    twice = [key for key in metadata if isinstance(key, Again) and str(key) == "annotations"]
    found = [metadata.get(key) or {} for key in ("annotations", *twice)]
    if not twice or not all(isinstance(each, dict) for each in found):
        return
    joined = dict(found[0])
    # The first key wins. Its values were written under the first of the equal keys, and the log has to say so.
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
    """Reduce repeated keys `annotations` of an object to one where Kustomize does, so that a JSON 6902 patch can be
    applied.

    Kustomize drops the empty ones once it has noted an earlier identity there (`Resource.StorePreviousId`).
    """
    metadata = resource.body.get("metadata")
    if not level.spellings.is_unsettled or not resource.lineage.past or not isinstance(metadata, dict):
        return
    keys = [key for key in metadata if str(key) == "annotations"]
    if len(keys) < 2 or not _can_be_one([metadata[key] for key in keys], has_notes=bool(resource.lineage.made)):
        return
    # The first one with content stays, or the last where all are empty.
    kept = next((key for key in keys if metadata[key] and isinstance(metadata[key], dict)), keys[-1])
    rest = {key: value for key, value in metadata.items() if key not in keys}
    if metadata[kept] is not None:
        rest["annotations"] = metadata[kept]
        step = kept if isinstance(kept, Again) else First("annotations")
        log(resource, ANNOTATIONS, resource.origin.below("metadata", step))
    respell(resource, {**resource.body, "metadata": rest})


def _can_be_one(values: list[Any], has_notes: bool) -> bool:
    """Return whether at most one of the values of `annotations` is left.

    The first value is not empty if it `has_notes`, and Kustomize never drops a third one that is not empty.
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
    """Return the body of an object in the form in which a patch is merged into it."""
    body: Tree = without_nulls(resource.body, patch) if level.spellings.is_unsettled else resource.body
    return body


def patch_for_merge(level: Level, patch: Tree) -> Tree:
    """Return a patch in the form in which it is merged into an object: a value with the tag `!!null` deletes."""
    body: Tree = without_nulls(patch, patch) if level.spellings.is_unsettled else patch
    return body


def report_lost(level: Level, patch: Tree, merged: Tree) -> None:
    """Warn of repeated keys in a patch that was merged into a mapping, since only the first value counts there."""
    if level.spellings.is_unsettled:
        kept = set(keys_twice(merged))
        level.findings.add(second_is_lost(key) for key in keys_twice(patch) if key not in kept)
