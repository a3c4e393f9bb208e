"""The notes that Kustomize keeps among the annotations of an object, for itself and for `buildMetadata`: the earlier
identities of the object, and where it comes from.

Penstock stores these apart (`Lineage`), and turns them into annotations where they become visible: in the output, in a
copy of the metadata, and in the input and output of an exec function.
"""

from collections.abc import Iterable

from penstock.kubernetes import text
from penstock.model import Lineage, Origin, Resource, Tree
from penstock.resolve.finding.identities import forget
from penstock.resolve.level import TRANSFORMATIONS, Level, Made
from penstock.resolve.spelling.written_values import text_of
from penstock.scalar import config_scalar, resource_scalar
from penstock.tree import get, respell, with_value
from penstock.typed import Any

ANNOTATIONS = ("metadata", "annotations")

ORIGIN = "config.kubernetes.io/origin"
INTERNAL = frozenset(
    (
        ORIGIN,
        TRANSFORMATIONS,
        "config.k8s.io/id",
        "config.kubernetes.io/index",
        "config.kubernetes.io/path",
        *(
            f"internal.config.kubernetes.io/{name}"
            for name in (
                "allowKindChange",
                "allowNameChange",
                "annotations-migration-resource-id",
                "generatorBehavior",
                "helm-generated",
                "id",
                "index",
                "needsHashSuffix",
                "path",
                "prefixes",
                "previousKinds",
                "previousNames",
                "previousNamespaces",
                "refBy",
                "seqindent",
                "suffixes",
            )
        ),
    )
)
"""Annotations that Kustomize keeps for itself and does not print."""

NOTHING: Made = (("", None),)
"""Stands for a transformer that is null."""

_PREFIX = "internal.config.kubernetes.io/"
_PAST = ("previousNames", "previousNamespaces", "previousKinds")


def with_notes(resource: Resource) -> Tree:
    """Return the body of an object with its lineage among the annotations, as Kustomize keeps it."""
    stamps = _stamps(resource.lineage)
    if not stamps:
        return resource.body
    metadata = resource.body["metadata"]
    annotations = metadata.get("annotations")
    annotations = annotations if isinstance(annotations, dict) else {}
    return {**resource.body, "metadata": {**metadata, "annotations": {**annotations, **stamps}}}


def _stamps(lineage: Lineage) -> dict[str, str]:
    """Return the annotations that represent a lineage."""
    stamps = _names(lineage)
    if lineage.needs_hash:
        stamps[_PREFIX + "needsHashSuffix"] = "enabled"
    if lineage.behavior:
        stamps[_PREFIX + "generatorBehavior"] = lineage.behavior
    if lineage.made:
        stamps[ORIGIN] = origin_text(lineage.made)
    if lineage.transformed:
        stamps[TRANSFORMATIONS] = transformations_text(lineage.transformed)
    return stamps


def _names(lineage: Lineage) -> dict[str, str]:
    """Return the annotations about names: the earlier names, and the prefixes and suffixes that were added."""
    stamps: dict[str, str] = {}
    for index, name in enumerate(_PAST):
        if lineage.past:
            stamps[_PREFIX + name] = ",".join(entry[index] for entry in lineage.past)
    for name, parts in (("prefixes", lineage.prefixes), ("suffixes", lineage.suffixes)):
        if parts:
            stamps[_PREFIX + name] = ",".join(parts)
    return stamps


def without_notes(body: Tree) -> Tree:
    """Return the body without the annotations that Kustomize keeps for itself."""
    metadata = body["metadata"]
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return body
    rest = {key: value for key, value in annotations.items() if key not in INTERNAL}
    return {**body, "metadata": {**metadata, "annotations": rest}}


def lineage_of(body: Tree, level: Level, where: Origin) -> Lineage:
    """Return the lineage that the annotations of a body represent; an empty one if it has no such annotations."""
    found = body["metadata"].get("annotations")
    annotations = {k: text(v) for k, v in found.items()} if isinstance(found, dict) else {}
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


def origin_text(made: Made) -> str:
    return "".join(_lines(made, ""))


def transformations_text(transformed: tuple[Made, ...]) -> str:
    return "".join("- " + _item(made) for made in transformed)


def _item(made: Made) -> str:
    if made == NOTHING:
        return "null\n"
    return "".join(_lines(made, "  "))[2:] or "{}\n"


def _lines(fields: Made, indent: str) -> Iterable[str]:
    for name, value in fields:
        if isinstance(value, tuple):
            yield f"{indent}{name}:\n"
            yield from _lines(value, indent + "  ")
        else:
            plain = resource_scalar(value) == value == config_scalar(value)  # a ref may look like a number
            yield f"{indent}{name}: {value}\n" if plain else f'{indent}{name}: "{value}"\n'


def show_annotations(level: Level, resource: Resource) -> None:
    """Give the annotations the form that they have in Kustomize.

    If Kustomize has notes about the object, they are a mapping, even if no file has annotations. If transformers are
    among these notes (`buildMetadata`), every annotation is a string.
    """
    lineage = resource.lineage
    has_notes = lineage.past or lineage.prefixes or lineage.suffixes or lineage.needs_hash or lineage.behavior
    if has_notes or lineage.made:
        values = get(resource.body, ANNOTATIONS)
        values = values if isinstance(values, dict) else {}
        if lineage.transformed:
            values = {key: text_of(level, resource, (*ANNOTATIONS, key), value) for key, value in values.items()}
        respell(resource, with_value(resource.body, ANNOTATIONS, values))


def take_notes(level: Level, resource: Resource, where: Origin, left: Lineage = Lineage()) -> None:
    """Drop what Kustomize has noted about an object, except for what is `left`, because its annotations are deleted or
    replaced as a whole.
    """
    if resource.lineage.needs_hash and not left.needs_hash:
        message = f"{resource.id} gets no hash suffix, because this takes its annotations, where Kustomize notes that"
        hint = "delete or set each annotation by its name"
        level.report("PS227", message, where, severity="warning", resource=resource.id, hint=hint)
    forget(resource, left)
