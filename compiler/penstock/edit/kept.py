"""The parts of a wanted tree that are taken over from the text as they are written there."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import get


class Kept(NamedTuple):
    """A part of a wanted tree that stands for the present text at this place, with its comments."""

    at: Pointer


def without_kept(value: Any, before: Tree) -> Any:
    """Return a wanted tree as a plain tree."""
    if isinstance(value, Kept):
        return get(before, value.at)
    if isinstance(value, dict):
        return {key: without_kept(item, before) for key, item in value.items()}
    if isinstance(value, list):
        return [without_kept(item, before) for item in value]
    return value


def all_kept(value: Any) -> Iterator[Kept]:
    """Yield every part that a wanted value keeps, in order."""
    if isinstance(value, Kept):
        yield value
        return
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_kept(item)


def first_kept(value: Any) -> Kept | None:
    return next(all_kept(value), None)
