"""The right place for a misplaced field: `restartPolicy` of a CronJob belongs five levels below its spec."""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.explain import Definition
from penstock.validate.limits import Node
from penstock.validate.schemas import Known
from penstock.words import dotted

MAX_FIELDS = 5_000
"""The maximum number of fields of a kind that are indexed. The largest built-in kind has about 1,000."""


def right_place(known: Known, body: Tree, at: Pointer, definition: Definition) -> str:
    """Return a hint with the place that knows the field `at` and is nearest to it, or the empty string.

    Of places that are equally near, one in a field that the object has beside it is the right one. Where there are
    several and none is beside it, as with the sources of a volume, nobody knows which one is meant.
    """
    field = str(at[-1])
    if not known.places:
        for place in islice(_places(known.schema, definition), MAX_FIELDS):
            known.places.setdefault(place[-1], []).append(place)
    places = known.places.get(field)
    if not places:
        return ""
    here = tuple(step for step in at[:-1] if not isinstance(step, int))
    beside = get(body, at[:-1])
    siblings = beside if isinstance(beside, dict) else {}
    nearest = min(_distance(place[:-1], here) for place in places)
    near = [place for place in places if _distance(place[:-1], here) == nearest]
    near = [place for place in near if siblings.keys() & place[-2:-1]] or near
    if len({place[:-2] for place in near}) < len(near):
        return ""
    best = min(near)
    return f"valid at {dotted(best[:-1])}" if best[:-1] else "valid at the top level"


def _distance(one: tuple[str, ...], other: Pointer) -> int:
    common = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        common += 1
    return len(one) + len(other) - 2 * common


def _places(root: Node, definition: Definition) -> Iterator[tuple[str, ...]]:
    """Yield the path of every field, breadth first. A type is entered only where it occurs first."""
    waiting: deque[tuple[tuple[str, ...], Node]] = deque([((), root)])
    entered: set[str] = set()
    while waiting:
        path, node = waiting.popleft()
        if "$ref" in node:
            if node["$ref"] not in entered:
                entered.add(node["$ref"])
                waiting.append((path, definition(node["$ref"])))
            continue
        for name, child in node.get("properties", {}).items():
            yield (*path, name)
            waiting.append(((*path, name), child))
        if "items" in node:
            waiting.append((path, node["items"]))
