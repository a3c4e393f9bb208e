"""The text of numbers and of all other values that are not strings."""

from math import isfinite

from penstock.typed import Any

MAX_FLOAT = 1.7976931348623157e308
"""A number beyond this is infinite as a float."""


def text_of_other(value: Any) -> str:
    """Return the text of a number, a boolean, null, or an empty list or mapping. Raises `OverflowError` for a number
    that is not finite.
    """
    kind = value.__class__
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    # Go has no larger integers and reads these as floats.
    if kind is int and -(2**63) <= value < 2**64:
        return str(value)
    if kind is int or kind is float:
        return _float(float(value))
    if kind is dict:
        return "{}"
    if kind is list:
        return "[]"
    raise TypeError(f"a tree has no {kind.__name__}")


def _float(value: float) -> str:
    """Return a number as it looks after a round trip through JSON: a whole number that fits into 64 bits is an integer,
    and every other number is printed as by Go's `%g`.

    Both forms have the fewest digits that read back as the same number, like Python's `repr`.
    """
    if not isfinite(value):
        raise OverflowError
    if value.is_integer() and abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        whole, _, fraction = mantissa.partition(".")
        number = int(whole + fraction) * 10 ** int(exponent or "0") // 10 ** len(fraction)
        if -(2**63) <= number < 2**64:
            return str(number)
    return shortest_float(value)


def shortest_float(value: float) -> str:
    """Return a finite number as Go's `%g` prints it, except that a whole number has the fraction `.0`."""
    shortest = repr(value)
    digits = shortest.partition("e")[0].replace(".", "").strip("-0")
    scientific = f"{value:.{max(len(digits) - 1, 0)}e}"
    return shortest if -4 <= int(scientific.partition("e")[2]) < 6 else scientific
