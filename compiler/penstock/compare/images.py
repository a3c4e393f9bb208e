"""The images that a change brings, takes away or replaces."""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.changes import Change, Field, Image
from penstock.model import Pointer, Tree
from penstock.tree import MISSING, get


def images(changes: Iterable[Change]) -> list[Image]:
    """Return the images that changes bring, take away or replace, each once."""
    return list(dict.fromkeys(image for change in changes for image in _of(change)))


def _of(change: Change) -> Iterator[Image]:
    if change.action == "changed":
        for field in change.fields:
            yield from _of_field(field)
        yield from _of_values(change)
    else:
        for reference in used(change.whole):
            yield Image("", reference) if change.action == "added" else Image(reference, "")


def _of_field(field: Field) -> Iterator[Image]:
    if field.at[-1:] == ("image",):
        before, after = (value if isinstance(value, str) else "" for value in (field.before, field.after))
        if before or after:
            yield Image(before, after)
    elif field.kind in ("added", "removed"):
        yield from (Image("", each) for each in used(field.after))
        yield from (Image(each, "") for each in used(field.before))


PARTS = ("registry", "repository", "tag", "digest")
"""The keys by which the values of charts name an image."""


def names_image(change: Change, field: Field) -> bool:
    """Return whether a field is the tag or the digest of an image in the values of a chart."""
    return field.at[-1] in ("tag", "digest") and _parts(change, field) is not None


def _parts(change: Change, field: Field) -> Tree | None:
    """Return the mapping of an image that a field belongs to, as it is now."""
    if change.after is None or field.at[-1] not in PARTS or field.kind == "removed":
        return None
    found = get(change.after.body, field.pointer[:-1])
    return found if is_reference(found) else None


def is_reference(value: Any) -> bool:
    """Return whether a value names an image in parts, as the values of charts do."""
    return isinstance(value, dict) and isinstance(value.get("repository"), str) and "tag" in value


def _of_values(change: Change) -> Iterator[Image]:
    """Yield the images in the chart values that an object of Flux or Argo CD holds."""
    before: dict[Pointer, Tree] = {}
    for field in change.fields:
        parts = _parts(change, field)
        if parts is not None:
            before.setdefault(field.pointer[:-1], dict(parts))[str(field.at[-1])] = field.before
    for at, old in before.items():
        assert change.after is not None
        yield Image(_reference(old), _reference(get(change.after.body, at)))


def _reference(parts: Tree) -> str:
    """Return a reference such as `registry/repository:tag@digest`, made of the parts that are there."""
    registry, repository, tag, digest = (
        str(value) if isinstance(value := parts.get(name), str | int) else "" for name in PARTS
    )
    name = f"{registry}/{repository}" if registry else repository
    return f"{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"


def used(tree: Any) -> list[str]:
    """Return the images of the containers in a tree, and those that values of charts name in parts."""
    found: dict[str, None] = {}
    waiting: list[Any] = [tree] if tree is not MISSING else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            image = value.get("image")
            if isinstance(image, str) and image and "name" in value:
                found[image] = None
            elif is_reference(value):
                found[_reference(value)] = None
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return list(found)
