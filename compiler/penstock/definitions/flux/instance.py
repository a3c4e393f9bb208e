"""The directory that a `FluxInstance` of the Flux Operator syncs: there the definitions of a cluster begin.

The object itself is rarely in the repository. Usually the chart `flux-instance` creates it, and its fields are among
the values, in a HelmRelease or in a values file. All three have the same fields.
"""

from collections.abc import Iterator
from typing import Any

from penstock.definitions.flux.definition import SourceId
from penstock.definitions.reading import clipped, mapping, mappings, text
from penstock.model import Tree
from penstock.records import NamedTuple

_NAMESPACE = "flux-system"


class Sync(NamedTuple):
    """A directory of a source. The operator makes a Kustomization for it that has the name of the source."""

    path: str
    source: SourceId
    url: str
    decrypts: bool = False
    """Whether a patch of the instance lets the Kustomization decrypt Secrets."""


def syncs(body: Any, applied_to: str = "") -> Iterator[Sync]:
    """Yield what the instances in a document sync. The document may be an object or a values file; `applied_to` is the
    namespace that it gets when it is applied, if it says none.
    """
    metadata = mapping(mapping(body).get("metadata"))
    namespace = text(metadata.get("namespace")) or applied_to or _NAMESPACE
    for instance in _instances(mapping(body)):
        sync = mapping(instance.get("sync"))
        path = text(sync.get("path"))
        if path:
            name = text(sync.get("name")) or namespace
            yield Sync(
                clipped(path),
                SourceId(text(sync.get("kind")) or "GitRepository", namespace, name),
                text(sync.get("url")),
                _patches_decryption(instance),
            )


def _patches_decryption(instance: Tree) -> bool:
    patches = mappings(mapping(instance.get("kustomize")).get("patches"))
    return any("decryption" in text(each.get("patch")) for each in patches)


def _instances(body: Tree) -> Iterator[Tree]:
    spec = mapping(body.get("spec"))
    if body.get("kind") == "FluxInstance":
        yield spec
    if "values" in spec:
        yield mapping(mapping(spec["values"]).get("instance"))
    if "instance" in body:
        yield mapping(body["instance"])


def is_multitenant(body: Any) -> bool:
    """Return whether an instance in a document makes the operator lock the controllers down, for several tenants."""
    return any(mapping(instance.get("cluster")).get("multitenant") is True for instance in _instances(mapping(body)))
