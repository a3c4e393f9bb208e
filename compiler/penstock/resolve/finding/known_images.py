"""Which resources have which images, kept from one transformer of images to the next.

A kustomization may use a thousand components, each of which sets one image. Without this, each would look for it in
every object.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import attrgetter, is_not
from typing import Any

from penstock.model import Resource
from penstock.resolve.finding.image_names import Dots, ImageNames, dots_of, possible_names, with_dots


class KnownImages:
    """The images of some resources, each known by its number.

    What is known of a resource holds as long as it has the same body, since bodies are never changed in place.
    """

    def __init__(self) -> None:
        self._bodies: list[Any] = []
        """By number: the body whose images are known; None where none are."""
        self._images: dict[int, list[str]] = {}
        self._numbers: dict[str, dict[int, None]] = {}
        """By image: the resources that have it."""
        self._named: dict[str, dict[str, None]] = {}
        """By what an image may be called: the images."""
        self._dotted: dict[int, dict[Dots, dict[str, list[str]]]] = {}
        """By length, and the dots of an entry's name: the names of that length by what they are with those dots."""

    def to_visit(self, resources: Sequence[Resource], names: ImageNames) -> list[int]:
        """The resources that the names of some entries may mean an image of, and those of which nothing is known."""
        bodies = list(map(attrgetter("body"), resources))
        for number in range(len(bodies), len(self._bodies)):
            self._forget(number)
        del self._bodies[len(bodies) :]
        self._bodies += [None] * (len(bodies) - len(self._bodies))
        found = set(compress(range(len(bodies)), map(is_not, bodies, self._bodies)))
        for image in self._numbers if names.has_expressions else self._meant(names.written()):
            if not names.has_expressions or names.matching(image):
                found.update(self._numbers[image])
        return sorted(found)

    def note(self, number: int, resource: Resource, images: list[str]) -> None:
        """A resource has these images."""
        self._forget(number)
        self._bodies[number], self._images[number] = resource.body, images
        for image in images:
            if image not in self._numbers:
                self._add(image)
            self._numbers[image][number] = None

    def _forget(self, number: int) -> None:
        for image in self._images.pop(number, ()):
            self._numbers[image].pop(number, None)

    def _add(self, image: str) -> None:
        self._numbers[image] = {}
        for name in possible_names(image):
            if name not in self._named:
                self._named[name] = {}
                for dots, by_name in self._dotted.get(len(name), {}).items():
                    by_name.setdefault(with_dots(name, dots), []).append(name)
            self._named[name][image] = None

    def _meant(self, written: Iterable[str]) -> Iterable[str]:
        """The images that names may mean; a dot in a name is any character."""
        for name in written:
            dots = dots_of(name)
            for known in self._with_dots(len(name), dots).get(name, ()) if dots else (name,):
                yield from self._named.get(known, ())

    def _with_dots(self, length: int, dots: Dots) -> dict[str, list[str]]:
        by_dots = self._dotted.setdefault(length, {})
        if dots not in by_dots:
            by_dots[dots] = {}
            for name in self._named:
                if len(name) == length:
                    by_dots[dots].setdefault(with_dots(name, dots), []).append(name)
        return by_dots[dots]
