"""The API server's estimate of the maximum cost of an expression, which it limits for the rules of a definition.

The estimate depends on how large values may become: as large as `maxLength`, `maxItems` and `maxProperties` allow, or
else as large as fits into a request. Only the upper bound is computed here.

Source: cel-go checker/cost.go, ext/sets.go; apiserver pkg/cel/library/cost.go, pkg/cel/common/schemas.go;
apiextensions-apiserver pkg/apis/apiextensions/validation, Kubernetes 1.37.
"""

from collections.abc import Callable

from penstock.validate.cel.checker import Checker
from penstock.validate.cel.coster import Coster, CostOfNode, Names, is_scalar_type
from penstock.validate.cel.function_costs import FUNCTIONS, nominal
from penstock.validate.cel.shapes import Shape
from penstock.validate.cel.sizes import (
    ONE,
    TEXT,
    UNBOUND,
    Cost,
    Size,
    UnreckonedError,
    product_of,
    scaled,
    sum_of,
    sum_of_sizes,
    union_of,
)
from penstock.validate.cel.syntax import Expression
from penstock.validate.cel.types import is_list, is_map

LIMIT = 10_000_000
"""The maximum cost of one expression."""

TOTAL_LIMIT = 100_000_000
"""The maximum total cost of all expressions in the schema of one version."""

NEW_LIST, NEW_MAP, NEW_MESSAGE = 10, 30, 40


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
        return coster.sized(tree, sum_of(owner.cost, 1), ())
    found = coster.type(tree[1])
    is_open = is_map(found) or (isinstance(found, tuple) and found[0] == "object")
    return coster.sized(tree, sum_of(owner.cost, 1 if is_open else 0), (*owner.path, tree[2]))


def _index(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, key = coster.cost(tree[1], names), coster.cost(tree[2], names)
    cost = sum_of(1, owner.cost, key.cost)
    if tree[3]:
        return coster.sized(tree, cost, ())
    path = (*owner.path, "@items" if is_list(coster.type(tree[1])) else "@values")
    return Cost(cost, path, owner.item or coster.sized(tree, cost, path).size)


def _unary(coster: Coster, tree: Expression, names: Names) -> Cost:
    return Cost(sum_of(1, coster.cost(tree[2], names).cost), (), ONE)


def _binary(coster: Coster, tree: Expression, names: Names) -> Cost:
    sign, one, two = tree[1], coster.cost(tree[2], names), coster.cost(tree[3], names)
    both = sum_of(one.cost, two.cost)
    if sign in ("&&", "||"):
        return Cost(both, (), ONE)
    if sign == "in":
        is_in_list = not is_map(coster.type(tree[3]))
        return Cost(sum_of(both, (two.size or UNBOUND).most if is_in_list else 1), (), ONE)
    if sign == "+":
        return _plus(coster, tree, one, two)
    if sign in ("==", "!=") or coster.takes(tree, "string", "bytes"):
        return Cost(sum_of(both, _comparison(coster, tree, one, two)), (), ONE)
    return Cost(sum_of(1, both), (), ONE)


def _comparison(coster: Coster, tree: Expression, one: Cost, two: Cost) -> int:
    kind = coster.type(tree[2])
    if tree[1] == "==" and kind == coster.type(tree[3]) and isinstance(kind, str) and kind in _BY_VALUE:
        return _BY_VALUE[kind]
    return scaled(min((one.size or UNBOUND).most, (two.size or UNBOUND).most), TEXT)


_BY_VALUE = {**dict.fromkeys(("ip", "cidr", "quantity", "semver", "url"), 1), "format": 7}
"""The cost of comparing two values of each of these types."""


def _plus(coster: Coster, tree: Expression, one: Cost, two: Cost) -> Cost:
    both = sum_of(one.cost, two.cost)
    found = coster.type(tree)
    if is_list(found):
        item = union_of(one.item, two.item) if one.item and two.item else None
        return Cost(sum_of(1, both), (), sum_of_sizes(one.size, two.size), item)
    if found in ("string", "bytes"):
        size = sum_of_sizes(one.size, two.size)
        return Cost(sum_of(both, scaled(size.most, TEXT)), (), size)
    if is_scalar_type(found):
        return Cost(sum_of(1, both), (), ONE)
    size = sum_of_sizes(one.size, two.size)  # the type is known only at run time
    return Cost(sum_of(both, max(1, scaled(size.most, TEXT))), (), size)


def _choice(coster: Coster, tree: Expression, names: Names) -> Cost:
    condition, yes, no = (coster.cost(each, names) for each in tree[1:])
    item = union_of(yes.item, no.item) if yes.item and no.item else None
    return Cost(sum_of(condition.cost, max(yes.cost, no.cost)), (), union_of(yes.size, no.size), item)


def _list(coster: Coster, tree: Expression, names: Names) -> Cost:
    items = [coster.cost(each[1] if each[0] == "maybe" else each, names) for each in tree[1]]
    item = union_of(*(each.size for each in items)) if items else Size(0, 0)
    return Cost(sum_of(NEW_LIST, *(each.cost for each in items)), (), Size(len(items), len(items)), item)


def _map(coster: Coster, tree: Expression, names: Names) -> Cost:
    keys = [coster.cost(key[1] if key[0] == "maybe" else key, names) for key, _ in tree[1]]
    values = [coster.cost(value, names) for _, value in tree[1]]
    item = union_of(*(each.size for each in values)) if values else Size(0, 0)
    return Cost(sum_of(NEW_MAP, *(each.cost for each in (*keys, *values))), (), Size(len(keys), len(keys)), item)


def _message(coster: Coster, tree: Expression, names: Names) -> Cost:
    return Cost(sum_of(NEW_MESSAGE, *(coster.cost(value, names).cost for _, value in tree[2])))


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
        return given[0]._replace(cost=sum_of(1, given[0].cost), path=())
    work = FUNCTIONS.get(called, nominal)
    own, size = work(coster, tree, [*([receiver] if receiver else []), *given])
    cost = sum_of(own, *(each.cost for each in given), receiver.cost if receiver else 0)
    return Cost(cost, (), size or (ONE if is_scalar_type(coster.type(tree)) else None))


def _function_of(tree: Expression, is_method: bool) -> str:
    name, owner, _ = tree[1:]
    return f"{owner[1]}.{name}" if owner is not None and not is_method and owner[0] == "name" else str(name)


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
    cost = sum_of(owner.cost, product_of(size.most, each), around)
    return Cost(cost, (), ONE if is_scalar else size, item)


def _count(tree: Expression, bodies: int) -> int:
    """Return how many variables a macro with this number of bodies declares."""
    return 2 if len(tree[3]) > 1 + bodies else 1


def _all(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, _count(tree, 1))
    body = coster.cost(tree[3][-1], scope).cost
    return _loop(owner, sum_of(body, 1, 2 if tree[1] == "all" else 3), 1)


def _exists_one(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, _count(tree, 1))
    return _loop(owner, sum_of(coster.cost(tree[3][-1], scope).cost, 2), 2)


def _filter(coster: Coster, tree: Expression, names: Names) -> Cost:
    owner, scope = _range(coster, tree, names, 1)
    body = coster.cost(tree[3][-1], scope).cost
    item = union_of(Size(0, 0), coster.cost(("name", tree[3][0][1]), scope).size)
    return _loop(owner, sum_of(body, 13), NEW_LIST + 1, item, is_scalar=False)


def _mapped(coster: Coster, tree: Expression, names: Names) -> Cost:
    """Return the cost of `map`, with or without a condition, or of `transformList`, which has two variables."""
    count = 2 if tree[1] == "transformList" else 1
    owner, scope = _range(coster, tree, names, count)
    conditions = [coster.cost(each, scope).cost for each in tree[3][count:-1]]
    made = coster.cost(tree[3][-1], scope)
    each = sum_of(*conditions, made.cost, NEW_LIST + 2)
    return _loop(owner, each, NEW_LIST + 1, union_of(Size(0, 0), made.size), is_scalar=False)


def _transform_map(coster: Coster, tree: Expression, names: Names) -> Cost:
    """Return the cost of `transformMap`, which inserts a value per key, or `transformMapEntry`, which inserts a map."""
    owner, scope = _range(coster, tree, names, 2)
    conditions = [coster.cost(each, scope).cost for each in tree[3][2:-1]]
    made = coster.cost(tree[3][-1], scope)
    each = sum_of(*conditions, made.cost, 3 if tree[1] == "transformMap" else 2)
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

_KINDS: dict[str, CostOfNode] = {
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
    return Coster(checker, shape, _KINDS).cost(tree, {}).cost
