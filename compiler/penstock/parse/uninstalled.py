"""The charts of a repository that no target installs, which are reported so that they are not overlooked."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from penstock.model import Diagnostic, Installation, Origin, Unreadable, directory_of, name_of
from penstock.parse.environments import Siblings
from penstock.parse.project import Project
from penstock.parse.project_file.pattern import compile_pattern
from penstock.parse.usage import Usage, is_below
from penstock.parse.usual_names import DEFAULT, FOLDERS, SHARED, WORDS
from penstock.parse.values_per_environment import likely, values_by_environment
from penstock.patterns import has_parts
from penstock.regex import regex
from penstock.words import and_more

CHART_FILE = "Chart.yaml"

MAX_RELEASE = 53
"""The longest name of a Helm release, in characters."""

_FOLDERS_OF_CHARTS = frozenset(("apps", "chart", "charts", "helm", "helm-charts"))
_HOME = "charts"
_TEMPLATE = regex(r"\{\{[^{}]*\}\}")

_PATH_FIELD = regex(r"(?m)^[ -]*path:[ ]*(\S.*)$")
"""The field with the path that a definition builds."""


def installations(charts: Sequence[str], files: Sequence[str], root: str) -> dict[str, Installation]:
    """Return a proposed installation for each chart, by path.

    Its environments are taken from its values files, or else from its path. `root` is the name of the chart at the root
    of the repository.
    """
    siblings = Siblings(charts)
    values = likely(files)
    found = {chart: values_by_environment(chart, charts, values) or {_by_path(chart, siblings): ""} for chart in charts}
    ends = {chart: _names(root if chart == "." else chart) for chart in charts}
    counts = Counter((environment, end) for chart in charts for environment in found[chart] for end in ends[chart])
    installed = {}
    for chart in charts:
        # The shortest name that no other chart of these environments has.
        alone = (end for end in ends[chart] if all(counts[each, end] == 1 for each in found[chart]))
        name = next(alone, ends[chart][-1])
        pattern, others = _pattern_of(found[chart], files)
        installed[chart] = Installation(name, name, found[chart], pattern, others)
    return installed


FEW = 3
"""The number of environments up to which each is written out."""


def _pattern_of(values: Mapping[str, str], files: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return a pattern for the values files of many environments, whose star is the environment's name, and the files
    that it matches besides. The pattern is empty if there is none.
    """
    patterns = {path.replace(name, "*") for name, path in values.items() if path.count(name) == 1}
    if len(values) <= FEW or len(patterns) != 1 or not all(values.values()):
        return "", ()
    pattern = compile_pattern(patterns.pop())
    known = set(values.values())
    if any(pattern.match(path) != (name,) for name, path in values.items()):
        return "", ()
    return pattern.text, tuple(path for path in files if path not in known and pattern.match(path) is not None)


def _by_path(chart: str, siblings: Siblings) -> str:
    """Return the environment that the path of a chart suggests, or the default one."""
    names = chart.split("/")
    usual = siblings.usual(chart)
    below = [inner for outer, inner in pairwise(names) if outer in FOLDERS and inner not in SHARED]
    return usual[-1] if usual else below[-1] if below else DEFAULT


def _names(chart: str) -> list[str]:
    """Return names for the release of a chart, shortest first: ends of its path, without the names of environments."""
    path = chart.split("/")
    telling = [name for name in path if name not in WORDS | FOLDERS | SHARED | _FOLDERS_OF_CHARTS] or path[-1:]
    ends = ["-".join(telling[at:]) for at in range(len(telling) - 1, -1, -1)]
    return [re.sub("[^a-z0-9]+", "-", end.lower()).strip("-")[:MAX_RELEASE].strip("-") or "app" for end in ends]


def uninstalled(charts: Sequence[str]) -> list[Diagnostic]:
    """Return one finding for all charts that nothing installs, if there are any."""
    if not charts:
        return []
    message = f"{charts[0]}{and_more(len(charts) - 1)}: nothing installs this chart, so it is not compiled"
    hint = "name it under `charts:` in penstock.yaml, or under `exclude:`"
    return [Diagnostic("PS172", "info", message, Origin(posixpath.join(charts[0], CHART_FILE)), hint=hint)]


def charts_left(project: Project, usage: Usage, files: Iterable[str]) -> list[str]:
    """Return the directories of the charts that nothing installs, without libraries and charts inside other charts."""
    charts = sorted({directory_of(path) or "." for path in files if name_of(path) == CHART_FILE})
    known = _installed(project, charts)
    homes = [home for directory in usage.uses for home in _homes(project, directory)]
    return [
        chart
        for chart in charts
        if chart not in known
        and not any(is_below(chart, home) for home in homes)
        and not _is_inside(chart, charts)
        and not _is_library(project, chart)
        and not any(may_be(chart, pattern) for pattern in project.defined.undecided)
    ]


def _installed(project: Project, charts: Sequence[str]) -> set[str]:
    """Return the directories of charts that penstock.yaml, a definition or another chart installs."""
    config, _ = project.config()
    known = {entry.path for entry in config.charts} if config else set()
    known |= {posixpath.dirname(path) for made in project.made.values() for path in made.read}
    return known | {path for chart in charts for path in _beside(project, chart) if path != chart}


def chart_of(files: Iterable[str]) -> dict[str, str]:
    """Return the templates of charts among the given files, each with the directory of its chart."""
    known = frozenset(files)
    found: dict[str, str] = {}
    for path in sorted(known):
        chart, folder, _ = path.partition("templates/")
        if folder and (not chart or chart.endswith("/")) and f"{chart}{CHART_FILE}" in known:
            found[path] = chart.rstrip("/") or "."
    return found


def named_in_templates(project: Project, templates: Iterable[str]) -> set[str]:
    """Return the paths that definitions in some templates build. The paths may contain templates themselves.

    They may be charts that are installed once somebody installs the chart with these templates.
    """
    found: set[str] = set()
    for path in templates:
        try:
            data = project.text(path) or b""
        except Unreadable:
            continue
        found |= {match[1].strip().strip("\"'") for match in _PATH_FIELD.finditer(data.decode(errors="replace"))}
    return found


def root_name(project: Project) -> str:
    """Return the name that the Chart.yaml at the root of the repository says; empty if it says none."""
    documents, _ = project.configs(CHART_FILE)
    body = documents[0].body if documents else None
    return str(body.get("name") or "") if isinstance(body, dict) else ""


def may_be(path: str, pattern: str) -> bool:
    """Return whether a text with templates may produce a path. A text of templates alone proves nothing, so it does not
    count.
    """
    parts = _TEMPLATE.split(pattern.strip().removeprefix("./").rstrip("/"))
    return has_parts(path, parts) and (len(parts) == 1 or any(part.strip("/") for part in parts))


def _homes(project: Project, directory: str) -> list[str]:
    """Return the folder in which a kustomization looks for its charts, if it uses any."""
    kustomization, _ = project.kustomization(directory)
    if kustomization is None or not kustomization.fields.keys() & {"helmCharts", "helmChartInflationGenerator"}:
        return []
    settings = kustomization.fields.get("helmGlobals")
    home = settings.get("chartHome") if isinstance(settings, dict) else None
    return [posixpath.normpath(posixpath.join(directory, home if isinstance(home, str) and home else _HOME))]


def _is_inside(chart: str, charts: Sequence[str]) -> bool:
    return any(other != chart and is_below(chart, posixpath.join(other, _HOME)) for other in charts)


def _beside(project: Project, chart: str) -> Iterator[str]:
    """Yield the charts of this repository on which a chart depends by `file://`."""
    documents, _ = project.configs(posixpath.join(chart, CHART_FILE))
    body = documents[0].body if documents else None
    entries = body.get("dependencies") if isinstance(body, dict) else None
    for each in entries if isinstance(entries, list) else ():
        address = each.get("repository") if isinstance(each, dict) else None
        if isinstance(address, str) and address.startswith("file://"):
            yield posixpath.normpath(posixpath.join(chart, address.removeprefix("file://")))


def _is_library(project: Project, chart: str) -> bool:
    try:
        data = project.text(posixpath.join(chart, CHART_FILE)) or b""
    except Unreadable:
        return False
    return b"type: library" in data
