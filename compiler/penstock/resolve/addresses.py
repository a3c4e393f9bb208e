"""Which entries Kustomize takes for addresses of something remote, by the rules of its own parser.

These rules are older than the URLs that they parse: the path of the repository ends after `_git/NAME`, at `//` or after
`.git`, and otherwise after its first two segments.
"""

import posixpath

from penstock.regex import regex
from penstock.sources import Address

SCHEMES = ("ssh://", "https://", "http://", "file://")
DEFAULT_TIMEOUT = 27.0

_NUMBER = regex(r"\+?[0-9]+")
_USER = regex(r"[a-zA-Z][a-zA-Z0-9-]*@")
_PERCENT = regex(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED = regex(r"(?:%[0-9A-Fa-f]{2})+")
_HTTP = regex(r"(?i)https?://[^/?#\s]+")
_DURATION = regex(r"([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


def is_http(name: str) -> bool:
    """Return whether Kustomize asks a web server for a file of this name."""
    path = name.partition("?")[0]
    return bool(_HTTP.match(name)) and not _PERCENT.search(path)


def address_of(name: str) -> Address | None:
    """Return the address that a name stands for, or None where the name is that of something local."""
    http = is_http(name)
    if name.startswith("/"):
        return None
    rest, _, query = name.partition("?")
    host, rest = _host(rest)
    repository, path = _parts(rest, host) if host else ("", "")
    ref, timeout, submodules = _query(query)
    if not repository:
        return Address(name, timeout=timeout, http=True) if http else None
    return Address(name, host + repository, path, ref, submodules, timeout, http)


def _host(name: str) -> tuple[str, str]:
    """Return everything before the path of the repository, in the form that git expects, and the rest of the name.

    The host is empty where the name is not an address.
    """
    name = _without(name, "git::") or name
    scheme = next((s for s in SCHEMES if name[: len(s)].lower() == s), "")
    name = name[len(scheme) :]
    match = _USER.match(name)
    user = match[0] if match else ""
    name = name[len(user) :]
    github = name[:11].lower() in ("github.com/", "github.com:")
    # Without a scheme only `user@host:path` and GitHub's short form are addresses; anything else is a path on disk.
    scp = not scheme and bool(user or github)
    if not scheme and not scp:
        return "", ""
    # A file has no host: everything behind the scheme is the path.
    if scheme == "file://":
        return scheme, user + name
    end = _end_of_host(name, scp)
    host, rest = name[:end], name[end:]
    if github:
        return _github(scheme, user), rest
    return (scheme + user + host, rest) if host else ("", "")


def _github(scheme: str, user: str) -> str:
    """Return the prefix of a GitHub URL whatever its scheme: ssh where there is a user or the scheme is ssh, else
    https.
    """
    return f"{user}github.com:" if user or scheme == "ssh://" else "https://github.com/"


def _without(name: str, prefix: str) -> str:
    return name[len(prefix) :] if name[: len(prefix)].lower() == prefix else ""


def _end_of_host(name: str, scp: bool) -> int:
    slash = name.find("/")
    if scp:
        colon = name.find(":")
        if slash < 0 or 0 < colon < slash:
            slash = colon
    return slash + 1 if slash >= 0 else len(name)


def _parts(name: str, host: str) -> tuple[str, str]:
    """Return the path of the repository, and the path inside it.

    Both are empty where there is no repository, or where the path leads out of it.
    """
    # Azure DevOps has `_git/` before the name of a repository.
    marker = name.find("_git/")
    if marker >= 0:
        first, _, path = name[marker + 5 :].partition("/")
        repository = name[: marker + 5] + first
    elif "//" in name:
        repository, _, path = name.partition("//")
    elif ".git" in name:
        end = name.index(".git") + 4
        repository, path = name[:end], name[end:]
    elif host == "file://":
        repository, path = name, ""
    else:
        # Nothing marks the end of the repository, so it is owner and name, as at GitHub.
        segments = name.split("/")
        repository, path = ("/".join(segments[:2]), "/".join(segments[2:])) if len(segments) > 1 else ("", "")
    path = path.removeprefix("/")
    if posixpath.normpath(path).split("/")[0] == "..":
        return "", ""
    return repository, path


def _query(query: str) -> tuple[str, float, bool]:
    """Return the ref, the timeout in seconds, and whether submodules are fetched.

    These are the defaults where Go could not parse the query.
    """
    values: dict[str, str] = {}
    for pair in query.split("&"):
        if ";" in pair or _PERCENT.search(pair):
            return "", DEFAULT_TIMEOUT, True
        key, _, value = pair.partition("=")
        values.setdefault(_unescaped(key), _unescaped(value))
    ref = values.get("ref") or values.get("version", "")
    return ref, _seconds(values.get("timeout", "")), _BOOLEANS.get(values.get("submodules", ""), True)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode(errors="replace"), text.replace("+", " ")
    )


def _seconds(text: str) -> float:
    """Return the seconds that `61`, `61s` or `1m1s` means; for any other text, the default."""
    if _NUMBER.fullmatch(text):
        return float(text) or DEFAULT_TIMEOUT
    pairs = _DURATION.findall(text)
    # Kustomize takes its default where Go cannot read the text as a whole.
    if not pairs or "".join(number + unit for number, unit in pairs) != text.removeprefix("+"):
        return DEFAULT_TIMEOUT
    return sum(float(number) * _UNITS[unit] for number, unit in pairs) or DEFAULT_TIMEOUT
