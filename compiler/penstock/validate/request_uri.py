"""URLs and absolute paths, as Go's `url.ParseRequestURI` reads them.

Source: net/url of Go, parse, parseAuthority, parseHost.
"""

from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.validate.address import ip_of

_CONTROL = regex(r"[\x00-\x1f\x7f]")
_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = regex(r"%(?![0-9A-Fa-f]{2})")
_USER = regex(r"(?:[A-Za-z0-9._:~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})*")
_HOST = regex(r"(?:[A-Za-z0-9._~!$&'()*+,;=:<>\"\]-]|[^\x00-\x7f]|%25|%[89A-Fa-f][0-9A-Fa-f])*")
_PORT = regex(r"(?::[0-9]*)?")
STRICT = ("http", "https")
"""The schemes of URLs in whose hosts only the port comes after a colon."""


class RequestUri(NamedTuple):
    """The parts of a URL. The path and the query are as they were written; what comes after a rootless scheme, as in
    `mailto:a@b`, is no path.
    """

    scheme: str
    user: str | None
    host: str
    path: str
    query: str


def request_uri(text: str) -> RequestUri | None:
    """Return the parts of a URL, of an absolute path or of `*`, or None where the text is none of these."""
    if text == "*":
        return RequestUri("", None, "", text, "")
    if _CONTROL.search(text):
        return None
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    path, _, query = text[found.end() if found else 0 :].partition("?")
    user, host = None, ""
    if not path.startswith("/"):
        return RequestUri(scheme, None, "", "", query) if scheme else None
    if scheme and path.startswith("//"):
        authority, slash, path = path[2:].partition("/")
        path = slash + path
        name, at, host = authority.rpartition("@")
        user = name if at else None
        if not _USER.fullmatch(name) or not _is_host(scheme, host):
            return None
    return None if _BAD_ESCAPE.search(path) else RequestUri(scheme, user, host, path, query)


def is_https(text: str) -> bool:
    """Return whether a text is a URL of HTTPS without a user, a query and a fragment."""
    url, _, fragment = text.partition("#")
    found = request_uri(url)
    if found is None or found.scheme != "https" or not found.host:
        return False
    return found.user is None and not found.query and not fragment


def _is_host(scheme: str, host: str) -> bool:
    if host.startswith("["):
        address, _, port = host[1:].rpartition("]")
        return _is_literal(address) and _PORT.fullmatch(port) is not None
    first = host.find(":") if scheme in STRICT else host.rfind(":")
    return _HOST.fullmatch(host) is not None and (first < 0 or _PORT.fullmatch(host[first:]) is not None)


def _is_literal(text: str) -> bool:
    """Return whether a text between brackets is an IPv6 address, which may have a zone."""
    address, zone, name = text.partition("%25")
    found = ip_of(address)
    return found is not None and found.version == 6 and bool(name or not zone)
