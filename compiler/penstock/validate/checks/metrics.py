"""What a HorizontalPodAutoscaler and a PodDisruptionBudget measure.

Source: pkg/apis/autoscaling/validation, pkg/apis/policy/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, named
from penstock.validate.syntax import quantity
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
        number = quantity(value[field]) if value.get(field) is not None else None
        if number is not None and number <= 0:
            yield Fault(METRIC, (*at, field), f"{quoted(str(value[field]))} is not more than zero")


def check_metric(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = value.get("type")
    wanted = MATCHING.get(kind) if isinstance(kind, str) else None
    for field, amounts in TARGETS.items():
        source = value.get(field)
        if not isinstance(source, dict):
            continue
        if wanted and field != wanted:
            yield Fault(METRIC, (*at, field), f"the metric is of the type {kind}", "", (((*at, "type"), "the type"),))
        target = mapping(source, ("target",))
        given = [each for each in ("averageUtilization", "averageValue", "value") if target.get(each) is not None]
        if target and not set(given) & set(amounts):
            yield Fault(METRIC, (*at, field, "target"), f"the target needs {one_of(amounts)}")
        elif field != "object" and len([each for each in given if each in amounts]) > 1:
            yield Fault(METRIC, (*at, field, "target"), f"the target has only one of {one_of(amounts)}")
    if wanted and not isinstance(value.get(wanted), dict):
        yield Fault("PS402", at, f"the field {quoted(wanted)} is missing")


def check_scale_target(value: Tree, at: Pointer) -> Iterator[Fault]:
    target = value.get("scaleTargetRef")
    if not isinstance(target, dict):
        return
    version = target.get("apiVersion")
    place = (*at, "scaleTargetRef", "apiVersion") if "apiVersion" in target else (*at, "scaleTargetRef")
    if version in (None, "") or (
        isinstance(version, str) and "/" not in version and target.get("kind") != "ReplicationController"
    ):
        yield Fault(METRIC, place, "the apiVersion does not say the API group of what is scaled", "such as apps/v1")
    elif isinstance(version, str) and version.count("/") > 1:
        yield Fault(METRIC, place, f"{quoted(version)} is not an API group and version")


def check_percentages(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("maxUnavailable", "minAvailable"):
        text = value.get(field)
        if (
            isinstance(text, str)
            and text.endswith("%")
            and text[:-1].isascii()
            and text[:-1].isdigit()
            and int(text[:-1][:9]) > 100
        ):
            yield Fault("PS428", (*at, field), f"{quoted(text)} is more than 100%")


def check_not_negative(value: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("capacity", "tolerance"):
        number = quantity(value[field]) if value.get(field) is not None and not isinstance(value[field], dict) else None
        if number is not None and number < 0:
            yield Fault("PS406", (*at, field), f"{quoted(str(value[field]))} is negative")


def check_scaling(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from check_not_negative(value, at)
    if "policies" in value and value["policies"] == []:
        yield Fault("PS402", (*at, "policies"), "there is no policy", "remove the field to have the usual ones")


def check_from_zero(value: Tree, at: Pointer) -> Iterator[Fault]:
    if value.get("minReplicas") == 0 and value["minReplicas"] is not False:
        kinds = named(value, ("metrics",), "type")
        if not kinds & {"Object", "External"}:
            yield Fault(
                "PS451", (*at, "minReplicas"), "only a metric of the type Object or External wakes what has no pods"
            )


CHECKS = {
    "metric target": check_metric_target,
    "metric": check_metric,
    "scale target": check_scale_target,
    "scaling": check_scaling,
    "scale from zero": check_from_zero,
    "not negative": check_not_negative,
    "percentages": check_percentages,
}
