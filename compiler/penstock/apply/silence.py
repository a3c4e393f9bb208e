"""What an object is that says nothing of itself, or of which its spec says that its controller leaves it alone. Pure.

Most kinds of custom resources report. `silent.yaml` lists the best known ones that never do.
"""

from collections.abc import Iterable
from typing import Any

from penstock.apply.rulebook import silent_kinds
from penstock.cluster import Health
from penstock.kubernetes import GroupKind, group_kind
from penstock.model import Tree
from penstock.regex import regex
from penstock.tree import get

MAX_DEPTH = 20
"""How many mappings and lists deep something that is not empty is looked for."""

PAUSED = regex(r"^(is)?(pause|paused|suspend|suspended|hibernate|hibernated)$")
"""Names of fields of the spec that are true while a controller leaves an object alone, in lower case."""


def silent(body: Tree, has_status: bool | None) -> Health | None:
    """Return Progressing for a custom resource whose status is empty, or None where its kind may never report.

    `has_status` is whether the kind has a status, or None where that is not known.
    """
    if has_status is not None or never_reports(group_kind(body)):
        return None
    return Health("Progressing", "has no status: its controller has not reported yet, or its kind never does")


def never_reports(kind: GroupKind) -> bool:
    """Return whether objects of a kind are known to have no status."""
    return not {kind[1], "*"}.isdisjoint(silent_kinds().get(kind[0], ()))


def speaking(bodies: Iterable[Tree]) -> frozenset[GroupKind]:
    """Return the kinds of which some object has a status, so that the silence of another one is no good news."""
    kinds = {group_kind(body) for body in bodies if body.get("status")}
    return frozenset(kind for kind in kinds if not never_reports(kind))


def reporting(bodies: Iterable[Tree]) -> dict[GroupKind, bool]:
    """Return, for each kind that a CustomResourceDefinition among the objects defines, whether it has a status."""
    definitions = (body for body in bodies if body.get("kind") == "CustomResourceDefinition")
    return {_defined(body): _declares_a_status(body) for body in definitions}


def _defined(definition: Tree) -> GroupKind:
    spec = get(definition, ("spec",))
    return str(get(spec, ("group",), "")), str(get(spec, ("names", "kind"), ""))


def _declares_a_status(definition: Tree) -> bool:
    versions = get(definition, ("spec", "versions"))
    found = versions if isinstance(versions, list) else []
    return any(get(version, ("subresources", "status")) is not None for version in found)


def paused(body: Tree, found: Health | None) -> Health | None:
    """Return Suspended for an object that is paused and not in trouble, else the health that its status tells of."""
    if found and found.word in ("Degraded", "Missing", "Suspended"):
        return found
    spec = get(body, ("spec",))
    name = next((name for name, value in spec.items() if _pauses(name, value)), "") if isinstance(spec, dict) else ""
    return Health("Suspended", f"spec.{name} is true") if name else found


def _pauses(name: Any, value: Any) -> bool:
    return value is True and PAUSED.search(str(name).lower()) is not None


def tells_something(value: Any, depth: int = 0) -> bool:
    """Return whether a value, or anything in it, is neither empty nor null."""
    if isinstance(value, dict | list) and depth < MAX_DEPTH:
        inner = value.values() if isinstance(value, dict) else value
        return any(tells_something(each, depth + 1) for each in inner)
    return value not in (None, "")
