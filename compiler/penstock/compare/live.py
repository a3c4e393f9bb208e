"""Objects of a cluster as a comparison takes them, and where their fields are in the sources. Pure."""

from typing import Any

from penstock.compare.fields import key_of, name_of
from penstock.kubernetes import SERVERS_OWN, identify
from penstock.model import Change, Origin, Pointer, Resource, Step, Tree
from penstock.tree import MISSING, child

CLUSTER = Origin("cluster")
"""Where a live object comes from."""


def live(body: Tree | None) -> Resource | None:
    """A live object without what the server writes by itself; None for none."""
    if body is None:
        return None
    kept = {key: value for key, value in body.items() if (key,) not in SERVERS_OWN}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: value for key, value in metadata.items() if ("metadata", key) not in SERVERS_OWN}
    return Resource(kept, CLUSTER, *identify(kept))


def sides(change: Change) -> tuple[Resource | None, Resource | None]:
    """An object as it is and as a sync would make it. One that is just being deleted is made anew."""
    before = live(change.before) if change.action != "create" else None
    return before, before if change.action == "unchanged" else live(change.after)


def place_in(wanted: Tree, after: Tree, pointer: Pointer) -> Pointer | None:
    """Where a field of an object, as the server would have it, is in the object that was applied: the server has
    defaults among it, so that elements may stand elsewhere. None where the applied object has no such field.
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
    """The place of an element in a list, which another list has at `step`: by its key where it has one."""
    element = child(there, step)
    if not (isinstance(element, dict) and all(isinstance(each, dict) for each in here)):
        return step
    names = key_of(here, there, None)
    if names is None:
        return step
    key = name_of(element, names)
    return next((number for number, each in enumerate(here) if name_of(each, names) == key), None)
