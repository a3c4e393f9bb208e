"""Moves of all objects to other names and namespaces, several at once: what the overlays of a chain do to the
identities of the objects below them.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from penstock.model import Origin, Resource
from penstock.records import NamedTuple
from penstock.resolve.finding.identities import Gvk, current, is_cluster_scoped, original
from penstock.resolve.waiting import Type
from penstock.scalar import resource_scalar
from penstock.tree import get, rebuild, with_value
from penstock.typed import Any

KIND = "moves"
"""The kind of these changes, among those that wait."""

KEPT = (
    Gvk(kind="CustomResourceDefinition"),
    Gvk(group="apiregistration.k8s.io", kind="APIService"),
    Gvk(kind="Namespace"),
)
"""Kinds that are not renamed, because their names have a meaning."""

_NAME = ("metadata", "name")
_NAMESPACE = ("metadata", "namespace")


class Move(NamedTuple):
    """A prefix or suffix for all names, or else a namespace, and where it is written. `one` makes the move for a single
    object, with all the care that an unusual one needs.
    """

    where: Origin
    one: Callable[[Resource], None]
    prefix: str = ""
    suffix: str = ""
    namespace: str = ""
    cost: int = 0
    """The cost for the budget, in values."""

    def name_after(self, type: Type, name: str) -> str:
        return name if self.namespace or is_kind_kept(*type) else f"{self.prefix}{name}{self.suffix}"

    def name_before(self, type: Type, name: str) -> str | None:
        if self.namespace or is_kind_kept(*type):
            return name
        is_made = name.startswith(self.prefix) and name.endswith(self.suffix)
        rest = len(name) - len(self.prefix) - len(self.suffix)
        return name[len(self.prefix) : len(self.prefix) + rest] if is_made and rest >= 0 else None

    def namespace_after(self, type: Type) -> str:
        return "" if is_cluster_scoped(*type) else self.namespace

    def is_same(self, other: "Move") -> bool:
        """Return whether another move leads to the same namespace, so that it makes no difference after this one."""
        return bool(self.namespace) and self.namespace == other.namespace


@lru_cache(maxsize=4096)
def is_kind_kept(group: str, version: str, kind: str) -> bool:
    """Return whether objects of a kind keep their names."""
    return any(kept.selects(group, version, kind) for kept in KEPT)


def is_ordinary(resource: Resource) -> bool:
    """Return whether moving an object changes only its identity, and reports nothing."""
    is_named = get(resource.body, _NAME).__class__ is str
    return is_named and not resource.spelling.shared and original(resource).kind == resource.id.kind


def make(resources: list[Resource], moves: Sequence[Move]) -> None:
    """Make several moves of ordinary objects at once."""
    to_others = _together(moves)
    to_kept = _together([move for move in moves if move.namespace])
    for resource in resources:
        is_kept = is_kind_kept(resource.id.group, resource.version, resource.id.kind)
        meant = to_kept if is_kept else to_others
        # A name that YAML would not read as text needs the care of the slow way.
        if _are_plain(resource.id.name, meant.moves):
            _move(resource, meant)
            continue
        for move in meant.moves:
            move.one(resource)


class _Together(NamedTuple):
    """Moves that are made at once, and what they have in common."""

    moves: Sequence[Move]
    renames: bool
    gives_namespace: bool
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]


def _together(moves: Sequence[Move]) -> _Together:
    return _Together(
        moves,
        any(not move.namespace for move in moves),
        any(move.namespace for move in moves),
        tuple(move.prefix for move in moves if move.prefix),
        tuple(move.suffix for move in moves if move.suffix),
    )


def _move(resource: Resource, together: _Together) -> None:
    """Make several moves, and record on the way what the object was called before each of them."""
    now, lineage, log = current(resource), resource.lineage, resource.log
    name, namespace = now.name, now.namespace
    is_scoped = is_cluster_scoped(now.group, now.version, now.kind)
    past: list[Any] = [*lineage.past]
    for move in together.moves:
        past.append((name, namespace, now.kind))
        if move.namespace:
            namespace = namespace if is_scoped else move.namespace
            log = log if is_scoped else (log, _NAMESPACE, move.where)
        else:
            name = f"{move.prefix}{name}{move.suffix}"
            log = (log, _NAME, move.where)
    is_given = together.gives_namespace and not is_scoped
    body = with_value(resource.body, _NAME, name) if together.renames else resource.body
    body = with_value(body, _NAMESPACE, namespace) if is_given else body
    rebuild(resource, body, log)
    resource.lineage = lineage._replace(
        prefixes=(*lineage.prefixes, *together.prefixes),
        suffixes=(*lineage.suffixes, *together.suffixes),
        past=tuple(past),
    )
    resource.id = resource.id._replace(name=name, namespace=namespace if is_given else resource.id.namespace)


def _are_plain(name: str, moves: Sequence[Move]) -> bool:
    """Return whether all names on the way remain the same strings without quotes."""
    for move in moves:
        if not move.namespace:
            if not _is_plain(name):
                return False
            name = f"{move.prefix}{name}{move.suffix}"
    return _is_plain(name) or all(move.namespace for move in moves)


def _is_plain(name: str) -> bool:
    """Return whether a text remains the same string without quotes."""
    return name[:1].isalpha() and resource_scalar(name) == name
