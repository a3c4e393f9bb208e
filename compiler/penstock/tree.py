"""Reading and writing plain trees. The functions of this module are the only ways to change the body of a resource.

`put`, `drop` and `rearrange` write, and log who wrote. `rebuild` takes a body that was built elsewhere, with the log
that was kept on the way. `respell` is for a body whose values keep their writers.

A tree may be shared by many resources, so a write copies the containers on its way and no others (path copying).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.log_index import LogIndex
from penstock.model import Log, Origin, Pointer, Rearranged, Resource, Step, Taken, Tree
from penstock.typed import Any

MISSING: Any = object()


def get(tree: Any, at: Pointer, default: Any = None) -> Any:
    """The value at a pointer, or `default` where there is none."""
    for step in at:
        tree = tree.get(step, MISSING) if tree.__class__ is dict else child(tree, step)
        if tree is MISSING:
            return default
    return tree


def child(tree: Any, step: Step) -> Any:
    """One step down; MISSING where there is nothing."""
    if tree.__class__ is dict:
        return tree.get(step, MISSING)
    if tree.__class__ is list and step.__class__ is int and 0 <= step < len(tree):
        return tree[step]
    return MISSING


def put(resource: Resource, at: Pointer, value: Any, origin: Origin | Taken) -> None:
    """Write `value` at a pointer, making the mappings on the way, and record where it came from.

    The value may be shared with other trees: nobody changes it in place.
    """
    resource.body = with_value(resource.body, at, value)
    resource.log = (resource.log, at, origin)


def put_pairs(resource: Resource, at: Pointer, pairs: Tree, origins: Mapping[str, Origin]) -> None:
    """Write several values into the mapping at a pointer, which is copied once."""
    resource.body = with_value(resource.body, at, {**get(resource.body, at), **pairs})
    for key in pairs:
        resource.log = (resource.log, (*at, key), origins[key])


def drop(resource: Resource, at: Pointer, origin: Origin) -> None:
    """Remove a key that is there (not a list element: see `rearrange`), and record who removed it."""
    parent = get(resource.body, at[:-1])
    rest = {key: value for key, value in parent.items() if key != at[-1]}
    resource.body = with_value(resource.body, at[:-1], rest)
    resource.log = (resource.log, at, origin)


def rearrange(resource: Resource, at: Pointer, elements: list[Any], sources: Rearranged) -> None:
    """Put other elements into a list. `sources` says of each where it stood before, or who wrote it."""
    resource.body = with_value(resource.body, at, elements)
    resource.log = (resource.log, at, sources)


class Spliced(Sequence[int | Origin | Taken]):
    """The sources of a list of `size` elements with one more at `index`, or without it where no origin is given; then
    `remover` is who took it out.

    A patch may do this to a list some thousand times: this takes no more room for a long list than for a short one.
    """

    __slots__ = ("_size", "number", "origin", "remover")

    def __init__(
        self, size: int, index: int, origin: Origin | Taken | None = None, remover: Origin | None = None
    ) -> None:
        self._size, self.number, self.origin, self.remover = size, index, origin, remover

    def __len__(self) -> int:
        return self._size - 1 if self.origin is None else self._size + 1

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self.origin is None:
            return index if index < self.number else index + 1
        return self.origin if index == self.number else index if index < self.number else index - 1


class Fronted(Sequence[int | Origin | Taken]):
    """The sources of a list of `size` elements of which some are `gone`, and others stand in `front` of the rest.

    As with `Spliced`, many patches of a long list take no more room than those of a short one.
    """

    __slots__ = ("_above", "_size", "front")

    def __init__(self, size: int, gone: Iterable[int], front: Sequence[int | Origin | Taken]) -> None:
        self.front = front
        self._above = [number - passed for passed, number in enumerate(sorted(gone))]
        """For each element that is gone: how many of the rest stand before it."""
        self._size = len(front) + size - len(self._above)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self._size:
            raise IndexError(index)
        number = index - len(self.front)
        return self.front[index] if number < 0 else number + bisect_right(self._above, number)


def rebuild(resource: Resource, body: Tree, log: Log | None) -> None:
    """Give a resource a body that was built elsewhere, with the write log that belongs to it.

    A merge makes both; what is taken back restores both.
    """
    resource.body = body
    resource.log = log


def respell(resource: Resource, body: Tree) -> None:
    """Give a resource a body with the same values, written otherwise: each value keeps the writer that it had.

    This is for what Kustomize does to an object without being asked: it writes the object as YAML and reads it again,
    and keeps notes among the annotations. Where a part has another writer, `log` says so.
    """
    resource.body = body


def log(resource: Resource, at: Pointer, source: Origin | Rearranged) -> None:
    """Record the writer of a part of a body that was built elsewhere, such as that of a new object, or of a body for
    `respell`.
    """
    resource.log = (resource.log, at, source)


def origin_of(resource: Resource, at: Pointer) -> Origin:
    """Return the writer of the value at this place of the body: the newest entry of the write log that covers it.

    Entries that rearranged a list are undone while the log is walked back, so an index always means the element it
    meant then.
    """
    index = _index_of(resource)
    if index is None:
        return next(origins_of(resource, at))[0]
    source, below = _newest(resource, index, at)
    origin = source if source.__class__ is Origin else _resolved(resource, source)
    return Origin(origin.path, origin.doc, origin.at + below)


_Found = tuple[Any, Pointer]  # Origin | Taken
"""What wrote a value, and the way on from there to the value."""


def _newest(resource: Resource, index: LogIndex, at: Pointer) -> _Found:
    """Return what wrote the value at a place last, and the way on from there to the value.

    Hundreds of patches of one list rearrange it as often, and what is asked after each of them was asked before it. So
    what was found is kept for all entries on the way.
    """
    number, passed = len(index), []
    found: _Found | None = None
    while found is None:
        number = index.covering(at, number)
        found = (resource.origin, at) if number < 0 else index.found.get((number, at))
        if found is None:
            passed.append((number, at))
            found, at = _undone(resource, index.entry(number), at)
    for key in passed:
        index.found[key] = found
    return found


def _undone(resource: Resource, entry: Any, at: Pointer) -> tuple["_Found | None", Pointer]:
    """Return what an entry of a write log has written to a place, or None, and where the value stood before it."""
    _, here, source = entry
    rest = at[len(here) :]
    if isinstance(source, Origin | Taken):
        return (source, rest), at
    if not rest:
        return None, at
    element = _element(source, rest[0], resource, here)
    return (None, (*here, element, *rest[1:])) if isinstance(element, int) else ((element, rest[1:]), at)


def written_since(resource: Resource, at: Pointer, earlier: Log | None) -> Origin | None:
    """Return the writer of the value at this place after the write log was `earlier`, or None if nobody wrote it
    since.
    """
    origin, was_before = next(origins_of(resource, at, earlier))
    return None if was_before else origin


def place_at(resource: Resource, at: Pointer, earlier: Log | None) -> Pointer:
    """Return where the value at a place stood when the write log was `earlier`, before lists were rearranged."""
    entry = resource.log
    while entry is not None and entry is not earlier:
        entry, here, source = entry
        rest = at[len(here) :]
        if rest and at[: len(here)] == here and not isinstance(source, Origin | Taken):
            element = _element(source, rest[0], resource, here)
            if isinstance(element, int):
                at = (*here, element, *rest[1:])
    return at


def is_json(resource: Resource, at: Pointer) -> bool:
    """Return whether a value has been through JSON and was not written later."""
    spelling = resource.spelling
    return bool(spelling.through_json) and written_since(resource, at, spelling.log_then) is None


def origins_of(resource: Resource, at: Pointer, earlier: Any = None) -> Iterator[tuple[Origin, bool]]:
    """The origins of the value at this place, newest first, back to the source that made the mapping or list around it.

    Each comes with whether it was written before the write log was `earlier`. The oldest may lead to no value, since a
    source may have made the mapping without the field.
    """
    return origins_before(resource, resource.log, at, earlier)


def origins_before(resource: Resource, entry: Any, at: Pointer, earlier: Any = None) -> Iterator[tuple[Origin, bool]]:
    """Yield the origins of what stood at a place when the write log was `entry`."""
    for source, below, was_before in _sources(resource, entry, at, earlier):
        origin = source if source.__class__ is Origin else _resolved(resource, source)
        yield Origin(origin.path, origin.doc, origin.at + below), was_before


def _resolved(resource: Resource, source: Origin | Taken) -> Origin:
    """The origin that a value was copied with."""
    below: Pointer = ()
    while isinstance(source, Taken):
        source, inner, _ = next(_sources(resource, source.log, source.at))
        below = inner + below
    return Origin(source.path, source.doc, source.at + below)


def _sources(
    resource: Resource, entry: Any, at: Pointer, earlier: Any = None
) -> Iterator[tuple[Any, Pointer, bool]]:  # Origin | Taken
    """What wrote the value at a place, newest first, by a write log; the way on from there to the value; and whether
    that was before the log was `earlier`.
    """
    was = entry is earlier
    index = _index_of(resource) if entry is resource.log else None
    number = 0 if index is None else len(index)
    then = -1 if index is None else index.number_of(earlier)
    while entry is not None:
        if index is not None:
            number = index.covering(at, number)
            if number < 0:
                break
            entry = index.entry(number)
        was = was or entry is earlier or number <= then
        entry, here, source = entry
        depth = len(here)
        if at[:depth] != here:
            continue
        rest = at[depth:]
        if isinstance(source, Origin | Taken):
            yield source, rest, was
            if rest:
                return
        elif rest:
            element = _element(source, rest[0], resource, here)
            if not isinstance(element, int):
                yield element, rest[1:], was
                return
            at = (*here, element, *rest[1:])
    yield resource.origin, at, was or earlier is None


_SHORT = 32
"""The number of entries up to which it is quicker to look at each."""


def _index_of(resource: Resource) -> LogIndex | None:
    """Return an index of the write log if it is long, and was asked for before; it is kept while the log grows."""
    known: LogIndex | None = resource.index
    if known is None or (known.newest is not resource.log and len(known) <= _SHORT):
        resource.index = LogIndex(resource.log)
        return None
    index = _renewed(resource)
    return index if len(index) > _SHORT else None


def _renewed(resource: Resource) -> LogIndex:
    """Return an index of the whole write log."""
    known: LogIndex = LogIndex(resource.log) if resource.index is None else resource.index
    resource.index = index = known.of(resource.log)
    return index


def _element(source: Rearranged, index: Any, resource: Resource, at: Pointer) -> int | Origin | Taken:
    """Where an element of a rearranged list comes from. One past its end was made on the way to a later write."""
    return source[index] if index < len(source) else Origin(resource.origin.path, resource.origin.doc, at)


def writers(source: Origin | Taken | Rearranged) -> Iterator[Origin]:
    """Return the writers of everything that an entry of a write log covers. A part that was copied within the object
    has a writer of its own.
    """
    return (each for each in _written(source) if isinstance(each, Origin))


def _written(source: Origin | Taken | Rearranged) -> Sequence[int | Origin | Taken | None]:
    if isinstance(source, Origin | Taken):
        return (source,)
    if isinstance(source, Spliced):
        return (source.origin,)
    return source.front if isinstance(source, Fronted) else source


def writes_below(resource: Resource, at: Pointer) -> tuple[list[tuple[Pointer, Origin | Rearranged]], int]:
    """Return the entries of the write log about what is inside of a mapping or list since the whole was written, oldest
    first, with places relative to it; and how many entries were looked at.
    """
    found: list[tuple[Pointer, Any]] = []
    looked_at = 0
    index = _renewed(resource)
    number = len(index)
    while (number := max(index.covering(at, number), index.inside(at, number))) >= 0:
        looked_at += 1
        _, here, source = index.entry(number)
        if here[: len(at)] == at and (len(here) > len(at) or not isinstance(source, Origin | Taken)):
            found.append((here[len(at) :], _resolved(resource, source) if isinstance(source, Taken) else source))
        elif at[: len(here)] == here:
            element = here if isinstance(source, Origin | Taken) else _element(source, at[len(here)], resource, here)
            if not isinstance(element, int):
                break
            at = (*here, element, *at[len(here) + 1 :])
    return found[::-1], looked_at


def last_write(resource: Resource, at: Pointer) -> Origin:
    """Return the last write to a value, or the last deletion within it."""
    entry = resource.log
    while entry is not None:
        entry, here, source = entry
        if here[: len(at)] == at and isinstance(source, Origin | Taken):
            return _resolved(resource, source)
    return origin_of(resource, at)


def parents_of(resource: Resource, at: Pointer) -> Iterator[Origin | None]:
    """The mappings and lists of sources that wrote into the mapping or list at this place without making it, newest
    first; None for what made fields there of something else, such as a generator.
    """
    depth = len(at)
    entry = resource.log
    while entry is not None:
        entry, here, source = entry
        if here == at and not isinstance(source, Origin | Taken):
            origins = (_resolved(resource, each) for each in _written(source) if isinstance(each, Origin | Taken))
            yield from (Origin(origin.path, origin.doc, origin.at[:-1]) for origin in origins)
        elif len(here) > depth and here[:depth] == at and isinstance(source, Origin | Taken):
            above = depth - len(here)
            origin = _resolved(resource, source)
            is_patch = origin.at[above:] == here[above:]
            yield Origin(origin.path, origin.doc, origin.at[:above]) if is_patch else None


def leaves(tree: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Yield every scalar and every empty container with its pointer, in document order."""
    if tree.__class__ is dict and tree:
        for key, value in tree.items():
            yield from leaves(value, (*at, key))
    elif tree.__class__ is list and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, (*at, index))
    else:
        yield at, tree


def pointer_of(text: str) -> tuple[str, ...]:
    """Return the steps of a JSON pointer such as `/spec/replicas`, or no steps where the text is no pointer to a
    field.
    """
    if not text.startswith("/") or text.endswith("/"):
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/"))


def with_value(tree: Any, at: Pointer, value: Any) -> Any:
    """Return a tree that has `value` at a pointer and shares the rest with the given one. Missing mappings are made."""
    if not at:
        return value
    top = copied = _copy(tree)
    for step in at[:-1]:
        below = copied.get(step) if copied.__class__ is dict else copied[step]
        inner = copied[step] = _copy(below)
        copied = inner
    copied[at[-1]] = value
    return top


def with_values(tree: Any, values: Iterable[tuple[Pointer, Any]]) -> Any:
    """Return a tree that has values below its root, as `with_value` does. Each part is copied once, whatever number of
    values it gets.
    """
    top = _copy(tree)
    own = {id(top)}
    for at, value in values:
        copied = top
        for step in at[:-1]:
            below = copied.get(step) if copied.__class__ is dict else copied[step]
            if id(below) not in own:
                below = copied[step] = _copy(below)
                own.add(id(below))
            copied = below
        copied[at[-1]] = value
    return top


def _copy(tree: Any) -> Any:
    return tree.copy() if tree.__class__ is list or tree.__class__ is dict else {}
