"""The API server's estimate of the maximum cost of an expression, which it limits for the rules of a definition.

The estimate depends on how large values may become: as large as `maxLength`, `maxItems` and `maxProperties` allow, or
else as large as fits into a request. Only the upper bound is computed here.

Source: cel-go checker/cost.go, ext/sets.go; apiserver pkg/cel/library/cost.go, pkg/cel/common/schemas.go;
apiextensions-apiserver pkg/apis/apiextensions/validation, Kubernetes 1.37.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.validate.cel.checker import Checker
from penstock.validate.cel.syntax import Expression
from penstock.validate.cel.types import Type, is_list, is_map, names_of

LIMIT = 10_000_000
"""The maximum cost of one expression."""

TOTAL_LIMIT = 100_000_000
"""The maximum total cost of all expressions in the schema of one version."""

MOST = 2**64 - 1
"""An unbounded size or cost."""

MAX_REQUEST = 3 * 1024 * 1024
"""The maximum size of an object, in bytes, that the API server accepts."""

MAX_NAME = 253

TEXT, PATTERN = 0.1, 0.25
"""The cost of reading one character of a string, and of one character of a regular expression."""

NEW_LIST, NEW_MAP, NEW_MESSAGE = 10, 30, 40

FORMAT_PATTERN = 128
"""The assumed length of the pattern of a named format."""


class UnreckonedError(Exception):
    """The expression calls a function whose cost is not known here."""


class Shape(NamedTuple):
    """The maximum size of the values of a schema.

    `most` is the largest number of elements (or characters) of a value, `bytes` the smallest number of bytes that a
    value takes in JSON. `item` is the shape of the elements, and `fields` that of the fields.
    """

    most: int
    bytes: int
    item: "Shape | None" = None
    fields: Mapping[str, "Shape"] = {}


class Size(NamedTuple):
    """The minimum and maximum number of characters or elements of a value."""

    least: int
    most: int


class Cost(NamedTuple):
    """The maximum cost of a part of an expression.

    `path` is the field that the part refers to (empty for other expressions), `size` the size of its value, and `item`
    that of the elements of the value.
    """

    cost: int
    path: tuple[str, ...] = ()
    size: Size | None = None
    item: Size | None = None


UNBOUND = Size(0, MOST)
ONE = Size(1, 1)


# --- shapes

_DATE, _LONGEST_TIME, _SHORTEST_TIME, _SHORTEST_DURATION = 12, 32, 21, 3
_BY_FORMAT = {
    "duration": Shape(_LONGEST_TIME, _SHORTEST_DURATION),
    "date": Shape(_DATE, _DATE),
    "date-time": Shape(_LONGEST_TIME, _SHORTEST_TIME),
}
_SCALARS = {"boolean": Shape(0, 4), "number": Shape(0, 1), "integer": Shape(0, 1)}


def shape_of(node: Any, *, is_object: bool = False) -> Shape | None:
    """Return the shape of the values of a schema, or None where expressions cannot see these values."""
    if not isinstance(node, dict):
        return None
    if node.get("x-kubernetes-int-or-string") is True:
        return Shape(_length(node), 1)
    kind = node.get("type")
    if kind == "array":
        item = shape_of(node.get("items"), is_object=_is_embedded(node.get("items")))
        # A list without a bound has as many items as fit into a request, with a comma behind each.
        return item and Shape(_bound(node, "maxItems", (MAX_REQUEST - 2) // (item.bytes + 1)), 2, item)
    if kind == "object" or is_object:
        return _shape_of_object(node, is_object)
    if kind == "string":
        return _BY_FORMAT.get(str(node.get("format"))) or Shape(_length(node), 2)
    return _SCALARS.get(str(kind))


def _is_embedded(node: Any) -> bool:
    return isinstance(node, dict) and node.get("x-kubernetes-embedded-resource") is True


def _bound(node: Tree, word: str, otherwise: int) -> int:
    found = node.get(word)
    return max(int(found), 0) if isinstance(found, int) else otherwise


def _length(node: Tree) -> int:
    """Return the maximum size of a string: four bytes for each character, or the size of its longest `enum` value."""
    if isinstance(node.get("maxLength"), int):
        return max(int(node["maxLength"]), 0) * (1 if node.get("format") == "byte" else 4)
    # The longest of the choices bounds the length as well as `maxLength` does.
    choices = node.get("enum")
    if isinstance(choices, list) and choices and node.get("type") == "string" and node.get("format") != "byte":
        return max((len(each.encode()) for each in choices if isinstance(each, str)), default=0)
    return MAX_REQUEST - 2


def _shape_of_object(node: Tree, is_object: bool) -> Shape | None:
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        item = shape_of(others, is_object=_is_embedded(others))
        return item and Shape(_bound(node, "maxProperties", (MAX_REQUEST - 2) // (item.bytes + 6)), 2, item)
    given = node.get("properties")
    properties = dict(given) if isinstance(given, dict) else {}
    if is_object:
        name, generated = ({"type": "string", "maxLength": most} for most in (MAX_NAME, MAX_NAME - 1))
        metadata = {"type": "object", "properties": {"name": name, "generateName": generated}}
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    required = node.get("required")
    fields: dict[str, Shape] = {}
    least = 2
    for key, child in properties.items():
        found = shape_of(child, is_object=_is_embedded(child))
        if found is None:
            continue
        fields.update(dict.fromkeys(names_of(str(key)), found))
        # Only fields that must be written make the smallest object larger.
        if isinstance(required, list) and key in required and child.get("default") is None:
            least += len(str(key).encode()) + found.bytes + 4
    return Shape(0, least, None, fields)


def cardinality(shape: Shape) -> int:
    """Return how many values of a shape fit into one object."""
    return MAX_REQUEST // (shape.bytes + 1)


# --- sizes and costs


def _sum(*costs: int) -> int:
    return min(sum(costs), MOST)


def _product(one: int, two: int) -> int:
    return min(one * two, MOST)


def _scaled(most: int, factor: float) -> int:
    return min(ceil(most * factor), MOST) if most < MOST else MOST


def _union(*sizes: Size | None) -> Size:
    known = [each or UNBOUND for each in sizes]
    return Size(min(each.least for each in known), max(each.most for each in known))


def _added(one: Size | None, two: Size | None) -> Size:
    first, second = one or UNBOUND, two or UNBOUND
    return Size(_sum(first.least, second.least), _sum(first.most, second.most))


class Coster:
    """Computes the cost of one type-checked expression over values of a shape."""

    def __init__(self, checker: Checker, shape: Shape) -> None:
        self.types = checker.types
        self.meant = checker.meant
        self._shape = shape

    def cost(self, tree: Expression, names: Mapping[str, Cost]) -> Cost:
        """Return the cost of a node. Raises UnreckonedError where the cost of a function is not known."""
        return _KINDS[tree[0]](self, tree, names)

    def type(self, tree: Expression) -> Type:
        return self.types.get(id(tree))

    def takes(self, tree: Expression, *words: str) -> bool:
        """Return whether one of the overloads that a call may resolve to has one of these types as first parameter."""
        return any(each.given and each.given[0] in words for each in self.meant.get(id(tree), ()))

    def sized(self, tree: Expression, cost: int, path: tuple[str, ...], own: Size | None = None) -> Cost:
        """Return the cost of a field or name, with its size: from the schema, else from its scalar type, else `own`."""
        size = self.size_at(path) or (ONE if _is_scalar(self.type(tree)) else own)
        return Cost(cost, path, size)

    def size_at(self, path: tuple[str, ...]) -> Size | None:
        """Return the size of the field at a path, or None where it is not known.

        The first step of the path is the name of a variable and is ignored.
        """
        if not path:
            return None
        found: Shape | None = self._shape
        for step in path[1:]:
            if found is None:
                return None
            if step == "@keys":
                found = Shape(0, 2) if found.item and not found.fields else None
            else:
                found = found.item if step in ("@items", "@values") else found.fields.get(step)
        return Size(0, found.most) if found else None


_SCALAR_TYPES = frozenset(("bool", "double", "duration", "int", "timestamp", "uint"))


def _is_scalar(found: Type) -> bool:
    if isinstance(found, tuple):
        return found[0] == "optional" and _is_scalar(found[1])
    return found in _SCALAR_TYPES


Names = Mapping[str, Cost]


def _literal(coster: Coster, tree: Expression, names: Names) -> Cost:
    number = len(tree[2]) if tree[1] in ("string", "bytes") else 1
    return Cost(0, (), Size(number, number))


def _name(coster: Coster, tree: Expression, names: Names) -> Cost:
    local = names.get(tree[1])
    if local is None:
        return coster.sized(tree, 1, (tree[1],))
    return coster.sized(tree, 1, local.path, local.size)._replace(item=local.item)


def _field(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner = coster.cost(tree[1], names)
    if tree[3]:
        return coster.sized(tree, _sum(owner.cost, 1), ())
    found = coster.type(tree[1])
    is_open = is_map(found) or (isinstance(found, tuple) and found[0] == "object")
    return coster.sized(tree, _sum(owner.cost, 1 if is_open else 0), (*owner.path, tree[2]))


def _index(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, key = coster.cost(tree[1], names), coster.cost(tree[2], names)
    cost = _sum(1, owner.cost, key.cost)
    if tree[3]:
        return coster.sized(tree, cost, ())
    path = (*owner.path, "@items" if is_list(coster.type(tree[1])) else "@values")
    return Cost(cost, path, owner.item or coster.sized(tree, cost, path).size)


def _unary(coster: Coster, tree: Expression, names: Names) -> Cost:
    return Cost(_sum(1, coster.cost(tree[2], names).cost), (), ONE)


def _binary(coster: Coster, tree: Expression, names: Names) -> Cost:
    sign, one, two = tree[1], coster.cost(tree[2], names), coster.cost(tree[3], names)
    both = _sum(one.cost, two.cost)
    if sign in ("&&", "||"):
        return Cost(both, (), ONE)
    if sign == "in":
        is_in_list = not is_map(coster.type(tree[3]))
        return Cost(_sum(both, (two.size or UNBOUND).most if is_in_list else 1), (), ONE)
    if sign == "+":
        return _plus(coster, tree, one, two)
    if sign in ("==", "!=") or coster.takes(tree, "string", "bytes"):
        return Cost(_sum(both, _comparison(coster, tree, one, two)), (), ONE)
    return Cost(_sum(1, both), (), ONE)


def _comparison(coster: Coster, tree: Expression, one: Cost, two: Cost) -> int:
    kind = coster.type(tree[2])
    if tree[1] == "==" and kind == coster.type(tree[3]) and isinstance(kind, str) and kind in _BY_VALUE:
        return _BY_VALUE[kind]
    return _scaled(min((one.size or UNBOUND).most, (two.size or UNBOUND).most), TEXT)


_BY_VALUE = {**dict.fromkeys(("ip", "cidr", "quantity", "semver", "url"), 1), "format": 7}
"""The cost of comparing two values of each of these types."""


def _plus(coster: Coster, tree: Expression, one: Cost, two: Cost) -> Cost:
    both = _sum(one.cost, two.cost)
    found = coster.type(tree)
    if is_list(found):
        item = _union(one.item, two.item) if one.item and two.item else None
        return Cost(_sum(1, both), (), _added(one.size, two.size), item)
    if found in ("string", "bytes"):
        size = _added(one.size, two.size)
        return Cost(_sum(both, _scaled(size.most, TEXT)), (), size)
    if _is_scalar(found):
        return Cost(_sum(1, both), (), ONE)
    size = _added(one.size, two.size)  # the type is known only at run time
    return Cost(_sum(both, max(1, _scaled(size.most, TEXT))), (), size)


def _choice(coster: Coster, tree: Expression, names: Names) -> Cost:
    condition, yes, no = (coster.cost(each, names) for each in tree[1:])
    item = _union(yes.item, no.item) if yes.item and no.item else None
    return Cost(_sum(condition.cost, max(yes.cost, no.cost)), (), _union(yes.size, no.size), item)


def _list(coster: Coster, tree: Expression, names: Names) -> Cost:
    items = [coster.cost(each[1] if each[0] == "maybe" else each, names) for each in tree[1]]
    item = _union(*(each.size for each in items)) if items else Size(0, 0)
    return Cost(_sum(NEW_LIST, *(each.cost for each in items)), (), Size(len(items), len(items)), item)


def _map(coster: Coster, tree: Expression, names: Names) -> Cost:
    keys = [coster.cost(key[1] if key[0] == "maybe" else key, names) for key, _ in tree[1]]
    values = [coster.cost(value, names) for _, value in tree[1]]
    item = _union(*(each.size for each in values)) if values else Size(0, 0)
    return Cost(_sum(NEW_MAP, *(each.cost for each in (*keys, *values))), (), Size(len(keys), len(keys)), item)


def _message(coster: Coster, tree: Expression, names: Names) -> Cost:
    return Cost(_sum(NEW_MESSAGE, *(coster.cost(value, names).cost for _, value in tree[2])))


# --- calls


def _call(coster: Coster, tree: Expression, names: Names) -> Cost:
    name, owner, arguments = tree[1:]
    if owner is None and name == "has":
        return Cost(coster.cost(arguments[0][1], names).cost, (), ONE)
    # The checker has noted what each call means. It does so for functions, not for macros.
    if id(tree) not in coster.meant and owner is not None:
        if name in _MACROS:
            return _MACROS[name](coster, tree, names)
        raise UnreckonedError(name)
    is_method = any("." in each.name.partition("(")[0] for each in coster.meant.get(id(tree), ()))
    receiver = coster.cost(owner, names) if owner is not None and is_method else None
    given = [coster.cost(each, names) for each in arguments]
    called = _function_of(tree, is_method)
    if called == "dyn":
        return given[0]._replace(cost=_sum(1, given[0].cost), path=())
    work = _FUNCTIONS.get(called, _nominal)
    own, size = work(coster, tree, [*([receiver] if receiver else []), *given])
    cost = _sum(own, *(each.cost for each in given), receiver.cost if receiver else 0)
    return Cost(cost, (), size or (ONE if _is_scalar(coster.type(tree)) else None))


def _function_of(tree: Expression, is_method: bool) -> str:
    name, owner, _ = tree[1:]
    return f"{owner[1]}.{name}" if owner is not None and not is_method and owner[0] == "name" else str(name)


Work = Callable[[Coster, Expression, list[Cost]], tuple[int, Size | None]]
"""Returns the cost of a call without its arguments, and the size of its result."""


def _most(value: Cost) -> int:
    return (value.size or UNBOUND).most


def _nominal(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return 1, None


def _unreckoned(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    raise UnreckonedError(tree[1])


def _goes_through(factor: float = 1.0, *, keeps_size: bool = False) -> Work:
    """Return the cost function of a call that reads its first string once."""

    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        return _scaled(_most(given[0]), factor * TEXT), (given[0].size or UNBOUND) if keeps_size else None

    return work


def _of_last(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `startsWith` and `endsWith`, which read as much as the argument is long."""
    return _scaled(_most(given[-1]), TEXT), None


def _matches(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    text = _scaled(_sum(_most(given[0]), 1), TEXT)
    return _product(text, _scaled(_most(given[1]), PATTERN)), None


def _find(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return _matches(coster, tree, given)[0], Size(0, _most(given[0]))


def _contains(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return _product(_scaled(_most(given[0]), TEXT), _scaled(_most(given[1]), TEXT)), None


def _over_items(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `sum`, `indexOf` and others, which read each element once, and each character of a string."""
    kind = coster.type(tree[2])
    if not is_list(kind):
        return _scaled(_most(given[0]), TEXT), None
    each = 1
    if kind[1] in ("string", "bytes"):
        size = coster.size_at((*given[0].path, "@items")) if given[0].path else None
        each = _sum(1, _scaled((size or UNBOUND).most, TEXT))
    return _product(_most(given[0]), each), None


def _replace(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    text, old, new = ((each.size or UNBOUND) for each in given[:3])
    if old.least == 0:
        count, kept = _sum(text.most, 1), text.most
    elif new.most <= old.least:
        count, kept = 0, text.most
    else:
        count, kept = ceil(text.most / old.least), 0
    return _scaled(text.most, 2 * TEXT), Size(0, _sum(_product(count, new.most), kept))


def _split(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    limit: Expression = tree[3][1] if len(tree[3]) > 1 else ()
    most = int(limit[2]) if limit[:2] == ("literal", "int") else _most(given[0])
    return _scaled(_most(given[0]), 2 * TEXT), Size(0, most)


def _join(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    items = given[0].size or UNBOUND
    each = coster.size_at((*given[0].path, "@items")) if given[0].path else None
    most = _product(items.most, (each or UNBOUND).most)
    if len(given) > 1:
        most = _sum(most, _product(_most(given[1]), max(items.most - 1, 0)))
    return _scaled(most, TEXT), Size(0, most)


def _validate(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return _scaled(_scaled(_most(given[1]), TEXT), FORMAT_PATTERN * PATTERN), None


def _contains_address(extra: int) -> Work:
    """Return the cost function of `containsIP` and `containsCIDR`, which parse a string and compare 16 bytes."""

    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        text = _scaled(_most(given[1]), TEXT) if coster.type(tree[3][0]) in ("string", "dyn") else 0
        return _sum(_scaled(32, TEXT), extra, text), None

    return work


def _sets(factor: int) -> Work:
    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        return _sum(1, _product(_product(_most(given[0]), _most(given[1])), factor)), None

    return work


def _converted(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of a conversion, which reads the whole argument where that may be bytes or a string."""
    if not coster.takes(tree, "bytes" if tree[1] == "string" else "string"):
        return 1, None
    most = _most(given[0])
    return _scaled(most, TEXT), Size(0, most if tree[1] == "string" else _product(most, 4))


def _quote(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    most = _most(given[0])
    return _scaled(most, TEXT), Size(2, _sum(_product(most, 2), 2))


def _ip(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `ip(string)`, which parses the string, or of `cidr.ip()`."""
    return (1 if tree[2] is not None else _scaled(_most(given[0]), TEXT)), None


_FUNCTIONS: dict[str, Work] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _over_items),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim"), _goes_through(keeps_size=True)),
    "jsonpatch.escapeKey": _goes_through(keeps_size=True),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _goes_through()),
    "ip": _ip,
    "ip.isCanonical": _goes_through(2.0),
    "format": _goes_through(),
    "startsWith": _of_last,
    "endsWith": _of_last,
    "matches": _matches,
    "find": _find,
    "findAll": _find,
    "contains": _contains,
    "replace": _replace,
    "split": _split,
    "join": _join,
    "validate": _validate,
    "containsIP": _contains_address(0),
    "containsCIDR": _contains_address(3),
    "sets.contains": _sets(1),
    "sets.intersects": _sets(1),
    "sets.equivalent": _sets(2),
    "string": _converted,
    "bytes": _converted,
    "strings.quote": _quote,
    **dict.fromkeys(("distinct", "flatten", "slice", "sort", "reverse", "lists.range", "check"), _unreckoned),
}


# --- macros

SHARED = (3, 5, 6, 7)
"""Lengths of a path at which cel-go stores the paths of a key and of its value in the same memory, so that the key
counts as large as the value.
"""


def _range(coster: Coster, tree: Expression, names: Names, count: int) -> tuple[Cost, Names]:
    """Return the cost of the list or map that a macro iterates over, and the names that the body of the macro sees."""
    owner = coster.cost(tree[2], names)
    is_over_list = not is_map(coster.type(tree[2]))
    value = Cost(1, (*owner.path, "@items" if is_over_list else "@values"), owner.item)
    key = Cost(1, (*owner.path, "@indices" if is_over_list else "@keys"), ONE if owner.item else None)
    # A fault of cel-go, which has to be repeated: the server refuses what it reckons, not what is true.
    if count == 2 and len(owner.path) in SHARED:
        key = key._replace(path=value.path)
    variables = [each[1] for each in tree[3][:count]]
    if count == 2:
        return owner, {**names, variables[0]: key, variables[1]: value}
    return owner, {**names, variables[0]: value if is_over_list else key}


def _loop(owner: Cost, each: int, around: int, item: Size | None = None, *, is_scalar: bool = True) -> Cost:
    """Return the cost of a macro that costs `each` per element, plus `around` for its start and its result."""
    size = owner.size or UNBOUND
    cost = _sum(owner.cost, _product(size.most, each), around)
    return Cost(cost, (), ONE if is_scalar else size, item)


def _count(tree: Expression, bodies: int) -> int:
    """Return how many variables a macro with this number of bodies declares."""
    return 2 if len(tree[3]) > 1 + bodies else 1


def _all(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, _count(tree, 1))
    body = coster.cost(tree[3][-1], scope).cost
    return _loop(owner, _sum(body, 1, 2 if tree[1] == "all" else 3), 1)


def _exists_one(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, _count(tree, 1))
    return _loop(owner, _sum(coster.cost(tree[3][-1], scope).cost, 2), 2)


def _filter(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, 1)
    body = coster.cost(tree[3][-1], scope).cost
    item = _union(Size(0, 0), coster.cost(("name", tree[3][0][1]), scope).size)
    return _loop(owner, _sum(body, 13), NEW_LIST + 1, item, is_scalar=False)


def _mapped(coster: Coster, tree: Expression, names: Names) -> Cost:
    """Return the cost of `map`, with or without a condition, or of `transformList`, which has two variables."""
    count = 2 if tree[1] == "transformList" else 1
    owner, scope = _range(coster, tree, names, count)
    conditions = [coster.cost(each, scope).cost for each in tree[3][count:-1]]
    made = coster.cost(tree[3][-1], scope)
    each = _sum(*conditions, made.cost, NEW_LIST + 2)
    return _loop(owner, each, NEW_LIST + 1, _union(Size(0, 0), made.size), is_scalar=False)


def _transform_map(coster: Coster, tree: Expression, names: Names) -> Cost:
    """Return the cost of `transformMap`, which inserts a value per key, or `transformMapEntry`, which inserts a map."""
    owner, scope = _range(coster, tree, names, 2)
    conditions = [coster.cost(each, scope).cost for each in tree[3][2:-1]]
    made = coster.cost(tree[3][-1], scope)
    each = _sum(*conditions, made.cost, 3 if tree[1] == "transformMap" else 2)
    return _loop(owner, each, NEW_MAP + 1, is_scalar=False)


def _unreckoned_macro(coster: Coster, tree: Expression, names: Names) -> Cost:
    raise UnreckonedError(tree[1])


_MACROS: dict[str, Callable[[Coster, Expression, Names], Cost]] = {
    **dict.fromkeys(("all", "exists"), _all),
    **dict.fromkeys(("exists_one", "existsOne"), _exists_one),
    "filter": _filter,
    "map": _mapped,
    "transformList": _mapped,
    **dict.fromkeys(("transformMap", "transformMapEntry"), _transform_map),
    **dict.fromkeys(("optMap", "optFlatMap", "sortBy"), _unreckoned_macro),
}

_KINDS: dict[str, Callable[[Coster, Any, Names], Cost]] = {
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


def cost_of(tree: Expression, checker: Checker, shape: Shape) -> int:
    """Return the maximum cost of an expression. Raises UnreckonedError where the cost of a function is not known."""
    return Coster(checker, shape).cost(tree, {}).cost
