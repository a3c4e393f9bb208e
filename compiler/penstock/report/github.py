"""Findings as workflow commands of GitHub Actions, which shows them at their lines in a pull request.

Paths are relative to the top of the repository, as GitHub knows them. A region of several lines would be shown at its
last one, so that only its first line is named.
"""

from penstock.findings import Finding, Report
from penstock.model import Severity
from penstock.report.wording import details
from penstock.words import printable

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}

_IN_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTY = (*_IN_DATA, (":", "%3A"), (",", "%2C"))


def report_annotations(report: Report) -> str:
    """Return a line for each finding."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    pos, end = finding.pos, finding.end
    place = {"file": printable(pos.path), "line": pos.line, "endLine": pos.line if pos.line else 0, "col": pos.col}
    if end.line == pos.line and end.col > pos.col:
        place["endColumn"] = end.col
    properties = {key: value for key, value in place.items() if value} | {"title": finding.code}
    written = ",".join(f"{key}={_escaped(str(value), _IN_PROPERTY)}" for key, value in properties.items())
    text = "\n".join((printable(finding.message), *details(finding)))
    return f"::{COMMANDS[finding.severity]} {written}::{_escaped(text, _IN_DATA)}"


def _escaped(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for character, written in table:
        text = text.replace(character, written)
    return text
