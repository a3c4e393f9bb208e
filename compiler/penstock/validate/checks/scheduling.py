"""The nodes on which pods may run, and the users and rights with which they run.

Source: pkg/apis/core/validation, ValidateNodeSelectorTerm, ValidateTolerations, ValidatePodSecurityContext,
ValidateSecurityContext, validateTopologySpreadConstraints.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import as_number, containers_of, items, mapping, mappings, strings, text_of
from penstock.validate.syntax import is_dns_subdomain, is_label_value
from penstock.words import quoted

TERM, SECURITY, SPREAD = "PS446", "PS434", "PS446"
MAX_ID = 2**31 - 1
ESCALATION = "CAP_SYS_ADMIN"
"""The only spelling of the capability that the API server recognizes."""


def check_term(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a node selector term, which matches the labels and the name of a node."""
    for here, each in mappings(value, ("matchExpressions",)):
        if each.get("operator") in ("Gt", "Lt"):
            yield from _number(each, (*at, *here))
    for here, each in mappings(value, ("matchFields",)):
        yield from _field(each, (*at, *here))


def _number(expression: Tree, at: Pointer) -> Iterator[Fault]:
    if len(items(expression, ("values",))) > 1:
        yield Fault(TERM, (*at, "values"), f"the operator {expression['operator']} compares with one number")


def check_labels(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the values that a node selector compares with the labels of a node. A preferred term may have others."""
    for term_at, term in mappings(value, ("nodeSelectorTerms",)):
        for here, expression in mappings(term, ("matchExpressions",)):
            for there, text in strings(expression, ("values",)):
                if not is_label_value(text):
                    place = (*at, *term_at, *here, *there)
                    yield Fault("PS411", place, f"{quoted(text)} is not a label value")


def _field(expression: Tree, at: Pointer) -> Iterator[Fault]:
    key, values = expression.get("key"), items(expression, ("values",))
    if key != "metadata.name":
        yield Fault(TERM, (*at, "key"), f"{quoted(str(key))} is not metadata.name, the one field to select by")
    if expression.get("operator") not in ("In", "NotIn"):
        yield Fault(TERM, (*at, "operator"), "a field is compared with In or NotIn")
    if len(values) != 1:
        yield Fault(TERM, (*at, "values") if "values" in expression else at, "exactly one value is needed")
    elif isinstance(values[0], str | None) and not is_dns_subdomain(values[0] or ""):
        yield Fault(TERM, (*at, "values", 0), f"{quoted(values[0] or '')} is not the name of a node")


def check_topologies(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the `allowedTopologies` of a StorageClass: no term may be repeated or empty."""
    terms = items(value, ("allowedTopologies",))
    seen: list[Any] = []
    sets: list[Any] = []
    for index, term in enumerate(terms):
        same = _as_sets(term)
        if same in sets:
            yield Fault("PS436", (*at, "allowedTopologies", index), "the term is there twice")
        sets.append(same)
        seen.append(term or {})
    if any(isinstance(term, dict) and not term.get("matchLabelExpressions") for term in seen):
        yield Fault("PS436", (*at, "allowedTopologies"), "a term without labels is there")


def _as_sets(term: Any) -> Any:
    """Return what a term says whatever the order of its keys and values."""
    if not isinstance(term, dict):
        return {}
    pairs = [(text_of(each, "key"), items(each, ("values",))) for _, each in mappings(term, ("matchLabelExpressions",))]
    return sorted((key, sorted(map(str, values))) for key, values in pairs)


def check_topology(value: Tree, at: Pointer) -> Iterator[Fault]:
    seen: set[Any] = set()
    for here, each in mappings(value, ("matchLabelExpressions",)):
        key = each.get("key")
        if isinstance(key, str) and key in seen:
            yield Fault("PS436", (*at, *here, "key"), f"the key {quoted(key)} is there twice")
        if isinstance(key, str):
            seen.add(key)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    for index, group in enumerate(map(as_number, items(value, ("securityContext", "supplementalGroups")))):
        if type(group) is int and not 0 <= group <= MAX_ID:
            yield Fault("PS406", (*at, "securityContext", "supplementalGroups", index), f"{group} is not 0 to {MAX_ID}")
    if value.get("hostUsers") is False:
        yield from _own_users(value, at)
    else:
        yield from _unmasked(value, at)
    if value.get("hostPID") is True and value.get("shareProcessNamespace") is True:
        notes = (((*at, "hostPID"), "the other one"),)
        yield Fault(SECURITY, (*at, "shareProcessNamespace"), "processes are shared with the node already", "", notes)


OF_THE_NODE = {"hostNetwork": ("net.",), "hostIPC": ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")}
"""Prefixes of the kernel settings that a pod may not set, by the field that shares a namespace with the node."""


def check_kernel_settings(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the kernel settings of a pod that belong to its node, because the pod shares a namespace of the node."""
    for here, setting in mappings(value, ("securityContext", "sysctls")):
        name = text_of(setting, "name").replace("/", ".")
        for field, starts in OF_THE_NODE.items():
            if value.get(field) is True and name.startswith(starts):
                notes = (((*at, field), "shared with the node"),)
                yield Fault(SECURITY, (*at, *here, "name"), f"{quoted(name)} is a setting of the node here", "", notes)


def _own_users(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("hostPID", "hostIPC", "hostNetwork"):
        if value.get(field) is True:
            notes = (((*at, "hostUsers"), "its own users"),)
            message = "a pod with users of its own does not share this with its node"
            yield Fault(SECURITY, (*at, field), message, "", notes)
    for here, container in containers_of(value):
        if container.get("volumeDevices"):
            notes = (((*at, "hostUsers"), "its own users"),)
            message = "a pod with users of its own has no block devices"
            yield Fault(SECURITY, (*at, *here, "volumeDevices"), message, "", notes)


def _unmasked(value: Tree, at: Pointer) -> Iterator[Fault]:
    for here, container in containers_of(value):
        if mapping(container, ("securityContext",)).get("procMount") == "Unmasked":
            place = (*at, *here, "securityContext", "procMount")
            yield Fault(SECURITY, place, "an unmasked /proc needs hostUsers: false")


def check_container_security(value: Tree, at: Pointer) -> Iterator[Fault]:
    added = items(value, ("capabilities", "add"))
    if value.get("allowPrivilegeEscalation") is False and ESCALATION in added:
        place = (*at, "capabilities", "add", added.index(ESCALATION))
        notes = (((*at, "allowPrivilegeEscalation"), "not allowed"),)
        message = f"{ESCALATION} is an escalation of privileges, which is not allowed here"
        yield Fault(SECURITY, place, message, "", notes)


def check_profile(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that a seccomp profile of the node is named. An empty text is a name here."""
    if value.get("type") == "Localhost" and value.get("localhostProfile") is None:
        notes = (((*at, "type"), "the type"),)
        message = 'the field "localhostProfile" is needed where "type" is "Localhost"'
        yield Fault("PS435", at, message, "", notes)


def check_profile_elsewhere(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that no profile of the node is named, not even by an empty text, where the profile is another one."""
    kind = value.get("type")
    if kind in ("RuntimeDefault", "Unconfined") and value.get("localhostProfile") is not None:
        notes = (((*at, "type"), "the type"),)
        message = f'"localhostProfile" is for the type "Localhost", and this is {quoted(str(kind))}'
        yield Fault("PS434", (*at, "localhostProfile"), message, "", notes)


def check_windows(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("gmsaCredentialSpec", "runAsUserName"):
        if value.get(field) == "":
            yield Fault(SECURITY, (*at, field), "it is empty")


def check_host_processes(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check that either all containers of a Windows pod are host processes, or none."""
    of_pod = mapping(value, ("securityContext", "windowsOptions")).get("hostProcess")
    every = containers_of(value)
    found = [(here, _is_host_process(container, of_pod)) for here, container in every]
    for here, container in every:
        own = mapping(container, ("securityContext", "windowsOptions")).get("hostProcess")
        if None not in (own, of_pod) and own != of_pod:
            place = (*at, *here, "securityContext", "windowsOptions", "hostProcess")
            yield Fault(SECURITY, place, "it is not what the securityContext of the pod says")
    if not any(is_one for _, is_one in found):
        return
    if not all(is_one for _, is_one in found):
        other = next(here for here, is_one in found if not is_one)
        yield Fault(SECURITY, (*at, *other), "all containers of the pod are processes of the host, or none is")
    if value.get("hostNetwork") is not True:
        yield Fault("PS435", at, "a pod with processes of the host needs hostNetwork: true")


def _is_host_process(container: Tree, of_pod: Any) -> bool:
    own = mapping(container, ("securityContext", "windowsOptions")).get("hostProcess")
    return (of_pod if own is None else own) is True


def check_affinity(value: Tree, at: Pointer) -> Iterator[Fault]:
    keys = {text for _, text in strings(value, ("matchLabelKeys",))}
    for here, key in strings(value, ("mismatchLabelKeys",)):
        if key in keys:
            yield Fault(SPREAD, (*at, *here), f"{quoted(key)} cannot both match and not match")
    yield from check_keys(value, at)


def check_keys(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the `matchLabelKeys` that the label selector has more than once.

    The API server adds what the labels of the pod say of each key to the selector, and then expects the key once. To a
    pod without the label it adds nothing, so that the selector itself may have the key.
    """
    for here, key in strings(value, ("matchLabelKeys",)):
        if times_selected(value, key) > 1:
            yield Fault(SPREAD, (*at, *here), f"the label selector has the key {quoted(key)} too")


def times_selected(value: Tree, key: str) -> int:
    """Return how many requirements of the label selector are about a key."""
    found = [each.get("key") for _, each in mappings(value, ("labelSelector", "matchExpressions"))]
    return found.count(key) + (key in mapping(value, ("labelSelector", "matchLabels")))


CHECKS = {
    "profile": check_profile,
    "profile elsewhere": check_profile_elsewhere,
    "node selector term": check_term,
    "labels of a node selector": check_labels,
    "kernel settings": check_kernel_settings,
    "topology": check_topology,
    "topologies": check_topologies,
    "security of a pod": check_pod,
    "security of a container": check_container_security,
    "windows": check_windows,
    "processes of the host": check_host_processes,
    "affinity term": check_affinity,
    "spread": check_keys,
}
