"""The identities by which Kustomize tells objects apart: group, version, kind, name and effective namespace, now and
before each rename.

Kustomize knows the scope of the built-in types of Kubernetes 1.21 (and ValidatingAdmissionPolicy); every other type
counts as namespaced. Two objects are the same if all five fields agree; an empty namespace equals `default`.
"""

from functools import lru_cache

from penstock.kubernetes import identify
from penstock.model import Lineage, Origin, Resource, Spelling, Tree
from penstock.records import NamedTuple

NOT_NAMESPACED = "_non_namespaceable_"
"""The effective namespace of a cluster-scoped object; users see it in selectors."""

KNOWN_CLUSTER_SCOPED = frozenset(
    (f"{group}/{version}" if group else version, kind)
    for group, versions, kinds in (
        ("", "v1", "ComponentStatus Namespace Node NodeProxyOptions PersistentVolume"),
        ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "v1 v1beta1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "v1 v1beta1", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "v1 v1beta1", "APIService"),
        ("certificates.k8s.io", "v1 v1beta1", "CertificateSigningRequest"),
        ("flowcontrol.apiserver.k8s.io", "v1beta1", "FlowSchema PriorityLevelConfiguration"),
        ("networking.k8s.io", "v1 v1beta1", "IngressClass"),
        ("node.k8s.io", "v1 v1beta1", "RuntimeClass"),
        ("policy", "v1beta1", "PodSecurityPolicy"),
        ("rbac.authorization.k8s.io", "v1 v1beta1", "ClusterRole ClusterRoleBinding"),
        ("scheduling.k8s.io", "v1 v1beta1", "PriorityClass"),
        ("storage.k8s.io", "v1 v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment"),
    )
    for version in versions.split()
    for kind in kinds.split()
)
"""(apiVersion, kind) of the types that Kustomize knows to be cluster-scoped, from the OpenAPI data of Kubernetes
1.21.2.
"""


class Identity(NamedTuple):
    """The identity of an object, which must be unique in a build. `namespace` is the effective one and never empty."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str


class Gvk(NamedTuple):
    """A group, version and kind, or a pattern of them in which an empty field matches anything."""

    group: str = ""
    version: str = ""
    kind: str = ""

    def selects(self, group: str, version: str, kind: str) -> bool:
        return (
            (not self.group or self.group == group)
            and (not self.version or self.version == version)
            and (not self.kind or self.kind == kind)
        )


@lru_cache(maxsize=4096)
def is_cluster_scoped(group: str, version: str, kind: str) -> bool:
    return (f"{group}/{version}" if group else version, kind) in KNOWN_CLUSTER_SCOPED


def effective_namespace(group: str, version: str, kind: str, namespace: str) -> str:
    if is_cluster_scoped(group, version, kind):
        return NOT_NAMESPACED
    return namespace or "default"


def current(resource: Resource) -> Identity:
    """Return the identity that a resource has now."""
    group, kind, namespace, name = resource.id
    version = resource.version
    return Identity(group, version, kind, effective_namespace(group, version, kind, namespace), name)


def earlier(resource: Resource) -> list[Identity]:
    """Return the identities that a resource had before, oldest first. Their group and version are always the present
    ones.
    """
    group, version = resource.id.group, resource.version
    return [Identity(group, version, kind, namespace, name) for name, namespace, kind in resource.lineage.past]


def original(resource: Resource) -> Identity:
    """Return the first identity that a resource had."""
    if not resource.lineage.past:
        return current(resource)
    name, namespace, kind = resource.lineage.past[0]
    return Identity(resource.id.group, resource.version, kind, namespace, name)


def remember(resource: Resource) -> None:
    """Record the present identity as an earlier one, because the object is about to change its name, namespace or kind.

    An identity that equals the last recorded one is not recorded again. Kustomize records it twice, without any effect.
    """
    _, _, kind, namespace, name = current(resource)
    lineage = resource.lineage
    if lineage.past[-1:] != ((name, namespace, kind),):
        resource.lineage = lineage._replace(past=(*lineage.past, (name, namespace, kind)))


def forget(resource: Resource, taken: Lineage = Lineage()) -> None:
    """Replace the earlier identities of an object by those of `taken`, or drop them.

    Kustomize keeps them among the annotations, so they change when these are replaced.
    """
    resource.lineage = resource.lineage._replace(
        past=taken.past,
        prefixes=taken.prefixes,
        suffixes=taken.suffixes,
        needs_hash=taken.needs_hash,
        behavior=taken.behavior,
        made=taken.made,
        transformed=taken.transformed,
    )


def reidentify(resource: Resource) -> None:
    """Read the identity from the body again, after a write to its kind, apiVersion, name or namespace."""
    resource.id, resource.version = identify(resource.body)


def new_resource(body: Tree, origin: Origin, lineage: Lineage = Lineage(), spelling: Spelling = Spelling()) -> Resource:
    """Return a resource with the identity in its body and an empty write log."""
    identity, version = identify(body)
    return Resource(body, origin, identity, version, lineage=lineage, spelling=spelling)
