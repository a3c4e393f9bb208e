"""Resources of containers and pods: known names, whole numbers, requests that fit limits.

Source: pkg/apis/core/validation, validateResourceRequirements, ValidateContainerResourceName,
validatePodResourceRequirements.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, named
from penstock.validate.syntax import is_qualified_name, quantity
from penstock.words import one_of, quoted

CODE = "PS437"

HUGE_PAGES = "hugepages-"
OF_CONTAINERS = ("cpu", "memory", "ephemeral-storage")
OF_PODS = ("cpu", "memory")


def is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """A resource that an operator has named, such as `example.com/gpu`."""
    return not is_native(name) and not name.startswith("requests.") and is_qualified_name(f"requests.{name}")


def check_container(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The `resources` of one container."""
    resources = mapping(value, ("resources",))
    if resources:
        yield from _requirements(resources, (*at, "resources"), _wrong_name)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The `resources` of a whole pod, and what its containers claim."""
    resources = mapping(value, ("resources",))
    if resources:
        yield from _requirements(resources, (*at, "resources"), _wrong_name_of_pod)
        yield from _sums(value, resources, at)
        if resources.get("claims"):
            yield Fault(
                CODE, (*at, "resources", "claims"), "claims belong to a container, not to the resources of a pod"
            )
    names = named(value, ("resourceClaims",))
    for lists in ("initContainers", "containers"):
        for here, container in mappings(value, (lists,)):
            yield from _claims(container, (*at, *here), names)


def _requirements(resources: Tree, at: Pointer, wrong: Callable[[str], str]) -> Iterator[Fault]:
    limits, requests = mapping(resources, ("limits",)), mapping(resources, ("requests",))
    is_pod = wrong is _wrong_name_of_pod
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            yield from _amount(name, amount, (*at, field, name), wrong)
    for name, amount in requests.items():
        yield from _against_limit(name, amount, limits, at, is_pod)
    names = {*limits, *requests}
    if any(name.startswith(HUGE_PAGES) for name in names) and names.isdisjoint(OF_PODS):
        yield Fault(CODE, at, "huge pages need a request or limit of cpu or memory beside them")


def _amount(name: str, amount: Any, at: Pointer, wrong: Callable[[str], str]) -> Iterator[Fault]:
    if problem := wrong(name):
        yield Fault(CODE, at, problem)
        return
    number = quantity(amount) if amount is not None else None
    if number is None:
        return
    if number < 0 and wrong is _wrong_name_of_pod:
        yield Fault(CODE, at, f"{quoted(str(amount))} is negative")
    elif is_extended(name) and number != number.to_integral_value():
        yield Fault(CODE, at, f"{quoted(str(amount))} is not a whole number, as {quoted(name)} needs")
    elif name.startswith(HUGE_PAGES):
        size = quantity(name.removeprefix(HUGE_PAGES))
        if size is None or size <= 0 or number <= 0 or number % size != 0:
            yield Fault(CODE, at, f"{quoted(str(amount))} is not a multiple of the size of {quoted(name)}")


def _against_limit(name: str, amount: Any, limits: Tree, at: Pointer, is_pod: bool) -> Iterator[Fault]:
    place = (*at, "requests", name)
    if not (is_native(name) and not name.startswith(HUGE_PAGES)) and name not in limits:
        yield Fault(
            CODE, place, f"a request of {quoted(name)} needs a limit", "set the same limit: it cannot be shared"
        )
        return
    mine, limit = quantity(amount), quantity(limits.get(name))
    if mine is None or limit is None or mine == limit:
        return
    notes = (((*at, "limits", name), "the limit"),)
    if not is_native(name) or name.startswith(HUGE_PAGES):
        message = f"the request of {quoted(name)} is {quoted(str(amount))}, and its limit another"
        yield Fault(CODE, place, message, "both are equal for what cannot be shared", notes)
    elif mine > limit and is_pod:
        yield Fault(CODE, place, f"the request {quoted(str(amount))} is more than the limit", "", notes)


def _wrong_name(name: str) -> str:
    if not is_qualified_name(name):
        return f"{quoted(name)} is not the name of a resource"
    if "/" not in name:
        known = name in OF_CONTAINERS or name.startswith(HUGE_PAGES)
        return "" if known else f"{quoted(name)} is not {one_of(OF_CONTAINERS)}, and has no domain such as example.com/"
    if not is_native(name) and not is_extended(name):
        return f"{quoted(name)} is not an extended resource"
    return ""


def _wrong_name_of_pod(name: str) -> str:
    known = name in OF_PODS or name.startswith(HUGE_PAGES)
    return "" if known else f"{quoted(name)} is not {one_of((*OF_PODS, 'hugepages-2Mi'))}, which a pod as a whole has"


def _sums(value: Tree, resources: Tree, at: Pointer) -> Iterator[Fault]:
    """A pod asks for no less than its containers together, and its limit is no less than any of theirs."""
    containers = [container for _, container in mappings(value, ("containers",))]
    for name, amount in mapping(resources, ("requests",)).items():
        asked = [quantity(mapping(each, ("resources", "requests")).get(name, 0)) for each in containers]
        mine = quantity(amount)
        if mine is not None and mine < sum(each for each in asked if each is not None):
            message = f"the containers ask for more {quoted(name)} than the pod as a whole"
            yield Fault(CODE, (*at, "resources", "requests", name), message)
    for name, amount in mapping(resources, ("limits",)).items():
        mine = quantity(amount)
        for here, container in mappings(value, ("containers",)):
            limit = quantity(mapping(container, ("resources", "limits")).get(name))
            if mine is not None and limit is not None and limit > mine:
                notes = (((*at, "resources", "limits", name), "the limit of the pod"),)
                message = f"the limit of {quoted(name)} is more than that of the pod"
                yield Fault(CODE, (*at, *here, "resources", "limits", name), message, "", notes)


def _claims(container: Tree, at: Pointer, names: set[Any]) -> Iterator[Fault]:
    seen: set[tuple[Any, Any]] = set()
    for here, claim in mappings(container, ("resources", "claims")):
        name, request = claim.get("name"), claim.get("request") or ""
        if not isinstance(name, str) or not isinstance(request, str) or not name:
            continue
        if name not in names:
            yield Fault(CODE, (*at, *here), f"the pod has no resource claim {quoted(name)}")
        if (name, request) in seen or (name, "") in seen or (not request and any(name == each for each, _ in seen)):
            yield Fault("PS436", (*at, *here), f"claims {quoted(name)} again")
        seen.add((name, request))


def check_overhead(value: Tree, at: Pointer) -> Iterator[Fault]:
    for name, amount in mapping(value, ("podFixed",)).items():
        number = quantity(amount) if amount is not None else None
        if "/" not in name and name not in ("cpu", "memory", "ephemeral-storage") and not name.startswith("hugepages-"):
            yield Fault("PS437", (*at, "podFixed", name), f"{quoted(name)} is not a resource of containers")
        if number is not None and number < 0:
            yield Fault("PS437", (*at, "podFixed", name), f"{quoted(str(amount))} is negative")


CHECKS = {"overhead": check_overhead, "resources of a container": check_container, "resources of a pod": check_pod}
