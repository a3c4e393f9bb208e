"""Which place of which file has made a part of a value, as far as the text alone tells it.

The search follows objects, lists, `+`, locals, imports, and functions that are called. It ends where only an evaluation
could go on (`self`, a condition, a function of the library, a computed name). The answer is the place of the last step
before that: the expression there has made the part, but it is not known which part of the expression.
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence

from penstock.jsonnet.syntax import (
    Array,
    Call,
    Function,
    Import,
    Index,
    Local,
    Node,
    Object,
    Opaque,
    Plus,
    Text,
    Variable,
    parse,
)
from penstock.jsonnet.tokens import Unparsed
from penstock.model import Pos
from penstock.records import NamedTuple

FUEL = 20_000
"""Steps of one question: functions may call one another without end."""

DEPTH = 200
"""Questions within one another."""


class Scope(NamedTuple):
    """The names that an expression of a file can use. An expression without a scope of its own belongs to this one."""

    path: str
    names: "Mapping[str, tuple[Node, Scope | None]]"
    outer: "Scope | None" = None

    def find(self, name: str) -> "Term | None":
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                node, own = scope.names[name]
                return Term(node, own or scope)
            scope = scope.outer
        return None

    def with_locals(self, found: Mapping[str, Node]) -> "Scope":
        return Scope(self.path, {name: (node, None) for name, node in found.items()}, self) if found else self


class Sum(NamedTuple):
    """Two expressions, one of which is laid over the other."""

    start: int
    left: "Term"
    right: "Term"


class Term(NamedTuple):
    """An expression, and the names that it can use."""

    node: "Node | Sum"
    scope: Scope


class Found(NamedTuple):
    """A field or an element: its value, and the place where it is written."""

    term: Term
    path: str
    start: int
    adds: bool = False


class _Absent(NamedTuple):
    """It is certain that there is no such field."""


Answer = Found | _Absent | None
"""None where only an evaluation knows."""


class _Over(Exception):  # noqa: N818
    """The search takes too long."""


class Tracer:
    """Finds places in the files of one evaluation.

    `content` has the text of each file. `resolve` says which of the imported files an import from a directory means.
    `variables` are external variables that hold code.
    """

    def __init__(
        self,
        file: str,
        content: Callable[[str], bytes | None],
        resolve: Callable[[str, str], str | None],
        variables: Mapping[str, str] = {},
    ) -> None:
        self._file = file
        self._content = content
        self._resolve = resolve
        self._variables = variables
        self._texts: dict[str, str] = {}
        self._parsed: dict[str, Node] = {}
        self._fuel = 0
        self._depth = 0

    def place(self, at: Sequence[str | int]) -> Pos:
        """Return where a part of the value is written, or the evaluated file where nothing is known."""
        self._fuel, self._depth = FUEL, 0
        path, start = self._file, -1
        try:
            term = self._result()
            for step in at:
                found = self._below(term, step)
                if not isinstance(found, Found):
                    break
                term = found.term
                path, start = (found.path, found.start) if self._is_file(found.path) else (path, start)
            else:
                path, start = self._of_container(term, at, path, start)
        except (_Over, RecursionError):
            pass
        return self._pos(path, start)

    def _result(self) -> Term:
        """Return the result of the file. If it is a function, the function is called."""
        term = self._evaluated(self._root(self._file))
        if isinstance(term.node, Function):
            return self._applied(term.node, term.scope, {})
        return term

    def _of_container(self, term: Term, at: Sequence[str | int], path: str, start: int) -> tuple[str, int]:
        """Return the place of an object that stands in a list, or alone: that of its braces."""
        if at and isinstance(at[-1], str):
            return path, start
        inner = self._evaluated(term)
        is_known = isinstance(inner.node, Object) or not at
        return (inner.scope.path, inner.node.start) if is_known and self._is_file(inner.scope.path) else (path, start)

    def _is_file(self, path: str) -> bool:
        return not path.startswith("<")

    def _pos(self, path: str, start: int) -> Pos:
        if start < 0 or path not in self._texts:
            return Pos(path)
        text = self._texts[path]
        return Pos(path, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))

    # --- files

    def _root(self, path: str) -> Term:
        """Return the expression of a file. If it cannot be parsed, return one about which nothing is known."""
        if path not in self._parsed:
            content = self._content(path)
            self._texts[path] = (content or b"").decode(errors="replace")
            self._parsed[path] = self._parse(self._texts[path]) if content is not None else Opaque(-1)
        return Term(self._parsed[path], Scope(path, {}))

    def _parse(self, text: str) -> Node:
        try:
            return parse(text)
        except Unparsed:
            return Opaque(-1)

    def _imported(self, scope: Scope, path: str) -> Term | None:
        directory = posixpath.dirname(scope.path) if self._is_file(scope.path) else ""
        found = self._resolve(directory, path)
        return self._root(found) if found is not None else None

    def _variable(self, name: str) -> Term | None:
        """Return the expression of an external variable that holds code."""
        path = f"<extvar:{name}>"
        if name not in self._variables:
            return None
        if path not in self._parsed:
            self._texts[path] = self._variables[name]
            self._parsed[path] = self._parse(self._variables[name])
        return Term(self._parsed[path], Scope(path, {}))

    # --- expressions

    def _evaluated(self, term: Term) -> Term:
        """Return what an expression evaluates to, as far as that is known: an object, a list, a function, or a sum."""
        while True:
            self._fuel -= 1
            if self._fuel < 0:
                raise _Over
            following = self._following(term)
            if following is None:
                return term
            term = following

    def _following(self, term: Term) -> Term | None:
        """Return one step of the evaluation, or None where there is none."""
        node, scope = term
        if isinstance(node, Local):
            return Term(node.body, scope.with_locals(node.locals))
        if isinstance(node, Variable):
            return scope.find(node.name)
        if isinstance(node, Plus):
            return Term(Sum(node.start, Term(node.left, scope), Term(node.right, scope)), scope)
        if isinstance(node, Import):
            return self._imported(scope, node.path)
        if isinstance(node, Index):
            found = self._below(Term(node.target, scope), node.key) if node.key is not None else None
            return found.term if isinstance(found, Found) else None
        return self._called(node, scope) if isinstance(node, Call) else None

    def _called(self, call: Call, scope: Scope) -> Term | None:
        """Return the result of a call: the body of the function, with its arguments by name."""
        if isinstance(call.target, Index) and call.target.key == "extVar":
            return self._external(call, scope)
        function = self._inner(Term(call.target, scope))
        if not isinstance(function.node, Function):
            return None
        names: dict[str, tuple[Node, Scope | None]] = {}
        by_place = [name for name, _ in function.node.parameters]
        for number, (name, argument) in enumerate(call.arguments):
            if not name and number >= len(by_place):
                return None
            names[name or by_place[number]] = (argument, scope)
        return self._applied(function.node, function.scope, names)

    def _applied(self, function: Function, scope: Scope, given: Mapping[str, "tuple[Node, Scope | None]"]) -> Term:
        """Return the body of a function with its arguments. An argument that is not given has its default, if there is
        one.
        """
        names = {name: (default or Opaque(-1), None) for name, default in function.parameters} | dict(given)
        return Term(function.body, Scope(scope.path, names, scope))

    def _external(self, call: Call, scope: Scope) -> Term | None:
        target = call.target
        is_library = isinstance(target, Index) and target.target == Variable(target.start, "std")
        if not is_library or scope.find("std") is not None or len(call.arguments) != 1:
            return None
        name = call.arguments[0][1]
        return self._variable(name.text) if isinstance(name, Text) else None

    def _inner(self, term: Term) -> Term:
        """Return `_evaluated` for a part of the expression that is being evaluated."""
        self._depth += 1
        if self._depth > DEPTH:
            raise _Over
        found = self._evaluated(term)
        self._depth -= 1
        return found

    def _below(self, term: Term, step: str | int) -> Answer:
        """Return a field or an element of the result of an expression."""
        node, scope = self._inner(term)
        if isinstance(node, Object) and isinstance(step, str):
            return _field(node, scope, step)
        if isinstance(node, Array) and isinstance(step, int) and step < len(node.items):
            return Found(Term(node.items[step], scope), scope.path, node.items[step].start)
        if isinstance(node, Sum):
            return self._below_sum(node, step) if isinstance(step, str) else self._element(node, step)
        return None

    def _below_sum(self, total: Sum, step: str) -> Answer:
        right = self._below(total.right, step)
        if isinstance(right, _Absent):
            return self._below(total.left, step)
        if right is None or not right.adds:
            return right
        left = self._below(total.left, step)
        if isinstance(left, _Absent):
            return right
        below = left.term if isinstance(left, Found) else Term(Opaque(-1), right.term.scope)
        return right._replace(
            term=Term(Sum(right.start, below, right.term), right.term.scope),
            adds=not isinstance(left, Found) or left.adds,
        )

    def _element(self, total: Sum, step: int) -> Answer:
        length = self._length(total.left)
        if length is None:
            return None
        return self._below(total.left, step) if step < length else self._below(total.right, step - length)

    def _length(self, term: Term) -> int | None:
        node, _ = self._inner(term)
        if isinstance(node, Array):
            return len(node.items)
        if isinstance(node, Sum):
            left, right = self._length(node.left), self._length(node.right)
            return left + right if left is not None and right is not None else None
        return None


def _field(node: Object, scope: Scope, name: str) -> Answer:
    inner = scope.with_locals(node.locals)
    for field in node.fields:
        if field.name == name:
            return Found(Term(field.value, inner), scope.path, field.start, field.adds)
    return None if node.is_open else _Absent()
