"""What stands in a field after a replacement has copied a value there.

Kustomize copies the text of a scalar and keeps the type that the field has; a text that does not fit it refuses, in the
end. A field that it has made, or written anew before, has no type: there, what looks like a number is one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_paths import LIST, MAPPING, SCALAR
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import forget_type, is_date, is_untyped, text_of
from penstock.scalar import Tagged, is_timestamp, resource_scalar
from penstock.tree import MISSING, get, is_json


class Value(NamedTuple):
    """What is copied: its tree, its text where it is a scalar, and where it was written."""

    tree: Any
    text: str
    origin: Origin
    is_given: bool = False
    """Whether the replacement itself has it (`sourceValue`), so that it has no type."""

    @property
    def kind(self) -> str:
        return MAPPING if self.tree.__class__ is dict else LIST if self.tree.__class__ is list else SCALAR


class Copy(NamedTuple):
    """A value on its way into a field: the options of the target, its path, and where that is written."""

    value: Value
    options: Mapping[str, Any]
    path: str
    where: Origin

    @property
    def created(self) -> str:
        """The kind of what is made where the field is not there; empty where nothing is."""
        return self.value.kind if self.options.get("create") else ""


class Unfit(Conflict):
    """A text that its field cannot take."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


def copied(level: Level, resource: Resource, body: Any, at: Pointer, copy: Copy) -> Any:
    """The value for a place of `body`, which is the resource's with what was made on the way there. Raises Conflict."""
    value, options = copy.value, copy.options
    old = get(body, at, MISSING)
    over_container = isinstance(old, dict | list) and value.is_given and not options.get("delimiter")
    if over_container or _is_typeless(resource, at, old, value):
        return _typeless(level, resource, at, value, options)
    if at[:-1] == ("metadata", "annotations") and old is not MISSING and not isinstance(old, dict | list):
        old = text(old)  # which it is in the end
    try:
        _check_fit(resource, at, value)
        _check_date(level, resource, at, value)
        return _typed(old, value, options)
    except Unfit as unfit:
        _note_unfit(resource, at, unfit, copy)
        return unfit.text


def _check_fit(resource: Resource, at: Pointer, value: Value) -> None:
    """What did not fit before does not fit now."""
    for place, unfit, _, _ in resource.spelling.unfit:
        if place == at and get(resource.body, at) == unfit:
            raise Unfit("the field does not hold a text", value.text)


def _check_date(level: Level, resource: Resource, at: Pointer, value: Value) -> None:
    old = get(resource.body, at)
    if isinstance(old, str) and is_date(level, resource, at, old) and not is_timestamp(value.text):
        raise Unfit("the field holds a date", value.text)


def _is_typeless(resource: Resource, at: Pointer, now: Any, value: Value) -> bool:
    """Whether a scalar goes to where Kustomize knows no type: a new field, or one that it has written anew."""
    if isinstance(now, dict | list) or (now is MISSING and value.kind != SCALAR):
        return False
    lineage = resource.lineage
    if at == ("metadata", "name"):
        is_affixed = bool(lineage.prefixes or lineage.suffixes) and not is_json(resource, at)
        return is_affixed or bool(resource.spelling.merged)
    if at == ("metadata", "namespace") and resource.spelling.merged:
        return True
    return now is MISSING or is_untyped(resource, at)


def _typeless(level: Level, resource: Resource, at: Pointer, value: Value, options: Mapping[str, Any]) -> str:
    """The text that is written there."""
    written = value.text
    if options.get("delimiter"):
        written = with_piece(text_of(level, resource, at, get(resource.body, at, "")), written, options)
    forget_type(level, resource, at, written)
    return written


def _note_unfit(resource: Resource, at: Pointer, unfit: Unfit, copy: Copy) -> None:
    """Kustomize refuses the object when it prints it, if the text is still there. The text is not shown: it may come
    out of a Secret.
    """
    message = f"{resource.id}: {copy.path}: {unfit}, and the value that is copied is none"
    spelling = resource.spelling
    resource.spelling = spelling._replace(unfit=(*spelling.unfit, (at, unfit.text, message, copy.where)))


def _typed(old: Any, value: Value, options: Mapping[str, Any]) -> Any:
    """What stands in a field after the copy: a scalar keeps the type that it had."""
    written = value.text
    if options.get("delimiter"):
        if old is MISSING or isinstance(old, dict | list):
            raise Conflict("`delimiter` needs a scalar")
        written = with_piece(text(old), written, options)
    elif old is MISSING or isinstance(old, dict | list):
        return value.tree
    if isinstance(old, str):
        return Tagged(written, old.tag, old.is_plain) if isinstance(old, Tagged) else written
    read = resource_scalar(written)
    if isinstance(old, float) and isinstance(read, int) and not isinstance(read, bool):
        return float(read)
    if type(old) is not type(read):
        raise Unfit(f"the field holds {_type(old)}", written)
    return read


def _type(value: Any) -> str:
    if value is None:
        return "null"
    return "a boolean" if isinstance(value, bool) else "an integer" if isinstance(value, int) else "a number"


def with_piece(old: str, piece: str, options: Mapping[str, Any]) -> str:
    pieces = old.split(options["delimiter"])
    index = options.get("index", 0)
    if index < 0:
        pieces.insert(0, piece)
    elif index >= len(pieces):
        pieces.append(piece)
    else:
        pieces[index] = piece
    return str(options["delimiter"]).join(pieces)
