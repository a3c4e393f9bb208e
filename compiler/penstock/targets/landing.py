"""The namespace of a destination: objects without a namespace get it, as with tools that apply objects into a
namespace.
"""

from collections.abc import Iterable, Sequence

from penstock.kubernetes import CLUSTER_SCOPED, text
from penstock.model import Origin, Resource
from penstock.resolve.finding.identities import reidentify
from penstock.tree import get, put


def land(resources: Sequence[Resource], namespace: str, where: Origin) -> None:
    """Put the objects that have no namespace into the given one, if it is not empty. `where` is the place that names
    it.
    """
    if not namespace:
        return
    cluster_wide = cluster_scoped(resources)
    for resource in resources:
        if not resource.id.namespace and not has_none(resource, cluster_wide):
            put(resource, ("metadata", "namespace"), namespace, where)
            reidentify(resource)


def has_none(resource: Resource, cluster_wide: set[tuple[str, str]]) -> bool:
    """Return whether an object is cluster-scoped.

    A kind of unknown scope counts as cluster-scoped if its name begins with `Cluster` and it is not in `CLUSTERS`.
    """
    kind = (resource.id.group, resource.id.kind)
    is_called_so = resource.id.kind.startswith("Cluster") and resource.id.kind not in CLUSTERS
    return kind in CLUSTER_SCOPED or kind in cluster_wide or is_called_so


CLUSTERS = ("Cluster", "ClusterClass", "ClusterResourceSet", "ClusterResourceSetBinding", "ClusterServiceVersion")
"""Kinds of well-known operators that are namespaced in spite of their names."""


def cluster_scoped(resources: Iterable[Resource]) -> set[tuple[str, str]]:
    """Return the kinds that CustomResourceDefinitions among the objects declare as cluster-scoped."""
    found: set[tuple[str, str]] = set()
    for resource in resources:
        spec = resource.body.get("spec")
        if resource.id.kind == "CustomResourceDefinition" and isinstance(spec, dict) and spec.get("scope") == "Cluster":
            found.add((text(spec.get("group")), text(get(spec, ("names", "kind")))))
    return found
