"""The cache of what was fetched, by what it is: bare repositories by commit, files by SHA-256.

    ~/.cache/penstock/remote/git/COMMIT[+submodules]    files/SHA256    tmp/

An entry appears at once and whole (made in `tmp`, then renamed), so any number of processes may use it. Nothing in it
is trusted: a repository is read through `CommitFiles`, which checks every object, and a file is hashed again. An entry
that is not what its name says is thrown away. The whole folder may be deleted at any time.
"""

import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from penstock.files import MAX_BYTES
from penstock.git import Git
from penstock.model import Unreadable
from penstock.remote.commit import CommitFiles, Damaged
from penstock.remote.git import MAX_PACK, configuration
from penstock.remote.permit import Hosts

STALE = 24 * 3600
"""Seconds after which something in `tmp` can only be that of a process that was killed."""


def cache_folder(environ: Mapping[str, str]) -> str:
    """Return the folder for remote content in the user's cache folder, by the rules of XDG."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".cache")
    return os.path.join(base, "penstock", "remote")


class Store:
    """The cache, and what the user says to those who fill it. Raises OSError where its folder cannot be written."""

    def __init__(self, folder: str, environ: Mapping[str, str], hosts: Hosts = Hosts()) -> None:
        self._folder = folder
        self.hosts = hosts
        # git must not take a repository around the cache for the one that is meant
        self.environ = {**environ, "GIT_CEILING_DIRECTORIES": folder}

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """A folder that is deleted at the end of the context."""
        tmp = self._ready("tmp")
        self._sweep(tmp)
        folder = tempfile.mkdtemp(dir=tmp)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def making(self, name: str) -> Iterator[str]:
        """A folder in which an entry is made. Any other process that wants to make the same entry waits."""
        path = os.path.join(self._ready("tmp"), f"{name}.lock")
        # A symlink is not followed, since its file would be ours to write, and a pipe is not waited for.
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        with open(number, "wb", buffering=0) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.scratch() as folder:
                yield folder

    def commit(self, commit: str, submodules: bool) -> CommitFiles | None:
        """Return the files of a commit, or None where they are not here, or are damaged."""
        for name in (f"{commit}+submodules", commit):
            folder = os.path.join(self._folder, "git", name)
            if not os.path.lexists(folder):
                continue
            try:
                _check_entry(folder, commit)
                files = CommitFiles(Git(self._folder, self.environ), folder, commit, submodules)
                if not submodules or name != commit or not files.submodules(1):
                    return files
            except (Damaged, Unreadable):
                self._drop(folder)
        return None

    def drop_commit(self, commit: str) -> None:
        for name in (f"{commit}+submodules", commit):
            self._drop(os.path.join(self._folder, "git", name))

    def keep_commit(self, folder: str, commit: str, submodules: bool) -> None:
        """Make an entry of a repository that was made in a folder of `making`."""
        self._rename(folder, os.path.join(self._ready("git"), f"{commit}+submodules" if submodules else commit))

    def file(self, sha256: str) -> bytes | None:
        path = os.path.join(self._folder, "files", sha256)
        with suppress(OSError):
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(number, "rb") as file:
                is_file = stat.S_ISREG(os.fstat(number).st_mode)
                data = file.read(MAX_BYTES + 1) if is_file else b""
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
        with suppress(OSError):
            os.unlink(path)
        return None

    def keep_file(self, data: bytes) -> str:
        """Store a file and return its SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        with self.scratch() as folder:
            made = os.path.join(folder, "file")
            with open(made, "wb") as file:
                file.write(data)
            os.replace(made, os.path.join(self._ready("files"), sha256))
        return sha256

    def _ready(self, name: str) -> str:
        folder = os.path.join(self._folder, name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def _rename(self, made: str, place: str) -> None:
        if os.path.isdir(place):
            self._drop(place)
        with suppress(FileExistsError):  # another process was faster
            os.rename(made, place)

    def _drop(self, folder: str) -> None:
        """Take an entry out of the way at once, then delete it."""
        with suppress(OSError):
            trash = tempfile.mkdtemp(dir=self._ready("tmp"))
            os.rename(folder, os.path.join(trash, "entry"))  # a symlink goes, not what it leads to
            shutil.rmtree(trash, ignore_errors=True)

    def _sweep(self, tmp: str) -> None:
        with suppress(OSError), os.scandir(tmp) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_mtime < time.time() - STALE:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        os.unlink(entry.path)


_PATHS = re.compile(
    r"HEAD|config|packed-refs|shallow|refs/penstock/[0-9a-f]+|objects/pack/pack-[0-9a-f]+\.(?:pack|idx|rev)"
)
_FOLDERS = re.compile("refs|refs/(?:heads|tags|penstock)|objects|objects/(?:info|pack)")
"""What a repository of the cache consists of; `hooks`, `commondir`, `alternates` and the like would have a say of their
own.
"""

MAX_SIZES = {"HEAD": 1000, "config": 1000, "packed-refs": 1 << 16, "shallow": 1 << 16}
"""How large the files are in bytes of which git makes nothing in advance."""


def _check_entry(folder: str, commit: str) -> None:
    """Check that a repository was made here: that it has our configuration, and objects in packs only. Raises
    `Damaged`.

    Git believes the folder before it looks at any object: the folder says which programs run for a missing object, and
    where else objects are.
    """
    try:
        if _has_only_our_files(folder):  # `config` may be a pipe otherwise
            with open(os.path.join(folder, "config"), "rb") as file:
                if file.read(1000) == configuration(commit):
                    return
    except OSError:
        pass
    raise Damaged(commit)


def _has_only_our_files(folder: str) -> bool:
    return not os.path.islink(folder) and all(
        _PATHS.fullmatch(path) and size <= MAX_SIZES.get(path, MAX_PACK) for path, size in _files_below(folder, "")
    )


def _files_below(folder: str, path: str) -> Iterator[tuple[str, int]]:
    """Yield the files below a folder with their sizes. Folders that git makes are as deep as the longest of `_PATHS`.

    Raises OSError for what is neither a file nor a folder: git would wait for a pipe, and follow a symlink.
    """
    with os.scandir(os.path.join(folder, path)) as entries:
        for entry in entries:
            below = f"{path}/{entry.name}" if path else entry.name
            if entry.is_dir(follow_symlinks=False) and _FOLDERS.fullmatch(below):
                yield from _files_below(folder, below)
            elif entry.is_file(follow_symlinks=False):
                yield below, entry.stat(follow_symlinks=False).st_size
            else:
                raise NotADirectoryError(below)
