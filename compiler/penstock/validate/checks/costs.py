"""The cost of the rules in a CustomResourceDefinition: the API server refuses rules that may take too long.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation, Kubernetes 1.37.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.validate.cel.checker import Checker
from penstock.validate.cel.cost import LIMIT, TOTAL_LIMIT, cost_of
from penstock.validate.cel.shapes import Shape, cardinality, shape_of
from penstock.validate.cel.sizes import MOST, UnreckonedError
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, parse
from penstock.validate.cel.types import MistypedError, type_of_schema
from penstock.validate.fault import Fault
from penstock.validate.objects import child_schemas, items, mapping, mappings, text_of

CODE = "PS475"
MAX_DEPTH = 50
MOST_NAMED = 4
"""The number of rules that the finding about the total cost names."""

HINT = "write maxItems, maxProperties and maxLength where lists, maps and texts are declared, or a simpler rule"


class Priced(NamedTuple):
    """An expression at the path `at`, and its maximum cost for a whole object."""

    at: Pointer
    cost: int


def check_costs(value: Tree, at: Pointer) -> Iterator[Fault]:
    for here, version in mappings(value, ("spec", "versions")):
        root = mapping(version, ("schema", "openAPIV3Schema"))
        place = (*at, *here, "schema", "openAPIV3Schema")
        priced = list(_prices(root, place, (0, set()), 1))
        for each in priced:
            if each.cost > LIMIT:
                yield Fault(CODE, each.at, f"may cost {_times(each.cost, LIMIT)} what the API server lets it", HINT)
        total = min(sum(each.cost for each in priced), MOST)
        if total > TOTAL_LIMIT:
            dearest = sorted(priced, key=lambda each: -each.cost)[:MOST_NAMED]
            notes = tuple((each.at, f"{100 * each.cost / total:.0f} % of it") for each in dearest)
            message = f"the rules together may cost {_times(total, TOTAL_LIMIT)} what the API server lets them"
            yield Fault(CODE, place, message, HINT, notes)


def _times(cost: int, limit: int) -> str:
    factor = cost / limit
    return "more than 100 times" if factor > 100 else f"{factor:.2f} times" if factor < 1.5 else f"{factor:.1f} times"


def _prices(node: Tree, at: Pointer, walk: tuple[int, set[int]], count: int | None) -> Iterator[Priced]:
    """Yield the costs of the expressions in a schema and in its child schemas.

    `count` is the maximum number of values of the schema, or None where it has no bound.
    """
    depth, seen = walk  # a schema that YAML aliases repeat is checked once
    if depth > MAX_DEPTH or id(node) in seen:
        return
    seen.add(id(node))
    is_object = depth == 0 or node.get("x-kubernetes-embedded-resource") is True
    shape = shape_of(node, is_object=is_object) if items(node, ("x-kubernetes-validations",)) else None
    if shape is not None:
        yield from _prices_here(node, at, shape, is_object, cardinality(shape) if count is None else count)
    for place, child in child_schemas(node):
        yield from _prices(child, (*at, *place), (depth + 1, seen), _times_inside(node, place, count))


def _times_inside(node: Tree, place: Pointer, count: int | None) -> int | None:
    """Return the maximum number of values of a child schema, or None where it has no bound."""
    if count is None or place[0] == "properties":
        return count
    most = node.get("maxItems" if place[0] == "items" else "maxProperties")
    return min(count * max(most, 0), MOST) if isinstance(most, int) else None


def _prices_here(node: Tree, at: Pointer, shape: Shape, is_object: bool, count: int) -> Iterator[Priced]:
    try:
        found = type_of_schema(node, is_object=is_object)
    except MistypedError:
        return
    for here, rule in mappings(node, ("x-kubernetes-validations",)):
        old = ("optional", found) if rule.get("optionalOldSelf") is True else found
        names = {"self": found, "oldSelf": old}
        for field, times in (("rule", count), ("messageExpression", 1)):
            cost = _price(text_of(rule, field), names, shape)
            yield Priced((*at, *here, field), min(cost * times, MOST))


def _price(text: str, names: Tree, shape: Shape) -> int:
    """Return the cost of an expression for one value, or 0 where it is not known or the expression does not compile."""
    try:
        tree, checker = parse(text), Checker()
        checker.type_of(tree, names)
        return cost_of(tree, checker, shape)
    except (UnreadableError, MistypedError, TooLargeError, UnreckonedError, RecursionError):
        return 0
