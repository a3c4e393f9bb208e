"""Conversions between the types of CEL: `int`, `uint`, `double`, `bytes`, `bool`, `duration`, `timestamp`.

Source: cel-spec doc/langdef.md.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.validate.cel.values import (
    MAX_INT,
    MIN_INT,
    EvaluationError,
    Uint,
    of_type,
)
from penstock.validate.syntax import is_time

_DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|us|µs|μs|ns|m|s))+|[+-]?0")

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|μs|ns|m|s)")

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}

_NUMBER = re.compile(r"[+-]?\d+")


def to_int(value: Any) -> int:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise EvaluationError(f"{value!r} is no whole number")
        return int(value)
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, float) and not MIN_INT < value < MAX_INT:
        raise EvaluationError("integer overflow")
    return int(of_type(value, int, float))


def to_uint(value: Any) -> Uint:
    number = to_int(value)
    if number < 0:
        raise EvaluationError("unsigned integer overflow")
    return Uint(number)


def to_double(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise EvaluationError(f"{value!r} is no number") from None
    return float(of_type(value, int, float))


def to_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else bytes(of_type(value, str).encode())


def to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {**dict.fromkeys(("true", "True", "TRUE", "t", "1"), True)}
    words |= dict.fromkeys(("false", "False", "FALSE", "f", "0"), False)
    if of_type(value, str) not in words:
        raise EvaluationError(f"{value!r} is neither true nor false")
    return words[value]


def to_duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not _DURATION.fullmatch(of_type(value, str)):
        raise EvaluationError(f"{value!r} is no duration")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(value))
    return timedelta(seconds=-seconds if value.startswith("-") else seconds)


def to_timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    if not is_time(of_type(value, str)):
        raise EvaluationError(f"{value!r} is no time")
    return datetime.fromisoformat(value)
