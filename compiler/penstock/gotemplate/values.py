"""The values that templates work on, and their types in Go.

| Go | here |
|---|---|
| nil, and missing values | None |
| string, bool, float64 | str, bool, float |
| int | int; other integer types are subclasses of int |
| map[string]interface {}, []interface {} | dict, list; other maps and slices are subclasses |
| []uint8 | bytes |
| structs, and everything with methods | a subclass of `Object` |

A template cannot reach any part of a Python object. A field is looked up as a key of a `dict`, or in the tables that an
`Object` declares for that purpose; no attribute is ever looked up by a name from a template.
"""

from collections.abc import Callable, Mapping

from penstock.regex import regex
from penstock.typed import Any, ClassVar

Value = Any
"""A value of one of the types in the table above."""


class Int64(int):
    """An int64, the result of Sprig's arithmetic."""

    go_type: ClassVar[str] = "int64"
    kind: ClassVar[str] = "int64"


class Int32(int):
    go_type: ClassVar[str] = "int32"
    kind: ClassVar[str] = "int32"


class Uint8(int):
    """A byte, the result of indexing a string."""

    go_type: ClassVar[str] = "uint8"
    kind: ClassVar[str] = "uint8"


class Uint64(int):
    go_type: ClassVar[str] = "uint64"
    kind: ClassVar[str] = "uint64"


class Spoken(int):
    """A number that prints as text (`fmt.Stringer`)."""

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
    """A map of another type than `map[string]interface {}`: a named type, or one whose values all have one type."""

    go_type: str = "map[string]interface {}"
    zero: Value = None
    """The result of a missing key."""
    element = "interface {}"
    METHODS: ClassVar[Mapping[str, Any]] = {}


class Scope(Map):
    """The map that templates see as `.`.

    It differs from other maps only in the name of its type, and only while a template is executed for it: elsewhere, a
    template sees it as a plain map.
    """

    def __enter__(self) -> None:
        """Let a template see the map as `.`."""
        self.go_type = "common.Values"

    def __exit__(self, *error: object) -> None:
        self.go_type = Map.go_type


class Fields(dict[str, Value]):
    """The fields of a struct, which go-yaml v3 prints in their own order, and not sorted as the keys of a map."""


class NilMap(Map):
    """A nil map: it can be read like an empty map, but not written to."""


class Slice(list[Value]):
    """A slice of another type than `[]interface {}`."""

    go_type: ClassVar[str] = "[]interface {}"
    METHODS: ClassVar[Mapping[str, Any]] = {}


class Strings(Slice):
    go_type = "[]string"


class Ints(Slice):
    go_type = "[]int"


class NilSlice(Slice):
    """A nil slice of any values: it works like an empty slice, but is null in JSON and YAML, and equals nil."""


class NilStrings(Strings):
    """A nil slice of strings."""


class NilBytes(bytes):
    """A nil slice of bytes."""

    go_type: ClassVar[str] = "[]uint8"
    kind: ClassVar[str] = "slice"
    METHODS: ClassVar[Mapping[str, Any]] = {}


def is_nil(value: Value) -> bool:
    """Return whether a value is nil, of any type."""
    return value is None or isinstance(value, NilMap | NilSlice | NilStrings | NilBytes)


class Lists(Slice):
    go_type = "[][]interface {}"


def named(go_type: str, values: Mapping[str, Value]) -> Map:
    """Return a map with a type of its own, such as that of `.Values` in Helm."""
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
    """A value that has exactly the fields and methods that its class declares.

    `FIELDS` are functions of the object. `METHODS` are functions by name, with the types of their parameters
    (`calls.Function`); they take the object as an additional first argument.
    """

    go_type: str = "struct {}"
    kind: str = "struct"
    speaks: ClassVar[bool] = True
    """Whether the Go type has a method that returns its text; a struct without one is printed field by field."""
    FIELDS: ClassVar[Mapping[str, Callable[[Any], Value]]] = {}
    METHODS: ClassVar[Mapping[str, Any]] = {}

    def field(self, name: str) -> tuple[bool, Value]:
        """Return whether there is a field of a name, and its value."""
        reader = self.FIELDS.get(name)
        return (False, None) if reader is None else (True, reader(self))

    def text(self) -> str:
        """Return the text that is printed for the object."""
        return "{}"

    def shown(self) -> str:
        """Return the text that is printed for the object where an action names its field. Go then also finds a `String`
        method of its address.
        """
        return self.text()

    def literal(self) -> str:
        """Return the Go expression that `%#v` prints, or an empty text where the type defines none of its own."""
        return ""

    def copied(self) -> "Object":
        """Return what `deepCopy` makes of the object. It leaves out private fields."""
        return self

    def parts(self) -> "Mapping[str, Value] | None":
        """Return the fields of the struct for verbs of `printf` that do not take a text, including those that no
        template can name.

        Return None where the fields are unknown.
        """
        return None

    def plain(self) -> Value:
        """Return the value that JSON and YAML have for the object."""
        return {}

    def fields(self) -> "Fields | None":
        """Return the fields that have names for templates, or None where there are none."""
        return Fields({name: read(self) for name, read in self.FIELDS.items()}) if self.FIELDS else None

    def pretty(self) -> Value:
        """Return the value that `toYamlPretty` prints: go-yaml v3 knows no tags of JSON, and names fields in lower
        case.
        """
        fields = self.fields()
        return self.plain() if fields is None else Fields({name.lower(): value for name, value in fields.items()})


class Struct(Object):
    """An object whose fields are given as a map."""

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

    def fields(self) -> "Fields":
        return Fields(self._fields)


def methods_of(value: Value) -> Mapping[str, Any]:
    """Return the methods that a value's class declares for templates, by name."""
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
    """Return the type of a value as `%T` prints it."""
    known = TYPES.get(value.__class__)
    return known if known is not None else str(value.go_type)


def kind_of(value: Value) -> str:
    """Return the kind of a value in terms of Go's reflection."""
    known = KINDS.get(value.__class__)
    if known is not None:
        return known
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "slice"
    return str(value.kind)


def element_type(value: Value) -> str:
    """Return the type of the elements of a map, of a list, or of a number that `range` counts up to."""
    if isinstance(value, Map):
        return value.element
    if value.__class__ in (dict, list):
        return "interface {}"
    return type_of(value).removeprefix("[]")


def is_list(value: Value) -> bool:
    return isinstance(value, list | bytes)


def text_bytes(text: str) -> bytes:
    """Return the bytes of a text, which are what Go counts."""
    return text.encode("utf-8", "surrogateescape")


BROKEN = regex("[\ud800-\udfff]")
"""Matches a byte that is not part of a character, which texts represent as a surrogate escape."""


def mended(text: str) -> str:
    """Return a text as Go writes it character by character: with U+FFFD for each byte outside a character."""
    return text if text.isascii() else BROKEN.sub("\ufffd", text)


def bytes_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def wrapped(value: int) -> Int64:
    """Return a number wrapped around as in Go's 64-bit arithmetic."""
    if -(2**63) <= value < 2**63:
        return Int64(value)
    return Int64((value + 2**63) % 2**64 - 2**63)


UNITS = (("h", 3_600_000_000_000), ("m", 60_000_000_000))
SMALL_UNITS = (("ms", 1_000_000), ("\u00b5s", 1_000), ("ns", 1))


def duration_text(nanoseconds: int) -> str:
    """Return a duration as Go prints it: `1h2m3.5s`."""
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
