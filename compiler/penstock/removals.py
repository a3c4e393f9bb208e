"""The fields and list elements that somebody has removed from an object.

They are read off the write log, from the newest entry back. An entry tells places as they were when it was written, so
each is followed through the rearrangements of lists that came later.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.model import Origin, Pointer, Rearranged, Resource, Taken
from penstock.records import NamedTuple
from penstock.tree import MISSING, Spliced, get, origins_before

MOST_MOVES = 1_000
"""The rearrangements of lists of one object through which a removal is followed; older ones are not told."""


class Removal(NamedTuple):
    """A field, or an element of a list, that is gone.

    `parent` is the mapping or list that it was in, as it is in the body now. `origins` are its writers, the one that
    has removed it first. `key` is the name of the field, or None for an element.
    """

    parent: Pointer
    key: str | None
    origins: tuple[Origin, ...]


Move = tuple[Pointer, Rearranged]


def removals(resource: Resource) -> Iterator[Removal]:
    """Yield what was removed from an object, the newest first."""
    moves: list[Move] = []
    gone: set[Pointer] = set()
    entry = resource.log
    while entry is not None and len(moves) < MOST_MOVES:
        below, here, source = entry
        if isinstance(source, Origin | Taken):
            yield from _written(resource, entry, here, moves, gone)
        else:
            if isinstance(source, Spliced) and source.remover is not None:
                yield from _taken_out(resource, below, (*here, source.number), moves, (source.remover,))
            moves.append((here, source))
        entry = below


def _written(
    resource: Resource, entry: Any, here: Pointer, moves: Sequence[Move], gone: set[Pointer]
) -> Iterator[Removal]:
    """Yield what an entry about one value has removed: a field, or an element that the next rearrangement leaves out.

    `gone` are the fields that were found before; what lay below one of them was not removed by itself.
    """
    if not here:
        return
    if isinstance(here[-1], int):
        if now_at(here, moves) is None:
            yield from _taken_out(resource, entry, here, moves, ())
        return
    now = now_at(here, moves)
    if now is None or get(resource.body, now, MISSING) is not MISSING or any(now[: len(each)] == each for each in gone):
        return
    gone.add(now)
    origins = tuple(origin for origin, _ in origins_before(resource, entry, here))
    yield Removal(now[:-1], str(now[-1]), origins)


def _taken_out(
    resource: Resource, entry: Any, here: Pointer, moves: Sequence[Move], removers: tuple[Origin, ...]
) -> Iterator[Removal]:
    """Yield the element that stood at a place when the write log was `entry`, if its list is still there."""
    parent = now_at(here[:-1], moves)
    if parent is not None:
        origins = (origin for origin, _ in origins_before(resource, entry, here))
        yield Removal(parent, None, (*removers, *origins))


def now_at(at: Pointer, moves: Sequence[Move]) -> Pointer | None:
    """Return where a place is after some rearrangements, the newest of which stands first; None where it is gone."""
    for where, sources in reversed(moves):
        depth = len(where)
        if len(at) > depth and at[:depth] == where:
            index = next((number for number, source in enumerate(sources) if source == at[depth]), None)
            if index is None:
                return None
            at = (*where, index, *at[depth + 1 :])
    return at
