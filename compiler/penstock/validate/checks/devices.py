"""Devices: claims, slices, attributes.

Source: pkg/apis/resource/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings, named
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
    for key, found in mapping(value, ("attributes",)).items():
        if found is None:
            yield Fault("PS423", (*at, "attributes", key), "an attribute has exactly one value", "such as string: a")
    for field in ("attributes", "capacity"):
        for key in mapping(value, (field,)):
            if not is_attribute(key):
                yield Fault(
                    DEVICE,
                    (*at, field, key),
                    f"{quoted(key)} is not the name of an attribute",
                    "an identifier of 32 characters at most, or domain/identifier",
                )
    if len(mapping(value, ("attributes",))) + len(mapping(value, ("capacity",))) > 32:
        yield Fault(DEVICE, at, "a device has at most 32 attributes and capacities")


def check_device_claim(value: Tree, at: Pointer) -> Iterator[Fault]:
    names: set[str] = set()
    for _, request in mappings(value, ("requests",)):
        name = request.get("name")
        if isinstance(name, str):
            names.add(name)
            names |= {f"{name}/{sub.get('name')}" for _, sub in mappings(request, ("firstAvailable",))}
    for field in ("constraints", "config"):
        for here, each in mappings(value, (field,)):
            for index, name in enumerate(items(each, ("requests",))):
                text = name if isinstance(name, str) else "" if name is None else None
                if text is not None and (not is_reference_to_request(text) or text not in names):
                    yield Fault(DEVICE, (*at, *here, "requests", index), f"the claim has no request {quoted(text)}")
    for here, each in mappings(value, ("constraints",)):
        attribute = each.get("matchAttribute")
        if isinstance(attribute, str) and ("/" not in attribute or not is_attribute(attribute)):
            yield Fault(
                DEVICE,
                (*at, *here, "matchAttribute"),
                f"{quoted(attribute)} is not the full name of an attribute",
                "domain/identifier",
            )


def check_slice(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Of the devices of a node."""
    chosen = [field for field in PLACES if value.get(field) not in (None, "", False)]
    if len(chosen) != 1:
        yield Fault(
            "PS423",
            at,
            f"exactly one of these is needed: {one_of(PLACES)}",
        )
    pool = mapping(value, ("pool",)).get("name")
    if isinstance(pool, str) and pool and not all(map(is_dns_subdomain, pool.split("/"))):
        yield Fault("PS431", (*at, "pool", "name"), f"{quoted(pool)} is not the name of a pool")
    counters = named(value, ("sharedCounters",))
    for here, device in mappings(value, ("devices",)):
        for there, use in mappings(device, ("consumesCounters",)):
            if isinstance(use.get("counterSet"), str) and use["counterSet"] not in counters:
                yield Fault(
                    DEVICE,
                    (*at, *here, *there, "counterSet"),
                    f"there is no set of counters {quoted(use['counterSet'])}",
                )


CHECKS = {
    "device attribute": check_device_attribute,
    "device": check_device,
    "device claim": check_device_claim,
    "device slice": check_slice,
}
