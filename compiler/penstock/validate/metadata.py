"""What the API server demands of the metadata of an object, where that depends on the kind.

Source: apimachinery pkg/api/validation, ValidateObjectMeta; pkg/apis/core/validation, ValidateObjectMeta, which not all
kinds use; pkg/registry, where the strategies of most kinds set the generation. Compared with Kubernetes 1.37.2.
"""

from collections.abc import Iterator

from penstock.kubernetes import GroupKind
from penstock.model import Resource, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, strings, text_of
from penstock.validate.syntax import DNS_SUBDOMAIN, is_generated
from penstock.words import quoted

CLUSTERS = "PS484"

WITHOUT_DOMAIN = frozenset(
    (
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("coordination.k8s.io", "node.k8s.io", "policy"),
    )
)
"""The built-in groups whose finalizers need no domain, as those of custom resources."""

STANDARD = ("kubernetes", "orphan", "foregroundDeletion")
"""The finalizers of Kubernetes, which have no domain."""

GENERATION_IS_SET = frozenset(
    (
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apps", "autoscaling", "batch", "discovery.k8s.io"),
        *("flowcontrol.apiserver.k8s.io", "policy", "scheduling.k8s.io"),
    )
)
"""The built-in groups in which the API server sets the generation itself, whatever an object says."""

GENERATION_IS_SET_ALSO: frozenset[GroupKind] = frozenset(
    (
        *(("", "Pod"), ("", "PodTemplate"), ("", "ReplicationController")),
        *(("networking.k8s.io", "Ingress"), ("networking.k8s.io", "IngressClass")),
        *(("networking.k8s.io", "NetworkPolicy"), ("resource.k8s.io", "DeviceClass")),
        *(("resource.k8s.io", "DeviceTaintRule"), ("resource.k8s.io", "ResourceSlice")),
    )
)

ANY_GENERATED_NAME: frozenset[GroupKind] = frozenset(
    (
        *(("", "ReplicationController"), ("policy", "PodDisruptionBudget"), ("resource.k8s.io", "DeviceClass")),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        *(("rbac.authorization.k8s.io", kind) for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")),
    )
)
"""The kinds for whose generateName anything will do that fits into a URL."""

DECIDED_NAMES: frozenset[GroupKind] = frozenset(
    (
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("networking.k8s.io", "IPAddress"),
    )
)
"""The kinds whose name follows from what they are, so that none can be generated."""


def wrong_metadata(resource: Resource, is_builtin: bool) -> Iterator[Fault]:
    """Yield what is wrong with the metadata of an object. `is_builtin` says whether Kubernetes has its kind."""
    metadata = mapping(resource.body, ("metadata",))
    group, kind = resource.id.group, resource.id.kind
    if "finalizers" in metadata and is_builtin and group not in WITHOUT_DOMAIN:
        yield from _finalizers(metadata)
    if "generateName" in metadata:
        yield from _generated_name(metadata, (group, kind))
    generation = metadata.get("generation")
    if type(generation) is int and generation < 0 and is_builtin and not _sets_generation(group, kind):
        yield Fault("PS406", ("metadata", "generation"), f"{generation} is negative", "remove it")
    yield from _of_the_cluster(metadata)


def _sets_generation(group: str, kind: str) -> bool:
    if kind == "ControllerRevision":
        return False
    return group in GENERATION_IS_SET or (group, kind) in GENERATION_IS_SET_ALSO


def _finalizers(metadata: Tree) -> Iterator[Fault]:
    for here, text in strings(metadata, ("finalizers",)):
        if "/" not in text and text not in STANDARD:
            yield Fault("PS431", ("metadata", *here), f"{quoted(text)} has no domain", "such as example.com/name")


def _generated_name(metadata: Tree, kind: GroupKind) -> Iterator[Fault]:
    text, at = text_of(metadata, "generateName"), ("metadata", "generateName")
    if text and kind in DECIDED_NAMES and text != metadata.get("name"):
        yield Fault("PS431", at, "a name of this kind cannot be generated: it says what the object is", "remove it")
    elif text and kind not in ANY_GENERATED_NAME and not is_generated(text):
        yield Fault("PS431", at, f"{quoted(text)} is not the start of a name", f"allowed are {DNS_SUBDOMAIN}")


def _of_the_cluster(metadata: Tree) -> Iterator[Fault]:
    """Yield the fields that only a cluster writes, and with which it refuses an apply or sees a conflict."""
    for field in ("uid", "resourceVersion", "managedFields"):
        written = metadata.get(field)
        if written is not None and written != "":
            message = "only a cluster writes it, and an apply that has it fails"
            yield Fault(CLUSTERS, ("metadata", field), message, "remove it, as from all that was read from a cluster")
