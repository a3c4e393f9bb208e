"""Which file an import means. The search is that of go-jsonnet's importer, but no path leads out of the repository."""

import posixpath
from collections.abc import Iterator, Sequence

from penstock.jsonnet.worker import Import
from penstock.model import Unreadable
from penstock.sources import Files

MAX_FILES = 20_000
"""Files that one evaluation imports."""

MAX_BYTES = 128 * 1024 * 1024
"""The bytes of all of them."""


class Refused(Exception):  # noqa: N818  # carries what is said to the user
    """An import leads to no file, or out of the repository."""


class Imports:
    """The imports of one evaluation.

    A file is searched for beside the file that imports it, and then in the libraries. The beginning of an import may
    stand for the directory of a package. `taken` has the content of all files that were imported. `refused` is the
    first import that was not, with the directory of the file that contains it.
    """

    def __init__(
        self, files: Files, file: str, libraries: Sequence[str], packages: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._files = files
        self._file = file
        self._libraries = libraries
        self._packages = packages
        self._found: dict[tuple[str, str], Import] = {}
        self._reals: dict[str, str] = {}
        self._size = 0
        self.taken: dict[str, bytes] = {}
        self.refused: tuple[str, str, str] | None = None

    def find(self, directory: str, path: str) -> Import:
        """Return the answer to an import of an engine."""
        if (directory, path) not in self._found:
            try:
                found = Import(*self._content(directory, path))
                self._count(found)
            except (Refused, Unreadable) as reason:
                found = Import(path, refusal=str(reason))
                self.refused = self.refused or (directory, path, str(reason))
            self._found[directory, path] = found
        return self._found[directory, path]

    def known(self, directory: str, path: str) -> str | None:
        """Return which of the imported files an import means."""
        found = self._found.get((directory, path))
        return found.path if found is not None and not found.refusal else None

    def real(self, path: str) -> str:
        """Return the real path of an imported file, whatever symlinks lead to it."""
        return self._reals.get(path, path)

    def _count(self, found: Import) -> None:
        if found.path not in self.taken:
            self.taken[found.path] = found.content
            self._size += len(found.content)
        if len(self.taken) > MAX_FILES or self._size > MAX_BYTES:
            raise Refused(f"more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes are imported")

    def _content(self, directory: str, path: str) -> tuple[str, bytes]:
        """Return the content of a file. Raises `Refused` where there is no such file, and `Unreadable`."""
        if posixpath.isabs(path) or "\0" in path:
            raise Refused("an import leads to a file of this repository, by a path that is relative")
        leads_out = False
        for candidate in self._candidates(directory, path):
            if candidate.startswith("../") or candidate == "..":
                leads_out = True
                continue
            content = self._inside(candidate)
            if content is not None:
                return candidate, content
        if path == self._file and not self.taken:
            raise Refused("there is no such file")
        if leads_out:
            raise Refused("this leads out of the repository")
        raise Refused(f"there is no such file {self._where(directory)}")

    def _candidates(self, directory: str, path: str) -> Iterator[str]:
        for place in (directory, *reversed(self._libraries)):
            yield posixpath.normpath(posixpath.join(place, path))
        for name, place in self._packages:
            if path.startswith(f"{name}/"):
                yield posixpath.normpath(posixpath.join(place, path.removeprefix(f"{name}/")))

    def _inside(self, path: str) -> bytes | None:
        if self._files.is_dir(path):
            return None
        real = self._files.real(path)
        if real.startswith("../") or posixpath.isabs(real):
            raise Refused(f"{path} is a symlink that leads out of the repository")
        self._reals[path] = real
        return self._files.read(path)

    def _where(self, directory: str) -> str:
        places = list(dict.fromkeys(posixpath.normpath(place) or "." for place in (directory, *self._libraries)))
        shown = ["the root of the repository" if place == "." else place for place in places]
        return f"in {shown[0]}" if len(shown) == 1 else f"in {', '.join(shown[:-1])} or {shown[-1]}"
