"""Sprig's functions for numbers: 64-bit integers that wrap around, floats, and decimals for `addf` and similar
functions.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import cache, reduce

from penstock.gotemplate.calls import Frame, Function
from penstock.gotemplate.failures import Exceeded, Failure
from penstock.gotemplate.formatting import text_of
from penstock.gotemplate.values import Duration, Int64, Ints, Value, wrapped
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Context, Decimal

LEAST = -(2**63)

LONGEST = 1_000
"""The longest number that is parsed, in characters. Nobody writes longer ones, although Go would accept some."""

INTEGER = re.compile(
    r"[-+]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)
DIGITS = "[0-9]+(?:_[0-9]+)*"
FLOAT = re.compile(rf"[-+]?(?:{DIGITS}\.?(?:{DIGITS})?|\.{DIGITS})(?:[eE][-+]?{DIGITS})?")
HEX_FLOAT = re.compile(r"[-+]?0[xX](?:_?[0-9a-fA-F])+(?:\.(?:_?[0-9a-fA-F])*)?[pP][-+]?[0-9]+")
NOT_FINITE = frozenset(sign + word for sign in ("", "+", "-") for word in ("inf", "infinity")) | {"nan"}


def parse_int(text: str) -> int | None:
    """Implement `strconv.ParseInt(text, 0, 64)`, including Go's prefixes. Return None for other texts."""
    if len(text) > LONGEST or INTEGER.fullmatch(text) is None:
        return None
    digits = text.lstrip("+-").replace("_", "")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        number = int(digits, 8)
    elif len(digits) > 100:
        return None
    else:
        number = int(digits, 0)
    number = -number if text[0] == "-" else number
    return number if LEAST <= number < 2**63 else None


def parse_float(text: str) -> float | None:
    """Implement `strconv.ParseFloat(text, 64)`. Return None where the text is not a 64-bit float."""
    if len(text) > LONGEST:
        return None
    if FLOAT.fullmatch(text):
        value = float(text)
        return None if math.isinf(value) else value
    if text.lower() in NOT_FINITE:
        return float(text)
    if HEX_FLOAT.fullmatch(text):
        try:
            return float.fromhex(text.replace("_", ""))
        except OverflowError:
            return None
    return None


def _without_zeros(text: str) -> str:
    """Return a number without decimals that are all zeros: 1.00 becomes 1 (`cast.trimZeroDecimal`)."""
    whole, dot, fraction = text.rpartition(".")
    return whole if dot and fraction and not fraction.strip("0") else text


def to_int64(value: Value) -> int:
    """Implement `cast.ToInt64`. Return 0 for anything that is not a number; a duration does not count as one."""
    if isinstance(value, int) and value.__class__ is not Duration:
        return int(value) if LEAST <= value < 2**63 else int(wrapped(value))
    if isinstance(value, float):
        if math.isnan(value) or not -(2.0**63) <= value < 2.0**63:
            return LEAST
        return int(value)
    if isinstance(value, str):
        return parse_int(_without_zeros(value)) or 0
    return 0


to_int = to_int64


def to_float64(value: Value) -> float:
    """Implement `cast.ToFloat64`. Return 0 for anything that is not a number; a duration does not count as one."""
    if isinstance(value, int | float) and value.__class__ is not Duration:
        return float(value)
    if isinstance(value, str):
        return parse_float(value) or 0.0
    return 0.0


def add(*values: Value) -> Int64:
    return wrapped(sum(map(to_int64, values)))


def sub(one: Value, two: Value) -> Int64:
    return wrapped(to_int64(one) - to_int64(two))


def mul(first: Value, *others: Value) -> Int64:
    product = to_int64(first)
    for other in others:
        product = wrapped(product * to_int64(other))
    return Int64(product)


def _divided(one: Value, two: Value) -> tuple[int, int]:
    """Return the quotient, rounded towards zero, and the remainder."""
    dividend, divisor = to_int64(one), to_int64(two)
    if not divisor:
        raise Failure("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    quotient = -quotient if (dividend < 0) != (divisor < 0) else quotient
    return quotient, dividend - quotient * divisor


def div(one: Value, two: Value) -> Int64:
    return wrapped(_divided(one, two)[0])


def mod(one: Value, two: Value) -> Int64:
    return wrapped(_divided(one, two)[1])


def max_(first: Value, *others: Value) -> Int64:
    return Int64(max(map(to_int64, (first, *others))))


def min_(first: Value, *others: Value) -> Int64:
    return Int64(min(map(to_int64, (first, *others))))


def maxf(first: Value, *others: Value) -> float:
    numbers = [to_float64(value) for value in (first, *others)]
    return math.nan if any(map(math.isnan, numbers)) else max(numbers, key=_with_sign)


def minf(first: Value, *others: Value) -> float:
    numbers = [to_float64(value) for value in (first, *others)]
    return math.nan if any(map(math.isnan, numbers)) else min(numbers, key=_with_sign)


def _with_sign(number: float) -> tuple[float, float]:
    """Return the order of a number: a negative zero is less than zero."""
    return number, math.copysign(1, number)


def floor(value: Value) -> float:
    return _whole(to_float64(value), math.floor)


def ceil(value: Value) -> float:
    return _whole(to_float64(value), math.ceil)


def _whole(number: float, rounded: Callable[[float], int]) -> float:
    """Return a whole number, which keeps the sign of what it was made of: -0.5 rounds up to -0."""
    return math.copysign(rounded(number), number) if math.isfinite(number) else number


def round_(value: Value, places: int, *options: float) -> float:
    """Return a number rounded up from a half on, or from the fraction given as an option. Python differs for halves."""
    half = options[0] if options else 0.5
    try:
        power = math.pow(10, places)
    except OverflowError:
        power = math.inf
    digit = power * to_float64(value)
    if not math.isfinite(digit):
        return digit / power
    fraction = math.modf(digit)[0]
    whole = _whole(digit, math.ceil if fraction >= half else math.floor)
    return whole / power if power else math.nan


def to_decimal(value: Value) -> Int64:
    """Return the number that octal digits stand for, or 0 where the text is not octal."""
    text = text_of(value)
    if not re.fullmatch(r"[-+]?[0-7]{1,30}", text):
        return Int64(0)
    number = int(text, 8)
    return Int64(number if LEAST <= number < 2**63 else 0)


def atoi(text: str) -> int:
    """Implement `strconv.Atoi` without its error: a number that is too large becomes the largest integer."""
    if re.fullmatch(r"[-+]?[0-9]+", text) is None:
        return 0
    digits = text.lstrip("+-0") or "0"
    number = int(digits[:40]) * (-1 if text[0] == "-" else 1)
    if number < LEAST:
        return LEAST
    return min(number, 2**63 - 1)


@cache
def _exactly() -> "Context":
    """Return a context in which sums, products, and whole quotients of floats are never rounded."""
    from decimal import MAX_EMAX, MIN_EMIN, Context  # 1 ms to import

    return Context(prec=1_000_000, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _exact(value: Value) -> "Decimal":
    number = to_float64(value)
    if not math.isfinite(number):
        kind = "NaN" if math.isnan(number) else "an infinity" if number > 0 else "a negative infinity"
        raise Failure(f"Cannot create a Decimal from {kind}")
    return _exactly().create_decimal(repr(number))


MOST_FACTORS = 1_000


def _few(factors: tuple[Value, ...]) -> None:
    """Raise `Exceeded` for too many factors, since exact numbers grow with each factor."""
    if len(factors) > MOST_FACTORS:
        raise Exceeded(f"more than {MOST_FACTORS:,} factors")


def addf(*values: Value) -> float:
    return _float(_sum(values))


def _sum(values: Iterable[Value]) -> "Decimal":
    return reduce(_exactly().add, map(_exact, values), _exact(0))


def add1f(value: Value) -> float:
    return addf(value, 1)


def subf(first: Value, *others: Value) -> float:
    return _float(_exactly().subtract(_exact(first), _sum(others)))


def mulf(first: Value, *others: Value) -> float:
    _few(others)
    return _float(reduce(_exactly().multiply, map(_exact, others), _exact(first)))


def divf(first: Value, *others: Value) -> float:
    """Return the quotient. Each division is rounded to 16 decimals, to the nearest value and halves away from zero."""
    _few(others)
    quotient, exactly = _exact(first), _exactly()
    for other in others:
        divisor = _exact(other)
        if not divisor:
            raise Failure("decimal division by 0")
        whole, rest = exactly.divmod(exactly.scaleb(quotient, 16), divisor)
        if exactly.multiply(abs(rest), 2) >= abs(divisor):
            whole = exactly.add(whole, -1 if quotient.is_signed() != divisor.is_signed() else 1)
        quotient = exactly.scaleb(whole, -16)
    return _float(quotient)


def _float(number: "Decimal") -> float:
    """Return the nearest float. Zero has no sign, as in Go, where it comes from a fraction."""
    return float(number) if number else 0.0


def _steps(f: Frame, start: int, stop: int, step: int) -> range:
    """Return the numbers of `untilStep`, which are counted before they are produced."""
    if stop < start:
        numbers = range(start, stop, step) if step < 0 else range(0)
    else:
        numbers = range(start, stop, step) if step > 0 else range(0)
    f.meter.spend((numbers.stop - numbers.start) // numbers.step)
    return numbers


def until(f: Frame, count: int) -> Ints:
    return Ints(_steps(f, 0, count, -1 if count < 0 else 1))


def until_step(f: Frame, start: int, stop: int, step: int) -> Ints:
    return Ints(_steps(f, start, stop, step))


def seq(f: Frame, *numbers: int) -> str:
    if not 1 <= len(numbers) <= 3:
        return ""
    start, end = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    direction = -1 if end < start else 1
    if len(numbers) < 3:
        step = direction
    else:
        step = numbers[1]
        if direction < 0 and step > 0:
            return ""
    return " ".join(map(str, _steps(f, start, end + direction, step)))


FUNCTIONS: dict[str, Function] = {
    "add": Function(add, "any..."),
    "add1": Function(lambda value: wrapped(to_int64(value) + 1), "any"),
    "add1f": Function(add1f, "any", cost=40),
    "addf": Function(addf, "any...", cost=40),
    "atoi": Function(atoi, "string"),
    "biggest": Function(max_, "any any...", cost=3),
    "ceil": Function(ceil, "any"),
    "div": Function(div, "any any"),
    "divf": Function(divf, "any any...", cost=40),
    "float64": Function(to_float64, "any"),
    "floor": Function(floor, "any"),
    "int": Function(to_int, "any"),
    "int64": Function(lambda value: Int64(to_int64(value)), "any"),
    "max": Function(max_, "any any...", cost=3),
    "maxf": Function(maxf, "any any..."),
    "min": Function(min_, "any any...", cost=3),
    "minf": Function(minf, "any any..."),
    "mod": Function(mod, "any any"),
    "mul": Function(mul, "any any..."),
    "mulf": Function(mulf, "any any...", cost=40),
    "round": Function(round_, "any int float..."),
    "seq": Function(seq, "int...", site=True),
    "sub": Function(sub, "any any"),
    "subf": Function(subf, "any any...", cost=40),
    "toDecimal": Function(to_decimal, "any"),
    "until": Function(until, "int", site=True),
    "untilStep": Function(until_step, "int int int", site=True),
}
