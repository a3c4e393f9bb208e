"""Compiles trees to closures. A template is compiled when it is first executed, and then costs one call for each of its
parts.

A closure that executes a node takes a `Frame` and writes output; a closure for a value takes a `Frame` and returns the
value. Some things that Go finds out during execution follow from the text alone and are determined here, at compile
time: which variable is meant, which node an error names, and whether nil has an interface type (looking up its fields
is an error) or no type at all (its fields are nil again).
"""

from collections.abc import Callable, Sequence
from functools import partial

from penstock.gotemplate import nodes
from penstock.gotemplate.builtins import LENGTH_OF_FIELD, call, equal
from penstock.gotemplate.calls import CAN_BE_NIL, PARAMETERS, Frame, Function, Settings, accepts
from penstock.gotemplate.failures import Exceeded, ExecError, Failure
from penstock.gotemplate.fields import Chain, Get, constant, last_of
from penstock.gotemplate.formatting import text_of
from penstock.gotemplate.invocations import Fit, Piped, invocation
from penstock.gotemplate.loops import Break, Continue, Loop, Run, Weights, has_continue
from penstock.gotemplate.nodes import Node, Place, Tree
from penstock.gotemplate.quoting import quote
from penstock.gotemplate.sources import DOT, in_loop, looping, noted, told
from penstock.gotemplate.tables import traced_invocation
from penstock.gotemplate.tracing import Chunk
from penstock.gotemplate.values import NilMap, Object, Value, type_of
from penstock.gotemplate.variables import Variables, declared_in, names_in
from penstock.gotemplate.weighing import LARGE, weigh
from penstock.records import NamedTuple
from penstock.typed import NoReturn


class Code(NamedTuple):
    """A compiled template."""

    run: Run
    size: int
    """The number of its variables."""
    weight: int
    """The steps that its own parts take at most, without those of its loops and of the templates that it calls."""


def compiled(tree: Tree, settings: Settings) -> Code:
    """Compile a template to closures."""
    compiler = _Compiler(tree, settings)
    run = compiler.block(tree.root)
    return Code(run, compiler.size, compiler.weights.of(tree.root))


class _Compiler:
    def __init__(self, tree: Tree, settings: Settings) -> None:
        self.tree = tree
        self.settings = settings
        self.functions = settings.functions
        self.scope = Variables()
        self.size = 0
        self.dot_is_element = False
        self.weights = Weights()

    def later(self, args: Sequence[Node]) -> "_Compiler":
        """Return a compiler for arguments that are compiled during execution, with the variables that they see now."""
        later = _Compiler(self.tree, self.settings)
        later.scope, later.dot_is_element = self.scope.only(names_in(args)), self.dot_is_element
        for name in declared_in(args):  # what follows the call sees them too
            self.declare(name)
        return later

    # Errors.

    def error(self, node: Node, message: str, failed: Exception | None = None) -> ExecError:
        return ExecError(message, self.tree, node, failed)

    def failing(self, node: Node, message: str) -> Get:
        """Return a getter that raises an error at a node."""

        def fail(f: Frame) -> NoReturn:
            raise self.error(node, message)

        return fail

    def declare(self, name: str, is_element: bool = False) -> int:
        slot = self.scope.declare(name, is_element)
        self.size = max(self.size, slot)
        return slot

    # Actions.

    def block(self, node: nodes.List) -> Run:
        runs = tuple([self.node(child) for child in node.nodes])
        if len(runs) == 1:
            return runs[0]
        if len(runs) == 2:
            first, second = runs

            def both(f: Frame) -> None:
                first(f)
                second(f)

            return both

        def all_(f: Frame) -> None:
            for run in runs:
                run(f)

        return all_

    def node(self, node: Node) -> Run:
        return _NODES[node.__class__](self, node)

    def text(self, node: nodes.Text) -> Run:
        text = node.text
        if self.settings.traced:
            chunk = Chunk(text, Place(self.tree, node), (), ())
            return lambda f: f.write(chunk)
        return lambda f: f.write(text)

    def action(self, node: nodes.Action) -> Run:
        get = self.pipe(node.pipe)
        if node.pipe.variables:
            return get
        if self.settings.traced:
            return self.traced_action(node, get)
        is_copy = self.is_copy(node.pipe)

        def action(f: Frame) -> None:
            value = get(f)
            if value.__class__ is str:
                f.write(value)
            elif value is None:
                f.write("<no value>")
            else:
                f.write(self.printed(node, value, f, is_copy))

        return action

    def is_copy(self, node: Node) -> bool:
        """Return whether a value has no address in Go, so that methods of its address do not count. `and` and `or`
        return one of their operands as it is, while other functions return new values.
        """
        if isinstance(node, nodes.Pipe):
            *before, command = node.commands
            first, *operands = command.args
            if isinstance(first, nodes.Identifier) and first.name in ("and", "or"):
                return any(map(self.is_copy, (*operands, *(each.args[0] for each in before[-1:]))))
            return self.is_copy(first)
        if isinstance(node, nodes.Dot):
            return self.dot_is_element
        if isinstance(node, nodes.Variable) and len(node.names) == 1:
            known = self.scope.find(node.names[0])
            return known is not None and known.is_element
        return isinstance(node, nodes.Identifier)

    def printed(self, node: nodes.Action, value: Value, f: Frame, is_copy: bool) -> str:
        try:
            if (
                isinstance(value, Object)
                and not isinstance(value, dict | list)
                and not (is_copy and value.kind != "ptr")
            ):
                return value.shown()
            return text_of(value, f.meter)
        except Failure as failure:
            raise self.error(node, "", failure) from None

    def traced_action(self, node: nodes.Action, get: Get) -> Run:
        place = Place(self.tree, node)
        is_copy = self.is_copy(node.pipe)

        def action(f: Frame) -> None:
            trace = f.execution.trace
            with trace.action() as reads:
                value = get(f)
                text = "<no value>" if value is None else self.printed(node, value, f, is_copy)
                plain, entries = trace.settled(reads.reads)
                try:
                    f.meter.spend(COST_OF_CHUNK + len(entries))
                except Failure as failure:
                    raise self.error(node, "", failure) from None
                f.write(Chunk(text, place, plain, tuple(reads.inner), entries))

        return action

    def break_(self, node: nodes.Break) -> Run:
        def run(f: Frame) -> NoReturn:
            raise Break

        return run

    def continue_(self, node: nodes.Continue) -> Run:
        def run(f: Frame) -> NoReturn:
            raise Continue

        return run

    def if_(self, node: nodes.If) -> Run:
        known = len(self.scope)
        test = self.pipe(node.pipe)
        inside = len(self.scope)
        body = self.block(node.inside)
        self.scope.leave(inside)
        otherwise = self.otherwise(node)
        self.scope.leave(known)
        if otherwise is None:

            def if_(f: Frame) -> None:
                if test(f):
                    body(f)

            return if_

        def if_else(f: Frame) -> None:
            if test(f):
                body(f)
            else:
                otherwise(f)

        return if_else

    def otherwise(self, node: nodes.Branch) -> Run | None:
        return None if node.otherwise is None else self.block(node.otherwise)

    def body_with_dot(self, body: nodes.List, is_element: bool) -> Run:
        kept = self.dot_is_element
        self.dot_is_element = is_element
        run = self.block(body)
        self.dot_is_element = kept
        return run

    def with_(self, node: nodes.With) -> Run:
        known = len(self.scope)
        get = self.pipe(node.pipe)
        if self.settings.traced:
            get = noted(get, DOT)
        inside = len(self.scope)
        body = self.body_with_dot(node.inside, False)
        self.scope.leave(inside)
        otherwise = self.otherwise(node)
        self.scope.leave(known)

        def with_(f: Frame) -> None:
            source = f.sources.get(DOT, ())
            value = get(f)
            if value:
                kept = f.dot
                f.dot = value
                body(f)
                f.dot = kept
                f.sources[DOT] = source
            elif otherwise is not None:
                otherwise(f)

        return with_

    def range_(self, node: nodes.Range) -> Run:
        known = len(self.scope)
        pipe = node.pipe
        get = self.commands(pipe)
        names = [variable.names[0] for variable in pipe.variables]
        unknown = next((name for name in names if pipe.assigns and not self.scope.find(name)), "")
        if unknown:
            return _after(get, self.failing(last_of(pipe), f"undefined variable: {unknown}"))
        key, value = self.loop_variables(pipe)
        inside = len(self.scope)
        body = self.body_with_dot(node.inside, True)
        if self.settings.traced:
            body = in_loop(body, (DOT, value))
        self.scope.leave(inside)
        otherwise = self.otherwise(node)
        self.scope.leave(known)
        at = last_of(pipe)
        loop = Loop(body, key, value, self.weights.of(node.inside), len(pipe.variables), has_continue(node.inside))
        run = looping(loop.run) if self.settings.traced else loop.run

        def range_(f: Frame) -> None:
            found = get(f)
            for slot in (key, value):
                if slot is not None:
                    f.variables[slot] = found
            try:
                ran = run(f, found)
            except Exceeded as bound:
                raise self.error(at, "", bound) from None
            except Failure as failure:
                raise self.error(at, str(failure)) from None
            if not ran and otherwise is not None:
                otherwise(f)

        return range_

    def loop_variables(self, pipe: nodes.Pipe) -> tuple[int | None, int | None]:
        """Return the slots for the key or index and for the element of a loop, None for a variable that it does not
        have.
        """
        slots = [self.slot(variable.names[0], pipe.assigns) for variable in pipe.variables]
        if len(slots) == 2:
            return slots[0], slots[1]
        return None, slots[0] if slots else None

    def slot(self, name: str, assigns: bool) -> int:
        known = self.scope.find(name) if assigns else None
        return self.declare(name, is_element=True) if known is None else known.slot

    def template(self, node: nodes.Template) -> Run:
        get = (lambda f: None) if node.pipe is None else self.pipe(node.pipe)
        name = node.name

        def template(f: Frame) -> None:
            found = f.execution.find(name, f.templates)
            if found is None:
                raise self.error(node, f"template {quote(name)} not defined")
            dot = get(f)
            try:
                f.execution.invoke(found, f.templates, dot, f.write)
            except Failure as failure:
                raise self.error(node, "", failure) from None

        return template

    # Values.

    def pipe(self, pipe: nodes.Pipe) -> Get:
        """Return a getter for the value of a pipeline; it also assigns the value to the pipeline's variable."""
        get = self.commands(pipe)
        if not pipe.variables:
            return get
        name = pipe.variables[0].names[0]
        if pipe.assigns and self.scope.find(name) is None:
            return _after(get, self.failing(last_of(pipe), f"undefined variable: {name}"))
        slot = self.scope.find(name).slot if pipe.assigns else self.declare(name)  # type: ignore[union-attr]

        if self.settings.traced:
            get = noted(get, slot)

        def assign(f: Frame) -> Value:
            value = f.variables[slot] = get(f)
            return value

        return assign

    def commands(self, pipe: nodes.Pipe) -> Get:
        get: Get | None = None
        at: Node = pipe
        for command in pipe.commands:
            get = self.command(command, get, at)
            at = last_of(command)
        assert get is not None
        return get

    def command(self, command: nodes.Command, final: Get | None, before: Node) -> Get:
        first = command.args[0]
        if isinstance(first, nodes.Identifier):
            return self.call(first, command, command.args[1:], final)
        if isinstance(first, nodes.Field | nodes.Chain) or (isinstance(first, nodes.Variable) and len(first.names) > 1):
            return self.fields(first, command.args, final)
        # Only functions and methods take arguments, and what comes through a pipe is one.
        if len(command.args) > 1 or final is not None:
            at = before if isinstance(first, nodes.Pipe) else first
            fail = self.failing(at, f"can't give argument to non-function {first}")
            return fail if final is None else _after(final, fail)
        if isinstance(first, nodes.Nil):
            return self.failing(first, "nil is not a command")
        return self.operand(first)

    def operand(self, node: Node) -> Get:
        """Return a getter for the value of a node that stands alone."""
        if isinstance(node, nodes.Dot):
            return told(_dot, DOT) if self.settings.traced else _dot
        if isinstance(node, nodes.Variable) and len(node.names) == 1:
            return self.told_variable(node)
        if isinstance(node, nodes.Field | nodes.Chain | nodes.Variable):
            return self.fields(node, [node], None)
        if isinstance(node, nodes.Pipe):
            return self.pipe(node)
        if isinstance(node, nodes.Identifier):
            return self.call(node, node, [], None)
        if isinstance(node, nodes.Number):
            return self.number(node)
        if isinstance(node, nodes.String):
            return constant(node.text)
        if isinstance(node, nodes.Bool):
            return constant(node.value)
        return constant(None)

    def number(self, node: nodes.Number) -> Get:
        if node.value is not None:
            return constant(node.value)
        what = "is imaginary, which nothing here takes" if node.float is None else "overflows int"
        return self.failing(node, f"{node.text} {what}")

    def variable(self, node: nodes.Variable) -> Get:
        known = self.scope.find(node.names[0])
        if known is None:
            return self.failing(node, f"undefined variable: {node.names[0]}")
        slot = known.slot
        return lambda f: f.variables[slot]

    def told_variable(self, node: nodes.Variable) -> Get:
        """Return a getter for a variable without fields, whose value ends up in the output."""
        known = self.scope.find(node.names[0])
        get = self.variable(node)
        return told(get, known.slot) if self.settings.traced and known is not None else get

    # Fields.

    def fields(self, node: Node, args: Sequence[Node], final: Get | None) -> Get:
        """Return a getter for `.a.b`, `$x.a.b` or `(pipeline).a.b`, any of which may also name a method."""
        receiver, names, is_interface = self.receiver(node)
        if isinstance(node, nodes.Chain) and isinstance(node.node, nodes.Nil):
            return self.failing(node, f"indirection through explicit nil in {node}")
        chain = Chain(self, node, names, is_interface)
        if len(args) > 1 or final is not None:
            return chain.with_arguments(receiver, args, final)
        return chain.without_arguments(receiver)

    def receiver(self, node: Node) -> tuple[Get, list[str], bool]:
        """Return a getter for the value whose fields are looked up, the names of the fields, and whether nil as that
        value has an interface type.
        """
        if isinstance(node, nodes.Field):
            return _dot, node.names, self.dot_is_element
        if isinstance(node, nodes.Variable):
            known = self.scope.find(node.names[0])
            return self.variable(node), node.names[1:], known is not None and known.is_element
        assert isinstance(node, nodes.Chain)
        return self.operand(node.node), node.names, False

    def nil_is_interface(self, node: Node) -> bool:
        """Return whether nil as the value of an argument has the type `interface {}` rather than no type.

        With `missingkey=default`, a field that is missing has none.
        """
        is_typed = self.settings.missing_key != "default"
        if isinstance(node, nodes.Field | nodes.Chain):
            return is_typed
        if isinstance(node, nodes.Variable):
            known = self.scope.find(node.names[0])
            return (is_typed and len(node.names) > 1) or (known is not None and known.is_element)
        if isinstance(node, nodes.Dot):
            return self.dot_is_element
        return isinstance(node, nodes.Identifier)

    # Calls.

    def call(self, node: nodes.Identifier, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        name = node.name
        special = _SPECIAL.get(name)
        function = self.functions[name]
        count = len(args) + (final is not None)
        complaint = function.complaint(count)
        if complaint is not None:
            fail = self.failing(node, f"wrong number of args for {name}: {complaint.format(given=len(args))}")
            return fail if final is None else _after(final, fail)
        if special is not None:
            return special(self, command, args, final)
        # Go's words for a nil depend on whether it came from a field of a map.
        if name == "len" and args and self.nil_is_interface(args[0]):
            function = LENGTH_OF_FIELD
        getters = [self.argument(arg, function.type_at(number)) for number, arg in enumerate(args)]
        piped = None
        if final is not None:
            at = last_of(args[-1]) if args else node
            piped = Piped(final, self.fit(function.type_at(len(args)), at, False))
        make = traced_invocation(name) if self.settings.traced else invocation
        return make(name, function, Place(self.tree, command), getters, piped)

    def argument(self, node: Node, word: str) -> Get:
        if isinstance(node, nodes.Nil):
            if word in CAN_BE_NIL:
                return self.checked(constant(None), word, node, False)
            return self.failing(node, f"cannot assign nil to {PARAMETERS[word]}")
        if isinstance(node, nodes.Bool | nodes.Number | nodes.String):
            return self.literal(node, word)
        return self.checked(self.operand(node), word, last_of(node), self.nil_is_interface(node))

    def literal(self, node: nodes.Bool | nodes.Number | nodes.String, word: str) -> Get:
        """Return a getter for a literal argument; numbers are converted to the type of the parameter."""
        if word == "any":
            return self.operand(node)
        if word == "string":
            return constant(node.text) if isinstance(node, nodes.String) else self.unfit(node, "string")
        if word == "bool":
            return constant(node.value) if isinstance(node, nodes.Bool) else self.unfit(node, "bool")
        if word not in NUMBERS:
            return self.failing(node, f"can't handle {node} for arg of type {PARAMETERS[word]}")
        number: int | float | None = None
        if isinstance(node, nodes.Number):
            number = node.float if word == "float" else node.integer
        # Go's reflection cuts a number to the width of the parameter.
        if word == "uint32" and number is not None:
            number = None if number < 0 else int(number) & 0xFFFFFFFF
        return self.unfit(node, NUMBERS[word]) if number is None else constant(number)

    def unfit(self, node: Node, expected: str) -> Get:
        return self.failing(node, f"expected {expected}; found {node}")

    def checked(self, get: Get, word: str, node: Node, nil_is_interface: bool) -> Get:
        """Return a getter that also checks that its value fits the type of a parameter."""
        fit = self.fit(word, node, nil_is_interface)
        if fit is None:
            return get
        exact = EXACT.get(word)

        def check(f: Frame) -> Value:
            value = get(f)
            return value if value.__class__ is exact else fit(f, value)

        return check

    def fit(self, word: str, node: Node, nil_is_interface: bool) -> Fit | None:
        """Return a function that checks that a value fits the type of a parameter, or None where every value does."""
        if word == "any":
            return None
        wanted = PARAMETERS[word]
        exact = EXACT.get(word)

        def fit(f: Frame, value: Value) -> Value:
            if value.__class__ is exact:
                return value
            if value is None:
                if nil_is_interface and not (f.dot is None and isinstance(node, nodes.Field)):
                    raise self.error(node, f"wrong type for value; expected {wanted}; got interface {{}}")
                if word in CAN_BE_NIL:
                    return NilMap() if word == "map" else []
                raise self.error(node, f"invalid value; expected {wanted}")
            if not accepts(word, value):
                raise self.error(node, f"wrong type for value; expected {wanted}; got {type_of(value)}")
            return value

        return fit

    def and_(self, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        *firsts, last = self.operands(args, final)
        if final is not None:
            return self.piped(firsts, last, bool)

        def and_(f: Frame) -> Value:
            for get in firsts:
                value = get(f)
                if not value:
                    return value
            return last(f)

        return and_

    def or_(self, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        *firsts, last = self.operands(args, final)
        if final is not None:
            return self.piped(firsts, last, lambda value: not value)

        def or_(f: Frame) -> Value:
            for get in firsts:
                value = get(f)
                if value:
                    return value
            return last(f)

        return or_

    def piped(self, firsts: Sequence[Get], last: Get, goes_on: Callable[[Value], bool]) -> Get:
        """Return a getter for `and` or `or` with a piped argument, which is evaluated first but is the last operand."""

        def piped(f: Frame) -> Value:
            given = last(f)
            for get in firsts:
                value = get(f)
                if not goes_on(value):
                    return value
            return given

        return piped

    def operands(self, args: Sequence[Node], final: Get | None) -> list[Get]:
        """Return getters for the arguments of a special function. A piped argument is the last one."""
        getters = [self.argument(arg, "any") for arg in args]
        return [*getters, final] if final is not None else getters

    def not_(self, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        (get,) = self.operands(args, final)
        return lambda f: not get(f)

    def call_(self, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        """Compile `call`, which always fails since no value is a function. The error quotes its argument."""
        name = str(args[0]) if args else ""
        getters = self.operands(args, None)
        function = Function(partial(call, name), "any any...")
        return invocation("call", function, Place(self.tree, command), getters, final and Piped(final))

    def eq(self, command: Node, args: Sequence[Node], final: Get | None) -> Get:
        """Compile `eq`, with a short path for two strings, the most common test of all."""
        getters = self.operands(args, final)
        if len(getters) != 2:
            firsts = getters if final is None else getters[:-1]
            return invocation("eq", self.functions["eq"], Place(self.tree, command), firsts, final and Piped(final))
        first, second = getters
        error = self.error

        def eq(f: Frame) -> Value:
            one = first(f)
            two = second(f)
            if one.__class__ is str and two.__class__ is str and len(one) <= LARGE:
                return one == two
            try:
                weigh(f, (one,), 1)
                return equal(one, two)
            except Failure as failure:
                raise error(command, "error calling eq: ", failure) from None

        return eq


COST_OF_CHUNK = 8
"""The steps charged for the record of an action in a trace, which takes memory rather than time."""

NUMBERS = {"int": "integer", "float": "float", "uint32": "unsigned integer"}
"""The types of parameters that accept a number literal, with their names in error messages."""

EXACT: dict[str, type] = {"string": str, "int": int, "float": float, "bool": bool, "map": dict, "list": list}
"""The Python class of most values for a parameter, by its type."""


def _dot(f: Frame) -> Value:
    return f.dot


def _after(first: Get, get: Get) -> Get:
    """Return a getter that evaluates `first`, and then returns the value of `get`."""

    def both(f: Frame) -> Value:
        first(f)
        return get(f)

    return both


_NODES: dict[type, Callable[..., Run]] = {
    nodes.Text: _Compiler.text,
    nodes.Action: _Compiler.action,
    nodes.If: _Compiler.if_,
    nodes.With: _Compiler.with_,
    nodes.Range: _Compiler.range_,
    nodes.Template: _Compiler.template,
    nodes.Break: _Compiler.break_,
    nodes.Continue: _Compiler.continue_,
}
_SPECIAL: dict[str, Callable[..., Get]] = {
    "and": _Compiler.and_,
    "call": _Compiler.call_,
    "or": _Compiler.or_,
    "not": _Compiler.not_,
    "eq": _Compiler.eq,
}
"""Functions whose arguments need not, or must not, all be evaluated first."""
