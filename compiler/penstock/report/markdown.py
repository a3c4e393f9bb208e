"""Findings as Markdown: for the step summary of GitHub Actions, or a comment on a pull request.

Nothing from the repository is markup: names and messages may hold anything.
"""

from collections import Counter
from collections.abc import Sequence

from penstock.findings import Finding, Page, Report
from penstock.report.text import summary
from penstock.report.wording import details
from penstock.words import printable

MAX_ROWS = 500
"""Findings that are shown. GitHub takes a summary of 1 MiB, and a comment of 65,536 characters."""

_MARKUP = frozenset("\\`*_{}[]()#+-.!|~>$:")


def report_markdown(report: Report, pages: Sequence[Page]) -> str:
    """Return a heading, the findings by code, and a table of the first `MAX_ROWS` findings."""
    text = f"### penstock check\n\n{plain(summary(report))}\n"
    if not report.findings:
        return text
    names = {page.code: page.name for page in pages}
    counts = Counter((each.code, each.severity) for each in report.findings)
    text += "\n| findings | severity | code |\n|---:|---|---|\n"
    for (code, severity), number in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        text += f"| {number:,} | {severity} | {code} {plain(names.get(code, ''))} |\n"
    text += "\n| place | finding |\n|---|---|\n"
    text += "".join(_row(finding) for finding in report.findings[:MAX_ROWS])
    left = len(report.findings) - MAX_ROWS
    return text + (f"\nand {left:,} more\n" if left > 0 else "")


def _row(finding: Finding) -> str:
    lines = [f"{finding.severity} {finding.code} {printable(finding.message)}", *details(finding)]
    return f"| {plain(printable(str(finding.pos)))} | {'<br>'.join(map(plain, lines))} |\n"


def plain(text: str) -> str:
    """Return a text in which nothing is markup, a link, a mention or a reference."""
    html = text.replace("&", "&amp;").replace("<", "&lt;")
    escaped = "".join(f"\\{character}" if character in _MARKUP else character for character in html)
    return escaped.replace("@", "&#64;")
