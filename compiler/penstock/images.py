"""Which images the objects of targets use, and which line decides on each image."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.changes import At
from penstock.explain.fields import shown_at
from penstock.model import Origin, Pointer, Resource, Target, Tree
from penstock.records import NamedTuple
from penstock.tree import origin_of


class Image(NamedTuple):
    """A reference to an image, as `registry/name:tag@digest`. A part that the reference does not have is empty."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def read_image(text: str) -> Image:
    """Return the parts of a reference. A colon before the last slash belongs to a port."""
    rest, _, digest = text.partition("@")
    colon = rest.rfind(":")
    if colon > rest.rfind("/"):
        return Image(rest[:colon], rest[colon + 1 :], digest)
    return Image(rest, "", digest)


class Use(NamedTuple):
    """A field of an object that names an image. `origin` is the place that decides on it."""

    target: Target
    resource: Resource
    pointer: Pointer
    at: At
    image: str
    origin: Origin


REFERENCE = re.compile(
    r"[A-Za-z0-9][\w.-]*(?::\d+)?(?:/[A-Za-z0-9][\w.-]*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9+._-]+:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
"""What a container runtime takes for a reference, but for the case of letters."""

_HOST = re.compile(r"(?:[\w-]+\.[\w.-]*|localhost|[\w.-]+:\d+)(?::\d+)?/")

WITHOUT_CONTAINERS = ("ConfigMap", "Secret", "CustomResourceDefinition")
"""Kinds whose fields are texts for others, or describe fields."""


def uses_of(target: Target, resources: Iterable[Resource]) -> Iterator[Use]:
    """Yield the images of all containers of a target's objects, and of all other fields that name one."""
    for resource in resources:
        if resource.id.kind in WITHOUT_CONTAINERS and resource.id.group in ("", "apiextensions.k8s.io"):
            continue
        for pointer, image in _images(resource.body, ()):
            at = shown_at(resource.body, pointer)
            yield Use(target, resource, pointer, at, image, origin_of(resource, pointer))


def _own_image(tree: Tree, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    image = tree.get("image")
    if isinstance(image, str) and image and ("name" in tree or _must_be_image(image)):
        yield (*at, "image"), image
    elif isinstance(image, dict) and REFERENCE.fullmatch(str(image.get("reference") or "")):
        yield (*at, "image", "reference"), image["reference"]


def _images(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield each `image` that stands beside a `name`, as in containers, wherever it is; each other `image` with a text
    that cannot be anything else, as custom resources have it; and the `reference` of a volume that is an image.
    """
    if isinstance(tree, dict):
        yield from _own_image(tree, at)
        for key, value in tree.items():
            yield from _images(value, (*at, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _images(value, (*at, number))


def _must_be_image(text: str) -> bool:
    """Return whether a text is a reference with a tag, a digest or a registry; `image: logo.png` may be a picture."""
    if REFERENCE.fullmatch(text) is None:
        return False
    image = read_image(text)
    return bool(image.tag or image.digest or _HOST.match(text))
