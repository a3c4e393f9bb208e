"""The small grammars of Kubernetes: names, labels, quantities, times.

Source: apimachinery pkg/util/validation and pkg/api/resource, as of Kubernetes 1.37.
"""

import re
from binascii import a2b_base64
from math import isfinite
from typing import Any

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_PART = re.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = re.compile("[-._a-zA-Z0-9]+")
_PORT_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)

_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_POWERS_OF_1024 = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

DNS_LABEL = "lower-case letters, digits and '-', not at an end, 63 characters at most"
DNS_SUBDOMAIN = "lower-case letters, digits, '-' and '.', a letter or digit at each end, 253 characters at most"
NAME_PART = "letters, digits, '-', '_' and '.', a letter or digit at each end, 63 characters at most"
PORT_NAME = "lower-case letters, digits and single '-', at least one letter, 15 characters at most"


def is_dns_label(text: str) -> bool:
    """RFC 1123 label."""
    return len(text) <= 63 and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """RFC 1123 subdomain."""
    return len(text) <= 253 and _DNS_SUBDOMAIN.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    return not text or is_name_part(text)


def is_qualified_name(text: str) -> bool:
    """A label key: `name` or `prefix/name`."""
    prefix, slash, name = text.rpartition("/")
    return is_name_part(name) and (not slash or is_dns_subdomain(prefix))


def is_name_part(text: str) -> bool:
    return len(text) <= 63 and _NAME_PART.fullmatch(text) is not None


def is_config_key(text: str) -> bool:
    """A key of a ConfigMap or Secret: it becomes a file name."""
    return len(text) <= 253 and _CONFIG_KEY.fullmatch(text) is not None and text != "." and not text.startswith("..")


def is_port_name(text: str) -> bool:
    """An IANA service name."""
    return len(text) <= 15 and _PORT_NAME.fullmatch(text) is not None and not text.replace("-", "").isdigit()


def is_percentage(text: str) -> bool:
    """`25%`"""
    return text.endswith("%") and text[:-1].isascii() and text[:-1].isdigit()


def is_quantity(value: Any) -> bool:
    """`500m`, `1.5Gi`, `1e3`, and plain numbers."""
    if type(value) is str:
        return _QUANTITY.fullmatch(value.strip()) is not None
    return type(value) is int or (type(value) is float and isfinite(value))


def quantity(value: Any) -> Any:
    """A quantity as a `Decimal`, to compare; None where it is none, or larger than any that the API server keeps."""
    from decimal import Decimal

    match = _QUANTITY.fullmatch(str(value).strip()) if is_quantity(value) else None
    if not match or len(match[0]) > 64:
        return None
    sign, digits, suffix = match[1], match[2], match[3] or ""
    if suffix in _POWERS_OF_1024:
        number = Decimal(digits) * 1024 ** _POWERS_OF_1024[suffix]
    else:
        exponent = _EXPONENTS[suffix] if suffix in _EXPONENTS else int(suffix[1:])
        if abs(exponent) > 64:
            return None
        number = Decimal(digits).scaleb(exponent)
    return -number if sign == "-" else number


def is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """RFC 3339, as `metav1.Time` reads it."""
    return text[10:11] == "T" and is_date(text[:10]) and _CLOCK.fullmatch(text, 11) is not None


def is_base64(text: str) -> bool:
    """Standard base64 with padding; line breaks do not count."""
    try:
        a2b_base64(text.replace("\n", "").replace("\r", ""), strict_mode=True)
    except ValueError:
        return False
    return True
