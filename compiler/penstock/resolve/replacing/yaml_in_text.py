"""A replacement whose path goes on inside a string that is itself YAML or JSON: Kustomize prints that string anew, from
what it has read in it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from penstock.model import Origin, Resource
from penstock.resolve.finding.field_paths import look_up, matches
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.level import Level
from penstock.resolve.replacing.copied_values import Copy, Value, with_piece
from penstock.resolve.replacing.json_text import as_json
from penstock.tree import get, origin_of, put

MAX_CHARACTERS = 1_100_000
"""What a ConfigMap can hold in a cluster, and a little more: the text is read and printed for each path anew."""


def copy_inside(level: Level, resource: Resource, parts: list[str], copy: Copy) -> bool:
    """Follow a path on into a string that is itself JSON or YAML; False where there is none, or the path does not
    fit.
    """
    for depth in range(1, len(parts)):
        try:
            at = look_up(resource.body, parts[:depth])
        except Conflict:
            continue
        holder = get(resource.body, at) if at is not None else None
        if at is None or not isinstance(holder, str) or not holder.strip():
            continue
        if len(holder) > MAX_CHARACTERS:
            raise Conflict(f"a replacement goes into a text of at most {MAX_CHARACTERS:,} characters")
        inside = origin_of(resource, at)
        new = _changed_text(level, holder, inside, parts[depth:], copy)
        if new is None:
            return False
        put(resource, at, *new)
        return True
    return False


def _changed_text(level: Level, holder: str, inside: Origin, parts: list[str], copy: Copy) -> tuple[str, Origin] | None:
    """The text with the value in it, and where that comes from; None where the path does not fit."""
    tree = level.spellings.written_tree(holder)
    try:
        changed, places = matches(tree, parts, copy.created)
        if not places:
            return None
        origin = copy.value.origin
    except Conflict:
        if not _goes_deeper(level, tree, parts, copy.created):
            return None
        _warn_of_loss(level, "the path goes on inside a text in this text", copy.where)
        changed, places, origin = tree, [], inside
    try:
        change = partial(_for_text, value=copy.value, options=copy.options)
        new = level.spellings.reprinted(holder, changed, places, change, copy.value.origin)
    except Conflict:
        return None
    if new is None or holder.strip()[0] not in "{[":
        return None if new is None else (new, origin)
    try:
        line = "\n" if "\n" in holder and "  " in holder else ""
        return as_json(level.spellings.read_back(new, inside), line), origin
    except Conflict as conflict:
        _warn_of_loss(level, str(conflict), copy.where)
        return holder, inside


def _goes_deeper(level: Level, tree: Any, parts: list[str], create: str) -> bool:
    """Whether a path leads into a text inside the text. Kustomize follows it, and then forgets what it has changed."""
    for depth in range(1, len(parts)):
        try:
            at = look_up(tree, parts[:depth])
            inner = get(tree, at) if at is not None else None
            if isinstance(inner, str):
                return bool(matches(level.spellings.written_tree(inner), parts[depth:], create)[1])
        except Conflict:
            return False
    return False


def _warn_of_loss(level: Level, why: str, where: Origin) -> None:
    message = f"the value is copied nowhere, and Kustomize does not say so: {why}"
    level.report("PS261", message, where, severity="warning")


def _for_text(old: str | None, value: Value, options: Mapping[str, Any]) -> Any:
    """What stands in a YAML text after the copy: a text for a scalar, which its place decides the meaning of."""
    if not options.get("delimiter"):
        return value.tree if old is None else value.text
    if old is None:
        raise Conflict("`delimiter` needs a scalar")
    return with_piece(old, value.text, options)
