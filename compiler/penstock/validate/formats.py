"""String formats in CustomResourceDefinitions, which accept more or fewer values than those of built-in types.

Source: k8s.io/kube-openapi/pkg/validation/strfmt, as of Kubernetes 1.37.
"""

import re
from collections.abc import Callable
from operator import mul
from unicodedata import category

from penstock.validate.address import cidr_of, ip_of, is_sloppy_ip
from penstock.validate.mail import is_email
from penstock.validate.request_uri import request_uri
from penstock.validate.syntax import DNS_LABEL, DNS_SUBDOMAIN, is_base64, is_date, is_dns_label, is_dns_subdomain

# compiled on first use: compiling them takes longer than checking most files
_HOST_LETTER = r"A-Za-z0-9$+<=>^`|~"
_HOST = (
    rf"[{_HOST_LETTER}](-?[{_HOST_LETTER}]{{0,62}})?"
    rf"|([{_HOST_LETTER}]([-{_HOST_LETTER}]{{0,61}}[{_HOST_LETTER}])?\.)+[A-Za-z]{{2,63}}"
)
_UUID = "[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
_SSN = r"\d{3}[- ]?\d{2}[- ]?\d{4}"
_DURATION = r"(?a)[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*"
_NUMBERS = r"(?<![0-9])([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)"
_SECONDS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("ns", "nano"), 1e-9),
    (("us", "µs", "micro"), 1e-6),
    (("ms", "milli"), 1e-3),
    (("s", "sec"), 1),
    (("m", "min"), 60),
    (("h", "hr", "hour"), 3_600),
    (("d", "day"), 86_400),
    (("w", "wk", "week"), 604_800),
)
"""The names of units of time, and their lengths in seconds."""

_HEX = "[0-9a-fA-F]"
_MAC = "|".join(
    (
        *(rf"{_HEX}{{2}}({sign}{_HEX}{{2}}){{{count}}}" for sign in (":", "-", "") for count in (5, 7, 19)),
        *(rf"{_HEX}{{4}}(\.{_HEX}{{4}}){{{count}}}" for count in (2, 3, 9)),
    )
)
"""6, 8 or 20 bytes, or half as many pairs of them with dots in between."""

_BYTE = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*"
_RGB = rf"rgb\({_BYTE},{_BYTE},{_BYTE}\)"
_CLOCK = r"(?as)([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.\d+)?(z|[+-]\d\d:\d\d)"
_CARD = (
    "4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}"
    r"|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35\d{3})\d{11}"
)


def is_host_name(text: str) -> bool:
    """Return whether a text is a host name.

    It is one label, which may have a hyphen only after its first character; or several labels, the last of which
    consists of letters. Letters and symbols may be those of any script; lengths count in bytes.
    """
    lengths = [len(label.encode("utf-8", "surrogatepass")) for label in text.split(".")]
    is_short = max(lengths) <= 63 and sum(lengths) + len(lengths) - 1 <= 255
    return is_short and re.fullmatch(_HOST, "".join(map(_kind_of, text))) is not None


def _kind_of(character: str) -> str:
    """Return a character of ASCII of the same kind: a letter, a symbol, or one that no host name has."""
    if character.isascii():
        return character
    return {"L": "a", "S": "+"}.get(category(character)[0], "_")


def is_uri(text: str) -> bool:
    """Return whether a text is a URL, or an absolute path."""
    return request_uri(text) is not None


def is_ipv4(text: str) -> bool:
    """Return whether a text is an address with dots, which an IPv6 address may end with, too."""
    return "." in text and is_sloppy_ip(text)


def is_ipv6(text: str) -> bool:
    found = ip_of(text)
    return found is not None and found.version == 6


def is_loose_cidr(text: str) -> bool:
    """Return whether a text is a CIDR, whose numbers may start with zeros, as in 010.0.0.0/08."""
    return len(text) <= 80 and cidr_of(re.sub(r"\b0+(?=\d)", "", text)) is not None


def is_uuid(text: str) -> bool:
    return re.fullmatch(_UUID, text) is not None


def _uuid_of(version: str, variant: str) -> str:
    """Return the pattern of UUIDs of one version, with the digits that may stand for its variant."""
    return rf"{_HEX}{{8}}-?{_HEX}{{4}}-?{version}{_HEX}{{3}}-?{variant}{_HEX}{{3}}-?{_HEX}{{12}}"


def is_duration(text: str) -> bool:
    """Return whether a text is a duration of Go, or has a number with a unit that may be spelled out. What else it has
    is ignored, but for numbers of units that do not fit into 64 bits.
    """
    if text == "0" or re.fullmatch(_DURATION, text):
        return True
    parts = re.findall(_NUMBERS, text)
    is_known = any(_is_unit(unit.lower(), names) for _, unit in parts for names, _ in _SECONDS)
    return is_known and all(_fits(number) for number, _ in parts)


def _fits(number: str) -> bool:
    """Return whether a number fits into 64 bits. Python converts no more than 4,300 digits."""
    digits = number.lstrip("0")
    return len(digits) <= 19 and int(digits or "0") < 2**63


def spelled_seconds(text: str) -> float:
    """Return a duration whose units may be spelled out, such as `1d` or `2 hours`, in seconds."""
    parts = ((int(number), unit.lower()) for number, unit in re.findall(_NUMBERS, text) if _fits(number))
    return sum(number * seconds for number, unit in parts for names, seconds in _SECONDS if _is_unit(unit, names))


def _is_unit(text: str, names: tuple[str, ...]) -> bool:
    """Return whether a text is one of the names of a unit, of which the last one may have an ending."""
    return text in names or text.startswith(names[-1])


def is_mac(text: str) -> bool:
    return re.fullmatch(_MAC, text) is not None


def is_isbn(text: str, lengths: tuple[int, ...] = (10, 13)) -> bool:
    """Return whether a text is an International Standard Book Number with its check digit."""
    digits = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch(r"[0-9]{9}[0-9X]|[0-9]{13}", digits) or len(digits) not in lengths:
        return False
    weights, modulus = (range(1, 11), 11) if len(digits) == 10 else ((1, 3) * 7, 10)
    numbers = ["0123456789X".index(each) for each in digits]
    return bool(sum(map(mul, numbers, weights)) % modulus == 0)


def is_credit_card(text: str) -> bool:
    """Return whether the digits of a text are a number of one of the known issuers, with its check digit."""
    digits = re.sub(r"[^0-9]+", "", text)
    doubled = [int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits))]
    return re.fullmatch(_CARD, digits) is not None and sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def _written_as(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def is_loose_time(text: str) -> bool:
    """Return whether a text is an RFC 3339 time, in upper or lower case, whose time zone may have any four digits."""
    date, _, rest = text.lower().partition("t")
    return is_date(date) and re.fullmatch(_CLOCK, rest.partition("t")[0]) is not None


CUSTOM_FORMATS: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "byte": (lambda text: text.isprintable() and bool(text) and is_base64(text), "is not base64", ""),
    "cidr": (is_loose_cidr, "is not a CIDR", "such as 10.0.0.0/8"),
    "date": (is_date, "is not a date", "write 2026-01-31"),
    "date-time": (is_loose_time, "is not a time", "write 2026-01-31T12:00:00Z (RFC 3339)"),
    "datetime": (is_loose_time, "is not a time", "write 2026-01-31T12:00:00Z (RFC 3339)"),
    "duration": (is_duration, "is not a duration", "such as 1h30m"),
    "email": (is_email, "is not an e-mail address", ""),
    "hostname": (is_host_name, "is not a host name", ""),
    "ipv4": (is_ipv4, "is not an IPv4 address", "such as 192.0.2.1"),
    "ipv6": (is_ipv6, "is not an IPv6 address", "such as 2001:db8::1"),
    "mac": (is_mac, "is not a MAC address", "such as 00:00:5e:00:53:01"),
    "uri": (is_uri, "is not a URI", "such as https://example.com/"),
    "uuid": (is_uuid, "is not a UUID", ""),
    "uuid3": (_written_as(_uuid_of("3", _HEX)), "is not a UUID of version 3", ""),
    "uuid4": (_written_as(_uuid_of("4", "[89abAB]")), "is not a UUID of version 4", ""),
    "uuid5": (_written_as(_uuid_of("5", "[89abAB]")), "is not a UUID of version 5", ""),
    "k8s-short-name": (is_dns_label, "is not a DNS label", f"allowed are {DNS_LABEL}"),
    "k8s-long-name": (is_dns_subdomain, "is not a DNS subdomain", f"allowed are {DNS_SUBDOMAIN}"),
    "isbn": (is_isbn, "is not an ISBN", ""),
    "isbn10": (lambda text: is_isbn(text, (10,)), "is not an ISBN of 10 digits", ""),
    "isbn13": (lambda text: is_isbn(text, (13,)), "is not an ISBN of 13 digits", ""),
    "creditcard": (is_credit_card, "is not the number of a credit card", ""),
    "ssn": (lambda text: len(text) == 11 and _written_as(_SSN)(text), "is not a social security number", ""),
    "hexcolor": (_written_as("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"), "is not a colour", "such as #ff8800"),
    "rgbcolor": (_written_as(_RGB), "is not a colour", "such as rgb(255, 136, 0)"),
    "bsonobjectid": (_written_as("[0-9a-fA-F]{24}"), "is not an object id of BSON", ""),
}
"""The check, the message of a violation, and a hint, by the name of the format."""

SINCE = {"k8s-short-name": 34, "k8s-long-name": 34, "int32": 36, "float": 36}
"""The minor versions of Kubernetes that brought formats of custom resources. (Before 1.36, those of numbers were
stripped: StripUnsupportedFormatsPostProcess; metallb/metallb#3034.)
"""


def later_than(version: str) -> set[str]:
    """Return the formats that a version of Kubernetes does not know yet, and ignores."""
    return {name for name, minor in SINCE.items() if int(version.partition(".")[2]) < minor}
