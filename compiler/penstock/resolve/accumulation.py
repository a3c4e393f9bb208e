"""What a kustomization works on: the resources so far in order, found by what they are called, and field specs."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from operator import is_
from typing import Any

from penstock.model import Origin, Resource, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding import default_specs
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.finding.identities import Gvk, Identity, current, earlier
from penstock.resolve.finding.known_images import KnownImages
from penstock.resolve.finding.selectors import texts_at

Keys = Callable[[Resource], Set[Any]]
"""The keys that a table has for a resource."""


PutOff = Callable[[list[Resource], Sequence[Any]], None]
"""Makes several changes of one kind to resources, the earliest first."""

MOST_SETTLED = 8
"""Changes that a later component may make again without a difference, as far as they are kept in mind."""


_NOTHING: dict[int, Resource] = {}


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


class Table:
    """The resources by one of their properties; it is kept as they change."""

    __slots__ = ("_keys", "_keys_of", "entries", "keys")

    def __init__(self, keys_of: Keys) -> None:
        self._keys_of = keys_of
        self._keys: dict[int, Set[Any]] = {}
        """By the number of a resource: the keys that it stands under."""
        self.entries: dict[Any, dict[int, Resource]] = {}
        """By key: the resources by number. A key stays when its last resource goes."""
        self.keys: list[Any] = []
        """All keys that there have been, in the order in which they came."""

    def enter(self, number: int, resource: Resource) -> None:
        """Put a resource under the keys that it has now, and under no other."""
        keys = self._keys_of(resource)
        before = self._keys.get(number, frozenset())
        if keys == before:
            for key in keys:
                self.entries[key][number] = resource
            return
        self._keys[number] = keys
        for key in before - keys:
            del self.entries[key][number]
        for key in keys:
            if key not in self.entries:
                self.entries[key] = {}
                self.keys.append(key)
            self.entries[key][number] = resource

    def leave(self, number: int) -> None:
        """Take a resource out."""
        for key in self._keys.pop(number, ()):
            del self.entries[key][number]

    def count(self, keys: Iterable[Any]) -> int:
        """How many resources stand under some keys; those under several count several times."""
        return sum(len(self.entries.get(key, ())) for key in keys)

    def each(self, keys: Iterable[Any]) -> Iterator[Resource]:
        """The resources under some keys, in any order; those under several come several times."""
        return chain.from_iterable(self.entries.get(key, _NOTHING).values() for key in keys)

    def find(self, keys: Iterable[Any]) -> list[Resource]:
        """The resources under any of some keys, in order."""
        found: dict[int, Resource] = {}
        for key in keys:
            found.update(self.entries.get(key, {}))
        return [found[number] for number in sorted(found)]


class Accumulation:
    """The resources so far, in order, with tables of what they are called; field specs and variables.

    A table is made when it is first asked for. What is added, removed or put in a place here is kept up in it; whoever
    changes a resource says so with `update`, and with `changed` after a change of many.

    What an overlay does to all objects alike may be put off until somebody asks for `resources`, and a fork shares the
    resources until then. So a chain of overlays costs each object one change, and not one for each of them.
    """

    __slots__ = (
        "_are_different",
        "_by_id",
        "_is_shared",
        "_numbers",
        "_put_off",
        "_resources",
        "_settled",
        "_tables",
        "known_images",
        "may_clash",
        "specs",
        "variables",
    )

    _by_id: dict[Identity, Resource] | None
    _tables: dict[Keys, Table]
    _numbers: dict[Resource, int]
    """The order of the resources; made with the first table."""

    def __init__(
        self,
        resources: Iterable[Resource] = (),
        specs: FieldSpecs = NO_SPECS,
        variables: Mapping[str, Variable] = {},
    ) -> None:
        self._resources = list(resources)
        self.specs = specs
        self.variables = dict(variables)
        self._settled: dict[Hashable, list[Tree]] = {}
        self._put_off: tuple[PutOff, Sequence[Any]] | None = None
        self._is_shared = False
        self._are_different = not self._resources
        """Whether no two of the resources have one identity, as far as that is known without a look at each."""
        self.may_clash = False
        """Whether an object may have been given the name of another one: Kustomize looks at the next occasion."""
        self.known_images: dict[tuple[FieldSpec, ...], KnownImages] = {}
        """By the fields that were looked at: what the transformers of images know from one another."""
        self._forget_tables()

    @property
    def resources(self) -> list[Resource]:
        """The resources in order, to be read and changed. What was put off is done before anybody sees them."""
        self._settle()
        return self._resources

    @property
    def size(self) -> int:
        """How many resources there are."""
        return len(self._resources)

    @property
    def types(self) -> set[tuple[str, str]]:
        """(apiVersion, kind) of the resources."""
        return {(resource.api_version, resource.id.kind) for resource in self._resources}

    def _settle(self) -> None:
        """Do what was put off, to resources that nobody else has."""
        if self._is_shared:
            self._resources = [resource.fork() for resource in self._resources]
            self._is_shared = False
            self._forget_tables()
        if self._put_off is not None:
            (do, changes), self._put_off = self._put_off, None
            do(self._resources, changes)

    def put_off(self, do: "PutOff", change: Any) -> None:
        """Do `do(resources, changes)` when somebody asks for the resources; `change` is the last of the changes. Each
        must leave objects different that are different.
        """
        changes = self.changes_put_off(do)
        if not changes:
            self._settle()
        self._put_off = do, (*changes, change)
        self._forget_tables()

    def changes_put_off(self, do: "PutOff") -> Sequence[Any]:
        """The changes that were put off already, if it is this that is to be done."""
        return self._put_off[1] if self._put_off is not None and self._put_off[0] is do else ()

    def take(self, other: "Accumulation") -> bool:
        """Take over all resources of another one, as they are; False where there are some here, or two of them might be
        one object.
        """
        if self._resources or not other._are_different:
            return False
        self._resources, self._is_shared = other._resources, other._is_shared
        self._put_off, self._settled, self._are_different = other._put_off, other._settled, True
        self._forget_tables()
        return True

    def know_that_all_differ(self) -> None:
        """Somebody has found that no two of the resources have one identity."""
        self._are_different = True

    def fork(self) -> "Accumulation":
        """The same again, whose resources can be changed without those of this one."""
        copy = Accumulation((), self.specs, self.variables)
        copy.may_clash = self.may_clash
        copy._resources, copy._put_off, copy._settled = self._resources, self._put_off, dict(self._settled)
        copy._are_different = self._are_different
        copy._is_shared = self._is_shared = True
        return copy

    def changed(self) -> None:
        """Many resources were changed, removed or put in by hand: the tables are out of date."""
        self._are_different = False
        self._forget_tables()

    def _forget_tables(self) -> None:
        self._by_id = None
        self._tables = {}
        self._numbers = {}

    def update(self, resource: Resource, is_renamed: bool = True) -> None:
        """A resource was changed, in its body or, with `is_renamed`, in what it is or was called."""
        if is_renamed:
            self._are_different = False
            if self._by_id is not None and self._by_id.get(current(resource)) is not resource:
                self._by_id = None
        for table in self._tables.values():
            table.enter(self._numbers[resource], resource)

    def add(self, resource: Resource) -> Resource | None:
        """Add a resource at the end, or answer with the one that has the same identity now."""
        self._settle()
        if self._by_id is None:
            self._by_id = {current(r): r for r in self._resources}
        identity = current(resource)
        if identity in self._by_id:
            return self._by_id[identity]
        self._by_id[identity] = resource
        if self._tables:
            number = self._numbers[self._resources[-1]] + 1 if self._resources else 0
            self._numbers[resource] = number
            for table in self._tables.values():
                table.enter(number, resource)
        self._resources.append(resource)
        return None

    def remove(self, resource: Resource) -> None:
        """Take a resource out."""
        self.resources.remove(resource)
        self._by_id = None
        for table in self._tables.values():
            table.leave(self._numbers[resource])

    def replace(self, old: Resource, new: Resource) -> None:
        """Put a resource in the place of another."""
        self._are_different = False
        self.resources[self.resources.index(old)] = new
        if self._by_id is not None and self._by_id.get(current(old)) is old and current(old) == current(new):
            self._by_id[current(new)] = new
        else:
            self._by_id = None
        if self._tables:
            number = self._numbers[new] = self._numbers.pop(old)
            for table in self._tables.values():
                table.enter(number, new)

    def is_settled(self, change: Hashable) -> bool:
        """Whether a change made no difference to the objects as they are now, so it can be left out."""
        bodies = self._settled.get(change)
        return bodies is not None and _are_same(bodies, self.bodies())

    def note_change(self, change: Hashable, before: list[Tree]) -> None:
        """A change was made to all objects, which had these bodies before it."""
        if _are_same(before, self.bodies()):
            if len(self._settled) >= MOST_SETTLED:
                self._settled.clear()
            self._settled[change] = before

    def bodies(self) -> list[Tree]:
        """The bodies of all resources as they are now."""
        if self._put_off is not None:
            self._settle()
        return [resource.body for resource in self._resources]

    def table(self, keys_of: Keys) -> Table:
        """The table of the resources by some keys of theirs."""
        self._settle()
        table = self._tables.get(keys_of)
        if table is None:
            if not self._numbers:
                self._numbers = {resource: number for number, resource in enumerate(self._resources)}
            table = self._tables[keys_of] = Table(keys_of)
            for resource in self._resources:
                table.enter(self._numbers[resource], resource)
        return table

    def by_any_id(self, identity: Identity) -> list[Resource]:
        """The resources that have or had an identity, in order."""
        return self.table(_identities).find((identity,))

    def ever_named(self, name: str) -> list[Resource]:
        """The resources that have or had a name at any time, in order."""
        return self.table(names).find((name,))


def _are_same(some: list[Tree], others: list[Tree]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def _identities(resource: Resource) -> set[Identity]:
    return {current(resource), *earlier(resource)}


def names(resource: Resource) -> set[str]:
    """What a resource is called, and what it was called before."""
    return {resource.id.name, *(past[0] for past in resource.lineage.past)}


def namespaces(resource: Resource) -> set[str]:
    """The namespaces that a resource is and was in, as written and as Kustomize takes them."""
    past = (namespace for _, namespace, _ in resource.lineage.past)
    return {resource.id.namespace, current(resource).namespace, *past}


def kinds(resource: Resource) -> set[str]:
    """The kind of a resource, and those that it had before."""
    return {resource.id.kind, *(kind for _, _, kind in resource.lineage.past)}


def groups(resource: Resource) -> set[str]:
    """The group of a resource."""
    return {resource.id.group}


def labels(resource: Resource) -> set[Any]:
    """The labels of a resource: their keys, and (key, value)."""
    values = texts_at(resource, "labels")
    return {*values, *values.items()}


def annotations(resource: Resource) -> set[Any]:
    """The annotations of a resource: their keys, and (key, value)."""
    values = texts_at(resource, "annotations")
    return {*values, *values.items()}
