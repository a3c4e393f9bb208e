"""The charts of a repository that no target installs, so that they do not fall out of sight."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from penstock.model import Diagnostic, Origin, Unreadable
from penstock.parse.environments import FOLDERS, SHARED, WORDS
from penstock.parse.project import Project
from penstock.parse.usage import Usage, is_below

CHART_FILE = "Chart.yaml"
_HOME = "charts"
_NAME = r"([a-z0-9][a-z0-9.-]{0,62})"
_OF_ENVIRONMENT = re.compile(
    rf"values[-_.]{_NAME}\.ya?ml|(?:values|{'|'.join(sorted(FOLDERS))})/(?:values[-_.])?{_NAME}\.ya?ml"
    rf"|(?:{'|'.join(sorted(FOLDERS))})/{_NAME}/values\.ya?ml"
)
"""How values files for an environment are called, below the directory of their chart."""


_NO_ENVIRONMENTS = SHARED | frozenset(
    (
        "ci",
        "default",
        "defaults",
        "example",
        "examples",
        "global",
        "override",
        "overrides",
        "sample",
        "secret",
        "secrets",
    )
)


def uninstalled(charts: Sequence[str]) -> list[Diagnostic]:
    """One finding for all charts that nothing installs."""
    if not charts:
        return []
    more = f" (and {len(charts) - 1} more)" if charts[1:] else ""
    message = f"{charts[0]}{more}: nothing installs this chart, so it is not compiled"
    hint = "name it under `charts:` in penstock.yaml, or under `exclude:`"
    return [Diagnostic("PS172", "info", message, Origin(posixpath.join(charts[0], CHART_FILE)), hint=hint)]


def charts_left(project: Project, usage: Usage, files: Iterable[str]) -> list[str]:
    """The directories of the charts that nothing installs. Libraries, and charts inside of charts, are none."""
    config, _ = project.config()
    charts = sorted({posixpath.dirname(path) or "." for path in files if posixpath.basename(path) == CHART_FILE})
    known = {entry.path for entry in config.charts} if config else set()
    known |= {posixpath.dirname(path) for made in project.made.values() for path in made.read}
    homes = [home for directory in usage.uses for home in _homes(project, directory)]
    return [
        chart
        for chart in charts
        if chart not in known
        and not any(is_below(chart, home) for home in homes)
        and not _is_inside(chart, charts)
        and not _is_library(project, chart)
    ]


def templates_of(files: Iterable[str]) -> Iterator[str]:
    """The files among some that are templates of a chart among them."""
    known = frozenset(files)
    for path in known:
        chart, folder, _ = path.partition("templates/")
        if folder and (not chart or chart.endswith("/")) and f"{chart}{CHART_FILE}" in known:
            yield path


def values_by_environment(chart: str, files: Iterable[str]) -> dict[str, str]:
    """The values files of a chart that are for environments, by name: `values-prod.yaml`, `environments/prod.yaml`.

    A file beside that of the defaults counts where others do, or where its name is one that everybody uses.
    """
    found: dict[str, str] = {}
    for path in sorted(files):
        if is_below(path, chart):
            inner = path if chart == "." else path[len(chart) + 1 :]
            named = _OF_ENVIRONMENT.fullmatch(inner)
            name = named[1] or named[2] or named[3] if named else ""
            if name and name not in _NO_ENVIRONMENTS:
                found.setdefault(name, path)
    is_clear = len(found) > 1 or bool(found.keys() & WORDS)
    return found if is_clear else {}


def _homes(project: Project, directory: str) -> list[str]:
    """The folder in which a kustomization looks for its charts."""
    kustomization, _ = project.kustomization(directory)
    if kustomization is None or not kustomization.fields.keys() & {"helmCharts", "helmChartInflationGenerator"}:
        return []
    settings = kustomization.fields.get("helmGlobals")
    home = settings.get("chartHome") if isinstance(settings, dict) else None
    return [posixpath.normpath(posixpath.join(directory, home if isinstance(home, str) and home else _HOME))]


def _is_inside(chart: str, charts: Sequence[str]) -> bool:
    return any(other != chart and is_below(chart, posixpath.join(other, _HOME)) for other in charts)


def _is_library(project: Project, chart: str) -> bool:
    try:
        data = project.text(posixpath.join(chart, CHART_FILE)) or b""
    except Unreadable:
        return False
    return b"type: library" in data
