"""An index of objects by everything that a reference may say about them."""

from collections.abc import Sequence
from functools import lru_cache

from penstock.graph.homes import home
from penstock.graph.references import (
    BUILT_IN,
    DEFINITION,
    FLUX_KUSTOMIZATION,
    NAMESPACE,
    PRODUCTS,
    STATEFUL_SET,
    STORAGE_CLASS,
    VOLUME,
    VOLUME_CLAIM,
    External,
    Kind,
    Product,
)
from penstock.graph.walk import Named, named_by, strings
from penstock.model import Resource, Tree
from penstock.patterns import PatternTable, fits
from penstock.tree import get

_Key = tuple[Kind, str, str]
"""Kind, namespace, name."""


class Index:
    """The objects that exist, the objects that their controllers will make, and those that are made elsewhere."""

    def __init__(self, resources: Sequence[Resource], externals: Sequence[External]) -> None:
        self._objects: dict[_Key, Resource] = {}
        self._products: dict[_Key, Resource] = {}
        self._everywhere: dict[tuple[Kind, str], Resource] = {}
        self._definitions: dict[Kind, Resource] = {}
        self._named: dict[tuple[Kind, str], list[Resource]] = {}
        self._in_namespace: dict[tuple[Kind, str], list[str]] = {}
        self._classes: set[str] = set()
        self._built: set[_Key] = set()
        self._claims: dict[tuple[str, str], Resource] = {}
        self._outside = _outside(tuple(externals))
        by_kind: dict[Kind, list[Resource]] = {}
        for resource in resources:
            self._add(resource)
            by_kind.setdefault(kind_of(resource), []).append(resource)
        for product in PRODUCTS:  # their order decides: a Certificate makes a Secret, not the Ingress that names it
            for resource in by_kind.get(product.kind, ()):
                self._add_products(resource, product)

    def find(self, named: Named) -> Resource | None:
        """Return the object that a reference names. If a controller will make that object, return the one from which it
        is made.

        An object without a namespace will get one that is not known here, so it is found from every namespace.
        """
        key = (named.kind, named.namespace, named.name)
        found = self._objects.get(key) or self._products.get(key) or self._everywhere.get((named.kind, named.name))
        found = found or (self._objects.get((named.kind, "", named.name)) if named.said else None)
        return found or (self._claiming(named) if named.kind == VOLUME_CLAIM else None)

    def _claiming(self, named: Named) -> Resource | None:
        """Return the StatefulSet that makes a claim for one of its pods."""
        template, _, number = named.name.rpartition("-")
        return self._claims.get((named.namespace, template)) if number.isdecimal() else None

    def is_made_elsewhere(self, named: Named) -> bool:
        return self._outside.has(named.kind[1], named.namespace, named.name)

    def is_of_volumes(self, named: Named) -> bool:
        """Return whether a storage class is that of a volume here. Claims of the class are bound to such volumes, and
        then there need be no StorageClass.
        """
        return named.kind == STORAGE_CLASS and named.name in self._classes

    def is_filled(self, resource: Resource) -> bool:
        """Return whether a controller writes into an object of the sources, as for an ExternalSecret that merges."""
        return (kind_of(resource), resource.id.namespace, resource.id.name) in self._products

    def definition(self, resource: Resource) -> Resource | None:
        """Return the CustomResourceDefinition of an object's kind."""
        return self._definitions.get(kind_of(resource))

    def namespace(self, resource: Resource) -> Resource | None:
        return self._objects.get((NAMESPACE, "", resource.id.namespace)) if resource.id.namespace else None

    def same_name(self, named: Named) -> list[Resource]:
        """Return the objects of a kind and name, in any namespace."""
        return self._named.get((named.kind, named.name), [])

    def names(self, named: Named) -> list[str]:
        """Return the names of all objects of a kind in a namespace."""
        return self._in_namespace.get((named.kind, named.namespace), [])

    def built(self, named: Named) -> list[str]:
        """Return the names of those sources of Flux, of a kind and in a namespace, that a Kustomization builds."""
        return [name for name in self.names(named) if (named.kind, named.namespace, name) in self._built]

    def get(self, kind: Kind, namespace: str, name: str) -> Resource | None:
        return self._objects.get((kind, namespace, name))

    def _add(self, resource: Resource) -> None:
        kind = kind_of(resource)
        namespace, name = home(resource.id), resource.id.name
        self._objects.setdefault((kind, namespace, name), resource)
        self._named.setdefault((kind, name), []).append(resource)
        self._in_namespace.setdefault((kind, namespace), []).append(name)
        if kind == FLUX_KUSTOMIZATION:
            self._built.update((each.kind, each.namespace, each.name) for each in named_by(resource))
        if kind == VOLUME:
            self._classes.update(strings(resource.body, "spec.storageClassName"))
        if kind == STATEFUL_SET:
            for template in strings(resource.body, "spec.volumeClaimTemplates[].metadata.name"):
                self._claims.setdefault((namespace, f"{template}-{name}"), resource)
        if kind == DEFINITION:
            defined = get(resource.body, ("spec", "group")), get(resource.body, ("spec", "names", "kind"))
            if isinstance(defined[0], str) and isinstance(defined[1], str):
                self._definitions.setdefault(defined, resource)

    def _add_products(self, resource: Resource, product: Product) -> None:
        found = get(resource.body, ("metadata", "annotations"))
        annotations = found if isinstance(found, dict) else {}
        if product.annotated and not annotations.keys() & product.annotated:
            return
        for name in _names_of_product(resource, product, annotations):
            if product.everywhere:
                self._everywhere.setdefault((product.makes, name), resource)
            else:
                self._products.setdefault((product.makes, resource.id.namespace, name), resource)


def _names_of_product(resource: Resource, product: Product, annotations: Tree) -> list[str]:
    """Return the names in the first field that has some, or in the first annotation that has one."""
    for path in product.names:
        names = [name for name in strings(resource.body, path) if name]
        if names:
            return names
    return [name for key in product.named_by if isinstance(name := annotations.get(key), str) and name][:1]


class _Outside:
    """The objects that are made elsewhere. Long lists of them cost no time."""

    def __init__(self, externals: Sequence[External]) -> None:
        self._patterns = PatternTable((each, each) for each in externals)

    def has(self, kind: str, namespace: str, name: str) -> bool:
        wanted = External(kind, namespace, name)
        return any(all(map(fits, each, wanted)) for each in self._patterns.candidates(wanted))


@lru_cache
def _outside(externals: tuple[External, ...]) -> _Outside:
    """Return the objects that every cluster has, and those that a configuration names. All targets share them."""
    return _Outside((*BUILT_IN, *externals))


def kind_of(resource: Resource) -> Kind:
    return resource.id.group, resource.id.kind
