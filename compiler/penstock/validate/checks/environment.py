"""References to fields and resources of the pod in the environment or the files of a container.

Source: pkg/apis/core/validation, validateEnvVarValueFrom, validateDownwardAPIVolumeFile, validateObjectFieldSelector,
validateContainerResourceFieldSelector.
"""

from collections.abc import Iterator
from decimal import Decimal

from penstock.model import Pointer, Tree
from penstock.regex import regex
from penstock.validate.fault import Fault
from penstock.validate.objects import amount_of, mapping, text_of
from penstock.validate.syntax import is_qualified_name, quantity
from penstock.words import did_you_mean, one_of, quoted

CODE = "PS438"

IN_VARIABLES = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
IN_FILES = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
RESOURCES = (
    *("limits.cpu", "limits.ephemeral-storage", "limits.memory"),
    *("requests.cpu", "requests.ephemeral-storage", "requests.memory"),
)
HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")

_ENTRY = regex(r"(?s)metadata\.(annotations|labels)\['(.*)'\]")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def check_variable(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the `valueFrom` of an environment variable."""
    if field := mapping(value, ("fieldRef",)):
        yield from _field(field, (*at, "fieldRef"), IN_VARIABLES)
    if isinstance(value.get("resourceFieldRef"), dict):
        yield from _resource(mapping(value, ("resourceFieldRef",)), (*at, "resourceFieldRef"))


def check_file(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a file of a downwardAPI volume."""
    if field := mapping(value, ("fieldRef",)):
        yield from _field(field, (*at, "fieldRef"), IN_FILES)
    if isinstance(value.get("resourceFieldRef"), dict):
        resource = mapping(value, ("resourceFieldRef",))
        yield from _resource(resource, (*at, "resourceFieldRef"))
        if not resource.get("containerName"):
            yield Fault(
                "PS402", (*at, "resourceFieldRef"), 'the field "containerName" is missing, which a volume needs'
            )


def _field(field: Tree, at: Pointer, known: tuple[str, ...]) -> Iterator[Fault]:
    if field.get("apiVersion") not in (None, "", "v1"):
        yield Fault(CODE, (*at, "apiVersion"), "a pod has fields of the version v1 only", "remove the field")
    path, here = text_of(field, "fieldPath"), (*at, "fieldPath")
    if match := _ENTRY.fullmatch(path):
        key = match[2] if match[1] == "labels" else match[2].lower()
        if not is_qualified_name(key):
            yield Fault("PS411", here, f"{quoted(match[2])} is not a key of {match[1]}")
    elif path and path not in known:
        yield Fault(CODE, here, f"{quoted(path)} is not {one_of(known)}", did_you_mean(path, known))


def _resource(resource: Tree, at: Pointer) -> Iterator[Fault]:
    name = text_of(resource, "resource")
    if name and name not in RESOURCES and not name.startswith(HUGE_PAGES):
        message = f"{quoted(name)} is not {one_of(RESOURCES)}"
        yield Fault(CODE, (*at, "resource"), message, did_you_mean(name, RESOURCES))
        return
    divisor = amount_of(resource, "divisor")
    allowed = ("1m", "1") if name.endswith(".cpu") else _SIZES
    if name and divisor and not _is_divisor(str(resource["divisor"]), divisor, allowed):
        yield Fault(CODE, (*at, "divisor"), f"{quoted(str(resource['divisor']))} is not {one_of(allowed)}")


def _is_divisor(text: str, divisor: Decimal, allowed: tuple[str, ...]) -> bool:
    """Return whether an amount is an allowed one, also in its spelling. The API server compares texts, and shortens
    only trailing zeros and large units before.
    """
    if divisor not in [quantity(each) for each in allowed]:
        return False
    is_power_of_two = text.isdigit() and text != "1" and divisor % 1000 != 0
    return not (is_power_of_two or _ODD_SPELLING.match(text))


_ODD_SPELLING = regex(r"[+]|0[0-9]|[0-9.]+[eE][-+]?[0-9]")
"""A sign, a leading zero, or an exponent."""


CHECKS = {"variable from a field": check_variable, "file from a field": check_file}
