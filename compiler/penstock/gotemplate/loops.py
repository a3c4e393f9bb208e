"""`range`: a body that is executed for each element, and the actions that end it early."""

from collections.abc import Callable, Iterable

from penstock.gotemplate import nodes
from penstock.gotemplate.calls import Frame
from penstock.gotemplate.failures import Failure
from penstock.gotemplate.formatting import text_of
from penstock.gotemplate.nodes import Node
from penstock.gotemplate.values import Uint8, Value, element_type

Run = Callable[[Frame], None]
"""Executes a part of a template."""


class Break(Exception):  # noqa: N818  # ends a loop
    """Raised by `{{break}}`."""


class Continue(Exception):  # noqa: N818
    """Raised by `{{continue}}`."""


class Loop:
    """A `range` with its body."""

    def __init__(
        self, body: Run, key: int | None, value: int | None, weight: int, variables: int, continues: bool
    ) -> None:
        self.inside = body if not continues else _continuing(body)
        self.key = key
        self.value = value
        self.weight = weight
        self.variables = variables

    def run(self, f: Frame, found: Value) -> bool:
        """Execute the body for each element. Return whether there is any element."""
        if found is None:
            return False
        kept, was_typed = f.dot, f.is_typed
        f.is_typed = element_type(found) != "interface {}"
        try:
            ran = self.pairs(f, found) if isinstance(found, dict) else self.elements(f, found)
        except Break:
            ran = True
        f.dot, f.is_typed = kept, was_typed
        return ran

    def pairs(self, f: Frame, found: dict[str, Value]) -> bool:
        body, key, value, weight, spend = self.inside, self.key, self.value, self.weight, f.meter.spend
        f.meter.sort(found)  # even if the loop ends with the first key
        for name in sorted(found):
            spend(weight)
            if value is not None:
                f.variables[value] = dict.get(found, name)
            if key is not None:
                f.variables[key] = name
            f.dot = dict.get(found, name)
            body(f)
        return bool(found)

    def elements(self, f: Frame, found: Value) -> bool:
        body, key, value, weight, spend = self.inside, self.key, self.value, self.weight, f.meter.spend
        ran = False
        for index, element in enumerate(self.iterable(found)):
            ran = True
            spend(weight)
            if value is not None:
                f.variables[value] = element
            if key is not None:
                f.variables[key] = index
            f.dot = element
            body(f)
        return ran

    def iterable(self, found: Value) -> Iterable[Value]:
        if isinstance(found, list):
            return found
        if isinstance(found, bytes):
            return map(Uint8, found)
        if isinstance(found, int) and found.__class__ is not bool:
            if self.variables > 1:
                raise Failure(f"can't use {text_of(found)} to iterate over more than one variable")
            return range(found) if found.__class__ is int else map(found.__class__, range(found))
        raise Failure(f"range can't iterate over {text_of(found)}")


def _continuing(body: Run) -> Run:
    def run(f: Frame) -> None:
        try:
            body(f)
        except Continue:
            return

    return run


class Weights:
    """The largest numbers of template parts that the executions of nodes take, without repetitions of loops and without
    called templates. A list of nodes is counted once, although the loops around it count it, too.
    """

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        """By the identities of lists of nodes."""

    def of(self, node: Node | None) -> int:
        """Return the weight of a node."""
        if isinstance(node, nodes.List):
            known = self._known.get(id(node))
            if known is None:
                known = self._known[id(node)] = 1 + sum(map(self.of, node.nodes))
            return known
        if isinstance(node, nodes.Branch):
            return 1 + self.of(node.pipe) + self.of(node.inside) + self.of(node.otherwise)
        if isinstance(node, nodes.Action):
            return 1 + self.of(node.pipe)  # what it prints is written, too
        if isinstance(node, nodes.Pipe):
            return sum([self.of(arg) for command in node.commands for arg in command.args])
        return 1


def has_continue(node: Node | None) -> bool:
    """Return whether a body contains a `{{continue}}` of its own; those of inner loops do not count."""
    if isinstance(node, nodes.Continue):
        return True
    if isinstance(node, nodes.List):
        return any(map(has_continue, node.nodes))
    if isinstance(node, nodes.Branch):
        return has_continue(node.inside) or has_continue(node.otherwise)
    return False
