"""Plans as text: what a sync would do, wave by wave. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from penstock.apply.events import Event
from penstock.apply.failure import Conflict
from penstock.cluster import Change, Plan
from penstock.model import ResourceId

MAX_LINES = 40
"""The number of lines for one object."""

SIGNS = {"create": "+", "update": "~", "unchanged": " ", "delete": "-"}

Describe = Callable[[Change], list[str]]
"""Returns what a change does to an object, in the lines of `penstock diff`; passed in."""


def plan_events(plan: Plan, describe: Describe) -> Iterator[Event]:
    """Yield the events for the whole plan; unchanged objects are only counted."""
    for number, wave in enumerate(plan.waves, 1):
        changed = [change for change in wave if change.action != "unchanged"]
        if changed:
            yield Event("wave", None, f"wave {number} of {len(plan.waves)}", {"number": number})
            yield from (_planned(change, describe) for change in changed)
    if plan.prune:
        yield Event("prune", None, "prune")
        yield from (_planned(change, describe) for change in plan.prune)
    yield Event("counted", None, totals(plan), _counts(plan))


def _planned(change: Change, describe: Describe) -> Event:
    """Return the event for a change: one line for the change, and further lines for what it does to the object."""
    lines = difference_lines(change, describe)
    text = "\n".join((f"  {SIGNS[change.action]} {change.id}", *(f"      {line}" for line in lines)))
    facts = {"object": str(change.id), "action": change.action, **({"fields": lines} if lines else {})}
    return Event("planned", None, text, facts)


def difference_lines(change: Change, describe: Describe) -> list[str]:
    """Return lines such as `~ spec.replicas: 2 → 3` for each field of an update, and for any change its dangers."""
    lines = describe(change)
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"… and {len(lines) - MAX_LINES} more lines"]
    return lines or (["becomes managed by penstock, with the same values"] if change.action == "update" else [])


def conflict_events(id: ResourceId, taken: Iterable[Conflict], left: Iterable[Conflict]) -> Iterator[Event]:
    """Yield an event for each field of an object that another manager had set: put right, or left to the manager."""
    for word, conflicts in (("corrected", taken), ("left", left)):
        for conflict in conflicts:
            field, manager = conflict.field, conflict.manager
            what = f"put right; {manager} had changed it" if word == "corrected" else f"left to {manager}"
            yield Event(word, None, f"{'':9} {field} {what}", {"object": str(id), **conflict._asdict()})


def totals(plan: Plan) -> str:
    """Return the counts of a plan: `1 to create, 2 to update, 3 unchanged, 0 to prune`."""
    count = _counts(plan)
    return (
        f"{count['create']} to create, {count['update']} to update, {count['unchanged']} unchanged, "
        f"{count['prune']} to prune"
    )


def _counts(plan: Plan) -> dict[str, int]:
    count = Counter(change.action for wave in plan.waves for change in wave)
    return {**{word: count[word] for word in ("create", "update", "unchanged")}, "prune": len(plan.prune)}
