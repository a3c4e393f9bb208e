"""The shape of an object from an API server: fields that are read without a check have the expected type. Pure.

A custom resource may hold nearly anything, and a server cannot be trusted. A field whose type differs from that of
Kubernetes counts as absent.
"""

from typing import Any

from penstock.model import Tree
from penstock.tree import get

TEXTS = ("name", "namespace", "uid", "resourceVersion", "deletionTimestamp", "creationTimestamp")
MAPPINGS = ("labels", "annotations")
LISTS = ("managedFields", "ownerReferences")
"""Lists of mappings."""


def well_formed(body: Tree) -> Tree:
    """Return the object with well-formed metadata and conditions; the same object where nothing had to be left out."""
    metadata = body.get("metadata")
    good = _metadata(metadata) if isinstance(metadata, dict) else {}
    if good is not metadata:
        body = {**body, "metadata": good}
    status = body.get("status")
    if status is not None and (not isinstance(status, dict) or not _is_fit(status)):
        conditions = status.get("conditions") if isinstance(status, dict) else None
        rest = dict(status) if isinstance(status, dict) else {}
        body = {**body, "status": {**rest, "conditions": mappings(conditions)}}
    return body


FLUX = "kustomize.toolkit.fluxcd.io/"


def says(body: Tree, name: str, value: str) -> bool:
    """Return whether an annotation of an object has a value, alone or among others separated by commas.

    Annotations of Flux may also be labels, and their case does not matter.
    """
    of_flux = name.startswith(FLUX)
    for place in ("annotations", "labels") if of_flux else ("annotations",):
        marks = get(body, ("metadata", place))
        said = str(marks.get(name, "")) if isinstance(marks, dict) else ""
        words = [word.strip() for word in said.split(",")]
        if value in words or (of_flux and value.lower() in [word.lower() for word in words]):
            return True
    return False


def _is_fit(status: Tree) -> bool:
    conditions = status.get("conditions")
    return conditions is None or _aremappings(conditions)


def _metadata(metadata: Tree) -> Tree:
    good: Tree = {}
    for key, value in metadata.items():
        if key in TEXTS and not isinstance(value, str):
            continue
        if key in MAPPINGS and not isinstance(value, dict):
            continue
        if key in LISTS and not _aremappings(value):
            value = mappings(value)
        if key == "managedFields":
            value = [entry for entry in value if isinstance(entry.get("fieldsV1", {}), dict)]
        if key == "finalizers" and not isinstance(value, list):
            continue
        good[key] = value
    # Trees are shared, and nearly all metadata is sound.
    return metadata if good == metadata else good


def _aremappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def mappings(value: Any) -> list[Tree]:
    """Return the elements of a list that are mappings; an empty list where the value is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
