"""A field changes that the API server does not let anybody change: the sync fails until the object is replaced."""

from collections.abc import Iterator

from penstock.changes import At, Change, Danger, shown

NAME = "immutable"

STATEFUL_MAY = ("replicas", "ordinals", "template", "updateStrategy", "minReadySeconds", "revisionHistoryLimit")
STATEFUL_MAY_TOO = "persistentVolumeClaimRetentionPolicy"

FIELDS: dict[tuple[str, str], tuple[At, ...]] = {
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "ReplicaSet"): (("spec", "selector"),),
    ("batch", "Job"): (("spec", "selector"), ("spec", "template"), ("spec", "completionMode")),
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
    if change.action != "changed" or change.renamed:
        return
    key = change.id.group, change.id.kind
    for field in change.fields:
        if any(field.at[: len(at)] == at for at in FIELDS.get(key, ())) or _is_fixed(key, field.at):
            yield Danger(NAME, "danger", f"{shown(field.at)} cannot be changed: the object has to be replaced")
    if key in (("", "ConfigMap"), ("", "Secret")) and _was_frozen(change):
        yield Danger(NAME, "danger", "the object is immutable: it has to be replaced")


def _is_fixed(key: tuple[str, str], at: At) -> bool:
    """A StatefulSet has a list of what may change instead."""
    if key != ("apps", "StatefulSet") or at[:1] != ("spec",) or len(at) < 2:
        return False
    return at[1] not in (*STATEFUL_MAY, STATEFUL_MAY_TOO)


def _was_frozen(change: Change) -> bool:
    was = change.before is not None and change.before.body.get("immutable") is True
    return was and any(field.at[0] in ("data", "binaryData", "stringData", "immutable") for field in change.fields)
