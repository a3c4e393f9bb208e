"""The state that a kustomization works on: the resources so far, in order, with an index by name, and the field
specs.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from operator import is_

from penstock.model import Origin, Resource, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding import default_specs
from penstock.resolve.finding.field_specs import FieldSpec
from penstock.resolve.finding.identities import Gvk, Identity, current, earlier
from penstock.resolve.finding.known_images import KnownImages
from penstock.resolve.finding.selectors import texts_at
from penstock.resolve.tables import Keys, Table
from penstock.resolve.waiting import Change, Waiting
from penstock.typed import Any

MOST_SETTLED = 8
"""The number of changes that are remembered as making no difference if a later component repeats them."""


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


class Accumulation:
    """The resources so far, in order, with indexes of their names and other properties; and the field specs and
    variables.

    An index is made when it is first asked for. `add`, `remove` and `replace` keep it up to date; code that changes a
    resource itself must call `update`, or `changed` after it has changed many.

    A change that an overlay makes to all objects alike may wait until `resources` is read (`waiting.py`), and a fork
    shares the resources until then. A chain of overlays therefore changes each object once, and not once per overlay.
    """

    __slots__ = (
        "_are_different",
        "_by_id",
        "_is_own",
        "_is_shared",
        "_numbers",
        "_resources",
        "_settled",
        "_tables",
        "_waiting",
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
        self._waiting: Waiting | None = None
        self._is_shared = False
        self._is_own = True
        """Whether no other accumulation has the same list and the same changes that wait."""
        self._are_different = not self._resources
        """Whether it is known, without checking each resource, that no two resources have the same identity."""
        self.may_clash = False
        """Whether an object may have been given the name of another one, for which Kustomize checks at the next
        occasion.
        """
        self.known_images: dict[tuple[FieldSpec, ...], KnownImages] = {}
        """By the fields that were searched: the images that earlier image transformers have found. Forks use the same
        ones, since what they know of an object holds for its body alone.
        """
        self._forget_tables()

    @property
    def resources(self) -> list[Resource]:
        """The resources in order, to be read and changed. Changes that wait are made first."""
        self.settle()
        return self._resources

    @property
    def as_they_were(self) -> Sequence[Resource]:
        """The resources in order, as they were before the changes that wait; to be read only."""
        return self._resources

    @property
    def size(self) -> int:
        """The number of resources."""
        return len(self._resources)

    @property
    def types(self) -> set[tuple[str, str]]:
        """The (apiVersion, kind) of each resource."""
        return {(resource.api_version, resource.id.kind) for resource in self._resources}

    def settle(self) -> None:
        """Make the changes that wait, on resources that no fork shares."""
        if self._is_shared:
            self._resources = [resource.fork() for resource in self._resources]
            self._is_shared, self._is_own = False, True
            self._forget_tables()
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.make(self._resources)

    @property
    def waiting(self) -> Waiting:
        """The changes that wait; to be read only."""
        return Waiting(len(self._resources)) if self._waiting is None else self._waiting

    def unchecked(self, what: Hashable) -> Sequence[Resource]:
        """Return the resources, as they were before the changes that wait, of which it is not known that they are fit
        for something.
        """
        return self._resources if self._waiting is None else self._resources[self._waiting.unchecked(what) :]

    def put_off(self, change: Change, *checked: Hashable) -> None:
        """Let a change wait until the resources are read. The caller has found that all resources are fit for what
        `checked` says, and that the change leaves any two different objects different.
        """
        waiting = self._own()
        waiting.changes.append(change)
        for each in checked:
            waiting.note_checked(each)
        self._forget_tables()

    def _own(self) -> Waiting:
        """Return the changes that wait, to be changed. From now on, they and the list are those of this accumulation
        alone.
        """
        if self._waiting is None or not self._is_own:
            self._resources, self._waiting = [*self._resources], self.waiting.copy()
            self._is_own = True
        return self._waiting

    def take(self, other: "Accumulation") -> bool:
        """Take over all resources of another accumulation as they are, behind those that are here, and return whether
        this was possible.

        Return False where two of the resources may have the same identity, or where changes would concern only some.
        """
        if not other._are_different:
            return False
        if self._resources:
            return self._take_behind(other)
        self._resources, self._is_shared, self._is_own = other._resources, other._is_shared, other._is_own
        self._waiting, self._settled, self._are_different = other._waiting, other._settled, True
        self.known_images = other.known_images
        self._forget_tables()
        return True

    def _take_behind(self, other: "Accumulation") -> bool:
        """Take over resources with changes that wait, behind some that these changes do not concern."""
        waiting = other._waiting
        if waiting is None or self._waiting is not None or self._is_shared:
            return False
        if any(waiting.holds(other._resources, current(resource)) for resource in self._resources):
            return False
        waiting = waiting.copy()
        for resource in reversed(self._resources):
            waiting.join(resource, first=True)
        self._resources, self._is_shared, self._is_own = [*self._resources, *other._resources], True, True
        self._waiting, self._settled = waiting, {}
        self._forget_tables()
        return True

    def all_differ(self) -> bool:
        """Return whether no two resources have the same identity."""
        # Changes wait only where they leave different objects different.
        if self._waiting is None:
            self._are_different = self._number_of_identities() == len(self._resources)
        return self._are_different

    def _number_of_identities(self) -> int:
        """Return how many different identities the resources have. A thousand components that change one name each ask
        for it as often, so an index tells it where there are indexes.
        """
        if self._is_shared or not self._tables:
            return len(set(map(current, self._resources)))
        return sum(map(bool, self.table(_present).entries.values()))

    def fork(self) -> "Accumulation":
        """Return a copy whose resources can be changed without changing those of this accumulation."""
        copy = Accumulation((), self.specs, self.variables)
        copy.may_clash = self.may_clash
        copy._resources, copy._waiting, copy._settled = self._resources, self._waiting, dict(self._settled)
        copy._are_different = self._are_different
        copy.known_images = dict(self.known_images)
        copy._is_shared = self._is_shared = True
        copy._is_own = self._is_own = False
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
        identity = current(resource)
        if self._waiting is not None and not self._waiting.holds(self._resources, identity):
            self._own().join(resource)
            self._resources.append(resource)
            return None
        self.settle()
        if self._by_id is None:
            self._by_id = {current(r): r for r in self._resources}
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
        if self._waiting is not None:
            self.settle()
        return [resource.body for resource in self._resources]

    def table(self, keys_of: Keys) -> Table:
        """Return the index of the resources by the keys that `keys_of` gives."""
        self.settle()
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


def _present(resource: Resource) -> set[Identity]:
    return {current(resource)}


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
