"""Shows a change where it was made: of what a template has printed, this is mostly a value and not the template. So it
is with variables and parameters of definitions.
"""

from collections.abc import Iterable
from functools import lru_cache

from penstock.affected import Side
from penstock.explain.writers import Around, around, values_behind
from penstock.model import Origin, Pos, Resource, Spot, Target, Unreadable
from penstock.sources import Files


class ChangedLines:
    """The lines of one state of the sources that the other state does not have."""

    def __init__(self, side: Side, other: Side) -> None:
        self._project = side.run.project
        self._files = side.files, other.files
        self._known: dict[int, Around] = {}
        self._of_file = lru_cache(maxsize=None)(self._lines)

    def belong(self, resources: Iterable[Resource], target: Target) -> None:
        """Take note of the target that makes some objects: its definition may fill in variables."""
        known = around(self._project, target, ())
        self._known.update((id(resource), known) for resource in resources)

    def place(self, resource: Resource, where: Origin) -> Pos:
        """Return the place where a field of an object is written, or the object itself. If the line of a field is not
        new, that is the first value in it whose line is new, if there is one. Of a file that is a value as a whole, it
        is the first new line.
        """
        by = self._project.place(where)
        lines = self._of_file(by.path)
        if where == resource.origin or by.line in lines:
            return by
        if not where.at:
            return by._replace(line=min(lines, default=by.line))
        values = values_behind(self._project, where, self._known.get(id(resource), Around()))
        spots = (self._project.places.spot(value) for value, _ in values)
        return next((spot.start for spot in spots if self._has_changed(spot)), by)

    def _has_changed(self, spot: Spot) -> bool:
        lines = self._of_file(spot.start.path)
        return any(line in lines for line in range(spot.start.line, spot.end.line + 1))

    def _lines(self, path: str) -> frozenset[int]:
        here, there = (_lines_of(files, path) for files in self._files)
        known = frozenset(there)
        return frozenset(number for number, line in enumerate(here, 1) if line not in known)


def _lines_of(files: Files, path: str) -> list[bytes]:
    """Return the lines of a file. What is no file has none, such as a base from elsewhere."""
    try:
        return (files.read(path) or b"").split(b"\n")
    except Unreadable:
        return []
