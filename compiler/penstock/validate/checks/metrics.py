"""The metrics of a HorizontalPodAutoscaler, and the bounds of a PodDisruptionBudget.

Source: pkg/apis/autoscaling/validation, pkg/apis/policy/validation.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import amount_of, integer_of, mapping, named, text_of
from penstock.validate.syntax import is_percentage
from penstock.words import one_of, quoted

METRIC = "PS451"

API = "PS434"

TARGETS = {
    "resource": ("averageUtilization", "averageValue"),
    "containerResource": ("averageUtilization", "averageValue"),
    "pods": ("averageValue",),
    "object": ("value", "averageValue"),
    "external": ("value", "averageValue"),
}

MATCHING = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def check_metric_target(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("value", "averageValue"):
        number = amount_of(value, field)
        if number is not None and number <= 0:
            yield Fault(METRIC, (*at, field), f"{quoted(str(value[field]))} is not more than zero")


def check_metric(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = text_of(value, "type")
    wanted = MATCHING.get(kind)
    for field in TARGETS:
        if not isinstance(value.get(field), dict):
            continue
        if wanted and field != wanted:
            yield Fault(METRIC, (*at, field), f"the metric is of the type {kind}", "", (((*at, "type"), "the type"),))
        yield from _target(field, mapping(value, (field, "target")), (*at, field, "target"))
    if wanted and not isinstance(value.get(wanted), dict):
        yield Fault("PS402", at, f"the field {quoted(wanted)} is missing")


def _target(field: str, target: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where the target of a metric sets none, or several, of the amounts that its type allows."""
    amounts = TARGETS[field]
    given = [each for each in amounts if target.get(each) is not None]
    if target and not given:
        yield Fault(METRIC, at, f"the target needs {one_of(amounts)}")
    elif field != "object" and len(given) > 1:
        yield Fault(METRIC, at, f"the target has only one of {one_of(amounts)}")


def check_scale_target(value: Tree, at: Pointer) -> Iterator[Fault]:
    target = value.get("scaleTargetRef")
    if not isinstance(target, dict):
        return
    version = target.get("apiVersion")
    place = (*at, "scaleTargetRef", "apiVersion") if "apiVersion" in target else (*at, "scaleTargetRef")
    if (version is None or _is_core(version)) and target.get("kind") != "ReplicationController":
        yield Fault(METRIC, place, "the apiVersion does not say the API group of what is scaled", "such as apps/v1")


def _is_core(version: Any) -> bool:
    return isinstance(version, str) and "/" not in version


def check_percentages(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("maxUnavailable", "minAvailable"):
        text = text_of(value, field)
        if is_percentage(text) and int(text[:9].rstrip("%")) > 100:
            yield Fault("PS428", (*at, field), f"{quoted(text)} is more than 100%")


def check_not_negative(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("capacity", "tolerance"):
        number = amount_of(value, field)
        if number is not None and number < 0:
            yield Fault("PS406", (*at, field), f"{quoted(str(value[field]))} is negative")


def check_scaling(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from check_not_negative(value, at)
    if "policies" in value and value["policies"] == []:
        yield Fault("PS402", (*at, "policies"), "there is no policy", "remove the field to have the usual ones")


def check_from_zero(value: Tree, at: Pointer) -> Iterator[Fault]:
    if integer_of(value, "minReplicas") == 0 and not named(value, ("metrics",), "type") & {"Object", "External"}:
        message = "only a metric of the type Object or External wakes what has no pods"
        yield Fault(METRIC, (*at, "minReplicas"), message)


CHECKS = {
    "metric target": check_metric_target,
    "metric": check_metric,
    "scale target": check_scale_target,
    "scaling": check_scaling,
    "scale from zero": check_from_zero,
    "not negative": check_not_negative,
    "percentages": check_percentages,
}
