"""The shape that an object of an API server has: what is read without asking is what it should be. Pure.

A custom resource may hold nearly anything, and a server may be anybody's. A field of another type than Kubernetes gives
it is as good as not there.
"""

from typing import Any

from penstock.model import Tree
from penstock.tree import get

TEXTS = ("name", "namespace", "uid", "resourceVersion", "deletionTimestamp", "creationTimestamp")
MAPPINGS = ("labels", "annotations")
LISTS = ("managedFields", "ownerReferences")
"""Lists of mappings."""


def well_formed(body: Tree) -> Tree:
    """The object with its metadata and conditions in shape; itself, where nothing had to be left out."""
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
    """Whether an annotation of an object has a value, alone or among others. Flux takes labels too, in any case."""
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
    return metadata if good == metadata else good


def _aremappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def mappings(value: Any) -> list[Tree]:
    """What of a value is a list of mappings: the elements that are one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
