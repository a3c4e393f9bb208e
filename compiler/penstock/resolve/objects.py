"""The objects of a file: lists expanded, local configuration and empty documents left out, broken objects reported."""

from collections.abc import Iterable
from typing import Any

from penstock.kubernetes import text
from penstock.model import Diagnostic, Document, Origin, Tree
from penstock.resolve.level import Level


def objects_of(documents: Iterable[Document], level: Level) -> list[tuple[Tree, Origin]]:
    """(body, where it is written) of every object. `List` and other `…List` kinds with items stand for their items."""
    objects: list[tuple[Tree, Origin]] = []
    for document in documents:
        found, findings = objects_in(document.body, document.origin)
        objects += found
        level.findings.add(findings)
    return objects


def objects_in(body: Any, origin: Origin) -> tuple[list[tuple[Tree, Origin]], list[Diagnostic]]:
    """The objects of one document. Lists inside lists come after the other items, as in Kustomize."""
    objects: list[tuple[Tree, Origin]] = []
    findings: list[Diagnostic] = []
    waiting = [(body, origin)]
    while waiting:
        inner: list[tuple[Any, Origin]] = []
        for candidate, where in waiting:
            if candidate is None or candidate == {} or candidate == []:
                continue
            finding = _refusal(candidate, where)
            if finding is not None:
                findings.append(finding)
            elif not text(candidate["kind"]).endswith("List") or "items" not in candidate:
                objects.append((candidate, where))
            else:
                items = candidate["items"]
                inner += [(item, where.below("items", i)) for i, item in enumerate(items or ())]
        waiting = inner
    return objects, findings


def _refusal(body: Any, where: Origin) -> Diagnostic | None:
    """Why Kustomize does not take a document as an object; None where it does."""
    if not isinstance(body, dict):
        message = "this is no Kubernetes object: it has no apiVersion, kind and metadata"
        return Diagnostic("PS202", "error", message, where)
    kind = text(body.get("kind"))
    if not kind:
        return Diagnostic("PS202", "error", "this object has no `kind`", where, hint="add `kind:`")
    if kind.endswith("List"):
        if body.get("items") is not None and not isinstance(body.get("items"), list):
            return Diagnostic("PS202", "error", f"`items` of a {kind} must be a list", where.below("items"))
        return None
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not text(metadata.get("name")):
        hint = "`generateName` is not enough: Kustomize needs a name" if _generated(metadata) else "add `metadata.name`"
        return Diagnostic("PS202", "error", f"this {kind} has no `metadata.name`", where, hint=hint)
    return None


def _generated(metadata: Any) -> bool:
    return isinstance(metadata, dict) and "generateName" in metadata
