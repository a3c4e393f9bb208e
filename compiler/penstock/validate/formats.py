"""String formats in CustomResourceDefinitions, which accept more or fewer values than those of built-in types.

Source: k8s.io/kube-openapi/pkg/validation/strfmt, as of Kubernetes 1.37.
"""

import re
from collections.abc import Callable
from operator import mul
from unicodedata import category

from penstock.validate.address import cidr_of, ip_of
from penstock.validate.syntax import is_base64, is_date, is_time

# compiled on first use: compiling them takes longer than checking most files
_HOST_LETTER = r"A-Za-z0-9$+<=>^`|~"
_HOST = (
    rf"[{_HOST_LETTER}](-?[{_HOST_LETTER}]{{0,62}})?"
    rf"|([{_HOST_LETTER}]([-{_HOST_LETTER}]{{0,61}}[{_HOST_LETTER}])?\.)+[A-Za-z]{{2,63}}"
)
_UUID = "[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
_HEX = "[0-9a-fA-F]"
_SSN = r"\d{3}[- ]?\d{2}[- ]?\d{4}"
_DURATION = r"[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*"
_PARTS = r"\d+\s*([A-Za-zµ]+)"
_NUMBERS = r"(\d{1,18})\s*([A-Za-zµ]+)"
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

_UNITS = frozenset(
    (
        *("ns", "nano", "nanos", "us", "µs", "micro", "micros", "ms", "milli", "millis", "s", "sec", "secs", "second"),
        *("seconds", "m", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "d", "day", "days"),
        *("w", "wk", "wks", "week", "weeks"),
    )
)
_MAC = "[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2}"
_BYTE = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*"
_RGB = rf"rgb\({_BYTE},{_BYTE},{_BYTE}\)"
_CARD = (
    "4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}"
    r"|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35\d{3})\d{11}"
)
_EMAIL = r"[^\s@<>]+@[^\s@<>]+"


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
    """Return whether Go's `url.ParseRequestURI` accepts a text: it needs a scheme, or an absolute path."""
    from urllib.parse import urlsplit

    try:
        found = urlsplit(text)
    except ValueError:
        return False
    return (bool(found.scheme) or text.startswith("/")) and not any(each <= " " for each in text)


def is_ipv4(text: str) -> bool:
    found = ip_of(text)
    return found is not None and found.version == 4


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
    """Return whether a text is a duration of Go, or consists of numbers with units spelled out."""
    if text == "0" or re.fullmatch(_DURATION, text):
        return True
    units = re.findall(_PARTS, text)
    return bool(units) and all(unit.lower() in _UNITS for unit in units)


def spelled_seconds(text: str) -> float:
    """Return a duration whose units may be spelled out, such as `1d` or `2 hours`, in seconds."""
    parts = ((int(number), unit.lower()) for number, unit in re.findall(_NUMBERS, text))
    return sum(number * seconds for number, unit in parts for names, seconds in _SECONDS if _is_unit(unit, names))


def _is_unit(text: str, names: tuple[str, ...]) -> bool:
    """Return whether a text is one of the names of a unit, of which the last one may have an ending."""
    return text in names or text.startswith(names[-1])


def is_mac(text: str) -> bool:
    return re.fullmatch(_MAC, text) is not None


def is_email(text: str) -> bool:
    return re.fullmatch(_EMAIL, text) is not None


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
    """Return whether a text is an RFC 3339 time, also in lower case."""
    return is_time(text.upper())


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
