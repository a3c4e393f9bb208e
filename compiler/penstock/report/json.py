"""Findings for programs: one JSON document. Keys are never renamed or removed; new ones may come.

`line` and `column` count from 1, and are 0 where a finding is about a file as a whole.
"""

from json import dumps
from typing import Any

from penstock.model import Pos
from penstock.report.findings import Finding, Report

API_VERSION = "penstock.dev/v1"


def report_json(report: Report) -> str:
    """The document, indented; characters outside of ASCII are escaped."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "CheckReport",
        "kubernetes": report.kubernetes,
        "summary": {
            "targets": len(report.targets),
            "failedTargets": report.failed,
            "objects": report.objects,
            "errors": report.count("error"),
            "warnings": report.count("warning"),
            "infos": report.count("info"),
        },
        "targets": [
            {"path": each.path, "environment": each.environment, "objects": each.objects, "compiles": each.compiles}
            for each in report.targets
        ],
        "findings": [_finding(finding) for finding in report.findings],
    }
    return dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        **_position(finding.pos),
        "hint": finding.hint,
        "notes": [{**_position(pos), "message": note} for pos, note in finding.notes],
        "objects": [
            {"target": target, **(resource._asdict() if resource else {})} for target, resource in finding.occurrences
        ],
    }


def _position(pos: Pos) -> dict[str, Any]:
    return {"path": pos.path, "line": pos.line, "column": pos.col}
