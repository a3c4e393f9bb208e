"""Findings as SARIF 2.1.0 (OASIS), with what GitHub code scanning shows: rules with help, regions, fingerprints.

Paths are relative to the top of the repository. A finding keeps its alert when its line moves: GitHub goes by
`primaryLocationLineHash`, which here is the fingerprint that baselines go by, too.
"""

from collections.abc import Iterable, Sequence
from json import dumps
from typing import Any

from penstock.findings import Finding, Page, Report, fingerprints
from penstock.model import Pos, Severity
from penstock.report.wording import details, uri
from penstock.words import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
PROBLEMS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "recommendation"}

MAX_RESULTS = 25_000
"""Results that GitHub takes of one run."""

MAX_RELATED = 100
"""Places that one result leads to; GitHub takes 1,000."""


def report_sarif(report: Report, pages: Sequence[Page], version: str) -> str:
    """Return the indented document. Characters outside of ASCII are escaped. `version` is that of Penstock."""
    used = {finding.code: finding.severity for finding in reversed(report.findings)}
    rules = [_rule(page, used[page.code]) for page in pages if page.code in used]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [
        _result(finding, index, name)
        for finding, name in zip(report.findings[:MAX_RESULTS], fingerprints(report.findings), strict=False)
    ]
    driver = {"name": "penstock", "semanticVersion": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": results,
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    """Return whether everything could be checked, and how many findings are left out because there are too many."""
    left = len(report.findings) - MAX_RESULTS
    more = {"level": "warning", "message": {"text": f"{left:,} more findings are left out"}}
    notifications = {"toolExecutionNotifications": [more]} if left > 0 else {}
    return {"executionSuccessful": not report.failed, **notifications}


def _rule(page: Page, severity: Severity) -> dict[str, Any]:
    first, _, _ = page.text.strip().partition("\n")
    return {
        "id": page.code,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": first},
        "fullDescription": {"text": first},
        "help": {"text": page.text.strip(), "markdown": page.text.strip()},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": ["kubernetes"], "precision": "very-high", "problem.severity": PROBLEMS[severity]},
    }


def _result(finding: Finding, index: dict[str, int], fingerprint: str) -> dict[str, Any]:
    related = [
        {"id": number, "physicalLocation": _physical(pos), "message": {"text": _plain([note])}}
        for number, (pos, note) in enumerate(finding.notes[:MAX_RELATED], 1)
    ]
    result: dict[str, Any] = {"ruleId": finding.code}
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    return {
        **result,
        "level": LEVELS[finding.severity],
        "message": {"text": _plain([finding.message, *details(finding._replace(notes=()))])},
        "locations": [{"physicalLocation": _physical(finding.pos, finding.end)}],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1", "penstock/v1": fingerprint},
    }


def _plain(lines: Iterable[str]) -> str:
    """Return a message of several lines. Text that would be a link in SARIF's plain text is escaped."""
    return "\n".join(printable(line).replace("](", "] (") for line in lines)


def _physical(pos: Pos, end: Pos = Pos("")) -> dict[str, Any]:
    """Return a place. A finding about a file as a whole stands on its first line."""
    region = {"startLine": max(pos.line, 1)}
    if pos.col:
        region["startColumn"] = pos.col
    if (end.line, end.col) > (pos.line, pos.col):
        region |= {"endLine": end.line, "endColumn": end.col}
    base = {} if pos.path.startswith("/") else {"uriBaseId": "%SRCROOT%"}
    return {"artifactLocation": {"uri": uri(pos.path), **base}, "region": region}
