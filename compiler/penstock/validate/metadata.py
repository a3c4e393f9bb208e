"""What the API server demands of the metadata of an object. That of a template is another matter.

Source: apimachinery pkg/api/validation, ValidateObjectMeta; pkg/apis/core/validation, ValidateObjectMeta, which not all
kinds use; pkg/registry, where the strategies of most kinds set the generation. Compared with Kubernetes 1.37.2.
"""

from collections.abc import Iterator

from penstock.kubernetes import GroupKind
from penstock.model import Pointer, Resource, Tree
from penstock.validate.address import ip_of
from penstock.validate.fault import Fault
from penstock.validate.objects import integer_of, items, mapping, mappings, strings, text_of
from penstock.validate.syntax import DNS_SUBDOMAIN, NAME_PART, is_generated, is_group_version, is_qualified_name
from penstock.words import quoted

CLUSTERS = "PS484"

WITHOUT_DOMAIN = frozenset(
    (
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("coordination.k8s.io", "node.k8s.io", "policy"),
    )
)
"""The built-in groups whose finalizers need no domain, as those of custom resources."""

VERSIONS_READ = 37
"""The minor version of Kubernetes since which the apiVersion of an owner must be one."""

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

LABELS: frozenset[GroupKind] = frozenset((("", "Namespace"), ("", "Service"), ("apps", "StatefulSet")))
"""The kinds whose names are DNS labels."""

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


def wrong_metadata(resource: Resource, is_builtin: bool, minor: int) -> Iterator[Fault]:
    """Yield what is wrong with the metadata of an object in Kubernetes 1.`minor`. `is_builtin` says whether it has the
    kind.
    """
    metadata = mapping(resource.body, ("metadata",))
    group, kind = resource.id.group, resource.id.kind
    if "ownerReferences" in metadata:
        yield from wrong_owners(metadata, ("metadata",), minor)
    if "finalizers" in metadata:
        yield from wrong_finalizers(metadata, ("metadata",))
        if is_builtin and _needs_domains(group, kind):
            yield from _without_domain(metadata)
    if "generateName" in metadata:
        yield from _generated_name(metadata, (group, kind))
    if is_builtin and not _sets_generation(group, kind):
        yield from _negative_generation(metadata)
    yield from _of_the_cluster(metadata)


def _needs_domains(group: str, kind: str) -> bool:
    """Return whether the finalizers of a kind need a domain."""
    return group not in WITHOUT_DOMAIN and (group, kind) != ("", "Event")


def _negative_generation(metadata: Tree) -> Iterator[Fault]:
    generation = integer_of(metadata, "generation")
    if generation is not None and generation < 0:
        yield Fault("PS406", ("metadata", "generation"), f"{generation} is negative", "remove it")


def _wrong_owner(owner: Tree, at: Pointer, minor: int) -> Iterator[Fault]:
    for field in ("apiVersion", "kind", "name", "uid"):
        if owner.get(field) in (None, ""):
            place = (*at, field) if field in owner else at
            yield Fault("PS402", place, f"the field {quoted(field)} is missing or empty in an owner")
    version = text_of(owner, "apiVersion")
    if version and minor >= VERSIONS_READ and not is_group_version(version):
        message = f"{quoted(version)} is not an API group and version"
        yield Fault("PS433", (*at, "apiVersion"), message, "such as apps/v1")
    if (version, owner.get("kind")) == ("v1", "Event"):
        yield Fault("PS434", (*at, "kind"), "an Event owns nothing")


def wrong_owners(metadata: Tree, at: Pointer, minor: int = VERSIONS_READ) -> Iterator[Fault]:
    """Yield the owners that are incomplete, and a second one that controls the object."""
    controlling: list[tuple[Pointer, Tree]] = []
    for index, owner in enumerate(items(metadata, ("ownerReferences",))):
        if owner is None:
            yield from _wrong_owner({}, (*at, "ownerReferences", index), minor)
    for here, owner in mappings(metadata, ("ownerReferences",)):
        yield from _wrong_owner(owner, (*at, *here), minor)
        if owner.get("controller") is True and owner not in [each for _, each in controlling]:
            controlling.append((here, owner))
    if len(controlling) > 1:
        notes = (((*at, *controlling[0][0]), "the other owner"),)
        message = "another owner controls the object already"
        yield Fault("PS436", (*at, *controlling[1][0], "controller"), message, "", notes)


def wrong_finalizers(metadata: Tree, at: Pointer) -> Iterator[Fault]:
    for index, each in enumerate(items(metadata, ("finalizers",))):
        text = "" if each is None else each
        if isinstance(text, str) and not is_qualified_name(text):
            hint = f"name or prefix/name; allowed are {NAME_PART}"
            yield Fault("PS431", (*at, "finalizers", index), f"{quoted(text)} is not a qualified name", hint)
    finalizers = items(metadata, ("finalizers",))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        message = '"orphan" and "foregroundDeletion" exclude each other'
        yield Fault("PS434", (*at, "finalizers", finalizers.index("orphan")), message)


def _sets_generation(group: str, kind: str) -> bool:
    if kind == "ControllerRevision":
        return False
    return group in GENERATION_IS_SET or (group, kind) in GENERATION_IS_SET_ALSO


def _without_domain(metadata: Tree) -> Iterator[Fault]:
    for here, text in strings(metadata, ("finalizers",)):
        if text and "/" not in text and text not in STANDARD and is_qualified_name(text):
            yield Fault("PS431", ("metadata", *here), f"{quoted(text)} has no domain", "such as example.com/name")


def _generated_name(metadata: Tree, kind: GroupKind) -> Iterator[Fault]:
    text, at = text_of(metadata, "generateName"), ("metadata", "generateName")
    is_address = kind == ("networking.k8s.io", "IPAddress") and ip_of(text) is not None
    if text and kind in DECIDED_NAMES and text != metadata.get("name") and not is_address:
        yield Fault("PS431", at, "a name of this kind cannot be generated: it says what the object is", "remove it")
    elif kind in ANY_GENERATED_NAME:
        if "/" in text or "%" in text:
            yield Fault("PS431", at, f"{quoted(text)} does not fit into a URL", "not allowed are '/' and '%'")
    elif kind in LABELS and "." in text:
        yield Fault("PS431", at, f"{quoted(text)} has a dot, which names of this kind may not have")
    elif text and not is_generated(text):
        yield Fault("PS431", at, f"{quoted(text)} is not the start of a name", f"allowed are {DNS_SUBDOMAIN}")


def _of_the_cluster(metadata: Tree) -> Iterator[Fault]:
    """Yield the fields that only a cluster writes, and with which it refuses an apply or sees a conflict."""
    for field in ("uid", "resourceVersion", "managedFields"):
        written = metadata.get(field)
        if written is not None and written != "":
            message = "only a cluster writes it, and an apply that has it fails"
            yield Fault(CLUSTERS, ("metadata", field), message, "remove it, as from all that was read from a cluster")
