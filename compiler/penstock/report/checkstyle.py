"""Findings as Checkstyle XML, file by file: Jenkins and many editors read it."""

from collections.abc import Iterable
from itertools import groupby

from penstock.findings import Finding, Report
from penstock.report.wording import element
from penstock.words import printable


def report_checkstyle(report: Report) -> str:
    """Return the document."""
    groups = groupby(report.findings, key=lambda finding: report.from_here(finding.pos).path)
    files = "".join(_file(path, found) for path, found in groups)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n{files}</checkstyle>\n'


def _file(path: str, findings: Iterable[Finding]) -> str:
    return f"  <{element('file', (('name', path),))}>\n{''.join(map(_error, findings))}  </file>\n"


def _error(finding: Finding) -> str:
    place = [("line", max(finding.pos.line, 1)), *([("column", finding.pos.col)] if finding.pos.col else [])]
    message = printable(finding.message) + (f" ({finding.hint})" if finding.hint else "")
    what = (("severity", finding.severity), ("message", message), ("source", f"penstock.{finding.code}"))
    return f"    <{element('error', (*place, *what))}/>\n"
