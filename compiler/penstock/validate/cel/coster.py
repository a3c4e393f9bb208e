"""What is known of an expression while its cost is computed: the types of its parts, and the sizes of fields."""

from collections.abc import Callable, Mapping
from typing import Any

from penstock.validate.cel.checker import Checker
from penstock.validate.cel.shapes import Shape
from penstock.validate.cel.sizes import ONE, Cost, Size
from penstock.validate.cel.syntax import Expression
from penstock.validate.cel.types import Type


class Coster:
    """Computes the cost of one type-checked expression over values of a shape."""

    def __init__(self, checker: Checker, shape: Shape, kinds: Mapping[str, "CostOfNode"]) -> None:
        """`kinds` has the function for each kind of node. These functions ask for the costs of the nodes below."""
        self._kinds = kinds
        self.types = checker.types
        self.meant = checker.meant
        self._shape = shape

    def cost(self, tree: Expression, names: Mapping[str, Cost]) -> Cost:
        """Return the cost of a node. Raises UnreckonedError where the cost of a function is not known."""
        return self._kinds[tree[0]](self, tree, names)

    def type(self, tree: Expression) -> Type:
        return self.types.get(id(tree))

    def takes(self, tree: Expression, *words: str) -> bool:
        """Return whether one of the overloads that a call may resolve to has one of these types as first parameter."""
        return any(each.given and each.given[0] in words for each in self.meant.get(id(tree), ()))

    def sized(self, tree: Expression, cost: int, path: tuple[str, ...], own: Size | None = None) -> Cost:
        """Return the cost of a field or name, with its size: from the schema, else from its scalar type, else `own`."""
        size = self.size_at(path) or (ONE if is_scalar_type(self.type(tree)) else own)
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


def is_scalar_type(found: Type) -> bool:
    if isinstance(found, tuple):
        return found[0] == "optional" and is_scalar_type(found[1])
    return found in _SCALAR_TYPES


Names = Mapping[str, Cost]

CostOfNode = Callable[[Coster, Any, Names], Cost]
