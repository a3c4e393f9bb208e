"""URLs, as policies and rules take them apart. Source: apiserver pkg/cel/library/urls.go."""

from urllib.parse import quote, unquote, unquote_plus

from penstock.regex import regex
from penstock.validate.cel.values import Url
from penstock.validate.request_uri import request_uri

_BAD_ESCAPE = regex(r"%(?![0-9A-Fa-f]{2})")


def url_of(text: str) -> Url | None:
    """Return the parts of a URL, of an absolute path or of `*`, or None where the text is none of these."""
    found = request_uri(text)
    if found is None:
        return None
    return Url(found.scheme, unquote(found.host), _escaped_path(found.path), _query(found.query))


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
