"""Sprig's functions for dates, and Helm's functions for durations."""

import math
import time
from collections.abc import Callable

from penstock.gotemplate.calls import SLOWER, Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.formatting import float_text
from penstock.gotemplate.functions.numbers import atoi, parse_float
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.times import (
    LOCAL,
    SECOND,
    UTC,
    ZERO,
    Month,
    Time,
    Unreadable,
    Weekday,
    days_of,
    duration_problem,
    read_duration,
    read_time,
    zone_at,
)
from penstock.gotemplate.values import Duration, Int32, Int64, Value, duration_text, type_of


def now(f: Frame) -> Time:
    """Return the time that the caller sets, or else the time of the clock."""
    services = f.execution.services
    f.execution.report("now", f.place)
    return Time(time.time_ns() if services.now is None else int(services.now * SECOND), LOCAL)


def time_of(f: Frame, value: Value) -> Time:
    """Return the time that Sprig takes a value for: a time itself, an integer as seconds since 1970, anything else as
    the current time.
    """
    if isinstance(value, Time):
        return value
    if value.__class__ in (int, Int64, Int32):
        return Time(int(value) * SECOND, LOCAL)
    return now(f)


def date_in_zone(f: Frame, layout: str, value: Value, zone: str) -> str:
    found = time_of(f, value)
    return Time(found.nanoseconds, zone_at(zone, found.seconds) or UTC).formatted(layout)


def date(f: Frame, layout: str, value: Value) -> str:
    return date_in_zone(f, layout, value, "Local")


def html_date(f: Frame, value: Value) -> str:
    return date_in_zone(f, "2006-01-02", value, "Local")


def html_date_in_zone(f: Frame, value: Value, zone: str) -> str:
    return date_in_zone(f, "2006-01-02", value, zone)


def date_modify(change: str, value: Time) -> Time:
    return Time(value.nanoseconds + (read_duration(change) or 0), value.zone)


def must_date_modify(change: str, value: Time) -> Time:
    duration = read_duration(change)
    if duration is None:
        raise Failure(duration_problem(change))
    return Time(value.nanoseconds + duration, value.zone)


def ago(f: Frame, value: Value) -> str:
    since = now(f).nanoseconds - time_of(f, value).nanoseconds
    return duration_text(_rounded(since, SECOND))


def duration(value: Value) -> str:
    if isinstance(value, str):
        value = atoi(value)
    elif value.__class__ is not Int64:
        value = 0
    wrapped = (value * SECOND + 2**63) % 2**64 - 2**63
    return duration_text(wrapped)


ROUGH_UNITS = (("y", 365 * 86_400), ("mo", 30 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def duration_round(f: Frame, value: Value) -> str:
    """Return a duration in its largest unit only."""
    if isinstance(value, Time):
        size = now(f).nanoseconds - value.nanoseconds
    elif isinstance(value, str):
        size = read_duration(value) or 0
    else:
        size = int(value) if value.__class__ is Int64 else 0
    for unit, seconds in ROUGH_UNITS:
        if abs(size) > seconds * SECOND:
            return f"{abs(size) // (seconds * SECOND)}{unit}"
    return "0s"


def to_date(layout: str, text: str) -> Time:
    try:
        return read_time(layout, text)
    except Unreadable:
        return Time(ZERO * SECOND)


def must_to_date(layout: str, text: str) -> Time:
    try:
        return read_time(layout, text)
    except Unreadable as problem:
        raise Failure(str(problem)) from None


# Helm's durations.

LEAST, MOST = -(2**63), 2**63 - 1


def as_duration(value: Value) -> int:
    """Return the nanoseconds of a duration, a text or a number of seconds. Raises `Failure`."""
    if value is None:
        raise Failure("invalid duration")
    if isinstance(value, Duration):
        return int(value)
    if isinstance(value, str):
        return _duration_of_text(value)
    if isinstance(value, int) and value.__class__ is not bool:
        if not -(MOST // SECOND) <= value <= MOST // SECOND:
            raise Failure(f"duration seconds overflow: {int(value)}")
        return int(value) * SECOND
    if isinstance(value, float):
        return _duration_of_float(value)
    raise Failure(f"unsupported duration type {type_of(value)}")


def _duration_of_text(text: str) -> int:
    stripped = text.strip()
    if not stripped:
        raise Failure("empty duration")
    found = read_duration(stripped)
    if found is not None:
        return found
    number = parse_float(stripped)
    if number is not None:
        return _duration_of_float(number)
    raise Failure(f"could not parse duration {quote(text)}")


def _duration_of_float(seconds: float) -> int:
    if not math.isfinite(seconds):
        raise Failure(f"invalid duration seconds: {float_text(seconds)}")
    if abs(seconds) > MOST / SECOND:
        raise Failure(f"duration seconds overflow: {float_text(seconds)}")
    return max(LEAST, min(MOST, int(seconds * SECOND)))


def _or_zero(value: Value) -> int:
    try:
        return as_duration(value)
    except Failure:
        return 0


def _in_floats(unit: int, divisor: float = 1.0) -> Callable[[Value], float]:
    """Return a function that converts a duration to a unit. Like Go, it adds the whole units and the rest, which
    determines how the result is rounded.
    """

    def convert(value: Value) -> float:
        size = _or_zero(value)
        whole = abs(size) // unit * (1 if size >= 0 else -1)
        return (float(whole) + float(size - whole * unit) / unit) / divisor

    return convert


def _in_integers(unit: int) -> Callable[[Value], Int64]:
    def convert(value: Value) -> Int64:
        size = _or_zero(value)
        return Int64(abs(size) // unit * (1 if size >= 0 else -1))

    return convert


def _weeks(value: Value) -> float:
    return _in_floats(3600 * SECOND)(value) / 24.0 / 7.0


def _rounded(size: int, unit: int) -> int:
    """Return the nearest multiple of a unit; halves are rounded away from zero."""
    if unit <= 0:
        return size
    rest = abs(size) % unit
    result = abs(size) - rest + (unit if rest + rest >= unit else 0)
    return max(LEAST, min(MOST, result if size >= 0 else -result))


def duration_round_to(value: Value, unit: Value) -> Duration:
    return _with_unit(value, unit, _rounded)


def _truncated(size: int, unit: int) -> int:
    if unit <= 0:
        return size
    return (abs(size) - abs(size) % unit) * (1 if size >= 0 else -1)


def duration_truncate_to(value: Value, unit: Value) -> Duration:
    return _with_unit(value, unit, _truncated)


def _with_unit(value: Value, unit: Value, change: Callable[[int, int], int]) -> Duration:
    try:
        size = as_duration(value)
    except Failure:
        return Duration(0)
    try:
        return Duration(change(size, as_duration(unit)))
    except Failure:
        return Duration(size)


# Methods of times.


def _added_dates(own: Time, years: int, months: int, days: int) -> Time:
    day = days_of(own.year + years, own.month + months, own.day + days)
    return Time((day * 86_400 + own.of_day - own.zone.offset) * SECOND + own.fraction, own.zone)


def _other(value: Value) -> Time:
    if not isinstance(value, Time):
        raise Failure(f"wrong type for value; expected time.Time; got {type_of(value)}")
    return value


Time.METHODS = {
    "Add": Function(lambda own, by: Time(own.nanoseconds + as_duration(by), own.zone), "any"),
    "AddDate": Function(_added_dates, "int int int"),
    "After": Function(lambda own, other: own.nanoseconds > _other(other).nanoseconds, "any"),
    "Before": Function(lambda own, other: own.nanoseconds < _other(other).nanoseconds, "any"),
    "Day": Function(lambda own: own.day),
    "Equal": Function(lambda own, other: own.nanoseconds == _other(other).nanoseconds, "any"),
    "Format": Function(lambda own, layout: own.formatted(layout), "string"),
    "Hour": Function(lambda own: own.of_day // 3600),
    "IsZero": Function(lambda own: own.nanoseconds == ZERO * SECOND),
    "Local": Function(lambda own: Time(own.nanoseconds, LOCAL)),
    "Minute": Function(lambda own: own.of_day // 60 % 60),
    "Month": Function(lambda own: Month(own.month)),
    "Nanosecond": Function(lambda own: own.fraction),
    "Second": Function(lambda own: own.of_day % 60),
    "String": Function(lambda own: own.text()),
    "Sub": Function(lambda own, other: Duration(own.nanoseconds - _other(other).nanoseconds), "any"),
    "UTC": Function(lambda own: Time(own.nanoseconds)),
    "Unix": Function(lambda own: Int64(own.seconds)),
    "UnixMicro": Function(lambda own: Int64(own.nanoseconds // 1000)),
    "UnixMilli": Function(lambda own: Int64(own.nanoseconds // 1_000_000)),
    "UnixNano": Function(lambda own: Int64(own.nanoseconds)),
    "Weekday": Function(lambda own: Weekday(own.weekday)),
    "Year": Function(lambda own: own.year),
    "YearDay": Function(lambda own: own.year_day),
}

FUNCTIONS: dict[str, Function] = {
    "ago": Function(ago, "any", site=True, weight=SLOWER, cost=12),
    "date": Function(date, "string any", site=True, weight=SLOWER, cost=50),
    **dict.fromkeys(
        ("dateInZone", "date_in_zone"), Function(date_in_zone, "string any string", site=True, weight=SLOWER, cost=400)
    ),
    **dict.fromkeys(("dateModify", "date_modify"), Function(date_modify, "string time", weight=SLOWER, cost=25)),
    "duration": Function(duration, "any", weight=SLOWER, cost=12),
    "durationDays": Function(lambda value: _in_floats(3600 * SECOND)(value) / 24.0, "any", weight=SLOWER, cost=12),
    "durationHours": Function(_in_floats(3600 * SECOND), "any", weight=SLOWER, cost=12),
    "durationMicroseconds": Function(_in_integers(1_000), "any", weight=SLOWER, cost=12),
    "durationMilliseconds": Function(_in_integers(1_000_000), "any", weight=SLOWER, cost=12),
    "durationMinutes": Function(_in_floats(60 * SECOND), "any", weight=SLOWER, cost=12),
    "durationNanoseconds": Function(_in_integers(1), "any", weight=SLOWER, cost=12),
    "durationRound": Function(duration_round, "any", site=True, weight=SLOWER, cost=12),
    "durationRoundTo": Function(duration_round_to, "any any", weight=SLOWER, cost=12),
    "durationSeconds": Function(_in_floats(SECOND), "any", weight=SLOWER, cost=12),
    "durationTruncateTo": Function(duration_truncate_to, "any any", weight=SLOWER, cost=12),
    "durationWeeks": Function(_weeks, "any", weight=SLOWER, cost=12),
    "htmlDate": Function(html_date, "any", site=True, weight=SLOWER, cost=120),
    "htmlDateInZone": Function(html_date_in_zone, "any string", site=True, weight=SLOWER, cost=400),
    **dict.fromkeys(("mustDateModify", "must_date_modify"), Function(must_date_modify, "string time")),
    "mustToDate": Function(must_to_date, "string string", weight=SLOWER, cost=40),
    "mustToDuration": Function(lambda value: Duration(as_duration(value)), "any", weight=SLOWER, cost=12),
    "now": Function(now, "", site=True, cost=12),
    "toDate": Function(to_date, "string string", weight=SLOWER, cost=40),
    "unixEpoch": Function(lambda value: str(value.seconds), "time", cost=12),
}
