"""Files that override the source of an Application, `.argocd-source.yaml`, with the effect that they have in Argo CD.

The repo server applies the file as a JSON merge patch, and decodes the result into the source that it has. So a null
removes nothing, and an element of a list keeps the fields that the one in its place has not. (mergeSourceParameters.)
"""

from typing import Any

from penstock.merge_patch import merged
from penstock.model import Tree

KEPT = ("chart", "path", "repoURL", "targetRevision")
"""The fields that say what the source is. No file overrides them."""

RAW = "valuesObject"
"""The field that is decoded as a whole."""


def overridden(fields: Tree, patch: Tree) -> Tree:
    """Return the fields of a source with those of a file over them."""
    found = _decoded(fields, merged(fields, patch))
    own = {name: fields[name] for name in KEPT if name in fields}
    return {**{name: value for name, value in found.items() if name not in KEPT}, **own}


def _decoded(old: Any, new: Any) -> Any:
    """Return what there is once a value is decoded into an old one, as `encoding/json` does."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _over(old.get(key), value, key) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        before = [*old, *[None] * len(new)]
        return [_decoded(was, value) for was, value in zip(before, new, strict=False)]
    return old if new is None else new


def _over(old: Any, new: Any, key: str) -> Any:
    return new if key == RAW and new is not None else _decoded(old, new)
