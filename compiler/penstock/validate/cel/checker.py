"""The type check of expressions, as the API server's compiler does it: each node gets a type, or the check fails.

Source: cel-go checker, parser/macro.go, ext/comprehensions.go, cel/library.go (optional types), cel/validator.go.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.expression import Invalid, TooMuch, expression
from penstock.validate.cel.clauses import judge_clauses
from penstock.validate.cel.overloads import SORTABLE, Overload, overloads
from penstock.validate.cel.syntax import Expression
from penstock.validate.cel.types import (
    PROTOBUF_MESSAGES,
    UNKNOWN,
    Bound,
    MistypedError,
    Type,
    fits,
    is_list,
    is_map,
    joined,
    put_in,
    same,
    shown,
)
from penstock.words import did_you_mean

Names = Mapping[str, Type]

TYPE_NAMES = frozenset(("bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"))
PATCH = "JSONPatch"
OBJECT = "Object"
NO_VALUE: Type = ("no value",)
"""Stands in `Names` for what is only the beginning of something: `Object` of `Object{}`, `cel` of `cel.bind()`. The API
server refuses it alone.
"""

FIELDS_OF_A_PATCH: Mapping[str, Type] = {"op": "string", "path": "string", "from": "string", "value": "dyn"}

LARGEST = {"int": 2**63 - 1, "uint": 2**64 - 1}

_FORMAT = ("literal", "string")


def type_of(tree: Expression, names: Names) -> Type:
    """Return the type of an expression in which `names` are defined. Raises MistypedError where the check fails."""
    return Checker().type_of(tree, names)


class Checker:
    """The type check of one expression.

    `types` holds the type of each node, and `meant` the overloads that each call may resolve to, both by the `id` of
    the node.
    """

    def __init__(self) -> None:
        self.types: dict[int, Type] = {}
        self.meant: dict[int, tuple[Overload, ...]] = {}
        self.formats = 0
        """How many calls of `format` are around what is checked: literals in its arguments may have mixed elements."""

    def type_of(self, tree: Expression, names: Names) -> Type:
        found = _KINDS[tree[0]](self, tree, names)
        self.types[id(tree)] = found
        return found

    def call(self, tree: Expression, name: str, given: list[Type], *, is_method: bool = False) -> Type:
        """Return the result type of a function or operator for arguments of the given types.

        Raises MistypedError where no overload takes them.
        """
        known = overloads().get((name, is_method), [])
        meant, results = [], []
        for each in known:
            bound: Bound = {}
            if len(each.given) == len(given) and all(map(fits, each.given, given, [bound] * len(given))):
                meant.append(each)
                results.append(put_in(each.result, bound))
        if not meant:
            raise MistypedError(f"{_called(name)} does not go with {_listed(given)}")
        self.meant[id(tree)] = tuple(meant)
        return joined(results)

    def condition(self, tree: Expression, names: Names, where: str) -> None:
        found = self.type_of(tree, names)
        if not fits("bool", found, {}):
            raise MistypedError(f"{where} wants a condition, not the type {shown(found)}")


def _called(name: str) -> str:
    return {"[]": "an index", "?:": "a choice"}.get(name) or (
        name if not name[0].isalpha() or name == "in" else f"{name}()"
    )


def _listed(given: list[Type]) -> str:
    if not given:
        return "nothing"
    types = ", ".join(map(shown, given))
    return f"the type {types}" if len(given) == 1 else f"the types {types}"


def _literal(checker: Checker, tree: Expression, names: Names) -> Type:
    if tree[1] in LARGEST and tree[2] > LARGEST[tree[1]]:
        raise MistypedError(f"{tree[2]} is out of the range of {tree[1]}")
    return tree[1]


def _name(checker: Checker, tree: Expression, names: Names) -> Type:
    name = tree[1]
    if name in names and names[name] != NO_VALUE:
        return names[name]
    if name in TYPE_NAMES:
        return "type"
    raise MistypedError(f"nothing here is called {name!r}", did_you_mean(name, names))


def _field(checker: Checker, tree: Expression, names: Names) -> Type:
    name = qualified_name(tree)
    if name in _TIMES:
        return "type"
    if name in names:  # such as `authorizer.requestResource`
        return names[name]
    owner = checker.type_of(tree[1], names)
    is_optional = isinstance(owner, tuple) and owner[0] == "optional"
    found = _selected(owner[1] if is_optional else owner, tree[2])
    return ("optional", found) if tree[3] or is_optional else found


_TIMES = ("google.protobuf.Timestamp", "google.protobuf.Duration")


def qualified_name(tree: Expression) -> str:
    """Return the dotted name `a.b.c` that an expression consists of, or the empty string for other expressions."""
    if tree[0] == "name":
        return str(tree[1])
    inner = qualified_name(tree[1]) if tree[0] == "field" and not tree[3] else ""
    return f"{inner}.{tree[2]}" if inner else ""


def _selected(owner: Type, field: str) -> Type:
    if owner in (UNKNOWN, "dyn"):
        return owner
    if is_map(owner) and fits(owner[1], "string", {}):
        return owner[2]
    if not isinstance(owner, tuple) or owner[0] not in ("object", "message"):
        raise MistypedError(f"a value of the type {shown(owner)} has no field {field!r}")
    if owner[0] == "message":
        return _field_of_a_patch(field) if owner[1] == PATCH else "dyn"
    if field not in owner[2]:
        raise MistypedError(f"there is no field {field!r}", did_you_mean(field, owner[2]))
    return owner[2][field]


def _field_of_a_patch(field: str) -> Type:
    if field not in FIELDS_OF_A_PATCH:
        raise MistypedError(f"a {PATCH} has no field {field!r}", did_you_mean(field, FIELDS_OF_A_PATCH))
    return FIELDS_OF_A_PATCH[field]


def _index(checker: Checker, tree: Expression, names: Names) -> Type:
    owner, key = checker.type_of(tree[1], names), checker.type_of(tree[2], names)
    is_optional = isinstance(owner, tuple) and owner[0] == "optional"
    found = checker.call(tree, "[]", [owner[1] if is_optional else owner, key])
    return ("optional", found) if tree[3] or is_optional else found


def _unary(checker: Checker, tree: Expression, names: Names) -> Type:
    inner = tree[2]
    if tree[1] == "-" and inner[:2] == ("literal", "int") and inner[2] == LARGEST["int"] + 1:
        return "int"
    return checker.call(tree, tree[1], [checker.type_of(inner, names)])


def _binary(checker: Checker, tree: Expression, names: Names) -> Type:
    return checker.call(tree, tree[1], [checker.type_of(each, names) for each in tree[2:]])


def _choice(checker: Checker, tree: Expression, names: Names) -> Type:
    return checker.call(tree, "?:", [checker.type_of(each, names) for each in tree[1:]])


def _list(checker: Checker, tree: Expression, names: Names) -> Type:
    found = [_item(checker, each, names) for each in tree[1]]
    _alike(checker, found)
    return ("list", joined(found))


def _item(checker: Checker, tree: Expression, names: Names) -> Type:
    """Return the type of a list element, or of the value inside the optional where the element is marked with `?`."""
    if tree[0] != "maybe":
        return checker.type_of(tree, names)
    return _present(checker.type_of(tree[1], names))


def _present(found: Type) -> Type:
    """Return the type of the value inside an optional. Raises MistypedError for a type that is not optional."""
    if found in (UNKNOWN, "dyn"):
        return found
    if isinstance(found, tuple) and found[0] == "optional":
        return found[1]
    raise MistypedError(f"what follows ? is an optional value, not the type {shown(found)}")


def _alike(checker: Checker, types: list[Type]) -> None:
    """Raise MistypedError where the elements of a list or map literal have different types."""
    for each in types[1:] if not checker.formats else ():
        if not same(types[0], each):
            raise MistypedError(f"one list or map holds values of the types {shown(types[0])} and {shown(each)}")


def _map(checker: Checker, tree: Expression, names: Names) -> Type:
    keys, values = [], []
    for key, value in tree[1]:
        is_optional = key[0] == "maybe"
        keys.append(checker.type_of(key[1] if is_optional else key, names))
        found = checker.type_of(value, names)
        values.append(_present(found) if is_optional else found)
    _alike(checker, keys)
    _alike(checker, values)
    return ("map", joined(keys), joined(values))


def _message(checker: Checker, tree: Expression, names: Names) -> Type:
    name = qualified_name(tree[1])
    if name in PROTOBUF_MESSAGES:
        return UNKNOWN
    if names.get(name.partition(".")[0]) != NO_VALUE or not (name == PATCH or f"{name}.".startswith(f"{OBJECT}.")):
        raise MistypedError(f"there is no type {name!r}")
    for key, value in tree[2]:
        is_optional = key[0] == "maybe"
        given, field = checker.type_of(value, names), str((key[1] if is_optional else key)[1])
        given = _present(given) if is_optional else given
        if name == PATCH and not fits(_field_of_a_patch(field), given, {}):
            raise MistypedError(f"{field!r} of a {PATCH} is a string, not the type {shown(given)}")
    return ("message", name)


def _call(checker: Checker, tree: Expression, names: Names) -> Type:
    name, owner, arguments = tree[1:]
    if owner is None:
        return _global(checker, tree, names)
    called = f"{qualified_name(owner)}.{name}"
    # The order is that of cel-go: names of libraries, then macros, then methods.
    if called == "cel.bind" and names.get("cel") == NO_VALUE and len(arguments) == 3:
        return _bind(checker, arguments, names)
    if (called, False) in overloads() and qualified_name(owner) not in names and _has_library(called, names):
        return checker.call(tree, called, [checker.type_of(each, names) for each in arguments])
    macro = _MACROS.get((name, len(arguments)))
    if macro is not None and all(each[0] == "name" for each in arguments[: macro[1]]):
        return macro[0](checker, tree, names)
    return _method(checker, tree, names)


def _has_library(name: str, names: Names) -> bool:
    """Return whether a library is available: the functions for JSON patches are, only where patches can be made."""
    return not name.startswith("jsonpatch.") or "JSONPatch" in names


def _global(checker: Checker, tree: Expression, names: Names) -> Type:
    name, _, arguments = tree[1:]
    if name == "has":
        return _has(checker, arguments, names)
    if (name, False) not in overloads() or not name[0].isalpha():
        raise MistypedError(f"there is no function {name}()", did_you_mean(name, _functions(is_method=False)))
    found = checker.call(tree, name, [checker.type_of(each, names) for each in arguments])
    _judge_literals(name, arguments)
    return found


def _method(checker: Checker, tree: Expression, names: Names) -> Type:
    name, owner, arguments = tree[1:]
    receiver = checker.type_of(owner, names)
    if (name, True) not in overloads():
        raise MistypedError(f"there is no method {name}()", did_you_mean(name, _functions(is_method=True)))
    if name == "format":
        return _formatted(checker, tree, names)
    given = [checker.type_of(each, names) for each in arguments]
    found = checker.call(tree, name, [receiver, *given], is_method=True)
    _judge_literals(name, arguments)
    return found


def _functions(*, is_method: bool) -> Iterable[str]:
    macros = {name for name, _ in _MACROS} if is_method else {"has"}
    return [*(name for name, method in overloads() if method is is_method and name[0].isalpha()), *macros]


def _has(checker: Checker, arguments: list[Expression], names: Names) -> Type:
    if len(arguments) != 1 or arguments[0][0] != "field" or arguments[0][3]:
        raise MistypedError("has() asks for a field, as in has(self.name)")
    try:
        checker.type_of(arguments[0], names)
    except MistypedError:
        if checker.types.get(id(arguments[0][1])) != ("message", PATCH):  # of which any field may be asked for
            raise
    return "bool"


def _formatted(checker: Checker, tree: Expression, names: Names) -> Type:
    """Return the type of `'%d of %s'.format([1, 'a'])`, whose list may hold values of several types."""
    checker.formats += 1
    try:
        return _formatted_inside(checker, tree, names)
    finally:
        checker.formats -= 1


def _formatted_inside(checker: Checker, tree: Expression, names: Names) -> Type:
    pattern, arguments = tree[2], tree[3]
    if len(arguments) == 1 and arguments[0][0] == "list":
        items = [_item(checker, each, names) for each in arguments[0][1]]
        checker.types[id(arguments[0])] = ("list", joined(items))
        if pattern[:2] == _FORMAT:
            judge_clauses(pattern[2], items)
        return checker.call(tree, "format", [checker.types[id(pattern)], ("list", "dyn")], is_method=True)
    given = [checker.types[id(pattern)], *(checker.type_of(each, names) for each in arguments)]
    return checker.call(tree, "format", given, is_method=True)


FOLDED = ("int", "uint", "double", "bool", "duration", "timestamp")
"""Conversions that are evaluated at compile time where their argument is a literal."""


def _judge_literals(name: str, arguments: list[Expression]) -> None:
    """Raise MistypedError for literal arguments that are invalid: regular expressions, and values to be converted."""
    last = arguments[-1] if arguments else ()
    if name in ("matches", "find", "findAll"):
        patterns = [each[2] for each in arguments if each[:2] == ("literal", "string")]
        # `matches` is a method and a function, and its pattern comes last in both.
        if patterns and (name != "matches" or last == ("literal", "string", patterns[-1])):
            _judge_expression(patterns[-1])
    elif name in FOLDED and len(arguments) == 1 and _is_written_out(last):
        _fold(name, last)


def _is_written_out(tree: Expression) -> bool:
    is_negative = tree[0] == "unary" and tree[1] == "-"
    return bool((tree[2] if is_negative else tree)[0] == "literal")


def _fold(name: str, value: Expression) -> None:
    from penstock.validate.cel.evaluate import compiled, evaluated
    from penstock.validate.cel.values import EvaluationError, UnsupportedError

    try:
        evaluated(compiled(("call", name, None, [value])), {})
    except EvaluationError as error:
        raise MistypedError(str(error)) from None
    except UnsupportedError:
        return


def _judge_expression(pattern: str) -> None:
    try:
        expression(pattern)
    except Invalid as error:
        raise MistypedError(f"{pattern!r} is no regular expression: {error}") from None
    except TooMuch:
        return


def _bind(checker: Checker, arguments: list[Expression], names: Names) -> Type:
    return checker.type_of(arguments[2], {**names, arguments[0][1]: checker.type_of(arguments[1], names)})


# --- macros


def _range(checker: Checker, tree: Expression, names: Names) -> tuple[Type, Type]:
    """Return the types of the key (or index) and of the value of the list or map that a macro iterates over."""
    found = checker.type_of(tree[2], names)
    if found in (UNKNOWN, "dyn"):
        return found, found
    if is_list(found):
        return "int", found[1]
    if is_map(found):
        return found[1], found[2]
    raise MistypedError(f"{tree[1]}() goes over a list or a map, not over the type {shown(found)}")


def _scope(checker: Checker, tree: Expression, names: Names, count: int) -> dict[str, Type]:
    """Return the names that the body of a macro sees.

    A single variable is the list element or the map key; of two variables, the first is the key (or index) and the
    second the value.
    """
    key, value = _range(checker, tree, names)
    variables = [each[1] for each in tree[3][:count]]
    if count == 2:
        return {**names, variables[0]: key, variables[1]: value}
    return {**names, variables[0]: key if is_map(checker.types[id(tree[2])]) else value}


def _quantified(count: int) -> "Macro":
    def check(checker: Checker, tree: Expression, names: Names) -> Type:
        checker.condition(tree[3][-1], _scope(checker, tree, names, count), f"{tree[1]}()")
        return "bool"

    return check


def _filter(checker: Checker, tree: Expression, names: Names) -> Type:
    scope = _scope(checker, tree, names, 1)
    checker.condition(tree[3][-1], scope, "filter()")
    return ("list", scope[tree[3][0][1]])


def _mapped(count: int) -> "Macro":
    """Return the check of `map(x, value)` and `map(x, condition, value)`, or of `transformList` for two variables."""

    def check(checker: Checker, tree: Expression, names: Names) -> Type:
        scope = _scope(checker, tree, names, count)
        for each in tree[3][count:-1]:
            checker.condition(each, scope, f"{tree[1]}()")
        return ("list", checker.type_of(tree[3][-1], scope))

    return check


def _transform_map(checker: Checker, tree: Expression, names: Names) -> Type:
    scope = _scope(checker, tree, names, 2)
    for each in tree[3][2:-1]:
        checker.condition(each, scope, f"{tree[1]}()")
    found = checker.type_of(tree[3][-1], scope)
    return ("map", scope[tree[3][0][1]], found) if tree[1] == "transformMap" else found


def _sort_by(checker: Checker, tree: Expression, names: Names) -> Type:
    found = checker.type_of(tree[3][-1], _scope(checker, tree, names, 1))
    if found not in (UNKNOWN, "dyn", *SORTABLE):
        raise MistypedError(f"sortBy() cannot order values of the type {shown(found)}")
    return checker.types[id(tree[2])]


def _opt_map(checker: Checker, tree: Expression, names: Names) -> Type:
    inner = _present(checker.type_of(tree[2], names))
    found = checker.type_of(tree[3][1], {**names, tree[3][0][1]: inner})
    if tree[1] == "optMap":
        return ("optional", found)
    _present(found)
    return found


Macro = Callable[[Checker, Expression, Names], Type]

_MACROS: dict[tuple[str, int], tuple[Macro, int]] = {
    **{(name, 2): (_quantified(1), 1) for name in ("all", "exists", "exists_one", "existsOne")},
    **{(name, 3): (_quantified(2), 2) for name in ("all", "exists", "exists_one", "existsOne")},
    ("filter", 2): (_filter, 1),
    ("map", 2): (_mapped(1), 1),
    ("map", 3): (_mapped(1), 1),
    ("transformList", 3): (_mapped(2), 2),
    ("transformList", 4): (_mapped(2), 2),
    **{(name, count): (_transform_map, 2) for name in ("transformMap", "transformMapEntry") for count in (3, 4)},
    ("sortBy", 2): (_sort_by, 1),
    ("optMap", 2): (_opt_map, 1),
    ("optFlatMap", 2): (_opt_map, 1),
}
"""The check of each macro and how many variables it declares, by name and number of arguments."""

_KINDS: dict[str, Callable[[Checker, Any, Names], Type]] = {
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
