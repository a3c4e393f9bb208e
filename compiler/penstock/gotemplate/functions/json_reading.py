"""JSON as `encoding/json` reads it: numbers are floats, and errors have Go's words."""

import json
import re
from math import isinf

from penstock.gotemplate.quoting import quote
from penstock.gotemplate.values import NilMap, NilSlice, Value, kind_of, mended
from penstock.typed import NoReturn

MAX_DEPTH = 1_000
HALVES = re.compile("[\ud800-\udfff]|\\\\[uU][dD][89a-fA-F]")
END = "unexpected end of JSON input"


def read(text: str) -> Value:
    """Return the value of a JSON text. Raises ValueError with Go's words."""
    try:
        value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_constant)
        return _mended(value) if HALVES.search(text) else value
    except json.JSONDecodeError as problem:
        raise ValueError(_words(text, problem)) from None
    except RecursionError:
        raise ValueError("exceeded max depth") from None


def _mended(value: Value) -> Value:
    """Return a value with replacement characters for bytes that are not UTF-8 and for lone surrogates."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(key): _mended(item) for key, item in value.items()}
    return value


def _number(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError(f"json: cannot unmarshal number {digits} into Go value of type float64")
    return value


def _constant(word: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python would accept. Raises ValueError."""
    character = word[0]
    raise ValueError(f"invalid character {_quoted(character)} looking for beginning of value")


def _quoted(character: str) -> str:
    """Return a character as Go quotes it."""
    known = {"'": "'\\''", '"': "'\"'"}.get(character)
    return known or f"'{quote(character)[1:-1]}'"


def _words(text: str, problem: json.JSONDecodeError) -> str:
    """Return Go's words for an error of Python's parser."""
    at = problem.pos
    message = problem.msg
    if message.startswith("Invalid control character"):
        return f"invalid character {quote(text[at], mark=chr(39))} in string"
    if message.startswith("Invalid \\u"):
        return f"invalid escape sequence `{text[at - 1 : at + 5]}` in string"
    if message.startswith("Invalid \\"):
        return f"invalid escape sequence `{text[at : at + 2]}` in string"
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    if at >= len(text):
        return END
    is_wanted = problem.msg.startswith("Expecting value")
    end = _end_of_number(text, at, is_wanted) if at == problem.pos else None
    if end is not None:
        return f"invalid character {_quoted(text[end])} in numeric literal" if end < len(text) else END
    found = _quoted(text[at])
    if message.startswith("Extra data"):
        return f"invalid character {found} after top-level value"
    if message.startswith("Illegal trailing comma"):  # Python 3.13 and later stop at the comma
        return _words(text, json.JSONDecodeError(_BEHIND_COMMA[_inside(text, at)], text, at + 1))
    if message.startswith("Expecting property name"):
        return f"invalid character {found} looking for beginning of object key string"
    if message.startswith("Expecting ':'"):
        return f"invalid character {found} after object key"
    if message.startswith("Expecting ','"):
        where = "object key:value pair" if _inside(text, at) == "{" else "array element"
        return f"invalid character {found} after {where}"
    if message.startswith("Unterminated string"):
        return END
    return _literal(text, at, found)


LONGEST_NUMBER = 400

_NUMBER = re.compile(r"[0-9](?P<fraction>\.[0-9]+)?(?P<power>[eE][-+]?[0-9]+)?\Z")


def _end_of_number(text: str, at: int, is_wanted: bool) -> int | None:
    """Return the position at which a number continues with something that does not belong to it.

    That is after a minus where a value is expected, after a decimal point, or after an `e`. None elsewhere.
    """
    character = text[at]
    if character == "-":
        return at + 1 if is_wanted else None
    number = _NUMBER.search(text, max(0, at - LONGEST_NUMBER), at)
    if character not in ".eE" or number is None or number["power"] or (character == "." and number["fraction"]):
        return None
    return at + 2 if character != "." and text[at + 1 : at + 2] in ("+", "-") else at + 1


_BEHIND_COMMA = {"{": "Expecting property name", "[": "Expecting value"}
"""The message of Python up to 3.12 for a comma before the end of an object or a list."""


def _literal(text: str, at: int, found: str) -> str:
    for word in ("true", "false", "null"):
        if text[at] == word[0]:
            number = next((n for n, letter in enumerate(word) if text[at + n : at + n + 1] != letter), len(word))
            if at + number >= len(text):
                return END
            wanted, bad = word[number : number + 1], _quoted(text[at + number])
            return f"invalid character {bad} in literal {word} (expecting '{wanted}')"
    return f"invalid character {found} looking for beginning of value"


def _inside(text: str, end: int) -> str:
    """Return the innermost bracket that is open at a position, or an empty string. Brackets in strings do not count."""
    open_: list[str] = []
    at = 0
    while at < end:
        character = text[at]
        if character == '"':
            at += 1
            while at < end and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif character in "{[":
            open_.append(character)
        elif character in "}]" and open_:
            open_.pop()
        at += 1
    return open_[-1] if open_ else ""


def as_map(text: str) -> Value:
    """Return the result of Helm's `fromJson`: a map, which has `Error` where the text is not the JSON of a map."""
    try:
        value = read(text)
    except ValueError as problem:
        return {"Error": str(problem)}
    if value is None:
        return NilMap()
    return value if isinstance(value, dict) else {"Error": mismatch(value, "map[string]interface {}")}


def as_list(text: str) -> Value:
    try:
        value = read(text)
    except ValueError as problem:
        return [str(problem)]
    if value is None:
        return NilSlice()
    return value if isinstance(value, list) else [mismatch(value, "[]interface {}")]


def mismatch(value: Value, wanted: str, yaml: bool = False) -> str:
    kind = {"slice": "array", "map": "object", "float64": "number", "int": "number"}.get(kind_of(value), kind_of(value))
    before = "error unmarshaling JSON: while decoding JSON: " if yaml else ""
    return f"{before}json: cannot unmarshal {kind} into Go value of type {wanted}"
