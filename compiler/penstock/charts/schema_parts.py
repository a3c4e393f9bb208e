"""The schemas inside a schema: by keywords, and by references into places where no keyword holds schemas. Each must
have the shape that its draft demands.
"""

from collections.abc import Iterator
from urllib.parse import unquote, urljoin

from penstock.charts.schema_shape import OLDEST, draft_of, holders, keywords, wrong_with
from penstock.records import NamedTuple
from penstock.typed import Any

HERE = "file:///values.schema.json"
"""The base of the references in a schema, as in Helm."""

SIBLINGS = 2019
"""The first draft in which the keywords beside a `$ref` count."""

STORES = frozenset(("$defs", "definitions", "contentSchema"))
"""Keywords whose schemas count only where a reference leads to them."""

BRANCHES = frozenset(("then", "else"))
"""Keywords that count only beside `if`."""

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
ANCHORS = ("$anchor", "$dynamicAnchor")
MARKS = frozenset((*REFERENCES, *ANCHORS, "$schema", "$id", "id"))
"""Keywords that say how a schema is read, or what it is called."""

LONG = 10
"""Digits that no index of a list has."""


def misshapen(schema: Any) -> str | None:
    """Return what is wrong with a schema, or None if it is valid. It must be acyclic, as all that is parsed from JSON
    is.
    """
    parts = Parts(schema)
    return next(filter(None, map(_wrong, parts.walk())), None) or next(parts.misled(), None)


def references(schema: Any) -> Iterator[str]:
    """Yield each `$ref` of a valid schema and of the schemas in it."""
    for part, _, _ in Parts(schema).walk():
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            yield part["$ref"]


def is_of_own_draft(schema: Any) -> bool:
    """Return whether a part of a schema follows the draft that it names: only a part with an id does, which is spelled
    as in that draft.
    """
    named = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
    return named and bool(_address(schema, draft_of(schema)))


class Reading(NamedTuple):
    """How a schema is read: by which draft, and what its references are relative to.

    `owner` is the outermost schema that counts as soon as a reference leads there: one that is only stored, by its
    identity, or 0 for the whole.
    """

    draft: int
    base: str
    owner: int = 0


Part = tuple[Any, str, Reading]
"""A schema with its path, and how it is read. It is a plain tuple, since there are many."""


class Reference(NamedTuple):
    """A reference, with its path, and what it is relative to."""

    to: str
    at: str
    base: str


NEVER = -1
"""The owner of schemas that do not count."""


class Parts:
    """A walk over a schema and the schemas in it."""

    def __init__(self, schema: Any) -> None:
        self._root: Part = (schema, "", Reading(draft_of(schema), HERE))
        self._resources = {HERE: self._root}
        self._anchors: dict[str, Part] = {}
        self._references: dict[int, list[Reference]] = {}
        self._readings: dict[int, Reading] = {}

    def walk(self, top: Part | None = None) -> Iterator[Part]:
        """Yield a schema and all schemas in it by keywords. What a schema holds comes after it."""
        waiting = [top or self._root]
        while waiting:
            part = waiting.pop()
            schema = part[0]
            if not isinstance(schema, dict):
                yield part
            elif id(schema) not in self._readings:
                part = part if MARKS.isdisjoint(schema) else self._marked(*part)
                self._readings[id(schema)] = part[2]
                yield part
                waiting += _held(*part)

    def _marked(self, schema: dict[str, Any], at: str, outer: Reading) -> Part:
        """Return a part read as its marks say, and remember what references say of it, and it of others."""
        reading = _entered(schema, outer)
        part = (schema, at, reading)
        if _address(schema, reading.draft):
            self._resources.setdefault(reading.base, part)
        self._anchors.update((f"{reading.base}#{name}", part) for name in _names(schema, reading.draft))
        known = keywords(reading.draft)
        for name in REFERENCES:
            if name in known and isinstance(schema.get(name), str):
                reference = Reference(schema[name], f"{at}/{name}", reading.base)
                self._references.setdefault(reading.owner, []).append(reference)
        return part

    def misled(self) -> Iterator[str]:
        """Yield what is wrong with the references that count, and with the schemas that only they see. The walk by
        keywords comes before this.
        """
        owners = [0]
        while owners:
            for reference in self._references.pop(owners.pop(), ()):
                try:
                    target = self._target(reference)
                except LookupError:
                    yield f"at '{reference.at}': '{reference.to}' leads to no schema"
                    continue
                if target is not None:
                    yield from filter(None, map(_wrong, self.walk(target)))
                    owners.append(self._readings.get(id(target[0]), target[2]).owner)

    def _target(self, reference: Reference) -> Part | None:
        """Return what a reference leads to, or None where that is elsewhere. Raises `LookupError` if it is nowhere."""
        address, _, fragment = _joined(reference.base, reference.to).partition("#")
        fragment = unquote(fragment)
        if address not in self._resources:
            return None
        if not fragment or fragment.startswith("/"):
            return self._pointed(self._resources[address], fragment)
        return self._anchors[f"{address}#{fragment}"]

    def _pointed(self, resource: Part, pointer: str) -> Part:
        """Return the part of a resource at a pointer. Raises `LookupError` if there is none. A draft and an id on the
        way count where a keyword holds that schema.
        """
        schema, at, reading = resource
        for step in pointer.split("/")[1:]:
            schema = _step(schema, step.replace("~1", "/").replace("~0", "~"))
            at = f"{at}/{step}"
            reading = self._readings.get(id(schema), reading)
        return schema, at, reading._replace(owner=id(schema))


def _wrong(part: Part) -> str | None:
    schema, at, reading = part
    return wrong_with(schema, reading.draft, at)


def _held(schema: dict[str, Any], at: str, reading: Reading) -> Iterator[Part]:
    """Yield the schemas that the keywords of a schema hold."""
    holding = holders(reading.draft)
    is_cut = reading.draft < SIBLINGS and "$ref" in schema
    for name, value in schema.items():
        if name in STORES and name in holding:
            yield from ((each, f"{at}/{name}{step}", _stored(each, reading)) for step, each in holding[name](value))
        elif name in holding:
            is_never = is_cut or (name in BRANCHES and "if" not in schema)
            inner = reading._replace(owner=NEVER) if is_never else reading
            yield from ((each, f"{at}/{name}{step}", inner) for step, each in holding[name](value))


def _stored(schema: Any, reading: Reading) -> Reading:
    return reading._replace(owner=id(schema))


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value[step]
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < LONG:
        return value[int(step)]
    raise LookupError


def _entered(schema: dict[str, Any], reading: Reading) -> Reading:
    """Return how a schema is read that stands in one which is read so."""
    draft = draft_of(schema) if is_of_own_draft(schema) else reading.draft
    address = _address(schema, draft)
    return reading._replace(draft=draft, base=_joined(reading.base, address) if address else reading.base)


def _joined(base: str, reference: str) -> str:
    """Return the address of a reference, or "" where it is none."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def _own_id(schema: dict[str, Any], draft: int) -> str:
    """Return the id of a schema, or "" if it has none. Beside a reference it does not count in older drafts."""
    if draft < SIBLINGS and "$ref" in schema:
        return ""
    own = schema.get("id" if draft == OLDEST else "$id")
    return own if isinstance(own, str) else ""


def _address(schema: dict[str, Any], draft: int) -> str:
    return _own_id(schema, draft).partition("#")[0]


def _names(schema: dict[str, Any], draft: int) -> Iterator[str]:
    """Yield the names by which references may call a schema."""
    old = (_own_id(schema, draft).partition("#")[2],)
    names = old if draft < SIBLINGS else tuple(map(schema.get, ANCHORS))
    yield from (name for name in names if isinstance(name, str) and name)
