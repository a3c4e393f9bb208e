"""Repeated keys and tags: what becomes of them when Kustomize writes an object and reads it again, or merges a patch
into it.
"""

from collections.abc import Iterator

from penstock.model import Again, Diagnostic, First, Log, Origin, Pointer, Resource, Step, Tree
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS
from penstock.tree import get, log, origin_of, respell, written_since
from penstock.typed import Any
from penstock.unsettled import first_is_lost, keys_twice, read_again, second_is_lost, without_nulls


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


def steps_of(values: Tree, *, last: bool) -> dict[str, Step]:
    """Return the step to the value of each key of a mapping as Kustomize reads it into a map of Go. Of a key that
    stands twice, the first value counts, or the `last`.
    """
    steps: dict[str, Step] = {}
    for key in values:
        name = str(key) if isinstance(key, Again) else key
        if last or name not in steps:
            steps[name] = key
    return steps


def origin_of_first(resource: Resource, at: Pointer, values: Tree) -> Origin:
    """Return the origin of a value. In a file, the first of two equal keys of a mapping needs a step of its own."""
    if _is_first(at[-1], values) and written_since(resource, at, None) is None:
        return resource.origin.below(*at[:-1], First(at[-1]))
    return origin_of(resource, at)


def _is_first(key: Step, values: Any) -> bool:
    """Return whether a key is the first of two equal ones."""
    if values.__class__ is not dict or isinstance(key, Again):
        return False
    return any(isinstance(other, Again) and str(other) == key for other in values)


def report_twins(level: Level, values: Tree, *, last: bool) -> None:
    """Warn of the keys of a mapping that stand twice, of which the first counts, or the `last`."""
    if level.spellings.is_unsettled:
        twins = [key for key in values if isinstance(key, Again)]
        level.findings.add(map(first_is_lost if last else second_is_lost, twins))


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


def with_first_steps(level: Level, written: Log | None, before: Log | None, patch: Tree, origin: Origin) -> Log | None:
    """Return a write log in which the entries since `before` tell the first of two equal keys of a patch from the
    second one, since a merge takes the value of the first.
    """
    if not level.spellings.is_unsettled or next(keys_twice(patch), None) is None:
        return written
    entries = []
    while written is not None and written is not before:
        written, at, source = written
        entries.append((at, source))
    for at, source in reversed(entries):
        if isinstance(source, Origin):
            source = origin.below(*_with_firsts(patch, source.at[len(origin.at) :]))
        written = (written, at, source)
    return written


def _with_firsts(tree: Any, at: Pointer) -> Iterator[Step]:
    """Yield the steps of a pointer, with `First` for the first of two equal keys."""
    for step in at:
        yield First(step) if _is_first(step, tree) else step
        tree = get(tree, (step,))
