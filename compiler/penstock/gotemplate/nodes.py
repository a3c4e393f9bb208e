"""What a template is parsed to. The text of a node (`str`) is what Go prints for it, which errors quote.

Nodes are plain data, so that parsed templates can be pickled. `pos` is a position in the text, in characters.
"""

from bisect import bisect_right
from typing import Any

from penstock.gotemplate.quoting import quote
from penstock.records import NamedTuple


class Source:
    """The text of a template, and where its lines are."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] = []

    def line(self, pos: int) -> int:
        """The line of a position, counted from 1."""
        if not self._starts:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return bisect_right(self._starts, pos)

    def place(self, pos: int) -> tuple[int, int]:
        """Line and column of a position as Go counts them: from 1, and from 0 in bytes."""
        line = self.line(pos)
        before = self.text[self._starts[line - 1] : pos]
        return line, len(before.encode("utf-8", "surrogateescape"))


class Node:
    """A part of a template at a position."""

    __slots__ = ("pos",)

    def __init__(self, pos: int) -> None:
        self.pos = pos


class Tree:
    """One template of a text: the text itself, or a `define` or `block` in it, whose name it has.

    `code` is what the evaluator has compiled of it, by what a missing key gives and whether it is traced. The functions
    are the same wherever a tree is used.
    """

    __slots__ = ("code", "name", "root", "source")

    def __init__(self, name: str, source: Source, root: "List") -> None:
        self.code: dict[tuple[str, bool], Any] = {}
        self.name = name
        self.source = source
        self.root = root

    def is_empty(self) -> bool:
        """Whether there is nothing in it but space."""
        return self.root.is_empty()


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, pos: int, text: str) -> None:
        self.pos = pos
        self.text = text

    def __str__(self) -> str:
        return self.text


class List(Node):
    """What stands between two actions that belong together."""

    __slots__ = ("nodes",)

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.nodes: list[Node] = []

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))

    def is_empty(self) -> bool:
        return all(isinstance(node, Text) and not node.text.strip() for node in self.nodes)


class Dot(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Nil(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Bool(Node):
    __slots__ = ("value",)

    def __init__(self, pos: int, value: bool) -> None:
        self.pos = pos
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Number(Node):
    """A number, of which it is known as what it can be read: `integer` and `float` are None where it cannot.

    `value` is what it is where nothing says what it should be; None for one that fits no integer, and for complex
    numbers, which nothing here can use.
    """

    __slots__ = ("float", "integer", "text", "value")

    def __init__(
        self, pos: int, text: str, value: int | float | None, integer: int | None, float_: float | None
    ) -> None:
        self.pos = pos
        self.text = text
        self.value = value
        self.integer = integer
        self.float = float_

    def __str__(self) -> str:
        return self.text


class String(Node):
    __slots__ = ("quoted", "text")

    def __init__(self, pos: int, quoted: str, text: str) -> None:
        self.pos = pos
        self.quoted = quoted
        self.text = text

    def __str__(self) -> str:
        return self.quoted


class Identifier(Node):
    """The name of a function."""

    __slots__ = ("name",)

    def __init__(self, pos: int, name: str) -> None:
        self.pos = pos
        self.name = name

    def __str__(self) -> str:
        return self.name


class Field(Node):
    """`.a.b`"""

    __slots__ = ("names",)

    def __init__(self, pos: int, names: list[str]) -> None:
        self.pos = pos
        self.names = names

    def __str__(self) -> str:
        return "." + ".".join(self.names)


class Variable(Node):
    """`$x.a.b`; the first name is that of the variable, with its sign."""

    __slots__ = ("names",)

    def __init__(self, pos: int, names: list[str]) -> None:
        self.pos = pos
        self.names = names

    def __str__(self) -> str:
        return ".".join(self.names)


class Chain(Node):
    """`(pipeline).a.b`, also `function.a.b`."""

    __slots__ = ("names", "node")

    def __init__(self, pos: int, node: Node, names: list[str]) -> None:
        self.pos = pos
        self.node = node
        self.names = names

    def __str__(self) -> str:
        start = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return ".".join([start, *self.names])


class Command(Node):
    """Operands with spaces between them."""

    __slots__ = ("args",)

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.args: list[Node] = []

    def __str__(self) -> str:
        return " ".join([f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args])


class Pipe(Node):
    """Commands with `|` between them, and the variables that the result is given to."""

    __slots__ = ("assigns", "commands", "variables")

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.assigns = False
        self.variables: list[Variable] = []
        self.commands: list[Command] = []

    def __str__(self) -> str:
        commands = " | ".join(map(str, self.commands))
        if not self.variables:
            return commands
        sign = "=" if self.assigns else ":="
        return f"{', '.join(map(str, self.variables))} {sign} {commands}"


class Action(Node):
    """A pipeline whose value is printed."""

    __slots__ = ("pipe",)

    def __init__(self, pos: int, pipe: Pipe) -> None:
        self.pos = pos
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


class Branch(Node):
    """`if`, `with` and `range`."""

    __slots__ = ("inside", "otherwise", "pipe")
    word = ""

    def __init__(self, pos: int, pipe: Pipe, body: List, otherwise: List | None) -> None:
        self.pos = pos
        self.pipe = pipe
        self.inside = body
        self.otherwise = otherwise

    def __str__(self) -> str:
        otherwise = "" if self.otherwise is None else f"{{{{else}}}}{self.otherwise}"
        return f"{{{{{self.word} {self.pipe}}}}}{self.inside}{otherwise}{{{{end}}}}"


class If(Branch):
    __slots__ = ()
    word = "if"


class With(Branch):
    __slots__ = ()
    word = "with"


class Range(Branch):
    __slots__ = ()
    word = "range"


class Break(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{break}}"


class Continue(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{continue}}"


class Else(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{else}}"


class End(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{end}}"


class Template(Node):
    """`{{template "name" pipeline}}`"""

    __slots__ = ("name", "pipe")

    def __init__(self, pos: int, name: str, pipe: Pipe | None) -> None:
        self.pos = pos
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        pipe = "" if self.pipe is None else f" {self.pipe}"
        return f"{{{{template {quote(self.name)}{pipe}}}}}"


class Place(NamedTuple):
    """Where a function is called."""

    tree: Tree
    node: Node
    offset: int = 0
    """How many lines below the start of the node."""

    @property
    def name(self) -> str:
        """The name of the text."""
        return self.tree.source.name

    @property
    def line(self) -> int:
        return self.tree.source.line(self.node.pos) + self.offset

    @property
    def column(self) -> int:
        return self.tree.source.place(self.node.pos)[1]
