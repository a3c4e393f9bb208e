"""What templates print, cut into documents and put into the order in which Helm installs them."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.charts.chart import Refused
from penstock.charts.reading import Read
from penstock.model import Diagnostic, Origin, Pos

INSTALL_ORDER = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass"),
    *("PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList"),
    *("ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service"),
    *("DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler"),
    *("StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration"),
    "ValidatingWebhookConfiguration",
)
"""Kinds that are not listed come after these, by name."""

HOOKS = frozenset(
    (
        *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback"),
        *("post-rollback", "test", "test-success"),
    )
)
TESTS = frozenset(("test", "test-success"))
HOOK = "helm.sh/hook"

_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)
_RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


class Manifest(NamedTuple):
    """One document. `source` is its template as comments name it, `line` the line of the template's output, from 0, on
    which it starts; `hooks` are the events that it is a hook for.
    """

    source: str
    text: str
    line: int
    kind: str
    hooks: frozenset[str] = frozenset()

    @property
    def is_test(self) -> bool:
        return bool(self.hooks & TESTS)


class Sorted(NamedTuple):
    """The documents of a release in their order, hooks apart."""

    manifests: list[Manifest]
    hooks: list[Manifest]
    findings: list[Diagnostic]


def split(text: str) -> list[tuple[int, str]]:
    """(line, document) of what a template has printed: cut wherever a line starts with three dashes."""
    body = text.lstrip()
    line = text.count("\n", 0, len(text) - len(body))
    found = []
    start = 0
    for separator in (*_SEPARATOR.finditer(body), None):
        end = separator.start() if separator else len(body)
        document = body[start:end]
        kept = document.lstrip()
        if kept:
            found.append((line + document.count("\n", 0, len(document) - len(kept)), kept))
        line += document.count("\n")
        start = separator.end() if separator else end
    return found


def sort(printed: Mapping[str, str], read_head: Read) -> Sorted:
    """All documents that templates have printed, by their names. Raises `Refused` for one that is no YAML."""
    manifests: list[Manifest] = []
    hooks: list[Manifest] = []
    findings: list[Diagnostic] = []
    for source in sorted(printed):
        name = source.rpartition("/")[2]
        if name.startswith("_") or not printed[source].strip():
            continue
        for line, text in split(printed[source]):
            manifest = _manifest(source, line, text, read_head)
            unknown = manifest.hooks - HOOKS
            if unknown:
                message = f"helm skips this: there is no hook {sorted(unknown)[0]!r}"
                findings.append(Diagnostic("PS713", "warning", message, Pos(source, line + 1)))
            else:
                (hooks if manifest.hooks else manifests).append(manifest)
    manifests.sort(key=_rank)
    hooks.sort(key=_rank)
    return Sorted(manifests, hooks, findings)


def _rank(manifest: Manifest) -> tuple[int, str]:
    rank = _RANK.get(manifest.kind, len(_RANK))
    return rank, manifest.kind if rank == len(_RANK) else ""


def _manifest(source: str, line: int, text: str, read_head: Read) -> Manifest:
    documents, findings = read_head(text.encode(), source)
    for finding in findings:
        if finding.severity == "error":
            where = finding.where
            at = where.line if isinstance(where, Pos) else 1
            raise Refused("PS712", f"YAML parse error on {source}: {finding.message}", Pos(source, line + at))
    head = documents[0].body if documents else {}
    if not isinstance(head, dict):
        message = f"YAML parse error on {source}: error unmarshaling JSON: this is no mapping"
        raise Refused("PS712", message, Pos(source, line + 1))
    return Manifest(source, text, line, _text(head.get("kind")), _hooks(head))


def _hooks(head: Mapping[str, Any]) -> frozenset[str]:
    """The events of a hook; empty for an object that is none."""
    metadata = head.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or HOOK not in annotations:
        return frozenset()
    return frozenset(word.strip().lower() for word in _text(annotations[HOOK]).split(","))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def printed(manifests: list[Manifest]) -> str:
    """The documents with the comment that names their template."""
    return "".join(f"---\n# Source: {each.source}\n{each.text}\n" for each in manifests)


def origin(manifest: Manifest) -> Origin:
    """Where a document begins in what its template has printed."""
    return Origin(manifest.source, manifest.line)
