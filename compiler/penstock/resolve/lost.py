"""What stands in a source and in no output, though nothing has been written over it: for `check` to say.

Kustomize writes each object as YAML and reads it again, and some values do not come through: annotations that are no
texts, and the fields of a list around its items. And a patch takes the place of a whole list where Kustomize knows no
key for its entries, as in custom resources.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from penstock.model import Again, Diagnostic, Log, Origin, Pointer, Resource, Sources
from penstock.scalar import as_plain_key
from penstock.tree import get
from penstock.words import dotted, one_of, quoted

MAX_LOST = 100
"""Findings about one object."""

FOR_KUSTOMIZE = ("config.kubernetes.io/", "internal.config.kubernetes.io/", "kustomize.config.k8s.io/")
"""The beginnings of annotations that are read and not passed on."""

NOTHING: tuple[Any, ...] = ({}, [], None, "")
"""What says as much as no value."""


def lost(sources: Sources, resources: Sequence[Resource], holds_objects: Callable[[str], bool]) -> list[Diagnostic]:
    """The values of the resources' documents that are in none of the objects, and the entries of replaced lists.

    `holds_objects` tells the files that were read as they are from others, such as templates of a chart.
    """
    found: list[Diagnostic] = []
    read = [resource for resource in resources if holds_objects(resource.origin.path)]
    lists = {resource.origin._replace(at=()) for resource in read if resource.origin.at[:1] == ("items",)}
    for origin in sorted(lists):
        found += _around_items(origin, _document(sources, origin))
    for resource in read:
        source = _source(sources, resource)
        if source is not None and source is not resource.body:
            found += [*_of_one(resource, source)][:MAX_LOST]
    return found


def _source(sources: Sources, resource: Resource) -> Any:
    """The tree that an object was read from; None for one that was generated."""
    origin = resource.origin
    body = get(_document(sources, origin), origin.at)
    return body if isinstance(body, dict) and body.get("kind") == resource.body.get("kind") else None


def _document(sources: Sources, origin: Origin) -> Any:
    """The tree of the document that an origin leads to; None where that is no file of objects."""
    is_plain = all(isinstance(step, str | int) for step in origin.at)
    if not is_plain or not origin.path.endswith((".yaml", ".yml", ".json")):
        return None
    documents, _ = sources.resources(origin.path)
    return next((each.body for each in documents or () if each.origin.doc == origin.doc), None)


def _of_one(resource: Resource, source: Any) -> Iterator[Diagnostic]:
    writers = _writers(resource.log)
    for at, value, now in _differences(source, resource.body, ()):
        if _is_for_kustomize(at):
            continue
        writer = _writer(at, writers)
        if writer is None:
            yield _vanished(resource, at, value, now)
        elif isinstance(value, list) and isinstance(now, list) and _is_merged(at, writer):
            yield from _replaced(resource, at, (value, now), writer)


def _around_items(origin: Origin, document: Any) -> Iterator[Diagnostic]:
    """The fields of a list beside its items: the list is taken apart, and they go nowhere. Of a list of Kubernetes that
    is harmless; a custom resource that looks like a list is an object, which is gone.
    """
    if isinstance(document, dict) and document.get("kind") != "ResourceList":
        is_custom = "." in str(document.get("apiVersion"))
        metadata = document.get("metadata")
        fields = {key: value for key, value in document.items() if key not in _OF_A_LIST}
        fields |= {
            key: value for key, value in (metadata if isinstance(metadata, dict) else {}).items() if key in _OF_OBJECTS
        }
        for key, value in fields.items():
            if value not in NOTHING and (is_custom or key not in ("name", "namespace")):
                at = (key,) if key in document else ("metadata", key)
                message = (
                    f"{dotted(at)}: Kustomize takes a list apart, and what stands beside its items is in no object"
                )
                yield Diagnostic("PS454", "error" if is_custom else "warning", message, origin.below(*at))


_OF_A_LIST = ("apiVersion", "kind", "items", "metadata")
_OF_OBJECTS = ("annotations", "labels", "name", "namespace")


def _writers(log: Log | None) -> Mapping[Pointer, Origin | None]:
    """Who wrote at each place last; None where entries of a list were moved."""
    writers: dict[Pointer, Origin | None] = {}
    while log is not None:
        log, at, source = log
        writers.setdefault(at, source if isinstance(source, Origin) else None)
    return writers


def _writer(at: Pointer, writers: Mapping[Pointer, Origin | None]) -> Origin | bool | None:
    """Who wrote a value, or something above or below it; None where nobody did, and True where it is not told."""
    for depth in range(len(at), -1, -1):
        if at[:depth] in writers:
            return writers[at[:depth]] or True
    return True if any(here[: len(at)] == at for here in writers) else None


def _differences(old: Any, new: Any, at: Pointer) -> Iterator[tuple[Pointer, Any, Any]]:
    """The places at which two trees differ, outermost first; a list is one place. What is shared is not looked at."""
    if old is new or old in NOTHING:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if not isinstance(key, Again) and as_plain_key(str(key)) == key:  # these have findings of their own
                yield from _differences(value, new.get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list):
        if not _is_same(old, new):
            yield at, old, new
    elif not _is_same(old, new):
        yield at, old, new


def _is_same(old: Any, new: Any) -> bool:
    """Whether two values are one, however it is spelled."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_same(value, new[key]) for key, value in old.items())
    is_container = isinstance(old, dict | list) or isinstance(new, dict | list)
    return old in NOTHING or not (is_container or new is None)


def _vanished(resource: Resource, at: Pointer, value: Any, now: Any) -> Diagnostic:
    what = "this is built without the value" if now is None else f"this is built with {quoted(str(now))} as its value"
    hint = "an annotation is a text: put it in quotes" if at[:2] == ("metadata", "annotations") else ""
    where = resource.origin.below(*at)
    return Diagnostic("PS454", "error", f"{dotted(at)}: {what}", where, resource.id, hint=hint)


def _is_merged(at: Pointer, writer: Origin | bool) -> bool:
    """Whether a value was written by a patch that is merged: it has the value at the same place."""
    return isinstance(writer, Origin) and writer.at[-len(at) :] == at


def _replaced(
    resource: Resource, at: Pointer, lists: tuple[list[Any], list[Any]], writer: Origin | bool
) -> Iterator[Diagnostic]:
    """The entries, known by their names, that a patch has left out of the list that it puts in the place of another."""
    old, new = map(_named, lists)
    gone = [name for name in old if name not in new]
    is_alike = bool(new) and bool(old.keys() & new.keys())
    if isinstance(writer, Origin) and is_alike and gone:
        message = f"{dotted(at)}: this list takes the place of another, and {one_of(gone)} of it is gone"
        hint = "Kustomize knows no key for lists of this kind: repeat the entries, or use a JSON 6902 patch"
        notes = ((resource.origin.below(*at), "the list that is replaced"),)
        yield Diagnostic("PS455", "warning", message, writer, resource.id, notes, hint)


def _named(entries: list[Any]) -> dict[str, None]:
    names = (entry.get("name") for entry in entries if isinstance(entry, dict))
    return dict.fromkeys(name for name in names if isinstance(name, str))


def _is_for_kustomize(at: Pointer) -> bool:
    return at[:2] == ("metadata", "annotations") and len(at) > 2 and str(at[2]).startswith(FOR_KUSTOMIZE)
