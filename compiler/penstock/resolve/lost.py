"""Finds values of the sources that are missing from the output although nothing has overwritten them, for `check` to
report.

Kustomize writes each object as YAML and reads it again, and some values do not survive this: annotations that are not
strings, and the fields of a list beside its items.
"""

from collections.abc import Callable, Iterator, Sequence, Set

from penstock.model import Again, Diagnostic, Log, Origin, Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.scalar import as_plain_key
from penstock.sources import Sources
from penstock.tree import get
from penstock.typed import Any
from penstock.words import dotted

MAX_LOST = 100
"""The most findings about one object."""

FOR_KUSTOMIZE = ("config.kubernetes.io/", "internal.config.kubernetes.io/", "kustomize.config.k8s.io/")
"""The prefixes of annotations that Kustomize reads and does not pass on."""

NOTHING: tuple[Any, ...] = ({}, [], None, "")
"""The values that mean the same as a missing value."""


def lost(sources: Sources, resources: Sequence[Resource], holds_objects: Callable[[str], bool]) -> list[Diagnostic]:
    """Return findings about the values of the resources' documents that are missing from the objects.

    `holds_objects` tells whether a file was read as it is, and is not, say, a template of a chart.
    """
    found: list[Diagnostic] = []
    documents = _Documents(sources)
    read = [resource for resource in resources if holds_objects(resource.origin.path)]
    lists = {resource.origin._replace(at=()) for resource in read if resource.origin.at[:1] == ("items",)}
    for origin in sorted(lists):
        found += _around_items(origin, documents.at(origin))
    for resource in read:
        source = _source(documents, resource)
        if source is not None and source is not resource.body:
            # A template of a hundred fields under a wrong key would hide all other findings.
            found += [*_of_one(resource, source)][:MAX_LOST]
    return found


class _Documents:
    """The documents from which objects were read. Those of a file are indexed once, however many there are."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._by_path: dict[str, dict[int, Any]] = {}

    def at(self, origin: Origin) -> Any:
        """Return the tree of the document that an origin leads to; None where the file does not hold objects."""
        is_plain = all(isinstance(step, str | int) for step in origin.at)
        if not is_plain or not origin.path.endswith((".yaml", ".yml", ".json")):
            return None
        if origin.path not in self._by_path:
            documents, _ = self._sources.resources(origin.path)
            self._by_path[origin.path] = {each.origin.doc: each.body for each in documents or ()}
        return self._by_path[origin.path].get(origin.doc)


def _source(documents: _Documents, resource: Resource) -> Any:
    """Return the tree that an object was read from; None for an object that was generated."""
    origin = resource.origin
    body = get(documents.at(origin), origin.at)
    return body if isinstance(body, dict) and body.get("kind") == resource.body.get("kind") else None


def _of_one(resource: Resource, source: Any) -> Iterator[Diagnostic]:
    written = _written(resource.log)
    for at in _differences(source, resource.body, ()):
        if not (_is_for_kustomize(at, source) or written.covers(at) or _stands_twice(source, at)):
            yield _vanished(resource, at)


def _stands_twice(source: Tree, at: Pointer) -> bool:
    """Return whether a key on the way to a value stands twice in its mapping, which is a finding of its own."""
    tree: Any = source
    for step in at:
        if isinstance(tree, dict) and any(isinstance(key, Again) and key.key == step for key in tree):
            return True
        tree = get(tree, (step,))
    return False


def _around_items(origin: Origin, document: Any) -> Iterator[Diagnostic]:
    """Yield findings about the fields of a list beside its items, which are dropped when Kustomize takes the list
    apart.

    In a list of Kubernetes that is harmless; a custom resource that looks like a list is an object, and is lost.
    """
    if not isinstance(document, dict) or document.get("kind") == "ResourceList":
        return
    # Kinds of Kubernetes whose name ends in List hold nothing else; only custom resources look like one by accident.
    is_custom = "." in str(document.get("apiVersion"))
    for at, value in _beside_items(document):
        if value not in NOTHING and (is_custom or at[-1] not in ("name", "namespace")):
            message = f"{dotted(at)}: Kustomize takes a list apart, and what stands beside its items is in no object"
            yield Diagnostic("PS454", "error" if is_custom else "warning", message, origin.below(*at))


def _beside_items(document: Tree) -> Iterator[tuple[Pointer, Any]]:
    metadata = document.get("metadata")
    yield from (((key,), value) for key, value in document.items() if key not in _OF_A_LIST)
    if isinstance(metadata, dict):
        yield from ((("metadata", key), metadata[key]) for key in _OF_OBJECTS if key in metadata)


_OF_A_LIST = ("apiVersion", "kind", "items", "metadata")
_OF_OBJECTS = ("annotations", "labels", "name", "namespace")


class _Written(NamedTuple):
    """The places that were written to, and all places above any of them."""

    places: Set[Pointer]
    above: Set[Pointer]

    def covers(self, at: Pointer) -> bool:
        """Return whether a value was written, or a value above or below it."""
        return at in self.above or any(at[:depth] in self.places for depth in range(len(at) + 1))


def _written(log: Log | None) -> _Written:
    places: set[Pointer] = set()
    while log is not None:
        log, at, _ = log
        places.add(at)
    return _Written(places, {at[:depth] for at in places for depth in range(len(at) + 1)})


def _differences(old: Any, new: Any, at: Pointer) -> Iterator[Pointer]:
    """Yield the places at which two trees differ, outermost first. A list counts as one place; shared subtrees are
    skipped.
    """
    if old is new or old in NOTHING:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if not isinstance(key, Again) and as_plain_key(str(key)) == key:  # these have findings of their own
                yield from _differences(value, new.get(key), (*at, key))
    elif not _is_same(old, new):
        yield at


def _is_same(old: Any, new: Any) -> bool:
    """Return whether two values are the same, however they are spelled."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_same(value, new[key]) for key, value in old.items())
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return old in NOTHING
    # Two scalars may differ by what transformers write. Only a value that is gone altogether is lost.
    return old in NOTHING or new is not None


def _in_place(value: Any) -> str:
    """Describe what replaces a lost value. The replacement is not quoted, since it may be secret."""
    if value is None:
        return "without it"
    return "with an empty text in its place" if value == "" else "with something else in its place"


def _vanished(resource: Resource, at: Pointer) -> Diagnostic:
    what = f"this is built {_in_place(get(resource.body, at))}"
    where = resource.origin.below(*at)
    return Diagnostic("PS454", "error", f"{dotted(at)}: {what}", where, resource.id, hint=_remedy(at))


def _remedy(at: Pointer) -> str:
    if at == _ANNOTATIONS:
        return "annotations are a mapping of names to texts"
    return "an annotation is a text: put it in quotes" if at[:2] == _ANNOTATIONS else ""


def _is_for_kustomize(at: Pointer, source: Tree) -> bool:
    """Return whether a place holds annotations that are for Kustomize alone, which takes them away."""
    if at == _ANNOTATIONS:
        annotations = get(source, at)
        return isinstance(annotations, dict) and all(str(key).startswith(FOR_KUSTOMIZE) for key in annotations)
    return at[:2] == _ANNOTATIONS and str(at[2]).startswith(FOR_KUSTOMIZE)


_ANNOTATIONS = ("metadata", "annotations")
