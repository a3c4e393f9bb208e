"""The parts of a timestamp in a time zone, and of a duration.

Source: cel-spec doc/langdef.md.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from penstock.validate.cel.values import (
    EvaluationError,
    of_type,
)

_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)")


def _clock(value: datetime, zone: str = "UTC") -> datetime:
    offset = _OFFSET.fullmatch(zone)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        east = timedelta(minutes=-minutes if offset[1] == "-" else minutes)
        return of_type(value, datetime).astimezone(timezone(east))  # type: ignore[no-any-return]
    try:
        return of_type(value, datetime).astimezone(ZoneInfo(zone))  # type: ignore[no-any-return]
    except (KeyError, ValueError, OSError):
        raise EvaluationError(f"no such time zone: {zone}") from None


def part_of_clock(read: Callable[[datetime], int], seconds: float = 0) -> Callable[..., int]:
    """Return the function that reads a part of a timestamp in a time zone, or a duration as a multiple of `seconds`."""

    def part(value: Any, zone: str = "UTC") -> int:
        if isinstance(value, timedelta) and seconds:
            return int(value.total_seconds() / seconds)
        return read(_clock(value, zone))

    return part


def milliseconds_of(value: Any, zone: str = "UTC") -> int:
    if isinstance(value, timedelta):
        return value // timedelta(milliseconds=1)
    return _clock(value, zone).microsecond // 1000
