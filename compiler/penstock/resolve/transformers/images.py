"""`images:` rewrites image names, tags and digests.

Before: image: shop/web:1     After: image: shop/web:2

A `name` is matched as a regular expression against the whole name, as Kustomize does. Every `image` of a `containers`
or `initContainers` list is looked at, wherever it is, of every kind but CustomResourceDefinition; and the fields of
`configurations`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from penstock.kubernetes import text
from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists
from penstock.resolve.finding.selectors import matcher
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import forget_type, text_of
from penstock.tree import get, origin_of, put
from penstock.words import nearest

Fits = Callable[[str], bool]
"""Whether an image is meant."""

_LISTS = ("containers", "initContainers")
_TAG_AND_DIGEST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$"

_INVALID = ("unbalanced parenthesis", "unterminated", "nothing to repeat", "multiple repeat", "bad character range")
"""What both Python and Go have against an expression."""

_LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
"""What only Python has."""


def transform(level: Level) -> None:
    for field in ("images", "imageTags"):
        for index, entry in enumerate(level.fields.get(field, ())):
            set_image(level, entry, level.accumulation.specs.images, level.at(field, index))
            level.ran("ImageTagTransformer")


def set_image(level: Level, entry: dict[str, str], specs: tuple[FieldSpec, ...], where: Origin) -> None:
    expression = f"^{entry.get('name', '')}{_TAG_AND_DIGEST}"
    try:
        fits = matcher(expression, "name", entry.get("name", ""))
    except Conflict as conflict:
        _report_name(level, expression, conflict, where)
        return
    matched = False
    suffixed: dict[tuple[Resource, Pointer], str] = {}
    for resource in level.resources:
        try:
            for at, old in apply(level, resource, entry, fits, specs, where):
                matched = True
                if entry.get("tagSuffix"):
                    suffixed.setdefault((resource, at), old)
        except Conflict as conflict:
            level.report_conflict("PS240", Conflict(str(conflict)), origin_of(resource, conflict.at), resource)
    if not matched:
        _report_unused(level, entry, where)
    _report_suffix(level, entry, suffixed, where)


def apply(
    level: Level, resource: Resource, entry: dict[str, str], fits: Fits, specs: tuple[FieldSpec, ...], where: Origin
) -> list[tuple[Pointer, str]]:
    """Rewrite the images of one resource; returns which matched, and what they were.

    Some are looked at twice and may match twice. Raises Conflict where an image is no string.
    """
    if resource.id.kind == "CustomResourceDefinition":
        return []
    matched = [_rewrite(level, resource, at, entry, fits, where) for at in list(_images_anywhere(resource.body, ()))]
    for spec in specs:
        if spec.selects(resource):
            make_lists(resource, spec, where, create=False)
            matched += [_rewrite(level, resource, at, entry, fits, where) for at, _ in find(resource.body, spec.steps)]
    return [match for match in matched if match is not None]


def _images_anywhere(tree: Any, at: Pointer) -> Iterator[Pointer]:
    if tree.__class__ is dict:
        for key, value in tree.items():
            if value.__class__ is not dict and value.__class__ is not list:
                continue
            yield from _images_anywhere(value, (*at, key))
            if key in _LISTS and value.__class__ is list:
                for index, element in enumerate(value):
                    if element.__class__ is list:
                        raise Conflict("a container must be a mapping", (*at, key, index))
                    if element.__class__ is dict and "image" in element:
                        yield (*at, key, index, "image")
    elif tree.__class__ is list:
        for index, element in enumerate(tree):
            yield from _images_anywhere(element, (*at, index))


def _rewrite(
    level: Level, resource: Resource, at: Pointer, entry: dict[str, str], fits: Fits, where: Origin
) -> tuple[Pointer, str] | None:
    value = get(resource.body, at)
    if isinstance(value, dict | list):
        raise Conflict("an image must be a string", at)
    image = text_of(level, resource, at, value)
    if not fits(image):
        return None
    new = rewritten(image, entry)
    forget_type(level, resource, at, new)
    if new != image:
        put(resource, at, new, _origin(entry, where))
    return at, image


def _report_name(level: Level, expression: str, conflict: Conflict, where: Origin) -> None:
    """Kustomize takes a name that is no expression for one that matches nothing.

    One that only we refuse is an error: we cannot say what it matches.
    """
    at = where.below("name")
    if _is_invalid(expression):
        message = "`name` is no regular expression, so nothing is changed"
        level.report("PS244", message, at, severity="warning", hint="write a backslash before what is no operator")
    else:
        level.report("PS244", str(conflict), at)


def _is_invalid(expression: str) -> bool:
    """Whether Python has something against an expression that Go has against it too."""
    import re

    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        return any(reason in str(error) for reason in _INVALID)
    return any(operator in expression for operator in _LOOKS_AROUND)


def _report_unused(level: Level, entry: dict[str, str], where: Origin) -> None:
    if level.findings.failed:  # it may be what is missing
        return
    images = {split(text(get(r.body, at)))[0] for r in level.resources for at in _images_anywhere(r.body, ())}
    meant = nearest(entry.get("name", ""), sorted(images))
    hint = f"did you mean {meant}?" if meant else ""
    message = f"no image is called {entry.get('name', '')!r}, so nothing is changed"
    level.report_missing("PS247", message, where.below("name"), severity="warning", hint=hint)


def _report_suffix(
    level: Level, entry: dict[str, str], changed: dict[tuple[Resource, Pointer], str], where: Origin
) -> None:
    """Say for the first image with which `tagSuffix` does not what it says. `changed` has what the images were."""
    if not entry.get("tagSuffix"):
        return
    message = ""
    if entry.get("newTag") or entry.get("digest"):
        message = f"`tagSuffix` is ignored beside `{'newTag' if entry.get('newTag') else 'digest'}`"
    for (resource, at), old in changed.items():
        new = text(get(resource.body, at))
        if not message and new != rewritten(old, entry):
            message = f"`tagSuffix` is added twice: {old} becomes {new}"
        elif not message and split(old)[2]:
            message = f"`tagSuffix` drops the digest: {old} becomes {new}"
    if message:
        hint = "write the whole tag as `newTag`"
        level.report("PS249", message, where.below("tagSuffix"), severity="warning", hint=hint)


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
