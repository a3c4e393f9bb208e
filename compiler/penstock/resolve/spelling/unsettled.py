"""Keys that stand twice and tags, as they are when Kustomize has written an object and reads it again, or merges it."""

from penstock.model import Again, Diagnostic, First, Origin, Resource, Tree
from penstock.resolve.level import Level
from penstock.tree import log, origin_of, respell, written_since
from penstock.unsettled import keys_twice, read_again, second_is_lost, without_nulls


def settle_unsettled(level: Level, resource: Resource) -> None:
    """Make of an object what Kustomize reads; report what it cannot read."""
    if level.spellings.is_unsettled:
        body, findings = read_again(resource.body, lambda at: origin_of(resource, at))
        level.findings.add(found._replace(resource=resource.id) for found in findings)
        if body is not resource.body:
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


def _joined(key: Again) -> Diagnostic:
    notes = tuple((where, "the first ones") for where, _ in key.finding.notes)
    hint = "write all annotations under one key; of those that stand twice the first counts here"
    return key.finding._replace(severity="warning", notes=notes, hint=hint)


def body_for_merge(level: Level, resource: Resource, patch: Tree) -> Tree:
    """An object as Kustomize lays a patch over it."""
    spellings = level.spellings
    if not spellings.is_unsettled and not spellings.nulls:
        return resource.body
    body: Tree = without_nulls(resource.body, patch, (), lambda at: origin_of(resource, at), spellings.nulls)
    return body


def patch_for_merge(level: Level, patch: Tree, origin: Origin) -> Tree:
    """A patch as Kustomize lays it over an object: what has the tag `!!null` deletes."""
    spellings = level.spellings
    if not spellings.is_unsettled and not spellings.nulls:
        return patch
    body: Tree = without_nulls(patch, patch, (), lambda at: origin.below(*at), spellings.nulls)
    return body


def report_lost(level: Level, patch: Tree, merged: Tree) -> None:
    """Warn of the keys that stand twice in a patch, where it was laid over a mapping: the first value counts there."""
    if level.spellings.is_unsettled:
        kept = set(keys_twice(merged))
        level.findings.add(second_is_lost(key) for key in keys_twice(patch) if key not in kept)
