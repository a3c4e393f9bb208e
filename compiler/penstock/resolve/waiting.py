"""Changes that overlays make to all objects alike, and that wait until the objects are asked for.

A chain of overlays that each set a prefix, a namespace or labels would otherwise change each object once per overlay.
A change may wait only where it is known beforehand that it reports nothing, and that no two objects get the same
identity by it. The changes that wait already do not concern an object that is added after them.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import groupby

from penstock.model import Resource
from penstock.records import NamedTuple
from penstock.resolve.finding.identities import Identity, current
from penstock.typed import Any, Protocol

Type = tuple[str, str, str]
"""The group, version and kind of an object."""


class What(Protocol):
    """A change of all objects, as far as it concerns their identities."""

    def name_after(self, type: Type, name: str) -> str:
        """Return the name that an object of a type gets."""

    def name_before(self, type: Type, name: str) -> str | None:
        """Return the name from which the change leads to this one; None where there is none."""

    def namespace_after(self, type: Type) -> str:
        """Return the effective namespace that objects of a type get; empty where they keep theirs."""


Do = Callable[[list[Resource], Sequence[Any]], None]
"""Makes several changes of one kind to resources, earliest first."""


class Change(NamedTuple):
    """A change that waits. Changes of one kind are made together by `do`; those of different kinds write to different
    places, so that their order does not matter.
    """

    do: Do
    kind: Hashable
    what: Any  # What


class Waiting:
    """The changes that wait, for resources that are known by their positions."""

    __slots__ = ("_checked", "_named", "changes", "joined")

    def __init__(self, size: int) -> None:
        self.changes: list[Change] = []
        self.joined: list[int] = [0] * size
        """For each resource: how many of the changes came before it, and do not concern it."""
        self._checked: dict[Hashable, int] = {}
        """How many resources, from the first one on, are known to be fit for something."""
        self._named: dict[tuple[int, Type, str], list[Resource]] | None = None
        """By the number of changes that do not concern them, their types and their names before the others."""

    def copy(self) -> "Waiting":
        """Return a copy that can be changed on its own."""
        copy = Waiting(0)
        copy.changes, copy.joined, copy._checked = [*self.changes], [*self.joined], {**self._checked}
        copy._named = None if self._named is None else {**self._named}
        return copy

    def of_kind(self, kind: Hashable) -> list[Any]:
        """Return the changes of a kind that wait, earliest first."""
        return [change.what for change in self.changes if change.kind == kind]

    def note_checked(self, what: Hashable) -> None:
        """Note that all resources are fit for something."""
        self._checked[what] = len(self.joined)

    def unchecked(self, what: Hashable) -> int:
        """Return the position of the first resource that is not known to be fit for something."""
        return self._checked.get(what, 0)

    def is_repeated(self, kind: Hashable, what: Any) -> bool:
        """Return whether the last two changes of a kind are this one, and concern all resources, so that a third one
        makes no difference.
        """
        same = [number for number, change in enumerate(self.changes) if change.kind == kind][-2:]
        return (
            len(same) > 1
            and all(self.changes[number].what.is_same(what) for number in same)
            and max(self.joined, default=0) <= same[0]
        )

    def join(self, resource: Resource, first: bool = False) -> None:
        """Note that a resource was added, which the changes so far do not concern."""
        number = len(self.changes)
        if first:
            self.joined.insert(0, number)
            self._checked.clear()
        else:
            self.joined.append(number)
        if self._named is not None:
            key = (number, _type(resource), resource.id.name)
            self._named[key] = [*self._named.get(key, ()), resource]

    def holds(self, resources: Sequence[Resource], identity: Identity) -> bool:
        """Return whether one of the resources will have an identity once the changes are made."""
        named = self.named(resources, identity[:3], identity.name)
        return any(namespace == identity.namespace for _, namespace in named)

    def named(self, resources: Sequence[Resource], type: Type, name: str) -> list[tuple[Resource, str]]:
        """Return the resources of a type that will have a name, each with the namespace that it will have."""
        if self._named is None:
            self._named = {}
            for number, resource in zip(self.joined, resources, strict=True):
                self._named.setdefault((number, _type(resource), resource.id.name), []).append(resource)
        found: list[tuple[Resource, str]] = []
        namespace = ""
        for number in range(len(self.changes), -1, -1):
            same = self._named.get((number, type, name), ())
            found += [(each, namespace or current(each).namespace) for each in same]
            what: What | None = self.changes[number - 1].what if number else None
            before = what.name_before(type, name) if what else None
            if what is None or before is None:
                break
            namespace, name = namespace or what.namespace_after(type), before
        return found

    def names(self, resources: Sequence[Resource], first: int = 0) -> Iterator[tuple[Type, str]]:
        """Yield the type of each resource from a position on, and the name that it will have."""
        for number, resource in zip(self.joined[first:], resources[first:], strict=True):
            kind, name = _type(resource), resource.id.name
            for change in self.changes[number:]:
                name = change.what.name_after(kind, name)
            yield kind, name

    def make(self, resources: Sequence[Resource]) -> None:
        """Make the changes: for the resources that joined at the same time, all changes of a kind at once."""
        together = sorted(zip(self.joined, range(len(resources)), strict=True))
        for number, members in groupby(together, key=lambda pair: pair[0]):
            group = [resources[position] for _, position in members]
            kinds: dict[tuple[Do, Hashable], list[Any]] = {}
            for change in self.changes[number:]:
                kinds.setdefault((change.do, change.kind), []).append(change.what)
            for (do, _), changes in kinds.items():
                do(group, changes)


def _type(resource: Resource) -> Type:
    return resource.id.group, resource.version, resource.id.kind
