"""The limits that a schema sets for one value by itself: allowed values, ranges, lengths, formats, duplicates.

Both `explain` and `accept` use this module, so they cannot disagree.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from penstock.expression import Expression, TooMuch
from penstock.model import Pointer
from penstock.validate.fault import Fault
from penstock.validate.formats import CUSTOM_FORMATS
from penstock.validate.objects import as_number
from penstock.validate.syntax import is_base64, is_date, is_time
from penstock.words import did_you_mean, one_of, quoted, shortened

Node = dict[str, Any]

LARGEST_FLOAT = float.fromhex("0x1.fffffep+127")
"""The largest number of the format `float`."""

INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

FORMATS: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "byte": (is_base64, "is not base64", "base64 is expected here; in a Secret, plain text goes under stringData"),
    "date": (is_date, "is not a date", "write 2026-01-31"),
    "date-time": (is_time, "is not a time", "write 2026-01-31T12:00:00Z (RFC 3339)"),
}
"""The string formats that are checked. The messages do not repeat the value, which may be a secret."""

_ROUNDING = 1e-9
"""The tolerance for floats in `multipleOf`: 0.3 is a multiple of 0.1."""

_KEYWORDS = frozenset(
    {
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
    }
)


def has_limits(node: Node) -> bool:
    """Return whether `broken_limits` can find anything. Most nodes of a schema have only a type."""
    return (
        not _KEYWORDS.isdisjoint(node)
        or node.get("type") in ("integer", "int-or-string")
        or node.get("format") in CUSTOM_FORMATS
        or node.get("format") in INTEGERS
        or node.get("format") == "float"
        or node.get("x-kubernetes-list-type") in ("map", "set")
    )


def broken_limits(node: Node, value: Any, at: Pointer) -> Iterator[Fault]:
    """Yield every limit of `node` that `value` violates. The value has the right type and is not null."""
    if "enum" in node and not _is_among(node["enum"], value):
        yield _not_allowed(node["enum"], value, at)
    kind = type(value)
    if kind is str:
        yield from _length(node, len(value), "Length", "character", at)
        yield from _text(node, value, at)
    elif kind is int or kind is float:
        yield from _number(node, value, at)
    elif kind is list:
        yield from _length(node, len(value), "Items", "item", at)
        yield from _duplicates(node, value, at)
    elif kind is dict and ("minProperties" in node or "maxProperties" in node):
        yield from _length(node, _fields_in(node, value), "Properties", "key", at)


def _fields_in(node: Node, value: dict[str, Any]) -> int:
    """Return how many fields a mapping has. From a custom resource, nulls that are not allowed are dropped, and then
    defaults are added.
    """
    if not node.get("custom"):
        return len(value)
    fields, others = node.get("properties", {}), node.get("additionalProperties", {"nullable": True})
    kept = {key for key, each in value.items() if each is not None or fields.get(key, others).get("nullable")}
    return len(kept.union(key for key, field in fields.items() if field.get("default") is not None))


def _is_among(allowed: Collection[Any], value: Any) -> bool:
    """Return whether a value is allowed. `allowed` is a list, or for speed a dict whose (hashable) keys are the
    values.
    """
    return value in allowed if not isinstance(value, dict | list) else any(value == each for each in allowed)


def _not_allowed(allowed: Collection[Any], value: Any, at: Pointer) -> Fault:
    words = [str(each) for each in allowed if each != ""]
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    return Fault("PS406", at, f"{_shown(value)} is not {one_of(words)}", hint)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    return shortened(str(value)) if isinstance(value, int | float) else "this value"


def _length(node: Node, length: int, what: str, unit: str, at: Pointer) -> Iterator[Fault]:
    low, high = node.get(f"min{what}"), node.get(f"max{what}")
    if low is not None and length < low:
        yield Fault("PS406", at, f"has {_count(length, unit)}, at least {low} needed")
    if high is not None and length > high:
        yield Fault("PS406", at, f"has {_count(length, unit)}, at most {high} allowed")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _text(node: Node, value: str, at: Pointer) -> Iterator[Fault]:
    known = CUSTOM_FORMATS if node.get("custom") else FORMATS
    if node.get("format") in known:
        holds, message, hint = known[node["format"]]
        if not holds(value):
            yield Fault("PS407", at, message, hint)
    pattern = node.get("pattern")
    if isinstance(pattern, Expression):
        try:
            if not pattern.found_in(value):
                yield Fault("PS407", at, f"does not match the pattern {quoted(pattern.text)}")
        except TooMuch:
            yield Fault("PS409", at, "the pattern of this field was not evaluated: its cost goes beyond our bound")


def _number(node: Node, value: int | float, at: Pointer) -> Iterator[Fault]:
    yield from _width(node, value, at)
    yield from _impossible(node, at)
    low, high = _for_number(node.get("minimum"), value), _for_number(node.get("maximum"), value)
    if low is not None and (value <= low if node.get("exclusiveMinimum") else value < low):
        yield Fault("PS406", at, f"{_shown(value)} is too small: {_bound(node, 'Minimum', 'at least')} {low}")
    if high is not None and (value >= high if node.get("exclusiveMaximum") else value > high):
        yield Fault("PS406", at, f"{_shown(value)} is too large: {_bound(node, 'Maximum', 'at most')} {high}")
    step = node.get("multipleOf")
    if step is not None and not _is_multiple(value, step):
        yield Fault("PS406", at, f"{_shown(value)} is not a multiple of {step}")


def _for_number(bound: int | float | None, value: int | float) -> int | float | None:
    """Return a bound as the API server compares a number with it: for a whole number of 64 bits, it drops the fraction,
    and makes the smallest such number of a bound that has more bits.
    """
    if bound is None or not _is_whole(value):
        return bound
    return int(bound) if SMALLEST <= float(bound) < -SMALLEST else SMALLEST


SMALLEST, MOST = -(2**63), 2**53
"""The smallest integer of 64 bits, and the first that a float does not tell from the next."""


def _is_whole(value: int | float) -> bool:
    number = as_number(value)
    return type(number) is int and SMALLEST <= number < -SMALLEST


def _impossible(node: Node, at: Pointer) -> Iterator[Fault]:
    """Yield the bounds of an integer with which the API server refuses every value."""
    for word in BOUNDS:
        if is_impossible(node, word):
            told = f"the {word} of this field is {node[word]} in its definition"
            later = "no integer of 32 bits, and Kubernetes 1.36 and later accept"
            why = later if _is_short(node) else "no integer, and allows"
            hint = "correct the definition: format: int64" if _is_short(node) else "correct the definition"
            yield Fault("PS406", at, f"{told}, which is {why} no value", hint)


def _is_short(node: Node) -> bool:
    return node.get("format") == "int32"


def is_impossible(node: Node, word: str) -> bool:
    """Return whether a bound of an integer is none of its format.

    The API server reads it as a float, and then its shortest digits: of 9223372036854775807 these are
    9223372036854776000, which does not fit into 64 bits.
    """
    bound = node.get(word)
    if bound is None or node.get("type") != "integer" or not node.get("custom"):
        return False
    low, high = INTEGERS.get(node.get("format", ""), INTEGERS["int64"])
    digits = Decimal(repr(float(bound)))
    return digits != digits.to_integral_value() or not low <= digits <= high


BOUNDS = ("minimum", "maximum", "multipleOf")


def _is_multiple(value: int | float, step: int | float) -> bool:
    """Return whether the API server takes a number for a multiple. With a whole number, it drops the fraction of the
    step, and refuses a step of zero: 2 is no multiple of 0.5, and 4 is one of 1.5.
    """
    if _is_whole(value):
        return int(step) > 0 and int(value) % int(step) == 0
    if step <= 0:
        return False
    try:
        return abs(value / step) < MOST and abs(value / step - round(value / step)) <= _ROUNDING
    except OverflowError:  # one of them is beyond a float, which no API server reads
        return False


def _width(node: Node, value: int | float, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where a number does not fit into the number of bits of its format. Those of numbers with fractions
    do not count in a custom resource.
    """
    form = node.get("format", "")
    if form == "float" and abs(value) > LARGEST_FLOAT:
        yield Fault("PS406", at, f"{_shown(value)} is out of the range of a float of 32 bits")
    is_integer = node.get("type") == "integer" or (node.get("type") == "int-or-string" and node.get("custom"))
    if not is_integer and (form not in INTEGERS or node.get("custom")):
        return
    low, high = INTEGERS.get(form, INTEGERS["int64"])
    if not low <= value <= high:
        yield Fault("PS406", at, f"{_shown(value)} is out of the range of {node.get('format', 'int64')}")


def _bound(node: Node, which: str, inclusive: str) -> str:
    exclusive = "more than" if which == "Minimum" else "less than"
    return exclusive if node.get(f"exclusive{which}") else inclusive


def _duplicates(node: Node, items: list[Any], at: Pointer) -> Iterator[Fault]:
    """Yield the elements that server-side apply refuses: several with the same keys, and equal elements of a set."""
    if node.get("x-kubernetes-list-type") not in ("map", "set"):
        return
    keys = node.get("x-kubernetes-list-map-keys", ())
    defaults = node.get("keyDefaults", {})
    seen: dict[Any, int] = {}
    for index, item in enumerate(items):
        if item is None and keys and node.get("custom"):
            yield Fault("PS401", (*at, index), "expected mapping, found null", "remove the item")
        # A key with a default counts as written: two ports without `protocol` are both of TCP.
        identity = _identity(item, keys, defaults)
        first = seen.setdefault(identity, index)
        if identity is not None and first != index:
            message = f"has the same {_words(keys, identity) or 'value'} as item {first}"
            yield Fault("PS404", (*at, index), message, "keep one of the two", (((*at, first), "the first one"),))


def _words(keys: Iterable[str], identity: Any) -> str:
    """Return the keys of an element with their values, for a message."""
    return " and ".join(f"{key} {_shown(value)}" for key, (_, value) in zip(keys, identity, strict=False))


def _identity(item: Any, keys: tuple[str, ...], defaults: Mapping[str, Any]) -> Any:
    """Return what must be unique in a list, or None where an element does not have it."""
    values = [_key(item, key, defaults) for key in keys] if keys and isinstance(item, dict) else [item]
    if any(isinstance(value, dict | list | None) for value in values):
        return None
    return tuple((type(value), value) for value in map(as_number, values))


def _key(item: Mapping[str, Any], key: str, defaults: Mapping[str, Any]) -> Any:
    """Return the value of a key of a list element. A default replaces null and the empty string."""
    found = item.get(key)
    return defaults[key] if key in defaults and found in (None, "") else found
