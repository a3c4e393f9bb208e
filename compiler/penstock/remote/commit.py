"""The files of a commit, with every object checked against its id, from the commit down: a cache cannot lie."""

import hashlib
import os
import posixpath
from collections.abc import Iterator
from contextlib import suppress
from subprocess import Popen
from typing import NamedTuple

from penstock.files import MAX_BYTES, MAX_LINKS, too_large
from penstock.git_files import SUBMODULE, SYMLINK, Git
from penstock.model import Unreadable

DIRECTORY = "40000"
OUTSIDE = ".."
"""Where a path leads that leaves the repository: nowhere."""


class Damaged(Exception):  # noqa: N818  # a state of the cache, not an error of the program
    """The repository lacks an object, or has another one in its place."""


class Place(NamedTuple):
    """Where a path leads: without symlinks, and what is there (no mode: nothing)."""

    path: str
    mode: str = ""
    id: str = ""


class CommitFiles:
    """`model.Files` over a commit; paths are relative to its top. With `submodules`, those too whose commits are here.

    Reading raises `Damaged` where the repository is not what the ids say.
    """

    _process: "Popen[bytes] | None" = None

    def __init__(self, git: Git, folder: str, commit: str, submodules: bool) -> None:
        self._git = git
        self._folder = folder
        self._submodules = submodules
        self._trees: dict[str, dict[str, tuple[str, str]]] = {}
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
            yield from sorted(self._below(posixpath.normpath(path), place.id))

    def submodules(self) -> list[tuple[str, str]]:
        """Path and commit of each submodule, those of submodules not among them."""
        return list(self._links("", self._top))

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __del__(self) -> None:
        self.close()

    def _below(self, path: str, tree: str) -> Iterator[str]:
        for name, (mode, key) in self._entries(tree).items():
            below = posixpath.normpath(posixpath.join(path, name))
            if mode == DIRECTORY:
                yield from self._below(below, key)
            elif mode != SUBMODULE:
                yield below

    def _links(self, path: str, tree: str) -> Iterator[tuple[str, str]]:
        for name, (mode, key) in self._entries(tree).items():
            if mode == SUBMODULE:
                yield path + name, key
            elif mode == DIRECTORY:
                yield from self._links(f"{path}{name}/", key)

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
                rest = [part for part in reversed(pending) if part not in ("", ".")]
                return Place("/".join((*names, name, *rest)), "" if rest else mode, key)
        return Place("/".join(names) or ".", DIRECTORY, trees[-1])

    def _target(self, blob: str, links: int) -> str:
        if links > MAX_LINKS:
            raise Unreadable("has too many levels of symbolic links")
        return os.fsdecode(self._object(blob, "blob"))

    def _submodule(self, commit: str) -> str:
        """Its tree; empty where submodules do not count, as the directory is in a checkout without them."""
        return self._tree_of(commit) if self._submodules else ""

    def _tree_of(self, commit: str) -> str:
        head, _, tree = self._object(commit, "commit").partition(b"\n")[0].decode("ascii", "replace").partition(" ")
        if head != "tree":
            raise Damaged(commit)
        return tree

    def _entries(self, tree: str) -> dict[str, tuple[str, str]]:
        """Mode and id by name. Names that no checkout can have are left out."""
        if not tree:
            return {}
        if tree not in self._trees:
            data = self._object(tree, "tree")
            size = len(tree) // 2
            entries = {}
            at = 0
            while at < len(data):
                end = data.index(b"\0", at)
                mode, _, name = data[at:end].partition(b" ")
                at = end + 1 + size
                if b"/" not in name and name.lower() not in (b"", b".", b"..", b".git"):
                    entries[os.fsdecode(name)] = (mode.decode("ascii", "replace"), data[end + 1 : at].hex())
            self._trees[tree] = entries
        return self._trees[tree]

    def _object(self, name: str, kind: str) -> bytes:
        data = self._fetched(name, kind)
        digest = hashlib.sha1 if len(name) == 40 else hashlib.sha256
        if digest(b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest() != name:
            raise Damaged(name)
        return data

    def _fetched(self, name: str, kind: str) -> bytes:
        if self._process is None:
            self._process = self._git.start(f"--git-dir={self._folder}", "cat-file", "--batch", quiet=True)
        into, out = self._process.stdin, self._process.stdout
        assert into is not None
        assert out is not None
        try:
            into.write(f"{name}\n".encode())
            into.flush()
            words = out.readline().decode("ascii", "replace").split()
            if len(words) != 3 or words[1] != kind or not words[2].isdigit():
                raise Damaged(name)
            size = int(words[2])
            if size <= MAX_BYTES:
                return out.read(size + 1)[:-1]
        except (OSError, Damaged):
            self.close()
            raise Damaged(name) from None
        self.close()
        raise Unreadable(too_large(size))
