"""Bundles of Rancher's Fleet: directories whose `fleet.yaml` says how they are deployed.

Penstock does not read these files, but reports them, so that a directory that only Fleet deploys is not overlooked.
"""

import posixpath
from collections.abc import Iterable, Sequence

from penstock.model import Diagnostic, Origin
from penstock.parse.project import Project
from penstock.parse.usage import is_below
from penstock.words import and_more

FILE = "fleet.yaml"
MANIFESTS = (".yaml", ".yml", ".json")

_FIELDS = frozenset(
    (
        *("namespace", "defaultNamespace", "helm", "kustomize", "yaml", "targetCustomizations", "targets", "dependsOn"),
        *("overrideTargets", "diff", "ignore", "labels", "name", "rolloutStrategy", "paused", "keepResources"),
        *("deleteNamespace", "correctDrift", "imageScans", "namespaceLabels", "namespaceAnnotations"),
        *("serviceAccount", "forceSyncGeneration", "deleteCRDResources"),
    )
)
"""The fields of a `fleet.yaml` of Fleet, which distinguish it from other files of that name."""


def bundles(project: Project, files: Iterable[str]) -> list[str]:
    """Return the directories of the given files that Fleet deploys as bundles."""
    named = (path for path in files if posixpath.basename(path) == FILE)
    return [posixpath.dirname(path) or "." for path in named if _is_bundle(project, path)]


def _is_bundle(project: Project, path: str) -> bool:
    documents, _ = project.configs(path)
    body = documents[0].body if documents and len(documents) == 1 else None
    return isinstance(body, dict) and bool(body) and body.keys() <= _FIELDS


def with_manifests(project: Project, found: Iterable[str], files: Sequence[str]) -> list[str]:
    """Return the bundles that contain objects. The others only name a chart from elsewhere."""
    manifests = [path for path in files if path.endswith(MANIFESTS) and project.scan(path, _has_kind)]
    return [bundle for bundle in found if any(is_below(path, bundle) for path in manifests)]


def _has_kind(data: bytes) -> bool:
    return b"kind" in data and b"apiVersion" in data


def unread(found: Sequence[str]) -> list[Diagnostic]:
    """Return one finding for all bundles, if there are any."""
    if not found:
        return []
    path = posixpath.normpath(posixpath.join(found[0], FILE))
    message = f"{path}{and_more(len(found) - 1)}: Rancher Fleet deploys its directory, and this file is not read here"
    hint = "`penstock init` proposes entries of penstock.yaml for what would not be compiled"
    return [Diagnostic("PS138", "info", message, Origin(path), hint=hint)]
