"""Addresses of repositories: comparing them, and finding those of this repository."""

from collections.abc import Iterator
from urllib.parse import quote, unquote

from penstock.regex import regex

_SCP = regex(r"(?P<user>[^@/:]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*|/.*)")
_URL = regex(r"(?i)[a-z][a-z0-9+.-]*://(?:[^@/]*@)?(?P<host>[^/:]*)(?::\d+)?/*(?P<path>.*)")


def normal(address: str) -> str:
    """Return the form that all spellings of an address share: `host/owner/name`, without user, port and `.git`."""
    address = address.strip()
    found = _URL.fullmatch(address) or _SCP.fullmatch(address)
    name = f"{found['host']}/{found['path'].lstrip('/')}" if found else address
    return name.lower().rstrip("/").removesuffix(".git").rstrip("/")


_SSH_OF_ARGO = regex(r"(?:ssh://)?[^/:]*@[^@]+")
_SCHEME = regex(r"[a-z][a-z0-9+.-]*(?=:)")
_USER = regex(r"(?a)[\w.~!$&'()*+,;=%@:-]*")
_HOST = regex(r"(?:\[[0-9a-f:.%]+\]|[^]:\[]*)(?::[0-9]*)?")
_HOST_SIGNS = regex("(?a)[\\w.~!$&'()*+,;=:<>\"\\[\\]%\u0080-\U0010ffff-]*")
_PATH_SIGNS = regex(r"(?a)(?:[\w.~!$&'()*+,;=:@\[\]/-]|%[0-9a-f]{2})*")
_NO_URL = regex(r"[\x00-\x1f\x7f]|%(?![0-9a-f]{2})")
_NOT_ESCAPED = "$&+,/:;=@"


def normal_of_argo(address: str) -> str:
    """Return the form by which Argo CD compares addresses, and patterns of addresses: it keeps the scheme, so that ssh
    and https differ. It is empty where the address is no URL.
    """
    address = address.strip().lower()
    if _SSH_OF_ARGO.fullmatch(address) and not address.startswith("ssh://"):
        address = f"ssh://{address.replace(':', '/', 1)}"
    return _as_url(address.removesuffix(".git")).removeprefix("ssh://")


def _as_url(address: str) -> str:
    """Return an address as Go's `url.Parse` reads and prints it, or an empty text if Go refuses it.

    A path with a character that must be escaped, such as `{`, is escaped as a whole, even its `*`.
    """
    if _NO_URL.search(address):
        return ""
    whole, mark, query = address.partition("?")
    found = _SCHEME.match(whole)
    scheme = f"{found[0]}:" if found else ""
    rest = whole[len(scheme) :]
    if not rest.startswith("/"):
        is_refused = not scheme and ":" in rest.partition("/")[0]
        return "" if is_refused else f"{scheme}{rest if scheme else _escaped(rest)}{mark}{query}"
    authority, path = "", rest
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        if not _is_authority(authority):
            return ""
    start = f"{scheme}//{authority}" if authority or (scheme and rest.startswith("//")) else scheme
    return f"{start}{_escaped(path)}{mark}{query}"


def _is_authority(text: str) -> bool:
    """Return whether Go accepts the part of a URL between `//` and the path."""
    user, _, host = text.rpartition("@")
    return bool(_USER.fullmatch(user) and _HOST.fullmatch(host) and _HOST_SIGNS.fullmatch(host))


def _escaped(path: str) -> str:
    return path if _PATH_SIGNS.fullmatch(path) else quote(unquote(path), safe=_NOT_ESCAPED)


def remotes(config: bytes) -> Iterator[str]:
    """Yield the addresses of all remotes in a git configuration file."""
    is_remote = False
    for line in config.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith("["):
            is_remote = line.lower().startswith("[remote ")
        elif is_remote and line.partition("=")[0].strip().lower() == "url":
            yield line.partition("=")[2].strip().strip('"')
