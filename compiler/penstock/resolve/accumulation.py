"""What a kustomization works on: the resources so far in their order, found by identity or name, and field specs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from penstock.model import Origin, Resource
from penstock.resolve.finding import default_specs
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.finding.identities import Gvk, Identity, current, earlier, original

Keys = Callable[[Resource], set[Any]]
"""The keys that an index has for a resource."""


class Variable(NamedTuple):
    """A `vars` entry: `$(NAME)` stands for a field of the object that carries its name in its lineage."""

    name: str
    field_path: str
    origin: Origin


References = tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...]
"""(the kind that is named, the fields that name it)."""


class FieldSpecs(NamedTuple):
    """Which fields the transformers write."""

    name_prefix: tuple[FieldSpec, ...] = ()
    name_suffix: tuple[FieldSpec, ...] = ()
    namespace: tuple[FieldSpec, ...] = ()
    common_labels: tuple[FieldSpec, ...] = ()
    labels: tuple[FieldSpec, ...] = ()
    template_labels: tuple[FieldSpec, ...] = ()
    volume_claim_template_labels: tuple[FieldSpec, ...] = ()
    common_annotations: tuple[FieldSpec, ...] = ()
    name_reference: References = ()
    var_reference: tuple[FieldSpec, ...] = ()
    images: tuple[FieldSpec, ...] = ()
    replicas: tuple[FieldSpec, ...] = ()


NO_SPECS = FieldSpecs()
"""What a kustomization starts with, before it takes over those of its bases and the defaults."""

DEFAULT_SPECS = FieldSpecs(
    name_prefix=default_specs.NAME_PREFIX,
    name_suffix=default_specs.NAME_SUFFIX,
    namespace=default_specs.NAMESPACE,
    common_labels=default_specs.COMMON_LABELS,
    template_labels=default_specs.TEMPLATE_LABELS,
    volume_claim_template_labels=default_specs.VOLUME_CLAIM_TEMPLATE_LABELS,
    common_annotations=default_specs.COMMON_ANNOTATIONS,
    name_reference=default_specs.NAME_REFERENCES,
    var_reference=default_specs.VAR_REFERENCE,
    images=default_specs.IMAGES,
    replicas=default_specs.REPLICAS,
)
"""What every kustomization has that neither it nor a base of it adds to."""


class Accumulation:
    """The resources so far, in order, with indexes by identity; field specs and variables.

    An index is made when it is first asked for. What is added, removed or put in a place here is kept up in it; after
    any other change of an identity, or of the list, `changed` says so.
    """

    __slots__ = ("_by_id", "_lists", "may_clash", "resources", "specs", "variables")

    _by_id: dict[Identity, Resource] | None
    _lists: dict[Keys, dict[Any, list[Resource]]]
    """The indexes with several resources for a key, by what the keys of a resource are."""

    def __init__(
        self,
        resources: Iterable[Resource] = (),
        specs: FieldSpecs = NO_SPECS,
        variables: Mapping[str, Variable] = {},
    ) -> None:
        self.resources = list(resources)
        self.specs = specs
        self.variables = dict(variables)
        self.may_clash = False
        """Whether an object may have been given the name of another one: Kustomize looks at the next occasion."""
        self.changed()

    def fork(self) -> "Accumulation":
        """The same again, whose resources can be changed without those of this one."""
        copy = Accumulation((r.fork() for r in self.resources), self.specs, self.variables)
        copy.may_clash = self.may_clash
        return copy

    def changed(self) -> None:
        """Resources were removed or put in by hand, or an identity changed: the indexes are out of date."""
        self._by_id = None
        self._lists = {}

    def add(self, resource: Resource) -> Resource | None:
        """Add a resource at the end, or answer with the one that has the same identity now."""
        if self._by_id is None:
            self._by_id = {current(r): r for r in self.resources}
        identity = current(resource)
        if identity in self._by_id:
            return self._by_id[identity]
        self._by_id[identity] = resource
        self.resources.append(resource)
        for keys_of, index in self._lists.items():
            _enter(index, keys_of(resource), resource)
        return None

    def remove(self, resource: Resource) -> None:
        """Take a resource out."""
        self.resources.remove(resource)
        self._by_id = None
        for keys_of, index in self._lists.items():
            for key in keys_of(resource):
                index[key].remove(resource)

    def replace(self, old: Resource, new: Resource) -> None:
        """Put a resource in the place of another."""
        self.resources[self.resources.index(old)] = new
        self._by_id = None
        for keys_of, index in self._lists.items():
            if keys_of(old) != keys_of(new):
                self.changed()
                return
            for key in keys_of(old):
                index[key][index[key].index(old)] = new

    def by_any_id(self, identity: Identity) -> list[Resource]:
        """The resources that have or had an identity, in order."""
        return self._list(_identities, identity)

    def named(self, name: str) -> list[Resource]:
        """The resources that have a name now or had it first, in order."""
        return self._list(_first_and_last_name, name)

    def ever_named(self, name: str) -> list[Resource]:
        """The resources that have or had a name at any time, in order."""
        return self._list(_names, name)

    def _list(self, keys_of: Keys, key: Identity | str) -> list[Resource]:
        index = self._lists.get(keys_of)
        if index is None:
            index = self._lists[keys_of] = {}
            for resource in self.resources:
                _enter(index, keys_of(resource), resource)
        return list(index.get(key, ()))


def _enter(index: dict[Any, list[Resource]], keys: set[Any], resource: Resource) -> None:
    for key in keys:
        index.setdefault(key, []).append(resource)


def _identities(resource: Resource) -> set[Any]:
    return {current(resource), *earlier(resource)}


def _first_and_last_name(resource: Resource) -> set[Any]:
    return {resource.id.name, original(resource).name}


def _names(resource: Resource) -> set[Any]:
    return {resource.id.name, *(past[0] for past in resource.lineage.past)}
