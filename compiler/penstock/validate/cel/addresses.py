"""URLs, IP addresses and CIDRs.

Source: apiserver pkg/cel/library/urls.go, ip.go and cidr.go.
"""

from ipaddress import ip_address
from typing import Any

from penstock.validate.address import cidr_of, ip_of, is_ip
from penstock.validate.cel.urls import url_of
from penstock.validate.cel.values import Address, Cidr, EvaluationError, Url, of_type


def to_url(text: str) -> Url:
    found = url_of(of_type(text, str))
    if found is None:
        raise EvaluationError(f"{text!r} is no URL")
    return found


def host_name(url: Url) -> str:
    host = of_type(url, Url).host
    return str(host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0])


def port_of(url: Url) -> str:
    return str(of_type(url, Url).host.rpartition("]")[2].partition(":")[2])


def to_ip(value: Any) -> Any:
    """Return the address in a string or of a CIDR. Raises EvaluationError where the string is not an IP address."""
    if isinstance(value, Cidr):
        return value.address
    if not is_ip(of_type(value, str)):
        raise EvaluationError(f"{value!r} is no IP address")
    return ip_of(value)


def to_cidr(text: str) -> Cidr:
    network = cidr_of(of_type(text, str))
    if network is None or not is_ip(text.partition("/")[0]):
        raise EvaluationError(f"{text!r} is no CIDR")
    return Cidr(ip_address(text.partition("/")[0]), network)


def is_cidr(text: str) -> bool:
    return cidr_of(of_type(text, str)) is not None and is_ip(text.partition("/")[0])


def address_of(value: Any) -> Any:
    return to_ip(value) if isinstance(value, str) else of_type(value, *Address.__args__)


def contains_ip(cidr: Cidr, address: Any) -> bool:
    found, network = address_of(address), of_type(cidr, Cidr).network
    return found.version == network.version and found in network


def contains_cidr(cidr: Cidr, other: Any) -> bool:
    inner = (to_cidr(other) if isinstance(other, str) else of_type(other, Cidr)).network
    network: Any = of_type(cidr, Cidr).network
    return inner.version == network.version and bool(inner.subnet_of(network))


def is_global(value: Any) -> bool:
    """Return whether an address is a unicast address beyond its link. Private addresses count."""
    found = address_of(value)
    others = (found.is_unspecified, found.is_loopback, found.is_multicast, found.is_link_local)
    return not any(others) and str(found) != "255.255.255.255"


def cidr_of_links(address: Any) -> Any:
    """Return the network of the link-local multicast addresses of an address's family."""
    return to_cidr("224.0.0.0/24" if address_of(address).version == 4 else "ff02::/16").network
