"""Helm's `toToml` and `fromToml`, which follow the rules of BurntSushi's encoder."""

import re
import tomllib
from datetime import UTC, date, datetime, time

from penstock.gotemplate.bounds import Meter, size_of
from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.formatting import float_text
from penstock.gotemplate.times import SECOND, Time
from penstock.gotemplate.values import Duration, Fields, Int64, Object, Value, is_nil, type_of

MAX_DEPTH = 200
BARE = re.compile(r"[A-Za-z0-9_-]+")
ESCAPES = {
    **{chr(code): f"\\u{code:04x}" for code in range(32)},
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
    "\x7f": "\\u007f",
}
QUOTED = str.maketrans(ESCAPES)


class Unencodable(ValueError):  # noqa: N818  # the name says what the value is
    """A value that TOML cannot express. The message has the encoder's words."""


def toml_text(value: Value, meter: Meter) -> str:
    """Return the TOML of a value. Raises `Unencodable`, and `Exceeded` where it is too deep or contains itself."""
    writer = _Writer(meter)
    writer.entry((), value)
    return "".join(writer.out)


class _Writer:
    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.out: list[str] = []

    def entry(self, key: tuple[str, ...], value: Value) -> None:
        if len(key) > MAX_DEPTH:
            raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be written")
        value = as_table(value)
        if isinstance(value, dict):
            self.table(key, value)
        elif is_table_array(value):
            self.tables(key, value)
        elif not key:
            self.out.append(self.element(value, 0))
        else:
            self.out.append(f"{indent(key)}{key_text(key[-1])} = {self.element(value, 0)}\n")

    def table(self, key: tuple[str, ...], value: dict[str, Value]) -> None:
        if len(key) == 1 and self.out:
            self.out.append("\n")
        if key:
            self.out.append(f"{indent(key)}[{joined_keys(key)}]\n")
        self.entries(key, value)

    def tables(self, key: tuple[str, ...], value: list[Value]) -> None:
        if not key:
            raise Unencodable("toml: top-level values must be Go maps or structs")
        for item in value:
            if self.out:
                self.out.append("\n")
            self.out.append(f"{indent(key)}[[{joined_keys(key)}]]\n")
            self.entries(key, as_table(item))

    def entries(self, key: tuple[str, ...], value: dict[str, Value]) -> None:
        """Write the entries of a table: plain values first, then tables."""
        self.meter.spend(6 + 6 * len(value) * (1 + len(key)))
        self.meter.sort(value)
        names = list(value) if isinstance(value, Fields) else sorted(value)
        tables = {name for name in names if is_table(value[name])}
        for name in sorted(names, key=tables.__contains__):
            if not is_nil(value[name]):
                self.entry((*key, name), value[name])

    def element(self, value: Value, depth: int) -> str:
        """Return a value on one line."""
        if depth > MAX_DEPTH:
            raise Exceeded(f"a value with more than {MAX_DEPTH} levels, or one that holds itself, cannot be written")
        if isinstance(value, str):
            self.meter.write(size_of(value))
            return f'"{value.translate(QUOTED)}"'
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Time):
            return str(value.plain())
        if isinstance(value, Duration):
            return f'"{value.text()}"'
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, float):
            return toml_float(value)
        return self.compound(value, depth)

    def compound(self, value: Value, depth: int) -> str:
        if isinstance(value, list | bytes):
            self.meter.spend(1 + len(value))
            return f"[{', '.join([self.element(item, depth + 1) for item in value])}]"
        if isinstance(value, dict):
            self.meter.spend(1 + len(value))
            names = sorted(value, key=lambda name: (is_table(value[name]), name))
            parts = [
                f"{key_text(name)} = {self.element(value[name], depth + 1)}"
                for name in names
                if not is_nil(value[name])
            ]
            return f"{{{', '.join(parts)}}}"
        if isinstance(value, Object):
            return self.element(value.plain(), depth + 1)
        raise Unencodable(f"unexpected type: {type_of(value)}")


def as_table(value: Value) -> Value:
    """Return the fields of a struct by the names that they have in Go, and any other value as it is."""
    fields = value.fields() if isinstance(value, Object) and not isinstance(value, dict | list) else None
    return value if fields is None else fields


def is_table(value: Value) -> bool:
    return isinstance(as_table(value), dict) or is_table_array(value)


def is_table_array(value: Value) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if any(map(is_nil, value)):
        raise Unencodable("toml: cannot encode array with nil element")
    return all(isinstance(as_table(item), dict) for item in value)


def indent(key: tuple[str, ...]) -> str:
    return "  " * (len(key) - 1)


def key_text(name: str) -> str:
    return name if BARE.fullmatch(name) else f'"{name.translate(QUOTED)}"'


def joined_keys(key: tuple[str, ...]) -> str:
    return ".".join(map(key_text, key))


def toml_float(value: float) -> str:
    text = float_text(value)
    if text in ("NaN", "+Inf", "-Inf"):
        return {"NaN": "nan", "+Inf": "inf", "-Inf": "-inf"}[text]
    return text if "." in text or "e" in text else f"{text}.0"


def to_toml(f: Frame, value: Value) -> str:
    try:
        return _printed(f, value)
    except Unencodable as problem:
        return str(problem)


def must_to_toml(f: Frame, value: Value) -> str:
    try:
        return _printed(f, value)
    except Unencodable as problem:
        raise Failure(str(problem)) from None


def _printed(f: Frame, value: Value) -> str:
    if value is None:
        raise Failure("reflect: call of reflect.Value.Type on zero Value")
    return toml_text(value, f.meter)


def from_toml(f: Frame, text: str) -> dict[str, Value]:
    """Return the values of a TOML text. For invalid TOML, `Error` holds Python's error message."""
    f.meter.spend(len(text) + STEPS_OF_A_MARK * sum(map(text.count, MARKS)))
    f.meter.spend(sum(map(_cost_of_dots, text.split("\n"))))
    try:
        return {name: _value(value) for name, value in tomllib.loads(text).items()}
    except ValueError as problem:  # Python also raises one for a number with too many digits
        return {"Error": f"toml: {problem}"}
    except RecursionError:
        return {"Error": "toml: nested too deeply"}


MARKS, STEPS_OF_A_MARK = ("=", ",", "\n"), 3
"""Signs that begin or end a value, and the steps that a value costs beside its characters."""

_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
FEW_DOTS = 100


def _cost_of_dots(line: str) -> int:
    """Return the steps that the dotted key of a line costs: Python's parser walks from the top to each of its parts."""
    if line.count(".") < FEW_DOTS:
        return 0
    dots = _STRING.sub("", line).count(".")
    return dots * dots // 8


def _value(value: object) -> Value:
    if isinstance(value, dict):
        return {name: _value(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_value(child) for child in value]
    if isinstance(value, datetime):
        # A time without a zone counts as one of UTC.
        stamp = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return Time(int(stamp.timestamp()) * SECOND + stamp.microsecond * 1000)
    if isinstance(value, date | time):
        return value.isoformat()
    return Int64(value) if isinstance(value, int) and not isinstance(value, bool) else value


FUNCTIONS: dict[str, Function] = {
    "fromToml": Function(from_toml, "string", site=True, cost=40),
    "mustToToml": Function(must_to_toml, "any", site=True),
    "toToml": Function(to_toml, "any", site=True),
}
