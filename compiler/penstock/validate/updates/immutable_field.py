"""An immutable field keeps its value.

Bad:   another `spec.selector` of a Deployment, another `roleRef` of a RoleBinding, other data of an immutable ConfigMap
Good:  an object with another name, or the old one deleted first

Why: the API server refuses the update, and the object does not change. `penstock sync --replace` deletes and recreates
the object; an object whose name changes with its content (as with `configMapGenerator`) needs no replacement.
Source: pkg/apis/*/validation, the functions Validate…Update, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.fixed import changed_fields, changed_seals, is_made_anew
from penstock.model import Pointer, Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.syntax import quantity
from penstock.words import dotted, quoted

CODE = "PS460"
NAME = "immutable-field"
SEVERITY: Severity = "error"

HINT = "give the object another name, or have it deleted first: `penstock sync --replace` does"


def check(old: Resource, new: Resource) -> Iterator[Problem]:
    """Yield the immutable fields of an object that an update would change."""
    if is_made_anew(new.body):
        return
    kind = (new.id.group, new.id.kind)
    for field in changed_fields(kind, old.body, new.body, _is_same_amount):
        if field.is_certain:
            yield _changed(field.at, field.before, field.after)
    for name in changed_seals(kind, old.body, new.body):
        at = (name,) if name in new.body else ("kind",)
        yield Problem(at, f"{name} is sealed by `immutable: true`, and has changed", HINT)


def _is_same_amount(one: Any, other: Any) -> bool:
    amounts = quantity(one), quantity(other)
    return amounts[0] is not None and amounts[0] == amounts[1]


def _changed(at: Pointer, was: Any, now: Any) -> Problem:
    """Return the problem. Short values are quoted; none of these fields holds a secret."""
    is_short = all(isinstance(value, str | int) for value in (was, now))
    words = f" from {quoted(str(was))} to {quoted(str(now))}" if is_short else ""
    return Problem(at, f"{dotted(at)} cannot be changed{words} once the object is there", HINT)
