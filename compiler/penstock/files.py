"""The places where bytes come from: a directory, a commit (without a checkout), or memory. Nothing else reads during a
compile.

All paths are posix and relative to a root, as `sources.Files` says.
"""

import os
import posixpath
import stat
from collections.abc import Container, Iterable, Iterator, Mapping
from errno import ELOOP

from penstock.errors import Refusal, Unreadable

TYPE_CHECKING = False
"""For type checkers it is true; the module `typing` is slow to import."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.sources import Files

MAX_BYTES = 32 * 1024 * 1024
"""The largest file that is read. The API server takes objects of 3 MiB at most; a bundle of CRDs has about 8 MiB."""

UNKNOWN = "?"
"""In place of the id of a file: no file of git has it, so that the file counts as changed."""

MAX_LINKS = 40
"""As many symlinks as Linux follows on one path."""

MAX_LINK = 4096
"""Bytes of what a symlink says, and of a path on the way through them: `PATH_MAX` of Linux."""


REPOSITORY, DIRECTORIES, ANYWHERE = "repository", "directories", "anywhere"
"""Where symlinks may lead: not out of the repository; or out of it to directories, of which a file must not be a
symlink out again, as in `kustomize build`; or anywhere, as in Kustomize without its load restrictor.
"""


class Disk:
    """A directory in its present state. Paths may lead out of the root, as `kustomize build` allows: who reads has to
    ask where they lead (`real`).

    But what a symlink leads to outside of the `reach` is never opened or listed, so that nobody can forget to ask.
    `algorithm` is that of the ids of its files, `sha1` or `sha256`.
    """

    def __init__(self, root: str, reach: str = DIRECTORIES, algorithm: str = "sha1") -> None:
        self.root = os.path.realpath(root)
        self.reach = reach
        self.algorithm = algorithm
        self._real_directories: dict[str, str] = {}
        self.unlisted: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        full = os.path.join(self.root, path)
        try:
            status = os.stat(full)
            if stat.S_ISDIR(status.st_mode):
                return None
            real = self._real_to_read(path)
            if self._leads_out(path, real):
                raise Unreadable("is a symlink that leads outside of its repository")
            _check(status)
            return content_of(os.path.join(self.root, real), follows=self.reach == ANYWHERE)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:  # no permission, a loop of symlinks
            raise Unreadable(f"cannot be read: {error.strerror or error}") from None
        except ValueError:
            raise Unreadable("cannot be read: embedded null byte") from None  # Python 3.14 has other words

    def _real_to_read(self, path: str) -> str:
        """Return where a path leads, which matters only if symlinks may not lead anywhere.

        This is no look at the sources: it is the same for all who ask.
        """
        return path if self.reach == ANYWHERE else Disk.real(self, path)

    def _leads_out(self, path: str, real: str) -> bool:
        """Return whether symlinks lead from a path, by way of which `real` is reached, to a place outside of the
        reach.
        """
        if real == path:
            return False
        levels = levels_above(self.root)
        if not _is_above(real, levels or 0):
            return False
        directory = Disk.real(self, posixpath.dirname(path))
        if not real.startswith(f"{directory}/"):
            return True
        # Outside of what is known as a repository, a directory may lie anywhere; and what is named with `../` is no
        # matter of symlinks.
        return self.reach == REPOSITORY and levels is not None and not _is_above(posixpath.normpath(path), levels)

    def real(self, path: str) -> str:
        directory, name = posixpath.split(path)
        parent = self._real_directories.get(directory)
        if parent is None:
            parent = self._real_directories[directory] = self._real_directory(directory)
        full = os.path.join(parent, name)
        if name in ("", ".", "..") or os.path.islink(full):
            full = real_path(full)
        return _relative(full, self.root)

    def _real_directory(self, path: str) -> str:
        """Return the real path of a directory, worked out from that of the directory above. No directory has a path
        that is longer than the system takes, so that nothing is looked for on the way to one.
        """
        if len(path) > MAX_LINK:
            return os.path.join(self.root, path)
        above, name = posixpath.split(path)
        if name in ("", ".", "..") or posixpath.isabs(path):
            return real_path(os.path.join(self.root, path))
        parent = self._real_directories.get(above)
        if parent is None:
            parent = self._real_directories[above] = self._real_directory(above)
        full = os.path.join(parent, name)
        return real_path(full) if os.path.islink(full) else full

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(os.path.join(self.root, path))

    def blob(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else blob_id(data, self.algorithm)

    def listing(self, known: Container[str]) -> dict[str, str] | None:
        """Return the id of each file by path, with a mark in place of an id that is not known. The answer is None where
        there are symbolic links, since a path may lead elsewhere then.
        """
        found = {}
        for folder, directories, names in os.walk(self.root):
            if any(os.path.islink(os.path.join(folder, name)) for name in (*directories, *names)):
                return None
            directories[:] = filter(_is_source, directories)
            below = os.path.relpath(folder, self.root)
            for name in filter(_is_source, names):
                path = posixpath.normpath(posixpath.join(below, name))
                found[path] = self._id_or_mark(path) if path in known else UNKNOWN
        return found

    def _id_or_mark(self, path: str) -> str:
        try:
            return self.blob(path) or UNKNOWN
        except Unreadable:
            return UNKNOWN

    def walk(self, path: str) -> Iterator[str]:
        found = (below + name for below, _, names in self._folders(path) for name in filter(_is_source, names))
        return iter(in_order(found))

    def links(self, path: str) -> Iterator[str]:
        linked = (below + name for below, directories, _ in self._folders(path) for name in directories)
        return iter(sorted(each for each in linked if os.path.islink(os.path.join(self.root, each))))

    def _folders(self, path: str) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield each directory from a path on, as what the names in it are preceded by, with the names of the
        directories and of the files in it. Symlinked directories are not entered.
        """
        if "\0" in path:  # no file system has such a name, and Python refuses to ask for it
            return
        inside = posixpath.join(path, "x")
        if self._leads_out(inside, self._real_to_read(inside)):
            return
        top = os.path.join(self.root, path)
        prefix = "" if path in ("", ".") else posixpath.join(posixpath.normpath(path), "")
        for folder, directories, names in os.walk(top, onerror=self._note_unlisted):
            directories[:] = sorted(filter(_is_source, directories))
            yield posixpath.join(prefix + folder[len(top) :].lstrip("/"), ""), directories, names

    def _note_unlisted(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            self.unlisted[_relative(posixpath.normpath(error.filename), self.root)] = error.strerror or str(error)


def _is_source(name: str) -> bool:
    """Return whether a name may be part of the sources. `.git` is none: it is the folder of git, or in a further work
    tree and in a submodule a file that leads there.
    """
    return name != ".git"


_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

TRIES = 3
"""How often a file is read that changes meanwhile, as when an editor saves it."""


def content_of(path: str, limit: int = MAX_BYTES, *, follows: bool = True) -> bytes:
    """Return the content that a regular file has at one moment. Raises `OSError` and `Unreadable`.

    What the path is can change at any time, so that only the opened file is judged: a pipe does not block, a device or
    a file without end is not read, and no more than `limit` bytes are. Unless it `follows`, a symlink is an error.
    """
    for _ in range(TRIES):
        number = os.open(path, _READING if follows else _READING | os.O_NOFOLLOW)
        try:
            before = os.fstat(number)
            _check(before, limit)
            data = _read_to_end(number, before.st_size, limit)
            after = os.fstat(number)
        finally:
            os.close(number)
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise Unreadable("changes while it is read")


def _check(status: os.stat_result, limit: int = MAX_BYTES) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("is not a regular file")
    if status.st_size > limit:
        raise Unreadable(too_large(status.st_size, limit))


def _read_to_end(number: int, size: int, limit: int) -> bytes:
    parts, length = [], 0
    while part := os.read(number, max(size - length, 0) + 1):
        parts.append(part)
        length += len(part)
        if length > limit:
            raise Unreadable(too_large(length, limit))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def real_path(path: str) -> str:
    """Return a path without symlinks, or as it is if more symlinks follow one another than the system takes: then it
    leads nowhere, and following them all would take long.
    """
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == ELOOP:
            return os.path.abspath(path)
    except ValueError:  # a name with a null byte
        return os.path.abspath(path)
    return os.path.realpath(path)


MOST_KEPT = 64 * 1024 * 1024
"""The bytes of files that `Surveyed` keeps."""


class Surveyed(Disk):
    """A directory whose names are all read at once, for a caller that is going to look at most of them.

    What the names tell, such as that a file does not exist, needs no further question to the file system. Each file is
    read once, as long as all of them fit into the memory that is meant for them. Where there are symbolic links, it
    behaves as a plain `Disk`.
    """

    def __init__(self, root: str, reach: str = REPOSITORY, algorithm: str = "sha1") -> None:
        super().__init__(root, reach, algorithm)
        self._files, self._spans = _names_below(self.root, self._note_unlisted)
        self._names = frozenset(self._files)
        self._contents: dict[str, bytes] = {}
        self._ids: dict[str, str | None] = {}
        self._kept = 0

    def read(self, path: str) -> bytes | None:
        if path in self._contents:
            return self._contents[path]
        if path not in self._names:
            return None if self._is_told(path) else super().read(path)
        data = super().read(path)
        if data is not None and self._kept + len(data) <= MOST_KEPT:
            self._kept += len(data)
            self._contents[path] = data
        return data

    def blob(self, path: str) -> str | None:
        if path not in self._ids:
            self._ids[path] = super().blob(path)
        return self._ids[path]

    def listing(self, known: Container[str]) -> dict[str, str] | None:
        if not self._spans:
            return super().listing(known)
        return {path: self._id_or_mark(path) if path in known else UNKNOWN for path in self._files}

    def real(self, path: str) -> str:
        return path if path in self._names or path in self._spans else super().real(path)

    def is_dir(self, path: str) -> bool:
        return path in self._spans if self._is_told(path) else super().is_dir(path)

    def walk(self, path: str) -> Iterator[str]:
        if path not in self._spans:
            return super().walk(path)
        start, end = self._spans[path]
        return iter(in_order(self._files[start:end]))

    def links(self, path: str) -> Iterator[str]:
        # Names are known beforehand only where there are no links.
        return iter(()) if path in self._spans else super().links(path)

    def _is_told(self, path: str) -> bool:
        """Return whether the names tell what is at a path: it lies in one of the directories that were read, under its
        own name.
        """
        directory, slash, name = path.rpartition("/")
        if (slash and directory == ".") or name in ("", ".", "..", ".git"):
            return False
        return (directory or ".") in self._spans and not path.startswith("/")


Spans = dict[str, tuple[int, int]]
"""For each directory, where the files below it begin and end among all files."""


def _names_below(root: str, note: "Callable[[OSError], None]") -> tuple[list[str], Spans]:
    """Return the files below a directory in the order of `Files.walk`, and the directories. Both are empty where there
    are links.
    """
    files: list[str] = []
    starts: dict[str, int] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        starts[prefix] = len(files)
        names, below = [], []
        for entry in _entries(os.path.join(root, prefix), note):
            if entry.is_symlink():
                return [], {}
            if not _is_source(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(prefix + entry.name)
            else:
                names.append(prefix + entry.name)
        files += sorted(names)
        waiting += (f"{directory}/" for directory in sorted(below, reverse=True))
    return files, {prefix[:-1] or ".": span for prefix, span in _spans(starts, len(files))}


def _spans(starts: "Mapping[str, int]", end: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each directory with its span. The directories come as they were walked, so that those below one follow
    it.
    """
    open_ones: list[str] = []
    for prefix, start in starts.items():
        while open_ones and not prefix.startswith(open_ones[-1]):
            closed = open_ones.pop()
            yield closed, (starts[closed], start)
        open_ones.append(prefix)
    yield from ((prefix, (starts[prefix], end)) for prefix in open_ones)


def _entries(directory: str, note: "Callable[[OSError], None]") -> "list[os.DirEntry[str]]":
    """Return the entries of a directory, and none for one that may not be read, which is noted, as `os.walk` does."""
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError as error:
        note(error)
        return []


class Memory:
    """Files in a mapping of path to text or bytes, for tests and for what was read elsewhere."""

    unlisted: Mapping[str, str] = {}

    def __init__(self, texts: Mapping[str, str | bytes], links: Mapping[str, str] = {}) -> None:
        self._texts = {path: t.encode() if isinstance(t, str) else t for path, t in texts.items()}
        self._links = dict(links)
        self._directories = {"."}
        for path in (*self._texts, *self._links):
            while (path := posixpath.dirname(path)) and path not in self._directories:
                self._directories.add(path)

    def read(self, path: str) -> bytes | None:
        data = self._texts.get(self.real(path))
        if data is not None and len(data) > MAX_BYTES:
            raise Unreadable(too_large(len(data)))
        return data

    def real(self, path: str) -> str:
        return follow(posixpath.normpath(path), self._links)

    def is_dir(self, path: str) -> bool:
        return self.real(path) in self._directories

    def blob(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else blob_id(data)

    def walk(self, path: str) -> Iterator[str]:
        prefix = "" if path in ("", ".") else posixpath.normpath(path) + "/"
        return iter(in_order(p for p in self._texts if p.startswith(prefix)))

    def links(self, path: str) -> Iterator[str]:
        prefix = "" if path in ("", ".") else posixpath.normpath(path) + "/"
        return iter(sorted(p for p in self._links if p.startswith(prefix) and self.is_dir(p)))


def in_order(paths: Iterable[str]) -> list[str]:
    """Sort paths name by name, as people read them: what lies in `web` comes before `web-old`."""
    return sorted(paths, key=by_names)


def by_names(path: str) -> str:
    """Return the key by which `in_order` sorts."""
    return path.replace("/", "\0")


def blob_id(data: bytes, algorithm: str = "sha1") -> str:
    """Return the id that git gives to the content of a file, in a repository with ids of this algorithm."""
    from hashlib import sha1, sha256  # a build that the cache answers does without

    digest = sha256 if algorithm == "sha256" else sha1
    return digest(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def follow(path: str, links: Mapping[str, str]) -> str:
    """Resolve symlinks by a table of link path to target text, for sources that are not on a file system."""
    for _ in range(MAX_LINKS):
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            head = "/".join(parts[:depth])
            if head in links:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(head), links[head], *parts[depth:]))
                if len(path) > MAX_LINK:
                    raise Unreadable(f"leads to a path of more than {MAX_LINK:,} characters")
                break
        else:
            return path
    raise Unreadable("has too many levels of symbolic links")


def too_large(size: int, limit: int = MAX_BYTES) -> str:
    return f"has {size:,} bytes; the limit is {limit:,}"


def resource_of_package(name: str) -> bytes:
    """Return a data file that ships with Penstock: it lies in `penstock/schemas` of a wheel, and in `schemas` of a
    checkout.
    """
    here = os.path.dirname(__file__)
    for folder in (os.path.join(here, "schemas"), os.path.join(here, "..", "..", "schemas")):
        try:
            with open(os.path.join(folder, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            continue
    raise Refusal(f"this installation of penstock lacks its data file schemas/{name}; install it again", 70)


def levels_above(directory: str) -> int | None:
    """Return how many levels above a directory its repository begins; None if it is in no repository."""
    top, count = os.path.realpath(directory), 0
    while not os.path.lexists(os.path.join(top, ".git")):
        if top == os.path.dirname(top):
            return None
        top, count = os.path.dirname(top), count + 1
    return count


def _is_above(path: str, levels: int) -> bool:
    """Return whether a path lies outside of the directory that is so many levels above the root."""
    return posixpath.isabs(path) or path.split("/")[: levels + 1] == [".."] * (levels + 1)


def _relative(full: str, root: str) -> str:
    if full.startswith(root) and full[len(root) : len(root) + 1] == "/":
        return full[len(root) + 1 :]
    return os.path.relpath(full, root)


class Beside:
    """Files, and one more that lies in none of their directories, such as standard input."""

    def __init__(self, files: "Files", path: str, data: bytes) -> None:
        self._files = files
        self._path = path
        self._data = data
        self.is_dir = files.is_dir
        self.walk = files.walk
        self.links = files.links
        self.unlisted = files.unlisted

    def read(self, path: str) -> bytes | None:
        return self._data if path == self._path else self._files.read(path)

    def real(self, path: str) -> str:
        return path if path == self._path else self._files.real(path)

    def blob(self, path: str) -> str | None:
        return blob_id(self._data) if path == self._path else self._files.blob(path)
