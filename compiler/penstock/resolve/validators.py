"""`validators:`: builtin plugins and exec functions that look at the objects and may not change them."""

from itertools import zip_longest

from penstock.model import Origin, Resource
from penstock.resolve import functions, plugins
from penstock.resolve.level import Level

_NAME = ("metadata", "name")
_AFFIXES = (("namePrefix",), ("nameSuffix",), ("prefix",), ("suffix",))
"""The last steps to the places of prefixes and suffixes, in a kustomization and in a plugin."""


def validate(level: Level, config: Resource) -> None:
    """Run a transformer as a validator, and report it where it changes any object."""
    if not plugins.is_builtin(config):
        functions.validate(level, config)
        return
    before = list(level.resources)  # with what had waited: a copy made earlier would do that again
    trial = Level(level.run, level.kustomization, level.folder, level.accumulation.fork(), level.findings)
    plugins.transform(trial, config)
    if level.findings.failed:
        return
    may_write = config.id.kind == "ReplacementTransformer" or {*(config.body.get("labels") or ())} == {"validated-by"}
    pairs = list(zip_longest(before, trial.resources))
    changes = (_change(before, after, may_write) for before, after in pairs)
    change = next(filter(None, changes), "")
    if change:
        level.report("PS284", f"the validator {config.id.kind} {change}", config.origin)
    elif any(before.body != after.body for before, after in pairs):  # a label `validated-by` is allowed, and stays
        plugins.transform(level, config)


def _change(before: Resource | None, after: Resource | None, may_write: bool) -> str:
    """Return what a validator has done to an object that Kustomize takes for a change, in words; empty if nothing.

    Kustomize compares its parser's nodes: a value that is written anew differs from an equal one, unless the validator
    `may_write`, since a replacement changes only the text of a scalar. The label `validated-by` is taken from the later
    object alone.
    """
    if before is None or after is None:
        return "adds or removes objects"
    left = _without_validated_by(after.body)
    if before.body != left:
        is_label = _without_validated_by(before.body) == left
        return f"runs over {before.id}, which has the label `validated-by` already" if is_label else "changes objects"
    is_same = before.body is after.body and before.log is after.log and before.spelling == after.spelling
    if before.lineage != after.lineage or not (is_same or may_write or _names_again(before, after)):
        return f"writes into {before.id}, which counts as a change even where the value stays"
    return ""


def _names_again(before: Resource, after: Resource) -> bool:
    """Return whether a validator writes nothing but the name, which a prefix or suffix had written last: two such nodes
    are equal.
    """
    log, paths = after.log, set()
    while log is not None and log is not before.log:
        log, path, _ = log
        paths.add(path)
    return paths == {_NAME} and _is_affixed(before)


def _is_affixed(resource: Resource) -> bool:
    """Return whether a prefix or suffix has written the name of an object, and nothing has written it since."""
    log = resource.log
    while log is not None:
        log, path, where = log
        if path == _NAME:
            return isinstance(where, Origin) and where.at[-1:] in _AFFIXES
    return False


def _without_validated_by(body: dict[str, object]) -> dict[str, object]:
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if not isinstance(labels, dict) or "validated-by" not in labels:
        return body
    rest = {k: v for k, v in labels.items() if k != "validated-by"}
    inner = {k: v for k, v in metadata.items() if k != "labels"} if isinstance(metadata, dict) else {}
    return {**body, "metadata": {**inner, "labels": rest} if rest else inner}
