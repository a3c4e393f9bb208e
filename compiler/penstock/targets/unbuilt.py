"""The Secrets in manifests that no target reads: people apply these by hand, or when they set up a cluster."""

from collections.abc import Iterable, Iterator, Mapping

from penstock.model import Resource, Target, directory_of, with_those_above
from penstock.parse.loose_manifests import SUFFIXES, named_files
from penstock.parse.project import Project
from penstock.parse.usage import read_usage
from penstock.regex import regex
from penstock.targets.beside import objects_of

_NAME = regex(rb"(?m)^[ \t]+name:[ \t]*[\"']?([a-z0-9][-.a-z0-9]*)")
_KIND = regex(rb"(?m)^kind:[ \t]*[\"']?Secret\b")

MAX_FILES = 10
"""The files with one name that are parsed."""


class Unbuilt:
    """Finds a Secret by its name. The files are gone through once, when the first one is missing. `found` are all
    targets of the repository, whether they are built in this run or not.
    """

    def __init__(self, project: Project, found: Iterable[Target]) -> None:
        self._project = project
        self._found = found
        self._paths: dict[str, list[str]] | None = None

    def secret(self, target: Target, namespace: str, name: str) -> Resource | None:
        """Return the Secret of a file that no target reads, or None. Of several files, it is that one whose path has
        most folders in common with the path of the target.
        """
        folders = {*target.path.split("/")}
        found = (each for path in self._by_name().get(name, ())[:MAX_FILES] for each in objects_of(self._project, path))
        secrets = [each for each in found if _is(each, namespace, name)]
        return max(secrets, key=lambda each: len(folders.intersection(each.origin.path.split("/"))), default=None)

    def _by_name(self) -> Mapping[str, list[str]]:
        if self._paths is None:
            self._paths = {}
            for path in self._unread():
                self._note(path, self._paths)
        return self._paths

    def _unread(self) -> Iterator[str]:
        """Yield the files that no target reads. Those beside a kustomization, and those below a target without one,
        do not count: what reads them is only known once everything is built.
        """
        project, usage = self._project, read_usage(self._project)
        read = {path for made in project.made.values() for path in made.read} | {*named_files(project, usage)}
        whole = {each.path for each in self._found} - usage.uses.keys()
        for path in project.walk("."):
            directory = directory_of(path) or "."
            is_read = path in read or directory in usage.uses or not whole.isdisjoint(with_those_above(directory))
            if path.endswith(SUFFIXES) and not is_read:
                yield path

    def _note(self, path: str, paths: dict[str, list[str]]) -> None:
        """Record the names in a file that holds Secrets. It does not count as read."""

        def look(data: bytes) -> bool:
            if _KIND.search(data) is not None:
                for name in {each.decode() for each in _NAME.findall(data)}:
                    paths.setdefault(name, []).append(path)
            return False

        self._project.scan(path, look)


def _is(resource: Resource, namespace: str, name: str) -> bool:
    is_secret = (resource.id.group, resource.id.kind) == ("", "Secret")
    return is_secret and resource.id.name == name and resource.id.namespace in (namespace, "")
