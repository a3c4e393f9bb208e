"""ResourceQuota and LimitRange: known resources, and lower bounds that do not exceed upper bounds.

Source: pkg/apis/core/validation, ValidateResourceQuotaSpec, ValidateLimitRange.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.checks.resources import (
    COUNTED,
    HUGE_PAGES,
    OF_CONTAINERS,
    is_extended,
    is_native,
    is_shared,
    wrong_amount,
)
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, strings, text_of
from penstock.validate.syntax import is_qualified_name, quantity
from penstock.words import did_you_mean, one_of, quoted

CODE = "PS444"

MEASURED = (
    *("cpu", "ephemeral-storage", "limits.cpu", "limits.ephemeral-storage", "limits.memory", "memory"),
    *("requests.cpu", "requests.ephemeral-storage", "requests.memory", "requests.storage"),
)
OF_QUOTAS = (*COUNTED, *MEASURED)
STANDARD = {*OF_QUOTAS, "storage", "attachable-volumes"}
LIMIT_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
OF_CONTAINERS_AND_PODS = ("Container", "Pod")
TERMINATING = ("Terminating", "NotTerminating")
WITHOUT_VALUES = ("BestEffort", "NotBestEffort", *TERMINATING, "CrossNamespacePodAffinity")
EXCLUSIVE = (("BestEffort", "NotBestEffort"), TERMINATING)
OF_PODS = {"pods", *(each for each in MEASURED if "storage" not in each or "ephemeral" in each)}
HUGE_PAGES_OF_QUOTAS = (HUGE_PAGES, f"requests.{HUGE_PAGES}")

_DEFAULTS = ("default", "defaultRequest")
_ORDER = (
    *(("min", "max"), ("min", "defaultRequest"), ("defaultRequest", "max"), ("defaultRequest", "default")),
    *(("min", "default"), ("default", "max")),
)
"""Pairs of fields, of which the first amount must not exceed the second."""


def check_quota(value: Tree, at: Pointer) -> Iterator[Fault]:
    for name, amount in mapping(value, ("hard",)).items():
        place = (*at, "hard", name)
        if not is_qualified_name(name):
            yield Fault(CODE, place, f"{quoted(name)} is not the name of a resource")
        elif not _is_of_quotas(name):
            hint = did_you_mean(name, OF_QUOTAS) or "write count/RESOURCE.GROUP to count objects of a kind"
            yield Fault(CODE, place, f"{quoted(name)} is not a resource of a quota", hint)
        if problem := wrong_amount(name, amount):
            yield Fault(CODE, place, f"{quoted(str(amount))} {problem}")
    yield from _scopes(value, at)


def _is_of_quotas(name: str) -> bool:
    return "/" in name or name in OF_QUOTAS or name.startswith(HUGE_PAGES_OF_QUOTAS)


def _scopes(value: Tree, at: Pointer) -> Iterator[Fault]:
    scopes = [text for _, text in strings(value, ("scopes",))]
    expressions = list(mappings(value, ("scopeSelector", "matchExpressions")))
    selected = [text for _, each in expressions if (text := text_of(each, "scopeName"))]
    names = mapping(value, ("hard",))
    yield from _together(scopes, names, (*at, "scopes"))
    yield from _together(selected, names, (*at, "scopeSelector"))
    for here, each in expressions:
        yield from _operator(each, (*at, *here))


def _together(scopes: list[str], names: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the scopes that exclude each other, or that do not fit a resource of the quota."""
    for one, other in EXCLUSIVE:
        if one in scopes and other in scopes:
            yield Fault(CODE, at, f"{quoted(one)} and {quoted(other)} exclude each other")
    for name in names:
        for scope in scopes:
            if not _fits(scope, name):
                yield Fault(CODE, at, f"the scope {quoted(scope)} does not fit the resource {quoted(name)}")


def _operator(expression: Tree, at: Pointer) -> Iterator[Fault]:
    scope = expression.get("scopeName")
    if scope in WITHOUT_VALUES and expression.get("operator") in ("In", "NotIn", "DoesNotExist"):
        yield Fault(CODE, (*at, "operator"), f"the scope {quoted(str(scope))} has the operator Exists only")


def _fits(scope: str, name: str) -> bool:
    if scope == "BestEffort":
        return name == "pods" or "/" in name
    if scope in ("NotBestEffort", *TERMINATING, "PriorityClass", "CrossNamespacePodAffinity"):
        return name in OF_PODS or "/" in name or name.startswith(HUGE_PAGES_OF_QUOTAS)
    if scope == "VolumeAttributesClass":
        return name not in OF_PODS
    return True


def check_limit(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = text_of(value, "type")
    if kind and not _is_type(kind):
        message = f"{quoted(kind)} is not {one_of(LIMIT_TYPES)}"
        yield Fault(CODE, (*at, "type"), message, did_you_mean(kind, LIMIT_TYPES))
    for field in (*_DEFAULTS, "max", "maxLimitRequestRatio", "min"):
        if kind == "Pod" and field in _DEFAULTS:
            yield from _no_defaults(value, field, at)
        else:
            yield from _limited(value, field, at)
    if kind == "PersistentVolumeClaim" and not any("storage" in mapping(value, (field,)) for field in ("min", "max")):
        yield Fault("PS435", at, "a limit for claims needs min or max of storage")
    yield from _crossed(value, at)
    yield from _ratio(value, at)
    yield from _equal(value, at)


def _no_defaults(value: Tree, field: str, at: Pointer) -> Iterator[Fault]:
    if mapping(value, (field,)):
        yield Fault("PS434", (*at, field), "a limit for whole pods has no defaults")


def _limited(value: Tree, field: str, at: Pointer) -> Iterator[Fault]:
    for name in mapping(value, (field,)):
        if not _is_limited(name, value.get("type")):
            yield Fault(CODE, (*at, field, name), f"{quoted(name)} is not a resource that is limited here")


def _is_type(kind: str) -> bool:
    return is_qualified_name(kind) and ("/" in kind or kind in LIMIT_TYPES)


def _is_limited(name: str, kind: Any) -> bool:
    if not is_qualified_name(name):
        return False
    if "/" in name:
        return kind not in OF_CONTAINERS_AND_PODS or is_native(name) or is_extended(name)
    known = OF_CONTAINERS if kind in OF_CONTAINERS_AND_PODS else STANDARD
    return name in known or name.startswith(HUGE_PAGES)


def _crossed(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the lower bounds that exceed their upper bounds."""
    for low, high in _ORDER:
        for name, amount in mapping(value, (low,)).items():
            other = mapping(value, (high,)).get(name)
            if name in mapping(value, (high,)) and _is_more(amount, other):
                message = f"{quoted(str(amount))} is more than {high}, {quoted(str(other))}"
                yield Fault(CODE, (*at, low, name), message, "", (((*at, high, name), f"the {high}"),))


def _is_more(one: Any, two: Any) -> bool:
    """Return whether one amount is larger than the other. Null counts as zero."""
    one, two = quantity(one or 0), quantity(two or 0)
    return one is not None and two is not None and bool(one > two)


def _ratio(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the maximum ratio of the limit of a container to its request."""
    for name, amount in mapping(value, ("maxLimitRequestRatio",)).items():
        ratio = quantity(amount or 0)
        if ratio is None:
            continue
        low, high = (quantity(mapping(value, (field,)).get(name)) for field in ("min", "max"))
        place = (*at, "maxLimitRequestRatio", name)
        if ratio < 1:
            yield Fault(CODE, place, f"the ratio {quoted(str(amount))} is less than 1")
        elif low and high and ratio > Decimal(high) / low:
            yield Fault(CODE, place, f"the ratio {quoted(str(amount))} is more than max is to min")


def _equal(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the resources without overcommitment whose default limit and default request differ."""
    requests = mapping(value, ("defaultRequest",))
    for name, amount in mapping(value, ("default",)).items():
        one, two = quantity(amount), quantity(requests.get(name))
        if not is_shared(name) and one is not None and two is not None and one != two:
            yield Fault(CODE, (*at, "defaultRequest", name), "it equals the default of what cannot be shared")


CHECKS = {"quota": check_quota, "limit": check_limit}
