"""Which path was probably meant where nothing has the name that a kustomization gives.

Outside of the repository nothing is looked for, which would tell a stranger what the disk has.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence, Set

from penstock.model import Unreadable
from penstock.records import NamedTuple
from penstock.sources import Sources
from penstock.words import SIMILAR, Nearest, alike


class Surroundings(NamedTuple):
    """What lies around a kustomization. `directory` is its own, `used` are the paths that it names, and `anywhere` says
    whether its files may lie outside of its directory.
    """

    sources: Sources
    nearest: Nearest
    directory: str
    anywhere: bool
    used: Callable[[], Set[str]]

    def path(self, name: str) -> str:
        return posixpath.normpath(posixpath.join(self.directory, name))


MOST_PARTS = 32
"""Parts of a name that people write. A stranger's may have thousands, and each way to it is looked at."""


def meant_by(name: str, around: Surroundings, *, is_base: bool) -> str:
    """Return the name that was probably meant: of something beside, of a base as it is seen from another directory, or
    of something below a directory that is spelt otherwise. The result is empty where nothing of the kind is there.
    """
    if not around.nearest.may_search or name.startswith("/") or name.count("/") > MOST_PARTS:
        return ""
    ways = _ways(name, around, is_base=is_base)
    return next((way for way in ways if way and _may_be_named(way, around, is_base=is_base)), "")


def _ways(name: str, around: Surroundings, *, is_base: bool) -> Iterator[str]:
    yield _beside(name, around)
    if is_base:
        yield from (other for other in _from_other_directories(name) if _is_base(other, around))
    yield _below_another_directory(name, around)


def _beside(name: str, around: Surroundings) -> str:
    """Return the nearest name beside a path, of what the kustomization does not use yet."""
    path = around.path(name)
    wanted = posixpath.basename(path)
    near = around.nearest.among(wanted, lambda: _unused_beside(path, around))
    return posixpath.join(posixpath.dirname(name), near) if _is_like(near, wanted) else ""


def _is_like(near: str, wanted: str) -> bool:
    """Return whether two similar names are so without the same extension, too: `all.yaml` is not `values.yaml`."""
    stem, extension = posixpath.splitext(near)
    return bool(near) and (not wanted.endswith(extension) or alike(wanted.removesuffix(extension), stem) >= SIMILAR)


def _unused_beside(path: str, around: Surroundings) -> Sequence[str]:
    if not _is_inside(path):
        return ()
    directory = posixpath.dirname(path)
    return [name for name in around.sources.beside(path) if posixpath.join(directory, name) not in around.used()]


NEAR = 3
"""Levels of directories by which the way to a base may be too long or too short."""


def _from_other_directories(name: str) -> Sequence[str]:
    """Return a name as it is for a kustomization that lies higher or deeper, the nearest one first."""
    *_, tail = name.removeprefix("./").rpartition("../")
    levels = (len(name) - len(tail)) // len("../")
    near = [levels + sign * step for step in range(1, NEAR + 1) for sign in (1, -1)]
    return ["../" * level + tail for level in near if level > 0]


def _is_base(name: str, around: Surroundings) -> bool:
    """Return whether a name leads to another kustomization that does not contain this one."""
    path = around.path(name)
    if not _is_inside(path) or f"{around.directory}/".startswith(f"{path}/") or path == ".":
        return False
    return around.sources.is_dir(path) and around.sources.kustomization(path)[0] is not None


def _below_another_directory(name: str, around: Surroundings) -> str:
    """Return a path with another directory in place of the first one on its way that is not there."""
    parts = name.split("/")
    for number in range(1, len(parts)):
        above = "/".join(parts[:number])
        path = around.path(above)
        if above and not around.sources.is_dir(path):
            near = _beside(above, around)
            return near and posixpath.join(near, *parts[number:])
    return ""


def _may_be_named(name: str, around: Surroundings, *, is_base: bool) -> bool:
    """Return whether a name is that of a directory or file which the kustomization may name."""
    path = around.path(name)
    if around.sources.is_dir(path):
        return is_base
    if not around.anywhere and around.directory != "." and not path.startswith(f"{around.directory}/"):
        return False
    try:
        return around.sources.text(path) is not None
    except Unreadable:
        return False


def _is_inside(path: str) -> bool:
    """Return whether a path lies in the repository."""
    return not path.startswith(("../", "/")) and path != ".."
