"""Devices: claims, slices, attributes.

Source: pkg/apis/resource/validation.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings, named, strings, text_of
from penstock.validate.syntax import (
    is_attribute,
    is_dns_subdomain,
    is_full_attribute,
    is_reference_to_request,
    quantity,
)
from penstock.words import one_of, quoted

DEVICE = "PS452"

PLACES = ("allNodes", "nodeName", "nodeSelector", "perDeviceNodeSelection")
"""The fields that say on which nodes the devices of a slice are."""


def check_device_attribute(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the value of an attribute. The API server drops lists of values, which only an alpha feature allows."""
    if sum(value.get(key) is not None for key in ("bool", "int", "string", "version")) != 1:
        yield Fault("PS423", at, "an attribute has exactly one value", "such as string: a")


def check_device(value: Tree, at: Pointer) -> Iterator[Fault]:
    attributes, capacity = mapping(value, ("attributes",)), mapping(value, ("capacity",))
    for key, found in attributes.items():
        if found is None:
            yield Fault("PS423", (*at, "attributes", key), "an attribute has exactly one value", "such as string: a")
    yield from _names_of_attributes(attributes, (*at, "attributes"))
    yield from _names_of_attributes(capacity, (*at, "capacity"))
    if len(attributes) + len(capacity) > MOST_NAMES:
        yield Fault(DEVICE, at, f"a device has at most {MOST_NAMES} attributes and capacities")
    if sum(map(_values_in, attributes.values())) > MOST_VALUES:
        yield Fault(DEVICE, (*at, "attributes"), f"the attributes of a device have at most {MOST_VALUES} values")
    for name, amount in capacity.items():
        if isinstance(amount, dict):
            yield from _capacity(amount, value.get("allowMultipleAllocations") is True, (*at, "capacity", name))


MOST_NAMES, MOST_VALUES = 32, 48
"""The maximum number of attributes and capacities of a device, and of the values of its attributes."""


def _values_in(attribute: Any) -> int:
    """Return how many values an attribute has. A list counts with the number of its elements."""
    lists = [each for each in attribute.values() if isinstance(each, list)] if isinstance(attribute, dict) else []
    return sum(map(len, lists)) or 1


def _capacity(amount: Tree, is_shared: bool, at: Pointer) -> Iterator[Fault]:
    """Yield the faults of the policy that says how much of a capacity one claim may get."""
    policy = amount.get("requestPolicy")
    if not isinstance(policy, dict):
        return
    place = (*at, "requestPolicy")
    choices, bounds = items(policy, ("validValues",)), policy.get("validRange")
    if not is_shared:
        yield Fault(DEVICE, place, "only what several claims may have has a policy", "set allowMultipleAllocations")
    elif choices and bounds is not None:
        yield Fault("PS434", place, '"validValues" and "validRange" exclude each other')
    elif (choices or bounds is not None) and policy.get("default") is None:
        yield Fault("PS435", place, 'the field "default" is needed')
    elif choices:
        yield from _choices(choices, policy["default"], quantity(amount.get("value") or 0), (*place, "validValues"))
    elif isinstance(bounds, dict):
        yield from _range(bounds, policy["default"], quantity(amount.get("value") or 0), (*place, "validRange"))


def _choices(choices: list[Any], default: Any, most: Decimal | None, at: Pointer) -> Iterator[Fault]:
    amounts = [quantity(each or 0) for each in choices]
    if None in amounts:
        return
    if amounts != sorted(set(amounts)):
        yield Fault(DEVICE, at, "the values are not in order, each once")
    if most is not None and amounts[-1] > most:
        yield Fault(DEVICE, at, f"{quoted(str(choices[-1]))} is more than the capacity")
    if len(choices) > MOST_CHOICES:
        yield Fault("PS406", at, f"has {len(choices)} items, at most {MOST_CHOICES} allowed")
    if quantity(default) not in amounts:
        yield Fault(DEVICE, at, f"the default {quoted(str(default))} is not among the values")


MOST_CHOICES = 10


def _range(bounds: Tree, default: Any, most: Decimal | None, at: Pointer) -> Iterator[Fault]:
    low, high, step, usual = (quantity(each) for each in (*map(bounds.get, ("min", "max", "step")), default))
    if bounds.get("min") is None:
        yield Fault("PS402", at, 'the field "min" is missing')
        return
    if low is None or usual is None:
        return
    top = min((each for each in (high, most) if each is not None), default=low)
    if low > top or (high is not None and high > top):
        yield Fault(DEVICE, at, "the range goes beyond the capacity, or is empty")
    if usual < low or (high is not None and usual > high):
        yield Fault(DEVICE, at, f"the default {quoted(str(default))} is not in the range")
    if step is not None:
        yield from _step(step, low, (usual, high), most, (*at, "step"))


def _step(
    step: Decimal, low: Decimal, ends: tuple[Decimal, Decimal | None], most: Decimal | None, at: Pointer
) -> Iterator[Fault]:
    if step <= 0:
        yield Fault(DEVICE, at, f"{step} is not more than zero")
    elif most is not None and low + step > most:
        yield Fault(DEVICE, at, "one step goes beyond the capacity")
    elif any(each is not None and (_whole(each) - _whole(low)) % _whole(step) for each in ends):
        yield Fault(DEVICE, at, "the default or the end of the range is no whole number of steps from its start")


def _whole(number: Decimal) -> Decimal:
    """Return a number rounded up: steps are computed with whole numbers."""
    return number.to_integral_value(ROUND_CEILING)


def check_conditions(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield each condition that means both success and failure of binding a device."""
    good = {text for _, text in strings(value, ("bindingConditions",))}
    for here, text in strings(value, ("bindingFailureConditions",)):
        if text in good:
            yield Fault(DEVICE, (*at, *here), f"{quoted(text)} is a condition of success too")


def _names_of_attributes(names: Tree, at: Pointer) -> Iterator[Fault]:
    for name in names:
        if not is_attribute(name):
            message = f"{quoted(name)} is not the name of an attribute"
            yield Fault(DEVICE, (*at, name), message, "an identifier of 32 characters at most, or domain/identifier")


def check_device_claim(value: Tree, at: Pointer) -> Iterator[Fault]:
    names = set(_requests(value))
    for field in ("constraints", "config"):
        for here, each in mappings(value, (field,)):
            yield from _references(each, names, (*at, *here))
    for here, each in mappings(value, ("constraints",)):
        for field in ("matchAttribute", "distinctAttribute"):
            attribute = each.get(field)
            if isinstance(attribute, str) and not is_full_attribute(attribute):
                message = f"{quoted(attribute)} is not the full name of an attribute"
                yield Fault(DEVICE, (*at, *here, field), message, "domain/identifier")


def _requests(claim: Tree) -> Iterator[str]:
    """Yield the names of the requests of a claim, and of their alternatives as `request/alternative`."""
    for _, request in mappings(claim, ("requests",)):
        name = request.get("name")
        if isinstance(name, str):
            yield name
            yield from (f"{name}/{sub.get('name')}" for _, sub in mappings(request, ("firstAvailable",)))


def _references(each: Tree, names: set[str], at: Pointer) -> Iterator[Fault]:
    for index, name in enumerate(items(each, ("requests",))):
        text = "" if name is None else name
        if isinstance(text, str) and (not is_reference_to_request(text) or text not in names):
            yield Fault(DEVICE, (*at, "requests", index), f"the claim has no request {quoted(text)}")


def check_slice(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a ResourceSlice, which lists the devices of a node."""
    chosen = [field for field in PLACES if value.get(field) not in (None, "", False)]
    if len(chosen) != 1:
        yield Fault("PS423", at, f"exactly one of these is needed: {one_of(PLACES)}")
    pool = text_of(mapping(value, ("pool",)), "name")
    if pool and not all(map(is_dns_subdomain, pool.split("/"))):
        yield Fault("PS431", (*at, "pool", "name"), f"{quoted(pool)} is not the name of a pool")
    yield from _never_false(value, ("allNodes", "perDeviceNodeSelection"), at)
    terms = items(value, ("nodeSelector", "nodeSelectorTerms"))
    if len(terms) > 1:
        yield Fault(DEVICE, (*at, "nodeSelector", "nodeSelectorTerms"), "the nodes are selected by exactly one term")
    devices = list(mappings(value, ("devices",)))
    if len(devices) > MOST_SPECIAL and any(_is_special(device) for _, device in devices):
        message = f"has {len(devices)} items, at most {MOST_SPECIAL} allowed with taints, counters or lists"
        yield Fault("PS406", (*at, "devices"), message)
    for here, device in devices:
        yield from _nodes_of_device(device, value.get("perDeviceNodeSelection") is True, (*at, *here))


MOST_SPECIAL = 64
"""The maximum number of devices in a slice where one of them has more than plain attributes and capacities."""


def _is_special(device: Tree) -> bool:
    attributes = [each for each in mapping(device, ("attributes",)).values() if isinstance(each, dict)]
    has_lists = any(isinstance(each, list) for attribute in attributes for each in attribute.values())
    return bool(device.get("taints") or device.get("consumesCounters") or has_lists)


def _never_false(value: Tree, fields: tuple[str, ...], at: Pointer) -> Iterator[Fault]:
    for field in fields:
        if value.get(field) is False:
            yield Fault("PS406", (*at, field), "it is true or absent")


def _nodes_of_device(device: Tree, is_selected: bool, at: Pointer) -> Iterator[Fault]:
    chosen = [field for field in PLACES[:3] if device.get(field) not in (None, False)]
    if is_selected:
        yield from _never_false(device, ("allNodes",), at)
        if len(chosen) != 1:
            yield Fault("PS423", at, f"exactly one of these is needed: {one_of(PLACES[:3])}")
    elif given := [field for field in PLACES[:3] if device.get(field) is not None]:
        message = "a device has nodes of its own only where the slice says perDeviceNodeSelection: true"
        yield Fault("PS435", (*at, given[0]), message)


def check_counters(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the devices that consume a counter set that their own slice does not define.

    Before Kubernetes 1.35, a slice may hold both devices and counter sets.
    """
    counters = named(value, ("sharedCounters",))
    for here, device in mappings(value, ("devices",)):
        for there, use in mappings(device, ("consumesCounters",)):
            name = use.get("counterSet")
            if isinstance(name, str) and name not in counters:
                place = (*at, *here, *there, "counterSet")
                yield Fault(DEVICE, place, f"there is no set of counters {quoted(name)}")


def check_extended_name(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the resource by which pods ask for the devices of a class."""
    name, place = text_of(value, "extendedResourceName"), (*at, "extendedResourceName")
    if name.startswith("requests."):
        yield Fault(DEVICE, place, f"{quoted(name)} starts with requests., which is for quotas")
    elif "kubernetes.io/" in name:
        yield Fault(DEVICE, place, f"{quoted(name)} is in a domain of Kubernetes", "use a domain of your own")


CHECKS = {
    "extended name of devices": check_extended_name,
    "device attribute": check_device_attribute,
    "device": check_device,
    "device claim": check_device_claim,
    "conditions of a device": check_conditions,
    "device slice": check_slice,
    "counters of a slice": check_counters,
}
