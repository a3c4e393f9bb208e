"""Content that is in no file: the texts that charts render, and the values of evaluated Jsonnet files.

Each has a path that no file has, and can be read under it like a file.
"""

from collections.abc import Container, Sequence

from penstock.digests import digest
from penstock.model import Document, Origin, Pos
from penstock.sources import ChartRequest, Evaluated, Rendition, Written
from penstock.tree import MISSING, get
from penstock.typed import Any


class Produced:
    """The texts and values that one run has produced, by their paths."""

    def __init__(self) -> None:
        self._texts: dict[str, Rendition] = {}
        self._values: dict[str, Evaluated] = {}
        self._written_by: dict[str, Sequence[Written]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._texts or path in self._values

    @property
    def has_texts(self) -> bool:
        return bool(self._texts)

    def keep_text(self, rendition: Rendition) -> str:
        """Store a rendered text, and return its path. Two different texts never share one."""
        path, number = rendition.path, 1
        while path in self._texts and self._texts[path].text != rendition.text:
            number += 1
            path = f"{rendition.path} {number}"
        self._texts[path] = rendition
        return path

    def keep_value(self, made: Evaluated) -> Evaluated:
        """Store an evaluated value, and return it with a path of its own, by which its places can be found again."""
        path = _unused(made.path, self._values)
        self._values[path] = made._replace(path=path)
        return self._values[path]

    def content(self, path: str) -> bytes | None:
        """Return the bytes of what was produced under a path; None where nothing was."""
        if path in self._texts:
            return self._texts[path].text.encode("utf-8", "surrogateescape")
        made = self._values.get(path)
        return None if made is None else made.text().encode()

    def is_text(self, path: str) -> bool:
        """Return whether a path is the name of a text that a chart rendered."""
        return path in self._texts

    def is_value(self, path: str) -> bool:
        """Return whether a path is the name of a value that Jsonnet produced."""
        return path in self._values

    def value(self, path: str) -> Evaluated | None:
        """Return the evaluated value of a path; None where there is none."""
        return self._values.get(path)

    def value_at(self, origin: Origin) -> Any:
        """Return the value that Jsonnet produced at a place, or MISSING if the place is not in such a value."""
        made = self._values.get(origin.path)
        return MISSING if made is None else get(made.value, origin.at, MISSING)

    def written(self, found: Pos) -> Written | None:
        """Return which template line wrote a line of a rendered text, or None where there is no such line."""
        if found.path not in self._written_by:
            self._written_by[found.path] = self._texts[found.path].lines()
        lines = self._written_by[found.path]
        return lines[found.line - 1] if 0 < found.line <= len(lines) else None


def identity_of(request: ChartRequest, as_manifests: bool) -> str:
    """Return what only equal requests for a chart have in common, or an empty text if their results may differ."""
    documents = (each for each in (*request.values, *request.written) if isinstance(each, Document))
    if request.is_random or any(each.is_unsettled for each in documents):
        return ""
    return digest(repr((request, as_manifests)).encode("utf-8", "surrogateescape"))


def _unused(path: str, taken: Container[str]) -> str:
    """Return a path that is not taken: the given one, or that with the first number that is free."""
    number, found = 1, path
    while found in taken:
        number += 1
        found = f"{path} {number}"
    return found
