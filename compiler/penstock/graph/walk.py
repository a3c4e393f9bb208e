"""Find the fields of a body that the tables of `references` describe.

A body may have any shape here. A value of the wrong shape names nothing, and the schema reports it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.graph.references import (
    IN_PODS,
    REFERENCES,
    SERVICE_ACCOUNT,
    SUBJECTS_IN_THE_TREE,
    Kind,
    Reference,
)
from penstock.kubernetes import CLUSTER_SCOPED, POD_TEMPLATES
from penstock.model import Pointer, Resource, Tree
from penstock.records import NamedTuple

Trie = dict[str, Any]
"""Paths by their common beginnings, so that each container is visited once for all that it may name. What stands at the
end of a path is listed under the empty step."""


IN_ANNOTATION = "use-annotation"
"""The port of a backend that is no Service, but an action in an annotation of the Ingress: AWS Load Balancer
Controller.
"""


class Named(NamedTuple):
    """An object that a field names. `namespace` is where the object must be, and `said` is set if the mapping of the
    field says so.
    """

    reference: Reference
    at: Pointer
    kind: Kind
    namespace: str
    name: str
    said: bool
    optional: bool
    parts: tuple[tuple[Pointer, str], ...]


def named_by(resource: Resource) -> Iterator[Named]:
    """Yield every object that the fields of this one name, in the order of the tables."""
    trie = _BY_KIND.get((resource.id.group, resource.id.kind))
    if trie:
        for at, mapping, reference in _walk(trie, resource.body, ()):
            named = _named(resource, reference, at, mapping)
            if named:
                yield named


def strings(tree: Any, path: str) -> Iterator[str]:
    """Yield the strings at a path, in which `[]` stands for every element of a list."""
    for _, value, _ in _walk(_trie([(path, path)]), tree, ()):
        if isinstance(value, str):
            yield value


def _named(resource: Resource, reference: Reference, at: Pointer, mapping: Any) -> Named | None:
    name = mapping.get(reference.name) if isinstance(mapping, dict) else None
    if not isinstance(name, str) or not name:
        return None
    kind = _kind(mapping, reference.to) if reference.typed else reference.to
    if reference.why == "subject" and kind[1] not in SUBJECTS_IN_THE_TREE:
        return None
    if kind[1] == "ServiceAccount":
        kind = SERVICE_ACCOUNT  # `apiGroup: ""` is all that it can have
    parts = tuple(_parts(mapping, reference, at))
    if any(part == IN_ANNOTATION for _, part in parts):
        return None
    said = mapping.get("namespace")
    said = said if isinstance(said, str) else ""
    return Named(
        reference,
        (*at, reference.name),
        kind,
        "" if kind in CLUSTER_SCOPED else said or resource.id.namespace,
        name,
        bool(said),
        mapping.get("optional") is True,
        parts,
    )


def _kind(mapping: Tree, default: Kind) -> Kind:
    """Return what `kind` and one of `apiVersion`, `apiGroup` and `group` say, in the spelling of each API."""
    group, kind = default
    if isinstance(mapping.get("kind"), str):
        kind = mapping["kind"]
    for field in ("apiGroup", "group"):
        if isinstance(mapping.get(field), str):
            group = mapping[field]
    if isinstance(mapping.get("apiVersion"), str):
        group = mapping["apiVersion"].rpartition("/")[0]
    return group, kind


def _parts(mapping: Tree, reference: Reference, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield the keys or ports that are named, each with its field."""
    for path in reference.parts:
        for here, value, _ in _walk(_trie([(path, path)]), mapping, at):
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
                yield here, str(value)


def _walk(trie: Trie, tree: Any, at: Pointer) -> Iterator[tuple[Pointer, Any, Any]]:
    """Follow all paths of a trie through a tree. Each result says where the path leads, which value is there, and what
    stands at the end of the path.
    """
    for step, below in trie.items():
        if step == "":
            for end in below:
                yield at, tree, end
        elif step == "[]":
            for index, element in enumerate(tree) if isinstance(tree, list) else ():
                yield from _walk(below, element, (*at, index))
        elif isinstance(tree, dict) and step in tree:
            yield from _walk(below, tree[step], (*at, step))


def _trie(paths: Iterable[tuple[str, Any]]) -> Trie:
    trie: Trie = {}
    for path, end in paths:
        node = trie
        for step in path.replace("[]", ".[]").split(".") if path else ():
            node = node.setdefault(step, {})
        node.setdefault("", []).append(end)
    return trie


def _by_kind() -> dict[Kind, Trie]:
    paths: dict[Kind, list[tuple[str, Reference]]] = {}
    for kind, template in POD_TEMPLATES.items():
        spec = ".".join((*map(str, template), "spec"))
        paths[kind] = [(f"{spec}.{each.path}".rstrip("."), each) for each in IN_PODS]
    for kinds, references in REFERENCES:
        for kind in kinds:
            paths.setdefault(kind, []).extend((each.path, each) for each in references)
    return {kind: _trie(found) for kind, found in paths.items()}


_BY_KIND = _by_kind()
