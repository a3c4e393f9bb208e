"""Findings about the templates of charts that other people write: packed charts, and those that penstock.lock fetches.

Nobody who reads the report can edit these files. What only their authors can act on is left out, and what such a chart
lacks counts as made by its own programs, unless a value of the reader has named it.
"""

import posixpath
from collections.abc import Iterable, Iterator

from penstock.findings import Finding
from penstock.regex import regex

FOR_AUTHORS = frozenset(("PS486", "PS723", "PS727"))
"""Infos about how a chart is written: hooks that only Helm runs, and values that have no default."""

LACKS = {"PS302": "it", "PS303": "them"}
"""Codes for objects that are missing, with the word for these."""

_CHART = regex(r"(.+\.tgz|//.+?)(?:/charts/[^/]+)*/(?:templates|charts)/.*")


def chart_of_others(path: str) -> str:
    """Return the path of the chart that other people write and that has a file; empty if the file is in none."""
    found = _CHART.fullmatch(path)
    return found[1] if found else ""


def without_inner_affairs(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that concern those who use charts of others."""
    for finding in findings:
        chart = chart_of_others(finding.pos.path)
        if not chart:
            yield finding
        elif finding.code in LACKS and _is_of_chart(finding, chart):
            yield _made_by(chart, finding)
        elif finding.severity != "info" or finding.code not in FOR_AUTHORS:
            yield finding


def _is_of_chart(finding: Finding, chart: str) -> bool:
    """Return whether it is a chart itself that asks for a missing object: no value from elsewhere went into it."""
    is_doubtful = finding.severity == "warning" and not finding.hint
    return is_doubtful and all(where.path.startswith(f"{chart}/") for where, _ in finding.notes)


def _made_by(chart: str, finding: Finding) -> Finding:
    name = posixpath.basename(chart).removesuffix(".tgz")
    message = f"{finding.message}; a program of the chart {name} may make {LACKS[finding.code]}"
    return finding._replace(severity="info", message=message, notes=())
