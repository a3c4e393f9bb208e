"""Keys that stand twice and tags, as they are when Kustomize has written an object and reads it again, or merges it."""

from penstock.model import Origin, Resource, Tree
from penstock.resolve.level import Level
from penstock.tree import origin_of, respell
from penstock.unsettled import keys_twice, read_again, second_is_lost, without_nulls


def settle_unsettled(level: Level, resource: Resource) -> None:
    """Make of an object what Kustomize reads; report what it cannot read."""
    if level.spellings.is_unsettled:
        body, findings = read_again(resource.body, lambda at: origin_of(resource, at))
        level.findings.add(found._replace(resource=resource.id) for found in findings)
        if body is not resource.body:
            respell(resource, body)


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
