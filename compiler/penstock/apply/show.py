"""Plans and differences as text. Values of Secrets are never shown. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from penstock.apply.events import Event
from penstock.apply.failure import one_line
from penstock.apply.fields import Difference, differences, path_text
from penstock.model import Change, Plan, ResourceId, Tree
from penstock.tree import MISSING

MAX_VALUE = 60
"""Characters of a value."""

MAX_DIFFERENCES = 20
"""Lines for one object."""

SIGNS = {"create": "+", "update": "~", "unchanged": " ", "delete": "-"}


def plan_events(plan: Plan) -> Iterator[Event]:
    """The whole plan; unchanged objects are only counted."""
    for number, wave in enumerate(plan.waves, 1):
        changed = [change for change in wave if change.action != "unchanged"]
        if changed:
            yield Event("wave", None, f"wave {number} of {len(plan.waves)}", {"number": number})
            yield from map(_planned, changed)
    if plan.prune:
        yield Event("prune", None, "prune")
        yield from map(_planned, plan.prune)
    yield Event("counted", None, totals(plan), _counts(plan))


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan, for people."""
    for event in plan_events(plan):
        yield from event.text.split("\n")


def _planned(change: Change) -> Event:
    """One line for the change, and one for each field of an update."""
    lines: list[str] = []
    if change.action == "update" and change.before is not None and change.after is not None:
        lines = difference_lines(change.id, change.before, change.after)
    text = "\n".join((f"  {SIGNS[change.action]} {change.id}", *(f"      {line}" for line in lines)))
    facts = {"object": str(change.id), "action": change.action, **({"fields": lines} if lines else {})}
    return Event("planned", None, text, facts)


def difference_lines(id: ResourceId, before: Tree, after: Tree) -> list[str]:
    """`spec.replicas: 2 → 3` for each field."""
    found = differences(before, after)
    lines = [_difference_line(id, difference) for difference in found[:MAX_DIFFERENCES]]
    if len(found) > MAX_DIFFERENCES:
        lines.append(f"… and {len(found) - MAX_DIFFERENCES} more fields")
    return lines or ["becomes managed by penstock, with the same values"]


def totals(plan: Plan) -> str:
    """`1 to create, 2 to update, 3 unchanged, 0 to prune`."""
    count = _counts(plan)
    return (
        f"{count['create']} to create, {count['update']} to update, {count['unchanged']} unchanged, "
        f"{count['prune']} to prune"
    )


def _counts(plan: Plan) -> dict[str, int]:
    count = Counter(change.action for wave in plan.waves for change in wave)
    return {**{word: count[word] for word in ("create", "update", "unchanged")}, "prune": len(plan.prune)}


def _difference_line(id: ResourceId, difference: Difference) -> str:
    if id.kind == "Secret" and id.group == "":
        return f"{path_text(difference.at)}: (values of a Secret are not shown)"
    return f"{path_text(difference.at)}: {_value(difference.before)} → {_value(difference.after)}"


def _value(value: Any) -> str:
    if value is MISSING:
        return "(absent)"
    text = one_line(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
