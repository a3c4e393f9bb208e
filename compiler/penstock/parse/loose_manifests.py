"""Directories of plain manifests that no target reads, which are reported so that they are not overlooked."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from penstock.model import TEST_DATA, TEST_FILES, Diagnostic, Origin, Target, directory_of, name_of, with_those_above
from penstock.parse.environments import Siblings
from penstock.parse.project import PROJECT_FILE, Project, kustomizations_in
from penstock.parse.uninstalled import CHART_FILE, may_be
from penstock.parse.usage import Usage
from penstock.parse.usual_names import DEFAULT, FOLDERS, SHARED
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.words import and_more

SUFFIXES = (".yaml", ".yml")
"""The suffixes of files that may be manifests. JSON is mostly something else."""

_FIELDS = (
    regex(rb"(?m)^apiVersion:[ ]*[\"']?[a-zA-Z]"),
    regex(rb"(?m)^kind:[ ]*[\"']?[A-Z]"),
    regex(rb"(?m)^metadata:"),
)
"""What a manifest has at the beginning of lines."""

_OTHERS = regex(
    rb"(?m)^apiVersion:[ ]*[\"']?(?:backstage\.io|chainsaw\.kyverno\.io|cli\.kyverno\.io|eksctl\.io|k0s\.|k0sctl\."
    rb"|k3d\.io|kind\.x-k8s\.io|kubeadm\.k8s\.io|kubelet\.config\.|kustomize\.config\.|kuttl\.dev|minikube|penstock\.dev"
    rb"|skaffold|talm|v1alpha1)"
)
"""The API versions of files that tools read, and no API server. What Talos reads has `v1alpha1` alone."""

_ARGO = regex(rb"(?m)^kind:[ ]*[\"']?(?:Application|ApplicationSet|AppProject)\b")

_PATH = regex(rb"(?m)^[ -]*path:[ ]*[\"']?([^\"'\s#]+)|[{,][ ]*path:[ ]*[\"']?([^\"'\s,}]+)")
"""The field with the path that a definition builds."""


class Loose(NamedTuple):
    """A directory of manifests that no target reads, and one of its files."""

    directory: str
    file: str


def loose_manifests(
    project: Project, usage: Usage, files: Sequence[str], defined: Sequence[Target], known: Iterable[str]
) -> list[Loose]:
    """Return the directories of manifests that no target reads.

    Directories count for which nothing else says what they are: neither a kustomization or chart in them or above them,
    nor a definition beside them. `known` are further directories about which there is a finding or a setting.
    """
    taken = {*usage.uses, *known} - {"."}
    taken |= {directory_of(path) for path in files if name_of(path) == CHART_FILE}
    entered = {posixpath.dirname(path) or "." for path in project.defined.leading}
    entered |= {*(each.path for each in defined), *usage.uses}

    def may_be_loose(directory: str) -> bool:
        is_known = directory in entered or not taken.isdisjoint(with_those_above(directory))
        return not (is_known or _is_aside(directory) or _is_undecided(project, directory))

    loose = [
        Loose(directory, found)
        for directory, paths in sorted(_unread(project, usage, files).items())
        if may_be_loose(directory) and (found := _manifest_among(project, paths))
    ]
    # What lies below a directory that is built, and is not read, is what its definition leaves out.
    meant = _meant(project, files) - {each.path for each in defined} if loose else set()
    return [each for each in loose if meant.isdisjoint(with_those_above(each.directory))]


def _unread(project: Project, usage: Usage, files: Iterable[str]) -> dict[str, list[str]]:
    """Return the files that may be manifests and that no target reads, by directory."""
    read = {path for made in project.made.values() for path in made.read} | {*named_files(project, usage)}
    by_directory: dict[str, list[str]] = {}
    for path in files:
        if path.endswith(SUFFIXES) and path not in read and path != PROJECT_FILE:
            by_directory.setdefault(directory_of(path) or ".", []).append(path)
    return by_directory


def _is_undecided(project: Project, directory: str) -> bool:
    """Return whether a definition that is not evaluated may mean a directory."""
    return any(may_be(directory, pattern) for pattern in project.defined.undecided)


CANDIDATES = "candidates"
"""The listing of the files that may be such manifests."""


def candidates_in(files: Iterable[str]) -> list[str]:
    """Return the files with these suffixes whose directories have no kustomization or chart, nor lie below one."""
    files = list(files)
    taken = {directory_of(path) for path in kustomizations_in(files)}
    taken |= {directory_of(path) for path in files if name_of(path) == CHART_FILE}
    directories = {directory_of(path) for path in files if path.endswith(SUFFIXES)}
    open_ones = {directory for directory in directories if taken.isdisjoint(with_those_above(directory))}
    return [path for path in files if path.endswith(SUFFIXES) and directory_of(path) in open_ones]


def _meant(project: Project, files: Iterable[str]) -> set[str]:
    """Return the paths that definitions name, also those that are not built: findings about these say why."""
    found: set[str] = set()

    def look(data: bytes) -> bool:
        for match in _PATH.finditer(data) if _defines(data) else ():
            found.add(posixpath.normpath((match[1] or match[2]).decode(errors="replace")))
        return False

    for path in files:
        if path.endswith(SUFFIXES):
            project.scan(path, look)
    return found - {"."}


def _is_aside(directory: str) -> bool:
    """Return whether a directory is hidden, or holds test data."""
    is_hidden = any(name[0] == "." and name != "." for name in directory.split("/"))
    return is_hidden or TEST_DATA.search(f"{directory}/") is not None


def named_files(project: Project, usage: Usage) -> Iterator[str]:
    """Yield the paths that the texts of kustomizations may mean, such as `settings=../shared/settings.yaml`."""
    for directory in usage.uses:
        kustomization, _ = project.kustomization(directory)
        for text in _texts(kustomization.fields) if kustomization is not None else ():
            if text.endswith(SUFFIXES):
                yield posixpath.normpath(posixpath.join(directory, text.rpartition("=")[2]))


def _texts(tree: Any) -> Iterator[str]:
    """Yield the texts in a tree that have one line."""
    waiting = [tree]
    for each in waiting:
        if isinstance(each, str) and "\n" not in each:
            yield each
        elif isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each


def _manifest_among(project: Project, paths: Sequence[str]) -> str:
    """Return the first file of a directory that is a manifest, or "" if there is none, or if another file says what
    they are. None of the files counts as read.
    """
    if any(posixpath.basename(path) in TEST_FILES for path in paths):
        return ""
    found: list[str] = []
    defining: list[str] = []

    def look(data: bytes) -> bool:
        if _defines(data):
            defining.append(path)
        elif not found and _is_manifest(data):
            found.append(path)
        return False

    for path in paths:
        project.scan(path, look)
    return "" if defining else "".join(found)


def _defines(data: bytes) -> bool:
    """Return whether a file has definitions of Argo CD or Flux, which have findings of their own. What lies beside one
    is deployed as it is, mostly by hand.
    """
    if b"kustomize.toolkit.fluxcd.io/" in data:
        return True
    return b"argoproj.io/" in data and _ARGO.search(data) is not None


def _is_manifest(data: bytes) -> bool:
    return all(field.search(data) for field in _FIELDS) and b"{{" not in data and not _OTHERS.search(data)


def unbuilt(loose: Sequence[Loose]) -> list[Diagnostic]:
    """Return one finding for all these directories, if there are any."""
    if not loose:
        return []
    first = loose[0]
    where = "the top directory" if first.directory == "." else first.directory
    message = f"{where}{and_more(len(loose) - 1)}: nothing builds these manifests, so they are not compiled"
    hint = "name the directory under `targets:` in penstock.yaml with `type: directory`, or under `exclude:`"
    return [Diagnostic("PS139", "info", message, Origin(first.file), hint=hint)]


def proposed_directories(loose: Iterable[str], others: Set[str]) -> Mapping[str, str]:
    """Return the directories that may be targets, each with the environment that its path suggests.

    They reach as far up as they hold nothing else, but no further than the folder of their environment. `others` are
    the paths of what else there is.
    """
    directories = sorted(loose)
    siblings = Siblings(directories)
    taken = {above for path in others for above in with_those_above(path)}
    found: dict[str, str] = {}
    for directory in directories:
        names = directory.split("/")
        environment = _environment(names, siblings.usual(directory))
        least = names.index(environment) + 1 if environment else 1
        folders = ("/".join(names[:depth]) for depth in range(least, len(names) + 1))
        found.setdefault(next((each for each in folders if each not in taken), directory), environment or DEFAULT)
    return found


def _environment(names: Sequence[str], usual: Sequence[str]) -> str:
    """Return the name in a path that shows an environment, or ""."""
    below = [inner for outer, inner in pairwise(names) if outer in FOLDERS and inner not in SHARED]
    return next(iter([*usual[-1:], *below[-1:]]), "")
