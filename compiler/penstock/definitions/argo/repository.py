"""Addresses of repositories: which of them mean the same one, and which of them means this one."""

import re
from collections.abc import Iterator

_SCP = re.compile(r"(?P<user>[^@/:]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*|/.*)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/]*@)?(?P<host>[^/:]*)(?::\d+)?/*(?P<path>.*)", re.IGNORECASE)


def normal(address: str) -> str:
    """A form that is the same for all spellings of a repository: `host/owner/name`, without user, port and `.git`."""
    address = address.strip()
    found = _URL.fullmatch(address) or _SCP.fullmatch(address)
    name = f"{found['host']}/{found['path'].lstrip('/')}" if found else address
    return name.lower().rstrip("/").removesuffix(".git").rstrip("/")


def normal_of_argo(address: str) -> str:
    """The form by which Argo CD compares addresses: the scheme stays, so that ssh and https are two."""
    address = address.strip().lower().removesuffix(".git")
    if "://" not in address:
        found = _SCP.fullmatch(address)
        return f"ssh://{address}" if found else address
    return address


def remotes(config: bytes) -> Iterator[str]:
    """The addresses of all remotes in the configuration of a repository."""
    is_remote = False
    for line in config.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith("["):
            is_remote = line.lower().startswith("[remote ")
        elif is_remote and line.partition("=")[0].strip().lower() == "url":
            yield line.partition("=")[2].strip().strip('"')
