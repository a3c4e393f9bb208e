"""What type an expression has, and the names in it that nothing declares.

A type is a word such as `int`; `dyn` where only a value would tell; a pair of `list` or `map` and the type inside; or
of `object` and its fields. UNKNOWN is a type that we cannot tell, of which nothing is said.
"""

from collections.abc import Mapping
from typing import Any

from penstock.model import Tree
from penstock.validate.cel.syntax import Expression

Type = Any
UNKNOWN: Type = None

BOOL = "bool"
MAX_DEPTH = 50
"""How deep schemas are looked into."""
CONCRETE = frozenset(("bool", "bytes", "double", "int", "null", "string", "uint"))
NUMBERS = frozenset(("double", "int", "uint"))
TYPE_NAMES = frozenset(("bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"))
NAMESPACES = frozenset(
    (
        *("Object", "JSONPatch", "base64", "math", "optional", "sets", "strings", "cidr", "ip", "jsonpatch", "lists"),
        *("semver", "quantity", "url", "google", "k8s", "regex", "format"),
    )
)
"""Names that start the name of a type or function of a library."""

MACROS = frozenset(("all", "exists", "exists_one", "existsOne", "filter", "map", "sortBy", "transformList"))
RESULTS: Mapping[str, Type] = {
    **dict.fromkeys(("all", "contains", "endsWith", "exists", "exists_one", "existsOne", "has", "isCIDR"), "bool"),
    **dict.fromkeys(("isIP", "isInteger", "isQuantity", "isSorted", "isURL", "matches", "startsWith"), "bool"),
    **dict.fromkeys(("size", "int", "indexOf", "lastIndexOf"), "int"),
    **dict.fromkeys(("string", "lowerAscii", "upperAscii", "trim", "replace", "join", "substring"), "string"),
    "double": "double",
    "bool": "bool",
    "uint": "uint",
    "bytes": "bytes",
    "split": ("list", "string"),
    "format": "string",
}


class MistypedError(Exception):
    """An expression that the compiler of the API server refuses; the message says why."""


def type_of(tree: Expression, names: Mapping[str, Type]) -> Type:
    """Raises MistypedError."""
    return _KINDS[tree[0]](tree, names)


def is_concrete(found: Type) -> bool:
    """Whether a type is that of single values. Other types may hold a mapping, which no set can be asked for."""
    return isinstance(found, str) and found in CONCRETE


def shown(found: Type) -> str:
    return found[0] if isinstance(found, tuple) else str(found)


def _literal(tree: Expression, names: Mapping[str, Type]) -> Type:
    return tree[1]


def _name(tree: Expression, names: Mapping[str, Type]) -> Type:
    name = tree[1]
    if name in names:
        return names[name]
    if name in TYPE_NAMES or name in NAMESPACES:
        return UNKNOWN
    raise MistypedError(f"nothing here is called {name!r}")


def _field(tree: Expression, names: Mapping[str, Type]) -> Type:
    found = select(type_of(tree[1], names), tree[2])
    return UNKNOWN if tree[3] else found


def select(owner: Type, field: str) -> Type:
    if owner is UNKNOWN or owner == "dyn":
        return owner
    if isinstance(owner, tuple) and owner[0] == "map":
        return owner[1]
    if isinstance(owner, tuple) and owner[0] == "object":
        if field in owner[1]:
            return owner[1][field]
        if "__" in field:
            return UNKNOWN
        raise MistypedError(f"there is no field {field!r}")
    if is_concrete(owner) or owner[0] == "list":
        raise MistypedError(f"a value of the type {shown(owner)} has no field {field!r}")
    return UNKNOWN


def _index(tree: Expression, names: Mapping[str, Type]) -> Type:
    owner = type_of(tree[1], names)
    type_of(tree[2], names)
    if isinstance(owner, tuple) and owner[0] in ("list", "map") and not tree[3]:
        return owner[1]
    return owner if owner == "dyn" else UNKNOWN


def _unary(tree: Expression, names: Mapping[str, Type]) -> Type:
    inner = type_of(tree[2], names)
    wanted = (BOOL,) if tree[1] == "!" else ("int", "double")
    if is_concrete(inner) and inner not in wanted:
        raise MistypedError(f"{tree[1]} does not go with the type {inner}")
    return BOOL if tree[1] == "!" else inner


def _binary(tree: Expression, names: Mapping[str, Type]) -> Type:
    sign, one, two = tree[1], type_of(tree[2], names), type_of(tree[3], names)
    if sign in ("&&", "||"):
        for each in (one, two):
            if (is_concrete(each) and each != BOOL) or isinstance(each, tuple):
                raise MistypedError(f"{sign} does not go with the type {shown(each)}")
        return BOOL
    if sign == "in":
        return BOOL
    if sign in ("==", "!=", "<", "<=", ">", ">="):
        _compare(sign, one, two)
        return BOOL
    return _arithmetic(sign, one, two)


def _compare(sign: str, one: Type, two: Type) -> None:
    if not is_concrete(one) or not is_concrete(two) or one == two or "null" in (one, two):
        return
    if sign in ("==", "!=") or not {one, two} <= NUMBERS:
        raise MistypedError(f"{sign} does not go with the types {one} and {two}")


def _arithmetic(sign: str, one: Type, two: Type) -> Type:
    if is_concrete(one) and is_concrete(two):
        if one != two or one in ("bool", "null") or (one in ("string", "bytes") and sign != "+"):
            raise MistypedError(f"{sign} does not go with the types {one} and {two}")
        return one
    if one == "dyn" and two == "dyn":
        return "dyn"
    concrete = [each for each in (one, two) if is_concrete(each)]
    return concrete[0] if concrete and "dyn" in (one, two) else UNKNOWN


def _choice(tree: Expression, names: Mapping[str, Type]) -> Type:
    condition, yes, no = (type_of(each, names) for each in tree[1:])
    if is_concrete(condition) and condition != BOOL:
        raise MistypedError(f"the type {condition} is no condition")
    return yes if yes == no else UNKNOWN


def _list(tree: Expression, names: Mapping[str, Type]) -> Type:
    found = {type_of(each, names) if each[0] == "literal" else _hidden(each, names) for each in tree[1]}
    return ("list", next(iter(found)) if len(found) == 1 else UNKNOWN)


def _hidden(tree: Expression, names: Mapping[str, Type]) -> Type:
    found = type_of(tree, names)
    return found if isinstance(found, str) else UNKNOWN


def _map(tree: Expression, names: Mapping[str, Type]) -> Type:
    for key, value in tree[1]:
        type_of(key, names)
        type_of(value, names)
    return ("map", UNKNOWN)


def _message(tree: Expression, names: Mapping[str, Type]) -> Type:
    owner = tree[1]
    while owner[0] == "field":
        owner = owner[1]
    for _, value in tree[2]:
        type_of(value, names)
    return ("message", owner[1])


def _call(tree: Expression, names: Mapping[str, Type]) -> Type:
    name, owner, arguments = tree[1:]
    receiver = type_of(owner, names) if owner is not None else UNKNOWN
    if name in MACROS and owner is not None and len(arguments) >= 2 and arguments[0][0] == "name":
        return _macro(name, receiver, arguments, names)
    given = [type_of(each, names) for each in arguments]
    if name == "has" and (len(arguments) != 1 or arguments[0][0] != "field"):
        raise MistypedError("has() asks for a field, as in has(self.name)")
    measured = receiver if owner is not None else (given or [UNKNOWN])[0]
    if name == "size" and is_concrete(measured) and measured not in ("string", "bytes"):
        raise MistypedError("size() does not go with a number")
    return RESULTS.get(name, UNKNOWN)


def _macro(name: str, receiver: Type, arguments: list[Expression], names: Mapping[str, Type]) -> Type:
    if is_concrete(receiver):
        raise MistypedError(f"{name}() does not go with the type {receiver}")
    item = receiver[1] if isinstance(receiver, tuple) and receiver[0] == "list" else UNKNOWN
    variables = {each[1]: UNKNOWN for each in arguments[:-1] if each[0] == "name"}
    if len(arguments) == 2:
        variables = {arguments[0][1]: "dyn" if receiver == "dyn" else item}
    inner = [
        type_of(each, {**names, **variables}) for each in arguments[1:] if each[0] != "name" or each[1] not in variables
    ]
    if name in ("all", "exists", "exists_one", "existsOne"):
        if inner and is_concrete(inner[-1]) and inner[-1] != BOOL:
            raise MistypedError(f"{name}() wants a condition, not the type {inner[-1]}")
        return BOOL
    return ("list", UNKNOWN)


def _maybe(tree: Expression, names: Mapping[str, Type]) -> Type:
    type_of(tree[1], names)
    return UNKNOWN


def type_of_schema(node: Any, depth: int, *, is_object: bool = False) -> Type:
    """The type of values of a schema; of the whole object, with the fields that each has."""
    if not isinstance(node, dict) or depth > MAX_DEPTH or _is_open(node):
        return UNKNOWN
    kind = node.get("type")
    if kind == "array":
        return ("list", type_of_schema(node.get("items"), depth + 1))
    if kind == "object":
        return _type_of_object(node, depth, is_object or node.get("x-kubernetes-embedded-resource") is True)
    if kind == "string" and not node.get("format"):
        return "string"
    return {"integer": "int", "number": "double", "boolean": "bool"}.get(str(kind), UNKNOWN)


def _is_open(node: Tree) -> bool:
    return node.get("x-kubernetes-int-or-string") is True or node.get("x-kubernetes-preserve-unknown-fields") is True


def _type_of_object(node: Tree, depth: int, is_object: bool) -> Type:
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        return ("map", type_of_schema(others, depth + 1))
    if not isinstance(node.get("properties"), dict):
        return UNKNOWN
    fields = {key: type_of_schema(child, depth + 1) for key, child in node["properties"].items()}
    if is_object:
        fields |= {"apiVersion": "string", "kind": "string", "metadata": UNKNOWN}
    return ("object", fields)


_KINDS = {
    "maybe": _maybe,
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
