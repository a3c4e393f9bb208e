"""Times as in Go: formatted and parsed by layouts like `2006-01-02 15:04:05`, in zones of the time zone database.

The local zone is UTC, so that the result does not depend on the machine.
"""

import re

from penstock.gotemplate.values import Object, Spoken, Value
from penstock.records import NamedTuple

SECOND = 1_000_000_000

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST"
    r"|002|01|02|03|04|05|06|2006|15|1|__2|_2(?!006)|2|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07"
    r"|[.,](?:0+|9+)(?![0-9])"
)
"""Matches the parts of a layout that stand for a part of a time."""

ZERO = -62_135_596_800
"""The zero time of Go, the start of the year 1, in seconds since 1970."""


class Zone(NamedTuple):
    """The name and offset of a time zone at one moment."""

    name: str
    offset: int
    """Seconds east of Greenwich."""
    is_local: bool = False
    """Whether it is the zone of the machine, which Go tells from UTC even where these are the same."""

    def literal(self) -> str:
        """Return the Go expression for the zone."""
        if self.is_local or self == UTC:
            return "time.Local" if self.is_local else "time.UTC"
        return f'time.Location("{self.name if self.name.isalpha() else ""}")'


UTC = Zone("UTC", 0)
LOCAL = Zone("UTC", 0, is_local=True)


class Month(Spoken):
    go_type = "time.Month"

    def text(self) -> str:
        return MONTHS[self - 1]


class Weekday(Spoken):
    go_type = "time.Weekday"

    def text(self) -> str:
        return DAYS[self]


def days_of(year: int, month: int, day: int) -> int:
    """Return the days from 1970 to a date of the Gregorian calendar. Months and days may be out of their range."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Return the year, month and day of a number of days since 1970."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


class Timestamp(str):
    """A text that YAML takes for a time, so that it has no quotes."""

    __slots__ = ()
    is_bare = True


class Time(Object):
    """A `time.Time`: nanoseconds since 1970, shown in a zone."""

    go_type = "time.Time"

    def __init__(self, nanoseconds: int, zone: Zone = UTC) -> None:
        self.nanoseconds = nanoseconds
        self.zone = zone
        self.seconds, self.fraction = divmod(nanoseconds, SECOND)
        self.days, self.of_day = divmod(self.seconds + zone.offset, 86_400)
        self.year, self.month, self.day = date_of(self.days)

    @property
    def weekday(self) -> int:
        return (self.days + 4) % 7

    @property
    def year_day(self) -> int:
        return self.days - days_of(self.year, 1, 1) + 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (self.nanoseconds, self.zone) == (other.nanoseconds, other.zone)

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def text(self) -> str:
        return self.formatted("2006-01-02 15:04:05.999999999 -0700 MST")

    def literal(self) -> str:
        date = f"{self.year}, time.{MONTHS[self.month - 1]}, {self.day}"
        clock = f"{self.of_day // 3600}, {self.of_day // 60 % 60}, {self.of_day % 60}, {self.fraction}"
        return f"time.Date({date}, {clock}, {self.zone.literal()})"

    def plain(self) -> Value:
        return self.formatted("2006-01-02T15:04:05.999999999Z07:00")

    def pretty(self) -> Value:
        return Timestamp(self.plain())

    def formatted(self, layout: str) -> str:
        """Return the time in a layout."""
        out: list[str] = []
        at = 0
        for found in LAYOUT.finditer(layout):
            out += layout[at : found.start()], self.part(found[0])
            at = found.end()
        return "".join([*out, layout[at:]])

    def part(self, name: str) -> str:
        """Return the text of one part of a layout for this time."""
        if name[0] in ".,":
            return self.fraction_text(name)
        if name[0] in "-Z":
            return self.offset_text(name)
        hour, minute, second = self.of_day // 3600, self.of_day // 60 % 60, self.of_day % 60
        twelve = hour % 12 or 12
        year = f"{self.year:04d}"
        return {
            "2006": year,
            "06": year[-2:],
            "January": MONTHS[self.month - 1],
            "Jan": MONTHS[self.month - 1][:3],
            "1": str(self.month),
            "01": f"{self.month:02d}",
            "Monday": DAYS[self.weekday],
            "Mon": DAYS[self.weekday][:3],
            "2": str(self.day),
            "_2": f"{self.day:2d}",
            "02": f"{self.day:02d}",
            "__2": f"{self.year_day:3d}",
            "002": f"{self.year_day:03d}",
            "15": f"{hour:02d}",
            "3": str(twelve),
            "03": f"{twelve:02d}",
            "4": str(minute),
            "04": f"{minute:02d}",
            "5": str(second),
            "05": f"{second:02d}",
            "PM": "PM" if hour >= 12 else "AM",
            "pm": "pm" if hour >= 12 else "am",
            "MST": self.zone.name,
        }[name]

    def fraction_text(self, name: str) -> str:
        digits = f"{self.fraction:09d}"[: len(name) - 1].ljust(len(name) - 1, "0")
        if name[1] == "9":
            digits = digits.rstrip("0")
            return name[0] + digits if digits else ""
        return name[0] + digits

    def offset_text(self, name: str) -> str:
        offset = self.zone.offset
        if name[0] == "Z" and not offset:
            return "Z"
        sign = "-" if offset < 0 else "+"
        hours, minutes, seconds = abs(offset) // 3600, abs(offset) // 60 % 60, abs(offset) % 60
        colon = ":" if ":" in name else ""
        parts = [f"{hours:02d}", f"{minutes:02d}", f"{seconds:02d}"]
        return sign + colon.join(parts[: len(name[1:].replace(":", "")) // 2])


def zone_at(name: str, seconds: int) -> Zone | None:
    """Return a zone at a time, or None where the database does not have its name."""
    if name in ("", "UTC", "Local"):
        return UTC
    from datetime import UTC as UTC_ZONE
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    try:
        local = datetime.fromtimestamp(0, UTC_ZONE) + timedelta(seconds=seconds)
        there = local.astimezone(zone)
    except (OverflowError, ValueError):
        return UTC
    offset = there.utcoffset()
    return Zone(there.tzname() or name, int(offset.total_seconds()) if offset is not None else 0)


class Unreadable(ValueError):  # noqa: N818  # the name says what the text is
    """A text that does not match a layout. The message has Go's words."""


READERS: dict[str, tuple[str, str]] = {
    "2006": ("year", r"\d{4}"),
    "06": ("year", r"\d{2}"),
    "January": ("month", "|".join(MONTHS)),
    "Jan": ("month", "|".join(month[:3] for month in MONTHS)),
    "1": ("month", r"\d{1,2}"),
    "01": ("month", r"\d{2}"),
    "Monday": ("weekday", "|".join(DAYS)),
    "Mon": ("weekday", "|".join(day[:3] for day in DAYS)),
    "2": ("day", r"\d{1,2}"),
    "_2": ("day", r" ?\d{1,2}"),
    "02": ("day", r"\d{2}"),
    "__2": ("yearday", r" {0,2}\d{1,3}"),
    "002": ("yearday", r"\d{3}"),
    "15": ("hour", r"\d{1,2}"),
    "3": ("hour", r"\d{1,2}"),
    "03": ("hour", r"\d{2}"),
    "4": ("minute", r"\d{1,2}"),
    "04": ("minute", r"\d{2}"),
    "5": ("second", r"\d{1,2}(?:[.,]\d+)?"),
    "05": ("second", r"\d{2}(?:[.,]\d+)?"),
    "PM": ("half", "AM|PM"),
    "pm": ("half", "am|pm"),
    "MST": ("zone", r"[A-Z]{3,5}|[+-]\d{2}"),
}
"""The field that each part of a layout sets, and the pattern of its text."""


def read_time(layout: str, text: str) -> Time:
    """Return the time of a text in a layout. Raises `Unreadable`."""
    pattern, names = _pattern(layout)
    found = re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII)
    if found is None:
        raise Unreadable(_complaint(layout, text))
    fields = {name: value for name, value in zip(names, found.groups(), strict=True) if value is not None}
    return _time_of(fields, layout, text)


def _pattern(layout: str) -> tuple[str, list[str]]:
    pieces: list[str] = []
    names: list[str] = []
    at = 0
    for found in LAYOUT.finditer(layout):
        pieces.append(re.escape(layout[at : found.start()]))
        at = found.end()
        name, pattern = _reader(found[0])
        names.append(name)
        pieces.append(f"({pattern})")
    pieces.append(re.escape(layout[at:]))
    return "".join(pieces), names


def _reader(part: str) -> tuple[str, str]:
    if part in READERS:
        return READERS[part]
    if part[0] in ".,":
        count = len(part) - 1
        return "fraction", rf"[.,]\d{{{count}}}" if part[1] == "0" else r"(?:[.,]\d{1,9})?"
    digits = r"\d{2}"
    colon = ":" if ":" in part else ""
    count = len(part[1:].replace(":", "")) // 2
    offset = "[+-]" + colon.join([digits] * count)
    return "offset", f"Z|{offset}" if part[0] == "Z" else offset


def _time_of(fields: dict[str, str], layout: str, text: str) -> Time:
    year, month, day = _date(fields, layout, text)
    hour, minute = int(fields.get("hour", 0)), int(fields.get("minute", 0))
    second, _, fraction = fields.get("second", "0").replace(",", ".").partition(".")
    fraction = fraction or fields.get("fraction", "")[1:]
    if "half" in fields:
        hour = hour % 12 + (12 if fields["half"].lower() == "pm" else 0)
    for value, most, name in ((hour, 23, "hour"), (minute, 59, "minute"), (int(second), 59, "second")):
        if value > most:
            raise Unreadable(f"parsing time {spelled(text)}: {name} out of range")
    zone = _zone(fields)
    seconds = days_of(year, month, day) * 86_400 + hour * 3600 + minute * 60 + int(second) - zone.offset
    return Time(seconds * SECOND + int(fraction[:9].ljust(9, "0")), zone)


def _date(fields: dict[str, str], layout: str, text: str) -> tuple[int, int, int]:
    year = int(fields.get("year", "0"))
    if "year" in fields and len(fields["year"]) == 2:
        year += 1900 if year >= 69 else 2000
    month = _month(fields.get("month", "1"))
    day = int(fields.get("day", "1"))
    if not 1 <= month <= 12:
        raise Unreadable(f"parsing time {spelled(text)}: month out of range")
    if "yearday" in fields:
        return date_of(days_of(year, 1, int(fields["yearday"])))
    if not 1 <= day <= days_of(year, month + 1, 1) - days_of(year, month, 1):
        raise Unreadable(f"parsing time {spelled(text)}: day out of range")
    return year, month, day


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    return next(number for number, name in enumerate(MONTHS, 1) if name[:3].lower() == text[:3].lower())


def _zone(fields: dict[str, str]) -> Zone:
    offset = fields.get("offset", "")
    if offset and offset not in "Zz":
        digits = offset[1:].replace(":", "").ljust(6, "0")
        seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
        seconds = -seconds if offset[0] == "-" else seconds
        return LOCAL if not seconds else Zone(fields.get("zone", offset[:1] + offset[1:].replace(":", "")), seconds)
    if "zone" not in fields and not offset:
        return LOCAL
    name = fields.get("zone", "UTC")
    return UTC if name == "UTC" else Zone(name, 0)


def spelled(text: str) -> str:
    """Return a text as Go's errors about times quote it: bytes that are not printable ASCII become numeric escapes."""
    data = text.encode("utf-8", "surrogateescape")
    spellings = {ord('"'): '\\"', ord("\\"): "\\\\"}
    return (
        '"'
        + "".join([spellings.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data])
        + '"'
    )


def _complaint(layout: str, text: str) -> str:
    """Return Go's error message for the point where a text stops matching its layout."""
    rest = text
    at = 0
    for found in LAYOUT.finditer(layout):
        before = layout[at : found.start()]
        if not rest.startswith(before):
            break
        rest = rest[len(before) :]
        read = re.match(_reader(found[0])[1], rest, re.IGNORECASE | re.ASCII)
        if read is None:
            both = f"{spelled(text)} as {spelled(layout)}"
            return f"parsing time {both}: cannot parse {spelled(rest)} as {spelled(found[0])}"
        rest = rest[read.end() :]
        at = found.end()
    tail = LAYOUT.split(layout[at:])[0]
    if not rest.startswith(tail):
        return f"parsing time {spelled(text)} as {spelled(layout)}: cannot parse {spelled(rest)} as {spelled(tail)}"
    return f"parsing time {spelled(text)}: extra text: {spelled(rest[len(tail) :])}"


DURATION = re.compile(r"(\d*)(\.\d*)?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
NUMBER_AND_UNIT = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?P<unit>[^.0-9]*)")
UNITS = {
    "ns": 1,
    "us": 1000,
    "\u00b5s": 1000,
    "\u03bcs": 1000,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}


def read_duration(text: str) -> int | None:
    """Return the nanoseconds of a duration like `1h30m`, or None where the text is not a duration."""
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total = 0
    while rest:
        found = DURATION.match(rest)
        size = None if found is None else _nanoseconds(found)
        if found is None or size is None:
            return None
        total += size
        rest = rest[found.end() :]
    if not text.lstrip("+-") or total > 2**63 - (sign > 0):
        return None
    return sign * total


def duration_problem(text: str) -> str:
    """Return Go's error message for a text that is not a duration."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    while rest:
        found = NUMBER_AND_UNIT.match(rest)
        if found is None:
            break
        if not found["unit"]:
            return f"time: missing unit in duration {spelled(text)}"
        if found["unit"] not in UNITS:
            return f"time: unknown unit {spelled(found['unit'])} in duration {spelled(text)}"
        rest = rest[found.end() :]
    return f"time: invalid duration {spelled(text)}"


def _nanoseconds(found: re.Match[str]) -> int | None:
    """Return the nanoseconds of a number with its unit, or None where it has no digits or exceeds every duration."""
    whole, fraction, unit = found[1], (found[2] or ".")[1:][:30], UNITS[found[3]]
    if len(whole) > 30 or not (whole or fraction):
        return None
    parts = int(fraction or "0") * unit // int(10 ** len(fraction))
    return int(whole or "0") * unit + parts
