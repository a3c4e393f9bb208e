"""The function `format` of texts: `'%s has %d'.format([name, count])`.

Source: cel-go ext/formatting.go.
"""

import re
from collections.abc import Callable
from typing import Any

from penstock.validate.cel.texts import quoted_text
from penstock.validate.cel.values import TypeName, UnsupportedError, of_type, text_of

MOST_DIGITS = 999
"""The digits behind the point of a number. More of them could fill the memory, at no cost."""


def formatted(pattern: str, values: list[Any]) -> str:
    """Return the result of `'%s has %d'.format([name, count])`."""
    given = iter(of_type(values, list))

    def put(match: "re.Match[str]") -> str:
        if match[0] == "%%":
            return "%"
        if match[1] and len(match[1]) > len(str(MOST_DIGITS)):
            raise UnsupportedError(f"a number has more than {MOST_DIGITS} digits behind its point")
        value = next(given, None)
        return _FORMATS[match[2]](value, match[1])

    return re.sub(r"%%|%(?:\.(\d+))?([sdfebxXo])", put, of_type(pattern, str))


def _fixed(value: Any, digits: str | None) -> str:
    return f"{of_type(value, float):,.{int(digits or 6)}f}".replace("inf", "∞").replace("nan", "NaN")


def _scientific(value: Any, digits: str | None) -> str:
    """Return a number in the form `1.5×10⁰³`."""
    mantissa, _, exponent = f"{of_type(value, float):.{int(digits or 6)}e}".partition("e")
    return f"{mantissa}×10{exponent.lstrip('+').translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_FORMATS: dict[str, Callable[[Any, str | None], str]] = {
    "s": lambda value, _: shown(value),
    "d": lambda value, _: str(int(of_type(value, int))),
    "f": _fixed,
    "e": _scientific,
    "b": lambda value, _: f"{int(value):b}",
    "o": lambda value, _: f"{int(of_type(value, int)):o}",
    "x": lambda value, _: _hexadecimal(value),
    "X": lambda value, _: _hexadecimal(value).upper(),
}


def _hexadecimal(value: Any) -> str:
    data = value.encode() if isinstance(value, str) else value
    return data.hex() if isinstance(data, bytes) else f"{int(of_type(value, int)):x}"


def shown(value: Any) -> str:
    """Return a value as `%s` shows it in a formatted string."""
    if isinstance(value, list):
        return f"[{', '.join(map(_shown_inside, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{_shown_inside(key)}:{_shown_inside(each)}' for key, each in value.items()))}}}"
    if value is None:
        return "null"
    return value.name if isinstance(value, TypeName) else text_of(value)


def _shown_inside(value: Any) -> str:
    """Return a value as it appears inside a list or map, where strings are quoted."""
    if isinstance(value, str | bytes):
        return quoted_text(value) if isinstance(value, str) else f"b{quoted_text(value.decode(errors='replace'))}"
    return f"{value:.6f}" if isinstance(value, float) else shown(value)
