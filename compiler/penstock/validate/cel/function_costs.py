"""The maximum cost of a call of each function, and the size of its result.

Source: cel-go checker/cost.go, ext/sets.go; apiserver pkg/cel/library/cost.go, Kubernetes 1.37.
"""

from collections.abc import Callable
from math import ceil

from penstock.validate.cel.coster import Coster
from penstock.validate.cel.sizes import PATTERN, TEXT, UNBOUND, Cost, Size, UnreckonedError, product_of, scaled, sum_of
from penstock.validate.cel.syntax import Expression
from penstock.validate.cel.types import is_list

FORMAT_PATTERN = 128
"""The assumed length of the pattern of a named format."""

Work = Callable[[Coster, Expression, list[Cost]], tuple[int, Size | None]]
"""Returns the cost of a call without its arguments, and the size of its result."""


def _most(value: Cost) -> int:
    return (value.size or UNBOUND).most


def nominal(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return 1, None


def _unreckoned(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    raise UnreckonedError(tree[1])


def _goes_through(factor: float = 1.0, *, keeps_size: bool = False) -> Work:
    """Return the cost function of a call that reads its first string once."""

    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        return scaled(_most(given[0]), factor * TEXT), (given[0].size or UNBOUND) if keeps_size else None

    return work


def _of_last(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `startsWith` and `endsWith`, which read as much as the argument is long."""
    return scaled(_most(given[-1]), TEXT), None


def _matches(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    text = scaled(sum_of(_most(given[0]), 1), TEXT)
    return product_of(text, scaled(_most(given[1]), PATTERN)), None


def _find(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return _matches(coster, tree, given)[0], Size(0, _most(given[0]))


def _contains(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return product_of(scaled(_most(given[0]), TEXT), scaled(_most(given[1]), TEXT)), None


def _over_items(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `sum`, `indexOf` and others, which read each element once, and each character of a string."""
    kind = coster.type(tree[2])
    if not is_list(kind):
        return scaled(_most(given[0]), TEXT), None
    each = 1
    if kind[1] in ("string", "bytes"):
        size = coster.size_at((*given[0].path, "@items")) if given[0].path else None
        each = sum_of(1, scaled((size or UNBOUND).most, TEXT))
    return product_of(_most(given[0]), each), None


def _replace(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    text, old, new = ((each.size or UNBOUND) for each in given[:3])
    if old.least == 0:
        count, kept = sum_of(text.most, 1), text.most
    elif new.most <= old.least:
        count, kept = 0, text.most
    else:
        count, kept = ceil(text.most / old.least), 0
    return scaled(text.most, 2 * TEXT), Size(0, sum_of(product_of(count, new.most), kept))


def _split(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    limit: Expression = tree[3][1] if len(tree[3]) > 1 else ()
    most = int(limit[2]) if limit[:2] == ("literal", "int") else _most(given[0])
    return scaled(_most(given[0]), 2 * TEXT), Size(0, most)


def _join(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    items = given[0].size or UNBOUND
    each = coster.size_at((*given[0].path, "@items")) if given[0].path else None
    most = product_of(items.most, (each or UNBOUND).most)
    if len(given) > 1:
        most = sum_of(most, product_of(_most(given[1]), max(items.most - 1, 0)))
    return scaled(most, TEXT), Size(0, most)


def _validate(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    return scaled(scaled(_most(given[1]), TEXT), FORMAT_PATTERN * PATTERN), None


def _contains_address(extra: int) -> Work:
    """Return the cost function of `containsIP` and `containsCIDR`, which parse a string and compare 16 bytes."""

    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        text = scaled(_most(given[1]), TEXT) if coster.type(tree[3][0]) in ("string", "dyn") else 0
        return sum_of(scaled(32, TEXT), extra, text), None

    return work


def _sets(factor: int) -> Work:
    def work(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
        return sum_of(1, product_of(product_of(_most(given[0]), _most(given[1])), factor)), None

    return work


def _converted(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of a conversion, which reads the whole argument where that may be bytes or a string."""
    if not coster.takes(tree, "bytes" if tree[1] == "string" else "string"):
        return 1, None
    most = _most(given[0])
    return scaled(most, TEXT), Size(0, most if tree[1] == "string" else product_of(most, 4))


def _quote(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    most = _most(given[0])
    return scaled(most, TEXT), Size(2, sum_of(product_of(most, 2), 2))


def _ip(coster: Coster, tree: Expression, given: list[Cost]) -> tuple[int, Size | None]:
    """Return the cost of `ip(string)`, which parses the string, or of `cidr.ip()`."""
    return (1 if tree[2] is not None else scaled(_most(given[0]), TEXT)), None


FUNCTIONS: dict[str, Work] = {
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
