"""The resources of containers and pods: known names, whole numbers, requests within limits.

Source: pkg/apis/core/validation, validateResourceRequirements, ValidateContainerResourceName,
validatePodResourceRequirements, ValidateResourceQuantityValue; pkg/apis/core/v1/helper,
IsHugePageResourceValueDivisible.
"""

from collections.abc import Callable, Iterator, Set
from decimal import ROUND_UP, Decimal
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import amount_of, containers_of, mapping, mappings, named, stored, text_of
from penstock.validate.syntax import is_qualified_name, quantity
from penstock.words import one_of, quoted

CODE = "PS437"

HUGE_PAGES = "hugepages-"
OF_CONTAINERS = ("cpu", "memory", "ephemeral-storage")
OF_PODS = ("cpu", "memory")
COUNTED = (
    *("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets"),
    *("services", "services.loadbalancers", "services.nodeports"),
)
"""The resources of a namespace or a node that are counted in whole numbers, as extended ones are."""


def is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Return whether a name is that of an extended resource, such as `example.com/gpu`."""
    return not is_native(name) and not name.startswith("requests.") and is_qualified_name(f"requests.{name}")


def is_shared(name: str) -> bool:
    """Return whether containers can use more of a resource than they request."""
    return is_native(name) and not name.startswith(HUGE_PAGES)


def wrong_amount(name: str, amount: Any) -> str:
    """Return what is wrong with the amount of a resource of a namespace or a node, or ""."""
    number = quantity(amount) if amount is not None else None
    if number is None:
        return ""
    if number < 0:
        return "is negative"
    return _wrong_count(amount, number) if name in COUNTED or is_extended(name) else ""


def _wrong_count(amount: Any, number: Decimal) -> str:
    if number != number.to_integral_value():
        return "is not a whole number"
    return "is more than the API server can count" if _overflows(str(amount), int(number)) else ""


def _overflows(amount: str, number: int) -> bool:
    """Return whether the API server takes a whole number for a fraction, because a thousand times as much does not fit
    into 64 bits. It never multiplies the amounts that are written with a power of ten.
    """
    is_multiplied = amount.isdigit() or amount.endswith("i")
    thousandths = (number * 1000 + 2**63) % 2**64 - 2**63
    return is_multiplied and number > MOST_COUNTED and thousandths % 1000 != 0


MOST = 2**63 - 1
MOST_COUNTED = MOST // 1000
"""The largest whole number whose thousandths fit into 64 bits."""


def check_container(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the `resources` of one container."""
    resources = mapping(value, ("resources",))
    if resources:
        yield from _requirements(resources, (*at, "resources"), _wrong_name)


def check_pod(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the `resources` of a whole pod, and the claims of its containers."""
    resources = mapping(value, ("resources",))
    if resources:
        yield from _requirements(resources, (*at, "resources"), _wrong_name_of_pod, _names_in_containers(value))
        yield from _requests_of_containers(value, resources, at)
        yield from _limits_of_containers(value, resources, at)
        yield from _claims_of_pod(resources, (*at, "resources"))
    yield from _overhead(mapping(value, ("overhead",)), (*at, "overhead"))
    names = named(value, ("resourceClaims",))
    for here, container in containers_of(value):
        yield from _claims(container, (*at, *here), names)


def _claims_of_pod(resources: Tree, at: Pointer) -> Iterator[Fault]:
    if resources.get("claims") is not None:
        yield Fault(CODE, (*at, "claims"), "claims belong to a container, not to the resources of a pod")


def _names_in_containers(value: Tree) -> set[str]:
    """Return the resources that containers ask for. The API server fills them in as requests of the pod."""
    asked = [mapping(container, ("resources",)) for _, container in containers_of(value)]
    return {name for each in asked for field in ("limits", "requests") for name in mapping(each, (field,))}


def _requirements(
    resources: Tree, at: Pointer, wrong: Callable[[str], str], filled_in: Set[str] = frozenset()
) -> Iterator[Fault]:
    limits, requests = mapping(resources, ("limits",)), mapping(resources, ("requests",))
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            yield from _amount(name, amount, (*at, field, name), wrong)
    for name, amount in requests.items():
        yield from _against_limit(name, amount, limits, at, wrong is _wrong_name_of_pod)
    yield from _huge_pages({*limits, *requests}, at, filled_in)


def _huge_pages(names: set[str], at: Pointer, filled_in: Set[str] = frozenset()) -> Iterator[Fault]:
    if any(name.startswith(HUGE_PAGES) for name in names) and (names | filled_in).isdisjoint(OF_PODS):
        yield Fault(CODE, at, "huge pages need a request or limit of cpu or memory beside them")


def _amount(name: str, amount: Any, at: Pointer, wrong: Callable[[str], str]) -> Iterator[Fault]:
    if problem := wrong(name):
        yield Fault(CODE, at, problem)
        return
    number = quantity(amount) if amount is not None else None
    if number is None:
        return
    # Amounts of containers are judged by the rule resource-requests.
    if number < 0 and wrong is _wrong_name_of_pod:
        yield Fault(CODE, at, f"{quoted(str(amount))} is negative")
    elif is_extended(name) and (problem := _wrong_count(amount, number)):
        yield Fault(CODE, at, f"{quoted(str(amount))} {problem}", f"{quoted(name)} is counted in whole numbers")
    elif name.startswith(HUGE_PAGES) and not _is_multiple(str(amount), number, name.removeprefix(HUGE_PAGES)):
        yield Fault(CODE, at, f"{quoted(str(amount))} is not a multiple of the size of {quoted(name)}")


def _is_multiple(amount: str, number: Decimal, page: str) -> bool:
    """Return whether an amount is that of whole pages."""
    size = quantity(page)
    if size is None or size <= 0 or _wrong_count(page, size):
        return False
    return in_64_bits(amount, number) % in_64_bits(page, size) == 0


def in_64_bits(amount: str, number: Decimal) -> int:
    """Return an amount as the whole number of 64 bits that the API server computes with. It caps only powers of two."""
    whole = int(number.to_integral_value(ROUND_UP))
    return min(whole, MOST) if amount.endswith("i") else (whole + 2**63) % 2**64 - 2**63


def _against_limit(name: str, amount: Any, limits: Tree, at: Pointer, is_pod: bool) -> Iterator[Fault]:
    place = (*at, "requests", name)
    if not is_shared(name) and name not in limits:
        message = f"a request of {quoted(name)} needs a limit"
        yield Fault(CODE, place, message, "set the same limit: it cannot be shared")
        return
    if name not in limits:
        return
    mine, limit = stored(amount), stored(limits[name])
    if mine is None or limit is None or mine == limit:
        return
    notes = (((*at, "limits", name), "the limit"),)
    if not is_shared(name):
        message = f"the request of {quoted(name)} is {quoted(str(amount))}, and its limit another"
        yield Fault(CODE, place, message, "both are equal for what cannot be shared", notes)
    elif mine > limit and is_pod:
        yield Fault(CODE, place, f"the request {quoted(str(amount))} is more than the limit", "", notes)


def _wrong_name(name: str) -> str:
    if not is_qualified_name(name):
        return f"{quoted(name)} is not the name of a resource"
    if "/" not in name and not _is_of_containers(name):
        return f"{quoted(name)} is not {one_of(OF_CONTAINERS)}, and has no domain such as example.com/"
    if not is_native(name) and not is_extended(name):
        return f"{quoted(name)} is not an extended resource"
    return ""


def _is_of_containers(name: str) -> bool:
    return name in OF_CONTAINERS or name.startswith(HUGE_PAGES)


def _wrong_name_of_pod(name: str) -> str:
    known = name in OF_PODS or name.startswith(HUGE_PAGES)
    return "" if known else f"{quoted(name)} is not {one_of((*OF_PODS, 'hugepages-2Mi'))}, which a pod as a whole has"


def _requests_of_containers(value: Tree, resources: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the resources of which the containers together request more than the pod."""
    for name, amount in mapping(resources, ("requests",)).items():
        mine = quantity(amount)
        if mine is not None and mine < _asked_by_containers(value, name):
            message = f"the containers ask for more {quoted(name)} than the pod as a whole"
            yield Fault(CODE, (*at, "resources", "requests", name), message)


def _asked_by_containers(value: Tree, name: str) -> Any:
    """Return how much of a resource the containers need at one time: `AggregateContainerRequests` of component-helpers.

    An init container runs beside those before it that are restarted always, and these run on beside the containers.
    """
    beside = most = 0
    for _, container in mappings(value, ("initContainers",)):
        amount = _asked_by(container, name)
        most = max(most, beside + amount)
        beside += amount if container.get("restartPolicy") == "Always" else 0
    return max(most, beside + sum(_asked_by(each, name) for _, each in mappings(value, ("containers",))))


def _asked_by(container: Tree, name: str) -> Any:
    """Return what a container requests: its limit where it says no more."""
    resources = mapping(container, ("resources",))
    requests, limits = mapping(resources, ("requests",)), mapping(resources, ("limits",))
    return quantity(requests.get(name, limits.get(name, 0))) or 0


def _limits_of_containers(value: Tree, resources: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the limits of containers that exceed the limit of the pod."""
    for name, amount in mapping(resources, ("limits",)).items():
        mine = quantity(amount)
        if mine is None:
            continue
        for here, container in mappings(value, ("containers",)):
            limit = quantity(mapping(container, ("resources", "limits")).get(name))
            if limit is not None and limit > mine:
                notes = (((*at, "resources", "limits", name), "the limit of the pod"),)
                message = f"the limit of {quoted(name)} is more than that of the pod"
                yield Fault(CODE, (*at, *here, "resources", "limits", name), message, "", notes)


def _claims(container: Tree, at: Pointer, names: set[Any]) -> Iterator[Fault]:
    seen: dict[str, set[str]] = {}
    for here, claim in mappings(container, ("resources", "claims")):
        name, request = text_of(claim, "name"), claim.get("request") or ""
        if not name or not isinstance(request, str):
            continue
        if name not in names:
            yield Fault(CODE, (*at, *here), f"the pod has no resource claim {quoted(name)}")
        requests = seen.setdefault(name, set())
        if _is_claimed(request, requests):
            yield Fault("PS436", (*at, *here), f"claims {quoted(name)} again")
        requests.add(request)


def _is_claimed(request: str, requests: set[str]) -> bool:
    """Return whether a request of a claim is among those seen. An empty request means the whole claim."""
    return request in requests or "" in requests or (not request and bool(requests))


def check_overhead(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the resources that a container runtime itself consumes. They follow the rules for limits of containers."""
    yield from _overhead(mapping(value, ("podFixed",)), (*at, "podFixed"))


def _overhead(amounts: Tree, at: Pointer) -> Iterator[Fault]:
    for name, amount in amounts.items():
        yield from _amount(name, amount, (*at, name), _wrong_name)
        number = amount_of(amounts, name)
        if number is not None and number < 0:
            yield Fault(CODE, (*at, name), f"{quoted(str(amount))} is negative")
    yield from _huge_pages({*amounts}, at)


def check_name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the name of the container resource that a metric measures."""
    name = text_of(value, "name")
    if name and (problem := _wrong_name(name)):
        yield Fault(CODE, (*at, "name"), problem)


CHECKS = {
    "overhead": check_overhead,
    "resource of containers": check_name,
    "resources of a container": check_container,
    "resources of a pod": check_pod,
}
