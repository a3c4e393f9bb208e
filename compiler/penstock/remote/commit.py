"""The files of a commit. Every object is checked against its id, from the commit down, so a cache cannot lie."""

import hashlib
import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress

from penstock.files import MAX_BYTES, MAX_LINK, MAX_LINKS, in_order, too_large
from penstock.git import Ended, Git, Objects
from penstock.git_files import MAX_ENTRIES, SUBMODULE, SYMLINK
from penstock.model import Unreadable
from penstock.records import NamedTuple

DIRECTORY = "40000"
OUTSIDE = ".."
"""Where a path leads that leaves the repository: nowhere."""


class Damaged(Exception):  # noqa: N818  # a state of the cache, not an error of the program
    """The repository lacks an object, or has another one in its place."""


class Place(NamedTuple):
    """The place to which a path leads, without symlinks, and what is there. The mode is empty where there is
    nothing.
    """

    path: str
    mode: str = ""
    id: str = ""


class _Step(NamedTuple):
    """A directory on the way down: its path, its tree, the rest of the way, and the number of submodules that were
    found before.
    """

    path: str
    tree: str
    rest: Iterator[tuple[str, tuple[str, str]]]
    before: int


class CommitFiles:
    """`sources.Files` over a commit. Paths are relative to its top.

    With `submodules`, the files of those submodules are included whose commits are here. Reading raises `Damaged` where
    an object does not have its id.
    """

    unlisted: Mapping[str, str] = {}

    def __init__(self, git: Git, folder: str, commit: str, submodules: bool) -> None:
        self._objects = Objects(git, f"--git-dir={folder}")
        self._submodules = submodules
        self._trees: dict[str, dict[str, tuple[str, str]]] = {}
        self._targets: dict[str, str | Unreadable] = {}
        self._top = self._tree_of(commit)

    def read(self, path: str) -> bytes | None:
        place = self._place(path)
        return self._object(place.id, "blob") if place.mode and place.mode != DIRECTORY else None

    def real(self, path: str) -> str:
        return self._place(path).path

    def is_dir(self, path: str) -> bool:
        with suppress(Unreadable):  # a loop of links
            return self._place(path).mode == DIRECTORY
        return False

    def walk(self, path: str) -> Iterator[str]:
        place = self._place(path)
        if place.mode == DIRECTORY:
            yield from in_order(self._below(posixpath.normpath(path), place.id))

    def links(self, path: str) -> Iterator[str]:
        return (name for name in self.walk(path) if self._place(name).mode == DIRECTORY)

    def submodules(self, limit: int) -> list[tuple[str, str]]:
        """Return the path and the commit of each submodule, at most `limit` of them. Submodules of submodules are not
        included.

        Directories without submodules are looked at once, however often they are named: ten small trees can describe
        10^9 directories. Raises `Unreadable` where there are too many directories even so.
        """
        found: list[tuple[str, str]] = []
        without: set[str] = set()
        way: list[_Step] = [_Step("", self._top, iter(self._entries(self._top).items()), 0)]
        seen = 0
        while way and len(found) < limit:
            path, tree, rest, before = way[-1]
            name, (mode, key) = next(rest, ("", ("", "")))
            if not name:
                way.pop()
                if len(found) == before:
                    without.add(tree)
            elif mode == SUBMODULE:
                found.append((path + name, key))
            elif mode == DIRECTORY and key not in without:
                seen += 1
                if seen > MAX_ENTRIES or len(path) > MAX_LINK:
                    raise Unreadable(f"has more than {MAX_ENTRIES:,} directories, or too deep ones")
                way.append(_Step(f"{path}{name}/", key, iter(self._entries(key).items()), len(found)))
        return found

    def close(self) -> None:
        self._objects.close()

    def _below(self, path: str, tree: str) -> Iterator[str]:
        """Yield the files below a directory. Raises `Unreadable` where there are too many."""
        waiting = [(path, tree)]
        seen = 0
        while waiting:
            path, tree = waiting.pop()
            for name, (mode, key) in self._entries(tree).items():
                below = posixpath.normpath(posixpath.join(path, name))
                seen += 1
                if seen > MAX_ENTRIES or len(below) > MAX_LINK:
                    raise Unreadable(f"has more than {MAX_ENTRIES:,} files, or too deep ones")
                if mode == DIRECTORY:
                    waiting.append((below, key))
                elif mode != SUBMODULE:
                    yield below

    def _place(self, path: str) -> Place:
        """Follow a path name by name, as a file system does, and each symlink on the way."""
        if path.startswith("/"):
            return Place(OUTSIDE)
        pending = path.split("/")[::-1]
        names: list[str] = []
        trees = [self._top]
        links = 0
        while pending:
            name = pending.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if not names:
                    return Place(OUTSIDE)
                names.pop()
                trees.pop()
                continue
            mode, key = self._entries(trees[-1]).get(name, ("", ""))
            if mode == SYMLINK:
                links += 1
                target = self._target(key, links)
                if target.startswith("/"):
                    return Place(OUTSIDE)
                pending += target.split("/")[::-1]
            elif mode in (DIRECTORY, SUBMODULE):
                names.append(name)
                trees.append(key if mode == DIRECTORY else self._submodule(key))
            else:
                # A file, or nothing: whatever follows cannot be below it.
                rest = [part for part in reversed(pending) if part not in ("", ".")]
                return Place("/".join((*names, name, *rest)), "" if rest else mode, key)
        return Place("/".join(names) or ".", DIRECTORY, trees[-1])

    def _target(self, blob: str, links: int) -> str:
        if links > MAX_LINKS:
            raise Unreadable("has too many levels of symbolic links")
        if blob not in self._targets:
            try:
                self._targets[blob] = os.fsdecode(self._object(blob, "blob", MAX_LINK))
            except Unreadable as reason:  # found out once: git unpacks all of it to say its size
                self._targets[blob] = reason
        target = self._targets[blob]
        if isinstance(target, Unreadable):
            raise target
        return target

    def _submodule(self, commit: str) -> str:
        """Return the tree of a submodule. It is empty if submodules are not included, like the directory in a checkout
        without them.
        """
        return self._tree_of(commit) if self._submodules else ""

    def _tree_of(self, commit: str) -> str:
        head, _, tree = self._object(commit, "commit").partition(b"\n")[0].decode("ascii", "replace").partition(" ")
        if head != "tree":
            raise Damaged(commit)
        return tree

    def _entries(self, tree: str) -> dict[str, tuple[str, str]]:
        """Return mode and id by name. Names that no checkout can have are left out."""
        if not tree:
            return {}
        if tree not in self._trees:
            data = self._object(tree, "tree")
            size = len(tree) // 2
            entries = {}
            at = 0
            while at < len(data):
                end = data.find(b"\0", at)
                if end < 0:
                    raise Damaged(tree)
                mode, _, name = data[at:end].partition(b" ")
                at = end + 1 + size
                if b"/" not in name and name.lower() not in (b"", b".", b"..", b".git"):
                    entries[os.fsdecode(name)] = (mode.decode("ascii", "replace"), data[end + 1 : at].hex())
            self._trees[tree] = entries
        return self._trees[tree]

    def _object(self, name: str, kind: str, limit: int = MAX_BYTES) -> bytes:
        try:
            found = self._objects.get(name, limit)
        except Ended:
            raise Damaged(name) from None
        if found is None or found.kind != kind:
            raise Damaged(name)
        if found.data is None:
            raise Unreadable(too_large(found.size, limit))
        digest = hashlib.sha1 if len(name) == 40 else hashlib.sha256
        if digest(b"%s %d\0%s" % (kind.encode(), found.size, found.data)).hexdigest() != name:
            raise Damaged(name)
        return found.data
