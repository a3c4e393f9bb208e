"""Who has set a field: the write log of an object is read as a chain, from the writer that counts down to the source.

In the other direction, a line of a file is followed to all fields that it sets, or has set before others did.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penstock.changes import At, Element, shown
from penstock.model import Embedded, NamedPlaces, Origin, Pointer, Pos, Resource, ResourceId, Step, Target
from penstock.parse.libyaml import MappingNode, ScalarNode
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple
from penstock.removals import Removal, removals
from penstock.tree import MISSING, Spliced, child, get, leaves, origin_of, origins_of, writers
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


class Setting(NamedTuple):
    """A field that a line sets. `overridden_by` is empty if the value of that line is the one that counts."""

    target: Target
    resource: Resource
    at: At
    value: Any
    overridden_by: tuple[Writer, ...]


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


def _origins(project: Project, resource: Resource, at: Pointer, known: Around) -> list[Origin]:
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
    origins = _origins(project, resource, pointer, known)
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
        _writer(project, resource, pointer, origin, known)._replace(
            is_overridden=_is_overridden(project, origin, origins[:number])
        )
        for number, origin in enumerate(origins)
    ]
    return tuple(_distinct(found))


def _is_overridden(project: Project, origin: Origin, newer: Iterable[Origin]) -> bool:
    """Return whether one of some newer writers has replaced what an origin wrote."""
    return any(_replaces(project, each, origin) for each in newer)


def _replaces(project: Project, newer: Origin, older: Origin) -> bool:
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
        if removal.key is None and removal.parent == tuple(parent) and name == _name_of(project, removal):
            writers = _chain(project, resource, pointer, removal.origins, known)
            return Explained((*shown_at(resource.body, tuple(parent)), Element(str(name))), MISSING, writers)
    number = len(get(resource.body, tuple(parent)))
    raise NoField(f"there is no {name} at {shown(shown_at(resource.body, tuple(parent)))}; there are {number} elements")


def _name_of(project: Project, removal: Removal) -> str:
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


def _distinct(writers: Iterable[Writer]) -> list[Writer]:
    """Return the writers without those that repeat the one before, as name references do that are set again."""
    found: list[Writer] = []
    for writer in writers:
        if not found or found[-1].place != writer.place:
            found.append(writer)
    return found


def explained_object(project: Project, resource: Resource, known: Around = Around()) -> list[Explained]:
    """Return all fields of an object, in their order."""
    return [explained(project, resource, at, known) for at, _ in leaves(resource.body)]


def _writer(project: Project, resource: Resource, pointer: Pointer, origin: Origin, known: Around) -> Writer:
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


# --- fields by name ---------------------------------------------------------------------------------------------------


class NoField(Exception):  # noqa: N818  # carries what is said to the user
    """The text of a path leads to no field."""


def pointer_of(body: Any, text: str) -> Pointer:
    """Return the pointer that a text names, such as `spec.containers[app].image`, `metadata.labels["a/b"]` or
    `spec.ports[0]`.

    The last step may lead to nothing, since a field that was removed has a writer, too. Raises `NoField` where an
    earlier step leads to nothing; the message says what is there instead.
    """
    pointer: list[Step] = []
    here = body
    steps = _steps(text)
    if not steps:
        raise NoField(f"{text!r} names no field")
    for number, step in enumerate(steps):
        found = _step(here, step)
        below = child(here, found) if found is not None else MISSING
        if below is MISSING and number < len(steps) - 1:
            names = ", ".join(map(str, here)) if isinstance(here, dict) else f"{len(here)} elements"
            raise NoField(f"there is no {step} at {'.'.join(steps[:number]) or 'the top'}; there are {names}")
        pointer.append(found if found is not None else step)
        here = below
    return tuple(pointer)


def _steps(text: str) -> list[str]:
    """Return the steps of a path as people write it."""
    steps: list[str] = []
    rest = text.removeprefix(".")
    while rest:
        if rest[0] == "[":
            inside, _, rest = rest[1:].partition('"]' if rest[1:2] == '"' else "]")
            steps.append(inside.removeprefix('"'))
        else:
            end = min(at for at in (rest.find("."), rest.find("["), len(rest)) if at >= 0)
            steps.append(rest[:end])
            rest = rest[end:]
        rest = rest.removeprefix(".")
    return [step for step in steps if step]


KEYS = ("name", "mountPath", "containerPort", "port", "key", "host", "path", "type", "ip")
"""Fields by which an element of a list may be named."""


def _step(here: Any, step: str) -> Step | None:
    """Return one step down: a key, an index, or the key of a list element."""
    if isinstance(here, list):
        if step.isdecimal() and int(step) < len(here):
            return int(step)
        for number, element in enumerate(here):
            if isinstance(element, dict) and any(str(element.get(key, "")) == step for key in KEYS):
                return number
        return None
    return step


def shown_at(body: Any, pointer: Pointer) -> At:
    """Return the path of a field for people: list elements are called by their names where they have one."""
    found: list[str | int | Element] = []
    here = body
    for step in pointer:
        here = child(here, step) if here is not MISSING else MISSING
        name = here.get("name") if isinstance(here, dict) else None
        if isinstance(step, int) and isinstance(name, str):
            found.append(Element(name))
        elif not isinstance(step, Embedded):
            found.append(step)
    return tuple(found)


# --- lines of files ---------------------------------------------------------------------------------------------------


def settings_of(
    project: Project, path: str, line: int, built: Iterable[tuple[Target, Sequence[Resource]]]
) -> Iterator[Setting]:
    """Yield the fields that a line sets, or has set before others did."""
    lines: dict[Origin, tuple[range, ...]] = {}
    for target, resources in built:
        known = around(project, target, resources)
        is_filled_in = any(where.path == path for named in known.filled.values() for where, _ in named)
        for resource in resources:
            paths = _paths(resource)
            if is_filled_in or path in paths or any(each in project.produced for each in paths):
                yield from _settings(_Asked(project, path, line, known, lines), target, resource)


def _paths(resource: Resource) -> set[str]:
    """Return the files that have written to an object."""
    found = {resource.origin.path}
    entry = resource.log
    while entry is not None:
        entry, _, source = entry
        found |= {origin.path for origin in writers(source)}
        if isinstance(source, Spliced) and source.remover is not None:
            found.add(source.remover.path)
    return found


class _Asked(NamedTuple):
    """A line of a file, what is known of a target, and the lines of the values that were looked at."""

    project: Project
    path: str
    line: int
    known: Around
    lines: dict[Origin, tuple[range, ...]]


def _settings(asked: _Asked, target: Target, resource: Resource) -> Iterator[Setting]:
    project, known = asked.project, asked.known
    for pointer, at, value, origins in _fields(project, resource, known):
        for number, origin in enumerate(origins):
            if _is_on(asked, origin):
                newer = [each for each in origins[:number] if _replaces(project, each, origin)]
                later = _distinct(_writer(project, resource, pointer, each, known) for each in newer)
                writers = tuple(writer for writer in later if writer.place != project.place(origin))
                yield Setting(target, resource, at, value, writers)
                break


def _fields(project: Project, resource: Resource, known: Around) -> Iterator[tuple[Pointer, At, Any, Sequence[Origin]]]:
    """Yield the fields of an object, and those that are gone (MISSING), each with its writers."""
    for at, value in leaves(resource.body):
        yield at, shown_at(resource.body, at), value, _origins(project, resource, at, known)
    for removal in removals(resource):
        if removal.key or not is_withheld(resource.id, removal.parent, MISSING):
            name = removal.key or _name_of(project, removal)
            step = name if removal.key else Element(name)
            above = shown_at(resource.body, removal.parent)
            yield (*removal.parent, name), (*above, step), MISSING, removal.origins


def _is_on(asked: _Asked, origin: Origin) -> bool:
    """Return whether something is written on the line that is asked for. A rendered value is also on the lines of the
    values that went into it, and a text on those of its variables.
    """
    project, path, line = asked.project, asked.path, asked.line
    written = project.places.written(origin)
    if any((by.path, by.line) == (path, line) for by, _ in written):
        return True
    own = () if written or project.file_of(origin) != path else (origin,)
    places = (*own, *(where for where, _ in values_behind(project, origin, asked.known) if where.path == path))
    return any(line in each for where in places for each in _lines(project, where, asked.lines))


def _lines(project: Project, origin: Origin, known: dict[Origin, tuple[range, ...]]) -> tuple[range, ...]:
    """Return the lines on which a value is written, counted from 1. That of an alias is also written at its anchor."""
    if origin not in known:
        first = project.place(origin).line
        is_made = project.produced.is_value(origin.path)
        node = None if is_made else project.places.node(origin)
        own = range(first, first + 1)
        known[origin] = (own,)
        if isinstance(node, ScalarNode):
            known[origin] = (own, *_lines_of_scalar(project, origin, node, first))
    return known[origin]


def _lines_of_scalar(project: Project, origin: Origin, node: ScalarNode, first: int) -> Iterator[range]:
    """Yield the lines of a scalar whose place is on the line `first`.

    Those in a text are known if each line of the text is one of the file, as in a literal block.
    """
    texts = [depth for depth, step in enumerate(origin.at) if isinstance(step, Embedded)]
    if not texts:
        yield _lines_of_node(node, origin.doc)
    elif all(_is_literal(project.places.node(origin._replace(at=origin.at[:depth]))) for depth in texts):
        yield range(first, first + len(_lines_of_node(node, 0)))


def _is_literal(node: Any) -> bool:
    return isinstance(node, ScalarNode) and node.style == "|"


def _lines_of_node(node: Any, first: int) -> range:
    """Return the lines of a scalar in a document that begins at a line, counted from 0."""
    start, end = node.start_mark, node.end_mark
    return range(first + start.line + 1, max(first + start.line + 1, first + end.line + (1 if end.column else 0)) + 1)
