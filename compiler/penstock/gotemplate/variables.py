"""The variables that are in scope at a place of a template. They are found by name in constant time, however many a
text declares.
"""

from collections.abc import Iterable, Iterator, Sequence

from penstock.gotemplate import nodes
from penstock.gotemplate.nodes import Node
from penstock.records import NamedTuple


class Variable(NamedTuple):
    """A variable that is in scope."""

    name: str
    slot: int
    is_element: bool = False
    """Whether it holds an element of a loop, so that nil has an interface type."""


class Variables:
    """The variables in the order of their declarations, the data `$` first. A later one hides those of its name."""

    __slots__ = ("_by_name", "_declared", "_first")

    def __init__(self) -> None:
        self._first = 0
        """The slot of the first variable that is declared here."""
        self._declared: list[Variable] = []
        self._by_name: dict[str, list[Variable]] = {}
        self.declare("$")

    def __len__(self) -> int:
        return self._first + len(self._declared)

    def only(self, names: Iterable[str]) -> "Variables":
        """Return a scope with the variables of these names in the same slots. It changes on its own, and what it
        declares gets the slots that come next here.
        """
        found = [variable for variable in map(self.find, names) if variable is not None]
        only = Variables()
        only._first = len(self) - len(only)
        only._by_name.update({variable.name: [variable] for variable in found})
        return only

    def declare(self, name: str, is_element: bool = False) -> int:
        """Add a variable, and return its slot: how many were declared before it."""
        variable = Variable(name, len(self), is_element)
        self._declared.append(variable)
        self._by_name.setdefault(name, []).append(variable)
        return variable.slot

    def find(self, name: str) -> Variable | None:
        """Return the variable that a name means."""
        found = self._by_name.get(name)
        return found[-1] if found else None

    def leave(self, known: int) -> None:
        """Remove all but the first variables, since the action that declared the others ends."""
        while len(self) > known:
            self._by_name[self._declared.pop().name].pop()


def names_in(args: Sequence[Node]) -> Iterator[str]:
    """Yield the names of the variables that arguments use."""
    ahead = list(args)
    while ahead:
        node = ahead.pop()
        if isinstance(node, nodes.Variable):
            yield node.names[0]
        elif isinstance(node, nodes.Chain):
            ahead.append(node.node)
        elif isinstance(node, nodes.Pipe):
            ahead += node.variables
            ahead += [arg for command in node.commands for arg in command.args]


def declared_in(args: Sequence[Node]) -> Iterator[str]:
    """Yield the names of the variables that arguments declare, in the order in which their values are known."""
    for node in args:
        if isinstance(node, nodes.Chain):
            yield from declared_in([node.node])
        elif isinstance(node, nodes.Pipe):
            yield from declared_in([arg for command in node.commands for arg in command.args])
            if not node.assigns:
                yield from [variable.names[0] for variable in node.variables]
