"""The small grammars of Kubernetes: names, labels, quantities, times.

Source: apimachinery pkg/util/validation and pkg/api/resource, as of Kubernetes 1.37.
"""

from binascii import a2b_base64
from functools import lru_cache
from math import isfinite
from typing import Any

from penstock.regex import regex

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = regex(_LABEL)
_DNS_SUBDOMAIN = regex(rf"{_LABEL}(\.{_LABEL})*")
_NAME_PART = regex("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = regex("[-._a-zA-Z0-9]+")
_PORT_NAME = regex("[a-z0-9]+(-[a-z0-9]+)*")
_QUANTITY = regex(r"(?a)([+-]?)(\d+(?:\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_NO_DIGITS = regex(r"(?a)[+-]?\.?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?")
_SPACES = " \x85\xa0"
"""The spaces around a quantity that the API server drops. JSON escapes others, such as a line break."""

_DATE = regex(r"(?a)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_CLOCK = regex(r"(?a)([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)")

_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_POWERS_OF_1024 = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

DNS_LABEL = "lower-case letters, digits and '-', not at an end, 63 characters at most"
DNS_SUBDOMAIN = "lower-case letters, digits, '-' and '.', a letter or digit at each end, 253 characters at most"
NAME_PART = "letters, digits, '-', '_' and '.', a letter or digit at each end, 63 characters at most"
PORT_NAME = "lower-case letters, digits and single '-', at least one letter, 15 characters at most"


def is_dns_label(text: str) -> bool:
    """Return whether a text is an RFC 1123 label."""
    return len(text) <= 63 and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Return whether a text is an RFC 1123 subdomain."""
    return len(text) <= 253 and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    return not text or is_name_part(text)


def is_qualified_name(text: str) -> bool:
    """Return whether a text is a label key: `name` or `prefix/name`."""
    prefix, slash, name = text.rpartition("/")
    return is_name_part(name) and (not slash or is_dns_subdomain(prefix))


def is_name_part(text: str) -> bool:
    return len(text) <= 63 and _NAME_PART.fullmatch(text) is not None


def is_config_key(text: str) -> bool:
    """Return whether a text can be a key of a ConfigMap or Secret, which becomes a file name."""
    return len(text) <= 253 and _CONFIG_KEY.fullmatch(text) is not None and text != "." and not text.startswith("..")


def is_port_name(text: str) -> bool:
    """Return whether a text is an IANA service name."""
    return len(text) <= 15 and _PORT_NAME.fullmatch(text) is not None and not text.replace("-", "").isdigit()


def is_percentage(text: str) -> bool:
    """Return whether a text is a percentage such as `25%`."""
    return text.endswith("%") and text[:-1].isascii() and text[:-1].isdigit()


def is_quantity(value: Any) -> bool:
    """Return whether a value is a quantity: `500m`, `1.5Gi`, `1e3`, or a plain number."""
    if type(value) is str:
        return _QUANTITY.fullmatch(value.strip(_SPACES)) is not None
    return type(value) is int or (type(value) is float and isfinite(value))


def is_without_digits(value: Any) -> bool:
    """Return whether a text is a quantity without any digit, such as `Gi`, which the API server reads as zero.

    Its parser reads only what it can compute in 64 bits in this way.
    """
    if type(value) is not str or _NO_DIGITS.fullmatch(text := value.strip(_SPACES)) is None or not text:
        return False
    suffix = text.lstrip("+-.")
    return suffix not in ("Pi", "Ei") and (suffix[1:2] != "-" or int(suffix[1:]) >= -9)


MOST_DIGITS = 64
"""The largest exponent of a quantity, and its largest number of characters, that are compared exactly."""


def quantity(value: Any) -> Any:
    """Return a quantity as a `Decimal` for comparison.

    The result is None for values that are no quantity, or have more than 64 characters. An exponent beyond 64 counts as
    64, which is more than any amount of something that exists.
    """
    is_text = type(value) is str
    if not is_text and not is_quantity(value):
        return None
    text = value.strip(_SPACES) if is_text else str(value)
    return _number(text) if len(text) <= MOST_DIGITS else None


@lru_cache(maxsize=1_000)
def _number(text: str) -> Any:
    """Return a text of at most 64 characters as a number. Few amounts occur in a repository, and those often."""
    from decimal import Decimal

    match = _QUANTITY.fullmatch(text)
    if not match:
        return Decimal(0) if is_without_digits(text) else None
    sign, digits, suffix = match[1], match[2], match[3] or ""
    if suffix in _POWERS_OF_1024:
        number = Decimal(digits) * 1024 ** _POWERS_OF_1024[suffix]
    else:
        exponent = _EXPONENTS[suffix] if suffix in _EXPONENTS else int(suffix[1:])
        # An exponent may be huge, and a `Decimal` of it, too.
        number = Decimal(digits).scaleb(max(-MOST_DIGITS, min(exponent, MOST_DIGITS)))
    return -number if sign == "-" else number


def is_date(text: str) -> bool:
    """Return whether a text is a date that exists in the calendar."""
    if _DATE.fullmatch(text) is None:
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (29 if month == 2 and leap else _DAYS[month - 1])


_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_time(text: str) -> bool:
    """Return whether a text is an RFC 3339 time, as `metav1.Time` reads it."""
    return text[10:11] == "T" and is_date(text[:10]) and _CLOCK.fullmatch(text, 11) is not None


def is_base64(text: str) -> bool:
    """Return whether a text is standard base64 with padding. Line breaks are ignored."""
    text = text.replace("\n", "").replace("\r", "")
    if len(text) % 4:
        return False
    try:
        a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return True


def is_dns_1035_label(text: str) -> bool:
    return is_dns_label(text) and not text[0].isdigit()


def is_dns_name(text: str) -> bool:
    """Return whether a text is a DNS subdomain, with or without a final dot."""
    return is_dns_subdomain(text.removesuffix("."))


def has_several_labels(text: str) -> bool:
    """Return whether a text can be the name of a webhook: it has at least three labels."""
    return is_dns_subdomain(text) and text.count(".") >= 2


def is_host(text: str) -> bool:
    """Return whether a text can be a host of an Ingress: a name, or one with a wildcard as its first label."""
    return is_dns_subdomain(text.removeprefix("*."))


def is_search_domain(text: str) -> bool:
    """Return whether a text is a search domain of a resolver.

    Labels may start with an underscore. The root `.` alone and a final dot are allowed.
    """
    return text == "." or (len(text) <= 253 and _SEARCH.fullmatch(text.removesuffix(".")) is not None)


def is_prefixed_name(text: str) -> bool:
    return "/" in text and is_qualified_name(text)


def is_prefixed_path(text: str) -> bool:
    """Return whether a text has the form `example.com/any/path`."""
    domain, slash, path = text.partition("/")
    return bool(slash) and is_dns_subdomain(domain) and _PATH.fullmatch(path) is not None


def has_host_ports(text: str) -> bool:
    """Return whether a text consists of one or more `host:port`, separated by commas."""
    return all(map(_is_host_port, text.split(",")))


def _is_host_port(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    if host.startswith("["):
        host = host[1:-1] if host.endswith("]") else ":"
        return bool(colon) and not set("[]") & {*host, *port}
    return bool(colon) and not set(":[]") & {*host, *port}


def is_path_segment(text: str) -> bool:
    return text not in (".", "..") and "/" not in text and "%" not in text


def is_driver(text: str) -> bool:
    return len(text) <= 63 and is_dns_subdomain(text.lower())


def is_identifier(text: str) -> bool:
    return _IDENTIFIER.fullmatch(text) is not None


def is_variable(text: str) -> bool:
    """Return whether Kubernetes accepts a name of an environment variable since 1.34."""
    return bool(text) and all(" " <= each <= "~" and each != "=" for each in text)


def is_plain_variable(text: str) -> bool:
    """Return whether Kubernetes before 1.32 accepts a name of an environment variable."""
    return _PLAIN_VARIABLE.fullmatch(text) is not None and text != "." and not text.startswith("..")


def is_header(text: str) -> bool:
    return _HEADER.fullmatch(text) is not None


def is_user(text: str) -> bool:
    """Return whether a text is a Windows user name, with or without a domain before a backslash."""
    domain, slash, user = text.rpartition("\\")
    if "\\" in domain or any(each < " " or each == "\x7f" for each in text):
        return False
    has_domain = _NETBIOS.fullmatch(domain) or _DOMAIN.match(domain)
    if slash and (len(domain.encode()) >= 256 or not has_domain):
        return False
    return 0 < len(user.encode()) <= 104 and bool(user.strip(". ")) and set(user).isdisjoint('"/:;|=,+*?<>@[]')


def is_bundle(text: str) -> bool:
    """Return whether a text can be the name of a certificate bundle: a name, or the signer, `:` and a name."""
    signer, colon, name = text.rpartition(":")
    return is_dns_subdomain(name) and (not colon or bool(signer))


def is_unreserved(text: str) -> bool:
    """Return whether a key, with or without a domain, is outside the domains of Kubernetes."""
    domain = f".{text.partition('/')[0].lower()}"
    return not domain.endswith((".kubernetes.io", ".k8s.io"))


def is_sysctl(text: str) -> bool:
    return len(text) <= 253 and _SYSCTL.fullmatch(text) is not None


def is_resource(text: str) -> bool:
    return is_qualified_name(text)


def stays_below(text: str) -> bool:
    return ".." not in text.split("/")


def is_relative_path(text: str) -> bool:
    return not text.startswith("/") and stays_below(text)


def is_item_path(text: str) -> bool:
    """Return whether a text can be the path of a volume item. File names that start with `..` belong to the kubelet."""
    return is_relative_path(text) and not text.startswith("..")


def is_micro_time(text: str) -> bool:
    """Return whether a text is a `metav1.MicroTime`: RFC 3339 with six fractional digits."""
    return is_time(text) and _MICROSECONDS.search(text) is not None


_SEARCH_LABEL = "[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?"
_SEARCH = regex(rf"{_SEARCH_LABEL}(\.{_SEARCH_LABEL})*")
_IDENTIFIER = regex("[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_VARIABLE = regex("[-._a-zA-Z][-._a-zA-Z0-9]*")
_HEADER = regex("[-A-Za-z0-9]+")
_NETBIOS = regex(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_DOMAIN = regex(r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$")
_SYSCTL = regex("[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")
_MICROSECONDS = regex(r"\.\d{6}")
_IQN = regex(r"iqn.*iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+|iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+")
_EUI = regex("eui.[A-Za-z0-9]{16}")
_NAA = regex("naa.[A-Za-z0-9]{32}")
_PATH = regex(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_SEMVER = regex(
    r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


def is_service_path(text: str) -> bool:
    """Return whether a text can be the path of the Service of a webhook."""
    if not text.startswith("/") or text == "/":
        return text == "/"
    return all(map(is_dns_subdomain, text[1:].removesuffix("/").split("/")))


def is_url_path(text: str) -> bool:
    """Return whether a text can be a URL in an access rule. A final `*` matches all that follows."""
    return text == "*" or (
        text.startswith("/")
        and " " not in text
        and "//" not in text
        and "*" not in text[:-1]
        and (not text.endswith("*") or text.endswith("/*"))
    )


def is_iqn(text: str) -> bool:
    return any(form.fullmatch(text) for form in (_IQN, _EUI, _NAA))


def is_group_version(text: str) -> bool:
    """Return whether a text is `group/version` or `version`. An empty group is the core group."""
    group, _, version = text.rpartition("/")
    return bool(version) and "/" not in group


def is_api_version(text: str) -> bool:
    """Return whether a text is `group/version` or `version`, both valid; the group may be empty."""
    group, _, version = text.rpartition("/")
    return is_dns_1035_label(version) and (not group or is_dns_subdomain(group))


def is_kind(text: str) -> bool:
    return is_dns_1035_label(text.lower())


def is_fully_qualified(text: str) -> bool:
    return is_dns_subdomain(text) and "." in text


def is_finalizer(text: str) -> bool:
    return text == "kubernetes" or is_prefixed_name(text)


def is_semver(text: str) -> bool:
    return len(text) <= 64 and _SEMVER.fullmatch(text) is not None


def is_attribute(text: str) -> bool:
    """Return whether a text names an attribute of a device: a C identifier of at most 32 characters, with or without a
    domain.

    A name with more than one slash is accepted, since the API server does not check it.
    """
    domain, slash, name = text.rpartition("/")
    if "/" in domain:
        return True
    return len(name) <= 32 and is_identifier(name) and (not slash or is_driver(domain))


def is_full_attribute(text: str) -> bool:
    """Return whether a text names an attribute of a device with its domain, in lower case."""
    return is_attribute(text) and is_dns_subdomain(text.partition("/")[0]) and "/" in text


def is_pool(text: str) -> bool:
    return len(text) <= 253 and all(map(is_dns_subdomain, text.split("/")))


def is_reference_to_request(text: str) -> bool:
    parts = text.split("/")
    return len(parts) <= 2 and all(map(is_dns_label, parts))


def is_generated(text: str) -> bool:
    """Return whether a text is a valid `generateName`. It may end with `-`, since the API server appends characters."""
    return is_dns_subdomain(text + "a"[: text.endswith("-")])


def is_signer(text: str) -> bool:
    domain, slash, name = text.partition("/")
    return bool(slash) and "." in domain and is_dns_subdomain(domain) and is_dns_subdomain(name)
