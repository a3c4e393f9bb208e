"""Replacements whose path leads into a string that is itself YAML or JSON. Kustomize prints such a string anew from the
tree that it has parsed.
"""

from collections.abc import Mapping
from functools import partial

from penstock.budget import PER_VALUE
from penstock.model import Origin, Resource
from penstock.resolve.finding.field_paths import SCALAR, Found, Read, look_up, matches
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.level import Level
from penstock.resolve.replacing.copied_values import DATE, Copy, Value, note_unfit, type_of, with_piece
from penstock.resolve.replacing.json_text import JsonTexts, as_json
from penstock.scalar import NO_TAG, Tagged, is_timestamp
from penstock.tree import MISSING, get, origin_of, put, with_value
from penstock.typed import Any
from penstock.unsettled import is_null
from penstock.words import dotted

MAX_CHARACTERS = 1_100_000
"""A little more than a ConfigMap can hold in a cluster. The text is parsed and printed again for each path."""

COST_OF_A_SIGN = 25
"""The cost, in values of the budget, of each value, line or comment of a text that is parsed and printed again, which
is slow.
"""

SIGNS = (":", ",", "\n", "[", "{", "#", "- ", "?")
"""The signs beside which there is one."""


_EMPTIED = {dict: "{}", list: "[]", str: ""}
"""The remaining text of a scalar in which a path with two dots in a row makes a field, by the class of the value
made.
"""


def copy_inside(level: Level, resource: Resource, parts: list[str], copy: Copy) -> bool:
    """Copy a value to a path that leads into a string which is itself JSON or YAML.

    Return False where there is no such string, or where the path does not fit its content.
    """
    # The path does not say where the outer object ends, so each beginning of it is tried.
    for depth in range(1, len(parts)):
        try:
            at = look_up(resource.body, parts[:depth])
        except Conflict:
            return False
        # Where a beginning leads nowhere, no longer one leads anywhere.
        if at is None:
            return False
        holder = get(resource.body, at)
        if not isinstance(holder, str) or not holder.strip():
            continue
        inside = origin_of(resource, at)
        new = _changed_text(level, holder, inside, parts[depth:], copy)
        if new is None:
            return False
        kind = type_of(level, resource, at, holder)
        put(resource, at, *new)
        if kind == DATE and not is_timestamp(new[0]):
            note_unfit(resource, at, new[0], kind, copy)
        return True
    return False


def _cost_of_printing(text: str) -> int:
    return COST_OF_A_SIGN * sum(map(text.count, SIGNS)) + len(text) // 2


def _changed_text(level: Level, holder: str, inside: Origin, parts: list[str], copy: Copy) -> tuple[str, Origin] | None:
    """Return the text with the value copied into it, and the origin of the text; None where the path does not fit."""
    read = reader(level)
    # A text may be long and read by many entries, so reading it counts against the bound, and parsing it much more.
    level.spend("values", len(holder) // PER_VALUE, copy.where)
    # Many entries often change one text after the other: it is not parsed again each time.
    quick = _changed_string(level, holder, parts, copy)
    if quick is not None:
        return quick, copy.value.origin
    level.spend("values", _cost_of_printing(holder), copy.where)
    try:
        tree = read(holder)
        found = None if tree is MISSING else matches(tree, parts, copy.created, read)
        if found is None or not (found.places or found.lost):
            return None
        # The path made something where a single scalar stood.
        if found.tree is not tree and not _is_container(tree):
            report_lost(level, found, copy, "two dots in a row lead to nothing, and the text that stood there is lost")
            return _EMPTIED[found.tree.__class__], copy.where
        report_lost(level, found, copy, "the path goes on inside a text in this text")
        change = partial(_for_text, value=copy.value, options=copy.options)
        new = level.spellings.reprinted(holder, found.tree, found.places, change, copy.value.origin)
    except Conflict:
        return None
    origin = copy.value.origin if found.places else inside
    if new is None:
        return None
    # A text that was YAML stays as it was printed; one that was JSON becomes JSON again.
    if holder.strip()[0] not in "{[":
        return new, origin
    try:
        held = level.spellings.read_back(new, inside)
        new = as_json(held, _line_of(holder))
        _texts(level).keep(new, held)
        return new, origin
    except Conflict as conflict:
        _warn_of_loss(level, str(conflict), copy.where)
        return holder, inside


def _is_container(tree: Any) -> bool:
    return isinstance(tree, dict | list) or (tree.__class__ is Tagged and tree.content is not None)


def _changed_string(level: Level, holder: str, parts: list[str], copy: Copy) -> str | None:
    """Return the text with some of its strings changed, if it is JSON that was printed just before; None where it must
    be parsed.
    """
    texts = _texts(level)
    tree = texts.tree(holder)
    if tree is MISSING or copy.value.kind != SCALAR:
        return None
    found = matches(tree, parts, "", lambda text: MISSING)
    olds = [get(tree, at) for at in found.places]
    if not olds or found.lost or not all(old.__class__ is str for old in olds):
        return None
    changes = []
    for at, old in zip(found.places, olds, strict=True):
        new = _for_text(old, copy.value, copy.options)
        # JSON escapes these, and how it does so is left to the printer.
        if not new.isprintable():
            return None
        tree = with_value(tree, at, new)
        changes.append((at[-1], old, new))
    return texts.changed(holder, tree, _line_of(holder), changes)


def _texts(level: Level) -> JsonTexts:
    texts: JsonTexts = level.run.memo.setdefault(JsonTexts, JsonTexts())
    return texts


def _line_of(holder: str) -> str:
    """Return the beginning of each line of the JSON that replaces a text; empty if it goes on one line."""
    return "\n" if "\n" in holder and "  " in holder else ""


def reader(level: Level) -> Read:
    """Return a function that parses the YAML in a text and raises `Conflict` for a text that is too long."""

    def read(text: str) -> Any:
        if len(text) > MAX_CHARACTERS:
            raise Conflict(
                f"a replacement goes into a text of at most {MAX_CHARACTERS:,} characters",
                hint="shorten the text, or split it",
            )
        return level.spellings.written_tree(text)

    return read


def report_lost(level: Level, found: Found, copy: Copy, why: str, hint: str = "") -> None:
    """Warn that a value copied into a null or a text is lost. Raises `Conflict` where Kustomize refuses to write it."""
    if not found.lost:
        return
    if copy.options.get("delimiter") and any(isinstance(value, dict | list) for _, value in found.lost):
        raise Conflict("`delimiter` needs a scalar")
    at, _ = found.lost[0]
    if is_null(get(found.tree, at)):
        why, hint = f"{dotted(at) or 'the text'} is null and stays so", "write {} or [] there"
    _warn_of_loss(level, why, copy.where, hint)


def _warn_of_loss(level: Level, why: str, where: Origin, hint: str = "") -> None:
    message = f"the value is copied nowhere, and Kustomize does not say so: {why}"
    level.report("PS261", message, where, severity="warning", hint=hint)


def _for_text(old: str | None, value: Value, options: Mapping[str, Any]) -> Any:
    """Return the value to put into a YAML text: for a scalar its text, whose meaning depends on its place, and for
    a container the value itself.
    """
    if not options.get("delimiter"):
        return _whole(value) if old is None else value.text
    if old is None:
        raise Conflict("`delimiter` needs a scalar")
    return with_piece(old, value.text, options)


def _whole(value: Value) -> Any:
    """Return a value that takes the place of a container. A scalar without a type is written as its text."""
    return Tagged(value.text, NO_TAG, is_plain=True) if value.is_untyped else value.tree
