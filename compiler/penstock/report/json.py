"""Findings for programs: one JSON document. Keys are never renamed or removed; new ones may come.

`line` and `column` count from 1, and are 0 where a finding is about a file as a whole; `endLine` and `endColumn` are
behind the last character. `schemas/check-report.json` is the JSON Schema of the document.
"""

from collections import Counter
from json import dumps
from typing import Any

from penstock.findings import Finding, Report, fingerprints
from penstock.model import Pos

API_VERSION = "penstock.dev/v1"


def report_json(report: Report) -> str:
    """Return the indented document. Characters outside of ASCII are escaped."""
    named = zip(report.findings, fingerprints(report.findings), strict=True)
    document = {
        "apiVersion": API_VERSION,
        "kind": "CheckReport",
        "kubernetes": report.kubernetes,
        "summary": _summary(report),
        "targets": [
            {
                "path": each.path,
                "environment": each.environment,
                "objects": each.objects,
                "withoutSchema": each.without_schema,
                "compiles": each.compiles,
            }
            for each in report.targets
        ],
        "findings": [_finding(report, finding, name) for finding, name in named],
    }
    return dumps(document, indent=2) + "\n"


def _summary(report: Report) -> dict[str, Any]:
    counts = Counter(finding.code for finding in report.findings)
    return {
        "targets": len(report.targets),
        "failedTargets": report.failed,
        "targetsNotReached": report.not_reached,
        "objects": report.objects,
        "withoutSchema": report.without_schema,
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "infos": report.count("info"),
        "suppressed": report.hidden.suppressed,
        "known": report.hidden.known,
        "notAskedFor": report.hidden.unselected,
        "codes": dict(sorted(counts.items())),
    }


def _finding(report: Report, finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        **_position(report, finding.pos),
        "endLine": finding.end.line,
        "endColumn": finding.end.col,
        "hint": finding.hint,
        "notes": [{**_position(report, pos), "message": note} for pos, note in finding.notes],
        "objects": [
            {"target": target, **(resource._asdict() if resource else {})} for target, resource in finding.occurrences
        ],
        "fingerprint": fingerprint,
    }


def _position(report: Report, pos: Pos) -> dict[str, Any]:
    shown = report.from_here(pos)
    return {"path": shown.path, "line": shown.line, "column": shown.col}
