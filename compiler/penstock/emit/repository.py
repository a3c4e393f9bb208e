"""What the modules beside this one ask a git repository, and how they get to it: `git` comes in as an argument."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from penstock.emit.branch import MARKER, Entry, Marker, read_marker

MAX_FILE = 32 * 1024 * 1024
"""Bytes of a file that are read; what is larger no target has written."""

DRY_SHA = "%(trailers:key=Dry-Sha,valueonly,separator=%x2C)"
"""The placeholder for the source commit that a rendered commit names; empty for commits of others."""


class Answer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def out(self) -> bytes: ...
    @property
    def complaint(self) -> str: ...


class Git(Protocol):
    """A repository; `git_files.Git` is one."""

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = ...) -> bytes:
        """The output of a git command. Raises `Refusal` if it fails."""

    def ask(self, *arguments: str, stdin: bytes = b"", seconds: float = ...) -> Answer:
        """A git command that may fail."""


def text_of(data: bytes) -> str:
    """Names and paths are bytes to git; those that are not UTF-8 survive the way here and back (`bytes_of`)."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def entries_of(git: Git, commit: str) -> dict[str, Entry]:
    """All files, symlinks and submodules of a commit."""
    entries = {}
    for line in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, name = meta.decode().split()
        entries[text_of(path)] = Entry(mode, name)
    return entries


def marker_of(git: Git, entries: Mapping[str, Entry]) -> Marker | None:
    """What a branch says of itself; None where it says nothing."""
    entry = entries.get(MARKER)
    return read_marker(contents_of(git, [entry.id]).get(entry.id, b"")) if entry else None


def contents_of(git: Git, blobs: Sequence[str]) -> dict[str, bytes]:
    """The content of files by id, without those that are too large or not here."""
    if not blobs:
        return {}
    checked = git.run("cat-file", "--batch-check", stdin=_lines(blobs)).decode()
    sizes = {line.split()[0]: int(line.split()[2]) for line in checked.splitlines() if " blob " in line}
    small = [blob for blob, size in sizes.items() if size <= MAX_FILE]
    out = git.run("cat-file", "--batch", stdin=_lines(small))
    contents = {}
    at = 0
    for blob in small:
        start = out.index(b"\n", at) + 1  # past the header
        contents[blob] = out[start : start + sizes[blob]]
        at = start + sizes[blob] + 1
    return contents


def has_commit(git: Git, commit: str) -> bool:
    return git.ask("cat-file", "-e", f"{commit}^{{commit}}").status == 0


def is_ancestor(git: Git, old: str, young: str) -> bool:
    return git.ask("merge-base", "--is-ancestor", old, young).status == 0


def _lines(words: Sequence[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()
