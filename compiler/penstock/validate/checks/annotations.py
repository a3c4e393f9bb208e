"""Annotations that the API server validates: profiles of pods, addresses of Services, approvals of definitions.

Source: pkg/apis/core/validation, ValidatePodSpecificAnnotations, validateSeccompAnnotationsAndFields,
validateAppArmorAnnotationsAndFieldsMatchOnCreate, ValidateService, ValidateTopologyModeAnnotations in validateService;
apiextensions-apiserver pkg/apihelpers, GetAPIApprovalState.
"""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from penstock.model import Pointer, Tree
from penstock.regex import regex
from penstock.validate.address import is_loose_cidr
from penstock.validate.fault import Fault
from penstock.validate.objects import containers_of, mapping, text_of
from penstock.validate.syntax import is_relative_path
from penstock.words import quoted

TEXT, CONFLICT, NEEDED = "PS433", "PS434", "PS435"

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
MIRROR = "kubernetes.io/config.mirror"
TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
COST = "controller.kubernetes.io/pod-deletion-cost"

PROFILES = {"runtime/default": "RuntimeDefault", "docker/default": "RuntimeDefault", "unconfined": "Unconfined"}
"""The types of `seccompProfile` and `appArmorProfile`, by the words of the annotations, of which AppArmor has no
`docker/default`.
"""

LOCAL = "localhost/"
_COST = regex(r"0|-?[1-9][0-9]{0,9}")


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the annotations of a pod or of a template of pods."""
    annotations = mapping(value, ("metadata", "annotations"))
    if not annotations:
        return
    pod, place = mapping(value, ("spec",)), (*at, "metadata", "annotations")
    yield from _apparmor(annotations, pod, at)
    yield from _seccomp(annotations, pod, at)
    if MIRROR in annotations and not pod.get("nodeName"):
        yield Fault(NEEDED, (*place, MIRROR), 'the field "nodeName" is needed in the mirror of a static pod')
    cost = annotations.get(COST)
    if isinstance(cost, str) and not (_COST.fullmatch(cost) and -(2**31) <= int(cost) < 2**31):
        yield Fault(TEXT, (*place, COST), f"{quoted(cost)} is not a whole number of 32 bits")
    if text_of(annotations, TOLERATIONS) and not _is_json(annotations[TOLERATIONS]):
        yield Fault(TEXT, (*place, TOLERATIONS), "it is not JSON", "write the tolerations into spec.tolerations")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _apparmor(annotations: Tree, pod: Tree, at: Pointer) -> Iterator[Fault]:
    containers = {text_of(container, "name"): (here, container) for here, container in containers_of(pod)}
    for key, profile in annotations.items():
        if not key.startswith(APPARMOR) or not isinstance(profile, str):
            continue
        name, place = key.removeprefix(APPARMOR), (*at, "metadata", "annotations", key)
        if name not in containers:
            yield Fault(CONFLICT, place, f"the pod has no container {quoted(name)}")
        elif not _is_profile(profile, ("", "runtime/default", "unconfined")):
            yield Fault(TEXT, place, f"{quoted(profile)} is not a profile of AppArmor", f"such as {LOCAL}name")
        elif profile:
            here, container = containers[name]
            yield from _unlike(container, "appArmorProfile", profile, (*at, "spec", *here), place)


def _seccomp(annotations: Tree, pod: Tree, at: Pointer) -> Iterator[Fault]:
    holders: dict[str, tuple[Pointer, Tree]] = {SECCOMP_OF_POD: ((), pod)}
    holders |= {SECCOMP + text_of(each, "name"): (here, each) for here, each in containers_of(pod)}
    for key, profile in annotations.items():
        if not isinstance(profile, str) or not (key == SECCOMP_OF_POD or key.startswith(SECCOMP)):
            continue
        place = (*at, "metadata", "annotations", key)
        path = profile.removeprefix(LOCAL)
        if not _is_profile(profile, tuple(PROFILES)) or (path != profile and not is_relative_path(path)):
            yield Fault(
                TEXT, place, f"{quoted(profile)} is not a profile of seccomp", "runtime/default, or localhost/PATH"
            )
        elif key in holders:
            here, holder = holders[key]
            yield from _unlike(holder, "seccompProfile", profile, (*at, "spec", *here), place)


def _is_profile(text: str, words: tuple[str, ...]) -> bool:
    return text in words or text.startswith(LOCAL)


def _unlike(holder: Tree, field: str, profile: str, at: Pointer, annotation: Pointer) -> Iterator[Fault]:
    """Yield the field of a profile if it says something else than the annotation of the same profile."""
    given = mapping(holder, ("securityContext", field))
    if not given:
        return
    kind, place = PROFILES.get(profile, "Localhost"), (*at, "securityContext", field)
    hint, notes = "remove the annotation", ((annotation, "the annotation"),)
    if given.get("type") != kind:
        yield Fault(CONFLICT, (*place, "type"), f"the annotation says {quoted(profile)}", hint, notes)
    elif kind == "Localhost" and given.get("localhostProfile") != profile.removeprefix(LOCAL):
        yield Fault(CONFLICT, (*place, "localhostProfile"), f"the annotation says {quoted(profile)}", hint, notes)


RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
HINTS, MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"


def check_service(value: Tree, at: Pointer) -> Iterator[Fault]:
    annotations, spec = mapping(value, ("metadata", "annotations")), mapping(value, ("spec",))
    place = (*at, "metadata", "annotations")
    if HINTS in annotations and MODE in annotations and annotations[HINTS] != annotations[MODE]:
        notes = (((*place, HINTS), "the other one"),)
        yield Fault(CONFLICT, (*place, MODE), "two annotations about the same say different things", "", notes)
    ranges = annotations.get(RANGES)
    if not isinstance(ranges, str) or spec.get("loadBalancerSourceRanges"):
        return
    if spec.get("type") != "LoadBalancer":
        yield Fault(CONFLICT, (*place, RANGES), 'only a Service of the type "LoadBalancer" has it')
    for each in map(str.strip, ranges.split(",")) if ranges.strip() else ():
        if not is_loose_cidr(each):
            yield Fault("PS432", (*place, RANGES), f"{quoted(each)} is not a CIDR", "such as 10.0.0.0/8")


PROTECTED = ("k8s.io", "kubernetes.io")
"""The domains whose API groups belong to the Kubernetes project."""

APPROVED = "api-approved.kubernetes.io"


def check_approval(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that a definition in a group of Kubernetes says who has approved it."""
    group = text_of(mapping(value, ("spec",)), "group")
    if not any(group == domain or group.endswith(f".{domain}") for domain in PROTECTED):
        return
    metadata = mapping(value, ("metadata",))
    approval = text_of(mapping(metadata, ("annotations",)), APPROVED)
    hint = "name the pull request that has approved it, or a group of your own"
    if not approval:
        message = f"a definition in the group {quoted(group)} needs the annotation {APPROVED}"
        yield Fault("PS402", (*at, "spec", "group"), message, hint)
    elif not approval.startswith("unapproved") and not _is_url(approval):
        yield Fault(TEXT, (*at, "metadata", "annotations", APPROVED), f"{quoted(approval)} is not a URL", hint)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


CHECKS = {
    "annotations of a pod": check_pod,
    "annotations of a service": check_service,
    "approval of a definition": check_approval,
}
