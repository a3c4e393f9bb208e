"""A field that cannot be changed keeps its value.

Bad:   another `spec.selector` of a Deployment, another `roleRef` of a RoleBinding, other data of an immutable ConfigMap
Good:  an object with another name, or the old one deleted first

Why: the API server refuses the update, and the object stays as it was. `penstock sync --replace` deletes and creates it
again; a name that changes with the content (as those of `configMapGenerator` do) needs neither.
Source: pkg/apis/*/validation, the functions Validate…Update, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Resource, Severity
from penstock.tree import MISSING, get
from penstock.validate.fault import Problem
from penstock.words import dotted, quoted

CODE = "PS460"
NAME = "immutable-field"
SEVERITY: Severity = "error"

Kind = tuple[str, str]

FIELDS: dict[Kind, tuple[str, ...]] = {
    ("", "PersistentVolume"): (
        "spec.volumeMode",
        "spec.nodeAffinity",
        "spec.csi",
        "spec.nfs",
        "spec.local",
        "spec.hostPath",
    ),
    ("", "PersistentVolumeClaim"): (
        *("spec.accessModes", "spec.dataSource", "spec.dataSourceRef", "spec.selector", "spec.storageClassName"),
        *("spec.volumeMode", "spec.volumeName"),
    ),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs", "spec.healthCheckNodePort", "spec.loadBalancerClass"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("spec.group", "spec.names.plural", "spec.scope"),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        *("spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"),
    ),
    ("batch", "Job"): (
        *("spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy", "spec.successPolicy"),
        *("spec.backoffLimitPerIndex", "spec.managedBy"),
    ),
    ("discovery.k8s.io", "EndpointSlice"): ("addressType",),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("networking.k8s.io", "IPAddress"): ("spec.parentRef",),
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("resource.k8s.io", "ResourceClaim"): ("spec",),
    ("resource.k8s.io", "ResourceClaimTemplate"): ("spec",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("storage.k8s.io", "CSIDriver"): ("spec.attachRequired", "spec.volumeLifecycleModes"),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}
"""The fields of each kind. A real API server refuses a change of each of them."""

DEFAULTS: dict[str, Any] = {
    "preemptionPolicy": "PreemptLowerPriority",
    "reclaimPolicy": "Delete",
    "spec.attachRequired": True,
    "spec.completionMode": "NonIndexed",
    "spec.podManagementPolicy": "OrderedReady",
    "spec.serviceName": "",
    "spec.volumeClaimTemplates": [],
    "spec.volumeMode": "Filesystem",
    "type": "Opaque",
    "volumeBindingMode": "Immediate",
}
"""What a field that is not there means. Of others that is not known here, and nothing is said where one is missing."""

SEALED: dict[Kind, tuple[str, ...]] = {
    ("", "ConfigMap"): ("data", "binaryData"),
    ("", "Secret"): ("data", "stringData"),
}
"""The fields that `immutable: true` seals."""

HINT = "give the object another name, or have it deleted first: `penstock sync --replace` does"


def check(old: Resource, new: Resource) -> Iterator[Problem]:
    """The fields of an object that an update would change, and must not."""
    kind = (new.id.group, new.id.kind)
    for path in FIELDS.get(kind, ()):
        at = tuple(path.split("."))
        default = DEFAULTS.get(path, MISSING)
        was, now = get(old.body, at, default), get(new.body, at, default)
        if was is not MISSING and now is not MISSING and was != now:
            yield _changed(at, was, now)
    if old.body.get("immutable") is True and kind in SEALED:
        for field in SEALED[kind]:
            if old.body.get(field) != new.body.get(field):
                at = (field,) if field in new.body else ("kind",)
                yield Problem(at, f"{field} is sealed by `immutable: true`, and has changed", HINT)


def _changed(at: Pointer, was: Any, now: Any) -> Problem:
    """What was and is there is quoted where it is short; none of these fields holds a secret."""
    is_short = all(isinstance(value, str | int) for value in (was, now))
    words = f" from {quoted(str(was))} to {quoted(str(now))}" if is_short else ""
    return Problem(at, f"{dotted(at)} cannot be changed{words} once the object is there", HINT)
