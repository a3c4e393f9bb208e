"""Decides whether a YAML 1.1 reader would take an unquoted text for a string or for something else (go-yaml's
`resolve.go`).

A pattern is compiled when it is first needed: compiling all of them takes longer than printing most overlays.
"""

from math import isfinite

from penstock.regex import regex
from penstock.scalar import BASE_60

WORDS = frozenset(
    word
    for words in (
        ("y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"),
        ("true", "True", "TRUE", "false", "False", "FALSE", "", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN"),
        (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"),
    )
    for word in words
)
"""Booleans, nulls and floats of YAML 1.1 (`resolveMap`)."""

DIGITS = frozenset("0123456789")
FLOAT = DIGITS | frozenset("+-.eE")
PREFIXES = {
    "0x": (16, DIGITS | frozenset("abcdefABCDEF")),
    "0o": (8, frozenset("01234567")),
    "0b": (2, frozenset("01")),
}
"""The prefixes of Go's integers in other bases, each with the base and its digits."""

DOTTED_FLOAT = regex(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
TIMESTAMP = regex(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]|( +))([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[-+]([0-9]{2}):([0-9]{2}))?)?"
)


def reads_as_string(value: str) -> bool:
    """Return whether a reader takes the unquoted text for a string (`resolve`, `isBase60Float`)."""
    if value in WORDS:
        return False
    if value[0] == ".":
        return not DOTTED_FLOAT.fullmatch(value) or not isfinite(float(value))
    if value[0] not in DIGITS and value[0] not in "+-":
        return True
    # YAML 1.1 has numbers to the base of 60, such as 1:30.
    if ":" in value and BASE_60.fullmatch(value):
        return False
    # Underlines in numbers do not count.
    return not _is_number(value.replace("_", "")) and not (value[4:5] == "-" and _is_timestamp(value))


def _is_number(text: str) -> bool:
    """Return whether Go reads the text as a number that fits: an integer of 64 bits (unsigned only if it has no sign)
    or a finite float.
    """
    return _is_float(text) if FLOAT.issuperset(text) else _is_integer(text)


def _is_float(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _is_integer(text: str) -> bool:
    """Return whether the text is an integer with the prefix of a base, and fits."""
    sign = text[0] if text[0] in "+-" else ""
    base, digits = PREFIXES.get(text[len(sign) : len(sign) + 2].lower(), (0, DIGITS))
    number = text[len(sign) + 2 :]
    if text[:2] == "0b" and number[:1] in ("+", "-"):  # `resolve` cuts the prefix off, and Go reads a sign behind it
        sign, number = number[0], number[1:]
    if not base or not number or not digits.issuperset(number):
        return False
    return int(number, base) <= LIMITS[sign]


LIMITS = {"-": 2**63, "+": 2**63 - 1, "": 2**64 - 1}
"""The largest absolute value of an integer, by its sign."""


def _is_timestamp(value: str) -> bool:
    """Return whether the text has one of the formats of `parseTimestamp`: a date, or a date and a time with `T` and a
    zone, or with spaces and no zone.
    """
    found = TIMESTAMP.fullmatch(value)
    if not found:
        return False
    year, month, day, spaces, hour, minute, second, zone, zone_hour, zone_minute = found.groups()
    if hour and (bool(spaces) == bool(zone) or not _is_clock(hour, minute, second)):
        return False
    if zone_hour and (int(zone_hour) > 24 or int(zone_minute) > 60):
        return False
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _days(int(year), int(month))


def _is_clock(hour: str, minute: str, second: str) -> bool:
    return int(hour) <= 23 and int(minute) <= 59 and int(second) <= 59


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
