"""Objects that make other objects which are not in the sources: Helm releases, and the custom resources of operators.

What such an object makes is not known. So if it may have made a missing object, or the pods that a selector is for, it
is not certain that there is a mistake: the finding becomes an info that names the maker.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from penstock.graph.index import kind_of
from penstock.graph.references import PASSIVE_GROUPS, PASSIVE_KINDS, PRODUCTS, RELEASES, Kind
from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Resource
from penstock.tree import get, leaves

MAX_VALUES = 10_000
"""Values of one object that are looked at for labels."""


class Makers:
    """The objects of a target, or of all targets of an environment, that make others, by namespace."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._releases: dict[str, list[Resource]] = {}
        self._custom: dict[str, list[Resource]] = {}
        for resource in resources:
            kind = kind_of(resource)
            if kind in RELEASES:
                namespace = get(resource.body, RELEASES[kind])
                at = namespace if isinstance(namespace, str) and namespace else resource.id.namespace
                self._releases.setdefault(at, []).append(resource)
            elif _is_active(resource):
                self._custom.setdefault(resource.id.namespace, []).append(resource)

    def of_name(self, namespace: str, name: str) -> Resource | None:
        """Return the maker of an object of this name: a maker whose name the object's name begins with, or any
        release.
        """
        releases, custom = self._releases.get(namespace, []), self._custom.get(namespace, [])
        related = (each for each in (*releases, *custom) if _begins(name, each.id.name))
        after_kind = (each for each in custom if name == f"{each.id.kind.lower()}-{each.id.name}")
        return next(related, None) or next(after_kind, releases[0] if releases else None)

    def of_pods(self, namespace: str, labels: Mapping[str, str]) -> Resource | None:
        """Return the maker of pods with these labels: a maker with one of their values, or any release."""
        releases, custom = self._releases.get(namespace, []), self._custom.get(namespace, [])
        values = set(labels.values())
        related = (each for each in (*releases, *custom) if each.id.name in values)
        working = (each for each in custom if _has_labels(each, labels))
        return next(related, None) or next(working, releases[0] if releases else None)

    def is_named(self, maker: Resource, labels: Mapping[str, str]) -> bool:
        """Return whether labels of pods name the custom resource that makes them, as operators label what they make."""
        return kind_of(maker) not in RELEASES and maker.id.name in labels.values()

    def is_related(self, maker: Resource, name: str) -> bool:
        """Return whether a name begins or ends with that of its maker. If not, the two merely stand side by side."""
        return _begins(name, maker.id.name) or name == f"{maker.id.kind.lower()}-{maker.id.name}"


def _is_active(resource: Resource) -> bool:
    """Return whether an operator may make objects for this one. Kinds of Kubernetes itself are not among these, and
    neither are groups that are known to make nothing.
    """
    return _is_active_kind(*kind_of(resource))


def may_make(kind: Kind) -> bool:
    """Return whether objects of a kind may make others, so that their content decides on what is missing elsewhere."""
    return kind in RELEASES or kind in _PRODUCING or _is_active_kind(*kind)


_PRODUCING = frozenset(product.kind for product in PRODUCTS)


def _is_active_kind(group: str, kind: str) -> bool:
    is_custom = "." in group and not group.endswith(".k8s.io")
    is_passive = group in PASSIVE_GROUPS or (group, kind) in PASSIVE_KINDS
    return is_custom and not is_passive and (group, kind) not in POD_TEMPLATES


def _begins(name: str, maker: str) -> bool:
    return bool(maker) and (name == maker or name.startswith(f"{maker}-"))


def _has_labels(resource: Resource, labels: Mapping[str, str]) -> bool:
    """Return whether an object has all of these labels in one place: in what may be a pod template, or as its own
    labels.
    """
    wanted = set(labels.items())
    for pair in islice(_pairs(resource), MAX_VALUES):
        wanted.discard(pair)
    return bool(labels) and not wanted


def _pairs(resource: Resource) -> Iterator[tuple[str, str]]:
    for at, value in leaves(resource.body):
        if isinstance(value, str) and at:
            yield str(at[-1]), value
