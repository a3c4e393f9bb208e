"""How Go prints values, with the verbs and flags of its formats: `fmt.Sprint` and `Sprintln`."""

import re
from collections.abc import Callable, Mapping, Sequence, Sized
from math import copysign, frexp, isinf, isnan

from penstock.gotemplate.bounds import Meter, size_of
from penstock.gotemplate.failures import Exceeded
from penstock.gotemplate.quoting import is_printable, quote
from penstock.gotemplate.values import (
    Object,
    Spoken,
    Uint8,
    Uint64,
    Value,
    bytes_text,
    is_nil,
    text_bytes,
    type_of,
)
from penstock.records import NamedTuple

LONG = 4096
"""Texts inside maps and lists are counted if they are longer than this."""

ADDRESS = 0xC00000000000
"""The address that `%p` prints for every map and list. In Go it changes from run to run."""

STEPS_OF_AN_ITEM = 6
"""The steps that an item of a list or map costs that is printed."""

STEPS_OF_BYTES = dict.fromkeys("vsqxX", 0.125)
"""The steps that a byte costs with the verbs that are fast. `%v` prints every file of a chart for `{{ . }}`."""

MAX_DEPTH = 500
"""How deeply maps and lists may be nested."""


def text_of(value: Value, meter: Meter | None = None) -> str:
    """Return a value as `%v` prints it."""
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return float_text(value)
    if value is None:
        return "<nil>"
    return Printer(meter).value(value, PLAIN, 0)


def float_text(value: float) -> str:
    """Return a number in the fewest digits that read back as the same number, as `%g` does: with an exponent below 1e-4
    and from 1e+06 on.
    """
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    shortest = repr(value)
    magnitude = abs(value)
    if magnitude < 1e6 and (magnitude >= 1e-4 or not magnitude):
        return shortest.removesuffix(".0")
    digits = shortest.partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")
    return f"{value:.{max(len(digits) - 1, 0)}e}"


class Spec(NamedTuple):
    """One verb of a format with its flags.

    `go` asks for Go's syntax (`%#v`), `names` for the names of fields (`%+v`). `is_wrong` is set while a value is shown
    in a complaint about its verb: all flags still apply then, but methods do not.
    """

    verb: str = "v"
    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    go: bool = False
    names: bool = False
    is_wrong: bool = False
    width: int | None = None
    precision: int | None = None


PLAIN = Spec()


def sprint(values: Sequence[Value], meter: Meter | None = None) -> str:
    """Return all values as one text, with a space between two neighbours where neither is a string."""
    parts: list[str] = []
    was_string = True
    for number, value in enumerate(values):
        is_string = value.__class__ is str
        if number and not is_string and not was_string:
            parts.append(" ")
        parts.append(text_of(value, meter))
        was_string = is_string
    return "".join(parts)


def sprintln(values: Sequence[Value], meter: Meter | None = None) -> str:
    return " ".join([text_of(value, meter) for value in values]) + "\n"


class Printer:
    """Prints values of all types, nested or not."""

    def __init__(self, meter: Meter | None) -> None:
        self.meter = meter

    def argument(self, value: Value, spec: Spec) -> str:
        verb = spec.verb
        if value is None:
            return padded("<nil>", spec) if verb in "vT" else f"%!{verb}(<nil>)"
        if verb == "T":
            return padded(cut(type_of(value), spec), spec)
        if verb == "p" and isinstance(value, dict | list | bytes):
            return integer_with(ADDRESS, spec._replace(verb="x", sharp=not spec.sharp))
        return self.value(value, spec, 0)

    def value(self, value: Value, spec: Spec, depth: int) -> str:
        if value is None:
            return self.nothing(spec)
        if spec.verb == "w":
            return self.bad(value, spec)
        # The text is a part of something larger, which may hold it many times.
        if depth and value.__class__ is str and len(value) > LONG and self.meter is not None:
            self.meter.write(size_of(value))
        if isinstance(value, dict):
            return self.map(value, spec, depth)
        if isinstance(value, list):
            return self.list(value, spec, depth)
        if isinstance(value, Object):
            return self.object(value, spec, depth)
        if isinstance(value, Spoken) and _asks_for_text(spec):
            return string_with(value.text(), spec)
        if isinstance(value, bytes):
            self.weigh(len(value), spec, STEPS_OF_BYTES.get(spec.verb, STEPS_OF_AN_ITEM))
            shown = bytes_with(value, spec)
            return shown.replace("[]byte", "[]uint8", 1) if depth and spec.go else shown
        printer = SCALARS.get(value.__class__)
        if printer is None:
            printer = integer_with if isinstance(value, int) else self.bad
        return printer(value, spec)

    def nothing(self, spec: Spec) -> str:
        """Return the text for nil inside a map or a list."""
        return "interface {}(nil)" if spec.go else "<nil>"

    def bad(self, value: Value, spec: Spec) -> str:
        return bad_verb(value, spec)

    def object(self, value: Object, spec: Spec, depth: int) -> str:
        """Return the object's own text where it has a method for that and the verb takes a text; otherwise the fields
        of the struct.
        """
        parts = value.parts()
        if depth and type_of(value).startswith("*") and (spec.go or not value.speaks) and not value.literal():
            return self.pointer(value, spec)
        if spec.go and value.speaks and not spec.is_wrong and value.literal():
            return padded(value.literal(), spec)
        if (value.speaks or parts is None) and _asks_for_text(spec):
            return string_with(value.text(), spec)
        if parts is None or spec.verb == "p":
            return value.text() if spec.is_wrong else self.bad(value, spec)
        return self.struct(value, parts, spec, depth)

    def pointer(self, value: Object, spec: Spec) -> str:
        """Return what Go prints for a pointer inside of something else: its address."""
        if spec.verb not in "vpbodxX":
            return self.bad(value, spec)
        address = integer_with(ADDRESS, spec._replace(verb="x", sharp=not spec.sharp))
        return f"({type_of(value)})({address})" if spec.go else address

    def enter(self, value: Sized, spec: Spec, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be printed")
        self.weigh(1 + len(value), spec, STEPS_OF_AN_ITEM)

    def weigh(self, items: int, spec: Spec, steps: float) -> None:
        """Count items that are about to be printed, and the characters that the width adds to each of them."""
        if self.meter is not None:
            self.meter.spend(int(items * steps))
            if spec.width or spec.precision:
                self.meter.write(items * max(spec.width or 0, spec.precision or 0))

    def map(self, value: dict[str, Value], spec: Spec, depth: int) -> str:
        self.enter(value, spec, depth)
        if self.meter is not None:
            self.meter.sort(value)
        if spec.go and is_nil(value):
            return f"{type_of(value)}(nil)"
        between, start, end = (", ", f"{type_of(value)}{{", "}") if spec.go else (" ", "map[", "]")
        entries = [f"{string_with(key, spec)}:{self.value(value[key], spec, depth + 1)}" for key in sorted(value)]
        return f"{start}{between.join(entries)}{end}"

    def list(self, value: list[Value], spec: Spec, depth: int) -> str:
        self.enter(value, spec, depth)
        between, start, end = (", ", f"{type_of(value)}{{", "}") if spec.go else (" ", "[", "]")
        if spec.go and is_nil(value):
            return f"{type_of(value)}(nil)"
        return start + between.join([self.value(item, spec, depth + 1) for item in value]) + end

    def struct(self, value: Object, parts: Mapping[str, Value], spec: Spec, depth: int) -> str:
        self.enter(parts, spec, depth)
        go_type = type_of(value)
        is_pointer = go_type.startswith("*")
        between, start = (", ", f"{go_type.removeprefix('*')}{{") if spec.go else (" ", "{")
        labels = [f"{name}:" if spec.go or spec.names else "" for name in parts]
        shown = [self.value(part, spec, depth + 1) for part in parts.values()]
        return "&" * is_pointer + start + between.join(map(str.__add__, labels, shown)) + "}"


def _asks_for_text(spec: Spec) -> bool:
    return spec.verb in "vsxXq" and not spec.go and not spec.is_wrong


def padded(text: str, spec: Spec) -> str:
    width = spec.width
    if width is None or width <= len(text):
        return text
    if spec.minus:
        return text.ljust(width)
    return text.rjust(width, "0" if spec.zero else " ")


def bad_verb(value: Value, spec: Spec) -> str:
    return f"%!{spec.verb}({type_of(value)}={Printer(None).value(value, spec._replace(verb='v', is_wrong=True), 0)})"


def bool_with(value: bool, spec: Spec) -> str:
    if spec.verb not in "tv":
        return bad_verb(value, spec)
    return padded("true" if value else "false", spec)


def string_with(value: str, spec: Spec) -> str:
    verb = spec.verb
    if verb == "v":
        return padded(quote(cut(value, spec)) if spec.go else cut(value, spec), spec)
    if verb == "s":
        return padded(cut(value, spec), spec)
    if verb == "q":
        return padded(in_quotes(cut(value, spec), spec), spec)
    if verb in "xX":
        return hexadecimal(text_bytes(value), spec)
    return bad_verb(value, spec)


def cut(value: str, spec: Spec) -> str:
    return value if spec.precision is None else value[: spec.precision]


def in_quotes(value: str, spec: Spec) -> str:
    if spec.sharp and not re.search("[\0-\x08\x0a-\x1f\x7f`\ufeff\ud800-\udfff]", value):
        return f"`{value}`"
    return quote(value, ascii_only=spec.plus)


def hexadecimal(data: bytes, spec: Spec) -> str:
    data = data if spec.precision is None else data[: spec.precision]
    prefix = ("0x" if spec.verb == "x" else "0X") if spec.sharp and data else ""
    text = " ".join([f"{prefix}{byte:02x}" for byte in data]) if spec.space else prefix + data.hex()
    if spec.verb == "X":
        text = text.upper()
    return padded(text, spec._replace(zero=spec.zero and not spec.minus))


DECIMALS = tuple(map(str, range(256)))
"""The bytes as numbers, precomputed because printing `.` prints each byte of every file of the chart."""


def bytes_with(value: bytes, spec: Spec) -> str:
    verb = spec.verb
    if verb in "sq":
        return string_with(bytes_text(value), spec)
    if verb in "xX":
        return hexadecimal(value, spec)
    if spec.go and is_nil(value):
        return "[]byte(nil)"
    if spec.go:
        return "[]byte{" + ", ".join([integer_with(Uint8(byte), spec) for byte in value]) + "}"
    if spec == PLAIN:
        return f"[{' '.join(map(DECIMALS.__getitem__, value))}]"
    return "[" + " ".join([integer_with(Uint8(byte), spec) for byte in value]) + "]"


BASES: dict[str, tuple[str, str]] = {
    "v": ("d", ""),
    "d": ("d", ""),
    "b": ("b", "0b"),
    "o": ("o", "0"),
    "O": ("o", "0"),
    "x": ("x", "0x"),
    "X": ("X", "0X"),
}


def integer_with(value: int, spec: Spec) -> str:
    if spec.verb in CHARACTERS:
        return padded(CHARACTERS[spec.verb](value, spec), spec._replace(zero=spec.zero and spec.verb != "U"))
    if spec.verb not in BASES:
        return bad_verb(value, spec)
    if spec.go and isinstance(value, Uint8 | Uint64):
        spec = spec._replace(verb="x", sharp=True)
    base, prefix = BASES[spec.verb]
    # Go prints nothing for a zero that may have no digits.
    if spec.precision == 0 and not value:
        return " " * (spec.width or 0)
    sign = "-" if value < 0 else _sign(spec)
    digits = _filled(format(abs(int(value)), base), spec, len(sign))
    if spec.sharp and not (base == "o" and digits[:1] == "0"):
        digits = prefix + digits
    if spec.verb == "O":
        digits = f"0o{digits}"
    return padded(sign + digits, spec._replace(zero=False))


def _sign(spec: Spec) -> str:
    """Return the sign of a number that is not negative: a plus, a space or nothing."""
    if spec.plus:
        return "+"
    return " " if spec.space else ""


def _filled(digits: str, spec: Spec, signs: int) -> str:
    """Return digits padded with leading zeros up to the precision or else the width, which includes the sign."""
    if spec.precision is not None:
        return digits.rjust(spec.precision, "0")
    if spec.zero and not spec.minus and spec.width is not None:
        return digits.rjust(spec.width - signs, "0")
    return digits


def _rune(value: int) -> str:
    return chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"


def _unicode(value: int, spec: Spec) -> str:
    text = f"U+{value & 0xFFFFFFFFFFFFFFFF:0{max(spec.precision or 0, 4)}X}"
    shown = spec.sharp and 0 <= value <= 0x10FFFF and is_printable(chr(value))
    return f"{text} '{chr(value)}'" if shown else text


CHARACTERS: dict[str, Callable[[int, Spec], str]] = {
    "c": lambda value, spec: _rune(value),
    "q": lambda value, spec: quote(_rune(value), "'", spec.plus),
    "U": _unicode,
}


def float_with(value: float, spec: Spec) -> str:
    verb = spec.verb
    if verb not in "vbgGxXfFeE":
        return bad_verb(value, spec)
    if isnan(value):
        return padded(f"{_sign(spec)}NaN", spec._replace(zero=False))
    sign = "-" if copysign(1, value) < 0 else _sign(spec)
    if isinf(value):
        return padded(f"{sign or '+'}Inf", spec._replace(zero=False))
    text = _float_digits(abs(value), verb, spec.precision)
    if spec.sharp and verb != "b":
        text = _with_point(text, verb, spec.precision)
    # Zeros go between the sign and the digits.
    if spec.zero and not spec.minus and spec.width is not None and sign:
        return sign + text.rjust(spec.width - len(sign), "0")
    return padded(sign + text, spec)


def _float_digits(value: float, verb: str, precision: int | None) -> str:
    """Return the digits of a number that is not negative, without applying flags."""
    if verb == "b":
        mantissa, exponent = frexp(value)
        return f"{int(mantissa * 2**53)}p{exponent - 53:+d}" if value else "0p-1074"
    if verb in "xX":
        text = _hexadecimal_digits(value, precision)
        return text.upper() if verb == "X" else text
    if verb in "vgG" and precision is None:
        text = float_text(value)
        return text.upper() if verb == "G" else text
    return f"%.{6 if precision is None else precision}{'g' if verb == 'v' else verb}" % value


def _hexadecimal_digits(value: float, precision: int | None) -> str:
    """Return a number as a hexadecimal fraction and a power of two, rounded to a number of digits after the point."""
    mantissa, exponent = frexp(value)
    whole, exponent = int(mantissa * 2**53), exponent - 1 if value else 0
    digits = 13
    if precision is not None:
        dropped = 4 * max(13 - precision, 0)
        whole, rest = whole >> dropped, whole & ((1 << dropped) - 1)
        half = 1 << dropped >> 1
        whole += bool(dropped) and (rest > half or (rest == half and whole & 1 == 1))
        digits = min(precision, 13)
    # Rounding has carried into a new digit before the point.
    if whole >> (4 * digits) > 1:
        whole, exponent = whole >> 1, exponent + 1
    fraction = f"{whole:0{digits + 1}x}"[1:]
    fraction = fraction.rstrip("0") if precision is None else fraction.ljust(precision, "0")
    point = "." if fraction else ""
    return f"0x{1 if whole else 0}{point}{fraction}p{exponent:+03d}"


def _with_point(text: str, verb: str, precision: int | None) -> str:
    """Return a number with its decimal point and, for `%g` and `%x`, as many digits as were asked for."""
    mark = "p" if verb in "xX" else "e"
    at = text.lower().find(mark)
    number, tail = (text[:at], text[at:]) if at >= 0 else (text, "")
    wanted = (6 if precision is None else precision) if verb in "vgGx" else 0
    seen = number.replace(".", "").lstrip("0")
    wanted -= len(seen)
    if "." not in number:
        wanted -= number == "0"
        number += "."
    return f"{number}{'0' * wanted}{tail}"


SCALARS: dict[type, Callable[[Value, Spec], str]] = {
    str: string_with,
    bool: bool_with,
    int: integer_with,
    float: float_with,
    bytes: bytes_with,
}
