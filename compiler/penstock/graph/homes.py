"""The namespace by which an object is named, and whether two targets of an environment may make the same object."""

from collections.abc import Iterable

from penstock.kubernetes import CLUSTER_SCOPED
from penstock.model import ResourceId


def home(id: ResourceId) -> str:
    """Return the namespace by which an object is named. It is empty for kinds without namespaces, whatever the body
    says.
    """
    return "" if (id.group, id.kind) in CLUSTER_SCOPED else id.namespace


def may_clash(targets: Iterable[Iterable[tuple[ResourceId, str]]]) -> bool:
    """Return whether two targets of an environment make one object differently, judged by the ids of the files that
    objects become.
    """
    first: dict[ResourceId, str] = {}
    for objects in targets:
        for identity, content in objects:
            # Most objects have a namespace that counts: their identity is looked up as it is.
            is_wide = identity.namespace and (identity.group, identity.kind) in CLUSTER_SCOPED
            known = identity._replace(namespace="") if is_wide else identity
            if first.setdefault(known, content) != content:
                return True
    return False
