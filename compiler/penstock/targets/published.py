"""Charts that others have published, and that a repository has a copy of: their Chart.yaml says where they are from.

What only the authors of such a chart can act on is no finding, as with packed charts.
"""

import posixpath
from collections.abc import Iterator, Sequence

from penstock.definitions.reading import mapping
from penstock.model import Diagnostic
from penstock.parse.project import Project
from penstock.parse.uninstalled import CHART_FILE
from penstock.regex import regex

FOR_AUTHORS = frozenset(("PS723", "PS727"))
"""Infos about how a chart is written: hooks that only Helm runs, and values that have no default."""

_FROM = ("home", "sources")
"""The fields of Chart.yaml that say where a chart is from. `helm create` writes neither."""


def without_their_affairs(project: Project, findings: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the findings that concern those who use the charts of others."""
    for each in findings:
        is_inner = each.code in FOR_AUTHORS and each.severity == "info"
        inside = _INSIDE.match(each.where.path) if is_inner else None
        if inside is None or not _is_published(project, inside[1]):
            yield each


_INSIDE = regex(r"(.+?)/(?:\(release |templates/)")
"""A path in a chart: that of a template, or that of what the release of the chart prints."""


def _is_published(project: Project, chart: str) -> bool:
    key = _is_published, chart
    if key not in project.memo:
        documents, _ = project.configs(posixpath.join(chart, CHART_FILE))
        written = mapping(documents[0].body) if documents else {}
        project.memo[key] = any(written.get(field) for field in _FROM)
    known: bool = project.memo[key]
    return known
