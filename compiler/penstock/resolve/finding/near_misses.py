"""Hints about what was probably meant by a selector that matches nothing."""

from collections.abc import Iterable, Mapping

from penstock.model import Resource
from penstock.words import Nearest, shortened, some_of

MAX_NAMES = 5
"""The number of names that a hint lists."""


def no_such_kind(resources: Iterable[Resource], kind: str, nearest: Nearest) -> str:
    """Return a hint about a kind that no object has."""
    meant = nearest.to(kind, dict.fromkeys(resource.id.kind for resource in resources))
    return f"there is no {kind} here; did you mean {meant}?" if meant else f"there is no {kind} here"


def near(resources: Iterable[Resource], selector: Mapping[str, str], nearest: Nearest) -> str:
    """Return a hint with the names of objects that have the kind of the selector."""
    if not nearest.may_search:
        return ""
    group, _, version = selector.get("group", "").partition("/")
    if version:
        return f"a group has no version: write `group: {shortened(group)}` and `version: {shortened(version)}`"
    kind = selector.get("kind", "")
    names = sorted({r.id.name for r in resources if kind in ("", r.id.kind)})
    if not names:
        return no_such_kind(resources, kind, nearest) if kind else "there are no objects here"
    name = selector.get("name", "")
    if name in names:
        return f"{shortened(name)} is there, but the other fields do not select it"
    meant = nearest.to(name, names)
    if meant:
        return f"did you mean {meant}?"
    return f"there are: {some_of(names, MAX_NAMES)}"
