"""The parser of expressions: text becomes a tree of tuples, in each of which the kind of the node comes first.

literal (type, value) · name (name) · field (owner, name, is optional) · index (owner, key, is optional) · unary (sign,
inner) · binary (sign, one, two) · choice (condition, yes, no) · list (items) · map (pairs) · message (name, pairs) ·
call (name, owner or None, arguments) · maybe (an item or key that is omitted where its value is an empty optional)
"""

import re
from functools import lru_cache
from typing import Any

Expression = tuple[Any, ...]

MAX_LENGTH, MAX_DEPTH = 20_000, 100
"""Longer or deeper expressions are not parsed."""

_TOKEN = re.compile(
    r"""
      (?P<blank>\s+|//[^\n]*)
    | (?P<text>[bBrR]{0,2}(?:'''(?s:.)*?'''|\"\"\"(?s:.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<int>0x[0-9a-fA-F]+u?|\d+[uU]?)
    | (?P<name>[A-Za-z_]\w*|`[^`\n]+`)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!?:.,<>()\[\]{}])
    """,
    re.VERBOSE | re.ASCII,
)
_BINARY: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
"""Binary operators by precedence, lowest first. All are left-associative."""

_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[abfnrtv\\?\"'`])"
)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    **{letter: letter for letter in "\\?\"'`"},
}

RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("namespace", "null", "package", "return", "true", "var", "void", "while"),
    )
)


class UnreadableError(Exception):
    """The text is not a valid expression. The message says where parsing failed."""


class TooLargeError(Exception):
    """The expression exceeds Penstock's own limits and is not checked."""


MAX_KEPT = 50
"""The trees that are kept. Type, cost and rules of a definition are worked out one after the other, each from its
expressions, and a tree of the greatest length takes a megabyte.
"""


@lru_cache(MAX_KEPT)
def parse(text: str) -> Expression:
    """Return the tree of an expression, which nobody changes.

    Raises UnreadableError where the text is not valid, and TooLargeError where it exceeds the limits.
    """
    if len(text) > MAX_LENGTH:
        raise TooLargeError
    parser = _Parser(_tokens(text))
    found = parser.expression()
    parser.end()
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise UnreadableError(f"{text[position]!r} at character {position + 1} is not expected")
        position = match.end()
        if match.lastgroup != "blank":
            found.append((str(match.lastgroup), match[0]))
    return found


class _Parser:
    """A recursive-descent parser."""

    __slots__ = ("_at", "_depth", "_tokens")

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLargeError
        found = self._binary(0)
        if self._take("?"):
            yes = self._binary(0)
            self._expect(":")
            found = ("choice", found, yes, self.expression())
        self._depth -= 1
        return found

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._unexpected()

    def _binary(self, level: int) -> Expression:
        if level == len(_BINARY):
            return self._unary()
        found = self._binary(level + 1)
        while (sign := self._peek()) in _BINARY[level]:
            self._at += 1
            found = ("binary", sign, found, self._binary(level + 1))
        return found

    def _unary(self) -> Expression:
        sign = self._peek()
        if sign not in ("!", "-"):
            return self._member()
        count = 0
        while self._take(sign):
            count += 1
        inner = self._member()
        return ("unary", sign, inner) if count % 2 else inner

    def _member(self) -> Expression:
        found = self._primary()
        while True:
            if self._take("."):
                found = self._selected(found)
            elif self._take("["):
                is_optional = self._take("?")
                found = ("index", found, self.expression(), is_optional)
                self._expect("]")
            elif self._peek() == "{" and found[0] in ("name", "field"):
                self._at += 1
                found = ("message", found, self._fields(are_names=True))
            else:
                return found

    def _selected(self, owner: Expression) -> Expression:
        is_optional = self._take("?")
        name = self._name()
        if self._take("("):
            return ("call", name, owner, self._arguments())
        return ("field", owner, name, is_optional)

    def _primary(self) -> Expression:
        kind, text = self._next()
        if kind in ("int", "float", "text"):
            return ("literal", *_literal(kind, text))
        if kind == "name":
            return self._named(text)
        if text == ".":
            return self._named(self._name())
        if text == "(":
            found = self.expression()
            self._expect(")")
            return found
        if text == "[":
            return ("list", self._items("]"))
        if text == "{":
            return ("map", self._fields())
        self._at -= 1
        raise self._unexpected()

    def _named(self, text: str) -> Expression:
        if text in ("true", "false"):
            return ("literal", "bool", text == "true")
        if text == "null":
            return ("literal", "null", None)
        if text in RESERVED:
            raise UnreadableError(f"the word {text!r} is reserved")
        return ("call", text, None, self._arguments()) if self._take("(") else ("name", text)

    def _arguments(self) -> list[Expression]:
        return self._items(")")

    def _items(self, end: str) -> list[Expression]:
        found: list[Expression] = []
        while not self._take(end):
            if found:
                self._expect(",")
                if end == "]" and self._take(end):
                    break
            is_optional = self._take("?")
            item = self.expression()
            found.append(("maybe", item) if is_optional else item)
        return found

    def _fields(self, *, are_names: bool = False) -> list[tuple[Expression, Expression]]:
        """Read up to the end of a map, whose keys are expressions, or of a message, whose fields are names."""
        found: list[tuple[Expression, Expression]] = []
        while not self._take("}"):
            if found:
                self._expect(",")
                if self._take("}"):
                    break
            is_optional = self._take("?")
            key = self.expression()
            if are_names and key[0] != "name":
                raise UnreadableError("a field of an object that is created is a plain name")
            self._expect(":")
            found.append((("maybe", key) if is_optional else key, self.expression()))
        return found

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            self._at -= 1
            raise self._unexpected()
        return text.strip("`")

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._unexpected()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _unexpected(self) -> UnreadableError:
        if self._at == len(self._tokens):
            return UnreadableError("it ends too early")
        return UnreadableError(f"{self._tokens[self._at][1]!r} is not expected there")


def _literal(kind: str, text: str) -> tuple[str, Any]:
    """Return the type and the value of a literal."""
    if kind == "float":
        return "double", float(text)
    if kind == "int":
        digits = text.rstrip("uU")
        return ("uint" if digits != text else "int"), int(digits, 0 if digits.startswith("0x") else 10)
    prefix = text[: len(text) - len(text.lstrip("bBrR"))].lower()
    inner = text[len(prefix) :]
    inner = inner[3:-3] if inner[:3] in ("'''", '"""') else inner[1:-1]
    if "b" in prefix:
        return "bytes", inner.encode() if "r" in prefix else _octets(inner)
    return "string", inner if "r" in prefix else _ESCAPE.sub(_unescaped, inner)


def _octets(text: str) -> bytes:
    """Return the value of a literal of bytes, where `\\xff` is one octet, and not the character of that number."""
    parts, end = [], 0
    for match in _ESCAPE.finditer(text):
        encoding = "latin-1" if match[1][0] in "xX01234567" else "utf-8"
        parts += [text[end : match.start()].encode(), _unescaped(match).encode(encoding)]
        end = match.end()
    return b"".join([*parts, text[end:].encode()])


def _unescaped(match: "re.Match[str]") -> str:
    text = match[1]
    if text in _SIMPLE:
        return _SIMPLE[text]
    digits = text[1:] if text[0] in "xXuU" else text
    number = int(digits, 16 if text[0] in "xXuU" else 8)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise UnreadableError(f"\\{text} is no character")
    return chr(number)


def names_in(tree: Any) -> set[str]:
    """Return all names that occur in an expression."""
    if isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "name":
        return {tree[1]}
    if isinstance(tree, tuple | list):
        return {name for each in tree for name in names_in(each)}
    return set()
