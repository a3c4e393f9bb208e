"""A repository as the commands that compile see it: from its top, whichever folder of it the user stands in.

So targets and environments have the same names everywhere, and what is printed leads from where the user is.
"""

import os
import posixpath
from collections.abc import Sequence

from penstock.cache import Entries, folder, repository_of
from penstock.cli.remotes import LOCK, opener
from penstock.cli.sources import directory, relative
from penstock.cli.streams import Streams
from penstock.errors import Refusal
from penstock.files import REPOSITORY, Disk
from penstock.model import Diagnostic, Origin, Pos, Target
from penstock.parse.project import Project
from penstock.pipeline import open_project
from penstock.records import NamedTuple
from penstock.sources import leads_out
from penstock.targets.naming import chosen, is_path, path_of
from penstock.targets.repository import everything, targets


class Workspace(NamedTuple):
    """The sources of a run. `here` is the path from the top of the repository to the current directory.

    `streams` are those of the command, but with the top as current directory.
    """

    project: Project
    streams: Streams
    here: str

    def place(self, where: Origin | Pos) -> Pos:
        """Return the line and column of an origin, with a path relative to the current directory."""
        found = self.project.place(where)
        if self.here == "." or found.path.startswith("//") or posixpath.isabs(found.path):
            return found
        return found._replace(path=posixpath.relpath(found.path, self.here))

    def targets(self, words: Sequence[str]) -> tuple[list[Target], list[Diagnostic]]:
        """Return the targets of the command line: directories, or names of environments and targets. Without any words,
        they are those in and below the current directory.
        """
        words = self.words(words)
        paths = [self._path(word) for word in words if self._is_path(word)]
        return targets(self.project, paths, [word for word in words if not self._is_path(word)], self.here)

    def everything(self, words: Sequence[str]) -> tuple[list[Target], list[Diagnostic]]:
        """Return the same targets as `targets`, but with everything that the whole repository shows about each."""
        known, findings = everything(self.project)
        words = self.words(words)
        if [path_of(word, self.here) for word in words] == ["."]:
            return known, findings
        for word in filter(self._is_path, words):
            self._path(word)  # raises an error that says what is wrong
        return chosen(words, known, self.project, self.here), findings

    def words(self, words: Sequence[str]) -> list[str]:
        """Return the words of the command line, with relative paths only; without any, the current directory."""
        return [relative(word, os.path.join(self.streams.cwd, self.here)) for word in words or ["."]]

    def _is_path(self, word: str) -> bool:
        return is_path(word, self.project, self.here)

    def _path(self, word: str) -> str:
        """Return a directory from the top of the repository. Raises `Refusal` if there is none."""
        path = path_of(word, self.here)
        if not self.project.is_dir(path):
            directory(word, self.streams._replace(cwd=os.path.join(self.streams.cwd, self.here)))
        if leads_out(path, self.project.real(path)) and not leads_out(path, path) and self._is_repository():
            raise Refusal(f"{word} is a symlink that leads outside of the repository, where no review has seen it")
        return path

    def _is_repository(self) -> bool:
        return os.path.lexists(os.path.join(self.streams.cwd, ".git"))


def open_workspace(
    streams: Streams, *, fetch: bool = False, offline: bool = False, reach: str = REPOSITORY, files: Disk | None = None
) -> Workspace:
    """Open the files on disk of the repository that contains the current directory, or of the directory if it is in no
    repository.

    `reach` says where symlinks may lead. `files` are those of the repository if
    the looks at them are recorded.
    """
    top = repository_of(streams.cwd)
    at_top = streams._replace(cwd=top)
    remotes = opener(at_top, LOCK, fetch=fetch, offline=offline)
    here = os.path.relpath(os.path.realpath(streams.cwd), top)
    entries = Entries(folder(streams.environ, top))
    return Workspace(open_project(files or Disk(top, reach), remotes, entries), at_top, here)
