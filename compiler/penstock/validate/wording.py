"""The keywords of `schemas/validation.yaml` that check one string: names, keys, addresses, paths.

The API server treats an empty string as absent, so no keyword refuses it unless the table appends `!` to the keyword.

Source: apimachinery pkg/util/validation and pkg/apis/*/validation, as of Kubernetes 1.37.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.model import Pointer
from penstock.records import NamedTuple
from penstock.validate import address, request_uri, syntax
from penstock.validate.fault import Fault
from penstock.words import quoted

NAME, ADDRESS, TEXT = "PS431", "PS432", "PS433"


class Word(NamedTuple):
    """A check of one string: the code of its finding, the check itself, the name of a valid string, and what is
    allowed.
    """

    code: str
    holds: Callable[[str], bool]
    called: str
    allowed: str = ""


_SUBDOMAIN = f"allowed are {syntax.DNS_SUBDOMAIN}"
_PART = f"allowed are {syntax.NAME_PART}"
_SEGMENT = "a segment of a path is neither . nor .. and has no / and no %"

WORDS: dict[str, Word] = {
    "dns-label": Word(NAME, syntax.is_dns_label, "a DNS label", f"allowed are {syntax.DNS_LABEL}"),
    "dns-1035-label": Word(NAME, syntax.is_dns_1035_label, "a DNS label", "a letter first, then as in a DNS label"),
    "dns-subdomain": Word(NAME, syntax.is_dns_subdomain, "a DNS subdomain", _SUBDOMAIN),
    "dns-name": Word(NAME, syntax.is_dns_name, "a DNS name", _SUBDOMAIN),
    "several-labels": Word(NAME, syntax.has_several_labels, "a full DNS name", "it has at least three labels"),
    "host": Word(NAME, syntax.is_host, "a host", f"a DNS subdomain, or *. and one; {_SUBDOMAIN}"),
    "search-domain": Word(NAME, syntax.is_search_domain, "a search domain", _SUBDOMAIN),
    "qualified-name": Word(NAME, syntax.is_qualified_name, "a qualified name", f"name or prefix/name; {_PART}"),
    "provisioner": Word(
        NAME, lambda text: syntax.is_qualified_name(text.lower()), "a qualified name", f"name or prefix/name; {_PART}"
    ),
    "label-key": Word("PS411", syntax.is_qualified_name, "a label key", f"name or prefix/name; {_PART}"),
    "label-value": Word("PS411", syntax.is_label_value, "a label value", _PART),
    "prefixed-name": Word(NAME, syntax.is_prefixed_name, "prefix/name", f"the prefix is a DNS subdomain; {_PART}"),
    "prefixed-key": Word("PS412", lambda text: syntax.is_prefixed_name(text.lower()), "prefix/name", _PART),
    "prefixed-path": Word(NAME, syntax.is_prefixed_path, "domain/path", "such as example.com/name"),
    "host-ports": Word(ADDRESS, syntax.has_host_ports, "host:port", "several have commas between them"),
    "segment": Word(NAME, syntax.is_path_segment, "a name", _SEGMENT),
    "config-key": Word(NAME, syntax.is_config_key, "a key", "letters, digits, '-', '_' and '.', not '.' or '..'"),
    "port-name": Word(NAME, syntax.is_port_name, "the name of a port", f"allowed are {syntax.PORT_NAME}"),
    "driver": Word(NAME, syntax.is_driver, "the name of a CSI driver", "a DNS subdomain of 63 characters at most"),
    "identifier": Word(NAME, syntax.is_identifier, "an identifier", "a letter or _ first, then letters, digits, _"),
    "variable": Word(NAME, syntax.is_variable, "a variable's name", "printable ASCII without '='"),
    "plain-variable": Word(NAME, syntax.is_plain_variable, "a variable's name", "letters, digits, '_', '-' and '.'"),
    "header": Word(NAME, syntax.is_header, "the name of a header", "letters, digits and '-'"),
    "user": Word(NAME, syntax.is_user, "a name of Windows", ""),
    "ip": Word(ADDRESS, address.is_ip, "an IP address", "such as 10.0.0.1 or 2001:db8::1"),
    "sloppy-ip": Word(ADDRESS, address.is_sloppy_ip, "an IP address", "such as 10.0.0.1 or 2001:db8::1"),
    "sloppy-cidr": Word(ADDRESS, address.is_sloppy_cidr, "a CIDR", "such as 10.0.0.0/8"),
    "strict-ip": Word(ADDRESS, address.is_strict_ip, "an IP address in its canonical form"),
    "ip-of-endpoint": Word(
        ADDRESS, address.is_endpoint, "an address that can be an endpoint", "no loopback, link-local"
    ),
    "cidr": Word(ADDRESS, address.is_cidr, "a CIDR", "such as 10.0.0.0/8"),
    "network": Word(ADDRESS, address.is_network, "a network", "no bits beyond the prefix: 10.0.0.0/8"),
    "strict-cidr": Word(ADDRESS, address.is_strict_cidr, "a network", "no bits beyond the prefix: 10.0.0.0/8"),
    "https-url": Word(ADDRESS, request_uri.is_https, "a URL of HTTPS", "https://host/path, no user, query or fragment"),
    "absolute-path": Word(TEXT, lambda text: text.startswith("/"), "an absolute path", "it starts with /"),
    "not-upwards": Word(TEXT, syntax.stays_below, "a path without .."),
    "relative-path": Word(TEXT, syntax.is_relative_path, "a relative path", "no / at its start, no .. in it"),
    "item-path": Word(TEXT, syntax.is_item_path, "a relative path", "no / at its start, no .. at its start or in it"),
    "trimmed": Word(TEXT, lambda text: text == text.strip(), "free of blanks at its ends"),
    "no-colon": Word(TEXT, lambda text: ":" not in text, "a path of a mount", "it has no ':'"),
    "no-slash": Word(TEXT, lambda text: "/" not in text, "a name", "it has no '/'"),
    "service-path": Word(TEXT, syntax.is_service_path, "a path", "it starts with /, and its parts are DNS subdomains"),
    "url-path": Word(TEXT, syntax.is_url_path, "a path of URLs", "it starts with /, and a * is its last part"),
    "iqn": Word(TEXT, syntax.is_iqn, "a qualified name of iSCSI", "it starts with iqn., eui. or naa."),
    "group-version": Word(TEXT, syntax.is_group_version, "an API group and version", "such as apps/v1"),
    "api-version": Word(TEXT, syntax.is_api_version, "an API group and version", "such as apps/v1"),
    "kind": Word(NAME, syntax.is_kind, "a kind", "letters, digits and '-', a letter first"),
    "text": Word(NAME, bool, "a name", "it is not empty"),
    "bundle": Word(NAME, syntax.is_bundle, "the name of a bundle", "a DNS subdomain, behind its signer and ':'"),
    "unreserved": Word(NAME, syntax.is_unreserved, "a name of your own", "kubernetes.io and k8s.io are reserved"),
    "no-ip": Word(NAME, address.is_no_ip, "a DNS name", "it is an IP address"),
    "fully-qualified": Word(NAME, syntax.is_fully_qualified, "a domain", "at least two labels, as in example.com"),
    "finalizer": Word(NAME, syntax.is_finalizer, "a finalizer", "kubernetes, or prefix/name"),
    "semver": Word(TEXT, syntax.is_semver, "a version", "such as 1.2.3"),
    "attribute": Word(NAME, syntax.is_attribute, "the name of an attribute", "name, or domain/name"),
    "full-attribute": Word(NAME, syntax.is_full_attribute, "the full name of an attribute", "domain/name"),
    "pool": Word(NAME, syntax.is_pool, "the name of a pool", "DNS subdomains, with / between them"),
    "subresource": Word(NAME, syntax.is_reference_to_request, "a request, or request/subrequest", ""),
    "loose-cidr": Word(ADDRESS, address.is_loose_cidr, "a CIDR", "such as 10.0.0.0/8"),
    "signer": Word(NAME, syntax.is_signer, "the name of a signer", "such as example.com/name"),
    "generated": Word(NAME, syntax.is_generated, "the start of a name", _SUBDOMAIN),
    "microtime": Word("PS407", syntax.is_micro_time, "a time with microseconds", "write 2026-01-31T12:00:00.000000Z"),
    "sysctl": Word(NAME, syntax.is_sysctl, "the name of a sysctl", "such as net.core.somaxconn"),
    "resource": Word(NAME, syntax.is_resource, "a resource", "a standard one such as cpu, or a qualified name"),
}


def broken_words(words: tuple[str, ...] | list[str], value: Any, at: Pointer) -> Iterator[Fault]:
    """Yield the checks that a value fails. Values of the wrong type are ignored, since the schema reports them."""
    for each in words:
        scope, _, name = each.rpartition(" ")
        for here, text in _texts(scope, value, at):
            if text == "" and not scope and not name.endswith("!"):
                continue
            word = WORDS[name.rstrip("!")]
            if not word.holds(text):
                yield Fault(word.code, here, f"{quoted(text)} is not {word.called}", word.allowed)


def keeper_of(words: list[str]) -> Callable[[Any], bool]:
    """Return the check of a value by keywords: like `broken_words`, but without messages."""
    checks = [_keeper(*each.rpartition(" ")[::2]) for each in words]
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(keeps(value) for keeps in checks)


def _keeper(scope: str, name: str) -> Callable[[Any], bool]:
    holds = WORDS[name.rstrip("!")].holds
    if scope:
        return lambda value: all(holds(text) for text in _texts_alone(scope, value))
    if name.endswith("!"):
        return lambda value: type(value) is not str or holds(value)
    return lambda value: type(value) is not str or not value or holds(value)


def _texts_alone(scope: str, value: Any) -> list[str]:
    """Return the strings that `_texts` yields for a scope, without their places."""
    if scope == "each" and type(value) is list:
        return [item or "" for item in value if item is None or type(item) is str]
    if type(value) is not dict:
        return []
    if scope == "keys":
        return [*value]
    return [child or "" for child in value.values() if child is None or type(child) is str]


def _texts(scope: str, value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield the strings to which a keyword applies: the value, list elements, or the keys or values of a mapping."""
    if scope == "each" and type(value) is list:
        yield from (((*at, index), item or "") for index, item in enumerate(value) if item is None or type(item) is str)
    elif scope and type(value) is dict:
        for key, child in value.items():
            if scope == "keys":
                yield (*at, key), key
            elif child is None or type(child) is str:
                yield (*at, key), child or ""
    elif not scope and type(value) is str:
        yield at, value
