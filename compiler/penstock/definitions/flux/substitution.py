r"""The substitution language of `postBuild`: `${NAME}` and the operators of a shell, as in Flux 2.9.

Flux prints each object as YAML, replaces the expressions in that text, and parses the text again. So a value may become
a number, and `$${NAME}` stands for the text `${NAME}`. `$NAME` without braces is not an expression.

    ${A}  ${#A}  ${A,} ${A,,} ${A^} ${A^^}  ${A:2} ${A:2:3}  ${A:=x} ${A=x} ${A:-x} ${A:+x} ${A:?x}
    ${A#p} ${A##p} ${A%p} ${A%%p}  ${A/p/x} ${A//p/x} ${A/#p/x} ${A/%p/x}

An argument is a text or one expression; only defaults may mix both. `:+` and `:?` do the same as `:-`, and lengths
count bytes, as in Flux's library (github.com/fluxcd/pkg/envsubst 1.8). The parser below makes one pass over the text,
and arguments may be nested at most `MAX_NESTING` deep.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

from penstock.definitions.flux.glob import longest_prefix, shortest_prefix
from penstock.expression import TooMuch, spend
from penstock.records import NamedTuple

MAX_NESTING = 100
"""Levels of nested expressions. Real ones have at most three."""

MAX_OUTPUT = 8 * 1024 * 1024
"""Bytes of one object after its expressions are replaced. The API server accepts 3 MiB."""

MAX_STEPS = 3_000_000
"""Characters of a pattern times characters of a value, for one `#` or `%`: half a second at worst."""

COST_OF_A_CHARACTER = 24
"""Steps that each character of a value costs in the budget for all expressions of a run, beside one for each character
of the pattern. Each byte of the pattern costs as many for each different byte of the value.
"""

BYTES = 256
"""The most different characters of a value: each stands for one byte."""

_DEFAULTS = frozenset(("=", ":=", ":-", ":?", ":+"))


class SubstitutionError(Exception):
    """The text has an expression that Flux refuses.

    The message says which and why. If the reason is a variable without a value, `name` is its name.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


OnMissing = Literal["refuse", "empty", "keep", "default"]
"""The treatment of an expression whose variable has no value and no default.

It is an error, as since Flux 2.9; an empty text, as before; or left as it is, if the value is only known elsewhere.
For `keep`, what has a default is left as it is, too, since a value from elsewhere may override it; but not for
`default`.
"""


Told = Callable[[str, str], None]
"""A callback that gets the name of a variable, and the text that an expression has made of its value."""


def substituted(
    text: str, variables: Mapping[str, str], on_missing: OnMissing = "refuse", told: Told | None = None
) -> str:
    """Return the text with every expression replaced. Raises `SubstitutionError`."""
    reader = _Reader(_as_bytes(text), {name: _as_bytes(value) for name, value in variables.items()}, on_missing, told)
    return _as_text(reader.all())


def _as_bytes(text: str) -> str:
    """Return a string with one character for each byte of a text's UTF-8, since lengths and offsets count bytes."""
    return text.encode(errors="replace").decode("latin-1")


def _as_text(written: str) -> str:
    """Reverse `_as_bytes`."""
    return written.encode("latin-1").decode(errors="replace")


class _Call(NamedTuple):
    """A parsed expression: a variable, an operator, and its evaluated arguments."""

    name: str
    operator: str = ""
    arguments: tuple[str, ...] = ()


class _Reader:
    """Reads a text from left to right and replaces its expressions."""

    def __init__(self, text: str, variables: Mapping[str, str], on_missing: OnMissing, told: Told | None) -> None:
        self.text = text
        self.told = told
        self.at = 0
        self.variables = variables
        self.on_missing = on_missing
        self.depth = 0
        self.size = 0

    def all(self) -> str:
        pieces: list[str] = []
        while self.at < len(self.text):
            dollar = self.text.find("$", self.at)
            if dollar < 0:
                break
            pieces.append(self.text[self.at : dollar])
            following = self.text[dollar + 1 : dollar + 2]
            self.at = dollar + (2 if following in ("{", "$") else 1)
            pieces.append(self.expression() if following == "{" else "$")
            self.size += len(pieces[-1])
            if self.size > MAX_OUTPUT:
                raise SubstitutionError(f"expressions stand for more than {MAX_OUTPUT:,} bytes")
        pieces.append(self.text[self.at :])
        return "".join(pieces)

    def expression(self) -> str:
        """Return the value of an expression whose `${` has been read."""
        start = self.at - 2
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise SubstitutionError("expressions are nested too deeply")
        call = self.call()
        self.depth -= 1
        if self.is_unknown(call):
            if self.on_missing in ("keep", "default"):
                return self.text[start : self.at]
            raise SubstitutionError(f"the variable {call.name} has no value and no default", call.name)
        function = _FUNCTIONS.get(call.operator, _default)
        made = function(self.variables.get(call.name, ""), call.arguments)
        if self.told is not None and self.variables.get(call.name):
            self.told(call.name, _as_text(made))
        return made

    def is_unknown(self, call: _Call) -> bool:
        """Return whether the value of an expression is unknown. If values are only known elsewhere, one may override a
        default.
        """
        if call.name in self.variables or self.on_missing == "empty":
            return False
        return self.on_missing == "keep" or call.operator not in _DEFAULTS

    def call(self) -> _Call:
        if self.peek() == "#":
            self.at += 1
            name = self.name("bad substitution")
            self.close("bad substitution")
            return _Call(name, "length")
        name = self.name("unable to parse variable name")
        after = self.peek()
        if after == ":" and self.peek(1) not in ("=", "-", "?", "+"):
            return self.substring(name)
        if after in (":", "="):
            return self.default(name)
        if after in (",", "^"):
            operator = self.operator(",^", 2)
            self.close("bad substitution")
            return _Call(name, operator)
        if after == "/":
            return self.replacement(name)
        if after in ("#", "%"):
            operator = self.operator(after, 2)
            pattern = self.argument("}")
            self.close("bad substitution")
            return _Call(name, operator, (pattern,))
        self.close("missing closing brace")
        return _Call(name)

    def substring(self, name: str) -> _Call:
        self.at += 1
        arguments = [self.argument(":}")]
        if self.peek() == ":":
            self.operator(":", len(self.text))
            arguments.append(self.argument("}"))
        self.close("bad substitution")
        return _Call(name, ":", tuple(arguments))

    def default(self, name: str) -> _Call:
        operator = self.text[self.at : self.at + (1 if self.peek() == "=" else 2)]
        self.at += len(operator)
        arguments: list[str] = []
        while self.peek() != "}":
            arguments.append(self.argument("}"))
        self.at += 1
        return _Call(name, operator, tuple(arguments))

    def replacement(self, name: str) -> _Call:
        self.at += 1
        operator = "/" + (self.operator("/#%", 1) if self.peek() in ("/", "#", "%") else "")
        arguments = [self.argument("/", has_escapes=True)]
        if self.peek() != "/":
            raise SubstitutionError("bad substitution")
        self.operator("/", len(self.text))
        if self.peek() != "}":
            arguments.append(self.argument("}", has_escapes=True))
        self.close("bad substitution")
        return _Call(name, operator, tuple(arguments))

    def peek(self, offset: int = 0) -> str:
        return self.text[self.at + offset : self.at + offset + 1]

    def name(self, otherwise: str) -> str:
        start = self.at
        while self.at < len(self.text) and _is_of_name(self.text[self.at]):
            self.at += 1
        if self.at == start:
            raise SubstitutionError(otherwise)
        return self.text[start : self.at]

    def operator(self, characters: str, most: int) -> str:
        start = self.at
        while self.peek() and self.peek() in characters and self.at - start < most:
            self.at += 1
        return self.text[start : self.at]

    def close(self, otherwise: str) -> None:
        if self.peek() != "}":
            raise SubstitutionError(otherwise)
        self.at += 1

    def argument(self, ends: str, has_escapes: bool = False) -> str:
        """Read one expression, or a text up to one of the characters `ends`. Raises `SubstitutionError` if it is
        empty.
        """
        if self.text.startswith("${", self.at):
            self.at += 2
            return self.expression()
        start = self.at
        pieces: list[str] = []
        while piece := self.piece(ends, has_escapes):
            pieces.append(piece)
        if self.at == start:
            raise SubstitutionError("unable to parse substitution within function")
        return "".join(pieces)

    def piece(self, ends: str, has_escapes: bool) -> str:
        """Read the characters of a text that mean themselves, of which there may be a million, or one character that
        may be escaped. Return the empty string where the text ends.
        """
        start = self.at
        self.at = _ordinary(ends).match(self.text, start).end()  # type: ignore[union-attr]  # it fits no characters, too
        if self.at > start:
            return self.text[start : self.at]
        if self.peek() in ends or self.text.startswith("${", self.at):
            return ""
        if has_escapes and self.text[self.at : self.at + 2] in ("$$", "\\/", "\\\\"):
            self.at += 1
        self.at += 1
        return self.text[self.at - 1 : self.at]


@lru_cache(maxsize=16)
def _ordinary(ends: str) -> re.Pattern[str]:
    """Return an expression for characters that neither end an argument nor begin anything."""
    return re.compile(f"[^{re.escape(ends)}$\\\\]*")


def _is_of_name(character: str) -> bool:
    """Return whether a character may be part of a name: a letter, a digit, `_`, or any non-ASCII character."""
    return character == "_" or character.isalnum() or character > "\x7f"


def _default(value: str, arguments: tuple[str, ...]) -> str:
    return value or "".join(arguments)


def _length(value: str, arguments: tuple[str, ...]) -> str:
    return str(len(value))


def _cased(change: Callable[[str], str], first_only: bool = False) -> Callable[[str, tuple[str, ...]], str]:
    def function(value: str, arguments: tuple[str, ...]) -> str:
        text = _as_text(value)
        return _as_bytes(change(text[:1]) + text[1:] if first_only else change(text))

    return function


def _substring(value: str, arguments: tuple[str, ...]) -> str:
    """Return a part of a value. A negative offset or length counts from the end; an argument that is not a number
    changes nothing.
    """
    start = _integer(arguments[0])
    if start is None:
        return value
    if start < 0:
        start = max(len(value) + start, 0)
    if len(arguments) == 1:
        return value[start:]
    length = _integer(arguments[1])
    if length is None:
        return value
    end = len(value) + length if length < 0 else start + length
    return value[start:end] if end >= start else ""


def _integer(text: str) -> int | None:
    """Parse an integer like Go's `strconv.Atoi`. Return None for any other text."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _replaced(count: int) -> Callable[[str, tuple[str, ...]], str]:
    def function(value: str, arguments: tuple[str, ...]) -> str:
        old, new = arguments if len(arguments) == 2 else (arguments[0], "")
        if value.count(old) * len(new) > MAX_OUTPUT:
            raise SubstitutionError(f"a replacement makes more than {MAX_OUTPUT:,} bytes")
        return value.replace(old, new, count)

    return function


def _replaced_prefix(value: str, arguments: tuple[str, ...]) -> str:
    if len(arguments) != 2 or not value.startswith(arguments[0]):
        return value
    return arguments[1] + value.removeprefix(arguments[0])


def _replaced_suffix(value: str, arguments: tuple[str, ...]) -> str:
    if len(arguments) != 2 or not value.endswith(arguments[0]):
        return value
    return value.removesuffix(arguments[0]) + arguments[1]


def _without_prefix(find: Callable[[str, str], int]) -> Callable[[str, tuple[str, ...]], str]:
    def function(value: str, arguments: tuple[str, ...]) -> str:
        return value[_found(find, arguments[0], value) :]

    return function


def _without_suffix(find: Callable[[str, str], int]) -> Callable[[str, tuple[str, ...]], str]:
    """Return a function that removes a suffix. Flux reverses both the value and the pattern, the pattern character by
    character.
    """

    def function(value: str, arguments: tuple[str, ...]) -> str:
        return value[: len(value) - _found(find, arguments[0][::-1], value[::-1])]

    return function


def _found(find: Callable[[str, str], int], pattern: str, value: str) -> int:
    if len(pattern) * len(value) > MAX_STEPS:
        raise SubstitutionError("a pattern takes too long to match")
    table = len(pattern) * min(len(value), BYTES)
    try:
        spend(len(value) * (COST_OF_A_CHARACTER + len(pattern)) + COST_OF_A_CHARACTER * table)
    except TooMuch:
        raise SubstitutionError("the patterns of all expressions take too long to match") from None
    return find(pattern, value)


_FUNCTIONS: dict[str, Callable[[str, tuple[str, ...]], str]] = {
    "length": _length,
    ",": _cased(str.lower, first_only=True),
    ",,": _cased(str.lower),
    "^": _cased(str.upper, first_only=True),
    "^^": _cased(str.upper),
    ":": _substring,
    "/": _replaced(1),
    "//": _replaced(-1),
    "/#": _replaced_prefix,
    "/%": _replaced_suffix,
    "#": _without_prefix(shortest_prefix),
    "##": _without_prefix(longest_prefix),
    "%": _without_suffix(shortest_prefix),
    "%%": _without_suffix(longest_prefix),
}
