"""The `status` of an object: the API server reads it when an object is created, and then drops it.

So most of what it demands of other fields does not hold there. A custom resource keeps its status if the definition
has no subresource for it; then it is a field like any other.
"""

from typing import Any

from penstock.model import Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Fault

DECODED = frozenset(("PS400", "PS401", "PS404", "PS407"))
"""The faults that the API server finds when it decodes an object, before it validates the values of fields."""

OF_NODES = "PS437"
"""The faults of the amounts in the status of a Node, which a create keeps and validates."""

UNKNOWN_FIELD, WRONG_TYPE, TWICE, WRONG_VALUE = "PS400", "PS401", "PS404", "PS406"


def in_status(fault: Fault) -> bool:
    return fault.at[:1] == ("status",)


def is_reported(fault: Fault, body: Tree, is_builtin: bool) -> bool:
    """Return whether the API server reports a fault in a status that it drops. Null is as good as no value."""
    value = get(body, fault.at)
    if value is None and fault.code == WRONG_TYPE:
        return False
    if is_builtin:
        return fault.code in DECODED or fault.code == OF_NODES or (fault.code == WRONG_VALUE and _is_wide(value))
    return fault.code in (UNKNOWN_FIELD, TWICE) or (fault.code == WRONG_TYPE and type(value) is not float)


def _is_wide(value: Any) -> bool:
    """Return whether a number does not fit into 32 bits, the fewest that a field has."""
    return type(value) is int and not -(2**31) <= value < 2**31


def as_judged(fault: Fault, is_builtin: bool) -> tuple[Fault, Severity]:
    """Return a fault in a status that is dropped, with its severity: an error where a create is refused, too.

    A custom resource has no types when it is decoded; server-side apply has those of the definition.
    """
    if fault.code == TWICE:
        return fault, "warning"
    if fault.code == WRONG_TYPE and not is_builtin:
        return fault._replace(message=f"{fault.message}, which server-side apply refuses and a create drops"), "warning"
    return fault, "error"
