"""The formats of strings that JSON Schema names, such as `email`.

Helm v4 asserts them for drafts before 2019-09 only, by the rules of github.com/santhosh-tekuri/jsonschema/v6. From
2019-09 on a format is a remark.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import date

from penstock.expression import Invalid, expression
from penstock.gotemplate.functions.urls import Address, Unreadable, parse, unescaped


def is_of_format(text: str, name: str) -> bool:
    """Return whether a string has a format. Formats that are not known take any string."""
    check = _FORMATS.get(name)
    return check is None or check(text)


# --- numbers of computers, and names ----------------------------------------------------------------------------------

MAX_NAME = 253
MAX_LOCAL_PART, MAX_ADDRESS = 64, 254


def _is_ipv4(text: str) -> bool:
    """Return whether a text consists of four numbers. Go's Atoi, which Helm uses, takes a sign."""
    groups = text.split(".")
    return len(groups) == 4 and all(_is_byte(group) for group in groups)


def _is_byte(group: str) -> bool:
    leads_with_zero = len(group) > 1 and group[0] == "0"
    return not leads_with_zero and re.fullmatch("[+-]?[0-9]{1,30}", group) is not None and 0 <= int(group) <= 255


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and ipaddress.IPv6Address(text) is not None
    except ValueError:
        return False


def _is_hostname(text: str) -> bool:
    name = text.removesuffix(".")
    return len(name.encode("utf-8", "replace")) <= MAX_NAME and all(_is_label(label) for label in name.split("."))


def _is_label(label: str) -> bool:
    return re.fullmatch("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", label) is not None


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    too_long = (
        len(text.encode("utf-8", "replace")) > MAX_ADDRESS or len(local.encode("utf-8", "replace")) > MAX_LOCAL_PART
    )
    return bool(at) and not too_long and _is_local_part(local) and _is_domain(domain)


def _is_local_part(text: str) -> bool:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return "\\" not in text and '"' not in text[1:-1]
    has_lone_dot = text.startswith(".") or text.endswith(".") or ".." in text
    return not has_lone_dot and re.fullmatch(r"[A-Za-z0-9.!#$%&'*+\-/=?^_`{|}~]*", text) is not None


def _is_domain(text: str) -> bool:
    if not (text.startswith("[") and text.endswith("]")):
        return _is_hostname(text)
    address = text[1:-1]
    return _is_ipv6(address[5:]) if address.startswith("IPv6:") else _is_ipv4(address)


# --- times ------------------------------------------------------------------------------------------------------------

LEAP_YEAR = 2000
"""A year that has every day; Go's calendar begins with the year 0, which is a leap year, too."""


def _is_date(text: str) -> bool:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    try:
        date(year or LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True


_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[zZ]|([+-])([0-9]{2}):([0-9]{2}))")


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    hour, minute, second, ahead, behind = (int(found[group] or 0) for group in (1, 2, 3, 5, 6))
    if hour > 23 or minute > 59 or second > 60 or ahead > 23 or behind > 59:
        return False
    offset = (ahead * 60 + behind) * (-1 if found[4] == "+" else 1)
    return second < 60 or (hour * 60 + minute + offset) % (24 * 60) == 24 * 60 - 1


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("t", "T") and _is_date(text[:10]) and _is_time(text[11:])


_DURATION = re.compile(
    r"P(?:[0-9]+W|[0-9]*W)|P(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?",
    re.DOTALL,
)


def _is_duration(text: str) -> bool:
    return text != "PW" and _DURATION.fullmatch(text) is not None


def _is_period(text: str) -> bool:
    start, slash, end = text.partition("/")
    if not slash:
        return False
    if start.startswith("P"):
        return _is_duration(start) and _is_date_time(end)
    return _is_date_time(start) and (_is_duration(end) if end.startswith("P") else _is_date_time(end))


# --- addresses and pointers -------------------------------------------------------------------------------------------


def _address(text: str) -> Address | None:
    """Return the parts of a URL, or None if the text is none."""
    try:
        address = parse(text)
    except Unreadable:
        return None
    host = address.host
    if host.count(":") > 1 and not host.startswith("["):
        return None
    if host.startswith("[") and ":" in host and not _is_ipv6(host[1 : host.rfind("]")]):
        return None
    return address


def is_uri(text: str) -> bool:
    address = _address(text)
    return address is not None and bool(address.scheme)


def is_uri_reference(text: str) -> bool:
    return "\\" not in text and _address(text) is not None


def _is_uri_template(text: str) -> bool:
    """Return whether the braces of each step of a path come in pairs. As in the library, this concerns a path that is
    written otherwise than Go would write it.
    """
    address = _address(text)
    if address is None:
        return False
    return all(
        re.fullmatch(r"[^{}]*(?:\{[^{}]*\}[^{}]*)*", unescaped(step, "path")) for step in address.raw_path.split("/")
    )


def _is_json_pointer(text: str) -> bool:
    return re.fullmatch("(?:/(?:[^/~]|~[01])*)*", text, re.DOTALL) is not None


def _is_relative_json_pointer(text: str) -> bool:
    found = re.match("0|[1-9][0-9]*", text)
    if found is None or text[found.end() : found.end() + 1].isdigit():
        return False
    rest = text[found.end() :]
    return rest == "#" or _is_json_pointer(rest)


# --- other texts ------------------------------------------------------------------------------------------------------

_UUID = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_NUMBER = "(?:0|[1-9][0-9]*)"
_PRE_RELEASE = f"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE_RELEASE}(?:\.{_PRE_RELEASE})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_semver(text: str) -> bool:
    return _SEMVER.fullmatch(text) is not None


def _is_regex(text: str) -> bool:
    try:
        expression(text)
    except Invalid:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "duration": _is_duration,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "iri": is_uri,
    "iri-reference": is_uri_reference,
    "json-pointer": _is_json_pointer,
    "period": _is_period,
    "regex": _is_regex,
    "relative-json-pointer": _is_relative_json_pointer,
    "semver": _is_semver,
    "time": _is_time,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uri-template": _is_uri_template,
    "uuid": _is_uuid,
}
