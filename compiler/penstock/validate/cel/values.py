"""CEL values as Python objects, with equality, order and arithmetic.

bool, int, float, str, bytes, None, list and dict stand for themselves; a timestamp is a datetime, a duration a
timedelta. This module has classes for the types that Python lacks. A CEL int has 64 bits: larger results are errors.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from penstock.records import NamedTuple

MIN_INT, MAX_INT, MAX_UINT = -(2**63), 2**63 - 1, 2**64 - 1

MAX_LENGTH = 1_000_000
"""The maximum number of characters or elements of a value."""


class EvaluationError(Exception):
    """An error of CEL itself: a missing key, a number that is too large, a value of the wrong type."""


class UnsupportedError(Exception):
    """An expression that the API server can evaluate, but Penstock cannot. It yields no finding about the object."""


class Uint(int):
    """An unsigned integer."""

    __slots__ = ()


class TypeName(NamedTuple):
    """The result of `type(x)`."""

    name: str


class Optional(NamedTuple):
    """A value that may be missing."""

    value: Any
    is_there: bool = True


class Quantity(NamedTuple):
    """A quantity such as `1500m`."""

    amount: Decimal


class Url(NamedTuple):
    """The parts of a URL."""

    scheme: str
    host: str
    path: str
    query: dict[str, list[str]]


class Version(NamedTuple):
    """A semantic version. `labels` are those of a pre-release."""

    major: int
    minor: int
    patch: int
    labels: tuple[str, ...] = ()


class Format(NamedTuple):
    """A string format, by its name in `named_formats`."""

    name: str


class KeyedList(list[Any]):
    """A list of a custom resource whose elements have keys, so that their order does not count.

    `fields` are those of `x-kubernetes-list-map-keys`. A set has none: its elements are their own keys.
    Source: unstructuredSetList and unstructuredMapList of apiserver pkg/cel/common/valuesunstructured.go.
    """

    def __init__(self, items: Iterable[Any], fields: tuple[str, ...]) -> None:
        super().__init__(items)
        self.fields = fields

    def key(self, element: Any) -> Any:
        """Return what an element is found by. Raises EvaluationError for an element of a set that is no scalar."""
        if self.fields:
            owner = element if isinstance(element, dict) else {}
            return tuple(_hashable(owner.get(each)) for each in self.fields)
        if isinstance(element, list | dict):
            raise EvaluationError("a set has scalar elements only")
        return _hashable(element)

    def by_key(self) -> dict[Any, Any]:
        return {self.key(each): each for each in self}


def _hashable(value: Any) -> tuple[str, Any]:
    """Return a value with its type, since Python would take 1, 1.0 and true for one key."""
    return name_of(value), repr(value) if isinstance(value, list | dict) else value


NOTHING = Optional(None, False)

Address = IPv4Address | IPv6Address


class Cidr(NamedTuple):
    """An address with its network: `10.0.0.1/8` keeps its host bits."""

    address: Address
    network: IPv4Network | IPv6Network


_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Uint, "uint"),
    (int, "int"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (list, "list"),
    (dict, "map"),
    (type(None), "null_type"),
    (datetime, "google.protobuf.Timestamp"),
    (timedelta, "google.protobuf.Duration"),
    (TypeName, "type"),
    (Optional, "optional_type"),
    (Quantity, "kubernetes.Quantity"),
    (Url, "kubernetes.URL"),
    (Version, "kubernetes.Semver"),
    (Format, "kubernetes.NamedFormat"),
    (IPv4Address, "net.IP"),
    (IPv6Address, "net.IP"),
    (Cidr, "net.CIDR"),
)


def name_of(value: Any) -> str:
    """Return the name of the type of a value."""
    return _name_of(value.__class__)


@cache
def _name_of(python: type) -> str:
    return next((name for kind, name in _NAMES if issubclass(python, kind)), "dyn")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(one: Any, two: Any) -> bool:
    """Return whether two values are equal. Of values of different types, only numbers can be equal."""
    if one.__class__ is str is two.__class__:  # most that are compared are of these
        return bool(one == two)
    if is_number(one) and is_number(two):
        return bool(one == two)
    if isinstance(one, KeyedList) and isinstance(two, list):
        return _same_elements(one, two)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(equal, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(equal(value, two[key]) for key, value in one.items())
    # Python would call true and 1 equal.
    return name_of(one) == name_of(two) and bool(one == two)


def _same_elements(one: KeyedList, two: list[Any]) -> bool:
    """Return whether two lists have the same elements, in any order."""
    if len(one) != len(two):
        return False
    if one.fields and two and not isinstance(two, KeyedList):
        raise UnsupportedError("the API server finds no keys in maps that an expression makes")
    mine, others = one.by_key(), {one.key(each): each for each in two}
    return mine.keys() == others.keys() and all(equal(each, others[key]) for key, each in mine.items())


def less(one: Any, two: Any) -> bool:
    """Return whether the first value is less. Raises EvaluationError where the two cannot be compared."""
    ordered = is_number(one) and is_number(two)
    if not ordered and (name_of(one) != name_of(two) or not isinstance(one, _ORDERED)):
        raise no_overload("<", one, two)
    return bool(one < two)


_ORDERED = (bool, str, bytes, datetime, timedelta)


def no_overload(sign: str, *values: Any) -> EvaluationError:
    return EvaluationError(f"no such overload: {sign} of {', '.join(map(name_of, values))}")


def checked(value: Any) -> Any:
    """Return a result unchanged. Raises EvaluationError where an integer does not fit into 64 bits."""
    if isinstance(value, Uint):
        fits = 0 <= value <= MAX_UINT
    elif isinstance(value, int) and not isinstance(value, bool):
        fits = MIN_INT <= value <= MAX_INT
    else:
        return value
    if not fits:
        raise EvaluationError("integer overflow")
    return value


def add(one: Any, two: Any) -> Any:
    if one.__class__ is str is two.__class__ and len(one) + len(two) <= MAX_LENGTH:
        return one + two  # as below, for the values of which there may be a million
    both = (name_of(one), name_of(two))
    if both[0] == both[1] in ("string", "bytes", "list") and len(one) + len(two) > MAX_LENGTH:
        raise UnsupportedError("the value becomes too large")
    if isinstance(one, KeyedList) and isinstance(two, list):
        return KeyedList((one.by_key() | {one.key(each): each for each in two}).values(), one.fields)
    if both == ("google.protobuf.Timestamp", "google.protobuf.Duration") or both[0] == both[1] in _SUMS:
        return _arithmetic("+", one, two, lambda a, b: a + b)
    if both == ("google.protobuf.Duration", "google.protobuf.Timestamp"):
        return _arithmetic("+", two, one, lambda a, b: a + b)
    raise no_overload("+", one, two)


_SUMS = ("int", "uint", "double", "string", "bytes", "list", "google.protobuf.Duration")


def subtract(one: Any, two: Any) -> Any:
    both = (name_of(one), name_of(two))
    times = both[0] == "google.protobuf.Timestamp" and both[1].startswith("google.protobuf.")
    if times or both[0] == both[1] in ("int", "uint", "double", "google.protobuf.Duration"):
        return _arithmetic("-", one, two, lambda a, b: a - b)
    raise no_overload("-", one, two)


def multiply(one: Any, two: Any) -> Any:
    return _arithmetic("*", *_same_numbers("*", one, two), lambda a, b: a * b)


def divide(one: Any, two: Any) -> Any:
    one, two = _same_numbers("/", one, two)
    if isinstance(one, float):
        return one / two if two else _by_zero(one)
    if not two:
        raise EvaluationError("division by zero")
    return _arithmetic("/", one, two, lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


def _by_zero(number: float) -> float:
    return float("nan") if number != number or number == 0 else float("inf") if number > 0 else float("-inf")


def remainder(one: Any, two: Any) -> Any:
    one, two = _same_numbers("%", one, two)
    if isinstance(one, float):
        raise no_overload("%", one, two)
    if not two:
        raise EvaluationError("modulus by zero")
    return _arithmetic("%", one, two, lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1))


def _same_numbers(sign: str, one: Any, two: Any) -> tuple[Any, Any]:
    if not is_number(one) or name_of(one) != name_of(two):
        raise no_overload(sign, one, two)
    return one, two


def _arithmetic(sign: str, one: Any, two: Any, work: Callable[[Any, Any], Any]) -> Any:
    try:
        found = work(one, two)
    except OverflowError:
        raise EvaluationError(f"{sign} goes beyond what can be said") from None
    return checked(Uint(found) if isinstance(one, Uint) and found >= 0 else found)


def text_of(value: Any) -> str:
    """Return the result of `string(value)`. Raises EvaluationError for values that cannot be converted."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, datetime):
        return _time_text(value)
    if isinstance(value, timedelta):
        return f"{number_text(value.total_seconds())}s"
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, Cidr):
        return f"{value.address}/{value.network.prefixlen}"
    raise no_overload("string", value)


def _time_text(time: datetime) -> str:
    """Return a timestamp as RFC 3339, in its own zone, with no more fractional digits than needed."""
    fraction = f"{time.microsecond:06d}".rstrip("0")
    zone = time.isoformat()[-6:] if time.utcoffset() else "Z"
    return time.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + zone


def number_text(number: float) -> str:
    """Return the shortest text of a number, with an exponent where that is below -4 or above 5, as Go's `%g` does."""
    if number != number or number in (float("inf"), float("-inf")):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(repr(number), "NaN")
    mantissa, _, exponent = f"{Decimal(repr(number)).normalize():e}".partition("e")
    if -4 <= int(exponent) < 6:
        return f"{Decimal(repr(number)).normalize():f}"
    return f"{mantissa}e{int(exponent):+03d}"


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise EvaluationError("these bytes are no text") from None


def key_in(owner: Mapping[Any, Any], key: Any) -> bool:
    """Return whether a map has a key. `true` is not the key 1."""
    return key in owner and (isinstance(key, str) or any(equal(each, key) for each in owner))


def of_type(value: Any, *kinds: type) -> Any:
    """Return a value that has one of some types, of which a boolean is no number. Raises TypeError for another one."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError
    return value
