"""Plans and differences as text. Values of Secrets are never shown. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from penstock.apply.failure import one_line
from penstock.apply.fields import Difference, differences, path_text
from penstock.model import Change, Plan, ResourceId, Tree
from penstock.tree import MISSING

MAX_VALUE = 60
"""Characters of a value."""

MAX_DIFFERENCES = 20
"""Lines for one object."""

SIGNS = {"create": "+", "update": "~", "unchanged": " ", "delete": "-"}


def plan_lines(plan: Plan) -> Iterator[str]:
    """The whole plan, for people; unchanged objects are only counted."""
    for number, wave in enumerate(plan.waves, 1):
        changed = [change for change in wave if change.action != "unchanged"]
        if changed:
            yield f"wave {number} of {len(plan.waves)}"
            for change in changed:
                yield from change_lines(change)
    if plan.prune:
        yield "prune"
        for change in plan.prune:
            yield from change_lines(change)
    yield totals(plan)


def change_lines(change: Change) -> Iterator[str]:
    """One line for the change, and one for each field of an update."""
    yield f"  {SIGNS[change.action]} {change.id}"
    if change.action == "update" and change.before is not None and change.after is not None:
        yield from (f"      {line}" for line in difference_lines(change.id, change.before, change.after))


def difference_lines(id: ResourceId, before: Tree, after: Tree) -> list[str]:
    """`spec.replicas: 2 → 3` for each field."""
    found = differences(before, after)
    lines = [_difference_line(id, difference) for difference in found[:MAX_DIFFERENCES]]
    if len(found) > MAX_DIFFERENCES:
        lines.append(f"… and {len(found) - MAX_DIFFERENCES} more fields")
    return lines or ["becomes managed by penstock, with the same values"]


def totals(plan: Plan) -> str:
    """`1 to create, 2 to update, 3 unchanged, 0 to prune`."""
    count = Counter(change.action for wave in plan.waves for change in wave)
    return (
        f"{count['create']} to create, {count['update']} to update, {count['unchanged']} unchanged, "
        f"{len(plan.prune)} to prune"
    )


def _difference_line(id: ResourceId, difference: Difference) -> str:
    if id.kind == "Secret" and id.group == "":
        return f"{path_text(difference.at)}: (values of a Secret are not shown)"
    return f"{path_text(difference.at)}: {_value(difference.before)} → {_value(difference.after)}"


def _value(value: Any) -> str:
    if value is MISSING:
        return "(absent)"
    text = one_line(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
