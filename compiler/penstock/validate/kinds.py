"""Kinds without a schema: an error where the group is part of Kubernetes, and otherwise an info."""

from functools import lru_cache

from penstock.validate.custom import CustomKinds
from penstock.validate.fault import Fault
from penstock.validate.schemas import Kind, Schemas
from penstock.words import did_you_mean, nearest, one_of

REMOVED: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("extensions/v1beta1", "1.16", ("DaemonSet", "Deployment", "ReplicaSet"), "apps/v1"),
    ("extensions/v1beta1", "1.16", ("NetworkPolicy",), "networking.k8s.io/v1"),
    ("extensions/v1beta1", "1.16", ("PodSecurityPolicy",), ""),
    ("extensions/v1beta1", "1.22", ("Ingress",), "networking.k8s.io/v1"),
    ("apps/v1beta1", "1.16", ("ControllerRevision", "Deployment", "StatefulSet"), "apps/v1"),
    ("apps/v1beta2", "1.16", ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), "apps/v1"),
    (
        "admissionregistration.k8s.io/v1beta1",
        "1.22",
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        "admissionregistration.k8s.io/v1",
    ),
    ("apiextensions.k8s.io/v1beta1", "1.22", ("CustomResourceDefinition",), "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", "1.22", ("APIService",), "apiregistration.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", "1.22", ("CertificateSigningRequest",), "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", "1.22", ("Lease",), "coordination.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "1.22", ("Ingress", "IngressClass"), "networking.k8s.io/v1"),
    (
        "rbac.authorization.k8s.io/v1alpha1",
        "1.22",
        ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
        "rbac.authorization.k8s.io/v1",
    ),
    (
        "rbac.authorization.k8s.io/v1beta1",
        "1.22",
        ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
        "rbac.authorization.k8s.io/v1",
    ),
    ("scheduling.k8s.io/v1alpha1", "1.22", ("PriorityClass",), "scheduling.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", "1.22", ("PriorityClass",), "scheduling.k8s.io/v1"),
    (
        "storage.k8s.io/v1beta1",
        "1.22",
        ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
        "storage.k8s.io/v1",
    ),
    ("autoscaling/v2beta1", "1.25", ("HorizontalPodAutoscaler",), "autoscaling/v2"),
    ("batch/v1beta1", "1.25", ("CronJob",), "batch/v1"),
    ("discovery.k8s.io/v1beta1", "1.25", ("EndpointSlice",), "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", "1.25", ("Event",), "events.k8s.io/v1"),
    ("node.k8s.io/v1beta1", "1.25", ("RuntimeClass",), "node.k8s.io/v1"),
    ("policy/v1beta1", "1.25", ("PodDisruptionBudget",), "policy/v1"),
    ("policy/v1beta1", "1.25", ("PodSecurityPolicy",), ""),
)
"""Kinds removed before the oldest version of the pack: apiVersion, first version without them, kinds, replacement.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

_API_VERSION, _KIND = ("apiVersion",), ("kind",)


def why_unknown(kind: Kind, schemas: Schemas, customs: CustomKinds) -> Fault | None:
    """Return what is wrong with a kind that has no schema, or None for a custom kind without a CRD in the compile."""
    if fault := _was_removed(kind, schemas) or _is_new(kind, schemas):
        return fault
    if versions := customs.versions.get((kind.group, kind.kind)):
        message = f"{kind.kind}.{kind.group} has no version {kind.version}"
        return Fault("PS403", _API_VERSION, message, f"its CustomResourceDefinition serves {one_of(versions)}")
    if kind.group in schemas.groups() or "." not in kind.group:
        return _misspelt(kind, schemas)
    return None


DEPRECATED: tuple[tuple[Kind, str, str], ...] = (
    (Kind("", "v1", "ComponentStatus"), "1.19", ""),
    (Kind("", "v1", "Endpoints"), "1.33", "discovery.k8s.io/v1 EndpointSlice"),
)
"""Deprecated kinds of stable versions, each with the version that deprecated it and its replacement."""


@lru_cache(1_000)  # since it searches all kinds
def deprecation(kind: Kind, schemas: Schemas) -> Fault | None:
    """Return a finding where a kind is deprecated in this version of Kubernetes, with its replacement, or None."""
    instead = _successor(kind, schemas)
    hint = f"use {instead}" if instead and instead != kind.api_version else ""
    life = schemas.lifetime(kind)
    if life and life[1] != schemas.versions[-1]:
        gone = schemas.versions[schemas.versions.index(life[1]) + 1]
        return Fault("PS456", _API_VERSION, f"{kind} is gone from Kubernetes {gone} on", hint)
    # A stable version beside a beta is reason enough, even if the beta has no date of removal yet.
    if _is_early(kind.version) and hint and not _is_early(instead):
        return Fault("PS456", _API_VERSION, f"{kind} is deprecated, since there is a stable version", hint)
    return _listed_as_deprecated(kind, schemas)


def _is_early(version: str) -> bool:
    return "alpha" in version or "beta" in version


def _listed_as_deprecated(kind: Kind, schemas: Schemas) -> Fault | None:
    for old, since, other in DEPRECATED:
        if kind == old and _number(since) <= _number(schemas.version):
            return Fault(
                "PS456", _API_VERSION, f"{kind} is deprecated since Kubernetes {since}", f"use {other}" if other else ""
            )
    return None


def suspicion(kind: Kind, schemas: Schemas, customs: CustomKinds) -> str:
    """Return a hint for a custom kind without a schema: a probable misspelling, or where to add its definition."""
    siblings = [name for group, name in customs.versions if group == kind.group]
    group = nearest(kind.group, sorted(schemas.groups()))
    if group and any(known.group == group and known.kind == kind.kind for known in schemas.kinds):
        return f"did you mean the group {group}?"
    return (
        did_you_mean(kind.kind, siblings)
        or "add its CustomResourceDefinition to the environment, or name it under `schemas` in penstock.yaml"
    )


def _was_removed(kind: Kind, schemas: Schemas) -> Fault | None:
    life = schemas.lifetime(kind)
    if life and _number(life[1]) < _number(schemas.version):
        gone = schemas.versions[schemas.versions.index(life[1]) + 1]
        return _removed(kind, gone, _successor(kind, schemas))
    for api_version, gone, kinds, instead in REMOVED:
        if kind.api_version == api_version and kind.kind in kinds:
            return _removed(kind, gone, instead)
    return None


def _removed(kind: Kind, gone: str, instead: str) -> Fault:
    return Fault("PS408", _API_VERSION, f"{kind} was removed in Kubernetes {gone}", f"use {instead}" if instead else "")


def _successor(kind: Kind, schemas: Schemas) -> str:
    """Return the best apiVersion that serves the kind in this version: stable before beta, and newer before older."""
    found = [known for known in schemas.kinds if known.kind == kind.kind and known.group == kind.group]
    found.sort(key=lambda known: ("alpha" not in known.version, "beta" not in known.version, known.version))
    return found[-1].api_version if found else ""


def _is_new(kind: Kind, schemas: Schemas) -> Fault | None:
    life = schemas.lifetime(kind)
    if not life:
        return None
    message = f"{kind} is not part of Kubernetes {schemas.version}, it came with {life[0]}"
    return Fault("PS403", _API_VERSION, message, "check with --kubernetes-version, or use an older apiVersion")


def _misspelt(kind: Kind, schemas: Schemas) -> Fault:
    """Return which of group, version and kind is wrong, where the group is built in or cannot be a custom one."""
    same_kind = sorted({known.api_version for known in schemas.kinds if known.kind == kind.kind})
    if not kind.api_version:
        hint = f"use {one_of(same_kind)}" if same_kind else "such as apps/v1"
        return Fault("PS403", _API_VERSION, f"this {kind.kind} has no apiVersion", hint)
    if same_kind:
        return Fault("PS403", _API_VERSION, f"{kind.api_version} has no kind {kind.kind}", f"use {one_of(same_kind)}")
    in_version = {known.kind for known in schemas.kinds if known.api_version == kind.api_version}
    names = {known.kind for known in schemas.kinds if not known.kind.endswith("List")}
    hint = did_you_mean(kind.kind, sorted(in_version)) or did_you_mean(kind.kind, sorted(names))
    return Fault("PS403", _KIND, f"Kubernetes {schemas.version} has no kind {kind}", hint)


def _number(version: str) -> int:
    return int(version.partition(".")[2])
