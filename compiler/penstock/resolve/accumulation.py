"""The state that a kustomization works on: the resources so far, in order, with an index by name, and the field
specs.
"""

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
"""Returns the keys under which a table enters a resource."""


PutOff = Callable[[list[Resource], Sequence[Any]], None]
"""Makes several changes of one kind to resources, earliest first."""

MOST_SETTLED = 8
"""The number of changes that are remembered as making no difference if a later component repeats them."""


_NOTHING: dict[int, Resource] = {}


class Variable(NamedTuple):
    """One entry of `vars`: `$(NAME)` stands for a field of the object that has this variable's name in its lineage."""

    name: str
    field_path: str
    origin: Origin


References = tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...]
"""(the kind that is named, the fields that name it)."""


class FieldSpecs(NamedTuple):
    """The fields that each transformer writes."""

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
"""The field specs that a kustomization starts with, before it takes over those of its bases and the default ones."""

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
"""The field specs of a kustomization if neither it nor one of its bases adds any."""


class Table:
    """An index of the resources by one of their properties. It is kept up to date as the resources change."""

    __slots__ = ("_keys", "_keys_of", "entries", "keys")

    def __init__(self, keys_of: Keys) -> None:
        self._keys_of = keys_of
        self._keys: dict[int, Set[Any]] = {}
        """By the number of a resource: the keys under which it is entered."""
        self.entries: dict[Any, dict[int, Resource]] = {}
        """By key: the resources by number. A key stays when its last resource leaves."""
        self.keys: list[Any] = []
        """All keys that the table has ever had, in the order in which they were added."""

    def enter(self, number: int, resource: Resource) -> None:
        """Enter a resource under the keys that it has now, and remove it from all other keys."""
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
        """Remove a resource from the index."""
        for key in self._keys.pop(number, ()):
            del self.entries[key][number]

    def count(self, keys: Iterable[Any]) -> int:
        """Return how many resources have any of these keys. A resource with several of the keys is counted several
        times.
        """
        return sum(len(self.entries.get(key, ())) for key in keys)

    def each(self, keys: Iterable[Any]) -> Iterator[Resource]:
        """Return the resources that have any of these keys, in any order. A resource with several of the keys comes
        several times.
        """
        return chain.from_iterable(self.entries.get(key, _NOTHING).values() for key in keys)

    def find(self, keys: Iterable[Any]) -> list[Resource]:
        """Return the resources that have any of these keys, in order."""
        found: dict[int, Resource] = {}
        for key in keys:
            found.update(self.entries.get(key, {}))
        return [found[number] for number in sorted(found)]


class Accumulation:
    """The resources so far, in order, with indexes of their names and other properties; and the field specs and
    variables.

    An index is made when it is first asked for. `add`, `remove` and `replace` keep it up to date; code that changes a
    resource itself must call `update`, or `changed` after it has changed many.

    A change that an overlay makes to all objects alike may be put off until `resources` is read, and a fork shares the
    resources until then. A chain of overlays therefore changes each object once, and not once per overlay.
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
    """The position of each resource in the order. It is made with the first table."""

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
        """Whether it is known, without checking each resource, that no two resources have the same identity."""
        self.may_clash = False
        """Whether an object may have been given the name of another one, for which Kustomize checks at the next
        occasion.
        """
        self.known_images: dict[tuple[FieldSpec, ...], KnownImages] = {}
        """By the fields that were searched: the images that earlier image transformers have found."""
        self._forget_tables()

    @property
    def resources(self) -> list[Resource]:
        """The resources in order, to be read and changed. Changes that were put off are made first."""
        self._settle()
        return self._resources

    @property
    def size(self) -> int:
        """The number of resources."""
        return len(self._resources)

    @property
    def types(self) -> set[tuple[str, str]]:
        """The (apiVersion, kind) of each resource."""
        return {(resource.api_version, resource.id.kind) for resource in self._resources}

    def _settle(self) -> None:
        """Make the changes that were put off, on resources that no fork shares."""
        if self._is_shared:
            self._resources = [resource.fork() for resource in self._resources]
            self._is_shared = False
            self._forget_tables()
        if self._put_off is not None:
            (do, changes), self._put_off = self._put_off, None
            do(self._resources, changes)

    def put_off(self, do: "PutOff", change: Any) -> None:
        """Put off `do(resources, changes)` until the resources are read; `change` is added to its changes as the last
        one.

        The change must leave any two different objects different.
        """
        changes = self.changes_put_off(do)
        if not changes:
            self._settle()
        self._put_off = do, (*changes, change)
        self._forget_tables()

    def changes_put_off(self, do: "PutOff") -> Sequence[Any]:
        """Return the changes for `do` that were put off so far; empty if none are waiting for this `do`."""
        return self._put_off[1] if self._put_off is not None and self._put_off[0] is do else ()

    def take(self, other: "Accumulation") -> bool:
        """Take over all resources of another accumulation as they are, and return whether this was possible.

        Return False where this accumulation already has resources, or where two of the others may have the same
        identity.
        """
        if self._resources or not other._are_different:
            return False
        self._resources, self._is_shared = other._resources, other._is_shared
        self._put_off, self._settled, self._are_different = other._put_off, other._settled, True
        self._forget_tables()
        return True

    def know_that_all_differ(self) -> None:
        """Note that the caller has found no two resources with the same identity."""
        self._are_different = True

    def fork(self) -> "Accumulation":
        """Return a copy whose resources can be changed without changing those of this accumulation."""
        copy = Accumulation((), self.specs, self.variables)
        copy.may_clash = self.may_clash
        copy._resources, copy._put_off, copy._settled = self._resources, self._put_off, dict(self._settled)
        copy._are_different = self._are_different
        copy._is_shared = self._is_shared = True
        return copy

    def changed(self) -> None:
        """Discard the indexes, because the caller has changed, removed or inserted many resources directly."""
        self._are_different = False
        self._forget_tables()

    def _forget_tables(self) -> None:
        self._by_id = None
        self._tables = {}
        self._numbers = {}

    def update(self, resource: Resource, is_renamed: bool = True) -> None:
        """Update the indexes after a change to the body of a resource or, with `is_renamed`, to its present or earlier
        names.
        """
        if is_renamed:
            self._are_different = False
            if self._by_id is not None and self._by_id.get(current(resource)) is not resource:
                self._by_id = None
        for table in self._tables.values():
            table.enter(self._numbers[resource], resource)

    def add(self, resource: Resource) -> Resource | None:
        """Add a resource at the end and return None; or return the resource that has the same identity now, and add
        nothing.
        """
        self._settle()
        if self._by_id is None:
            self._by_id = {current(r): r for r in self._resources}
        identity = current(resource)
        if identity in self._by_id:
            return self._by_id[identity]
        self._by_id[identity] = resource
        if self._tables:
            # The tables keep the objects in order by number, and numbers of objects that are gone stay unused.
            number = self._numbers[self._resources[-1]] + 1 if self._resources else 0
            self._numbers[resource] = number
            for table in self._tables.values():
                table.enter(number, resource)
        self._resources.append(resource)
        return None

    def remove(self, resource: Resource) -> None:
        """Remove a resource."""
        self.resources.remove(resource)
        self._by_id = None
        for table in self._tables.values():
            table.leave(self._numbers[resource])

    def replace(self, old: Resource, new: Resource) -> None:
        """Put a resource in the place of another one."""
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
        """Return whether this change is known to make no difference to the objects as they are now, so that it can be
        left out.
        """
        bodies = self._settled.get(change)
        return bodies is not None and _are_same(bodies, self.bodies())

    def note_change(self, change: Hashable, before: list[Tree]) -> None:
        """Note that a change was made to all objects, whose bodies were `before` until then."""
        if _are_same(before, self.bodies()):
            if len(self._settled) >= MOST_SETTLED:
                self._settled.clear()
            self._settled[change] = before

    def bodies(self) -> list[Tree]:
        """Return the bodies of all resources as they are now."""
        if self._put_off is not None:
            self._settle()
        return [resource.body for resource in self._resources]

    def table(self, keys_of: Keys) -> Table:
        """Return the index of the resources by the keys that `keys_of` gives."""
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
        """Return the resources that have an identity now or had it earlier, in order."""
        return self.table(_identities).find((identity,))

    def ever_named(self, name: str) -> list[Resource]:
        """Return the resources that have a name now or had it earlier, in order."""
        return self.table(names).find((name,))


def _are_same(some: list[Tree], others: list[Tree]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def _identities(resource: Resource) -> set[Identity]:
    return {current(resource), *earlier(resource)}


def names(resource: Resource) -> set[str]:
    """Return the present and the earlier names of a resource."""
    return {resource.id.name, *(past[0] for past in resource.lineage.past)}


def namespaces(resource: Resource) -> set[str]:
    """Return the present and the earlier namespaces of a resource, both as written and as Kustomize interprets them."""
    past = (namespace for _, namespace, _ in resource.lineage.past)
    return {resource.id.namespace, current(resource).namespace, *past}


def kinds(resource: Resource) -> set[str]:
    """Return the present and the earlier kinds of a resource."""
    return {resource.id.kind, *(kind for _, _, kind in resource.lineage.past)}


def groups(resource: Resource) -> set[str]:
    """Return the API group of a resource, as a set."""
    return {resource.id.group}


def labels(resource: Resource) -> set[Any]:
    """Return the labels of a resource, both as keys and as (key, value)."""
    values = texts_at(resource, "labels")
    return {*values, *values.items()}


def annotations(resource: Resource) -> set[Any]:
    """Return the annotations of a resource, both as keys and as (key, value)."""
    values = texts_at(resource, "annotations")
    return {*values, *values.items()}
