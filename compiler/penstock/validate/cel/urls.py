"""URLs as Go's `url.ParseRequestURI` reads them. Source: apiserver pkg/cel/library/urls.go."""

from urllib.parse import quote, unquote_plus, urlsplit

from penstock.regex import regex
from penstock.validate.cel.values import Url

_NOT_IN_HOST = regex(r" |:[^:\]@]*[^0-9:\]@][^:\]@]*$")
"""A blank, or a port that is no number."""

_NOT_IN_URL = regex(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = regex(r"%(?![0-9A-Fa-f]{2})")


def url_of(text: str) -> Url | None:
    """Return the parts of a URL, of an absolute path or of `*`, or None where the text is none of these."""
    if text == "*":
        return Url("", "", text, {})
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    if not (parts.scheme or text.startswith("/")) or _NOT_IN_URL.search(text) or _NOT_IN_HOST.search(parts.netloc):
        return None
    if _BAD_ESCAPE.search(parts.netloc + parts.path):
        return None
    return Url(parts.scheme, host, _escaped_path(parts.path), _query(parts.query))


def _escaped_path(path: str) -> str:
    return quote(path, safe="/%:@!$&'()*+,;=~-._[]")


def _query(query: str) -> dict[str, list[str]]:
    """Return the values of a query string by name, without the pairs that cannot be parsed."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&"):
        if pair and ";" not in pair and not _BAD_ESCAPE.search(pair):
            key, _, value = pair.partition("=")
            found.setdefault(unquote_plus(key), []).append(unquote_plus(value))
    return found
