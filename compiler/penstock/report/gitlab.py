"""Findings as a GitLab Code Quality report, which a merge request shows beside its changes.

Paths are relative to the top of the repository. GitLab compares the fingerprints of two branches to find out what is
new.
"""

from json import dumps
from typing import Any

from penstock.findings import Finding, Report, fingerprints
from penstock.model import Severity
from penstock.report.wording import details
from penstock.words import printable

SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "info": "info"}


def report_gitlab(report: Report) -> str:
    """Return the indented document. Characters outside of ASCII are escaped."""
    named = zip(report.findings, fingerprints(report.findings), strict=True)
    return dumps([_issue(finding, name) for finding, name in named], indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    begin = max(finding.pos.line, 1)
    return {
        "description": " · ".join((printable(finding.message), *details(finding))),
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": printable(finding.pos.path),
            "lines": {"begin": begin, "end": max(finding.end.line, begin)},
        },
    }
