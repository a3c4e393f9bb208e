"""A field changes that the API server does not let anybody change: the sync fails until the object is replaced."""

from collections.abc import Iterator

from penstock.changes import At, Change, Danger, shown
from penstock.tree import get

NAME = "immutable"

STATEFUL_MAY = ("replicas", "ordinals", "template", "updateStrategy", "minReadySeconds", "revisionHistoryLimit")
STATEFUL_MAY_TOO = "persistentVolumeClaimRetentionPolicy"

FIELDS: dict[tuple[str, str], tuple[At, ...]] = {
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "ReplicaSet"): (("spec", "selector"),),
    ("batch", "Job"): (
        ("spec", "selector"),
        ("spec", "template"),
        ("spec", "completionMode"),
        ("spec", "podFailurePolicy"),
        ("spec", "backoffLimitPerIndex"),
        ("spec", "managedBy"),
    ),
    ("networking.k8s.io", "IngressClass"): (("spec", "controller"),),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (("spec", "scope"), ("spec", "group")),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    ("scheduling.k8s.io", "PriorityClass"): (("value",),),
    ("", "Service"): (("spec", "clusterIP"),),
    ("", "PersistentVolumeClaim"): (
        ("spec", "accessModes"),
        ("spec", "storageClassName"),
        ("spec", "volumeMode"),
        ("spec", "volumeName"),
        ("spec", "selector"),
    ),
    ("", "Secret"): (("type",),),
}


def check(change: Change) -> Iterator[Danger]:
    if change.action != "changed" or change.renamed or _is_made_anew(change):
        return
    key = change.id.group, change.id.kind
    for field in change.fields:
        if any(field.at[: len(at)] == at for at in FIELDS.get(key, ())) or _is_fixed(key, field.at):
            yield Danger(NAME, "danger", f"{shown(field.at)} cannot be changed: the object has to be replaced")
    if key in (("", "ConfigMap"), ("", "Secret")) and _was_frozen(change):
        yield Danger(NAME, "danger", "the object is immutable: it has to be replaced")


REPLACING = (
    ("helm.sh/hook", ""),
    ("argocd.argoproj.io/hook", ""),
    ("argocd.argoproj.io/sync-options", "Replace=true"),
    ("argocd.argoproj.io/sync-options", "Force=true"),
    ("kustomize.toolkit.fluxcd.io/force", "enabled"),
)
"""Annotations by which whoever applies an object replaces it, and what is in them."""


def _is_made_anew(change: Change) -> bool:
    """Return whether the object is replaced at each change anyway."""
    annotations = get(change.after.body, ("metadata", "annotations")) if change.after else None
    if not isinstance(annotations, dict):
        return False
    return any(name in annotations and word in str(annotations[name]) for name, word in REPLACING)


def _is_fixed(key: tuple[str, str], at: At) -> bool:
    """A StatefulSet has a list of what may change instead."""
    if key != ("apps", "StatefulSet") or at[:1] != ("spec",) or len(at) < 2:
        return False
    return at[1] not in (*STATEFUL_MAY, STATEFUL_MAY_TOO)


def _was_frozen(change: Change) -> bool:
    was = change.before is not None and change.before.body.get("immutable") is True
    return was and any(field.at[0] in ("data", "binaryData", "stringData", "immutable") for field in change.fields)
