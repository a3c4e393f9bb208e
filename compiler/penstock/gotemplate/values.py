"""The values that templates work on, and what Go calls them.

| Go | here |
|---|---|
| nil, and what is missing | None |
| string, bool, float64 | str, bool, float |
| int | int; other integers are subclasses of it |
| map[string]interface {}, []interface {} | dict, list; other maps and slices are subclasses |
| []uint8 | bytes |
| structs, and all that has methods | a subclass of `Object` |

Nothing of a Python object can be reached from a template. A field is looked up as a key of a `dict`, or in the tables
that an `Object` has made for that purpose; no attribute is ever looked up by a name out of a template.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

Value = Any
"""One of the values above."""


class Int64(int):
    """int64, which the arithmetic of Sprig gives."""

    go_type: ClassVar[str] = "int64"
    kind: ClassVar[str] = "int64"


class Int32(int):
    go_type: ClassVar[str] = "int32"
    kind: ClassVar[str] = "int32"


class Uint8(int):
    """A byte, which is what the index of a string gives."""

    go_type: ClassVar[str] = "uint8"
    kind: ClassVar[str] = "uint8"


class Uint64(int):
    go_type: ClassVar[str] = "uint64"
    kind: ClassVar[str] = "uint64"


class Spoken(int):
    """A number that prints as a text (`fmt.Stringer`)."""

    go_type: ClassVar[str] = "int"
    kind: ClassVar[str] = "int"

    def text(self) -> str:
        return str(int(self))


class Duration(Spoken):
    """Nanoseconds that print as `1h2m3s`."""

    go_type = "time.Duration"
    kind = "int64"

    def text(self) -> str:
        return duration_text(self)


class Map(dict[str, Value]):
    """A map of another type than `map[string]interface {}`: a named one, or one with values of one type only."""

    go_type: str = "map[string]interface {}"
    zero: Value = None
    """What a key that is missing gives."""
    element = "interface {}"
    METHODS: ClassVar[Mapping[str, Any]] = {}


class Scope(Map):
    """What templates see as `.`; its type has another name than that of other maps, and that is all."""

    go_type = "common.Values"


class NilMap(Map):
    """A map that is nil: it can be read like an empty one, but not be written to."""


class Slice(list[Value]):
    """A slice of another type than `[]interface {}`."""

    go_type: ClassVar[str] = "[]interface {}"
    METHODS: ClassVar[Mapping[str, Any]] = {}


class Strings(Slice):
    go_type = "[]string"


class Ints(Slice):
    go_type = "[]int"


class NilSlice(Slice):
    """A slice of any values that is nil: as an empty one, but null in JSON and YAML, and equal to nil."""


class NilStrings(Strings):
    """The same of strings."""


def is_nil(value: Value) -> bool:
    """Whether a value is nil, of whatever type."""
    return value is None or isinstance(value, NilMap | NilSlice | NilStrings)


class Lists(Slice):
    go_type = "[][]interface {}"


def named(go_type: str, values: Mapping[str, Value]) -> Map:
    """A map with a type of its own, as `.Values` has it in Helm."""
    result = Map(values)
    result.go_type = go_type
    return result


def map_of_strings(values: Mapping[str, str]) -> Map:
    result = Map(values)
    result.go_type = "map[string]string"
    result.element = "string"
    result.zero = ""
    return result


class Object:
    """A value with fields and methods, which are those that its class declares here and no others.

    `FIELDS` are functions of the object; `METHODS` are by name, with the types of their parameters (`calls.Function`),
    and get the object before these.
    """

    go_type: str = "struct {}"
    kind: str = "struct"
    speaks: ClassVar[bool] = True
    """Whether Go has a method that gives the text of it; a struct without one is printed field by field."""
    FIELDS: ClassVar[Mapping[str, Callable[[Any], Value]]] = {}
    METHODS: ClassVar[Mapping[str, Any]] = {}

    def field(self, name: str) -> tuple[bool, Value]:
        """Whether there is a field of that name, and its value."""
        reader = self.FIELDS.get(name)
        return (False, None) if reader is None else (True, reader(self))

    def text(self) -> str:
        """What is printed for it."""
        return "{}"

    def shown(self) -> str:
        """What is printed for it where an action names its field: Go then finds a `String` of its address, too."""
        return self.text()

    def literal(self) -> str:
        """The expression of Go that `%#v` prints, where its type has one of its own."""
        return ""

    def parts(self) -> "Mapping[str, Value] | None":
        """The fields of the struct, those too that no template can name, for verbs of `printf` that take no text. None
        where nobody knows them.
        """
        return None

    def plain(self) -> Value:
        """What JSON and YAML have for it."""
        return {}


class Struct(Object):
    """An object whose fields are given one by one."""

    def __init__(self, go_type: str, fields: Mapping[str, Value], methods: Mapping[str, Any] = {}) -> None:
        self.go_type = go_type
        self._fields = fields
        self.METHODS = methods  # type: ignore[misc]

    def field(self, name: str) -> tuple[bool, Value]:
        return (True, self._fields[name]) if name in self._fields else (False, None)

    speaks = False

    def parts(self) -> Mapping[str, Value]:
        return self._fields

    def plain(self) -> Value:
        return dict(self._fields)


def methods_of(value: Value) -> Mapping[str, Any]:
    """The methods that a value's class has declared for templates, by name."""
    return value.METHODS if isinstance(value, Object | Map | Slice) else {}


TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
    dict: "map[string]interface {}",
    list: "[]interface {}",
    bytes: "[]uint8",
    type(None): "<nil>",
}
KINDS: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
    dict: "map",
    list: "slice",
    bytes: "slice",
    type(None): "invalid",
}


def type_of(value: Value) -> str:
    """What `%T` prints."""
    known = TYPES.get(value.__class__)
    return known if known is not None else str(value.go_type)


def kind_of(value: Value) -> str:
    """What reflection calls the kind of a value."""
    known = KINDS.get(value.__class__)
    if known is not None:
        return known
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "slice"
    return str(value.kind)


def element_type(value: Value) -> str:
    """The type of the elements of a map, a list or a number that is counted up to."""
    if isinstance(value, Map):
        return value.element
    if value.__class__ in (dict, list):
        return "interface {}"
    return type_of(value).removeprefix("[]")


def is_list(value: Value) -> bool:
    return isinstance(value, list | bytes)


def text_bytes(text: str) -> bytes:
    """The bytes of a text, which count in Go."""
    return text.encode("utf-8", "surrogateescape")


BROKEN = re.compile("[\ud800-\udfff]")
"""A byte that is no part of a character, as texts hold it here."""


def mended(text: str) -> str:
    """A text that is written character by character: Go then has U+FFFD for each byte that is no part of one."""
    return text if text.isascii() else BROKEN.sub("\ufffd", text)


def bytes_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def wrapped(value: int) -> Int64:
    """A number in the 64-bit arithmetic of Go."""
    if -(2**63) <= value < 2**63:
        return Int64(value)
    return Int64((value + 2**63) % 2**64 - 2**63)


UNITS = (("h", 3_600_000_000_000), ("m", 60_000_000_000))
SMALL_UNITS = (("ms", 1_000_000), ("\u00b5s", 1_000), ("ns", 1))


def duration_text(nanoseconds: int) -> str:
    """`1h2m3.5s`, as Go prints a duration."""
    if nanoseconds == 0:
        return "0s"
    sign = "-" if nanoseconds < 0 else ""
    rest = abs(int(nanoseconds))
    if rest < 1_000_000_000:
        unit, size = next((unit, size) for unit, size in SMALL_UNITS if rest >= size)
        return f"{sign}{_decimal(rest, size)}{unit}"
    parts: list[str] = []
    for unit, size in UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count}{unit}")
    return f"{sign}{''.join(parts)}{_decimal(rest, 1_000_000_000)}s"


def _decimal(number: int, size: int) -> str:
    whole, rest = divmod(number, size)
    if not rest:
        return str(whole)
    digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"
