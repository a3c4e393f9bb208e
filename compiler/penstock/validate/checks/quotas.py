"""ResourceQuota and LimitRange: known resources, and bounds that do not cross.

Source: pkg/apis/core/validation, ValidateResourceQuotaSpec, ValidateLimitRange.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.checks.resources import HUGE_PAGES, OF_CONTAINERS, is_extended, is_native
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping
from penstock.validate.syntax import is_qualified_name, quantity
from penstock.words import did_you_mean, one_of, quoted

CODE = "PS444"

COUNTED = (
    *("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets"),
    *("services", "services.loadbalancers", "services.nodeports"),
)
MEASURED = (
    *("cpu", "ephemeral-storage", "limits.cpu", "limits.ephemeral-storage", "limits.memory", "memory"),
    *("requests.cpu", "requests.ephemeral-storage", "requests.memory", "requests.storage", "storage"),
)
OF_QUOTAS = (*COUNTED, *MEASURED)
STANDARD = {*OF_QUOTAS, "storage", "attachable-volumes"}
LIMIT_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
TERMINATING = ("Terminating", "NotTerminating")
EXCLUSIVE = (("BestEffort", "NotBestEffort"), TERMINATING)
OF_PODS = {"pods", *(each for each in MEASURED if "storage" not in each), "requests.ephemeral-storage"}

_ORDER = (
    *(("min", "max"), ("min", "defaultRequest"), ("defaultRequest", "max"), ("defaultRequest", "default")),
    *(("min", "default"), ("default", "max")),
)
"""Of each pair, the first amount is not more than the second."""


def check_quota(value: Tree, at: Pointer) -> Iterator[Fault]:
    hard = mapping(value, ("hard",))
    for name, amount in hard.items():
        place = (*at, "hard", name)
        if not is_qualified_name(name):
            yield Fault(CODE, place, f"{quoted(name)} is not the name of a resource")
        elif "/" not in name and name not in OF_QUOTAS and not name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}")):
            hint = did_you_mean(name, OF_QUOTAS) or "write count/RESOURCE.GROUP to count objects of a kind"
            yield Fault(CODE, place, f"{quoted(name)} is not a resource of a quota", hint)
        yield from _amount(name, amount, place)
    yield from _scopes(value, at)


def _amount(name: str, amount: Any, at: Pointer) -> Iterator[Fault]:
    number = quantity(amount) if amount is not None else None
    if number is None:
        return
    if number < 0:
        yield Fault(CODE, at, f"{quoted(str(amount))} is negative")
    elif number != number.to_integral_value() and (name in COUNTED or is_extended(name)):
        yield Fault(CODE, at, f"{quoted(str(amount))} is not a whole number")


def _scopes(value: Tree, at: Pointer) -> Iterator[Fault]:
    scopes = value.get("scopes")
    named = [each for each in scopes if isinstance(each, str)] if isinstance(scopes, list) else []
    expressions = mapping(value, ("scopeSelector",)).get("matchExpressions")
    expressions = [each for each in expressions if isinstance(each, dict)] if isinstance(expressions, list) else []
    for found, place in (
        (named, (*at, "scopes")),
        ([each.get("scopeName") for each in expressions], (*at, "scopeSelector")),
    ):
        for one, other in EXCLUSIVE:
            if one in found and other in found:
                yield Fault(CODE, place, f"{quoted(one)} and {quoted(other)} exclude each other")
        for name in mapping(value, ("hard",)):
            for scope in found:
                if isinstance(scope, str) and not _fits(scope, name):
                    yield Fault(CODE, place, f"the scope {quoted(scope)} does not fit the resource {quoted(name)}")
    for index, each in enumerate(expressions):
        scope, operator = each.get("scopeName"), each.get("operator")
        if scope in (
            "BestEffort",
            "NotBestEffort",
            "Terminating",
            "NotTerminating",
            "CrossNamespacePodAffinity",
        ) and operator in ("In", "NotIn", "DoesNotExist"):
            place = (*at, "scopeSelector", "matchExpressions", index, "operator")
            yield Fault(CODE, place, f"the scope {quoted(str(scope))} has the operator Exists only")


def _fits(scope: str, name: str) -> bool:
    if scope == "BestEffort":
        return name == "pods"
    if scope in ("NotBestEffort", "Terminating", "NotTerminating", "PriorityClass"):
        return (
            name in OF_PODS
            or name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}"))
            or "/" in name
            or name in ("limits.ephemeral-storage", "ephemeral-storage")
        )
    return True


def check_limit(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = value.get("type")
    if isinstance(kind, str) and kind and not _is_type(kind):
        yield Fault(
            CODE, (*at, "type"), f"{quoted(kind)} is not {one_of(LIMIT_TYPES)}", did_you_mean(kind, LIMIT_TYPES)
        )
    for field in ("default", "defaultRequest", "max", "maxLimitRequestRatio", "min"):
        for name in mapping(value, (field,)):
            if kind == "Pod" and field.startswith("default"):
                continue
            if not _is_limited(name, kind):
                yield Fault(CODE, (*at, field, name), f"{quoted(name)} is not a resource that is limited here")
    if kind == "Pod":
        for field in ("default", "defaultRequest"):
            if mapping(value, (field,)):
                yield Fault("PS434", (*at, field), "a limit for whole pods has no defaults")
    if kind == "PersistentVolumeClaim" and not any("storage" in mapping(value, (field,)) for field in ("min", "max")):
        yield Fault("PS435", at, "a limit for claims needs min or max of storage")
    yield from _crossed(value, at)


def _is_type(kind: str) -> bool:
    return is_qualified_name(kind) and ("/" in kind or kind in LIMIT_TYPES)


def _is_limited(name: str, kind: Any) -> bool:
    if not is_qualified_name(name):
        return False
    if "/" in name:
        return is_native(name) or is_extended(name)
    if kind in ("Pod", "Container"):
        return name in OF_CONTAINERS or name.startswith(HUGE_PAGES)
    return name in STANDARD or name.startswith(HUGE_PAGES)


def _crossed(value: Tree, at: Pointer) -> Iterator[Fault]:
    for low, high in _ORDER:
        for name, amount in mapping(value, (low,)).items():
            other = mapping(value, (high,)).get(name)
            one, two = quantity(amount), quantity(other)
            if one is not None and two is not None and one > two:
                notes = (((*at, high, name), f"the {high}"),)
                yield Fault(
                    CODE,
                    (*at, low, name),
                    f"{quoted(str(amount))} is more than {high}, {quoted(str(other))}",
                    "",
                    notes,
                )
    for name, amount in mapping(value, ("maxLimitRequestRatio",)).items():
        ratio = quantity(amount)
        low, high = (quantity(mapping(value, (field,)).get(name)) for field in ("min", "max"))
        place = (*at, "maxLimitRequestRatio", name)
        if ratio is not None and ratio < 1:
            yield Fault(CODE, place, f"the ratio {quoted(str(amount))} is less than 1")
        elif ratio is not None and low and high and ratio > Decimal(high) / low:
            yield Fault(CODE, place, f"the ratio {quoted(str(amount))} is more than max is to min")
    for name, amount in mapping(value, ("default",)).items():
        one, two = quantity(amount), quantity(mapping(value, ("defaultRequest",)).get(name))
        if (is_extended(name) or name.startswith(HUGE_PAGES)) and one is not None and two is not None and one != two:
            yield Fault(CODE, (*at, "defaultRequest", name), "it equals the default of what cannot be shared")


CHECKS = {"quota": check_quota, "limit": check_limit}
