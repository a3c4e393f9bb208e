"""Values as `encoding/json` writes them: keys are sorted, there are no spaces, and `<`, `>` and `&` are escaped for
HTML.
"""

import base64
import re
from math import isfinite, isinf, isnan

from penstock.gotemplate.bounds import Meter, size_of
from penstock.gotemplate.failures import Exceeded
from penstock.gotemplate.values import Object, Value, is_nil

MAX_DEPTH = 500

LONG = 4096
"""Texts longer than this are counted."""

ESCAPED = re.compile('["\\\\\x00-\x1f<>&\u2028\u2029\ud800-\udfff]')
ESCAPED_RAW = re.compile('["\\\\\x00-\x1f\u2028\u2029\ud800-\udfff]')
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Unmarshalable(ValueError):  # noqa: N818  # the name says what the value is
    """A value that JSON cannot express. The message has Go's words."""


def json_text(value: Value, meter: Meter, pretty: bool = False, escapes_html: bool = True) -> str:
    """Return the JSON of a value. Raises `Unmarshalable`, and `Exceeded` where it is too deep or contains itself."""
    return _Writer(meter, pretty, ESCAPED if escapes_html else ESCAPED_RAW).value(value, "\n")


class _Writer:
    def __init__(self, meter: Meter, pretty: bool, escaped: re.Pattern[str]) -> None:
        self.meter = meter
        self.pretty = pretty
        self.escaped = escaped

    def value(self, value: Value, indent: str) -> str:
        kind = value.__class__
        if kind is str:
            return self.string(value)
        if value is None:
            return "null"
        if kind is bool:
            return "true" if value else "false"
        if kind is float:
            return json_float(value)
        if isinstance(value, int):
            return str(int(value))
        return self.compound(value, indent)

    def compound(self, value: Value, indent: str) -> str:
        if isinstance(value, bytes) and not is_nil(value):
            return f'"{base64.b64encode(value).decode("ascii")}"'
        if isinstance(value, Object):
            plain = value.plain()
            is_struct = isinstance(plain, dict) and not isinstance(value, dict)
            return self.mapping(plain, list(plain), indent) if is_struct else self.value(plain, indent)
        if is_nil(value):
            return "null"
        if len(indent) > 2 * MAX_DEPTH:
            raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be written")
        self.meter.spend(2 + len(value) + len(value) // 2)
        if isinstance(value, dict):
            self.meter.sort(value)
            return self.mapping(value, sorted(value), indent)
        return self.joined("[", [self.value(item, indent + "  ") for item in value], "]", indent)

    def mapping(self, value: dict[str, Value], keys: list[str], indent: str) -> str:
        """Return a map or struct as JSON. `keys` are sorted for a map, and in the order of declaration for a struct."""
        below, colon = indent + "  ", ": " if self.pretty else ":"
        parts = [f"{self.string(key)}{colon}{self.value(value[key], below)}" for key in keys]
        return self.joined("{", parts, "}", indent)

    def joined(self, start: str, parts: list[str], end: str, indent: str) -> str:
        if not self.pretty or not parts:
            return start + ",".join(parts) + end
        below = indent + "  "
        return f"{start}{below}{f',{below}'.join(parts)}{indent}{end}"

    def string(self, text: str) -> str:
        if len(text) > LONG:
            self.meter.write(size_of(text))
            self.meter.spend(len(text) // 64)
        escaped = self.escaped.sub(_escape, text)
        if len(text) > LONG:
            self.meter.spend(len(escaped) - len(text))  # each escape is a call
        return f'"{escaped}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in SHORT:
        return SHORT[character]
    code = ord(character)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def json_float(value: float) -> str:
    """Return a number as JavaScript writes it: with an exponent below 1e-6 and from 1e21 on."""
    if not isfinite(value):
        word = "NaN" if isnan(value) else "+Inf" if isinf(value) and value > 0 else "-Inf"
        raise Unmarshalable(f"json: unsupported value: {word}")
    magnitude = abs(value)
    if not magnitude or 1e-6 <= magnitude < 1e21:
        return _positional(value)
    digits = repr(value).partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")
    text = f"{value:.{max(len(digits) - 1, 0)}e}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def _positional(value: float) -> str:
    shortest = repr(value)
    if "e" not in shortest:
        return shortest.removesuffix(".0")
    mantissa, _, exponent = shortest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, shift = whole.lstrip("-") + fraction, int(exponent) - len(fraction)
    sign = "-" if value < 0 else ""
    if shift >= 0:
        return f"{sign}{digits}{'0' * shift}"
    return (
        f"{sign}0.{digits.rjust(-shift, '0')}" if -shift >= len(digits) else f"{sign}{digits[:shift]}.{digits[shift:]}"
    )
