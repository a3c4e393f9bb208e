"""Findings in the Reviewdog Diagnostic Format (rdjson), which Reviewdog posts as comments in many systems."""

from json import dumps
from typing import Any

from penstock.findings import Finding, Report
from penstock.model import Pos, Severity
from penstock.report.wording import details
from penstock.words import printable

SEVERITIES: dict[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def report_rdjson(report: Report) -> str:
    """The document, indented; characters outside of ASCII are escaped."""
    diagnostics = [_diagnostic(report, finding) for finding in report.findings]
    return dumps({"source": {"name": "penstock"}, "diagnostics": diagnostics}, indent=2) + "\n"


def _diagnostic(report: Report, finding: Finding) -> dict[str, Any]:
    related = [
        {"message": printable(note), "location": _location(report.from_here(pos))} for pos, note in finding.notes
    ]
    return {
        "message": "\n".join((printable(finding.message), *details(finding._replace(notes=())))),
        "location": _location(report.from_here(finding.pos), finding.end),
        "severity": SEVERITIES[finding.severity],
        "code": {"value": finding.code},
        **({"relatedLocations": related} if related else {}),
    }


def _location(pos: Pos, end: Pos = Pos("")) -> dict[str, Any]:
    """A place; without a range where it is a file as a whole."""
    location: dict[str, Any] = {"path": printable(pos.path)}
    if pos.line:
        location["range"] = {"start": _position(pos)}
    if pos.line and (end.line, end.col) > (pos.line, pos.col):
        location["range"]["end"] = _position(end)
    return location


def _position(pos: Pos) -> dict[str, int]:
    return {"line": pos.line, **({"column": pos.col} if pos.col else {})}
