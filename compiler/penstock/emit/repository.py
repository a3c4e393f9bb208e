"""The interface through which this package queries a git repository. `git` is always passed as an argument."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.emit.branch import TREE, Entry, Marker, read_marker
from penstock.emit.record import Record, is_recorded, read_record, tree_of
from penstock.model import MARKER, Refusal
from penstock.typed import Protocol, Self

MAX_FILE = 4 * 1024 * 1024
"""The most bytes of a file that is read to decide whether a target wrote it. No API server accepts a larger object."""

MAX_TREE, MAX_MARKER, MAX_COMMIT = 32 * 1024 * 1024, 8 * 1024 * 1024, 8 * 1024 * 1024
"""The most bytes of one directory, of the marker and of one commit."""


MODE = re.compile(rb"[0-7]{5,7}")


class Answer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def out(self) -> bytes: ...
    @property
    def complaint(self) -> str: ...


class Object(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> bytes | None: ...


class Objects(Protocol):
    """A source of single git objects; `git.Objects` is an implementation."""

    def get(self, name: str, limit: int) -> Object | None:
        """Return the object with a name, or None if it does not exist. If the object is larger than `limit` bytes, its
        data is None.
        """


class Git(Protocol):
    """A repository; `git.Git` is an implementation. Only a command with `network` may open a connection."""

    directory: str

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = 0, network: bool = False) -> bytes:
        """Return the output of a git command. Raises `Refusal` if it fails."""

    def ask(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = 0,
        network: bool = False,
        environ: Mapping[str, str] = {},
    ) -> Answer:
        """Run a git command that may fail. `environ` adds environment variables."""

    def contents(self, ids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes]]:
        """Yield objects by id, each once, without those that are larger than `limit` bytes or not in the repository."""

    @property
    def lookup(self) -> Objects:
        """The shared process that answers requests for single objects."""


class Odd(Exception):  # noqa: N818  # a state of a branch, not an error of the program
    """Raised when a branch holds something that Penstock cannot handle. The text says what."""


def text_of(data: bytes) -> str:
    """Decode a name or path, which is bytes to git. Bytes that are not UTF-8 survive the round trip (`bytes_of`)."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Branch:
    """The tree of a rendered branch, of which only the relevant directories are opened.

    Everything else is foreign and kept by its id, whatever it is: a million files, empty trees, modes of other
    programs. Raises `Odd` if a relevant directory cannot be read.
    """

    def __init__(self, objects: Objects, tree: str) -> None:
        self._objects = objects
        self.tree = tree
        """The id of the root tree."""
        self._directories = {"": self._entries(self.tree, "")}

    @classmethod
    def of_commit(cls, objects: Objects, commit: str) -> Self:
        found = objects.get(commit, MAX_COMMIT)
        if found is None or found.kind != "commit" or not found.data:
            raise Odd("it does not lead to a commit that can be read")
        return cls(objects, tree_of(found.data))

    def below(self, folder: str) -> "Branch | None":
        """Return a folder as if it were a branch, or None if it does not exist."""
        found = self
        for name in folder.split("/") if folder else ():
            entry = found._directories[""].get(name)
            if entry is None:
                return None
            if entry.mode != TREE:
                raise Odd(f"{name} is a file there, and no folder that {folder} could be in")
            found = Branch(self._objects, entry.id)
        return found

    def marker(self) -> Marker | None:
        """Return the marker of the branch, or None if it has none."""
        entry = self._directories[""].get(MARKER)
        if entry is None:
            return None
        found = self._objects.get(entry.id, MAX_MARKER) if entry.is_file else None
        return read_marker(found.data or b"" if found else b"")

    def entries(self, directories: Iterable[str]) -> dict[str, Entry]:
        """Return all entries of the branch, by path. Only the given directories, and their parents, are opened; every
        other directory is one entry.
        """
        for directory in directories:
            self._open("" if directory == "." else directory)
        return {
            posixpath.join(directory, name): entry
            for directory, entries in self._directories.items()
            for name, entry in entries.items()
            if posixpath.join(directory, name) not in self._directories
        }

    def _open(self, directory: str) -> None:
        """Open a directory and its parents, as far as they exist and are not empty."""
        path = ""
        for name in directory.split("/") if directory else ():
            entry = self._directories[path].get(name)
            path = posixpath.join(path, name)
            if entry is None or entry.mode != TREE:
                return
            if path not in self._directories:
                entries = self._entries(entry.id, path)
                if not entries:
                    return
                self._directories[path] = entries

    def _entries(self, tree: str, path: str) -> dict[str, Entry]:
        where = path or "its root"
        found = self._objects.get(tree, MAX_TREE)
        if found is None or found.kind != "tree":
            raise Odd(f"the directory {where} is missing from the repository")
        if found.data is None:
            raise Odd(f"the directory {where} has more than {MAX_TREE:,} bytes of names")
        return _parsed(found.data, len(tree) // 2, where)


def _parsed(data: bytes, size: int, where: str) -> dict[str, Entry]:
    """Parse a raw tree, whose ids have `size` bytes."""
    entries: dict[str, Entry] = {}
    at = 0
    while at < len(data):
        end = data.find(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        at = end + 1 + size
        is_whole = end >= 0 and at <= len(data) and MODE.fullmatch(mode)
        if not is_whole or not name or b"/" in name or text_of(name) in entries:
            raise Odd(f"the directory {where} is not as git makes it; `git fsck` says more")
        entries[text_of(name)] = Entry(f"{int(mode, 8):o}", data[end + 1 : at].hex())
    return entries


def records_of(git: Git, revisions: Sequence[str]) -> Iterator[Record | None]:
    """Yield the record of each commit, the newest first; None for a commit that people made. `revisions` are arguments
    of `rev-list`.
    """
    for commit in git.run("rev-list", *revisions, "--").decode().split():
        found = git.lookup.get(commit, MAX_COMMIT)
        if found is None:
            raise Refusal(f"the commit {commit} is missing from the repository", 4)
        yield read_record(found.data or b"")


def last_recorded(git: Git, base: str) -> str | None:
    """Return the newest commit of a history that has the tree that its message names, or None."""
    commits = git.run("rev-list", base, "--").decode().split()
    return next((commit for commit in commits if _is_recorded(git, commit)), None)


def _is_recorded(git: Git, commit: str) -> bool:
    found = git.lookup.get(commit, MAX_COMMIT)
    return found is not None and is_recorded(found.data or b"")


def has_commit(git: Git, commit: str) -> bool:
    found = git.lookup.get(commit, MAX_COMMIT)
    return found is not None and found.kind == "commit"


def is_shallow(git: Git) -> bool:
    """Return whether the clone lacks a part of the history."""
    return git.ask("rev-parse", "--is-shallow-repository").out.strip() != b"false"


def is_ancestor(git: Git, old: str, young: str) -> bool:
    return git.ask("merge-base", "--is-ancestor", old, young).status == 0
