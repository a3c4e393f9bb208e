"""Finds the entries of `images` that match an image, among many.

The name of an entry is a regular expression, which must match the image up to an optional tag and an optional digest.
Nearly all names are plain except for dots, which match any character; such names are looked up in a table. The other
expressions are tried all at once.
"""

from collections.abc import Iterator, Sequence

from penstock.regex import regex
from penstock.resolve.finding.field_specs import Conflict

_NAME = regex(r"[a-zA-Z0-9_/:@-]*(?:\.[a-zA-Z0-9_/:@-]*)*")
_TAG = regex(r":[a-zA-Z0-9_.{}-]*")
_DIGEST = regex(r"@[a-zA-Z0-9]+(?:[.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*")
_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$"

Dots = tuple[int, ...]
"""The positions of the dots in a name."""


class ImageNames:
    """The names of several entries. An entry is known by its index."""

    def __init__(self, names: Sequence[str]) -> None:
        self.unusable: dict[int, tuple[str, bool]] = {}
        """The entries whose name cannot be used: the reason, and whether it keeps Kustomize from using the name,
        too.
        """
        self._named: dict[int, dict[Dots, dict[str, list[int]]]] = {}
        """The entries with a plain name: by its length, by its dots, and by the name itself."""
        self._written: dict[str, list[int]] = {}
        """The entries with any other expression, by the expression that the whole image must match."""
        self._found: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            self._add(index, name)
        self._expressions = None
        if self._written:
            from penstock.expression import Expressions

            self._expressions = Expressions([*self._written])

    def _add(self, index: int, name: str) -> None:
        if _NAME.fullmatch(name):
            self._named.setdefault(len(name), {}).setdefault(dots_of(name), {}).setdefault(name, []).append(index)
            return
        from penstock.expression import Invalid, TooMuch, expression

        repeats_start = name[0] in "*+?"  # Go takes `^*` for a start that may be missing, which Python refuses
        whole = f"(?:^){name}{_REST}" if repeats_start else f"^{name}{_REST}"
        try:
            expression(f"(?:^){name}" if repeats_start else name)  # so that an error message is about the name alone
            expression(whole)
        except Invalid as error:
            self.unusable[index] = (str(error), True)
        except TooMuch:
            self.unusable[index] = ("`name` is a regular expression beyond our bounds on size and time", False)
        else:
            self._written.setdefault(whole, []).append(index)

    @property
    def has_expressions(self) -> bool:
        """Whether some entry has a real regular expression, and not just a name."""
        return bool(self._written)

    def written(self) -> Iterator[str]:
        """Yield the names of the entries without a real regular expression, as they are written."""
        for by_dots in self._named.values():
            for names in by_dots.values():
                yield from names

    def matching(self, image: str) -> list[int]:
        """Return the entries that match an image, in order. Raises `Conflict` where matching takes too long."""
        found = self._found.get(image)
        if found is None:
            found = self._found[image] = sorted({*self._by_name(image), *self._by_expression(image)})
        return found

    def _by_name(self, image: str) -> Iterator[int]:
        for name in possible_names(image):
            for dots, entries in self._named.get(len(name), {}).items():
                yield from entries.get(with_dots(name, dots) if dots else name, ())

    def _by_expression(self, image: str) -> Iterator[int]:
        if self._expressions is None:
            return
        from penstock.expression import TooMuch

        try:
            for whole in self._expressions.found_in(image):
                yield from self._written[whole]
        except TooMuch:
            raise Conflict("the names of `images` are regular expressions that take too long to match") from None


def dots_of(name: str) -> Dots:
    """Return the positions of the dots in a name."""
    return tuple(position for position, character in enumerate(name) if character == ".")


def possible_names(image: str) -> set[str]:
    """Return an image as it is, without its tag, without its digest, and without both."""
    names = {image}
    at = image.rfind("@")
    if at >= 0 and _DIGEST.fullmatch(image[at:]):
        names.add(image[:at])
    for name in tuple(names):
        colon = name.rfind(":")
        if colon >= 0 and _TAG.fullmatch(name[colon:]):
            names.add(name[:colon])
    return names


def with_dots(name: str, dots: Dots) -> str:
    """Return the name with dots at these positions, except where a dot would not match."""
    characters = [*name]
    for position in dots:
        if characters[position] != "\n":
            characters[position] = "."
    return "".join(characters)


def split(image: str) -> tuple[str, str, str]:
    """Return the name, tag and digest of an image. A colon before the first slash belongs to the port of the
    registry.
    """
    slash = max(image.find("/"), 0)
    at, colon = image.find("@", slash), image.find(":", slash)
    if at >= 0 and (colon < 0 or at < colon):
        return image[:at], "", image[at + 1 :]
    if colon < 0:
        return image, "", ""
    if at < 0:
        return image[:colon], image[colon + 1 :], ""
    return image[:colon], image[colon + 1 : at], image[at + 1 :]
