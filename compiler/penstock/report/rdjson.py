"""Findings in the Reviewdog Diagnostic Format (rdjson), which Reviewdog posts as comments in many systems.

Its columns count bytes of UTF-8, those of all other formats characters.
"""

from json import dumps
from typing import Any

from penstock.findings import Finding, Report
from penstock.model import Pos, Severity
from penstock.report.wording import details
from penstock.words import printable

SEVERITIES: dict[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def report_rdjson(report: Report) -> str:
    """Return the indented document. Characters outside of ASCII are escaped."""
    diagnostics = [_diagnostic(report, finding) for finding in report.findings]
    return dumps({"source": {"name": "penstock"}, "diagnostics": diagnostics}, indent=2) + "\n"


def _diagnostic(report: Report, finding: Finding) -> dict[str, Any]:
    related = [{"message": printable(note), "location": _location(report, pos)} for pos, note in finding.notes]
    return {
        "message": "\n".join((printable(finding.message), *details(finding._replace(notes=())))),
        "location": _location(report, finding.pos, finding.end),
        "severity": SEVERITIES[finding.severity],
        "code": {"value": finding.code},
        **({"relatedLocations": related} if related else {}),
    }


def _location(report: Report, pos: Pos, end: Pos = Pos("")) -> dict[str, Any]:
    """Return a place. It has no range if it is a file as a whole."""
    location: dict[str, Any] = {"path": printable(report.from_here(pos).path)}
    if pos.line:
        location["range"] = {"start": _position(report, pos)}
    if pos.line and (end.line, end.col) > (pos.line, pos.col):
        location["range"]["end"] = _position(report, end)
    return location


def _position(report: Report, pos: Pos) -> dict[str, int]:
    return {"line": pos.line, **({"column": report.columns.get(pos, pos.col)} if pos.col else {})}
