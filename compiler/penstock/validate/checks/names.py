"""Names that depend on other fields, owners and finalizers.

Source: apimachinery pkg/apis/meta/v1/validation; kube-aggregator pkg/apis/apiregistration/validation;
pkg/apis/{batch,networking,scheduling,flowcontrol}/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.address import is_strict_ip
from penstock.validate.checks.workloads import check_template_labels
from penstock.validate.fault import Fault
from penstock.validate.metadata import wrong_finalizers, wrong_owners
from penstock.validate.objects import as_number, integer_of, mapping, text_of
from penstock.validate.syntax import is_dns_label, is_path_segment
from penstock.words import quoted

NAME = "PS441"

API = "PS434"

OLD_CLASS = "kubernetes.io/ingress.class"
SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""The priority classes of Kubernetes itself."""


def check_api_service(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = mapping(value, ("spec",))
    yield from _name_of_api_service(value, spec, at)
    if spec.get("insecureSkipTLSVerify") is True and spec.get("caBundle"):
        message = "a certificate that is not verified needs no caBundle"
        yield Fault(API, (*at, "spec", "insecureSkipTLSVerify"), message)
    for field in ("caBundle", "insecureSkipTLSVerify"):
        if spec.get("service") is None and spec.get(field):
            yield Fault(API, (*at, "spec", field), "an API of the server itself has no Service to reach")
    if spec and not spec.get("version"):
        yield Fault("PS402", (*at, "spec"), 'the field "version" is missing')


def _name_of_api_service(value: Tree, spec: Tree, at: Pointer) -> Iterator[Fault]:
    version, group = spec.get("version"), spec.get("group")
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(name, str) and name != f"{version}.{group}":
        notes = tuple(((*at, "spec", field), f"the {field}") for field in ("version", "group") if field in spec)
        message = f"{quoted(name)} is not the version and the group"
        hint = f"write {version or 'VERSION'}.{group or 'GROUP'}"
        yield Fault(NAME, (*at, "metadata", "name"), message, hint, notes)


def check_ip_address(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(name, str) and not is_strict_ip(name):
        yield Fault("PS432", (*at, "metadata", "name"), f"{quoted(name)} is not an IP address in its canonical form")


def check_priority_class(value: Tree, at: Pointer) -> Iterator[Fault]:
    name, number = text_of(mapping(value, ("metadata",)), "name"), as_number(value.get("value"))
    is_known = name in SYSTEM and SYSTEM[name] == number
    if name.startswith("system-") and not is_known:
        yield Fault(NAME, (*at, "metadata", "name"), 'names that start with "system-" are those of Kubernetes itself')
    elif type(number) is int and number > 1_000_000_000 and name not in SYSTEM:
        yield Fault("PS406", (*at, "value"), f"{number} is too large: at most 1000000000")


def check_embedded(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the metadata of an object inside a custom resource, whose kind is not known."""
    yield from check_template_labels(value, at)
    metadata = mapping(value, ("metadata",))
    yield from wrong_owners(metadata, (*at, "metadata"))
    yield from wrong_finalizers(metadata, (*at, "metadata"))
    for field in ("name", "generateName"):
        text = text_of(metadata, field)
        if not (is_path_segment(text) or (field == "generateName" and text in (".", ".."))):
            yield Fault("PS410", (*at, "metadata", field), f"{quoted(text)} cannot be part of an address")
    namespace = text_of(metadata, "namespace")
    if namespace and not is_dns_label(namespace):
        yield Fault("PS410", (*at, "metadata", "namespace"), f"{quoted(namespace)} is not the name of a namespace")


def check_service_name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where the name of a Service starts with a digit, in the versions that do not allow it."""
    name = text_of(mapping(value, ("metadata",)), "name")
    if is_dns_label(name) and name[0].isdigit():
        yield Fault("PS410", (*at, "metadata", "name"), f"{quoted(name)} starts with a digit", "a letter first")


def check_name_of_path(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(name, str) and ("/" in name or "%" in name or name in (".", "..")):
        yield Fault("PS410", (*at, "metadata", "name"), f"{quoted(name)} cannot be part of an address")


def check_job_name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the name of a Job, which becomes a label of its pods, and for an Indexed Job a part of their host names."""
    name, spec = mapping(value, ("metadata",)).get("name"), mapping(value, ("spec",))
    if not isinstance(name, str):
        return
    place = (*at, "metadata", "name")
    if len(name) > 63:
        message = f"has {len(name)} characters, at most 63 allowed: it becomes a label of the pods"
        yield Fault("PS410", place, message)
    count = integer_of(spec, "completions") or 0
    host = f"{name}-{count - 1}"
    if spec.get("completionMode") == "Indexed" and count >= 1 and not is_dns_label(host):
        yield Fault("PS410", place, f"the host name {quoted(host)} would be no DNS label")


def check_ingress_class(value: Tree, at: Pointer) -> Iterator[Fault]:
    old = mapping(value, ("metadata", "annotations")).get(OLD_CLASS)
    new = mapping(value, ("spec",)).get("ingressClassName")
    if isinstance(old, str) and isinstance(new, str) and old != new:
        notes = (((*at, "spec", "ingressClassName"), "the other one"),)
        message = "it names another class than ingressClassName"
        yield Fault("PS434", (*at, "metadata", "annotations", OLD_CLASS), message, "", notes)


CHECKS = {
    "embedded object": check_embedded,
    "name of a service": check_service_name,
    "api service": check_api_service,
    "ip address": check_ip_address,
    "priority class": check_priority_class,
    "no slash in name": check_name_of_path,
    "name of a job": check_job_name,
    "class of an ingress": check_ingress_class,
}
