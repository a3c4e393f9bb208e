"""Literals of numbers, and characters in quotes, as Go reads them."""

import re

from penstock.gotemplate import nodes
from penstock.gotemplate.quoting import quote, unquote

INTEGER = re.compile(
    r"[-+]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)

HEX_FLOAT = re.compile(r"([-+]?)0[xX](_?[0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([-+]?[0-9_]+)")

LONGEST_NUMBER = 1_000
"""The longest integer that is parsed, in characters. Longer ones fit no type."""

DIGITS = "[0-9]+(?:_[0-9]+)*"

FLOAT = re.compile(rf"[-+]?(?:{DIGITS}\.?(?:{DIGITS})?|\.{DIGITS})(?:[eE][-+]?{DIGITS})?")


def number_of(kind: str, pos: int, text: str) -> nodes.Number:
    """Return the number that a token stands for. Raises ValueError with Go's words."""
    if kind == "charconst":
        return _character(pos, text)
    if kind == "complex" or text.endswith("i"):
        return _imaginary(kind, pos, text)
    integer = _integer(text)
    if integer is not None:
        if -(2**63) <= integer < 2**63:
            return nodes.Number(pos, text, integer, integer, float(integer))
        # Too large for an int, this is a uint for Go.
        if 0 <= integer < 2**64 and text[0] not in "+-":
            return nodes.Number(pos, text, None, None, float(integer))
    value = _float(text)
    if value is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    # A whole number that is too large does not become a float.
    if not any(sign in text for sign in ".eEpP"):
        raise ValueError(f"integer overflow: {quote(text)}")
    whole = int(value) if value.is_integer() and -(2.0**63) <= value < 2.0**63 else None
    return nodes.Number(pos, text, value, whole, value)


def _character(pos: int, text: str) -> nodes.Number:
    character = unquote(text)
    if character is None or not character:
        raise ValueError("invalid syntax")
    if len(character) > 1:
        raise ValueError(f"malformed character constant: {text}")
    code = ord(character)
    return nodes.Number(pos, text, code, code, float(code))


def _imaginary(kind: str, pos: int, text: str) -> nodes.Number:
    """Return a complex number without a value. No function of Helm takes one, so it is refused when it is used."""
    if kind != "complex" and _float(text[:-1]) is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    return nodes.Number(pos, text, None, None, None)


def _integer(text: str) -> int | None:
    if len(text) > LONGEST_NUMBER or INTEGER.fullmatch(text) is None:
        return None
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").replace("_", "")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _float(text: str) -> float | None:
    found = HEX_FLOAT.fullmatch(text)
    if found:
        whole, fraction = found[2].replace("_", ""), (found[3] or "").replace("_", "")
        try:
            value = float.fromhex(f"{found[1]}0x{whole or '0'}.{fraction or '0'}p{found[4].replace('_', '')}")
        except (ValueError, OverflowError):
            return None
        return value
    if FLOAT.fullmatch(text) is None:
        return None
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value
