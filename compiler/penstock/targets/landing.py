"""The namespace of a destination: what objects get that name none, as tools that apply them into one do it."""

from collections.abc import Iterable, Sequence

from penstock.kubernetes import CLUSTER_SCOPED, text
from penstock.model import Origin, Resource
from penstock.resolve.finding.identities import reidentify
from penstock.tree import get, put


def land(resources: Sequence[Resource], namespace: str, where: Origin) -> None:
    """Put what names no namespace into one, if there is one. `where` is what names it."""
    if not namespace:
        return
    cluster_wide = cluster_scoped(resources)
    for resource in resources:
        if not resource.id.namespace and not has_none(resource, cluster_wide):
            put(resource, ("metadata", "namespace"), namespace, where)
            reidentify(resource)


def has_none(resource: Resource, cluster_wide: set[tuple[str, str]]) -> bool:
    """Whether an object is in no namespace. Of kinds that nothing defines here, those called `Cluster…` are in none."""
    kind = (resource.id.group, resource.id.kind)
    is_called_so = resource.id.kind.startswith("Cluster") and resource.id.kind not in CLUSTERS
    return kind in CLUSTER_SCOPED or kind in cluster_wide or is_called_so


CLUSTERS = ("Cluster", "ClusterClass", "ClusterResourceSet", "ClusterResourceSetBinding", "ClusterServiceVersion")
"""Kinds of well-known operators that have a namespace all the same."""


def cluster_scoped(resources: Iterable[Resource]) -> set[tuple[str, str]]:
    """The kinds that definitions among the objects say to have no namespace."""
    found: set[tuple[str, str]] = set()
    for resource in resources:
        spec = resource.body.get("spec")
        if resource.id.kind == "CustomResourceDefinition" and isinstance(spec, dict) and spec.get("scope") == "Cluster":
            found.add((text(spec.get("group")), text(get(spec, ("names", "kind")))))
    return found
