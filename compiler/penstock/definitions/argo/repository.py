"""Addresses of repositories: comparing them, and finding those of this repository."""

import re
from collections.abc import Iterator

_SCP = re.compile(r"(?P<user>[^@/:]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*|/.*)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/]*@)?(?P<host>[^/:]*)(?::\d+)?/*(?P<path>.*)", re.IGNORECASE)


def normal(address: str) -> str:
    """Return the form that all spellings of an address share: `host/owner/name`, without user, port and `.git`."""
    address = address.strip()
    found = _URL.fullmatch(address) or _SCP.fullmatch(address)
    name = f"{found['host']}/{found['path'].lstrip('/')}" if found else address
    return name.lower().rstrip("/").removesuffix(".git").rstrip("/")


def normal_of_argo(address: str) -> str:
    """Return the form by which Argo CD compares addresses: it keeps the scheme, so that ssh and https differ."""
    address = address.strip().lower().removesuffix(".git")
    if "://" not in address:
        found = _SCP.fullmatch(address)
        return f"ssh://{address}" if found else address
    return address


def remotes(config: bytes) -> Iterator[str]:
    """Yield the addresses of all remotes in a git configuration file."""
    is_remote = False
    for line in config.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith("["):
            is_remote = line.lower().startswith("[remote ")
        elif is_remote and line.partition("=")[0].strip().lower() == "url":
            yield line.partition("=")[2].strip().strip('"')
