"""How many files of the work tree differ from HEAD, without a program of the user.

`git status` reads files by way of the clean filters that the configuration names. Here, a file that was touched since
it was added counts as edited where its bytes are not those of the index.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Self

from penstock.cli.streams import Streams
from penstock.commits import MAX_COMMIT
from penstock.files import MAX_BYTES, content_of
from penstock.git import Git
from penstock.git_files import SUBMODULE
from penstock.model import Refusal, Unreadable
from penstock.records import NamedTuple
from penstock.regex import regex

SECONDS = 2.0
"""Seconds that counting may take. The result is only a remark."""

LISTING = (
    *("ls-files", "-z", "-t", "--others", "--directory", "--no-empty-directory", "--exclude-standard"),
    *("--cached", "--stage", "--debug"),
)
"""Lists the files that git does not track, and then those of the index: one process tells both."""

OTHER = regex(rb"\? ([^\0]+)\0")
"""A file in the listing that git does not track."""

STAGED = regex(
    rb"[A-RT-Za-z] (\d+) ([0-9a-f]+) 0\t([^\0]+)\0"
    rb"  ctime: .*\n  mtime: (\d+):(\d+)\n(?:  .*\n)*?  size: (\d+)\t.*\n"
)
"""A file of the index in the listing. The tag `S` is left out: a sparse checkout does not have these files."""


class Staged(NamedTuple):
    """A file of the index as the listing names it: its mode, the content that was added, and what `lstat` returned for
    the file then (the seconds and nanoseconds of its time, and its size in bytes).
    """

    mode: bytes
    id: bytes
    name: bytes
    seconds: bytes
    nanoseconds: bytes
    size: bytes


@contextmanager
def remark(git: Git, after: str, streams: Streams) -> Iterator[None]:
    """Print a remark at the end if the later commit is checked out and has edits, because a comparison of commits
    ignores them.
    """
    with Edits(git, after) as found:
        yield
        count = found.count()
    if count:
        files = "1 file differs" if count == 1 else f"{count} files differ"
        print(f"penstock: {files} from HEAD in the work tree; commits are compared, without them", file=streams.err)


class Edits:
    """Counts the files of the work tree that differ from a commit, in the background. The count is 0 if the commit is
    not HEAD.

    In a `with` statement, no command of git outlives it: for a commit of endless trees, git would take all memory.
    """

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git.beside(git.directory)
        self._found = 0
        head = git.lookup.get("HEAD^{commit}", MAX_COMMIT)
        self._thread = Thread(target=self._look, daemon=True) if head is not None and head.id == commit else None
        if self._thread:
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._git.stop()
        if self._thread:
            self._thread.join()

    def count(self) -> int:
        """Wait for the count, and return it."""
        if self._thread:
            self._thread.join()
        return self._found

    def _look(self) -> None:
        with suppress(Refusal):  # git is missing; code that needs it will report that
            self._found = edits(self._git)


def edits(git: Git) -> int:
    """Return the number of files that were changed, added or deleted since HEAD, staged or not; 0 if counting takes too
    long.
    """
    deadline = time.monotonic() + SECONDS

    def ask(*arguments: str) -> bytes:
        return git.run(*arguments, seconds=max(deadline - time.monotonic(), 0.01))

    try:
        top = _top_of(git, ask)
        staged = ask("diff-index", "--cached", "--name-only", "--no-renames", "--ignore-submodules=all", "-z", "HEAD")
        listing = ask(*LISTING, "--full-name", "--", ":/")
    except Refusal:  # a bare repository, or a huge work tree
        return 0
    changed = set(staged.split(b"\0")[:-1])
    at = 0
    while other := OTHER.match(listing, at):
        changed.add(other[1])
        at = other.end()
    start = os.path.join(os.fsencode(top), b"")
    for fields in STAGED.findall(listing, at):
        if time.monotonic() > deadline:
            return 0
        if _is_touched(start, *fields[2:]):
            file = Staged(*fields)
            if file.name not in changed and file.mode.decode() != SUBMODULE and _is_edited(top, file):
                changed.add(file.name)
    return len(changed)


def _is_touched(start: bytes, name: bytes, seconds: bytes, nanoseconds: bytes, size: bytes) -> bool:
    """Return whether a file of the work tree, whose path begins with `start`, is not as it was when it was added, by
    time and size. It is asked for every file, so it takes the fields as they are in the listing.
    """
    try:
        status = os.lstat(start + name)
    except OSError:
        return True
    return status.st_size != int(size) or status.st_mtime_ns != int(seconds) * 10**9 + int(nanoseconds)


def _top_of(git: Git, ask: Callable[..., bytes]) -> str:
    """Return the top of the work tree, for which git need not be asked in most cases."""
    if os.path.exists(os.path.join(git.directory, ".git")):
        return git.directory
    return os.fsdecode(ask("rev-parse", "--show-toplevel")).removesuffix("\n")


def _is_edited(top: str, file: Staged) -> bool:
    path = os.path.join(top, os.fsdecode(file.name))
    try:
        return _id_of(path, os.lstat(path), len(file.id)) != file.id.decode()
    except (OSError, Unreadable):  # the file was deleted, or cannot be read
        return True


def _id_of(path: str, status: os.stat_result, length: int) -> str:
    """Return git's id for a file as it is now; empty if it is no file. `length` is that of ids."""
    if stat.S_ISLNK(status.st_mode):
        data = os.fsencode(os.readlink(path))
    elif stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
        data = content_of(path, follows=False)
    else:
        return ""
    from hashlib import sha1, sha256  # few files are hashed

    digest = sha1 if length == 40 else sha256
    return digest(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()
