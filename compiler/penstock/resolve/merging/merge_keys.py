"""The lists that a strategic merge patch merges element by element, and the keys by which it does.

Kustomize v5.8.2 takes this from the OpenAPI data of Kubernetes 1.21.2. Only the lists below are merged; every other
list is replaced as a whole, including all lists of types that are newer or not built in.
"""

from collections.abc import Mapping

Schema = Mapping[str, "FieldSchema"]
"""The schema of each known field of a mapping."""

FieldSchema = tuple[tuple[str, ...] | None, Schema | None]
"""The keys by which the elements of a list are merged, and the schema of its elements. If the tuple of keys is empty,
the elements are scalars; None stands for a field that is not a list, or for a list that is replaced as a whole.
"""


def _field(below: Schema) -> tuple[None, Schema]:
    return (None, below)


def _list(*keys: str, of: Schema | None = None) -> tuple[tuple[str, ...], Schema | None]:
    return (keys, of)


_METADATA: Schema = {"finalizers": _list(), "ownerReferences": _list("uid")}
_OBJECT: Schema = {"metadata": _field(_METADATA)}
_CONDITIONS: Schema = {"conditions": _list("type")}

_MOUNTS: Schema = {"env": _list("name"), "volumeDevices": _list("devicePath"), "volumeMounts": _list("mountPath")}
_CONTAINER: Schema = {**_MOUNTS, "ports": _list("containerPort", "protocol")}
_VOLUME: Schema = {"ephemeral": _field({"volumeClaimTemplate": _field(_OBJECT)})}
_POD_SPEC: Schema = {
    "containers": _list("name", of=_CONTAINER),
    "initContainers": _list("name", of=_CONTAINER),
    "ephemeralContainers": _list("name", of=_MOUNTS),
    "hostAliases": _list("ip"),
    "imagePullSecrets": _list("name"),
    "topologySpreadConstraints": _list("topologyKey", "whenUnsatisfiable"),
    "volumes": _list("name", of=_VOLUME),
}
_POD_TEMPLATE: Schema = {**_OBJECT, "spec": _field(_POD_SPEC)}
_WORKLOAD: Schema = {
    **_OBJECT,
    "spec": _field({"template": _field(_POD_TEMPLATE)}),
    "status": _field(_CONDITIONS),
}
_CRON_JOB: Schema = {
    **_OBJECT,
    "spec": _field({"jobTemplate": _field({**_OBJECT, "spec": _field({"template": _field(_POD_TEMPLATE)})})}),
}
_WITH_CONDITIONS: Schema = {**_OBJECT, "status": _field(_CONDITIONS)}
_WEBHOOKS: Schema = {**_OBJECT, "webhooks": _list("name")}
_CSI_NODE: Schema = {**_OBJECT, "spec": _field({"drivers": _list("name")})}

_PLAIN = (
    ("apiextensions.k8s.io", "v1 v1beta1", "CustomResourceDefinition"),
    ("apps", "v1", "ControllerRevision"),
    ("authentication.k8s.io", "v1", "TokenRequest TokenReview"),
    ("authentication.k8s.io", "v1beta1", "TokenReview"),
    (
        "authorization.k8s.io",
        "v1 v1beta1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    ),
    ("autoscaling", "v1", "HorizontalPodAutoscaler Scale"),
    ("autoscaling", "v2beta1 v2beta2", "HorizontalPodAutoscaler"),
    ("certificates.k8s.io", "v1 v1beta1", "CertificateSigningRequest"),
    ("coordination.k8s.io", "v1 v1beta1", "Lease"),
    ("discovery.k8s.io", "v1 v1beta1", "EndpointSlice"),
    ("events.k8s.io", "v1 v1beta1", "Event"),
    ("extensions", "v1beta1", "Ingress"),
    ("flowcontrol.apiserver.k8s.io", "v1beta1", "FlowSchema PriorityLevelConfiguration"),
    ("networking.k8s.io", "v1", "Ingress IngressClass NetworkPolicy"),
    ("networking.k8s.io", "v1beta1", "Ingress IngressClass"),
    ("node.k8s.io", "v1 v1beta1", "RuntimeClass"),
    ("policy", "v1beta1", "Eviction PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "v1 v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("scheduling.k8s.io", "v1 v1beta1", "PriorityClass"),
    ("storage.k8s.io", "v1 v1beta1", "CSIDriver StorageClass VolumeAttachment"),
    ("storage.k8s.io", "v1beta1", "CSIStorageCapacity"),
    ("", "v1", "Binding ConfigMap Endpoints Event LimitRange PersistentVolume ResourceQuota Secret"),
)
DEFINITIONS: Mapping[str, Schema] = {
    "io.k8s.api.core.v1.Container": _CONTAINER,
    "io.k8s.api.core.v1.EphemeralContainer": _MOUNTS,
    "io.k8s.api.core.v1.PodSpec": _POD_SPEC,
    "io.k8s.api.core.v1.PodTemplateSpec": _POD_TEMPLATE,
    "io.k8s.api.core.v1.Volume": _VOLUME,
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": _METADATA,
}
"""The definitions that a schema of the user may refer to, by name."""

_MERGED = (
    (
        "admissionregistration.k8s.io",
        "v1 v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        _WEBHOOKS,
    ),
    ("apiregistration.k8s.io", "v1 v1beta1", "APIService", _WITH_CONDITIONS),
    ("apps", "v1", "DaemonSet Deployment ReplicaSet StatefulSet", _WORKLOAD),
    ("batch", "v1", "Job", _WORKLOAD),
    ("batch", "v1 v1beta1", "CronJob", _CRON_JOB),
    ("policy", "v1 v1beta1", "PodDisruptionBudget", _WITH_CONDITIONS),
    ("storage.k8s.io", "v1 v1beta1", "CSINode", _CSI_NODE),
    ("", "v1", "ComponentStatus", {**_OBJECT, **_CONDITIONS}),
    ("", "v1", "Namespace PersistentVolumeClaim", _WITH_CONDITIONS),
    ("", "v1", "ReplicationController", _WORKLOAD),
    ("", "v1", "Pod", {**_OBJECT, "spec": _field(_POD_SPEC), "status": _field({**_CONDITIONS, "podIPs": _list("ip")})}),
    ("", "v1", "PodTemplate", {**_OBJECT, "template": _field(_POD_TEMPLATE)}),
    ("", "v1", "Service", {**_WITH_CONDITIONS, "spec": _field({"ports": _list("port", "protocol")})}),
    ("", "v1", "ServiceAccount", {**_OBJECT, "secrets": _list("name")}),
    (
        "",
        "v1",
        "Node",
        {
            **_OBJECT,
            "spec": _field({"podCIDRs": _list()}),
            "status": _field({**_CONDITIONS, "addresses": _list("type")}),
        },
    ),
)

BUILTIN: Mapping[tuple[str, str], Schema] = {
    (f"{group}/{version}" if group else version, kind): schema
    for group, versions, kinds, schema in (*((*row, _OBJECT) for row in _PLAIN), *_MERGED)
    for version in versions.split()
    for kind in kinds.split()
}
"""(apiVersion, kind) → schema."""
