"""Files that `git fast-import` leaves behind if it does not finish, because of a full disk or a kill."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from penstock.emit.repository import Git, text_of
from penstock.model import Refusal

PACK, INDEX, OBJECT, REPORT = "tmp_pack_", "tmp_idx_", "tmp_obj_", "fast_import_crash_"


@contextmanager
def sweep(git: Git, forgotten: int) -> Iterator[None]:
    """Remove the files that a `fast-import` within the block leaves behind, and packs that others left more than
    `forgotten` seconds ago.

    A younger pack may belong to another hydration that is still running. It stays if a process has it open, or if the
    open files of the processes cannot be determined.
    """
    folder = os.path.join(git.directory, text_of(git.run("rev-parse", "--git-path", "objects/pack")).rstrip("\n"))
    reports = text_of(git.run("rev-parse", "--absolute-git-dir")).rstrip("\n")
    began = time.time()
    known = _files(reports, REPORT)
    try:
        yield
    except Refusal:
        _remove(_files(reports, REPORT) - known)
        _remove(filter(_is_abandoned, _unfinished(folder)))
        raise
    _remove(path for path in _files(folder, PACK) if _written(path) < began - forgotten)


def _unfinished(packs: str) -> set[str]:
    """Return the packs, indexes and objects that were begun. `packs` is the folder of packs beside those of objects."""
    objects = os.path.dirname(packs)
    found = _files(packs, PACK) | _files(packs, INDEX)
    return found.union(
        *(_files(folder, OBJECT) for folder in _files(objects, "") if len(os.path.basename(folder)) == 2)
    )


def _files(folder: str, start: str) -> set[str]:
    try:
        return {os.path.join(folder, name) for name in os.listdir(folder) if name.startswith(start)}
    except OSError:
        return set()


def _written(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return time.time()


def _is_abandoned(path: str) -> bool:
    """Return whether a file belongs to this user and no process has it open, as far as Linux tells."""
    try:
        if os.lstat(path).st_uid != os.getuid():
            return False
        path = os.path.realpath(path)
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return False
    return not any(path in _open_in(f"/proc/{process}/fd") for process in processes)


def _open_in(folder: str) -> set[str]:
    """Return the files that a process has open; empty if the process has ended or belongs to another user."""
    found = set()
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                found.add(os.readlink(os.path.join(folder, name)))
    return found


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(OSError):
            os.unlink(path)
