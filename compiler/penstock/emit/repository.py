"""What the modules beside this one ask a git repository, and how they get to it: `git` comes in as an argument."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, Self

from penstock.emit.branch import TREE, Entry, Marker, read_marker
from penstock.emit.record import Record, read_record, tree_of
from penstock.model import MARKER, Refusal

MAX_FILE = 4 * 1024 * 1024
"""Bytes of a file that is read to see whether a target has written it. No API server takes an object that is larger."""

MAX_TREE, MAX_MARKER, MAX_COMMIT = 32 * 1024 * 1024, 8 * 1024 * 1024, 8 * 1024 * 1024
"""Bytes of one directory, of the marker and of one commit."""


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
    """Gives object after object; `git_files.Objects` is one."""

    def get(self, name: str, limit: int) -> Object | None:
        """The object of a name, without its data where that has more bytes than `limit`; None where there is none."""


class Git(Protocol):
    """A repository; `git_files.Git` is one. Only a command with `network` may open a connection."""

    directory: str

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = 0, network: bool = False) -> bytes:
        """The output of a git command. Raises `Refusal` if it fails."""

    def ask(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = 0,
        network: bool = False,
        environ: Mapping[str, str] = {},
    ) -> Answer:
        """A git command that may fail, with some variables more."""

    def contents(self, ids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes]]:
        """Objects by id, each once, without those that have more bytes than `limit` or are not here."""

    @property
    def lookup(self) -> Objects:
        """A process that gives object after object, for all who ask."""


class Odd(Exception):  # noqa: N818  # a state of a branch, not an error of the program
    """A branch holds what cannot be dealt with. The text says what."""


def text_of(data: bytes) -> str:
    """Names and paths are bytes to git; those that are not UTF-8 survive the way here and back (`bytes_of`)."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Branch:
    """The tree of a rendered branch, of which only the directories that matter are opened.

    All else is foreign and kept by its id, whatever it is: a million files, empty trees, modes of other programs.
    Raises `Odd` where a directory that matters cannot be read.
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
        """What a folder holds, as if it were a branch; None where there is no such folder."""
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
        """What the branch says of itself; None where it says nothing."""
        entry = self._directories[""].get(MARKER)
        if entry is None:
            return None
        found = self._objects.get(entry.id, MAX_MARKER) if entry.is_file else None
        return read_marker(found.data or b"" if found else b"")

    def entries(self, directories: Iterable[str]) -> dict[str, Entry]:
        """All that the branch holds, by path; a directory that none of the given ones is in stands as a whole."""
        for directory in directories:
            self._open("" if directory == "." else directory)
        return {
            posixpath.join(directory, name): entry
            for directory, entries in self._directories.items()
            for name, entry in entries.items()
            if posixpath.join(directory, name) not in self._directories
        }

    def _open(self, directory: str) -> None:
        """Open a directory, and those on the way to it, as far as they are there and not empty."""
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
    """The entries of a raw tree, whose ids have `size` bytes."""
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
    """What commits say of themselves, the newest first; None for those of people. `revisions` are of `rev-list`."""
    for commit in git.run("rev-list", *revisions, "--").decode().split():
        found = git.lookup.get(commit, MAX_COMMIT)
        if found is None:
            raise Refusal(f"the commit {commit} is missing from the repository", 4)
        yield read_record(found.data or b"")


def has_commit(git: Git, commit: str) -> bool:
    found = git.lookup.get(commit, MAX_COMMIT)
    return found is not None and found.kind == "commit"


def is_shallow(git: Git) -> bool:
    """Whether some of the history was left out when the repository was cloned."""
    return git.ask("rev-parse", "--is-shallow-repository").out.strip() != b"false"


def is_ancestor(git: Git, old: str, young: str) -> bool:
    return git.ask("merge-base", "--is-ancestor", old, young).status == 0
