"""`images:` rewrites image names, tags and digests.

Before: image: shop/web:1     After: image: shop/web:2

A `name` is matched as a regular expression against the whole name, as Kustomize does. Every `image` of a `containers`
or `initContainers` list is looked at, wherever it is, of every kind but CustomResourceDefinition; and the fields of
`configurations`.
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.fieldspec import Conflict, FieldSpec, find, make_lists
from penstock.resolve.ids import text
from penstock.resolve.level import Level
from penstock.resolve.select import compile_go
from penstock.tree import get, origin_of, put

_LISTS = ("containers", "initContainers")
_TAG_AND_DIGEST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?\Z"


def transform(level: Level) -> None:
    for field in ("images", "imageTags"):
        for index, entry in enumerate(level.fields.get(field, ())):
            set_image(level, entry, level.accumulation.specs.images, level.at(field, index))
            level.ran("ImageTagTransformer")


def set_image(level: Level, entry: dict[str, str], specs: tuple[FieldSpec, ...], where: Origin) -> None:
    try:
        name = compile_go(f"^{entry.get('name', '')}{_TAG_AND_DIGEST}", "name")
    except Conflict as conflict:  # Kustomize takes a name that is no expression for one that matches nothing
        level.report_conflict("PS244", conflict, where)
        return
    for resource in level.resources:
        try:
            apply(resource, entry, name, specs, where)
        except Conflict as conflict:
            level.report_conflict("PS240", Conflict(str(conflict)), origin_of(resource, conflict.at), resource)


def apply(
    resource: Resource, entry: dict[str, str], name: re.Pattern[str], specs: tuple[FieldSpec, ...], where: Origin
) -> None:
    """Rewrite the images of one resource. Raises Conflict where an image is no string."""
    if resource.id.kind == "CustomResourceDefinition":
        return
    for at in list(_images_anywhere(resource.body, ())):
        _rewrite(resource, at, entry, name, where)
    for spec in specs:
        if spec.selects(resource):
            make_lists(resource, spec, where)
            for at, _ in find(resource.body, spec.steps):
                _rewrite(resource, at, entry, name, where)


def _images_anywhere(tree: Any, at: Pointer) -> Iterator[Pointer]:
    if tree.__class__ is dict:
        for key, value in tree.items():
            if value.__class__ is not dict and value.__class__ is not list:
                continue
            yield from _images_anywhere(value, (*at, key))
            if key in _LISTS and value.__class__ is list:
                for index, element in enumerate(value):
                    if element.__class__ is dict and "image" in element:
                        yield (*at, key, index, "image")
    elif tree.__class__ is list:
        for index, element in enumerate(tree):
            yield from _images_anywhere(element, (*at, index))


def _rewrite(resource: Resource, at: Pointer, entry: dict[str, str], name: re.Pattern[str], where: Origin) -> None:
    value = get(resource.body, at)
    if isinstance(value, dict | list):
        raise Conflict("an image must be a string", at)
    image = text(value)
    if value is not None and name.search(image):
        new = rewritten(image, entry)
        if new != image:
            put(resource, at, new, _origin(entry, where))


def _origin(entry: dict[str, str], where: Origin) -> Origin:
    for field in ("newTag", "digest", "newName", "tagSuffix"):
        if entry.get(field):
            return where.below(field)
    return where


def rewritten(image: str, entry: dict[str, str]) -> str:
    """An image with the new name, tag and digest.

    A new tag drops the digest and a new digest the tag, unless both are given.
    """
    name, tag, digest = split(image)
    name = entry.get("newName") or name
    new_tag, new_digest = entry.get("newTag", ""), entry.get("digest", "")
    if new_tag or new_digest:
        tag, digest = new_tag, new_digest
    elif entry.get("tagSuffix"):
        tag, digest = tag + entry["tagSuffix"], ""
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def split(image: str) -> tuple[str, str, str]:
    """Name, tag and digest. A colon before the first slash belongs to the registry's port."""
    slash = max(image.find("/"), 0)
    at, colon = image.find("@", slash), image.find(":", slash)
    if at >= 0 and (colon < 0 or at < colon):
        return image[:at], "", image[at + 1 :]
    if colon < 0:
        return image, "", ""
    if at < 0:
        return image[:colon], image[colon + 1 :], ""
    return image[:colon], image[colon + 1 : at], image[at + 1 :]
