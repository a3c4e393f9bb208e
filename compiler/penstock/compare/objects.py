"""Two lots of objects → the changes that lead from one to the other."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from penstock.changes import Change, Compared, Field
from penstock.compare.dangers import DANGERS
from penstock.compare.fields import Keys, differences
from penstock.compare.routine import is_routine
from penstock.compare.secrets import masked
from penstock.model import Resource, ResourceId
from penstock.records import NamedTuple

HASHED = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
"""A name that ends in a hash of the content, as generators make them."""


class Way(NamedTuple):
    """How objects are compared.

    `keys` gives the known list keys of a kind, by apiVersion and kind. `secret_key` is the key of this run for digests.
    With `across`, the lots are those of two environments, and it is no change that their namespaces differ.
    """

    keys: Callable[[str, str], Keys | None]
    secret_key: bytes
    across: bool = False


Name = tuple[str, str, str, str]
Pair = tuple[Resource | None, Resource | None]
"""An object before and after."""


def compare(before: Sequence[Resource], after: Sequence[Resource], way: Way) -> Compared:
    """Return the differences between two lots of objects."""
    return _compared(_pairs(before, after, across=way.across), way)


Lots = tuple[Sequence[Resource], Sequence[Resource]]
"""The objects of one target, before and after."""


def compare_each(lots: Iterable[Lots], way: Way) -> Compared:
    """Return the differences between lots that go to different places, so that several may have the same object. Each
    object is compared within its own lots, or with one of the same name that has left others.
    """
    pairs = [pair for before, after in lots for pair in _pairs(before, after, across=way.across)]
    whole = [(old, new) for old, new in pairs if old is not None and new is not None]
    gone = [old for old, new in pairs if old is not None and new is None]
    come = [new for old, new in pairs if new is not None and old is None]
    return _compared([*whole, *_moved(gone, come)], way)


def _moved(gone: Iterable[Resource], come: Iterable[Resource]) -> Iterator[Pair]:
    """Yield pairs of objects with the same id, and those that are left over alone."""
    old, new = _by_id(gone), _by_id(come)
    for name in old | new:
        yield from zip_longest(old.get(name, ()), new.get(name, ()))


def _by_id(objects: Iterable[Resource]) -> dict[Name, list[Resource]]:
    found: dict[Name, list[Resource]] = {}
    for each in objects:
        found.setdefault(_full(each.id), []).append(each)
    return found


def _compared(pairs: Iterable[Pair], way: Way) -> Compared:
    changes: list[Change] = []
    same = 0
    hidden: dict[str, int] = {}
    for old, new in pairs:
        change = _change(old, new, way, hidden)
        if change is None:
            same += 1
        else:
            changes.append(change)
    return Compared(tuple(changes), same, hidden)


def _pairs(before: Sequence[Resource], after: Sequence[Resource], *, across: bool) -> list[Pair]:
    """Return each object with its former state: the object with the same id, or with the same name but for a hash."""
    key = _bare if across else _full
    old = {key(each.id): each for each in before}
    new = {key(each.id): each for each in after}
    gone = _only_in(old, new)
    renamed = _renamed(gone, _only_in(new, old), key)
    pairs: list[Pair] = []
    for name, each in new.items():
        pairs.append((old.get(name) or renamed.get(name), each))
    taken = {id(each) for each in renamed.values()}
    pairs += ((each, None) for each in gone if id(each) not in taken)
    return pairs


def _only_in(objects: Mapping[Name, Resource], others: Container[Name]) -> list[Resource]:
    """Return the objects of one side whose names the other side does not have."""
    return [each for name, each in objects.items() if name not in others]


def _full(identity: ResourceId) -> Name:
    return identity.group, identity.kind, identity.namespace, identity.name


def _bare(identity: ResourceId) -> Name:
    return identity.group, identity.kind, "", identity.name


def _renamed(
    gone: Iterable[Resource], come: Iterable[Resource], key: Callable[[ResourceId], Name]
) -> dict[Name, Resource]:
    """Return the former state of each object whose name got another hash, by the new name. An object is left out if
    there is more than one candidate.
    """
    old, new = _by_stem(gone, key), _by_stem(come, key)
    return {
        key(each[0].id): old[stem][0] for stem, each in new.items() if len(each) == 1 and len(old.get(stem, ())) == 1
    }


def _by_stem(objects: Iterable[Resource], key: Callable[[ResourceId], Name]) -> dict[Name, list[Resource]]:
    """Return the objects whose names have a hash, by the name without the hash."""
    found: dict[Name, list[Resource]] = {}
    for each in objects:
        if stem := _stem(key(each.id)):
            found.setdefault(stem, []).append(each)
    return found


def _stem(name: Name) -> Name | None:
    found = HASHED.fullmatch(name[3])
    is_generated = name[:2] in (("", "ConfigMap"), ("", "Secret"))
    return (*name[:3], found[1]) if found and is_generated else None


def _change(old: Resource | None, new: Resource | None, way: Way, hidden: dict[str, int]) -> Change | None:
    """Return the change of one object, or None if it stays the same."""
    if old is None or new is None:
        return _of_one_side(old, new, way)
    if old.body is new.body:
        return None
    was, now = masked(old.body, way.secret_key), masked(new.body, way.secret_key)
    fields = differences(was, now, way.keys(new.api_version, new.id.kind))
    if way.across:
        fields = _without_namespace(fields, hidden)
    if not fields:
        return None
    renamed = old.id.name if old.id.name != new.id.name else ""
    return _judged(Change(new.id, "changed", old, new, tuple(fields), renamed=renamed))


def _without_namespace(fields: Sequence[Field], hidden: dict[str, int]) -> list[Field]:
    """Return the fields without the namespace, which always differs between environments, and count it as `hidden`."""
    kept = [field for field in fields if field.at != ("metadata", "namespace")]
    if len(kept) < len(fields):
        hidden["metadata.namespace"] = hidden.get("metadata.namespace", 0) + 1
    return kept


def _of_one_side(old: Resource | None, new: Resource | None, way: Way) -> Change:
    """Return the change of an object that comes or goes."""
    there = new or old
    assert there is not None
    whole = masked(there.body, way.secret_key)
    return _judged(Change(there.id, "added" if old is None else "removed", old, new, whole=whole))


def _judged(change: Change) -> Change:
    dangers = tuple(danger for check in DANGERS for danger in check(change))
    return change._replace(
        dangers=dangers, is_routine=is_routine(change) and all(danger.level == "note" for danger in dangers)
    )
