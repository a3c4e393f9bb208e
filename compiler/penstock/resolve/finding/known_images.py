"""Remembers the images of resources from one image transformer to the next.

A kustomization may use a thousand components, each of which sets one image. Without this index, each would search every
object for its image.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import attrgetter, is_not

from penstock.model import Resource
from penstock.resolve.finding.image_names import Dots, ImageNames, dots_of, possible_names, with_dots
from penstock.typed import Any


class KnownImages:
    """The images of several resources, each of which is known by its number.

    The entry of a resource is valid as long as the resource has the same body, since bodies are never changed in place.
    """

    def __init__(self) -> None:
        self._bodies: list[Any] = []
        """By number: the body whose images are known, or None."""
        self._images: dict[int, list[str]] = {}
        self._numbers: dict[str, dict[int, None]] = {}
        """By image: the resources that have it."""
        self._named: dict[str, dict[str, None]] = {}
        """By each possible name of an image: the images."""
        self._dotted: dict[int, dict[Dots, dict[str, list[str]]]] = {}
        """By the length and the dots of an entry's name: the names of this length, by their form with these dots."""

    def to_visit(self, resources: Sequence[Resource], names: ImageNames) -> list[int]:
        """Return the numbers of the resources with an image that the names of some entries may match, and of all
        unknown resources.
        """
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
        """Note the images of a resource."""
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
        """Yield the images that the names may match. A dot in a name matches any character."""
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
