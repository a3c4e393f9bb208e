"""Sources outside of this repository that definitions and charts name, if penstock.lock has them.

They are git repositories, packed charts, files on web servers, and charts that another chart depends on.
"""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import quote

from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Diagnostic, Origin, Tree
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.sources import Address, ChartAddress, ChartRequest, leads_out

NOT_LOCKED = "PS130"
SECONDS = 120.0
"""The time limit for fetching a repository."""

_RANGE = re.compile(r".*[*<>=~^|,].*|.* - .*|v?[0-9]+(\.[0-9]+)?\.[xX]")


class GitSource(NamedTuple):
    """A git repository and a revision: a branch, tag or commit (`ref`), or the newest tag in a range of versions
    (`tags`).
    """

    url: str
    ref: str = ""
    tags: str = ""
    submodules: bool = True

    @property
    def name(self) -> str:
        """The address of the source in penstock.lock."""
        if self.tags:
            return f"{self.url}?tags={quote(self.tags, safe='')}"
        return f"{self.url}?ref={self.ref}" if self.ref else self.url


class Brought(NamedTuple):
    """Where a source is: `path` is a directory, a file or a packed chart, and `top` is the directory that no path of
    the source may leave.

    Both are empty if the source is not locked or cannot be fetched; `findings` then say why.
    """

    path: str = ""
    top: str = ""
    findings: tuple[Diagnostic, ...] = ()
    is_locked: bool = True
    manifest: str = ""
    """The digest of the manifest of a chart from a registry."""


def repository(project: Project, source: GitSource, where: Origin) -> Brought:
    """Return where the files of a git repository are. `where` is the place that names it."""
    address = Address(
        source.name, source.url, "", source.ref, source.submodules, SECONDS, tags=source.tags, only_cached=True
    )
    remote, findings = project.remote(address, where, "directory", _within(where))
    told = tuple(
        each for each in findings if each.severity == "error"
    )  # a warning that the ref is a branch is of no use: definitions are meant to follow branches
    return Brought(remote.clone, remote.clone) if remote is not None else _missing(told)


def file(project: Project, url: str, where: Origin) -> Brought:
    """Return where a file of a web server is. `where` is the place that names it."""
    if not url.startswith(("https://", "http://")):
        return Brought(findings=(Diagnostic("PS131", "error", f"{url.partition(':')[0]} is not fetched", where),))
    address = Address(url, "", "", "", False, SECONDS, http=True, only_cached=True)
    remote, findings = project.remote(address, where, "file", _within(where))
    told = tuple(each for each in findings if each.severity == "error")
    return Brought(remote.path) if remote is not None else _missing(told)


def chart(project: Project, address: ChartAddress, where: Origin) -> Brought:
    """Return where a packed chart is; `top` is the directory with its content. `where` is the place that names it."""
    remote, findings = project.remote_chart(address, where, _within(where))
    return (
        Brought(remote.path, remote.clone, manifest=remote.manifest)
        if remote is not None
        else _missing(tuple(findings))
    )


def _within(where: Origin) -> str:
    """Return the URL of the repository that a file was fetched from, or the empty string for this repository."""
    return f"https:{where.path}" if where.path.startswith("//") else ""


def _missing(findings: tuple[Diagnostic, ...]) -> Brought:
    is_locked = not any(each.code == NOT_LOCKED for each in findings)
    return Brought(findings=findings, is_locked=is_locked)


def git_source(url: str, revision: str) -> GitSource:
    """Parse a revision as Argo CD does: a branch, tag or commit, or a range of versions."""
    return GitSource(url, tags=revision) if _RANGE.fullmatch(revision) else GitSource(url, revision)


# --- charts that another one depends on -------------------------------------------------------------------------------


def with_dependencies(project: Project, request: ChartRequest) -> tuple[ChartRequest, list[Diagnostic]]:
    """Return the request with those dependencies of its chart that `charts/` lacks, as `helm dependency build` fetches
    them.
    """
    found: list[str] = []
    findings: list[Diagnostic] = []
    for dependency, where in _missing_dependencies(project, request.chart):
        path, more = _dependency(project, request, dependency, where)
        found += [path] if path else []
        findings += more
    return request._replace(dependencies=tuple(found)), findings


def _missing_dependencies(project: Project, directory: str) -> Iterator[tuple[Tree, Origin]]:
    """Yield the dependencies that `charts/` lacks and their places, each with the version from Chart.lock if there is
    one.
    """
    for file, lock in (("Chart.yaml", "Chart.lock"), ("requirements.yaml", "requirements.lock")):
        locked = {text(each.get("name")): each for each, _ in _entries(project, posixpath.join(directory, lock))}
        for each, where in _entries(project, posixpath.join(directory, file)):
            name = text(each.get("name"))
            if not _is_there(project, posixpath.join(directory, "charts"), name):
                version = text(locked.get(name, {}).get("version"))
                yield ({**each, "version": version} if version else each), where


def _entries(project: Project, path: str) -> list[tuple[Tree, Origin]]:
    documents, _ = project.configs(path)
    entries = mapping(documents[0].body).get("dependencies") if documents else None
    if not documents or not isinstance(entries, list):
        return []
    where = documents[0].origin.below("dependencies")
    return [(each, where.below(index)) for index, each in enumerate(mappings(entries))]


def _is_there(project: Project, charts: str, name: str) -> bool:
    """Return whether `charts/` has a chart, as a directory or packed."""
    if project.is_dir(posixpath.join(charts, name)):
        return True
    packed = re.compile(rf"{re.escape(name)}-v?[0-9][^/]*\.tgz")
    return any(packed.fullmatch(posixpath.basename(path)) for path in project.walk(charts))


def _dependency(
    project: Project, request: ChartRequest, dependency: Tree, where: Origin
) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return the path of a chart that another chart depends on, or the empty string if it is not available."""
    name, address = text(dependency.get("name")), text(dependency.get("repository"))
    if address.startswith("file://"):
        return _beside(project, request, address.removeprefix("file://")), ()
    if "://" not in address:
        return "", ()
    version = text(dependency.get("version"))
    brought = chart(project, ChartAddress(address, name, version), where.below("repository"))
    return brought.path, brought.findings


def _beside(project: Project, request: ChartRequest, relative: str) -> str:
    """Return a directory relative to a chart, or the empty string if it is not a directory of the same repository."""
    path = posixpath.normpath(posixpath.join(request.chart, relative))
    boundary = request.boundary or request.chart
    is_inside = boundary == "." or path == boundary or path.startswith(f"{boundary}/")
    if not is_inside or not project.is_dir(path) or leads_out(path, project.real(path)):
        return ""
    return path
