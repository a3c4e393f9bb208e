"""The evaluation of expressions: an expression becomes a function of the names that it sees.

An expression is compiled once into closures, each of which evaluates one node. `&&` and `||` ignore an error on one
side where the other side decides the result, and so do `all` and `exists`. The cost of an evaluation is counted as the
API server counts it; the API server aborts a call that costs too much.

Source: cel-spec doc/langdef.md; cel-go ext, interpreter/runtimecost.go; apiserver pkg/cel/library.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.validate.cel.filled_in import has_key
from penstock.validate.cel.functions import FUNCTIONS
from penstock.validate.cel.runtime_cost import cost_of_call, cost_of_operator
from penstock.validate.cel.syntax import RESERVED, Expression
from penstock.validate.cel.values import (
    NOTHING,
    EvaluationError,
    Optional,
    TypeName,
    UnsupportedError,
    add,
    checked,
    divide,
    equal,
    less,
    multiply,
    name_of,
    no_overload,
    remainder,
    subtract,
)

CALL_LIMIT = 1_000_000
"""The maximum cost of one evaluation: apiserver pkg/apis/cel/config.go, PerCallLimit."""

NEW_LIST, NEW_MAP = 10, 30

_TYPES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")

_ESCAPES = (("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__"))


class CostlyError(Exception):
    """An evaluation costs more than the API server allows."""


class Run:
    """One evaluation. `left` is the cost that it may still incur."""

    __slots__ = ("left",)

    def __init__(self, limit: int = CALL_LIMIT) -> None:
        self.left = limit

    def spend(self, cost: int = 1) -> None:
        """Add to the cost of the evaluation. Raises CostlyError where the limit is exceeded."""
        self.left -= cost
        if self.left < 0:
            raise CostlyError


Scope = Mapping[str, Any]
Closure = Callable[[Scope, Run], Any]


def compiled(tree: Expression) -> Closure:
    """Return the closure that evaluates a node. Raises UnsupportedError where a function is not known here."""
    return _KINDS[tree[0]](tree)


def evaluated(closure: Closure, names: Scope, run: Run | None = None) -> Any:
    """Return the value of an expression.

    Raises EvaluationError where CEL has an error, and UnsupportedError where Penstock cannot evaluate the expression.
    An evaluation that costs too much raises CostlyError where the caller passes `run`, and UnsupportedError otherwise.
    """
    try:
        return closure(names, run or Run())
    except CostlyError:
        if run is not None:
            raise
        raise UnsupportedError("it costs too much") from None
    except RecursionError:
        raise UnsupportedError("it nests too deeply") from None


def field_name(name: str) -> str:
    """Return the field name that an identifier stands for: identifiers escape the characters that are not allowed."""
    if not name.startswith("__") and "__" not in name:
        return name
    if name.startswith("__") and name.endswith("__") and name[2:-2] in RESERVED:
        return name[2:-2]
    for escape, text in _ESCAPES:
        name = name.replace(escape, text)
    return name


def _literal(tree: Expression) -> Closure:
    value = tree[2]
    if tree[1] in ("int", "uint"):
        checked(value)
    if tree[1] == "uint":
        from penstock.validate.cel.values import Uint

        value = Uint(value)
    return lambda scope, run: value


def _name(tree: Expression) -> Closure:
    name = tree[1]
    if name in _TYPES:
        return lambda scope, run: scope[name] if name in scope else TypeName(name)

    def find(scope: Scope, run: Run) -> Any:
        run.spend()
        if name not in scope:
            raise UnsupportedError(f"{name} is not known here")
        return scope[name]

    return find


def _field(tree: Expression) -> Closure:
    dotted = _dotted(tree)
    if dotted.startswith("google.protobuf."):
        return lambda scope, run: TypeName(dotted)
    owner, name = compiled(tree[1]), field_name(tree[2])
    if tree[3]:
        return lambda scope, run: _maybe_at(owner(scope, run), name)

    def select(scope: Scope, run: Run) -> Any:
        run.spend()
        found = owner(scope, run)
        return _maybe_at(found, name) if isinstance(found, Optional) else _at(found, name)

    return select


def _dotted(tree: Expression) -> str:
    """Return the dotted name `a.b.c` that an expression consists of, or the empty string for other expressions."""
    if tree[0] == "name":
        return str(tree[1])
    return f"{_dotted(tree[1])}.{tree[2]}" if tree[0] == "field" and _dotted(tree[1]) else ""


def _at(owner: Any, key: Any) -> Any:
    if isinstance(owner, dict):
        if not has_key(owner, key):
            raise EvaluationError(f"no such key: {key}")
        return owner[key]
    if isinstance(owner, list) and isinstance(key, int | float) and not isinstance(key, bool):
        if key != int(key) or not 0 <= key < len(owner):
            raise EvaluationError(f"index out of bounds: {key}")
        return owner[int(key)]
    raise no_overload("selection", owner, key)


def _maybe_at(owner: Any, key: Any) -> Optional:
    if isinstance(owner, Optional):
        return _maybe_at(owner.value, key) if owner.is_there else NOTHING
    try:
        return Optional(_at(owner, key))
    except EvaluationError:
        if isinstance(owner, dict | list):
            return NOTHING
        raise


def _index(tree: Expression) -> Closure:
    owner, key, is_optional = compiled(tree[1]), compiled(tree[2]), tree[3]

    def select(scope: Scope, run: Run) -> Any:
        run.spend()
        found, at = owner(scope, run), key(scope, run)
        return _maybe_at(found, at) if is_optional or isinstance(found, Optional) else _at(found, at)

    return select


def _unary(tree: Expression) -> Closure:
    if tree[1] == "-" and tree[2][:2] == ("literal", "int"):
        number = checked(-tree[2][2])
        return lambda scope, run: number
    inner = compiled(tree[2])
    is_not = tree[1] == "!"

    def operate(scope: Scope, run: Run) -> Any:
        value = inner(scope, run)
        run.spend()
        return not _condition(value) if is_not else subtract(_zero(value), value)

    return operate


def _zero(value: Any) -> Any:
    return 0.0 if isinstance(value, float) else 0


def _condition(value: Any) -> bool:
    if not isinstance(value, bool):
        raise no_overload("condition", value)
    return value


def _binary(tree: Expression) -> Closure:
    sign, one, two = tree[1], compiled(tree[2]), compiled(tree[3])
    if sign in ("&&", "||"):
        return _absorbing(one, two, decides=sign == "||")
    work, of_integers = _OPERATORS[sign], _OF_INTEGERS.get(sign)

    def operate(scope: Scope, run: Run) -> Any:
        left, right = one(scope, run), two(scope, run)
        # Most operands are integers, and there may be a million of them: each operation costs 1.
        if left.__class__ is int is right.__class__ and of_integers is not None:
            run.spend()
            return of_integers(left, right)
        run.spend(cost_of_operator(sign, left, right))
        return work(left, right)

    return operate


def _absorbing(one: Closure, two: Closure, *, decides: bool) -> Closure:
    """Return the closure of `&&` or `||`: either side may decide the result, even where the other one is an error."""

    def operate(scope: Scope, run: Run) -> bool:
        try:
            if _condition(one(scope, run)) is decides:
                return decides
        except EvaluationError:
            if _condition(two(scope, run)) is decides:
                return decides
            raise
        return _condition(two(scope, run))

    return operate


def _contains(item: Any, owner: Any) -> bool:
    if isinstance(owner, dict):
        return has_key(owner, item, is_asked=True)
    if isinstance(owner, list):
        return any(equal(each, item) for each in owner)
    raise no_overload("in", item, owner)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda one, two: not equal(one, two),
    "<": less,
    ">": lambda one, two: less(two, one),
    "<=": lambda one, two: less(one, two) or equal(one, two),
    ">=": lambda one, two: less(two, one) or equal(one, two),
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "in": _contains,
}
_OF_INTEGERS: dict[str, Callable[[int, int], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": lambda one, two: checked(one + two),
    "-": lambda one, two: checked(one - two),
}
"""The same of two integers, where it is a shortcut."""


def _choice(tree: Expression) -> Closure:
    condition, yes, no = map(compiled, tree[1:])
    free_yes, free_no = (int(_is_path(each)) for each in tree[2:])

    def choose(scope: Scope, run: Run) -> Any:
        is_yes = _condition(condition(scope, run))
        run.left += free_yes if is_yes else free_no
        found: Any = yes(scope, run) if is_yes else no(scope, run)
        return found

    return choose


def _is_path(tree: Expression) -> bool:
    """Return whether an expression is a name with or without fields. Such a name costs nothing as a branch of `?:`."""
    while tree[0] in ("field", "index"):
        tree = tree[1]
    return bool(tree[0] == "name")


def _list(tree: Expression) -> Closure:
    items = [(compiled(each[1] if each[0] == "maybe" else each), each[0] == "maybe") for each in tree[1]]

    def make(scope: Scope, run: Run) -> list[Any]:
        run.spend(NEW_LIST)
        found = []
        for item, is_optional in items:
            value = item(scope, run)
            if not is_optional:
                found.append(value)
            elif _optional(value).is_there:
                found.append(value.value)
        return found

    return make


def _map(tree: Expression) -> Closure:
    pairs = [
        (compiled(key[1] if key[0] == "maybe" else key), compiled(value), key[0] == "maybe") for key, value in tree[1]
    ]

    def make(scope: Scope, run: Run) -> dict[Any, Any]:
        run.spend(NEW_MAP)
        found = {}
        for key, value, is_optional in pairs:
            given = value(scope, run)
            if not is_optional:
                found[key(scope, run)] = given
            elif _optional(given).is_there:
                found[key(scope, run)] = given.value
        return found

    return make


def _message(tree: Expression) -> Closure:
    raise UnsupportedError("objects of a type cannot be made here")


def _call(tree: Expression) -> Closure:
    name, owner, arguments = tree[1:]
    if owner is None and name == "has":
        return _has(arguments)
    prefix = _dotted(owner) if owner is not None else ""
    if prefix == "cel" and name == "bind":
        return _bind(arguments)
    if owner is not None and (macro := _MACROS.get((name, len(arguments)))):
        make, count = macro
        if all(each[0] == "name" for each in arguments[:count]):
            return make(compiled(owner), [each[1] for each in arguments[:count]], arguments[count:])
    # `math.greatest` is the name of a function, and no method of a variable `math`.
    if (f"{prefix}.{name}", len(arguments)) in FUNCTIONS:
        return _function(f"{prefix}.{name}", arguments)
    return _function(name, arguments if owner is None else [owner, *arguments])


def _function(name: str, arguments: list[Expression]) -> Closure:
    function = FUNCTIONS.get((name, len(arguments)))
    if function is None:
        raise UnsupportedError(f"the function {name} is not known here")
    given = [compiled(each) for each in arguments]
    work: Callable[..., Any] = function

    def call(scope: Scope, run: Run) -> Any:
        values = [each(scope, run) for each in given]
        try:
            result = checked(work(*values))
            run.spend(cost_of_call(name, values, result))
            return result
        except (TypeError, AttributeError):
            raise no_overload(name, *values) from None
        except (ValueError, OverflowError, IndexError):
            raise EvaluationError(f"{name} cannot be told of this") from None

    return call


def _has(arguments: list[Expression]) -> Closure:
    if len(arguments) != 1 or arguments[0][0] != "field":
        raise UnsupportedError("has() asks for a field")
    owner, name = compiled(arguments[0][1]), field_name(arguments[0][2])

    def look(scope: Scope, run: Run) -> bool:
        found = owner(scope, run)
        if isinstance(found, Optional):
            return _maybe_at(found, name).is_there
        if not isinstance(found, dict):
            raise no_overload("has", found)
        return has_key(found, name, is_asked=True)

    return look


def _bind(arguments: list[Expression]) -> Closure:
    if len(arguments) != 3 or arguments[0][0] != "name":
        raise UnsupportedError("cel.bind() asks for a name, a value and an expression")
    name, value, inner = arguments[0][1], compiled(arguments[1]), compiled(arguments[2])
    return lambda scope, run: inner({**scope, name: value(scope, run)}, run)


def _rounds(owner: Closure, names: list[str], scope: Scope, run: Run, cost: int, start: int = 0) -> Iterator[Scope]:
    """Yield the scope of each iteration of a macro: one for each element, key, or pair of index and element.

    `cost` is the cost of one iteration without the body, `start` that of the empty result. Reading the result at the
    end costs 1.
    """
    found = owner(scope, run)
    if not isinstance(found, list | dict):
        raise no_overload("iteration", found)
    run.spend(start + 1)
    pairs: Any = found
    if len(names) == 2:
        pairs = found.items() if isinstance(found, dict) else enumerate(found)
    for item in pairs:
        run.spend(cost)
        yield {**scope, **(dict(zip(names, item, strict=True)) if len(names) == 2 else {names[0]: item})}


def _quantified(owner: Closure, names: list[str], bodies: list[Expression], *, decides: bool) -> Closure:
    (body,) = map(compiled, bodies)

    def look(scope: Scope, run: Run) -> bool:
        error: EvaluationError | None = None
        rounds = _rounds(owner, names, scope, run, 4 if decides else 3)
        for inner in rounds:
            try:
                if _condition(body(inner, run)) is decides:
                    if next(rounds, None) is not None:
                        run.left += 1  # the skipped iteration costs only the check of the result
                    return decides
            except EvaluationError as found:
                error = found
        if error is not None:
            raise error
        return not decides

    return look


def _all(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    return _quantified(owner, names, bodies, decides=False)


def _exists(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    return _quantified(owner, names, bodies, decides=True)


def _exists_one(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    (body,) = map(compiled, bodies)

    def count(scope: Scope, run: Run) -> bool:
        found = 0
        for each in _rounds(owner, names, scope, run, 0, start=1):
            if _condition(body(each, run)):
                found += 1
                run.spend(2)
        return found == 1

    return count


def _filter(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    (body,) = map(compiled, bodies)

    def keep(scope: Scope, run: Run) -> list[Any]:
        found = []
        for each in _rounds(owner, names, scope, run, 0, start=NEW_LIST):
            if _condition(body(each, run)):
                run.spend(NEW_LIST + 3)
                found.append(each[names[0]])
        return found

    return keep


def _collected(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    """Return the closure of `map` and `transformList`, which collects the values of the last body. Of two bodies, the
    first is a filter condition.
    """
    *conditions, body = map(compiled, bodies)

    def collect(scope: Scope, run: Run) -> list[Any]:
        found = []
        for each in _rounds(owner, names, scope, run, 0, start=NEW_LIST):
            if all(_condition(condition(each, run)) for condition in conditions):
                found.append(body(each, run))
                run.spend(NEW_LIST + 2)
        return found

    return collect


def _transform_map(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    *conditions, body = map(compiled, bodies)
    return lambda scope, run: {
        each[names[0]]: body(each, run)
        for each in _rounds(owner, names, scope, run, 2, start=NEW_MAP)
        if all(_condition(condition(each, run)) for condition in conditions)
    }


def _transform_entries(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    """Return the closure of `transformMapEntry(k, v, {…})`, which merges small maps whose keys must not repeat."""
    *conditions, body = map(compiled, bodies)

    def work(scope: Scope, run: Run) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for each in _rounds(owner, names, scope, run, 2, start=NEW_MAP):
            if not all(_condition(condition(each, run)) for condition in conditions):
                continue
            entries = body(each, run)
            if not isinstance(entries, dict):
                raise no_overload("transformMapEntry", entries)
            if found.keys() & entries.keys():
                raise EvaluationError("a key comes twice")
            found |= entries
        return found

    return work


def _sort_by(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    (body,) = map(compiled, bodies)

    def work(scope: Scope, run: Run) -> list[Any]:
        keyed = [(body(each, run), each[names[0]]) for each in _rounds(owner, names, scope, run, NEW_LIST + 2)]
        if len({name_of(key) for key, _ in keyed}) > 1:
            raise EvaluationError("the keys of sortBy have several types")
        return [item for _, item in sorted(keyed, key=lambda pair: pair[0])]

    return work


def _optional(value: Any) -> Optional:
    if not isinstance(value, Optional):
        raise no_overload("optional", value)
    return value


def _opt_map(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    (name,), (body,) = names, map(compiled, bodies)

    def work(scope: Scope, run: Run) -> Optional:
        found = _optional(owner(scope, run))
        return Optional(body({**scope, name: found.value}, run)) if found.is_there else NOTHING

    return work


def _opt_flat_map(owner: Closure, names: list[str], bodies: list[Expression]) -> Closure:
    (name,), (body,) = names, map(compiled, bodies)

    def work(scope: Scope, run: Run) -> Any:
        found = _optional(owner(scope, run))
        return body({**scope, name: found.value}, run) if found.is_there else NOTHING

    return work


_QUANTIFIERS = (("all", _all), ("exists", _exists), ("exists_one", _exists_one), ("existsOne", _exists_one))

_Macro = Callable[[Closure, list[str], list[Expression]], Closure]

_MACROS: dict[tuple[str, int], tuple[_Macro, int]] = {
    **{(name, 2): (make, 1) for name, make in _QUANTIFIERS},
    **{(name, 3): (make, 2) for name, make in _QUANTIFIERS},
    ("filter", 2): (_filter, 1),
    ("map", 2): (_collected, 1),
    ("map", 3): (_collected, 1),
    ("transformList", 3): (_collected, 2),
    ("transformList", 4): (_collected, 2),
    ("transformMap", 3): (_transform_map, 2),
    ("transformMap", 4): (_transform_map, 2),
    ("transformMapEntry", 3): (_transform_entries, 2),
    ("transformMapEntry", 4): (_transform_entries, 2),
    ("sortBy", 2): (_sort_by, 1),
    ("optMap", 2): (_opt_map, 1),
    ("optFlatMap", 2): (_opt_flat_map, 1),
}
"""The closure of each macro, and the number of variables that it declares, by name and number of arguments."""

_KINDS: dict[str, Callable[[Expression], Closure]] = {
    "literal": _literal,
    "name": _name,
    "field": _field,
    "index": _index,
    "unary": _unary,
    "binary": _binary,
    "choice": _choice,
    "list": _list,
    "map": _map,
    "message": _message,
    "call": _call,
}
