"""Addresses: IP and CIDR.

Python's `ipaddress` is as strict as Go's `netip`, except for zones and for masks in place of prefix lengths.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def ip_of(text: str) -> IPv4Address | IPv6Address | None:
    if len(text) > 64 or "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_ip(text: str) -> bool:
    found = ip_of(text)
    return found is not None and not _is_mapped(found)


def is_strict_ip(text: str) -> bool:
    """Return whether a text is an IP address in its canonical form. IPv4-mapped IPv6 addresses are refused."""
    found = ip_of(text)
    return found is not None and str(found) == text and not _is_mapped(found)


def is_sloppy_ip(text: str) -> bool:
    """Return whether Kubernetes before 1.36 accepts an IP address: numbers may have leading zeros."""
    return ip_of(_without_zeros(text)) is not None


def is_sloppy_cidr(text: str) -> bool:
    """Return whether Kubernetes before 1.36 accepts a CIDR: leading zeros and host bits are allowed."""
    return cidr_of(_without_zeros(text.strip())) is not None


def _without_zeros(text: str) -> str:
    address, slash, length = text.partition("/")
    parts = [part.lstrip("0") or "0" if part.isdigit() else part for part in address.split(".")]
    return (".".join(parts) if len(parts) == 4 else address) + slash + length


def is_endpoint(text: str) -> bool:
    """Return whether an address can be that of an endpoint: not unspecified, loopback or link-local."""
    found = ip_of(text)
    if found is None or _is_mapped(found) or found.is_unspecified or found.is_loopback or found.is_link_local:
        return False
    return not _is_link_multicast(found)


Network = IPv4Network | IPv6Network


def cidr_of(text: str, strict: bool = False) -> Network | None:
    address, slash, length = text.partition("/")
    if not slash or not length.isascii() or not length.isdigit() or (length[0] == "0" and length != "0"):
        return None
    # Python takes zones of addresses, and the server does not.
    if len(text) > 80 or "%" in address:
        return None
    try:
        return ip_network(text, strict)
    except ValueError:
        return None


def is_cidr(text: str) -> bool:
    return cidr_of(text) is not None


def is_strict_cidr(text: str) -> bool:
    found = cidr_of(text, strict=True)
    return found is not None and str(found) == text and not _is_mapped(found.network_address)


def is_network(text: str) -> bool:
    """Return whether a CIDR has no host bits. The case of letters does not matter."""
    found = cidr_of(text, strict=True)
    return found is not None and not _is_mapped(found.network_address)


def _is_mapped(found: IPv4Address | IPv6Address) -> bool:
    return found.version == 6 and found.ipv4_mapped is not None


def _is_link_multicast(found: IPv4Address | IPv6Address) -> bool:
    if found.version == 4:
        return found.packed[:3] == b"\xe0\x00\x00"
    return found.packed[0] == 0xFF and found.packed[1] & 0x0F == 2


def is_no_ip(text: str) -> bool:
    return not is_ip(text)


def is_loose_cidr(text: str) -> bool:
    """Return whether a Service accepts a CIDR: surrounding blanks are ignored."""
    return is_network(text.strip())
