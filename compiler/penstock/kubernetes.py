"""The knowledge of Kubernetes that every stage shares: the identity of an object, the kinds without a namespace, and
the kinds that make pods.

What Kustomize knows about kinds is in `resolve`, and what one version of Kubernetes serves is in the schemas.
"""

from functools import lru_cache

from penstock.model import Pointer, ResourceId, Tree
from penstock.numbers import MAX_FLOAT, text_of_other
from penstock.tree import MISSING, get
from penstock.typed import Any

GroupKind = tuple[str, str]
"""The group of a kind (empty for the core group) and its name."""

BUILT_IN_CLUSTER_SCOPED: frozenset[GroupKind] = frozenset(
    (group, kind)
    for group, kinds in (
        ("", "ComponentStatus Namespace Node PersistentVolume"),
        (
            "admissionregistration.k8s.io",
            "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
            "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
        ),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("authentication.k8s.io", "SelfSubjectReview TokenReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"),
        ("certificates.k8s.io", "CertificateSigningRequest ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema PriorityLevelConfiguration"),
        ("networking.k8s.io", "IPAddress IngressClass ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("policy", "PodSecurityPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass DeviceTaintRule ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    )
    for kind in kinds.split()
)
"""The kinds of Kubernetes up to 1.37 that are in no namespace, in any version."""

CLUSTER_SCOPED: frozenset[GroupKind] = BUILT_IN_CLUSTER_SCOPED | {
    ("cert-manager.io", "ClusterIssuer"),
    ("external-secrets.io", "ClusterSecretStore"),
    ("gateway.networking.k8s.io", "GatewayClass"),
}
"""The same, with the custom kinds that references name."""

POD_TEMPLATES: dict[GroupKind, Pointer] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
}
"""Where the kinds that make pods keep their template."""

INJECTED_DATA = (
    ("annotations", "service.beta.openshift.io/inject-cabundle", "service-ca.crt"),
    ("labels", "config.openshift.io/inject-trusted-cabundle", "ca-bundle.crt"),
)
"""Marks of a ConfigMap into which OpenShift injects certificates, and the key that receives them."""

FILLING = (
    "reflector.v1.k8s.emberstack.com/reflects",
    "replicator.v1.mittwald.de/replicate-from",
    "secret-generator.v1.mittwald.de/autogenerate",
    "secret-generator.v1.mittwald.de/type",
    "sealedsecrets.bitnami.com/patch",
)
"""Annotations of a Secret or ConfigMap to which a controller adds keys."""

SERVERS_OWN: tuple[Pointer, ...] = (
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "uid"),
    ("metadata", "creationTimestamp"),
    ("status",),
)
"""What changes in a live object without anybody wanting it."""


def identify(body: Tree) -> tuple[ResourceId, str]:
    """Return the id and the version of an object. A field that is missing, or holds no scalar, counts as empty.

    A number as a name counts as the text that is printed for it, so the object is the same once it has been printed.
    """
    group, version = group_version(text(body.get("apiVersion")))
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    name, namespace = name_text(metadata.get("name")), name_text(metadata.get("namespace"))
    return ResourceId(group, text(body.get("kind")), namespace, name), version


def name_text(value: Any) -> str:
    """Return a name or namespace as text: a number as it is printed, and any other value as `text` has it."""
    is_number = value.__class__ is float or value.__class__ is int
    return text_of_other(value) if is_number and abs(value) <= MAX_FLOAT else text(value)


def injected_keys(config_map: Tree) -> set[str]:
    """Return the keys of a ConfigMap that the cluster fills in."""
    return {key for place, mark, key in INJECTED_DATA if get(config_map, ("metadata", place, mark)) is not None}


def is_filled(body: Tree) -> bool:
    """Return whether annotations of a Secret or ConfigMap ask a controller to add keys, which need not be here."""
    annotations = get(body, ("metadata", "annotations"))
    return isinstance(annotations, dict) and any(each in annotations for each in FILLING)


@lru_cache(maxsize=4096)
def group_version(api_version: str) -> tuple[str, str]:
    """Return the group and the version of a text such as `apps/v1`. The core group is empty."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", api_version)


def group_kind(body: Tree) -> GroupKind:
    """Return the group and the kind of an object."""
    return group_version(text(body.get("apiVersion")))[0], text(body.get("kind"))


def text(value: Any) -> str:
    """Return a scalar as YAML text, and the empty string for null and for containers."""
    if value.__class__ is str:
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    return "" if value is None or value is MISSING or isinstance(value, dict | list) else str(value)
