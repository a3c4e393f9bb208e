"""Devices: claims, slices, attributes.

Source: pkg/apis/resource/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings, named, text_of
from penstock.validate.syntax import is_attribute, is_dns_subdomain, is_reference_to_request
from penstock.words import one_of, quoted

DEVICE = "PS452"

PLACES = ("allNodes", "nodeName", "nodeSelector", "perDeviceNodeSelection")
"""Where the devices of a slice are."""


def check_device_attribute(value: Tree, at: Pointer) -> Iterator[Fault]:
    given = [key for key, found in value.items() if found is not None]
    if len(given) != 1:
        yield Fault("PS423", at, "an attribute has exactly one value", "such as string: a")


def check_device(value: Tree, at: Pointer) -> Iterator[Fault]:
    attributes, capacity = mapping(value, ("attributes",)), mapping(value, ("capacity",))
    for key, found in attributes.items():
        if found is None:
            yield Fault("PS423", (*at, "attributes", key), "an attribute has exactly one value", "such as string: a")
    yield from _names_of_attributes(attributes, (*at, "attributes"))
    yield from _names_of_attributes(capacity, (*at, "capacity"))
    if len(attributes) + len(capacity) > 32:
        yield Fault(DEVICE, at, "a device has at most 32 attributes and capacities")


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
        attribute = each.get("matchAttribute")
        if isinstance(attribute, str) and ("/" not in attribute or not is_attribute(attribute)):
            message = f"{quoted(attribute)} is not the full name of an attribute"
            yield Fault(DEVICE, (*at, *here, "matchAttribute"), message, "domain/identifier")


def _requests(claim: Tree) -> Iterator[str]:
    """What the requests of a claim are called, and their alternatives, as `request/alternative`."""
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
    """Of the devices of a node."""
    chosen = [field for field in PLACES if value.get(field) not in (None, "", False)]
    if len(chosen) != 1:
        yield Fault("PS423", at, f"exactly one of these is needed: {one_of(PLACES)}")
    pool = text_of(mapping(value, ("pool",)), "name")
    if pool and not all(map(is_dns_subdomain, pool.split("/"))):
        yield Fault("PS431", (*at, "pool", "name"), f"{quoted(pool)} is not the name of a pool")
    counters = named(value, ("sharedCounters",))
    for here, device in mappings(value, ("devices",)):
        yield from _counters(device, counters, (*at, *here))


def _counters(device: Tree, counters: set[str], at: Pointer) -> Iterator[Fault]:
    for here, use in mappings(device, ("consumesCounters",)):
        name = use.get("counterSet")
        if isinstance(name, str) and name not in counters:
            yield Fault(DEVICE, (*at, *here, "counterSet"), f"there is no set of counters {quoted(name)}")


CHECKS = {
    "device attribute": check_device_attribute,
    "device": check_device,
    "device claim": check_device_claim,
    "device slice": check_slice,
}
