"""Files of a git commit or of the index, read without a checkout."""

import os
import posixpath
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import Self

from penstock.commits import read_commit
from penstock.files import MAX_BYTES, MAX_LINK, blob_id, by_names, follow, in_order, too_large
from penstock.git import REFETCH, Git
from penstock.git_trees import REGULAR, Blob, changes, entries_of
from penstock.git_trees import SUBMODULE as SUBMODULE
from penstock.git_trees import SYMLINK as SYMLINK
from penstock.git_trees import path_of as _path
from penstock.model import Refusal, Unreadable
from penstock.records import NamedTuple
from penstock.regex import regex

MAX_ENTRIES = 500_000
"""The most files of a commit or of the index. Ten tree objects can describe 10^9 paths."""

MAX_AHEAD = 64 * 1024
"""The most bytes of a file that is read ahead."""

MAX_ALL_AHEAD = 64 * 1024 * 1024
"""The most bytes of all files together that are read ahead."""

_LIMITS = ("\0", "\1")
"""What follows a directory in the sort keys of the files below it, and of all that comes after them."""

GITMODULES = ".gitmodules"
"""The file that says which entries of a tree are submodules."""

MAX_SUBMODULES, MAX_LEVELS = 100, 8
"""The most submodules that are read, and how deep they may be nested."""

IMPOSSIBLE = regex(r"(?:^|/)(?:\.git|\.\.|\.|)(?:/|$)")
"""Paths that no work tree can have, although a tree made by hand can. They are left out."""


NOTHING = Blob("", "")
"""What stands for a path at which a tree has nothing."""


class _GitFiles:
    """`sources.Files` over the blobs of a repository. Paths are relative to its top. Close it, or use `with`."""

    unlisted: Mapping[str, str] = {}

    def __init__(self, git: Git, listed: Callable[[], Mapping[str, Blob]]) -> None:
        self._git = git
        self._listed = listed
        self._objects = git.lookup
        self._ahead: dict[str, bytes] = {}

    @cached_property
    def _own(self) -> Mapping[str, Blob]:
        """The entries of the repository itself, with its submodules as entries."""
        return self._listed()

    @cached_property
    def _blobs(self) -> Mapping[str, Blob]:
        return self._whole.blobs

    @cached_property
    def _whole(self) -> "_Whole":
        return _with_submodules(self._reader, self._own)

    @property
    def has_submodules(self) -> bool:
        return self._reader is not self._git

    @cached_property
    def _reader(self) -> Git:
        """The repository with all objects, including those of submodules."""
        is_given = GITMODULES in self._own
        submodules = [path for path, blob in self._own.items() if is_given and blob.mode == SUBMODULE]
        return self._git.with_submodules(submodules) if submodules else self._git

    @cached_property
    def _directories(self) -> frozenset[str]:
        return _directories(self._blobs)

    @cached_property
    def _links(self) -> dict[str, str]:
        return _links(self._reader, self._blobs)

    def read(self, path: str) -> bytes | None:
        if _is_outside(path):
            return None
        real = self._followed(path)
        blob = self._blobs.get(real)
        if blob is None:
            if _leaves(real) and not _leaves(posixpath.normpath(path)):
                raise Unreadable("is a symbolic link that leads out of the repository")
            return None
        if blob.mode == SYMLINK:
            raise Unreadable(f"is a symbolic link of more than {MAX_LINK:,} bytes, or whose content is missing")
        return self._content(blob.id)

    def real(self, path: str) -> str:
        try:
            return self._followed(path)
        except Unreadable:  # a loop, or a long chain: it leads nowhere
            return posixpath.normpath(path)

    def _followed(self, path: str) -> str:
        """Return the place to which symlinks lead from a path. Raises `Unreadable` if there are too many of them."""
        if not self._links and path in self._blobs:
            return path
        path = posixpath.normpath(path)
        if self._links:
            path = follow(path, self._links)
        return f"..{path}" if path.startswith("/") else path  # an absolute link leaves the tree, wherever it leads

    def is_dir(self, path: str) -> bool:
        return not _is_outside(path) and self.real(path) in self._directories

    def blob(self, path: str) -> str | None:
        blob = self._blobs.get(self._followed(path))
        if blob is not None and blob.mode == SYMLINK:
            raise Unreadable("is a symbolic link that leads nowhere")
        return None if blob is None else blob.id

    def listing(self) -> dict[str, str] | None:
        """Return the id of each file by path; None if there are symbolic links, with which a path may lead
        elsewhere.
        """
        if any(blob.mode == SYMLINK for blob in self._blobs.values()):
            return None
        return {path: blob.id for path, blob in self._blobs.items()}

    def entries(self) -> list[tuple[str, Blob]]:
        """Return all files and symbolic links, sorted by path. Two states with the same entries are the same."""
        return sorted(self._blobs.items())

    def walk(self, path: str) -> Iterator[str]:
        return self._below(path, self._names)

    def links(self, path: str) -> Iterator[str]:
        return self._below(path, in_order(self._linked_directories))

    def _below(self, path: str, names: Sequence[str]) -> Iterator[str]:
        """Return those of some names in order that lie below a directory, as the path of the directory has them."""
        top = self.real(path)
        given = "" if path in ("", ".") else f"{posixpath.normpath(path)}/"
        if top == ".":
            return (given + name for name in names)
        start, end = (bisect_left(names, by_names(top) + sign, key=by_names) for sign in _LIMITS)
        return (given + name[len(top) + 1 :] for name in names[start:end])

    @cached_property
    def _names(self) -> list[str]:
        """All files and links but those to directories, in the order of a walk."""
        linked = self._linked_directories
        return in_order(path for path in self._blobs if path not in linked)

    @cached_property
    def _linked_directories(self) -> frozenset[str]:
        """The links that lead to directories, each of which is followed once."""
        return frozenset(path for path in self._links if self.is_dir(path))

    def read_ahead(self, paths: Iterable[str]) -> None:
        """Read many small files at once, most of which will be needed. Reading each of them alone would mean one wait
        for git per file.

        If a repository is too large to be kept in memory, only the first files are read.
        """
        ids = [self._blobs[path].id for path in paths if path in self._blobs]
        left = MAX_ALL_AHEAD - sum(map(len, self._ahead.values()))
        for name, data in self._reader.contents((name for name in ids if name not in self._ahead), MAX_AHEAD):
            left -= len(data)
            if left < 0:
                break
            self._ahead[name] = data

    def close(self) -> None:
        self._objects.close()
        if "_reader" in self.__dict__:
            self._reader.lookup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _content(self, blob: str) -> bytes:
        if blob in self._ahead:
            return self._ahead[blob]
        found = self._objects.get(blob, MAX_BYTES)
        if found is None and self.has_submodules:
            found = self._reader.lookup.get(blob, MAX_BYTES)
        if found is None or found.kind != "blob":
            raise Unreadable(f"is missing from the repository; in a partial clone, `{REFETCH}` brings it")
        if found.data is None:
            raise Unreadable(too_large(found.size))
        return found.data


def _links(git: Git, blobs: Mapping[str, Blob]) -> dict[str, str]:
    """Return the target of each symlink. A symlink that is longer than any file system allows is left out."""
    ids = {path: blob.id for path, blob in blobs.items() if blob.mode == SYMLINK}
    targets = {name: _path(data) for name, data in git.contents(ids.values(), MAX_LINK)}
    return {path: targets[name] for path, name in ids.items() if name in targets}


def _is_outside(path: str) -> bool:
    """Return whether a path starts outside of git's files, whatever links there are."""
    return path.startswith(("../", ".git/")) or path in ("..", ".git")


def _leaves(path: str) -> bool:
    """Return whether a path leads out of the tree."""
    return path == ".." or path.startswith(("../", "/"))


class GitCommit(_GitFiles):
    """The files of a commit. `commit` is its full id, and `tree` that of its root tree. The files of submodules that
    are checked out are included, at the commits that this commit names.

    With `beside`, another commit of the same repository, only the differences from that commit are listed. Raises
    `Refusal`: status 2 if there is no such commit, 4 if there is no repository.
    """

    def __init__(self, git: Git, revision: str, beside: "GitCommit | None" = None) -> None:
        self.commit, self.tree, _ = read_commit(git, revision)
        self._beside = beside
        super().__init__(git, self._list)

    def read(self, path: str) -> bytes | None:
        """Read a file. For a file at the top, only the root tree is read first: if nothing has changed, no more is
        needed.
        """
        found = self._at_top(path)
        if found is None:
            return super().read(path)
        return self._content(found.id) if found.mode else None

    def is_dir(self, path: str) -> bool:
        """Return whether there is a directory. For a file at the top, or where nothing is, the root tree tells."""
        return self._at_top(path) is None and super().is_dir(path)

    def _at_top(self, path: str) -> Blob | None:
        """Return what the root tree says of a path: the file, or `NOTHING`. It is None where that tells too little, or
        where all files are listed already.
        """
        if "_blobs" in vars(self) or "/" in path or not path.strip(".") or self._top is None:
            return None
        found = self._top.get(path, NOTHING)
        return found if not found.mode or found.mode.startswith(REGULAR) else None

    @cached_property
    def _top(self) -> Mapping[str, Blob] | None:
        """The entries of the root tree, or None if it cannot be read alone."""
        return entries_of(self._objects, self.tree)

    def touched(self) -> Set[str] | None:
        """Return the files that differ from those of the commit beside, and the directories in or below which files
        were added or removed.

        The result is None if a symbolic link may lead to them by other paths, if there are submodules, or if there is
        no other commit.
        """
        if self._beside is None or self._beside._links or self._links:
            return None
        if self._beside.has_submodules or self.has_submodules:
            return None
        old, new = self._beside._blobs, self._blobs
        changed = {path for path in self._changes if old.get(path) != new.get(path)}
        moved = {path for path in changed if (path in old) != (path in new)}
        return changed | _directories(moved) if moved else changed

    @cached_property
    def _changes(self) -> dict[str, Blob | None]:
        assert self._beside is not None
        found = changes(self._objects, self._beside.tree, self.tree)
        return found if found is not None else _differences(self._beside._own, blobs_of(self._git, self.tree))

    @cached_property
    def state(self) -> str:
        """The state on which the files depend: the root tree, and which submodules are not here."""
        if (self._top is not None and GITMODULES not in self._top) or not self._whole.missing:
            return self.tree
        return f"{self.tree}-{blob_id(' '.join(self._whole.missing).encode())}"

    def _list(self) -> Mapping[str, Blob]:
        if self._beside is None:
            return blobs_of(self._git, self.commit)
        return _changed(self._beside._own, self._changes, self.tree)


class GitIndex(_GitFiles):
    """The files that the next commit would have. Raises `Refusal` if a merge has left conflicts."""

    def __init__(self, directory: str, environ: Mapping[str, str] | None = None) -> None:
        top = os.fsdecode(Git(directory, environ).run("rev-parse", "--show-toplevel")).rstrip("\n")
        git = Git(top, environ, index=True)
        listing = git.records("ls-files", "--stage", "-z", limit=MAX_ENTRIES, what="the index")
        staged = _staged(listing)
        super().__init__(git, lambda: staged)


class _Whole(NamedTuple):
    """The files and symlinks of a repository with its submodules, and the commits of the submodules that are not
    here.
    """

    blobs: Mapping[str, Blob]
    missing: tuple[str, ...] = ()


def _with_submodules(git: Git, own: Mapping[str, Blob]) -> _Whole:
    """Return the files of a repository, and of those submodules whose commits are here. Raises `Refusal` if there are
    too many.
    """
    # Few repositories have submodules, and all others are done here.
    if all(blob.mode != SUBMODULE for blob in own.values()):
        return _Whole(own)
    found: dict[str, Blob] = {}
    missing: list[str] = []
    waiting = [("", own, 0 if GITMODULES in own else MAX_LEVELS)]
    count = 0
    while waiting:
        prefix, blobs, depth = waiting.pop()
        for path, blob in blobs.items():
            if blob.mode != SUBMODULE:
                found[f"{prefix}{path}"] = blob
            elif depth < MAX_LEVELS and count < MAX_SUBMODULES and git.sizes([blob.id]):
                count += 1
                waiting.append((f"{prefix}{path}/", blobs_of(git, blob.id), depth + 1))
            else:
                missing.append(blob.id)
        if len(found) > MAX_ENTRIES:
            raise Refusal(f"with its submodules, this has more than {MAX_ENTRIES:,} files and directories", 3)
    return _Whole(found, tuple(missing))


def blobs_of(git: Git, tree: str) -> dict[str, Blob]:
    """Return the files and symlinks of a commit or tree, by path. Raises `Refusal` if there are too many."""
    blobs = {}
    listing = ("ls-tree", "-r", "-t", "-z", "--full-tree", tree)  # with the directories: they may hold no file at all
    for entry in git.records(*listing, limit=MAX_ENTRIES, what=tree):
        meta, _, path = entry.partition(b"\t")
        mode, kind, blob = meta.decode().split()
        if kind != "tree":
            blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _differences(old: Mapping[str, Blob], new: Mapping[str, Blob]) -> dict[str, Blob | None]:
    """Return the differences between two listings: the new entry at each path, or None if it was removed."""
    return {path: new.get(path) for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


def _changed(blobs: Mapping[str, Blob], changes: Mapping[str, Blob | None], new: str) -> Mapping[str, Blob]:
    """Return the files and symlinks of the tree `new`, computed from those of another tree and the differences between
    the two.
    """
    found = dict(blobs)
    for path, blob in changes.items():
        if blob is None:
            found.pop(path, None)
        else:
            found[path] = blob
    if len(found) > MAX_ENTRIES:
        raise Refusal(f"{new} has more than {MAX_ENTRIES:,} files and directories", 3)
    return _possible(found)


def _staged(listing: Iterable[bytes]) -> dict[str, Blob]:
    blobs = {}
    for entry in listing:
        meta, _, path = entry.partition(b"\t")
        mode, blob, stage = meta.decode().split()
        if stage != "0":
            raise Refusal(f"the index has a merge conflict in {_path(path)}", 4)
        blobs[_path(path)] = Blob(mode, blob)
    return _possible(blobs)


def _possible(blobs: dict[str, Blob]) -> dict[str, Blob]:
    return {p: blob for p, blob in blobs.items() if not IMPOSSIBLE.search(p)}


def _directories(paths: Iterable[str]) -> frozenset[str]:
    found = {"."}
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return frozenset(found)
