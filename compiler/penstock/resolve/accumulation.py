"""What a kustomization works on: the resources so far in their order, found by identity or name, and field specs."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from penstock.model import Origin, Resource
from penstock.resolve import defaults
from penstock.resolve.fieldspec import FieldSpec
from penstock.resolve.ids import Gvk, Identity, current, earlier, original

K = TypeVar("K", Identity, str)


class Variable(NamedTuple):
    """A `vars` entry: `$(NAME)` stands for a field of the object that carries its name in its lineage."""

    name: str
    field_path: str
    origin: Origin


class FieldSpecs(NamedTuple):
    """Which fields the transformers write: the defaults, and what `configurations` and `crds` add."""

    name_prefix: tuple[FieldSpec, ...] = defaults.NAME_PREFIX
    name_suffix: tuple[FieldSpec, ...] = defaults.NAME_SUFFIX
    namespace: tuple[FieldSpec, ...] = defaults.NAMESPACE
    common_labels: tuple[FieldSpec, ...] = defaults.COMMON_LABELS
    labels: tuple[FieldSpec, ...] = ()
    template_labels: tuple[FieldSpec, ...] = defaults.TEMPLATE_LABELS
    volume_claim_template_labels: tuple[FieldSpec, ...] = defaults.VOLUME_CLAIM_TEMPLATE_LABELS
    common_annotations: tuple[FieldSpec, ...] = defaults.COMMON_ANNOTATIONS
    name_reference: tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...] = defaults.NAME_REFERENCES
    var_reference: tuple[FieldSpec, ...] = defaults.VAR_REFERENCE
    images: tuple[FieldSpec, ...] = defaults.IMAGES
    replicas: tuple[FieldSpec, ...] = defaults.REPLICAS


class Accumulation:
    """The resources so far, in order, with indexes by identity; field specs and variables.

    An index is made when it is first asked for, and again after `changed`.
    """

    __slots__ = ("_by_any_id", "_by_id", "_by_name", "_by_names", "resources", "specs", "variables")

    _by_id: dict[Identity, Resource] | None
    _by_any_id: dict[Identity, list[Resource]] | None
    _by_name: dict[str, list[Resource]] | None
    _by_names: dict[str, list[Resource]] | None

    def __init__(
        self,
        resources: Iterable[Resource] = (),
        specs: FieldSpecs = FieldSpecs(),
        variables: Mapping[str, Variable] = {},
    ) -> None:
        self.resources = list(resources)
        self.specs = specs
        self.variables = dict(variables)
        self.changed()

    def fork(self) -> "Accumulation":
        """The same again, whose resources can be changed without those of this one."""
        return Accumulation((r.fork() for r in self.resources), self.specs, self.variables)

    def changed(self) -> None:
        """Resources were removed or put in by hand, or an identity changed: the indexes are out of date."""
        self._by_id = self._by_any_id = self._by_name = self._by_names = None

    def add(self, resource: Resource) -> Resource | None:
        """Add a resource at the end, or answer with the one that has the same identity now."""
        if self._by_id is None:
            self._by_id = {current(r): r for r in self.resources}
        identity = current(resource)
        if identity in self._by_id:
            return self._by_id[identity]
        self._by_id[identity] = resource
        self.resources.append(resource)
        self._by_any_id = self._by_name = self._by_names = None
        return None

    def by_any_id(self, identity: Identity) -> list[Resource]:
        """The resources that have or had an identity, in order."""
        if self._by_any_id is None:
            self._by_any_id = _index((r, {current(r), *earlier(r)}) for r in self.resources)
        return self._by_any_id.get(identity, [])

    def named(self, name: str) -> list[Resource]:
        """The resources that have a name now or had it first, in order."""
        if self._by_name is None:
            self._by_name = _index((r, {r.id.name, original(r).name}) for r in self.resources)
        return self._by_name.get(name, [])

    def ever_named(self, name: str) -> list[Resource]:
        """The resources that have or had a name at any time, in order."""
        if self._by_names is None:
            self._by_names = _index((r, {r.id.name, *(past[0] for past in r.lineage.past)}) for r in self.resources)
        return self._by_names.get(name, [])


def _index(keyed: Iterable[tuple[Resource, set[K]]]) -> dict[K, list[Resource]]:
    index: dict[K, list[Resource]] = {}
    for resource, keys in keyed:
        for key in keys:
            index.setdefault(key, []).append(resource)
    return index
