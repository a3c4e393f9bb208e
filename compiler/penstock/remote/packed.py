"""Archives that were fetched, shown as the directories that they become when they are unpacked."""

import posixpath
from collections.abc import Iterator, Mapping

from penstock.files import in_order
from penstock.model import Unreadable
from penstock.records import NamedTuple


class _Tree(NamedTuple):
    """The files of an archive by their paths in it, and the directories that contain them."""

    files: Mapping[str, bytes]
    directories: frozenset[str]


class Packed:
    """Archives by the paths of their directories. Each is unpacked in memory when something in it is looked at."""

    def __init__(self) -> None:
        self._archives: dict[str, tuple[bytes, bool]] = {}
        self._trees: dict[str, _Tree | Unreadable] = {}

    def add(self, top: str, archive: bytes, *, is_chart: bool = True) -> None:
        """Add an archive. A packed chart is shown without the directory that contains all of its files."""
        self._archives[top] = archive, is_chart

    def top(self, path: str) -> str:
        """Return the directory of the archive that contains a path, or the empty string where none does."""
        while path not in self._archives:
            path = posixpath.dirname(path)
            if path in ("//", "/", ""):
                return ""
        return path

    def read(self, top: str, path: str) -> bytes | None:
        """Return the content of a file. Raises `Unreadable` for a directory, and where the archive cannot be
        unpacked.
        """
        rest = _below(top, path)
        tree = self._tree(top)
        if rest in tree.directories:
            raise Unreadable("is a directory")
        return tree.files.get(rest)

    def is_dir(self, top: str, path: str) -> bool:
        try:
            return _below(top, path) in self._tree(top).directories
        except Unreadable:
            return False

    def walk(self, top: str, path: str) -> Iterator[str]:
        rest = _below(top, path)
        prefix = "" if rest == "." else f"{rest}/"
        return (f"{top}/{name}" for name in in_order(self._tree(top).files) if name.startswith(prefix))

    def _tree(self, top: str) -> _Tree:
        if top not in self._trees:
            self._trees[top] = _unpacked(*self._archives[top], top)
        tree = self._trees[top]
        if isinstance(tree, Unreadable):
            raise tree
        return tree


def _unpacked(archive: bytes, is_chart: bool, top: str) -> _Tree | Unreadable:
    from penstock.charts.archive import files_of
    from penstock.charts.bounds import Room
    from penstock.charts.chart import Refused

    try:
        files = {file.name: file.data for file in files_of(archive, top, Room(), is_chart)}
    except Refused as refused:
        return Unreadable(f"cannot be unpacked: {refused.findings[0].message}")
    directories = {"."}
    for name in files:
        above = posixpath.dirname(name)
        while above and above not in directories:
            directories.add(above)
            above = posixpath.dirname(above)
    return _Tree({name: data for name, data in files.items() if name not in directories}, frozenset(directories))


def _below(top: str, path: str) -> str:
    return posixpath.normpath(path[len(top) + 1 :] or ".")
