"""An object is removed that holds data, contains other objects, or has deployed other objects."""

from collections.abc import Iterator

from penstock.changes import Change, Danger
from penstock.model import Tree

NAME = "removal"

LOSSES = {
    ("apps", "StatefulSet"): "its pods go",
    ("", "PersistentVolumeClaim"): "its data may go with it",
    ("", "PersistentVolume"): "its data may go with it",
    ("postgresql.cnpg.io", "Cluster"): "its data may go with it",
    ("kafka.strimzi.io", "Kafka"): "its data may go with it",
    ("", "Namespace"): "everything in it goes",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "all objects of its kind go",
    ("", "Secret"): "who uses it no longer starts",
    ("networking.k8s.io", "NetworkPolicy"): "what it kept out gets in",
}

ALONG = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): "Flux uninstalls its chart",
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "Flux deletes what it has applied",
    ("argoproj.io", "Application"): "Argo CD deletes what it has deployed",
    ("argoproj.io", "ApplicationSet"): "its Applications go",
    ("external-secrets.io", "ExternalSecret"): "the Secret that it makes goes",
    ("bitnami.com", "SealedSecret"): "the Secret that it makes goes",
}
"""What controllers do when an object goes."""


def check(change: Change) -> Iterator[Danger]:
    if change.action != "removed" or change.before is None:
        return
    key = change.id.group, change.id.kind
    said = f"{change.id.kind} {change.id.name} is removed"
    if key in LOSSES:
        yield Danger(NAME, "danger", f"{said}: {LOSSES[key]}")
    elif key in ALONG and not _leaves_all(change.id.kind, change.before.body):
        yield Danger(NAME, "caution", f"{said}: {ALONG[key]}")


def _leaves_all(kind: str, body: Tree) -> bool:
    """Return whether the objects that this one has brought stay when it goes."""
    spec, metadata = body.get("spec"), body.get("metadata")
    if kind == "Kustomization":
        return not (isinstance(spec, dict) and spec.get("prune") is True)
    return kind == "Application" and not (isinstance(metadata, dict) and metadata.get("finalizers"))
