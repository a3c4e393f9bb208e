"""What a wanted tree takes over from the text as it is written there."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import get


class Kept(NamedTuple):
    """In a wanted tree: what the text says at this place now, with its comments."""

    at: Pointer


def without_kept(value: Any, before: Tree) -> Any:
    """A wanted tree as a plain one."""
    if isinstance(value, Kept):
        return get(before, value.at)
    if isinstance(value, dict):
        return {key: without_kept(item, before) for key, item in value.items()}
    if isinstance(value, list):
        return [without_kept(item, before) for item in value]
    return value


def all_kept(value: Any) -> Iterator[Kept]:
    """All that a wanted value keeps, in its order."""
    if isinstance(value, Kept):
        yield value
        return
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_kept(item)


def first_kept(value: Any) -> Kept | None:
    return next(all_kept(value), None)
