"""Results of earlier builds, kept in the user's cache folder and used only where every input is proven to be the same.

An entry holds the closure of a build: what was read (with a digest of the bytes that were used), and what was looked
for and not found. It is used if all of that still holds, and the engine is the same. An entry is a miss if it is
broken, too large for an entry, no regular file, or another user's. Entries that the user's own processes write are
trusted.

This module imports little: a hit should cost no more than starting Python.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from penstock.digests import digest as digest
from penstock.engine import engine as engine
from penstock.errors import Unreadable
from penstock.files import DIRECTORIES, Disk, real_path

Observation = tuple[str, str]
"""The kind of a look (`read`, `real`, `is_dir`, `walk`, `links`), and the path."""

Looks = dict[Observation, str]
"""The result of each look."""

MAX_BYTES = 256 * 1024 * 1024
"""The size of the folder, in bytes, above which the oldest entries are removed."""

MAX_ENTRY = 64 * 1024 * 1024
"""The largest entry that is written or read."""

ABANDONED = 3600
"""Seconds after which a file that is not yet an entry must belong to a process that was killed."""

PLAIN = "False legacy False False"
"""The flags of a `penstock build DIR` without options."""

_MAGIC = b"penstock cache 1\n"
_HEAD = len(_MAGIC) + 41
"""The number of bytes before the content: the magic number, and a digest of the content."""


def folder(environ: Mapping[str, str], *sources: str) -> str:
    """Return the user's cache folder for builds; empty if there is none.

    A folder within the repository of any of the `sources` (absolute paths of directories) is not used: the authors of
    the sources could write results into it.
    """
    base = environ.get("XDG_CACHE_HOME") or (os.path.join(environ["HOME"], ".cache") if environ.get("HOME") else "")
    if not os.path.isabs(base):
        return ""
    place = os.path.join(base, "penstock", "build")
    real = real_path(place)
    return "" if any(_is_below(real, top) for top in map(repository_of, sources)) else place


def repository_of(directory: str) -> str:
    """Return the top of the repository that contains a directory, or the directory itself if it is in no repository."""
    top = real_path(directory)
    while not os.path.exists(os.path.join(top, ".git")):
        if top == os.path.dirname(top):
            return real_path(directory)
        top = os.path.dirname(top)
    return top


def _is_below(path: str, top: str) -> bool:
    return f"{path}/".startswith(f"{top.rstrip('/')}/")


def key(root: str, target: str, flags: str) -> str:
    """Return the name of an entry, which depends on what is built, how, and by which engine."""
    return digest("\0".join((engine(), root, target, flags)).encode(errors="surrogateescape"))


def of_template(environ: Mapping[str, str], root: str, argv: Sequence[str]) -> tuple[str, str]:
    """Return the folder and the name of the entry for the arguments of a `penstock template`. The folder is empty if
    nothing is to be cached.
    """
    store = folder(environ, root)
    words = "\0".join((environ.get("HELM_NAMESPACE", ""), *argv))
    return store, key(root, "template", words) if store else ""


def of_outcome(environ: Mapping[str, str], cwd: str, argv: Sequence[str], is_terminal: bool) -> tuple[str, str]:
    """Return the folder and the name of the entry for a command line in a directory, like `of_template`. A terminal may
    get another output than a file.
    """
    top = repository_of(cwd)
    store = folder(environ, top)
    here = os.path.relpath(os.path.realpath(cwd), top)
    return store, key(top, "outcome", "\0".join((here, str(is_terminal), *argv))) if store else ""


def observe(files: Disk, kind: str, path: str) -> str:
    """Return the result of a look at a path as text. Raises `Unreadable`."""
    if kind == "read":
        data = files.read(path)
        return "-" if data is None else digest(data)
    if kind == "real":
        return files.real(path)
    if kind == "is_dir":
        return "yes" if files.is_dir(path) else "no"
    below = files.walk(path) if kind == "walk" else files.links(path)
    return digest("\0".join(below).encode("utf-8", "surrogateescape"))


class Witness(Disk):
    """A directory that records the result of each look that is taken at it.

    `unsteady` are the looks that gave two different results, or none because the file cannot be read.
    """

    def __init__(self, root: str, reach: str = DIRECTORIES) -> None:
        super().__init__(root, reach)
        self.given: Looks = {}
        self.unsteady: set[Observation] = set()
        self._walked: dict[str, list[str]] = {}

    def read(self, path: str) -> bytes | None:
        try:
            data = super().read(path)
        except Unreadable:
            self.unsteady.add(("read", path))
            raise
        self._note(("read", path), "-" if data is None else digest(data))
        return data

    def digest_of(self, path: str) -> str:
        """Return the digest of what was read of a file, or "" if it was not read, or has changed meanwhile."""
        look = ("read", path)
        return "" if look in self.unsteady else self.given.get(look, "")

    def real(self, path: str) -> str:
        found = self.given.get(("real", path))
        if found is None:
            found = self.given["real", path] = super().real(path)
        return found

    def is_dir(self, path: str) -> bool:
        found = self.given.get(("is_dir", path))
        if found is None:
            found = self.given["is_dir", path] = "yes" if super().is_dir(path) else "no"
        return found == "yes"

    def walk(self, path: str) -> Iterator[str]:
        known = self._walked.get(path)
        if known is not None:
            return iter(known)
        found = self._walked[path] = list(super().walk(path))
        self._note(("walk", path), digest("\0".join(found).encode("utf-8", "surrogateescape")))
        return iter(found)

    def links(self, path: str) -> Iterator[str]:
        found = list(super().links(path))
        self._note(("links", path), digest("\0".join(found).encode("utf-8", "surrogateescape")))
        return iter(found)

    def closure(self, looks: Iterable[Observation]) -> Looks | None:
        """Return the results of these looks; None if one is unknown, or has changed meanwhile."""
        try:
            seen = {look: self.given[look] for look in looks}
        except KeyError:
            return None
        return None if self.unsteady and self.unsteady & seen.keys() else seen

    def take_over(self, given: Looks, unsteady: Set[Observation]) -> None:
        """Add looks that another process has taken at the same directory."""
        for look, value in given.items():
            self._note(look, value)
        self.unsteady |= unsteady

    def everything(self) -> Looks | None:
        """Return the results of all looks, on each of which the result depends; None if one of them has changed
        meanwhile.
        """
        return None if self.unsteady else without_needless(self.given)

    def _note(self, look: Observation, value: str) -> None:
        if self.given.setdefault(look, value) != value:
            self.unsteady.add(look)


def without_needless(looks: Looks) -> Looks:
    """Return looks without those that others imply: a path that can be read is no directory."""
    return {
        (kind, path): given
        for (kind, path), given in looks.items()
        if kind != "is_dir" or looks.get(("read", path), "-") == "-"
    }


def load(directory: str, name: str, files: Disk, looks: Looks) -> tuple[str, str] | None:
    """Return (stderr, stdout) of an earlier build whose inputs are all unchanged, or None.

    `looks` holds the results of looks that this run has already taken. New ones are added, so that each file is read
    once.
    """
    content = load_entry(directory, name)
    try:
        return _checked(content, files, looks) if content is not None else None
    except (ValueError, Unreadable):
        return None


def store(directory: str, name: str, seen: Mapping[Observation, str], err: str, out: str) -> None:
    """Store a result with the results of all looks that were taken for it."""
    lines = [f"{kind} {value}\0{path}" for (kind, path), value in seen.items()]
    if not any("\n" in line for line in lines):
        head = "\n".join((f"{len(lines)} {len(err.encode())}", *lines, ""))
        store_entry(directory, name, (head + err + out).encode(errors="surrogateescape"))


def store_outcome(directory: str, name: str, seen: Mapping[Observation, str], outcome: tuple[int, str, str]) -> None:
    """Store the outcome of a command: its exit status, stderr and stdout."""
    status, err, out = outcome
    store(directory, name, seen, f"{status} {err}", out)


def load_outcome(directory: str, name: str, files: Disk) -> tuple[int, str, str] | None:
    """Return the outcome of an earlier command whose inputs are all unchanged, or None."""
    known = load(directory, name, files, {})
    if known is None:
        return None
    status, _, err = known[0].partition(" ")
    return int(status), err, known[1]


def load_entry(directory: str, name: str) -> bytes | None:
    """Return the content of an entry if it belongs to this user and is intact, or None."""
    try:
        with open(os.open(_path(directory, name), _READING), "rb") as file:
            status = os.fstat(file.fileno())
            is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_size <= MAX_ENTRY
            entry = file.read(status.st_size) if is_ours else b""
    except OSError:
        return None
    content = entry[_HEAD:]
    return content if entry[:_HEAD] == _MAGIC + digest(content).encode() + b"\n" else None


class Entries:
    """`sources.Entries` in the folder of builds, with the same bounds and checks as results. Without a folder, it is
    empty.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def load(self, key: bytes) -> bytes | None:
        return load_entry(self._directory, self._name(key)) if self._directory else None

    def store(self, key: bytes, content: bytes) -> None:
        if self._directory:
            store_entry(self._directory, self._name(key), content)

    def _name(self, key: bytes) -> str:
        return digest(engine().encode(errors="surrogateescape") + b"\0entry\0" + key)


_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def store_entry(directory: str, name: str, content: bytes) -> None:
    """Write an entry atomically. A folder that cannot be written is no error: the next build does the work again."""
    if len(content) > MAX_ENTRY - _HEAD:
        return
    path = _path(directory, name)
    temporary = f"{path}.{os.urandom(4).hex()}"
    try:
        _make_folder(os.path.dirname(path))
        try:
            with open(os.open(temporary, _WRITING, 0o600), "wb") as file:
                file.write(_MAGIC + digest(content).encode() + b"\n" + content)
            os.replace(temporary, path)
        except BaseException:
            _remove(temporary)
            raise
        if name.startswith("0"):  # once in a while is enough
            _make_room(directory)
    except OSError:
        return


def _make_folder(path: str) -> None:
    """Create a folder and its parents for their owner alone. `os.makedirs` applies its mode to the last one only."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for each in reversed(missing):
        try:
            os.mkdir(each, 0o700)
        except FileExistsError:  # another process has made it meanwhile
            continue


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _checked(content: bytes, files: Disk, looks: Looks) -> tuple[str, str] | None:
    counts, _, rest = content.partition(b"\n")
    lines, err_size = map(int, counts.split(b" "))
    *noted, rest = rest.split(b"\n", lines)
    for line in noted:
        kind, _, looked = line.decode(errors="surrogateescape").partition(" ")
        value, _, path = looked.partition("\0")
        look = (kind, path)
        if look not in looks:
            looks[look] = observe(files, kind, path)
        if looks[look] != value:
            return None
    return rest[:err_size].decode(), rest[err_size:].decode()


def _path(directory: str, name: str) -> str:
    return os.path.join(directory, name[:2], name[2:])


def _make_room(directory: str) -> None:
    """Remove files that killed processes have left, and the oldest entries until the folder is small enough."""
    entries: list[tuple[int, int, str]] = []
    with os.scandir(directory) as parts:
        for part in parts:
            if part.is_dir(follow_symlinks=False):
                entries += _entries(part.path)
    total = sum(size for _, size, _ in entries)
    newest = max((written for written, _, _ in entries), default=0)
    for written, size, path in sorted(entries):
        is_abandoned = "." in os.path.basename(path) and written < newest - ABANDONED * 10**9
        if is_abandoned or total > MAX_BYTES:
            _remove(path)
            total -= size


def _entries(directory: str) -> Iterable[tuple[int, int, str]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            yield status.st_mtime_ns, status.st_size, entry.path
