"""The value of a field after a replacement has copied a value to it.

Kustomize copies the text of a scalar and keeps the type of the field; at the end it refuses a text that does not fit
this type. A field that Kustomize has made or rewritten before has no type: a text that looks like a number becomes a
number there.
"""

from collections.abc import Iterable, Iterator, Mapping, Set

from penstock.model import Copied, Origin, Pointer, Rearranged, Resource, Unfit, Untyped
from penstock.records import NamedTuple
from penstock.resolve.finding.field_paths import LIST, MAPPING, SCALAR
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import (
    copy_at,
    forget_type,
    has_quotes,
    has_type_in_quotes,
    is_date,
    is_untyped,
    note_untyped,
    text_at,
    text_of,
)
from penstock.scalar import NULL_TAG, Tagged, is_timestamp, may_be_date, resource_scalar
from penstock.tree import MISSING, get, is_json, leaves, origin_of, writes_below
from penstock.typed import Any, TypeVar

TEXT, DATE, NOTHING, BOOLEAN, INTEGER, FRACTION = "text", "a date", "null", "a boolean", "an integer", "a number"

PAIRS_OF_NOTES = 8
"""How many pairs of notes cost as much as one value: the writer of each note is looked up among those of the others."""

ENTRIES_OF_LOG = 8
"""How many entries of a write log cost as much as one value to look at."""

PER_NOTE = 16
"""How many values a note costs that is copied. A copy of a mapping shares its values with the mapping, and no notes."""

_Note = TypeVar("_Note", Untyped, Unfit, Copied)


class Notes(NamedTuple):
    """The notes about scalars that replacements and transformers wrote (`Spelling`)."""

    untyped: tuple[Untyped, ...] = ()
    unfit: tuple[Unfit, ...] = ()
    copied: tuple[Copied, ...] = ()
    styleless: Set[Pointer] = frozenset()
    copied_whole: Set[tuple[Pointer, Origin]] = frozenset()
    writers: tuple[tuple[Pointer, Origin | Rearranged], ...] = ()
    """What has written inside of the value, oldest first: the origin of the whole does not lead there."""

    @property
    def cost(self) -> int:
        """What it takes from the budget to read and copy these notes, in values."""
        return len(self.untyped) ** 2 // PAIRS_OF_NOTES + PER_NOTE * self.number

    @property
    def number(self) -> int:
        return sum(map(len, self))


class Value(NamedTuple):
    """A value to copy: its tree, its text if it is a scalar, and the place where it was written."""

    tree: Any
    text: str
    origin: Origin
    type: str = ""
    """The type that a scalar has for Kustomize; empty where it has none, such as a scalar in the replacement itself."""
    inside: Notes = Notes()
    """The notes about the scalars inside a mapping or list, with places relative to it."""
    cost: int = 0
    """What it takes from the budget to read the value, in values."""

    @property
    def kind(self) -> str:
        return MAPPING if self.tree.__class__ is dict else LIST if self.tree.__class__ is list else SCALAR

    @property
    def is_untyped(self) -> bool:
        return self.kind == SCALAR and not self.type


class Copy(NamedTuple):
    """A value that is being copied to a field: the options of the target, its path, and the place where that path is
    written.
    """

    value: Value
    options: Mapping[str, Any]
    path: str
    where: Origin

    @property
    def created(self) -> str:
        """The kind of value that is made where the field is missing; empty where nothing is made."""
        return self.value.kind if self.options.get("create") else ""


def value_at(level: Level, resource: Resource, whole: Any, at: Pointer) -> Value:
    """Return the value that a replacement copies from a place of `whole`, which is the object with or without
    Kustomize's notes.

    Raises `Conflict` where Kustomize treats the value as missing.
    """
    tree = get(whole, at)
    if tree.__class__ is Tagged and tree.is_null:
        raise Conflict("there is nothing at this path: it has the tag !!null")
    value = Value(tree, text_of(level, resource, at, tree), origin_of(resource, at))
    if value.kind != SCALAR:
        writes, looked_at = writes_below(resource, at)
        inside = _notes_below(resource, at, writes)
        inside = inside._replace(copied=(*inside.copied, *_notes_of_json(resource, at, tree)))
        cost = inside.cost + _notes_of(resource).number // PAIRS_OF_NOTES + looked_at // ENTRIES_OF_LOG
        return value._replace(inside=inside, cost=cost)
    # A renamed name has no type either, but keeps its quotes, which make it text wherever it is copied as a node.
    is_bare_name = _is_name_without_type(resource, at) and not has_quotes(level, resource, at)
    if is_bare_name or is_untyped(level, resource, at):
        return value
    return value._replace(type=type_of(level, resource, at, tree))


def _notes_below(resource: Resource, at: Pointer, writes: Iterable[tuple[Pointer, Origin | Rearranged]]) -> Notes:
    depth, (untyped, unfit, copied, styleless, whole, _) = len(at), _notes_of(resource)
    return Notes(
        _below(untyped, at),
        _below(unfit, at),
        _below(copied, at),
        frozenset(place[depth:] for place in styleless if place[:depth] == at),
        frozenset((place[depth:], origin) for place, origin in whole if place[:depth] == at),
        (
            *writes,
            *((note.at[depth:], origin_of(resource, note.at)) for note in untyped if note.at[:depth] == at),
        ),
    )


def _notes_of_json(resource: Resource, at: Pointer, tree: Any) -> Iterator[Copied]:
    """Yield notes about scalars below a place that have been through JSON, which the origin of a copy does not tell:
    nulls are spelled out, and dates are texts.
    """
    if resource.spelling.through_json:
        for below, value in leaves(tree):
            is_text = value.__class__ is str and may_be_date(value)
            if (is_text or value is None) and is_json(resource, at + below):
                yield Copied(below, value, value if is_text else "null", is_text=is_text)


def _below(notes: Iterable[_Note], at: Pointer) -> tuple[_Note, ...]:
    """Return the notes about places below `at`, relative to `at`."""
    return tuple(note._replace(at=note.at[len(at) :]) for note in notes if note.at[: len(at)] == at)


def _notes_of(resource: Resource) -> Notes:
    spelling = resource.spelling
    return Notes(spelling.untyped, spelling.unfit, spelling.copied, spelling.styleless, spelling.copied_whole)


def _take_notes(resource: Resource, at: Pointer, inside: Notes) -> None:
    """Take over the notes about the inside of a mapping or list, which is copied exactly as it is at its source."""
    if inside == Notes():
        return
    own = _notes_of(resource)
    resource.spelling = resource.spelling._replace(
        untyped=(*own.untyped, *(note._replace(at=at + note.at) for note in inside.untyped)),
        unfit=(*own.unfit, *(note._replace(at=at + note.at) for note in inside.unfit)),
        copied=(*own.copied, *(note._replace(at=at + note.at) for note in inside.copied)),
        styleless=own.styleless | {at + place for place in inside.styleless},
        copied_whole=resource.spelling.copied_whole | {(at + place, origin) for place, origin in inside.copied_whole},
    )


def copied(level: Level, resource: Resource, body: Any, at: Pointer, copy: Copy) -> Any:
    """Return the value to write to a place of `body`, the resource's body with everything that was made on the way
    there.

    Raises `Conflict` where the value cannot be copied there.
    """
    value, is_piece = copy.value, bool(copy.options.get("delimiter"))
    old = get(body, at, MISSING)
    if isinstance(old, Tagged) and old.content is not None:
        old = old.content
    # Kustomize replaces a mapping or a list by the node of the source; only into a scalar does it copy text.
    if isinstance(old, dict | list) or (old is MISSING and value.kind != SCALAR):
        if is_piece:
            raise Conflict("`delimiter` needs a scalar")
        return _as_a_whole(level, resource, at, copy)
    written = value.text
    if is_piece:
        before = "" if old is MISSING else text_of(level, resource, at, old)
        written = with_piece(before, written, copy.options)
    # The new node has no style of its own: Kustomize decides on its quotes when it prints.
    if old is MISSING:
        resource.spelling = resource.spelling._replace(styleless=resource.spelling.styleless | {at})
    if old is MISSING or is_untyped(level, resource, at):
        note_untyped(resource, at, written)
        return written
    if _is_name_without_type(resource, at):
        forget_type(level, resource, at, written)
        return written
    # Kustomize copies the text and keeps the type of the field, which then decides how the text is read.
    kind = type_of(level, resource, at, old)
    if isinstance(old, Tagged) and kind != NOTHING:
        return Tagged(written, old.tag, old.is_plain)
    if kind == TEXT and (hidden := _type_in_quotes(resource, at, old)):
        return _in_quotes(resource, at, written, hidden, copy)
    return _with_type(level, resource, at, written, kind, copy)


def _as_a_whole(level: Level, resource: Resource, at: Pointer, copy: Copy) -> Any:
    """Return the value with its own type, since the place has no type for it."""
    value = copy.value
    _take_notes(resource, at, value.inside)
    if value.is_untyped:
        note_untyped(resource, at, value.text)
        return value.text
    if value.kind != SCALAR:
        whole = resource.spelling.copied_whole | {(at, value.origin)}
        resource.spelling = resource.spelling._replace(copied_whole=whole)
    is_whole = value.kind != SCALAR or isinstance(value.tree, Tagged)
    return value.tree if is_whole else _with_type(level, resource, at, value.text, value.type, copy)


def _is_name_without_type(resource: Resource, at: Pointer) -> bool:
    """Return whether a place holds a name or namespace that Kustomize has rewritten."""
    if at == ("metadata", "name"):
        lineage = resource.lineage
        is_affixed = bool(lineage.prefixes or lineage.suffixes) and not is_json(resource, at)
        return is_affixed or bool(resource.spelling.merged)
    return at == ("metadata", "namespace") and bool(resource.spelling.merged)


def _with_type(level: Level, resource: Resource, at: Pointer, written: str, kind: str, copy: Copy) -> Any:
    """Return the value that a text has in a field of the type `kind`; the text itself, with a note, where it does not
    fit.
    """
    read: Any = written if kind == TEXT else resource_scalar(written)
    # Kustomize reads an integer as a fraction only where it has 64 bits with a sign.
    if kind == FRACTION and read.__class__ is int and read < 2**63:
        read = float(read)
    # The tag of the field does not fit this text. Kustomize fails if it has to print that.
    if kind != TEXT and (not is_timestamp(written) if kind == DATE else _type(read) != kind):
        note_unfit(resource, at, written, kind, copy)
        return _tagged_null(level, written) if kind == NOTHING else written
    # A number is printed as the source spells it, which the value alone does not tell.
    is_told = kind == TEXT or text_at(level, copy.value.origin, read) == written
    is_odd = kind == TEXT and (is_timestamp(written) or copy.value.origin in resource.spelling.in_quotes)
    if not is_told or is_odd:
        note = Copied(at, read, written, is_text=kind == TEXT)
        resource.spelling = resource.spelling._replace(copied=(*resource.spelling.copied, note))
    return read


def _tagged_null(level: Level, written: str) -> Tagged:
    """Return a text that stands in the place of a null and is one for Kustomize until it prints the object."""
    level.spellings.is_unsettled = True
    return Tagged(written, NULL_TAG, is_plain=True)


def type_of(level: Level, resource: Resource, at: Pointer, value: Any) -> str:
    """Return the type that a field has for Kustomize. A field with a text that does not fit keeps its type."""
    for unfit in reversed(resource.spelling.unfit):
        if unfit.at == at and unfit.text == value:
            return unfit.type
    if isinstance(value, str):
        return DATE if is_date(level, resource, at, value) else TEXT
    return _type(value)


def _type(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return BOOLEAN
    return {int: INTEGER, float: FRACTION}.get(type(value), TEXT)


def _type_in_quotes(resource: Resource, at: Pointer, value: str) -> str:
    """Return the type of a number, boolean or date that a strategic merge patch has set over a string in quotes; empty
    for any other text.

    Kustomize keeps both the quotes and the type, and so prints text, but refuses a text that has another type.
    """
    note = copy_at(resource, at, value)
    if note is not None:
        return note.hidden
    if not has_type_in_quotes(resource, at, value):
        return ""
    return DATE if is_timestamp(value) else _type(resource_scalar(value))


def _fits(written: str, kind: str) -> bool:
    return is_timestamp(written) if kind == DATE else _type(resource_scalar(written)) == kind


def _in_quotes(resource: Resource, at: Pointer, written: str, kind: str, copy: Copy) -> str:
    """Return a text that stands in quotes and has a type all the same, with a note of it."""
    if not _fits(written, kind):
        note_unfit(resource, at, written, kind, copy)
        return written
    note = Copied(at, written, written, is_text=True, hidden=kind)
    resource.spelling = resource.spelling._replace(copied=(*resource.spelling.copied, note))
    return written


def note_unfit(resource: Resource, at: Pointer, written: str, kind: str, copy: Copy) -> None:
    """Note that Kustomize refuses to print the object if this text is still there at the end.

    The message does not show the text, as it may come from a Secret.
    """
    is_too_large = kind == FRACTION and _type(resource_scalar(written)) == INTEGER
    found = "an integer of more than 63 bits" if is_too_large else "none"
    message = f"{resource.id}: {copy.path}: the field holds {kind}, and the value that is copied is {found}"
    unfit = Unfit(at, written, kind, message, copy.where)
    resource.spelling = resource.spelling._replace(unfit=(*resource.spelling.unfit, unfit))


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
