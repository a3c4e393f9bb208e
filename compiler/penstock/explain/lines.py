"""The fields that a line of a file sets, or has set before others did."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from penstock.changes import At, Element
from penstock.explain.fields import shown_at
from penstock.explain.writers import (
    Around,
    Writer,
    around,
    distinct,
    is_withheld,
    name_of_removed,
    origins_in_order,
    replaces,
    values_behind,
    writer_of,
)
from penstock.model import Embedded, Origin, Pointer, Resource, Target
from penstock.parse.libyaml import ScalarNode
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.removals import removals
from penstock.tree import MISSING, Spliced, leaves, writers


class Setting(NamedTuple):
    """A field that a line sets. `overridden_by` is empty if the value of that line is the one that counts."""

    target: Target
    resource: Resource
    at: At
    value: Any
    overridden_by: tuple[Writer, ...]


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
            if _is_on(asked, origin) or _is_in_file(asked, origin, value):
                newer = [each for each in origins[:number] if replaces(project, each, origin)]
                later = distinct(writer_of(project, resource, pointer, each, known) for each in newer)
                writers = tuple(writer for writer in later if writer.place != project.place(origin))
                yield Setting(target, resource, at, value, writers)
                break


def _fields(project: Project, resource: Resource, known: Around) -> Iterator[tuple[Pointer, At, Any, Sequence[Origin]]]:
    """Yield the fields of an object, and those that are gone (MISSING), each with its writers."""
    for at, value in leaves(resource.body):
        yield at, shown_at(resource.body, at), value, origins_in_order(project, resource, at, known)
    for removal in removals(resource):
        if removal.key or not is_withheld(resource.id, removal.parent, MISSING):
            name = removal.key or name_of_removed(project, removal)
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


def _is_in_file(asked: _Asked, origin: Origin, value: Any) -> bool:
    """Return whether the line is one of a file that a generator has made a value as a whole. An entry of an env file is
    on one line only.
    """
    if origin != Origin(asked.path) or not isinstance(value, str):
        return False
    data = asked.project.inside(asked.path) or b""
    is_whole = data in (value.encode(errors="surrogateescape"), _decoded(value))
    return is_whole and asked.line <= len(data.splitlines())


def _decoded(value: str) -> bytes | None:
    """Return what a value of a Secret or of `binaryData` stands for, or None if it is no base64."""
    try:
        return b64decode(value.replace("\n", ""), validate=True)
    except ValueError:
        return None


def _lines(project: Project, origin: Origin, known: dict[Origin, tuple[range, ...]]) -> tuple[range, ...]:
    """Return the lines on which a value is written, counted from 1. That of an alias is also written at its anchor."""
    if origin not in known:
        first = project.place(origin).line
        # A line of an env file is no document, and what a chart has printed has no lines.
        is_elsewhere = not origin.at or project.produced.is_value(origin.path)
        node = None if is_elsewhere else project.places.node(origin)
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
