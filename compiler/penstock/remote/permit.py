"""Which addresses may be fetched at all, and how they may be shown. All of this is decided from the text alone."""

import ipaddress
import re
from collections.abc import Iterable, Set
from hashlib import sha256

from penstock.records import NamedTuple
from penstock.remote.failure import REFUSED, NotFollowed
from penstock.sources import Address

_URL = re.compile(r"(?i:(https|http|ssh|file))://(?:([^/@]*)@)?([^/]*)(/.*)?")
_SCP = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9-]*)@)?([^:/]+):(?!//)([^:].*)")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_REF = re.compile(r"(?:HEAD|[\w][\w./+@#-]*)")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_SECRETS = re.compile(
    r"(?i)([?&#](?=[^=&?#]*?(?:token|secret|sig|passw|pwd|pass|key|auth|credential|session|jwt)|(?:sas|code|pw|pin)=)"
    r"[^=&?#]*+=)[^&#]*+"
)
"""The values of a query that look like secrets, by the names that they have."""

CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")
"""Nothing that is fetched has one of these in its address: they mean different things to different readers."""


def refusal(address: Address, within: str) -> str:
    """Return why an address is not fetched, or the empty string if it may be. `within` is the repository that names
    it.
    """
    if CONTROL.search(address.name):
        return "it has a space, a backslash or a control character in it"
    if address.http and (reason := refusal_of_url(address.name.partition("?")[0], within)):
        return reason
    if address.repository and (reason := refusal_of_url(address.repository, within)):
        return reason
    if address.ref and (not _REF.fullmatch(address.ref) or ".." in address.ref):
        return "its ref can be no branch, tag or commit"
    return ""


def refusal_of_url(url: str, within: str) -> str:
    """Return why git or a web server is not asked for a URL, or the empty string if it may be. `within` is the
    repository that names it.
    """
    if CONTROL.search(url):
        return "it has a space, a backslash or a control character in it"
    if url.startswith("file://"):
        return (
            "a repository from elsewhere may not name one of this machine" if within and not is_private(within) else ""
        )
    scheme, user, host, path = split(url)
    if not _HOST.fullmatch(host):
        return f'"{host}" is no host' if host else "it names no host"
    # `::` would choose a remote helper, which is a program.
    if path.lstrip("/:").startswith("-") or "::" in path:
        return "git could take its path for an option"
    if user and scheme != "ssh":
        return "it has a user or a password in it, which would be in the history of the repository"
    if user and not _USER.fullmatch(user):
        return "its user is none, or it has a password in it"
    if within and is_private(url) and not is_private(within):
        return "a repository from elsewhere may not name this machine"
    return ""


def split(url: str) -> tuple[str, str, str, str]:
    """Return scheme, user, host and path of a URL, or of an address in scp's notation. All are empty for any other
    text.
    """
    match = _URL.fullmatch(url)
    if match:
        return match[1].lower(), match[2] or "", match[3], match[4] or ""
    match = _SCP.fullmatch(url)
    return ("ssh", match[1] or "", match[2], match[3]) if match else ("", "", "", "")


def is_private(url: str) -> bool:
    """Return whether a URL leads to this machine, or to a place that only this machine can reach (such as a cloud's
    metadata service), as far as its text says.
    """
    return url.startswith("file://") or is_local(host_of(url))


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, without port and brackets. It is empty for a text that is no URL."""
    return re.sub(r":[0-9]*$", "", split(url)[2]).strip("[]").rstrip(".").lower()


def is_local(host: str) -> bool:
    """Return whether a name or address is that of this machine, or of one that only its neighbours can reach."""
    if host == "localhost" or host.endswith((".localhost", "localhost.localdomain")):
        return True
    try:
        return _is_local_address(ipaddress.ip_address(host))
    except ValueError:
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))  # 127.1, 0x7f.1, 2130706433 and the like


_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""The last part of a host that is an address rather than a name, in whichever spelling."""

_METADATA = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
"""Metadata services of clouds whose address is not link-local: those of AWS, Alibaba, Azure and Oracle."""


def _is_local_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = _inner(address)
    if inner is not None:
        return _is_local_address(inner)
    is_near = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return is_near or address in _THIS_NETWORK or str(address) in _METADATA


_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
"""Addresses that Linux takes for its own."""


def _inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    is_translated = address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1)
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if is_translated else None


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


class Hosts(NamedTuple):
    """The hosts of this machine and its neighbourhood that the user, and not the repository, has allowed."""

    allowed: Set[str] = frozenset()

    def check(self, url: str) -> None:
        """Raise `NotFollowed` for a URL that names a host which is not allowed."""
        host = host_of(url)
        if is_local(host) and host not in self.allowed:
            raise self._refusal(url, f"{host} is this machine, or can be reached by it alone", host)

    def check_addresses(self, url: str, host: str, addresses: Iterable[str]) -> None:
        """Raise `NotFollowed` for a URL whose host has an address that is not allowed."""
        host = host.strip("[]").rstrip(".").lower()
        local = [each for each in addresses if is_local(each.partition("%")[0]) and each not in self.allowed]
        if local and host not in self.allowed:
            raise self._refusal(url, f"{host} is {local[0]}, which this machine alone can reach", host)

    def _refusal(self, url: str, reason: str, host: str) -> NotFollowed:
        hint = f"if you trust it, `penstock lock --allow-host {host}`, or write {host} into ~/.config/penstock/hosts"
        return NotFollowed(REFUSED, f"{shown(url)} is not fetched: {reason}", hint)


def is_commit(ref: str) -> bool:
    return bool(_COMMIT.fullmatch(ref))


def shown(name: str) -> str:
    """Return an address for people: without user and password, and without parts of its query that look like
    secrets.
    """
    name = re.sub(r"(?<=://)[^/@]*@", "***@", name)
    return _SECRETS.sub(r"\1***", re.sub(r"^[^/@:]*+:[^/@]*+@", "***@", name))


def without_secrets(name: str) -> str:
    """Return an address as it stands in the lock file: with a digest in the place of each part of its query that looks
    like a secret.
    """
    return _SECRETS.sub(lambda found: found[1] + f"sha256-{sha256(found[0].encode()).hexdigest()[:16]}", name)


def label(url: str) -> str:
    """Return the beginning of a path that stands for a URL: its host and path, without user and query, and without
    steps that lead up.
    """
    scheme, _, host, path = split(url.partition("?")[0])
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "//" + "/".join(["localhost" if scheme == "file" and not host else host, *parts])
