"""What a `FluxInstance` of the Flux Operator syncs: the directory where the definitions of a cluster begin.

The object itself is rarely in the repository. Mostly the chart `flux-instance` makes it, and what it syncs stands in
the values: in a HelmRelease, or in a file of values. All three have the same fields.
"""

from collections.abc import Iterator
from typing import Any

from penstock.definitions.flux.definition import SourceId
from penstock.definitions.reading import clipped, mapping, text
from penstock.model import Tree
from penstock.records import NamedTuple

_NAMESPACE = "flux-system"


class Sync(NamedTuple):
    """A directory of a source. The operator makes a Kustomization of it that has the name of the source."""

    path: str
    source: SourceId


def syncs(body: Any) -> Iterator[Sync]:
    """What the instances of a document sync, be it an object or a file of values."""
    metadata = mapping(mapping(body).get("metadata"))
    namespace = text(metadata.get("namespace")) or _NAMESPACE
    for instance in _instances(mapping(body)):
        sync = mapping(instance.get("sync"))
        path = text(sync.get("path"))
        if path:
            name = text(sync.get("name")) or namespace
            yield Sync(clipped(path), SourceId(text(sync.get("kind")) or "GitRepository", namespace, name))


def _instances(body: Tree) -> Iterator[Tree]:
    spec = mapping(body.get("spec"))
    if body.get("kind") == "FluxInstance":
        yield spec
    yield mapping(mapping(spec.get("values")).get("instance"))
    yield mapping(body.get("instance"))
