"""`add patch` and `remove patch`: entries of `patches`."""

from typing import Any

from penstock.edit.fields import Edited, with_field
from penstock.model import Refusal, Tree

TARGET = ("group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector")


def patch_of(path: str, patch: str, target: dict[str, str]) -> Tree:
    """Return the entry that the options of a command describe."""
    if path and patch:
        raise Refusal("--path and --patch exclude each other")
    entry: Tree = {"path": path} if path else {"patch": patch} if patch else {}
    chosen = {name: target[name] for name in TARGET if target.get(name)}
    return {**entry, "target": chosen} if chosen else entry


def add_patch(fields: Tree, patch: Tree) -> Edited:
    if "path" not in patch and "patch" not in patch:
        raise Refusal("say where the patch is (--path), or what it is (--patch)")
    patches = fields.get("patches", [])
    if any(_said(entry) == patch for entry in patches):
        return fields, ["patches: this patch is in the kustomization file already"]
    return with_field(fields, "patches", [*patches, patch]), []


def remove_patch(fields: Tree, patch: Tree) -> Edited:
    """Remove the entries that are equal to this one."""
    patches = fields.get("patches", [])
    stay = [entry for entry in patches if _said(entry) != patch]
    if len(stay) == len(patches):
        return fields, ["patches: this patch is not in the kustomization file; path and target must be the same"]
    return with_field(fields, "patches", stay), []


def _said(entry: Tree) -> dict[str, Any]:
    """Return an entry without its empty fields."""
    said = {key: value for key, value in entry.items() if value != ""}
    if isinstance(said.get("target"), dict):
        said["target"] = {key: value for key, value in said["target"].items() if value}
    return said
