"""Chains of fields (`.a.b`), and the methods that such an expression may name."""

from collections.abc import Callable, Sequence

from penstock.gotemplate import nodes
from penstock.gotemplate.calls import Frame, Function, Settings
from penstock.gotemplate.failures import ExecError, Failure
from penstock.gotemplate.nodes import Node
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.values import Map, Object, Scope, Value, methods_of, type_of
from penstock.gotemplate.variables import Variables
from penstock.gotemplate.weighing import counted, weigh
from penstock.typed import Any, Protocol

Get = Callable[[Frame], Value]
"""Returns a value when a template is executed."""


class Compiler(Protocol):
    """The part of the evaluator that compiles the arguments of methods."""

    @property
    def settings(self) -> Settings: ...
    @property
    def scope(self) -> Variables: ...

    def error(self, node: Node, message: str, failed: Exception | None = None) -> ExecError:
        """Return an error at a node."""

    def argument(self, node: Node, word: str) -> Get:
        """Return a getter for an argument, given the type of its parameter."""

    def checked(self, get: Get, word: str, node: Node, nil_is_interface: bool) -> Get:
        """Return a getter that also checks that its value fits the type of a parameter."""

    def later(self, args: Sequence[Node]) -> "Compiler":
        """Return a compiler for arguments that are compiled during execution, with the variables that they see now."""


QUICK: frozenset[Any] = frozenset((dict, Scope))
"""The map types that have no methods and no zero value for a missing key."""


def constant(value: Value) -> Get:
    """Return a getter for a constant value."""
    return lambda f: value


def last_of(node: Node) -> Node:
    """Return the node that Go has visited last when it has evaluated an argument. Go's errors name this node."""
    while True:
        if isinstance(node, nodes.Pipe):
            node = node.commands[-1]
        elif isinstance(node, nodes.Command):
            node = node.args[-1]
        elif isinstance(node, nodes.Chain):
            node = node.node
        else:
            return node


COST_OF_METHOD = 20
"""The steps of a call of a method beside its own: its arguments are compiled for each call."""


class Chain:
    """Fields looked up one inside another."""

    def __init__(self, compiler: Compiler, node: Node, names: list[str], is_interface: bool) -> None:
        self.compiler = compiler
        self.node = node
        self.at = last_of(node.node) if isinstance(node, nodes.Chain) else node
        self.names = names
        self.is_interface = is_interface
        self.missing_key = compiler.settings.missing_key

    def without_arguments(self, receiver: Get) -> Get:
        if self.compiler.settings.traced or self.missing_key != "zero":
            return lambda f: self.walked(receiver(f), self.names, f)
        names = tuple(enumerate(self.names))
        step = self.step
        is_interface = self.is_interface
        if len(names) == 1:
            return self.one_field(receiver, self.names[0])

        def chain(f: Frame) -> Value:
            value = receiver(f)
            if value is None and not is_interface:
                return None
            for number, name in names:
                value = value.get(name) if value.__class__ in QUICK else step(value, number, f)
            return value

        return chain

    def one_field(self, receiver: Get, name: str) -> Get:
        step = self.step
        is_interface = self.is_interface

        def field(f: Frame) -> Value:
            value = receiver(f)
            if value.__class__ in QUICK:
                return value.get(name)
            if value is None and not is_interface:
                return None
            return step(value, 0, f)

        return field

    def walked(self, value: Value, names: Sequence[str], f: Frame) -> Value:
        """Return the value at the end of a chain, for every setting of `missing_key`, and report its reads to the
        trace.
        """
        # A nil of the data itself has no fields; one on the way is judged by the step that meets it.
        if value is None and not self.is_interface:
            if self.missing_key == "error":
                raise self.error(f"nil data; no entry for key {quote(names[0])}")
            return None
        trace = f.execution.trace if self.compiler.settings.traced else None
        for number, name in enumerate(names):
            if isinstance(value, dict):
                if trace is not None:
                    trace.read(value, name)
                if name not in value and self.missing_key == "default":
                    return None
            value = self.step(value, number, f)
        return value

    def step(self, value: Value, number: int, f: Frame) -> Value:
        """Return one field of a value, or the result of its method of that name. Fast paths look up fields of the
        plainest maps without this function.
        """
        name = self.names[number]
        method = methods_of(value).get(name)
        if method is not None:
            return self.method(value, name, method, [], f)
        if isinstance(value, dict):
            if name in value:
                return value[name]
            if self.missing_key == "error":
                raise self.error(f"map has no entry for key {quote(name)}")
            return value.zero if isinstance(value, Map) else None
        is_interface = number > 0 or self.is_interface
        if value is None:
            raise self.error(f"nil pointer evaluating interface {{}}.{name}")
        if isinstance(value, Object):
            known, found = value.field(name)
            if known:
                return found
        if f.is_typed if number == 0 else isinstance(value, Object) and value.kind == "struct":
            is_interface = False  # elements of `[]string` and fields of a struct have a type
        type_name = "interface {}" if is_interface else type_of(value)
        raise self.error(f"can't evaluate field {name} in type {type_name}")

    def method(self, value: Value, name: str, method: Function, getters: Sequence[Get], f: Frame) -> Value:
        complaint = method.complaint(len(getters))
        if complaint is not None:
            raise self.error(f"wrong number of args for {name}: {complaint.format(given=len(getters))}")
        values = [get(f) for get in getters]
        try:
            f.meter.spend(COST_OF_METHOD + method.cost)
            weigh(f, values, method.weight)
            return counted(f, method.call(f, value, *values) if method.site else method.call(value, *values))
        except (Failure, ExecError) as failure:
            raise self.error(f"error calling {name}: ", failure) from None

    def with_arguments(self, receiver: Get, args: Sequence[Node], final: Get | None) -> Get:
        *firsts, name = self.names
        compiler = self.compiler
        operands = args[1:]

        def call(f: Frame) -> Value:
            last = None if final is None else final(f)
            value = receiver(f)
            if firsts:
                value = self.walked(value, firsts, f)
            if value is None and self.missing_key == "default":
                return None
            method = methods_of(value).get(name)
            if method is None:
                raise self.error(self.no_method(value, name))
            known = len(compiler.scope)
            getters = [compiler.argument(arg, method.type_at(number)) for number, arg in enumerate(operands)]
            compiler.scope.leave(known)
            if final is not None:
                at = last_of(operands[-1]) if operands else self.node
                getters.append(compiler.checked(constant(last), method.type_at(len(operands)), at, False))
            return self.method(value, name, method, getters, f)

        # The arguments are compiled once the method is known, with the variables that are in scope here.
        compiler = compiler.later(operands)
        return call

    def no_method(self, value: Value, name: str) -> str:
        if isinstance(value, dict):
            return f"{name} is not a method but has arguments"
        if value is None:
            return f"nil pointer evaluating interface {{}}.{name}"
        if isinstance(value, Object) and value.field(name)[0]:
            return f"{name} has arguments but cannot be invoked as function"
        type_name = "interface {}" if len(self.names) > 1 or self.is_interface else type_of(value)
        return f"can't evaluate field {name} in type {type_name}"

    def error(self, message: str, failed: Exception | None = None) -> ExecError:
        return self.compiler.error(self.at if failed is None else self.node, message, failed)
