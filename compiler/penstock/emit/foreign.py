"""Files in a folder of a rendered branch that are no manifests, such as the `values.yaml` of a chart. Pure."""

import posixpath
from collections.abc import Iterable, Sequence

from penstock.emit.argocd import MANIFEST
from penstock.model import Document
from penstock.typed import Any

PARTS = ("apiVersion", "kind", "metadata")
"""The fields that every object has. `Chart.yaml` has one of them, and so may have a `values.yaml`."""

ENOUGH = 2
"""An object that lacks one of the three is a broken manifest. What lacks two was never meant to be one."""


def is_no_manifest(path: str, documents: Sequence[Document]) -> bool:
    """Return whether a file is no manifest: not by its name, which hydrate would not give, nor by its documents.

    A file that has such a name is one, so that an object which somebody has broken by hand never counts as gone.
    """
    if not documents or _is_named_as_one(posixpath.basename(path)):
        return False
    return not any(_is_object(document.body) for document in documents)


def _is_named_as_one(name: str) -> bool:
    """Return whether a file is called as hydrate calls one: by kind and name, or as Argo CD's hydrator does."""
    return name == MANIFEST or "_" in name.strip("_.")


def _is_object(body: Any) -> bool:
    """Return whether a document is an object or lists some, however broken they are."""
    if isinstance(body, list):
        return any(_is_object(item) for item in body)
    return isinstance(body, dict) and _count(body) >= ENOUGH


def _count(body: Iterable[Any]) -> int:
    return sum(part in body for part in PARTS)
