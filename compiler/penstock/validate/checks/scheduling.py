"""Where pods may run, and as whom.

Source: pkg/apis/core/validation, ValidateNodeSelectorTerm, ValidateTolerations, ValidatePodSecurityContext,
ValidateSecurityContext, validateTopologySpreadConstraints.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings, named
from penstock.validate.syntax import is_dns_subdomain, is_label_value
from penstock.words import quoted

TERM, SECURITY, SPREAD = "PS446", "PS434", "PS446"
MAX_ID = 2**31 - 1


def check_term(value: Tree, at: Pointer) -> Iterator[Fault]:
    """A node selector term: labels of a node, and its name."""
    for here, each in mappings(value, ("matchExpressions",)):
        operator, values = each.get("operator"), items(each, ("values",))
        if operator in ("Gt", "Lt") and values and len(values) != 1:
            yield Fault(TERM, (*at, *here, "values"), f"the operator {operator} compares with one number")
        for index, text in enumerate(values):
            if isinstance(text, str) and operator not in ("Gt", "Lt") and not is_label_value(text):
                yield Fault("PS411", (*at, *here, "values", index), f"{quoted(text)} is not a label value")
    for here, each in mappings(value, ("matchFields",)):
        place, key = (*at, *here), each.get("key")
        if key != "metadata.name":
            yield Fault(TERM, (*place, "key"), f"{quoted(str(key))} is not metadata.name, the one field to select by")
        if each.get("operator") not in ("In", "NotIn"):
            yield Fault(TERM, (*place, "operator"), "a field is compared with In or NotIn")
        values = items(each, ("values",))
        if len(values) != 1:
            yield Fault(TERM, (*place, "values") if "values" in each else place, "exactly one value is needed")
        elif isinstance(values[0], str) and not is_dns_subdomain(values[0]):
            yield Fault(TERM, (*place, "values", 0), f"{quoted(values[0])} is not the name of a node")


def check_topologies(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Of a StorageClass: no two terms are the same."""
    seen: list[Any] = []
    for index, term in enumerate(items(value, ("allowedTopologies",))):
        if (term or {}) in seen:
            yield Fault("PS436", (*at, "allowedTopologies", index), "the term is there twice")
        seen.append(term or {})
    if any(
        not term or not term.get("matchLabelExpressions")
        for term in items(value, ("allowedTopologies",))
        if isinstance(term, dict | None)
    ):
        yield Fault("PS436", (*at, "allowedTopologies"), "a term without labels is there")


def check_topology(value: Tree, at: Pointer) -> Iterator[Fault]:
    seen: set[Any] = set()
    for here, each in mappings(value, ("matchLabelExpressions",)):
        key = each.get("key")
        if isinstance(key, str) and key in seen:
            yield Fault("PS436", (*at, *here, "key"), f"the key {quoted(key)} is there twice")
        if isinstance(key, str):
            seen.add(key)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    context = mapping(value, ("securityContext",))
    for index, group in enumerate(items(context, ("supplementalGroups",))):
        if type(group) is int and not 0 <= group <= MAX_ID:
            yield Fault("PS406", (*at, "securityContext", "supplementalGroups", index), f"{group} is not 0 to {MAX_ID}")
    for lists in ("initContainers", "containers"):
        for here, container in mappings(value, (lists,)):
            inner = mapping(container, ("securityContext",))
            if inner.get("procMount") == "Unmasked" and value.get("hostUsers") is not False:
                yield Fault(
                    SECURITY, (*at, *here, "securityContext", "procMount"), "an unmasked /proc needs hostUsers: false"
                )
    if value.get("hostUsers") is False:
        for field in ("hostPID", "hostIPC", "hostNetwork"):
            if value.get(field) is True:
                yield Fault(
                    SECURITY,
                    (*at, field),
                    "a pod with users of its own does not share this with its node",
                    "",
                    (((*at, "hostUsers"), "its own users"),),
                )
    if value.get("hostPID") is True and value.get("shareProcessNamespace") is True:
        yield Fault(
            SECURITY,
            (*at, "shareProcessNamespace"),
            "processes are shared with the node already",
            "",
            (((*at, "hostPID"), "the other one"),),
        )


def check_container_security(value: Tree, at: Pointer) -> Iterator[Fault]:
    added = items(value, ("capabilities", "add"))
    if value.get("allowPrivilegeEscalation") is False:
        for word in ("CAP_SYS_ADMIN", "SYS_ADMIN"):
            if word in added and word == "CAP_SYS_ADMIN":
                place = (*at, "capabilities", "add", added.index(word))
                yield Fault(
                    SECURITY,
                    place,
                    f"{word} is an escalation of privileges, which is not allowed here",
                    "",
                    (((*at, "allowPrivilegeEscalation"), "not allowed"),),
                )


def check_windows(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = value.get("gmsaCredentialSpec")
    if spec == "":
        yield Fault(SECURITY, (*at, "gmsaCredentialSpec"), "it is empty")
    user = value.get("runAsUserName")
    if user == "":
        yield Fault(SECURITY, (*at, "runAsUserName"), "it is empty")


def check_affinity(value: Tree, at: Pointer) -> Iterator[Fault]:
    keys = [each for each in items(value, ("matchLabelKeys",)) if isinstance(each, str)]
    for index, key in enumerate(items(value, ("mismatchLabelKeys",))):
        if key in keys:
            yield Fault(
                SPREAD, (*at, "mismatchLabelKeys", index), f"{quoted(str(key))} cannot both match and not match"
            )
    labels = named(value, ("labelSelector", "matchExpressions"), "key")
    labels |= {*mapping(value, ("labelSelector", "matchLabels"))}
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        for index, key in enumerate(items(value, (field,))):
            if isinstance(key, str) and key in labels and field == "matchLabelKeys":
                yield Fault(SPREAD, (*at, field, index), f"the label selector has the key {quoted(key)} too")


CHECKS = {
    "node selector term": check_term,
    "topology": check_topology,
    "topologies": check_topologies,
    "security of a pod": check_pod,
    "security of a container": check_container_security,
    "windows": check_windows,
    "affinity term": check_affinity,
}
