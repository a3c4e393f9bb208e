"""Objects of a cluster in the form in which they are compared, and the places of their fields in the sources."""

from typing import Any

from penstock.cluster import Change
from penstock.compare.fields import key_of, name_of
from penstock.kubernetes import SERVERS_OWN, identify
from penstock.model import Origin, Pointer, Resource, Step, Tree
from penstock.tree import MISSING, child

CLUSTER = Origin("cluster")
"""Where a live object comes from."""


def live(body: Tree | None) -> Resource | None:
    """Return a live object without the fields that the server writes by itself. The answer is None for no object."""
    if body is None:
        return None
    kept = {key: value for key, value in body.items() if (key,) not in SERVERS_OWN}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: value for key, value in metadata.items() if ("metadata", key) not in SERVERS_OWN}
    return Resource(kept, CLUSTER, *identify(kept))


def sides(change: Change) -> tuple[Resource | None, Resource | None]:
    """Return an object as it is, and as a sync would make it. An object that is being deleted is made anew."""
    before = live(change.before) if change.action != "create" else None
    return before, before if change.action == "unchanged" else live(change.after)


def place_in(wanted: Tree, after: Tree, pointer: Pointer) -> Pointer | None:
    """Return the place at which a field of a live object is in the object that was applied, or None where that object
    has no such field.

    The server adds defaults, so list elements may stand at another index.
    """
    found: list[Step] = []
    here: Any = wanted
    there: Any = after
    for step in pointer:
        at: Step | None = _same_element(here, there, step) if isinstance(here, list) else step
        if at is None or child(here, at) is MISSING:
            return None
        here, there = child(here, at), child(there, step)
        found.append(at)
    return tuple(found)


def _same_element(here: list[Any], there: Any, step: Step) -> Step | None:
    """Return the index of a list element which another list has at `step`. It is found by its key where it has one."""
    element = child(there, step)
    if not (isinstance(element, dict) and all(isinstance(each, dict) for each in here)):
        return step
    names = key_of(here, there, None)
    if names is None:
        return step
    key = name_of(element, names)
    return next((number for number, each in enumerate(here) if name_of(each, names) == key), None)
