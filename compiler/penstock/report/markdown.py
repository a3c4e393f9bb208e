"""Findings as Markdown: for the step summary of GitHub Actions, or a comment on a pull request.

Nothing from the repository is markup: names and messages may hold anything.
"""

from collections import Counter
from collections.abc import Sequence

from penstock.findings import Finding, Page, Report
from penstock.report.text import summary
from penstock.report.wording import details
from penstock.words import printable

MAX_CHARACTERS = 60_000
"""The size of the report. GitHub takes a comment of 65,536 characters, and a summary of 1 MiB for each step."""

MAX_LINE, MAX_LINES = 1_000, 10
"""Characters of each line of a row, and lines of a row. Otherwise one finding would leave no room for the others."""

_MARKUP = frozenset("\\`*_{}[]()#+-.!|~>$:")


def report_markdown(report: Report, pages: Sequence[Page]) -> str:
    """Return a heading, the findings by code, and a table of the first findings, as far as they fit."""
    text = f"### penstock check\n\n{plain(summary(report))}\n"
    if not report.findings:
        return text
    names = {page.code: page.name for page in pages}
    counts = Counter((each.code, each.severity) for each in report.findings)
    text += "\n| findings | severity | code |\n|---:|---|---|\n"
    for (code, severity), number in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        text += f"| {number:,} | {severity} | {code} {plain(names.get(code, ''))} |\n"
    text += "\n| place | finding |\n|---|---|\n"
    rows = _rows(report.findings, MAX_CHARACTERS - len(text))
    left = len(report.findings) - len(rows)
    return text + "".join(rows) + (f"\nand {left:,} more\n" if left > 0 else "")


def _rows(findings: Sequence[Finding], most: int) -> list[str]:
    """Return the rows of the first findings that together have no more than some number of characters."""
    rows: list[str] = []
    for finding in findings:
        row = _row(finding)
        most -= len(row)
        if most < 0:
            break
        rows.append(row)
    return rows


def _row(finding: Finding) -> str:
    lines = [f"{finding.severity} {finding.code} {printable(finding.message)}", *details(finding)]
    lines[MAX_LINES:] = ["…"] if len(lines) > MAX_LINES else []
    return f"| {_cell(printable(str(finding.pos)))} | {'<br>'.join(map(_cell, lines))} |\n"


def _cell(line: str) -> str:
    return plain(line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…")


def plain(text: str) -> str:
    """Return a text in which nothing is markup, a link, a mention or a reference."""
    html = text.replace("&", "&amp;").replace("<", "&lt;")
    escaped = "".join(f"\\{character}" if character in _MARKUP else character for character in html)
    return escaped.replace("@", "&#64;")
