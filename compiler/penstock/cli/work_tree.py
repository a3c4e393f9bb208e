"""How many files of the work tree differ from HEAD, without a program of the user.

`git status` reads files by way of the clean filters that the configuration names. Here, a file that was touched since
it was added counts as edited where its bytes are not those of the index.
"""

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from penstock.cli.streams import Streams
from penstock.files import MAX_BYTES
from penstock.git_files import MAX_COMMIT, SUBMODULE, Git
from penstock.model import Refusal
from penstock.records import NamedTuple

SECONDS = 2.0
"""How long all of it may take; the answer is only a remark."""

STAGED = re.compile(
    rb"(\d+) ([0-9a-f]+) 0\t([^\0]+)\0"
    rb"  ctime: .*\n  mtime: (\d+):(\d+)\n(?:  .*\n)*?  size: (\d+)\t.*\n"
)
"""An entry of `git ls-files --stage --debug -z`."""


class Staged(NamedTuple):
    """A file of the index: what was added, and what `lstat` said of the file then."""

    mode: str
    id: str
    name: bytes
    time: tuple[int, int]
    size: int


@contextmanager
def remark(git: Git, after: str, streams: Streams) -> Iterator[None]:
    """Say at the end that edits are no part of a comparison of commits, where its later one is checked out and has
    some.
    """
    found = Edits(git, after)
    yield
    count = found.count()
    if count:
        files = "1 file differs" if count == 1 else f"{count} files differ"
        print(f"penstock: {files} from HEAD in the work tree; commits are compared, without them", file=streams.err)


class Edits:
    """Counts the files of the work tree that differ from a commit, beside other work; none where it is not HEAD."""

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self._found = 0
        head = git.lookup.get("HEAD^{commit}", MAX_COMMIT)
        self._thread = Thread(target=self._look, daemon=True) if head is not None and head.id == commit else None
        if self._thread:
            self._thread.start()

    def count(self) -> int:
        """How many there are, once that is known."""
        if self._thread:
            self._thread.join()
        return self._found

    def _look(self) -> None:
        with suppress(Refusal):  # git is gone; whoever needs it will say so
            self._found = edits(self._git)


def edits(git: Git) -> int:
    """The files that were changed, added or deleted since HEAD, staged or not; 0 where that takes too long to say."""
    deadline = time.monotonic() + SECONDS

    def ask(*arguments: str) -> bytes:
        return git.run(*arguments, seconds=max(deadline - time.monotonic(), 0.01))

    try:
        top = os.fsdecode(ask("rev-parse", "--show-toplevel")).rstrip("\n")
        staged = ask("diff-index", "--cached", "--name-only", "--no-renames", "--ignore-submodules=all", "-z", "HEAD")
        added = ask("ls-files", "-z", "--others", "--directory", "--exclude-standard", "--full-name", "--", ":/")
        index = ask("ls-files", "-z", "--stage", "--debug", "--full-name", "--", ":/")
    except Refusal:  # a bare repository, or a work tree without end
        return 0
    changed = {*staged.split(b"\0")[:-1], *added.split(b"\0")[:-1]}
    for mode, key, name, *numbers in STAGED.findall(index):
        if time.monotonic() > deadline:
            return 0
        seconds, nanoseconds, size = map(int, numbers)
        file = Staged(mode.decode(), key.decode(), name, (seconds, nanoseconds), size)
        if name not in changed and mode.decode() != SUBMODULE and _is_edited(top, file):
            changed.add(name)
    return len(changed)


def _is_edited(top: str, file: Staged) -> bool:
    path = os.path.join(top, os.fsdecode(file.name))
    try:
        status = os.lstat(path)
        if (status.st_mtime_ns // 10**9, status.st_mtime_ns % 10**9) == file.time and status.st_size == file.size:
            return False
        return _id_of(path, status, len(file.id)) != file.id
    except OSError:  # it was deleted, or nobody may read it
        return True


def _id_of(path: str, status: os.stat_result, length: int) -> str:
    """The id that git gives to a file as it is; empty where it is none. `length` is that of ids."""
    if stat.S_ISLNK(status.st_mode):
        data = os.fsencode(os.readlink(path))
    elif stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    else:
        return ""
    from hashlib import sha1, sha256  # few files are read

    digest = sha1 if length == 40 else sha256
    return digest(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()
