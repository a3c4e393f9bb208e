"""Services, endpoints, ingresses, network policies.

Source: pkg/apis/core/validation, ValidateService, ValidateEndpoints; pkg/apis/networking/validation;
pkg/apis/discovery/validation.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.address import Network, cidr_of, ip_of, is_endpoint, is_ip, is_strict_ip
from penstock.validate.fault import Fault
from penstock.validate.objects import integer_of, items, mapping, mappings, strings, text_of
from penstock.validate.syntax import DNS_SUBDOMAIN, is_dns_name, is_dns_subdomain, is_path_segment, is_port_name
from penstock.words import quoted

SERVICE, ENDPOINT, POLICY = "PS447", "PS432", "PS432"
BALANCER_ONLY = ("allocateLoadBalancerNodePorts",)
NODE_PORT_MAX = 65535
DAY = 86_400


def check_service(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = value.get("type") or "ClusterIP"
    yield from _addresses(value, kind, at)
    if kind == "ExternalName":
        yield from _outside(value, at)
    if kind != "LoadBalancer":
        for field in BALANCER_ONLY:
            if value.get(field) is not None:
                yield Fault(SERVICE, (*at, field), f"only a LoadBalancer has it, and this is a {kind}")
    seconds = integer_of(mapping(value, ("sessionAffinityConfig", "clientIP")), "timeoutSeconds")
    if value.get("sessionAffinity") == "ClientIP" and seconds is not None and not 1 <= seconds <= DAY:
        place = (*at, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
        yield Fault("PS406", place, f"{seconds} is not 1 to {DAY}")
    yield from _policy_of_outside(value, kind, at)
    yield from _health_port(value, kind, at)
    yield from _ports(value, kind, at)


def _outside(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check a Service of the type ExternalName, which is only an alias for another name."""
    for field in ("ipFamilies", "ipFamilyPolicy"):
        if value.get(field) not in (None, []):
            yield Fault(SERVICE, (*at, field), "a Service of the type ExternalName has no addresses")
    name = text_of(value, "externalName")
    if name and not is_dns_name(name):
        yield Fault("PS431", (*at, "externalName"), f"{quoted(name)} is not a DNS name", f"allowed are {DNS_SUBDOMAIN}")
    if value.get("externalTrafficPolicy"):
        message = "nobody reaches an ExternalName from outside through this Service"
        yield Fault(SERVICE, (*at, "externalTrafficPolicy"), message)


def _policy_of_outside(value: Tree, kind: str, at: Pointer) -> Iterator[Fault]:
    """Check that a Service with a policy for traffic from outside is reached from there."""
    if kind == "ClusterIP" and value.get("externalTrafficPolicy") and not value.get("externalIPs"):
        message = "nobody reaches a ClusterIP without externalIPs from outside"
        yield Fault("PS434", (*at, "externalTrafficPolicy"), message, "remove it, or set type: NodePort")


def _health_port(value: Tree, kind: str, at: Pointer) -> Iterator[Fault]:
    port = integer_of(value, "healthCheckNodePort")
    if not port:
        return
    if kind != "LoadBalancer" or value.get("externalTrafficPolicy") != "Local":
        message = "only a LoadBalancer with externalTrafficPolicy: Local has a port for its health"
        yield Fault(SERVICE, (*at, "healthCheckNodePort"), message)
    elif not 0 < port <= NODE_PORT_MAX:
        yield Fault("PS406", (*at, "healthCheckNodePort"), f"{port} is not a port")


def _addresses(value: Tree, kind: str, at: Pointer) -> Iterator[Fault]:
    single, many = value.get("clusterIP"), items(value, ("clusterIPs",))
    yield from _forms(single, many, at)
    yield from _together(single, many, at)
    if "None" in (single, *many) and kind in ("NodePort", "LoadBalancer"):
        place = (*at, "clusterIP") if single == "None" else (*at, "clusterIPs", 0)
        yield Fault(SERVICE, place, f"a headless Service cannot be a {kind}")
    if kind == "ExternalName" and many and not single:
        yield Fault(SERVICE, (*at, "clusterIPs"), "a Service of the type ExternalName has no addresses")
    yield from _families(value, many or [single], at)


def _forms(single: Any, many: list[Any], at: Pointer) -> Iterator[Fault]:
    """Check that each cluster IP is an IP address or `None`."""
    found: list[tuple[Pointer, Any]] = [(("clusterIP",), single)] if single else []
    found += [(("clusterIPs", index), each or "") for index, each in enumerate(many)]
    for place, address in found:
        if isinstance(address, str) and address != "None" and not is_ip(address):
            yield Fault("PS432", (*at, *place), f"{quoted(address)} is not an IP address", 'or "None"')


def _together(single: Any, many: list[Any], at: Pointer) -> Iterator[Fault]:
    """Check that `clusterIPs` starts with `clusterIP`, and has at most one address of each family."""
    if not many:
        return
    if not single:
        yield Fault(SERVICE, (*at, "clusterIPs"), "clusterIPs without clusterIP", "write the first into clusterIP too")
    elif many[0] != single:
        notes = (((*at, "clusterIP"), "the other one"),)
        yield Fault(SERVICE, (*at, "clusterIPs", 0), "the first address is not clusterIP", "", notes)
    families = [address.version for address in map(ip_of, map(str, many)) if address]
    if len(many) > 2 or len(set(families)) < len(families):
        yield Fault(SERVICE, (*at, "clusterIPs"), "at most one address of each family")


def _families(value: Tree, addresses: list[Any], at: Pointer) -> Iterator[Fault]:
    families = items(value, ("ipFamilies",))
    for index, (family, text) in enumerate(zip(families, addresses, strict=False)):
        address = ip_of(str(text))
        if address and family in ("IPv4", "IPv6") and f"IPv{address.version}" != family:
            message = f"{quoted(str(address))} is not of the family {family}"
            yield Fault(SERVICE, (*at, "ipFamilies", index), message)
    if len(families) == 2 and value.get("ipFamilyPolicy") in (None, "SingleStack"):
        yield Fault(SERVICE, (*at, "ipFamilies"), "two families need an ipFamilyPolicy of dual stack")


def _ports(value: Tree, kind: str, at: Pointer) -> Iterator[Fault]:
    seen: dict[int, tuple[Any, Any, Pointer]] = {}
    for here, port in mappings(value, ("ports",)):
        node, place = integer_of(port, "nodePort"), (*at, *here, "nodePort")
        if not node:
            continue
        if kind == "ClusterIP":
            yield Fault(SERVICE, place, "a ClusterIP has no port of the node", "set type: NodePort")
        # Only the same port with another protocol may share a port of the nodes.
        mine = (port.get("protocol") or "TCP", port.get("port"))
        protocol, number, first = seen.setdefault(node, (*mine, here))
        if first != here and (protocol == mine[0] or number != mine[1]):
            notes = (((*at, *first), "the first one"),)
            yield Fault("PS436", place, f"takes port {node} of the nodes a second time", "", notes)


def check_slice(value: Tree, at: Pointer) -> Iterator[Fault]:
    kind = value.get("addressType")
    yield from _names_of_ports(value, at)
    for here, endpoint in mappings(value, ("endpoints",)):
        for index, address in enumerate(items(endpoint, ("addresses",))):
            text = "" if address is None else address
            if isinstance(text, str) and not _is_address(text, kind):
                message = f"{quoted(text)} is not an address of the type {kind} that can be an endpoint"
                yield Fault(ENDPOINT, (*at, *here, "addresses", index), message)


def _names_of_ports(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the ports of a slice that have the name of an earlier port. A port without a name has the empty one."""
    seen: dict[str, int] = {}
    for index, port in enumerate(items(value, ("ports",))):
        if port is not None and not isinstance(port, dict):
            continue
        name = text_of(port or {}, "name")
        first = seen.setdefault(name, index)
        if first != index:
            notes = (((*at, "ports", first), "the first one"),)
            yield Fault("PS436", (*at, "ports", index), f"has the same name {quoted(name)} as item {first}", "", notes)


def _is_address(text: str, kind: Any) -> bool:
    if kind == "FQDN":
        return is_dns_subdomain(text.removesuffix(".")) and "." in text.removesuffix(".")
    if kind not in ("IPv4", "IPv6"):
        return True
    found = ip_of(text)
    if found is None or f"IPv{found.version}" != kind or not is_endpoint(text):
        return False
    return kind == "IPv4" or is_strict_ip(text)


def check_subset(value: Tree, at: Pointer) -> Iterator[Fault]:
    ports = list(mappings(value, ("ports",)))
    for here, port in ports:
        name = port.get("name")
        if len(ports) > 1 and not name:
            yield Fault("PS402", (*at, *here), "each of several ports has a name")


def check_block(value: Tree, at: Pointer) -> Iterator[Fault]:
    cidr = text_of(value, "cidr")
    whole = cidr_of(cidr)
    for here, text in strings(value, ("except",)):
        part = cidr_of(text)
        if whole is not None and part is not None and not _is_inside(part, whole):
            message = f"{quoted(text)} is not a part of {quoted(cidr)}"
            yield Fault(POLICY, (*at, *here), message, "", (((*at, "cidr"), "the whole"),))


def _is_inside(part: Network, whole: Network) -> bool:
    """Return whether one network is a smaller part of another. Host bits are ignored."""
    if whole.version != part.version or whole.prefixlen >= part.prefixlen:
        return False
    behind = whole.max_prefixlen - whole.prefixlen
    return int(part.network_address) >> behind == int(whole.network_address) >> behind


def check_policy_port(value: Tree, at: Pointer) -> Iterator[Fault]:
    name = value.get("port")
    if isinstance(name, str):
        yield from _named_port(value, name, at)
    number, end = integer_of(value, "port"), integer_of(value, "endPort")
    if number is not None and not 0 < number <= NODE_PORT_MAX:
        yield Fault("PS406", (*at, "port"), f"{number} is not a port")
    if number is not None and end is not None and end < number:
        message = f"{end} is less than {number}, where the range starts"
        yield Fault(POLICY, (*at, "endPort"), message, "", (((*at, "port"), "the start"),))


def _named_port(value: Tree, name: str, at: Pointer) -> Iterator[Fault]:
    if not is_port_name(name):
        yield Fault("PS416", (*at, "port"), f"{quoted(name)} is not the name of a port")
    if value.get("endPort") is not None:
        yield Fault("PS434", (*at, "endPort"), "a range of ports starts with a number")


def check_ingress_backend(value: Tree, at: Pointer) -> Iterator[Fault]:
    resource = value.get("resource")
    if not isinstance(resource, dict):
        return
    for field in ("kind", "name"):
        if not resource.get(field):
            yield Fault("PS402", (*at, "resource"), f"the field {quoted(field)} is missing")
    group = resource.get("apiGroup")
    for field in ("kind", "name"):
        text = text_of(resource, field)
        if text and not is_path_segment(text):
            yield Fault("PS431", (*at, "resource", field), f"{quoted(text)} is not a name")
    if isinstance(group, str) and not is_dns_subdomain(group):
        yield Fault("PS431", (*at, "resource", "apiGroup"), f"{quoted(group)} is not an API group")


def check_ingress(value: Tree, at: Pointer) -> Iterator[Fault]:
    for here, rule in mappings(value, ("rules",)):
        host = rule.get("host")
        if isinstance(host, str) and ip_of(host) is not None:
            yield Fault("PS431", (*at, *here, "host"), f"{quoted(host)} is an IP address, and a host is a name")


def check_cidrs(value: Tree, at: Pointer) -> Iterator[Fault]:
    found = [cidr_of(each) for each in items(value, ("cidrs",)) if isinstance(each, str)]
    if len(found) == 2 and all(found) and found[0].version == found[1].version:  # type: ignore[union-attr]
        yield Fault(POLICY, (*at, "cidrs"), "two networks are of two families")


CHECKS = {
    "service": check_service,
    "endpoint slice": check_slice,
    "endpoints": check_subset,
    "block of addresses": check_block,
    "port of a policy": check_policy_port,
    "backend": check_ingress_backend,
    "ingress": check_ingress,
    "networks": check_cidrs,
}
