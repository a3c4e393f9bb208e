"""Expressions that are true or false for a whole object, as health checks use them.

An expression sees the object as `self`, and its fields `apiVersion`, `kind`, `metadata`, `spec`, `status` and `data` by
their names, as in the health checks of Flux.
"""

from collections.abc import Callable

from penstock.model import Tree
from penstock.validate.cel.checker import type_of
from penstock.validate.cel.evaluate import compiled, evaluated
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, shown
from penstock.validate.cel.values import EvaluationError, UnsupportedError

FIELDS = ("apiVersion", "kind", "metadata", "spec", "status", "data")


def predicate(text: str) -> Callable[[Tree], bool]:
    """Return an expression as a function of an object.

    Raises `ValueError` with the reason where the text is not a valid boolean expression. The function returns False for
    an object for which the expression cannot be evaluated, for example where a field is missing.
    """
    try:
        tree = parse(text)
        found = type_of(tree, dict.fromkeys(("self", *FIELDS), UNKNOWN))
        closure = compiled(tree)
    except (UnreadableError, MistypedError, UnsupportedError) as error:
        raise ValueError(str(error)) from None
    except (TooLargeError, RecursionError):
        raise ValueError("it is too large") from None
    if found is not UNKNOWN and shown(found) != "bool":
        raise ValueError(f"it has the type {shown(found)}, not bool")

    def holds(body: Tree) -> bool:
        names = {name: body[name] for name in FIELDS if name in body}
        try:
            return evaluated(closure, {**names, "self": body}) is True
        except (EvaluationError, UnsupportedError):
            return False

    return holds
