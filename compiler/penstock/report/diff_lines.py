"""Changes as lines with a sign. Every format of a difference is made of these lines."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from penstock.changes import Change, Element, Field, Group, shown
from penstock.model import Pos
from penstock.records import NamedTuple
from penstock.report.diff_texts import MANY, differing_lines, excerpts, indented, is_of_lines
from penstock.tree import MISSING

MAX_LINES = 60
"""Lines of one object or text that are shown."""

MAX_WIDTH = 500
"""Characters of a line that are shown."""

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


class Writing(NamedTuple):
    """How values are written: as YAML, and without what must not be shown."""

    dump: Callable[[Any], str]
    hide: Callable[[str], str] = str


class Line(NamedTuple):
    """A line of a difference. `sign` is `+`, `-`, `~` for a value that changes, or a space. `place` is where the new
    value is written.
    """

    sign: str
    text: str
    place: Pos | None = None


def title(group: Group) -> str:
    """Return the object of a group, such as `Deployment.apps/shop`. The namespace is left out if environments differ in
    it.
    """
    identity = group.change.id
    name = str(identity if len(group.environments) == 1 else identity._replace(namespace=""))
    return f"{name} (was {group.change.renamed})" if group.change.renamed else name


def in_environments(group: Group, total: int) -> str:
    """Return the environments of a group, such as `prod` or `37 of 40 environments`."""
    if len(group.environments) <= 3:
        return ", ".join(group.environments)
    return f"{len(group.environments)} of {total} environments"


def lines(group: Group, writing: Writing) -> list[Line]:
    """Return the lines that say what changes in the object of a group."""
    change = group.change
    if change.action == "changed":
        found = [
            line
            for field, place in zip(change.fields, group.places, strict=True)
            for line in _field(field, place, writing)
        ]
    else:
        found = _whole(change, group.places, writing)
    return [line._replace(text=_narrowed(writing.hide(line.text))) for line in found]


def _narrowed(text: str) -> str:
    """A line of bounded length, with a count of what is left. Nothing is cut before what is secret is hidden in it."""
    left = len(text) - MAX_WIDTH
    return f"{text[:MAX_WIDTH]}… and {left:,} more characters" if left > 0 else text


def _whole(change: Change, places: Sequence[Pos], writing: Writing) -> list[Line]:
    sign = SIGNS[change.action]
    text = writing.dump(change.whole)
    place = places[0] if places else None
    if change.id.kind == "CustomResourceDefinition":
        return [Line(sign, f"a definition of {text.count(chr(10)):,} lines", place)]
    return _cut([Line(sign, line) for line in text.splitlines()], place)


def _cut(found: list[Line], place: Pos | None) -> list[Line]:
    """The first lines, with a count of what is left, and the place at the first one."""
    left = len(found) - MAX_LINES
    if left > 1:
        found = [*found[:MAX_LINES], Line(" ", f"… and {left:,} more lines")]
    return [line._replace(place=place) if not number else line for number, line in enumerate(found)]


def _field(field: Field, place: Pos, writing: Writing) -> list[Line]:
    name = shown(field.at) or "the object"
    if field.kind == "moved":
        return [Line("~", f"{name}: in another order: {', '.join(field.before)} → {', '.join(field.after)}", place)]
    if field.kind == "changed":
        if isinstance(field.before, str) and isinstance(field.after, str):
            return _cut([*_texts(name, field.before, field.after, writing)], place)
        if _is_long(field.before) and _is_long(field.after):
            return _cut([*_by_lines(name, writing.dump(field.before), writing.dump(field.after))], place)
        if _is_short(field.before) and _is_short(field.after):
            values = f"{_word(field.before, writing)} → {_word(field.after, writing)}"
            return [Line("~", f"{name}: {values}", place)]
    found = [Line("~", f"{name}:")] if field.kind == "changed" else []
    found += _value("-", field, field.before, writing)
    found += _value("+", field, field.after, writing)
    return _cut(found, place)


def _texts(name: str, before: str, after: str, writing: Writing) -> Iterator[Line]:
    """A text that changes: by lines where it has some, else in one line, or in two below each other."""
    if is_of_lines(before) or is_of_lines(after):
        yield from _by_lines(name, before, after)
    elif (both := indented(before, after)) is not None:
        is_same = both[0] == both[1]
        yield from [Line("~", f"{name}: the same JSON, written otherwise")] if is_same else _by_lines(name, *both)
    elif len(before) + len(after) <= MANY:
        yield Line("~", f"{name}: {_word(before, writing)} → {_word(after, writing)}")
    else:
        old, new = excerpts(*(writing.hide(_word(value, writing)) for value in (before, after)))
        yield from (Line("~", f"{name}:"), Line("-", f"  {old}"), Line("+", f"  {new}"))


def _by_lines(name: str, before: str, after: str) -> Iterator[Line]:
    yield Line("~", f"{name}:")
    yield from (Line(sign, f"  {text}") for sign, text in differing_lines(before, after))


def _value(sign: str, field: Field, value: Any, writing: Writing) -> Iterator[Line]:
    """A value that comes or goes: on the line of its field where it is short, else below."""
    if value is MISSING:
        return
    name = shown(field.at)
    if _is_short(value):
        yield Line(
            sign, f"{name}: {_word(value, writing)}" if field.kind != "changed" else f"  {_word(value, writing)}"
        )
        return
    if field.kind != "changed":
        yield Line(sign, f"{name}:")
    item = "- " if isinstance(field.at[-1] if field.at else "", Element) else "  "
    for number, line in enumerate(writing.dump(value).splitlines()):
        yield Line(sign, f"{item if not number else '  '}{line}")


def _is_long(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _is_short(value: Any) -> bool:
    is_empty = value in ({}, [])
    return is_empty or (not isinstance(value, dict | list) and not (isinstance(value, str) and is_of_lines(value)))


def _word(value: Any, writing: Writing) -> str:
    return "(nothing)" if value is MISSING else writing.dump(value).rstrip("\n")
