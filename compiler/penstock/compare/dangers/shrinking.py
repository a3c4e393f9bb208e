"""Something shrinks: the number of pods, the size of a volume, or the limits of an autoscaler."""

import re
from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger, Field, shown
from penstock.tree import MISSING

NAME = "shrinking"

UNITS = {"": 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]{0,2})")

COUNTS = ("replicas", "minReplicas", "maxReplicas")


def check(change: Change) -> Iterator[Danger]:
    for field in change.fields:
        if field.at[-1] == "storage" and "requests" in field.at and _is_less(field):
            yield Danger(NAME, "danger", f"{shown(field.at)}: a volume cannot shrink ({field.before} → {field.after})")
        elif len(field.at) == 2 and field.at[0] == "spec" and field.at[1] in COUNTS and _is_less(field):
            yield Danger(NAME, "caution", f"{shown(field.at)}: fewer than before ({field.before} → {field.after})")


def _is_less(field: Field) -> bool:
    before, after = amount(field.before), amount(field.after)
    return before is not None and after is not None and after < before


def amount(value: Any) -> float | None:
    """Return a quantity of Kubernetes as a number, or None for a text that is no quantity."""
    if value is MISSING or isinstance(value, bool):
        return None
    found = QUANTITY.fullmatch(str(value))
    factor = {**UNITS, **BINARY}.get(found[2]) if found else None
    return None if found is None or factor is None else float(found[1]) * factor
