"""Fields that the API server lets nobody change once an object is there, with what one means that is not there.

Source: pkg/apis/*/validation, the functions Validate…Update, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import MISSING, get

Kind = tuple[str, str]
"""The group of an object, and its kind."""

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
    ("", "ConfigMap"): ("immutable", "data", "binaryData"),
    ("", "Secret"): ("immutable", "data", "stringData"),
}
"""The fields that `immutable: true` seals, itself among them."""


class FixedField(NamedTuple):
    """A field that may not change, and does. A side without it has its default, or MISSING where that is not known."""

    at: Pointer
    before: Any
    after: Any


def changed_fields(kind: Kind, before: Tree, after: Tree) -> Iterator[FixedField]:
    """Yield the fields of an object that an update would change, and that the API server keeps."""
    for path in FIELDS.get(kind, ()):
        at = tuple(path.split("."))
        default = DEFAULTS.get(path, MISSING)
        was, now = get(before, at, default), get(after, at, default)
        if was != now:
            yield FixedField(at, was, now)


def changed_seals(kind: Kind, before: Tree, after: Tree) -> list[str]:
    """Return the fields that `immutable: true` has sealed, and that an update would change."""
    sealed = SEALED.get(kind, ()) if before.get("immutable") is True else ()
    return [field for field in sealed if before.get(field) != after.get(field)]
