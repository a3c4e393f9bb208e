"""The functions of text/template itself. `and`, `or` and `not` are listed for their signatures only: the evaluator
implements them.
"""

from penstock.gotemplate.bounds import size_of
from penstock.gotemplate.calls import SLOW, Frame, Function
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.formatting import sprint, sprintln, text_of
from penstock.gotemplate.sprintf import sprintf
from penstock.gotemplate.values import Map, Object, Uint8, Value, bytes_text, is_nil, kind_of, text_bytes, type_of

# Comparison.

BASIC: dict[str, str] = {
    "bool": "bool",
    "string": "string",
    "float64": "float",
    **dict.fromkeys(("int", "int8", "int16", "int32", "int64"), "int"),
    **dict.fromkeys(("uint", "uint8", "uint16", "uint32", "uint64"), "uint"),
}
"""The kinds as which values are compared, by Go's kinds."""


def basic(value: Value) -> str:
    """Return the kind as which a value is compared, or an empty string for a value that cannot be compared."""
    kind = value.__class__
    if kind is str:
        return "string"
    if kind is int:
        return "int"
    return BASIC.get(kind_of(value), "")


INTEGERS = ("int", "uint")


def equal(first: Value, second: Value) -> bool:
    """Return whether two values are equal by `==` of Go's templates. Raises `Failure` where their types differ and
    neither is nil.
    """
    one, two = basic(first), basic(second)
    if one != two:
        if one in INTEGERS and two in INTEGERS:
            return int(first) == int(second)
        if first is None or second is None:  # a nil map or list has a type
            return False
        raise Failure(f"incompatible types for comparison: {type_of(first)} and {type_of(second)}")
    if one:
        return bool(first == second)
    return _equal_others(first, second)


def _equal_others(first: Value, second: Value) -> bool:
    if kind_of(first) != kind_of(second) and first is not None and second is not None:
        raise Failure(f"non-comparable types {_as_text(first)}: {type_of(first)}, {type_of(second)}: {text_of(second)}")
    if is_nil(first) or is_nil(second):
        return is_nil(first) and is_nil(second)
    if kind_of(second) in ("map", "slice"):
        raise Failure(f"non-comparable type {_as_text(second)}: {type_of(second)}")
    return bool(first == second)  # structs are equal by their fields


def _as_text(value: Value) -> str:
    return sprintf("%s", [value])


def eq(first: Value, *others: Value) -> bool:
    if not others:
        raise Failure("missing argument for comparison")
    return any(equal(first, other) for other in others)


def ne(first: Value, second: Value) -> bool:
    return not equal(first, second)


def lt(first: Value, second: Value) -> bool:
    one, two = basic(first), basic(second)
    if not one or not two:
        raise Failure("invalid type for comparison")
    # Go compares integers of any width, signed or not, and nothing else across types.
    if one != two and not (one in INTEGERS and two in INTEGERS):
        raise Failure(f"incompatible types for comparison: {type_of(first)} and {type_of(second)}")
    if one == "bool":
        raise Failure("invalid type for comparison")
    # Go compares bytes, and Python compares code points; beyond ASCII the order may differ.
    if one == "string" and not (first.isascii() and second.isascii()):
        return text_bytes(first) < text_bytes(second)
    return bool(first < second)


def le(first: Value, second: Value) -> bool:
    return lt(first, second) or equal(first, second)


def gt(first: Value, second: Value) -> bool:
    return not le(first, second)


def ge(first: Value, second: Value) -> bool:
    return not lt(first, second)


# Parts of values.


def length(item: Value) -> int:
    if item is None:
        raise Failure("reflect: call of reflect.Value.Type on zero Value")
    return length_of_field(item)


def length_of_field(item: Value) -> int:
    """Return the length of a value that Go has looked up, so that nil has a type."""
    if isinstance(item, str):
        return len(item) if item.isascii() else len(text_bytes(item))
    if isinstance(item, dict | list | bytes):
        return len(item)
    if item is None:
        raise Failure("len of nil pointer")
    raise Failure(f"len of type {type_of(item)}")


def index_argument(index: Value, most: int) -> int:
    """Return an index as an int. Raises `Failure` where it is not an integer from 0 to `most`."""
    if index is None:
        raise Failure("cannot index slice/array with nil")
    if basic(index) not in INTEGERS:
        raise Failure(f"cannot index slice/array with type {type_of(index)}")
    if not 0 <= index <= most:
        raise Failure(f"index out of range: {int(index)}")
    return int(index)


def index(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise Failure("index of untyped nil")
    for key in indexes:
        if item is None:
            raise Failure("index of nil pointer")
        item = _indexed(item, key)
    return item


def _indexed(item: Value, key: Value) -> Value:
    if isinstance(item, dict):
        return _looked_up(item, key)
    if isinstance(item, list | bytes):
        at = index_argument(key, len(item))
        if at == len(item):
            raise Failure("reflect: slice index out of range")
        return Uint8(item[at]) if isinstance(item, bytes) else item[at]
    if isinstance(item, str):
        data = text_bytes(item)
        at = index_argument(key, len(data))
        if at == len(data):
            raise Failure("reflect: string index out of range")
        return Uint8(data[at])
    raise Failure(f"can't index item of type {type_of(item)}")


def _looked_up(item: dict[str, Value], key: Value) -> Value:
    if key is None:
        raise Failure("value is nil; should be of type string")
    if not isinstance(key, str):
        raise Failure(f"value has type {type_of(key)}; should be string")
    if key not in item and isinstance(item, Map):
        return item.zero
    return item.get(key)


def cut(item: Value, *indexes: Value) -> Value:
    """Implement `slice` of text/template, which Sprig's `slice` replaces for Helm."""
    if item is None:
        raise Failure("slice of untyped nil")
    if len(indexes) > 3:
        raise Failure(f"too many slice indexes: {len(indexes)}")
    if isinstance(item, str):
        if len(indexes) == 3:
            raise Failure("cannot 3-index slice a string")
        return bytes_text(_cut(text_bytes(item), indexes))
    if isinstance(item, list | bytes):
        return _cut(item, indexes)
    raise Failure(f"can't slice item of type {type_of(item)}")


def _cut(item: Value, indexes: tuple[Value, ...]) -> Value:
    places = [0, len(item)]
    for number, at in enumerate(indexes[:2]):
        places[number] = index_argument(at, len(item))
    if places[0] > places[1]:
        raise Failure(f"invalid slice index: {places[0]} > {places[1]}")
    if len(indexes) == 3:
        most = index_argument(indexes[2], len(item))
        if places[1] > most:
            raise Failure(f"invalid slice index: {places[1]} > {most}")
    part = item[places[0] : places[1]]
    return part if item.__class__ in (list, bytes) else item.__class__(part)


def call(name: str, function: Value, *args: Value) -> Value:
    """Raise `Failure`, since no value of a template is a function. `name` is the argument as the template writes it."""
    if function is None:
        raise Failure("call of nil")
    raise Failure(f"non-function {name or text_of(function)} of type {type_of(function)}")


# Printing.


def size_up(f: Frame, values: tuple[Value, ...]) -> None:
    """Count the text of several values before they are joined. Raises `Exceeded`."""
    if len(values) > 1:
        f.meter.write(sum([size_of(value) for value in values if value.__class__ is str]))


def print_(f: Frame, *values: Value) -> str:
    size_up(f, values)
    return sprint(values, f.meter)


def println(f: Frame, *values: Value) -> str:
    size_up(f, values)
    return sprintln(values, f.meter)


def printf(f: Frame, layout: str, *values: Value) -> str:
    size_up(f, (layout, *values))
    return sprintf(layout, values, f.meter)


HTML = {"&": "&amp;", "\0": "\ufffd", '"': "&#34;", "'": "&#39;", "<": "&lt;", ">": "&gt;"}
"""How characters are written in HTML. The ampersand comes first, since the others get one."""
JS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _evaluated(f: Frame, values: tuple[Value, ...]) -> str:
    """Return the arguments of an escaping function as one text, with `<no value>` for nil."""
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return sprint([_without_pointer(value) for value in values], f.meter)


def _without_pointer(value: Value) -> Value:
    """Return what Go prints for an argument: what a pointer leads to."""
    if value is None:
        return "<no value>"
    is_pointer = isinstance(value, Object) and value.kind == "ptr"
    return value.text() if is_pointer else value


def html(f: Frame, *values: Value) -> str:
    text = _evaluated(f, values)
    for character, written in HTML.items():  # `translate` takes ten times as long
        text = text.replace(character, written)
    return text


def js(f: Frame, *values: Value) -> str:
    return "".join([JS.get(character) or _js_escaped(character) for character in _evaluated(f, values)])


def _js_escaped(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return character  # a byte that is not part of a character
    if code < 32 or (code >= 127 and not character.isprintable()):
        return f"\\u{code:04X}"
    return character


def urlquery(f: Frame, *values: Value) -> str:
    from urllib.parse import quote_plus  # hardly any chart calls this

    return quote_plus(text_bytes(_evaluated(f, values)), safe="-_.~")


LENGTH_OF_FIELD = Function(length_of_field, "any")
"""The `len` for an argument that is a field."""

FUNCTIONS: dict[str, Function] = {
    "and": Function(lambda *values: values[-1], "any any..."),
    "call": Function(call, "any any..."),
    "eq": Function(eq, "any any..."),
    "ge": Function(ge, "any any"),
    "gt": Function(gt, "any any"),
    "html": Function(html, "any...", site=True, cost=8),
    "index": Function(index, "any any..."),
    "js": Function(js, "any...", site=True, weight=SLOW, cost=8),
    "le": Function(le, "any any"),
    "len": Function(length, "any"),
    "lt": Function(lt, "any any"),
    "ne": Function(ne, "any any"),
    "not": Function(lambda value: not value, "any"),
    "or": Function(lambda *values: values[-1], "any any..."),
    "print": Function(print_, "any...", site=True),
    "printf": Function(printf, "string any...", site=True, cost=6),
    "println": Function(println, "any...", site=True),
    "slice": Function(cut, "any any..."),
    "urlquery": Function(urlquery, "any...", site=True, cost=12),
}
