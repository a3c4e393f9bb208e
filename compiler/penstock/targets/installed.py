"""Targets of the charts that penstock.yaml installs."""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from penstock.model import Diagnostic, Made, Target
from penstock.parse.discover import shortest_ends
from penstock.parse.project import Project
from penstock.parse.project_file.charts import ChartEntry, for_each_file
from penstock.parse.uninstalled import root_name
from penstock.sources import ChartRequest
from penstock.targets.chart import built
from penstock.targets.listings import notice_matching


def installed_charts(
    project: Project, entries: Sequence[ChartEntry], files: Sequence[str], versions: Mapping[str, str]
) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return the target of each chart that penstock.yaml installs, with its objects, and findings about entries that no
    file of the repository fits. `versions` are the Kubernetes versions of the environments.
    """
    notice_matching(project, [entry.starred for entry in entries if entry.starred])
    found, unmatched = for_each_file([_called_by_its_name(project, entry) for entry in entries], files)
    by_environment: dict[str, list[ChartEntry]] = {}
    for entry in found:
        by_environment.setdefault(entry.environment, []).append(entry)
    made = {
        target: _built(project, _told_of_its_cluster(entry, versions))
        for members in by_environment.values()
        for entry, target in zip(members, _targets(members), strict=True)
    }
    return made, list(map(_unmatched, unmatched))


def _called_by_its_name(project: Project, entry: ChartEntry) -> ChartEntry:
    """Return the entry of a chart at the root of the repository, which has no directory to be named after, with the
    name that its Chart.yaml says.
    """
    if entry.path != ".":
        return entry
    name = root_name(project) or "."
    app, release = (name if each == "." else each for each in (entry.app, entry.release))
    return entry._replace(app=app, release=release)


def _told_of_its_cluster(entry: ChartEntry, versions: Mapping[str, str]) -> ChartEntry:
    """Return the entry with the Kubernetes version of its environment, unless it says one itself."""
    version = entry.abilities.kube_version or versions.get(entry.environment, "")
    return entry._replace(abilities=entry.abilities._replace(kube_version=version))


def _unmatched(entry: ChartEntry) -> Diagnostic:
    message = f"no file matches `{entry.starred}`, so {entry.path} is installed nowhere"
    return Diagnostic("PS191", "warning", message, entry.origin, hint="correct the path, or take the entry out")


def _targets(members: Sequence[ChartEntry]) -> Iterator[Target]:
    """Yield the targets of the charts of one environment, each with a name and a folder of its own.

    Names that penstock.yaml writes stay. Two charts whose directories have one name are told apart by the directories
    above, and two releases of one chart by their names.
    """
    written = [entry.app for entry in members if entry.is_named]
    ends = shortest_ends([*dict.fromkeys(map(_nameable, members)), *written])
    apps = Counter(entry.app for entry in members)
    paths = Counter(entry.path for entry in members)
    for entry in members:
        app, folder = entry.app, ""
        if not entry.is_named and apps[app] > 1:
            app = ends[_nameable(entry)]
        if paths[entry.path] > 1:
            folder = posixpath.join(entry.path, entry.release)
            app = app if entry.is_named else posixpath.join(app, entry.release)
        why = f"penstock.yaml installs the chart as {entry.release}"
        yield Target(entry.path, entry.environment, app, why, folder=folder)


def _nameable(entry: ChartEntry) -> str:
    return entry.path.removesuffix(".tgz")


def _built(project: Project, entry: ChartEntry) -> Made:
    """Return the objects of a chart that penstock.yaml installs."""
    request = ChartRequest(
        chart=entry.path,
        name=entry.release,
        namespace=entry.namespace,
        kube_version=entry.abilities.kube_version,
        api_versions=entry.abilities.api_versions,
        values=entry.values,
        include_crds=True,
        tests=False,
        where=entry.origin,
        boundary=".",
    )
    return built(project, request)
