"""The text of a Jsonnet file → a tree of its expressions, with as much detail as the places of values need.

An engine evaluates; this module only parses. An expression that does not tell the place of a value (a comparison, a
comprehension) is an `Opaque` with the place where it begins.
"""

from collections.abc import Callable

from penstock.jsonnet.tokens import Token, Unparsed, tokens
from penstock.records import NamedTuple

LONGEST = 4_000_000
"""Characters of a file that is read."""


class Opaque(NamedTuple):
    start: int


class Field(NamedTuple):
    """A field of an object. Its name is None if it is computed. With `adds`, the field is added to the one of the
    object below.
    """

    name: str | None
    start: int
    adds: bool
    value: "Node"


class Object(NamedTuple):
    start: int
    fields: list[Field]
    locals: dict[str, "Node"]

    @property
    def is_open(self) -> bool:
        """Whether the object has fields with computed names."""
        return any(field.name is None for field in self.fields)


class Comprehension(NamedTuple):
    """An object whose fields are made by a `for`. Its place is that of the field that stands for all of them."""

    start: int
    field: Field


class Array(NamedTuple):
    start: int
    items: list["Node"]


class Local(NamedTuple):
    start: int
    locals: dict[str, "Node"]
    body: "Node"


class Import(NamedTuple):
    """An `import`, with the path that it names."""

    start: int
    path: str


class Variable(NamedTuple):
    start: int
    name: str


class Index(NamedTuple):
    """A field or an element of another expression. The key is None if it is computed."""

    start: int
    target: "Node"
    key: str | int | None


class Text(NamedTuple):
    start: int
    text: str


class Number(NamedTuple):
    start: int
    text: str


class Function(NamedTuple):
    start: int
    parameters: list[tuple[str, "Node | None"]]
    body: "Node"


class Call(NamedTuple):
    start: int
    target: "Node"
    arguments: list[tuple[str, "Node"]]
    """A name is empty where the argument goes by its place."""


class Plus(NamedTuple):
    start: int
    left: "Node"
    right: "Node"


Node = (
    Opaque | Object | Comprehension | Array | Local | Import | Variable | Index | Text | Number | Function | Call | Plus
)

_LEVELS = {
    **dict.fromkeys(("*", "/", "%"), 9),
    **dict.fromkeys(("+", "-"), 8),
    **dict.fromkeys(("<<", ">>"), 7),
    **dict.fromkeys(("<", ">", "<=", ">=", "in"), 6),
    **dict.fromkeys(("==", "!="), 5),
    "&": 4,
    "^": 3,
    "|": 2,
    "&&": 1,
    "||": 0,
}
"""How tightly binary operators bind."""

_UNARY = ("-", "+", "!", "~")


class Literal(NamedTuple):
    """An object as it is written, from its opening brace to behind the closing one. `is_applied` is true for `base { …
    }`.
    """

    node: Object | Comprehension
    end: int
    is_applied: bool


def parse(text: str) -> Node:
    """Return the expression of a file. Raises `Unparsed`."""
    return _read(text)[0]


def literals(text: str) -> list[Literal]:
    """Return all objects that are written in a file. Raises `Unparsed`."""
    return _read(text)[1]


def _read(text: str) -> tuple[Node, list[Literal]]:
    if len(text) > LONGEST:
        raise Unparsed
    try:
        reader = _Reader(tokens(text))
        found = reader.expression()
        reader.expect("end", "")
    except RecursionError:
        raise Unparsed from None
    return found, reader.literals


class _Reader:
    """A recursive descent parser, with one method for each form."""

    def __init__(self, read: list[Token]) -> None:
        self._tokens = read
        self._at = 0
        self.literals: list[Literal] = []
        self._forms: dict[str, Callable[[int], Node]] = {
            "local": self._local,
            "if": self._if,
            "function": self._function,
            "assert": self._assert,
            "error": self._error,
            "import": self._import,
            "importstr": self._import_other,
            "importbin": self._import_other,
        }

    # --- tokens

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *texts: str) -> bool:
        return self._here.kind in ("sign", "name") and self._here.text in texts

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *texts: str) -> bool:
        """Skip one of some signs or words, if it comes next."""
        if self._is(*texts):
            self._at += 1
            return True
        return False

    def expect(self, kind: str, text: str | None = None) -> Token:
        token = self._tokens[self._at]
        if token.kind != kind or (text is not None and token.text != text):
            raise Unparsed
        if kind != "end":
            self._at += 1
        return token

    def _sign(self, text: str) -> None:
        self.expect("sign", text)

    # --- expressions

    def expression(self, level: int = 0) -> Node:
        """Return an expression whose operators bind at least as tightly as a level."""
        left = self._operand()
        while self._is(*_LEVELS) and _LEVELS[self._here.text] >= level:
            sign = self._next().text
            right = self.expression(_LEVELS[sign] + 1) if not self._is("super") else self._super()
            left = Plus(left.start, left, right) if sign == "+" else Opaque(left.start)
        return left

    def _super(self) -> Node:
        return self._postfix(Variable(self._next().start, "super"))

    def _operand(self) -> Node:
        token = self._here
        if token.kind == "name" and token.text in self._forms:
            self._at += 1
            return self._forms[token.text](token.start)
        if token.kind == "sign" and token.text in _UNARY:
            self._at += 1
            self._operand()
            return Opaque(token.start)
        return self._postfix(self._primary())

    def _primary(self) -> Node:
        token = self._next()
        if token.kind == "string":
            return Text(token.start, token.text)
        if token.kind == "number":
            return Number(token.start, token.text)
        if token.kind == "name":
            return Variable(token.start, token.text)
        if token.text == "$":
            return Variable(token.start, "$")
        if token.text == "(":
            inner = self.expression()
            self._sign(")")
            return inner
        if token.text == "{":
            return self._object(token.start)
        if token.text == "[":
            return self._array(token.start)
        raise Unparsed

    def _postfix(self, node: Node) -> Node:
        """Return an operand with what follows it: fields, elements, calls, and objects that are laid over it."""
        while True:
            if self._take("."):
                node = Index(node.start, node, self.expect("name").text)
            elif self._take("["):
                node = Index(node.start, node, self._key())
            elif self._take("("):
                node = Call(node.start, node, self._arguments())
                self._take("tailstrict")
            elif self._is("{"):
                node = Plus(node.start, node, self._object(self._next().start, is_applied=True))
            else:
                return node

    def _key(self) -> str | int | None:
        """Return the key in brackets, or None for a slice and for a computed key."""
        parts: list[Node] = []
        while not self._take("]"):
            if not self._take(":", "::"):
                parts.append(self.expression())
            else:
                parts.append(Opaque(0))
        if len(parts) != 1:
            return None
        only = parts[0]
        if isinstance(only, Text):
            return only.text
        return int(only.text) if isinstance(only, Number) and only.text.isdecimal() else None

    def _arguments(self) -> list[tuple[str, Node]]:
        found: list[tuple[str, Node]] = []
        while not self._take(")"):
            name = ""
            if self._here.kind == "name" and self._tokens[self._at + 1].text == "=":
                name = self._next().text
                self._sign("=")
            found.append((name, self.expression()))
            if not self._take(","):
                self._sign(")")
                break
        return found

    # --- forms that begin with a word

    def _local(self, start: int) -> Node:
        found: dict[str, Node] = {}
        while True:
            self._binding(found)
            if not self._take(","):
                break
        self._sign(";")
        return Local(start, found, self.expression())

    def _binding(self, found: dict[str, Node]) -> None:
        name = self.expect("name")
        parameters = self._parameters() if self._take("(") else None
        self._sign("=")
        value = self.expression()
        found[name.text] = value if parameters is None else Function(name.start, parameters, value)

    def _parameters(self) -> list[tuple[str, Node | None]]:
        found: list[tuple[str, Node | None]] = []
        while not self._take(")"):
            name = self.expect("name").text
            found.append((name, self.expression() if self._take("=") else None))
            if not self._take(","):
                self._sign(")")
                break
        return found

    def _if(self, start: int) -> Node:
        self.expression()
        self.expect("name", "then")
        self.expression()
        if self._take("else"):
            self.expression()
        return Opaque(start)

    def _function(self, start: int) -> Node:
        self._sign("(")
        parameters = self._parameters()
        return Function(start, parameters, self.expression())

    def _assert(self, start: int) -> Node:
        self._assertion()
        self._sign(";")
        return self.expression()

    def _assertion(self) -> None:
        self.expression()
        if self._take(":"):
            self.expression()

    def _error(self, start: int) -> Node:
        self.expression()
        return Opaque(start)

    def _import(self, start: int) -> Node:
        return self._postfix(Import(start, self.expect("string").text))

    def _import_other(self, start: int) -> Node:
        self.expect("string")
        return self._postfix(Opaque(start))

    # --- brackets and braces

    def _array(self, start: int) -> Node:
        items: list[Node] = []
        while not self._take("]"):
            items.append(self.expression())
            is_last = not self._take(",")
            if self._is("for"):
                self._comprehension()
                self._sign("]")
                return Opaque(start)
            if is_last:
                self._sign("]")
                break
        return Array(start, items)

    def _comprehension(self) -> None:
        while self._is("for", "if"):
            if self._next().text == "for":
                self.expect("name")
                self.expect("name", "in")
            self.expression()

    def _object(self, start: int, is_applied: bool = False) -> Node:
        node = self._fields(start)
        self.literals.append(Literal(node, self._tokens[self._at - 1].start + 1, is_applied))
        return node

    def _fields(self, start: int) -> Object | Comprehension:
        fields: list[Field] = []
        found: dict[str, Node] = {}
        while not self._take("}"):
            self._member(fields, found)
            is_last = not self._take(",")
            if self._is("for") and fields:
                self._comprehension()
                self._sign("}")
                return Comprehension(start, fields[0])
            if is_last:
                self._sign("}")
                break
        return Object(start, fields, found)

    def _member(self, fields: list[Field], found: dict[str, Node]) -> None:
        if self._here.kind == "name" and self._here.text in ("local", "assert"):
            if self._next().text == "local":
                self._binding(found)
            else:
                self._assertion()
            return
        token = self._next()
        name: str | None = token.text if token.kind in ("name", "string") else None
        if token.text == "[" and token.kind == "sign":
            self.expression()
            self._sign("]")
        elif name is None:
            raise Unparsed
        parameters = self._parameters() if self._take("(") else None
        adds = self._take("+")
        if not self._take(":", "::", ":::"):
            raise Unparsed
        value = self.expression()
        if parameters is not None:
            value = Function(token.start, parameters, value)
        fields.append(Field(name, token.start, adds, value))
