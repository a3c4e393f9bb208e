"""The networks and the resources of nodes.

Source: pkg/apis/core/validation, ValidateNode, ValidateNodeResources.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.address import cidr_of, is_network
from penstock.validate.checks.resources import CODE as AMOUNT
from penstock.validate.checks.resources import wrong_amount
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, text_of
from penstock.words import quoted

NODE = "PS432"


def check_networks(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the pod networks of a node. Where the two fields disagree, the API server reads only `podCIDR`."""
    many, single = items(value, ("podCIDRs",)), text_of(value, "podCIDR")
    if single and many[:1] != [single]:
        networks: list[tuple[Pointer, Any]] = [((*at, "podCIDR"), single)]
    else:
        networks = [((*at, "podCIDRs", index), each) for index, each in enumerate(many)]
    for place, each in networks:
        text = "" if each is None else each
        if isinstance(text, str) and not is_network(text):
            yield Fault(NODE, place, f"{quoted(text)} is not a CIDR", "such as 10.0.0.0/24")
    families = [found.version for _, each in networks if isinstance(each, str) and (found := cidr_of(each))]
    if len(networks) > 2 or len(set(families)) < len(families):
        yield Fault(NODE, (*at, "podCIDRs"), "there is more than one network of a family")


def check_resources(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the amounts in the status of a node, which a create keeps."""
    for field in ("capacity", "allocatable"):
        for name, amount in mapping(value, (field,)).items():
            if problem := wrong_amount(name, amount):
                yield Fault(AMOUNT, (*at, field, name), f"{quoted(str(amount))} {problem}")


CHECKS = {"networks of a node": check_networks, "resources of a node": check_resources}
