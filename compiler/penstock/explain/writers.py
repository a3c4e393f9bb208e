"""Who has set a field: the write log of an object as a chain, from the writer that counts down to the source."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.changes import At, Element, shown
from penstock.explain.fields import KEYS, NoField, shown_at
from penstock.model import Embedded, NamedPlaces, Origin, Pointer, Pos, Resource, ResourceId, Target
from penstock.parse.libyaml import MappingNode, ScalarNode
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple
from penstock.removals import Removal, removals
from penstock.tree import MISSING, get, leaves, origin_of, origins_of
from penstock.withheld import OPEN_FIELDS, is_secret_kind
from penstock.words import did_you_mean

A_TEMPLATE = "a template"

DEFINITIONS = ("Application", "ApplicationSet", "HelmRelease", "Kustomization")
"""Kinds whose objects change those that they deploy."""

LONGEST = 200
"""Characters of a text of a source that are shown."""


class Value(NamedTuple):
    """A value of a chart that went into the output of a template: the place where it is set, and its name."""

    place: Pos
    name: str


class Writer(NamedTuple):
    """Someone who has written a value: the place, the field of a kustomization (or what else it was), and the text
    there.

    The text is empty where the source has no plain value, or one that must not be shown.
    """

    place: Pos
    by: str
    text: str
    values: tuple[Value, ...] = ()
    is_overridden: bool = False
    """Whether a newer writer has put another value in its place, and not only added to it."""


class Explained(NamedTuple):
    """A field of an object, with its value and its writers, the one that counts first. The value is MISSING where the
    field was removed.
    """

    at: At
    value: Any
    writers: tuple[Writer, ...]


class Around(NamedTuple):
    """What explains the fields of a target beside their own objects.

    `names` has the objects by what references to them have: their name, from whoever wrote that last. `filled` has the
    variables and parameters of definitions, as `model.Made` has them.
    """

    names: Mapping[tuple[Any, Origin], Resource] = {}
    filled: Mapping[Origin, NamedPlaces] = {}


AFFIXES, IMAGES = ("namePrefix", "nameSuffix"), "images"


def around(project: Project, target: Target, resources: Iterable[Resource]) -> Around:
    names = {(each.id.name, origin_of(each, NAME)): each for each in resources}
    made = project.made.get(target)
    return Around(names, made.filled if made is not None else {})


NAME = ("metadata", "name")


def origins_in_order(project: Project, resource: Resource, at: Pointer, known: Around) -> list[Origin]:
    """Return the writers of a field, the newest first. A reference has all prefixes and suffixes of the name among
    them.
    """
    origins = [origin for origin, _ in origins_of(resource, at)]
    if len(origins) > 1 and not _is_written(project, origins[-1]):
        origins.pop()  # the source of the object has no such field
    value = get(resource.body, at)
    meant = known.names.get((value, origins[0])) if isinstance(value, str) else None
    if meant is None or at == NAME or _field(project, origins[0]) not in AFFIXES:
        return origins
    affixes = [origin for origin, _ in origins_of(meant, NAME) if _field(project, origin) in AFFIXES]
    return [*affixes, *origins[1:]]


def explained(project: Project, resource: Resource, pointer: Pointer, known: Around = Around()) -> Explained:
    """Return the value of a field and its writers. Raises `NoField` where there is no such field and never was one."""
    value = get(resource.body, pointer, MISSING)
    if pointer and isinstance(pointer[-1], str) and isinstance(get(resource.body, pointer[:-1]), list):
        return _explained_element(project, resource, pointer, known)
    origins = origins_in_order(project, resource, pointer, known)
    if value is MISSING and len(origins) == 1 and not _is_written(project, origins[0]):
        raise NoField(_unknown(resource.body, pointer))
    return Explained(shown_at(resource.body, pointer), value, _chain(project, resource, pointer, origins, known))


def _unknown(body: Any, pointer: Pointer) -> str:
    """Return the words for a field that there never was, with the field that was probably meant."""
    depth = next(n for n in reversed(range(len(pointer))) if get(body, pointer[:n], MISSING) is not MISSING)
    parent = get(body, pointer[:depth])
    hint = did_you_mean(str(pointer[depth]), parent if isinstance(parent, dict) else ())
    return f"there is no {shown(shown_at(body, pointer))}, and nothing has removed it" + (f"; {hint}" if hint else "")


def _chain(
    project: Project, resource: Resource, pointer: Pointer, origins: Sequence[Origin], known: Around
) -> tuple[Writer, ...]:
    """Return the writers of a field, the newest first."""
    found = [
        writer_of(project, resource, pointer, origin, known)._replace(
            is_overridden=_is_overridden(project, origin, origins[:number])
        )
        for number, origin in enumerate(origins)
    ]
    return tuple(distinct(found))


def _is_overridden(project: Project, origin: Origin, newer: Iterable[Origin]) -> bool:
    """Return whether one of some newer writers has replaced what an origin wrote."""
    return any(replaces(project, each, origin) for each in newer)


def replaces(project: Project, newer: Origin, older: Origin) -> bool:
    """Return whether a writer has replaced what an older one wrote. Prefixes and suffixes only add to it, and the new
    name and the new tag of an image make one text together.
    """
    field = _field(project, newer)
    if field in AFFIXES:
        return False
    if field != IMAGES or _field(project, older) != IMAGES:
        return True
    is_same_entry = newer[:2] == older[:2] and newer.at[:-1] == older.at[:-1]
    return not is_same_entry and (newer.at[-1:] == ("newName",) or older.at[-1:] != ("newName",))


def _field(project: Project, origin: Origin) -> str:
    """Return the field of a kustomization that an origin belongs to, also where it stands in a definition; otherwise
    the empty string.
    """
    if is_in_kustomization(origin):
        return str(origin.at[0])
    named = next((str(step) for step in origin.at if step in (*AFFIXES, IMAGES)), "")
    return named if named and _kind(project, origin) in DEFINITIONS else ""


def is_in_kustomization(origin: Origin) -> bool:
    return posixpath.basename(origin.path) in FILE_NAMES and bool(origin.at)


def _explained_element(project: Project, resource: Resource, pointer: Pointer, known: Around) -> Explained:
    """An element that was taken out of a list, by its name. Raises `NoField` where there was none."""
    *parent, name = pointer
    for removal in removals(resource):
        if removal.key is None and removal.parent == tuple(parent) and name == name_of_removed(project, removal):
            writers = _chain(project, resource, pointer, removal.origins, known)
            return Explained((*shown_at(resource.body, tuple(parent)), Element(str(name))), MISSING, writers)
    number = len(get(resource.body, tuple(parent)))
    raise NoField(f"there is no {name} at {shown(shown_at(resource.body, tuple(parent)))}; there are {number} elements")


def name_of_removed(project: Project, removal: Removal) -> str:
    """The name of an element that is gone, as the source has it that wrote it first."""
    origin = removal.origins[-1]
    if project.produced.is_value(origin.path):
        return ""
    node = project.places.node(origin)
    if not isinstance(node, MappingNode):
        return str(getattr(node, "value", ""))
    fields = {key.value: value.value for key, value in node.value if isinstance(value, ScalarNode)}
    return next((str(fields[key]) for key in KEYS if key in fields), "")


def _is_written(project: Project, origin: Origin) -> bool:
    if project.produced.is_value(origin.path):
        return project.produced.value_at(origin) is not MISSING
    return project.places.node(origin) is not None


def distinct(writers: Iterable[Writer]) -> list[Writer]:
    """Return the writers without those that repeat the one before, as name references do that are set again."""
    found: list[Writer] = []
    for writer in writers:
        if not found or found[-1].place != writer.place:
            found.append(writer)
    return found


def explained_object(project: Project, resource: Resource, known: Around = Around()) -> list[Explained]:
    """Return all fields of an object, in their order."""
    return [explained(project, resource, at, known) for at, _ in leaves(resource.body)]


def writer_of(project: Project, resource: Resource, pointer: Pointer, origin: Origin, known: Around) -> Writer:
    text = "" if is_withheld(resource.id, pointer, get(resource.body, pointer)) else _text(project, resource, origin)
    by = _by(project, resource, origin)
    values = tuple(Value(project.place(where), name) for where, name in values_behind(project, origin, known))
    return Writer(project.place(origin), by, text, values)


def values_behind(project: Project, origin: Origin, known: Around) -> Iterable[tuple[Origin, str]]:
    """Return the values of a chart, the variables and the parameters that went into what is written at a place, also
    those by way of others.
    """
    found = dict.fromkeys(pair for _, values in project.places.written(origin) for pair in values)
    waiting = [origin, *(where for where, _ in found)] if known.filled else []
    while waiting:
        new = [pair for pair in _filled(project, waiting.pop(), known) if pair not in found]
        found |= dict.fromkeys(new)
        waiting += [where for where, _ in new]
    return found


def _filled(project: Project, origin: Origin, known: Around) -> Iterator[tuple[Origin, str]]:
    """Yield the variables and parameters in the text at a place. Of a document inside a text, it is those that the part
    of it names.
    """
    depths = range(len(origin.at), -1, -1)
    named = (known.filled.get(origin._replace(at=origin.at[:depth])) for depth in depths)
    found = next((pairs for pairs in named if pairs is not None), ())
    node = None
    if found and any(isinstance(step, Embedded) for step in origin.at):
        node = project.places.node(origin)
    for where, name in found:
        if not isinstance(node, ScalarNode) or name.rpartition(".")[2] in node.value:
            yield where, name


def _by(project: Project, resource: Resource, origin: Origin) -> str:
    """Return what has written a value, in the words of a kustomization."""
    name = posixpath.basename(origin.path)
    if project.produced.is_value(origin.path):
        return "Jsonnet"
    if origin.path in project.produced:
        return A_TEMPLATE
    if name in FILE_NAMES:
        return next((step for step in origin.at if isinstance(step, str)), "kustomization")
    if (origin.path, origin.doc) == (resource.origin.path, resource.origin.doc):
        return "the object itself"
    if not project.holds_objects(origin.path):
        return "a file of values"
    kind = _kind(project, origin)
    if kind.endswith(("Transformer", "Generator")):
        return f"{kind} (a configuration)"
    if kind in DEFINITIONS:
        return f"the {kind}"
    is_other = bool(kind) and kind != resource.id.kind
    return f"a copy from this {kind}" if is_other else "a patch"


def _kind(project: Project, origin: Origin) -> str:
    documents, _ = project.resources(origin.path)
    bodies = [each.body for each in documents or () if each.origin.doc == origin.doc]
    return str(bodies[0].get("kind", "")) if bodies and isinstance(bodies[0], dict) else ""


def is_withheld(identity: ResourceId, at: Pointer | At, value: Any) -> bool:
    """Return whether a field holds a value of a Secret, or a copy of one; deployers keep copies in annotations."""
    if not is_secret_kind(identity.kind, identity.group):
        return False
    if at[:1] == ("metadata",):
        return at[1:2] in ((), ("annotations",))
    if at == ("immutable",):
        return value not in (True, False, "true", "false", MISSING)
    has_another_type = len(at) > 1 and at[0] in ("type", "immutable")
    return not at or has_another_type or at[0] not in OPEN_FIELDS


def _text(project: Project, resource: Resource, origin: Origin) -> str:
    """Return the value that the source has at a place, on one line."""
    at = shown_at(resource.body, origin.at)
    if project.produced.is_value(origin.path) or is_withheld(resource.id, at, MISSING):
        return ""  # what is written in Jsonnet is an expression, and seldom the value
    if origin.path in project.produced:
        return _shortened(project.withheld.text(_line_at(project, project.place(origin))))
    node = project.places.node(origin)
    if not isinstance(node, ScalarNode) or is_withheld(resource.id, at, node.value):
        return ""
    return _shortened(project.withheld.text(str(node.value)))


def _line_at(project: Project, place: Pos) -> str:
    """Return the text of a line, if the place is on one."""
    lines = project.content_of(place.path).split(b"\n")[place.line - 1 : place.line] if place.line else []
    return b"".join(lines).decode("utf-8", "replace")


def _shortened(text: str) -> str:
    """Return a text on one line, cut off where it is too long to be shown."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
