"""Names that other fields decide, owners and finalizers.

Source: apimachinery pkg/apis/meta/v1/validation; kube-aggregator pkg/apis/apiregistration/validation;
pkg/apis/{batch,networking,scheduling,flowcontrol}/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.address import is_strict_ip
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings
from penstock.validate.syntax import is_dns_label
from penstock.words import quoted

NAME = "PS441"

API = "PS434"


def check_api_service(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec, name = mapping(value, ("spec",)), mapping(value, ("metadata",)).get("name")
    version, group = spec.get("version"), spec.get("group")
    if isinstance(name, str) and (name != f"{version}.{group}"):
        notes = (((*at, "spec", "version"), "the version"), ((*at, "spec", "group"), "the group"))
        yield Fault(
            NAME,
            (*at, "metadata", "name"),
            f"{quoted(name)} is not the version and the group",
            f"write {version or 'VERSION'}.{group or 'GROUP'}",
            tuple(note for note in notes if note[0][-1] in spec),
        )
    if spec.get("insecureSkipTLSVerify") is True and spec.get("caBundle"):
        yield Fault(
            "PS434", (*at, "spec", "insecureSkipTLSVerify"), "a certificate that is not verified needs no caBundle"
        )
    if spec.get("service") is None:
        for field in ("caBundle", "insecureSkipTLSVerify"):
            if spec.get(field):
                yield Fault(API, (*at, "spec", field), "an API of the server itself has no Service to reach")
    if spec and not spec.get("version"):
        yield Fault("PS402", (*at, "spec"), 'the field "version" is missing')


def check_ip_address(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(name, str) and not is_strict_ip(name):
        yield Fault("PS432", (*at, "metadata", "name"), f"{quoted(name)} is not an IP address in its canonical form")


def check_priority_class(value: Tree, at: Pointer) -> Iterator[Fault]:
    name, number = mapping(value, ("metadata",)).get("name"), value.get("value")
    system = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
    if isinstance(name, str) and name.startswith("system-") and system.get(name) != number:
        yield Fault(NAME, (*at, "metadata", "name"), 'names that start with "system-" are those of Kubernetes itself')
    elif type(number) is int and number > 1_000_000_000 and not (isinstance(name, str) and name in system):
        yield Fault("PS406", (*at, "value"), f"{number} is too large: at most 1000000000")


def check_owners(value: Tree, at: Pointer) -> Iterator[Fault]:
    """One owner at most controls an object; finalizers have a domain."""
    owners = [here for here, owner in mappings(value, ("ownerReferences",)) if owner.get("controller") is True]
    if len(owners) > 1:
        yield Fault(
            "PS436",
            (*at, *owners[1], "controller"),
            "another owner controls the object already",
            "",
            (((*at, *owners[0]), "the other owner"),),
        )
    for index, text in enumerate(items(value, ("finalizers",))):
        if isinstance(text, str) and "/" not in text and text not in ("kubernetes", "orphan", "foregroundDeletion"):
            yield Fault(
                "PS431", (*at, "finalizers", index), f"{quoted(text)} has no domain", "such as example.com/name"
            )


def check_name_of_path(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(name, str) and ("/" in name or "%" in name or name in (".", "..")):
        yield Fault("PS410", (*at, "metadata", "name"), f"{quoted(name)} cannot be part of an address")


def check_job_name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The name of a Job is a label of its pods, and of an Indexed one part of their host names."""
    name, spec = mapping(value, ("metadata",)).get("name"), mapping(value, ("spec",))
    if not isinstance(name, str):
        return
    if len(name) > 63:
        yield Fault(
            "PS410",
            (*at, "metadata", "name"),
            f"has {len(name)} characters, at most 63 allowed: it becomes a label of the pods",
        )
    count = spec.get("completions")
    if spec.get("completionMode") != "Indexed" or type(count) is not int or count < 1:
        return
    host = f"{name}-{count - 1}"
    if not is_dns_label(host):
        yield Fault("PS410", (*at, "metadata", "name"), f"the host name {quoted(host)} would be no DNS label")


def check_ingress_class(value: Tree, at: Pointer) -> Iterator[Fault]:
    old, new = (
        mapping(value, ("metadata", "annotations")).get("kubernetes.io/ingress.class"),
        mapping(value, ("spec",)).get("ingressClassName"),
    )
    if isinstance(old, str) and isinstance(new, str) and old != new:
        yield Fault(
            "PS434",
            (*at, "metadata", "annotations", "kubernetes.io/ingress.class"),
            "it names another class than ingressClassName",
            "",
            (((*at, "spec", "ingressClassName"), "the other one"),),
        )


def check_flow_schema(value: Tree, at: Pointer) -> Iterator[Fault]:
    name, precedence = mapping(value, ("metadata",)).get("name"), mapping(value, ("spec",)).get("matchingPrecedence")
    if precedence == 1 and precedence is not True and name != "exempt":
        yield Fault("PS434", (*at, "spec", "matchingPrecedence"), "only the FlowSchema exempt has the precedence 1")


CHECKS = {
    "api service": check_api_service,
    "ip address": check_ip_address,
    "priority class": check_priority_class,
    "owners": check_owners,
    "no slash in name": check_name_of_path,
    "name of a job": check_job_name,
    "flow schema": check_flow_schema,
    "class of an ingress": check_ingress_class,
}
