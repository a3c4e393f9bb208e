"""The lists that Kubernetes 1.37 merges element by element, and their keys, for `merge: kubernetes`.

The source is the OpenAPI document of the API server: `x-kubernetes-patch-strategy`, with the keys of
`x-kubernetes-list-map-keys`, of which ports have two. Status is left out, since it is never written from files.
"""

from penstock.kubernetes import text
from penstock.resolve.merging.merge_keys import Schema

RETAIN_KEYS = frozenset(("volumes", "resourceClaims"))
"""The merged lists each of whose elements makes one choice, as does `strategy` of a Deployment."""

REPLACED = frozenset((("policy", "PodDisruptionBudget", "selector"),))
"""Mappings that a patch replaces as a whole: (group, kind, field of the spec)."""

DEFAULTS = {"protocol": "TCP"}
"""The default values of merge keys."""

_METADATA: Schema = {"finalizers": ((), None), "ownerReferences": (("uid",), None)}
_OBJECT: Schema = {"metadata": (None, _METADATA)}
_CONTAINER: Schema = {
    "env": (("name",), None),
    "ports": (("containerPort", "protocol"), None),
    "volumeDevices": (("devicePath",), None),
    "volumeMounts": (("mountPath",), None),
}
_POD_SPEC: Schema = {
    "containers": (("name",), _CONTAINER),
    "ephemeralContainers": (("name",), _CONTAINER),
    "evictionResponders": (("name",), None),
    "hostAliases": (("ip",), None),
    "imagePullSecrets": (("name",), None),
    "initContainers": (("name",), _CONTAINER),
    "resourceClaims": (("name",), None),
    "schedulingGates": (("name",), None),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"), None),
    "volumes": (("name",), {"ephemeral": (None, {"volumeClaimTemplate": (None, _OBJECT)})}),
}
_POD_TEMPLATE: Schema = {**_OBJECT, "spec": (None, _POD_SPEC)}
_WORKLOAD: Schema = {**_OBJECT, "spec": (None, {"template": (None, _POD_TEMPLATE)})}
_CONDITIONED: Schema = {"matchConditions": (("name",), None)}
_WEBHOOKS: Schema = {**_OBJECT, "webhooks": (("name",), _CONDITIONED)}

_KINDS = (
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", _WEBHOOKS),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy", {**_OBJECT, "spec": (None, _CONDITIONED)}),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        {**_OBJECT, "spec": (None, {**_CONDITIONED, "variables": (("name",), None)})},
    ),
    (
        "apps",
        "Deployment",
        {**_OBJECT, "spec": (None, {"strategy": (None, {}), "template": (None, _POD_TEMPLATE)})},
    ),
    ("apps", "DaemonSet ReplicaSet StatefulSet", _WORKLOAD),
    ("batch", "Job", _WORKLOAD),
    ("batch", "CronJob", {**_OBJECT, "spec": (None, {"jobTemplate": (None, _WORKLOAD)})}),
    ("storage.k8s.io", "CSINode", {**_OBJECT, "spec": (None, {"drivers": (("name",), None)})}),
    ("", "Node", {**_OBJECT, "spec": (None, {"podCIDRs": ((), None)})}),
    ("", "Pod", _POD_TEMPLATE),
    ("", "PodTemplate", {**_OBJECT, "template": (None, _POD_TEMPLATE)}),
    ("", "ReplicationController", _WORKLOAD),
    ("", "Service", {**_OBJECT, "spec": (None, {"ports": (("port", "protocol"), None)})}),
    ("", "ServiceAccount", {**_OBJECT, "secrets": (("name",), None)}),
)
_BY_KIND: dict[tuple[str, str], Schema] = {
    (group, kind): schema for group, kinds, schema in _KINDS for kind in kinds.split()
}

_GROUPS = frozenset(
    (
        *("", "apps", "autoscaling", "batch", "policy"),
        *(
            f"{name}.k8s.io"
            for name in (
                *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
                *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "networking", "node"),
                *("rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
            )
        ),
    )
)
"""The built-in API groups. Kubernetes merges no lists of custom resources."""


def schema_of(api_version: object, kind: object) -> Schema | None:
    """Return the schema of the lists of a kind, whatever its version; None for a custom resource."""
    group = text(api_version).rpartition("/")[0]
    return _BY_KIND.get((group, text(kind)), _OBJECT if group in _GROUPS else None)
