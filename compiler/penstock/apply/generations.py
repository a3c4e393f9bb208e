"""Whether the controller of an object has seen its newest generation. Pure."""

from penstock.apply.judge import is_of_the_past
from penstock.cluster import Health
from penstock.model import Tree
from penstock.regex import regex
from penstock.tree import get

GENERATION = regex(r"^(last\w*|observed|reconciled|synced|applied|processed)Generation$")
"""Fields with the generation that the controller has seen last."""


def behind(body: Tree) -> Health | None:
    """Return Progressing where the controller has not yet seen the newest generation of the object, else None.

    The status that the controller has reported is then about an older generation.
    """
    generation = get(body, ("metadata", "generation"))
    observed = get(body, ("status", "observedGeneration"))
    if isinstance(generation, int) and isinstance(observed, int) and observed != generation:
        return _not_yet(observed, generation)
    return None


def of_the_past(body: Tree) -> Health | None:
    if is_of_the_past(body):
        return Health("Progressing", "its controller has not seen the newest generation yet")
    return None


def behind_by_other_fields(body: Tree) -> Health | None:
    """Return Progressing where a field such as `lastAppliedGeneration` names an older generation, else None."""
    generation = get(body, ("metadata", "generation"))
    status = body.get("status")
    if not isinstance(generation, int) or not isinstance(status, dict):
        return None
    seen = (_number(value) for name, value in status.items() if GENERATION.search(str(name)))
    # Some controllers write 0 where they have seen none, or do not count at all.
    old = next((number for number in seen if 0 < number < generation), None)
    return _not_yet(old, generation) if old is not None else None


def _number(value: object) -> int:
    """Return a generation as a number, also where it is a text; 0 where it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) else 0


def _not_yet(seen: int, generation: int) -> Health:
    return Health("Progressing", f"its controller has seen generation {seen}, not yet {generation}")
