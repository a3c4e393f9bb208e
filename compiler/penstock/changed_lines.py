"""Shows a change where it was made: of what a template has printed, this is mostly a value and not the template."""

from functools import lru_cache

from penstock.affected import Side
from penstock.model import Origin, Pos, Spot, Unreadable
from penstock.sources import Files


class ChangedLines:
    """The lines of one state of the sources that the other state does not have."""

    def __init__(self, side: Side, other: Side) -> None:
        self._project = side.run.project
        self._files = side.files, other.files
        self._of_file = lru_cache(maxsize=None)(self._lines)

    def place(self, where: Origin | Pos) -> Pos:
        """Return the place where something is written. For what a template has printed without a change of its own,
        that is the first value in it whose line is new, if there is one.
        """
        by = self._project.place(where)
        if isinstance(where, Pos) or by.line in self._of_file(by.path):
            return by
        values = (value for _, named in self._project.places.written(where) for value, _ in named)
        spots = map(self._project.places.spot, values)
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
