"""Who has set fields: for people, and as JSON.

spec.replicas: 4
  prod/kustomization.yaml:12:3  replicas: 4
  overrides base/deployment.yaml:8:3  the object itself: 1
"""

from collections.abc import Callable, Iterable, Sequence
from json import dumps
from typing import Any, Protocol

from penstock.changes import At, shown
from penstock.model import Pos, ResourceId, Target
from penstock.records import NamedTuple
from penstock.tree import MISSING
from penstock.words import printable


class Value(Protocol):
    """A value that went into the output of a template, as `explain.Value`."""

    @property
    def place(self) -> Pos: ...
    @property
    def name(self) -> str: ...


class Writer(Protocol):
    """Someone who has written a value, as `explain.Writer`."""

    @property
    def place(self) -> Pos: ...
    @property
    def by(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def values(self) -> Sequence[Value]: ...
    @property
    def is_overridden(self) -> bool: ...


class Explained(Protocol):
    """A field with its writers, as `explain.Explained`."""

    @property
    def at(self) -> At: ...
    @property
    def value(self) -> Any: ...
    @property
    def writers(self) -> Sequence[Writer]: ...


class Object(NamedTuple):
    """An object of a target, and those of its fields that are asked for."""

    target: Target
    id: ResourceId
    fields: Sequence[Explained]


class Line(NamedTuple):
    """A field that a line sets. If there are writers, the first of them overrides it."""

    target: Target
    id: ResourceId
    at: At
    value: Any
    overridden_by: Sequence[Writer]


class Writing(NamedTuple):
    """How values are written, and which of them must not be shown. `place` makes the path of a place relative to the
    user's directory.
    """

    dump: Callable[[Any], str]
    hide: Callable[[str], str]
    is_withheld: Callable[[ResourceId, At, Any], bool]
    place: Callable[[Pos], Pos]


def explain_text(objects: Iterable[Object], writing: Writing, *, is_whole: bool) -> str:
    """Return the fields of each object as text. For a whole object, there is one line for each field, with the writer
    that counts.
    """
    lines: list[str] = []
    for each in objects:
        lines += ["", f"{writing.hide(str(each.id))} of {each.target.name or each.target.path}"]
        for field in each.fields:
            lines += [_in_a_line(each, field, writing)] if is_whole else _chain(each, field, writing)
    return "".join(f"{printable(line)}\n" for line in lines[1:])


def _in_a_line(owner: Object, field: Explained, writing: Writing) -> str:
    writer = field.writers[0]
    number = sum(each.is_overridden for each in field.writers)
    more = f", overrides {number}" if number else ""
    value = _value(owner.id, field.at, field.value, writing).partition("\n")[0]
    by = f"{writer.by}{''.join(f' with {each}' for each in _values(writer, writing)[:1])}"
    return f"  {_name(field.at, writing)}: {value}  ({writing.place(writer.place)}, {by}{more})"


def _chain(owner: Object, field: Explained, writing: Writing) -> list[str]:
    value = _value(owner.id, field.at, field.value, writing).rstrip("\n")
    name = _name(field.at, writing)
    lines = [f"  {name}: {value}" if "\n" not in value else f"  {name}:"]
    lines += [f"    | {line}" for line in value.split("\n")] if "\n" in value else []
    for number, writer in enumerate(field.writers):
        text = f": {writer.text}" if writer.text else ""
        lead = ("overrides " if writer.is_overridden else "with ") if number else ""
        lead = "removed by " if not number and field.value is MISSING else lead
        lines.append(f"    {lead}{writing.place(writer.place)}  {writer.by}{text}")
        lines += (f"      with {each}" for each in _values(writer, writing))
    return lines


def _values(writer: Writer, writing: Writing) -> list[str]:
    return [f"the value {writing.hide(each.name)} of {writing.place(each.place)}" for each in writer.values]


def _name(at: At, writing: Writing) -> str:
    """Return the path of a field. The names of list elements on it may have come out of Secrets, and are hidden
    then.
    """
    return writing.hide(shown(at))


def _value(identity: ResourceId, at: At, value: Any, writing: Writing) -> str:
    if value is MISSING:
        return "(not there)"
    if writing.is_withheld(identity, at, value):
        return "(withheld)"
    return writing.hide(writing.dump(value).rstrip("\n"))


def line_text(asked: str, found: Sequence[Line], writing: Writing) -> str:
    """Return what a line sets, as text."""
    if not found:
        return f"{printable(asked)} sets no field of any object\n"
    lines = [f"{asked} sets {len(found)} field{'' if len(found) == 1 else 's'}"]
    for each in found:
        value = _value(each.id, each.at, each.value, writing).partition("\n")[0]
        owner = f"{each.target.name or each.target.path}  {writing.hide(str(each.id))}"
        lines.append(f"  {owner}  {_name(each.at, writing)}: {value}")
        if each.overridden_by:
            winner = each.overridden_by[0]
            lines.append(f"    overridden by {writing.place(winner.place)}  {winner.by}")
    return "".join(f"{printable(line)}\n" for line in lines)


def explain_json(objects: Iterable[Object], writing: Writing) -> str:
    """Return the report as an indented JSON document. Keys are never renamed or removed; new ones may come."""
    found = [
        {**_owner(each.target, each.id, writing), "fields": [_field(each.id, field, writing) for field in each.fields]}
        for each in objects
    ]
    return dumps({"apiVersion": "penstock.dev/v1", "kind": "Explanation", "objects": found}, indent=2) + "\n"


def line_json(asked: str, found: Iterable[Line], writing: Writing) -> str:
    """Return what a line sets, as a JSON document."""
    fields = [
        {
            **_owner(each.target, each.id, writing),
            "field": _name(each.at, writing),
            **_shown_value(each.id, each.at, each.value, writing),
            "overriddenBy": [_writer(writer, writing) for writer in each.overridden_by],
        }
        for each in found
    ]
    document = {"apiVersion": "penstock.dev/v1", "kind": "LineExplanation", "line": asked, "fields": fields}
    return dumps(document, indent=2) + "\n"


def _owner(target: Target, identity: ResourceId, writing: Writing) -> dict[str, Any]:
    named = {part: writing.hide(text) for part, text in identity._asdict().items()}
    return {"target": target.path, "environment": target.environment, "object": named}


def _field(identity: ResourceId, field: Explained, writing: Writing) -> dict[str, Any]:
    return {
        "field": _name(field.at, writing),
        **_shown_value(identity, field.at, field.value, writing),
        "writers": [_writer(writer, writing) for writer in field.writers],
    }


def _shown_value(identity: ResourceId, at: At, value: Any, writing: Writing) -> dict[str, Any]:
    """Return the value as it is, or as a text if something of it must not be shown."""
    if value is MISSING:
        return {}
    text = _value(identity, at, value, writing)
    return {"value": value if text == writing.dump(value).rstrip("\n") else text}


def _writer(writer: Writer, writing: Writing) -> dict[str, Any]:
    found = {**_place(writer.place, writing), "by": writer.by, "text": writer.text, "overridden": writer.is_overridden}
    values = [{"name": writing.hide(each.name), **_place(each.place, writing)} for each in writer.values]
    return {**found, **({"values": values} if values else {})}


def _place(place: Pos, writing: Writing) -> dict[str, Any]:
    where = writing.place(place)
    return {"path": where.path, "line": where.line, "column": where.col}
