"""The nodes of parsed templates. The text of a node (`str`) is what Go prints for it; errors quote this text.

Nodes are plain data, so that parsed templates can be pickled. `pos` is a position in the text, in characters.
"""

from bisect import bisect_right

from penstock.gotemplate.quoting import quote
from penstock.records import NamedTuple
from penstock.typed import Any


class Source:
    """The text of a template, which also finds lines and columns."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] = []

    def line(self, pos: int) -> int:
        """Return the line of a position, counted from 1."""
        if not self._starts:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return bisect_right(self._starts, pos)

    def place(self, pos: int) -> tuple[int, int]:
        """Return the line and column of a position as Go counts them: lines from 1, columns from 0 and in bytes."""
        line = self.line(pos)
        before = self.text[self._starts[line - 1] : pos]
        return line, len(before.encode("utf-8", "surrogateescape"))


class Node:
    """A part of a template at a position."""

    __slots__ = ("pos",)

    def __init__(self, pos: int) -> None:
        self.pos = pos


class Tree:
    """One template of a text: the text itself, or a `define` or `block` in it, whose name the tree has.

    `code` is what the evaluator has compiled from it, by the setting for missing keys and whether it is traced. A tree
    must be used with the same functions everywhere.
    """

    __slots__ = ("code", "name", "root", "source")

    def __init__(self, name: str, source: Source, root: "List") -> None:
        self.code: dict[tuple[str, bool], Any] = {}
        self.name = name
        self.source = source
        self.root = root

    def is_empty(self) -> bool:
        """Return whether the template contains only space."""
        return self.root.is_empty()


class Namesake(Tree):
    """A template of a text that has the same content as an earlier one with another name. The two share their nodes and
    their code, which is compiled for the earlier one (`of`).
    """

    __slots__ = ("of",)

    def __init__(self, name: str, source: Source, of: Tree) -> None:
        self.code = {}
        self.name = name
        self.source = source
        self.of = of

    @property
    def root(self) -> "List":  # type: ignore[override]  # the earlier template may decode it as late as possible
        return self.of.root

    def is_empty(self) -> bool:
        return self.of.is_empty()


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, pos: int, text: str) -> None:
        self.pos = pos
        self.text = text

    def __str__(self) -> str:
        return self.text


class List(Node):
    """The nodes between two actions that belong together."""

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
    """A number, given as each type that it fits: `integer` and `float` are None where it does not fit.

    `value` is the value where no type is asked for. It is None for a number that fits no integer type, and for complex
    numbers, which no function here takes.
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
    """Fields of dot: `.a.b`."""

    __slots__ = ("names",)

    def __init__(self, pos: int, names: list[str]) -> None:
        self.pos = pos
        self.names = names

    def __str__(self) -> str:
        return "." + ".".join(self.names)


class Variable(Node):
    """A variable with fields: `$x.a.b`. The first name is that of the variable, including its `$`."""

    __slots__ = ("names",)

    def __init__(self, pos: int, names: list[str]) -> None:
        self.pos = pos
        self.names = names

    def __str__(self) -> str:
        return ".".join(self.names)


class Chain(Node):
    """Fields of any other operand: `(pipeline).a.b` or `function.a.b`."""

    __slots__ = ("names", "node")

    def __init__(self, pos: int, node: Node, names: list[str]) -> None:
        self.pos = pos
        self.node = node
        self.names = names

    def __str__(self) -> str:
        start = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return ".".join([start, *self.names])


class Command(Node):
    """Operands separated by spaces."""

    __slots__ = ("args",)

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.args: list[Node] = []

    def __str__(self) -> str:
        return " ".join([f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args])


class Pipe(Node):
    """Commands separated by `|`, and the variables to which the result is assigned."""

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
    """The base class of `if`, `with` and `range`."""

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
    """A call of a template: `{{template "name" pipeline}}`."""

    __slots__ = ("name", "pipe")

    def __init__(self, pos: int, name: str, pipe: Pipe | None) -> None:
        self.pos = pos
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        pipe = "" if self.pipe is None else f" {self.pipe}"
        return f"{{{{template {quote(self.name)}{pipe}}}}}"


TPL = "gotpl"
"""Helm's name for every text given to `tpl`. Such a text is no file."""


class Place(NamedTuple):
    """A node of a template as a place in its text, such as the call of a function."""

    tree: Tree
    node: Node
    offset: int = 0
    """The number of lines below the start of the node."""

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
