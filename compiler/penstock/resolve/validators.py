"""`validators:`: builtin plugins and exec functions that look at the objects and may not change them."""

from itertools import zip_longest

from penstock.model import Embedded, Origin, Pointer, Resource
from penstock.resolve import functions, plugins
from penstock.resolve.level import Level
from penstock.tree import is_json, origin_of, written_since

_NAMESPACE = ("metadata", "namespace")
_PLAIN, _TEXT, _NUMBER = "without a tag", "with the tag of a text", "with the tag of an integer"
_SETTERS = {
    **dict.fromkeys(("namePrefix", "nameSuffix", "prefix", "suffix", "images", "imageTag", "value"), _PLAIN),
    **dict.fromkeys(("labels", "commonLabels", "annotations", "commonAnnotations", "namespace"), _TEXT),
    **dict.fromkeys(("replicas", "replica"), _NUMBER),
}
"""How the fields of a kustomization, and those of a plugin's configuration, write their values into objects."""


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
        hint = "name it under `transformers`, if it is to change objects"
        level.report("PS284", f"the validator {config.id.kind} {change}", config.origin, hint=hint)
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
    # Kustomize notes the identity that an object had before a JSON 6902 patch, each time anew.
    if after.spelling.body_then is not before.spelling.body_then:
        return f"is a JSON 6902 patch of {before.id}, which counts as a change whatever it does"
    left = _without_validated_by(after.body)
    if before.body != left:
        is_label = _without_validated_by(before.body) == left
        return f"runs over {before.id}, which has the label `validated-by` already" if is_label else "changes objects"
    is_same = before.body is after.body and before.log is after.log and before.spelling == after.spelling
    if before.lineage != after.lineage or not (is_same or may_write or _writes_again(before, after)):
        return f"writes into {before.id}, which counts as a change even where the value stays"
    return ""


def _writes_again(before: Resource, after: Resource) -> bool:
    """Return whether a validator writes only values that had been written before in the same way, such as a label over
    the same label: two such nodes are equal, since neither has a place in a file.
    """
    log, places = after.log, set()
    while log is not None and log is not before.log:
        log, at, _ = log
        places.add(at)
    return all(_is_same_node(before, after, at) for at in places)


def _is_same_node(before: Resource, after: Resource, at: Pointer) -> bool:
    earlier, later = origin_of(before, at), written_since(after, at, before.log)
    # A JSON 6902 patch has written the object as YAML, and all nodes that were read back have places.
    if later is None or is_json(before, at) or at == earlier.at:
        return False
    setters = {_setter(earlier), _setter(later)}
    # Every plugin writes a namespace as a text.
    return "" not in setters and (len(setters) == 1 or at == _NAMESPACE)


def _setter(writer: Origin) -> str:
    """Return how a writer that is a field of a kustomization or of a plugin sets a value; empty for any other."""
    inner = [index for index, step in enumerate(writer.at) if isinstance(step, Embedded)]
    steps = writer.at[inner[-1] + 1 :] if inner else writer.at
    return _SETTERS.get(str(steps[0]), "") if steps else ""


def _without_validated_by(body: dict[str, object]) -> dict[str, object]:
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if not isinstance(labels, dict) or "validated-by" not in labels:
        return body
    rest = {k: v for k, v in labels.items() if k != "validated-by"}
    inner = {k: v for k, v in metadata.items() if k != "labels"} if isinstance(metadata, dict) else {}
    return {**body, "metadata": {**inner, "labels": rest} if rest else inner}
