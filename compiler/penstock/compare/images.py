"""Which images are used instead of which."""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.changes import Change, Element, Field, Image
from penstock.tree import MISSING


def images(changes: Iterable[Change]) -> list[Image]:
    """The images that changes bring, take away or replace, each once."""
    return list(dict.fromkeys(image for change in changes for image in _of(change)))


def _of(change: Change) -> Iterator[Image]:
    if change.action == "changed":
        for field in change.fields:
            yield from _of_field(field)
    else:
        for reference in used(change.whole):
            yield Image("", reference) if change.action == "added" else Image(reference, "")


def _of_field(field: Field) -> Iterator[Image]:
    if field.at[-1:] == ("image",):
        before, after = (value if isinstance(value, str) else "" for value in (field.before, field.after))
        if before or after:
            yield Image(before, after)
    elif isinstance(field.at[-1], Element):
        yield from (Image("", each) for each in used(field.after))
        yield from (Image(each, "") for each in used(field.before))


def used(tree: Any) -> list[str]:
    """The images of the containers in a tree."""
    found: dict[str, None] = {}
    waiting: list[Any] = [tree] if tree is not MISSING else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            image = value.get("image")
            if isinstance(image, str) and image and "name" in value:
                found[image] = None
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return list(found)
