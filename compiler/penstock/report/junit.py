"""Findings as JUnit XML: a case for each target, which fails where it does not compile, and one for each finding.

JUnit knows no severities. An error is a failure; warnings and infos are cases that pass and have an output.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from penstock.findings import Checked, Finding, Report
from penstock.report.wording import details, element
from penstock.words import printable


def report_junit(report: Report) -> str:
    """The document."""
    lines = [line for target in report.targets for line in _target(target)]
    lines += [line for finding in report.findings for line in _finding(report, finding)]
    number = len(report.targets) + len(report.findings)
    counts = (("tests", number), ("failures", report.count("error")), ("errors", 0), ("skipped", 0), ("time", 0))
    suite = element("testsuite", (("name", "penstock check"), *counts))
    suites = element("testsuites", (("name", "penstock check"), *counts[:3], counts[-1]))
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{suites}>\n  <{suite}>\n'
    return head + "".join(f"    {line}\n" for line in lines) + "  </testsuite>\n</testsuites>\n"


def _target(target: Checked) -> Iterator[str]:
    """A target that does not compile has findings that say why; they are the failures."""
    yield f"<{element('testcase', (('classname', 'penstock.targets'), ('name', target.path), ('time', 0)))}/>"


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    pos = report.from_here(finding.pos)
    name = f"{finding.code} {finding.message} (line {pos.line})" if pos.line else f"{finding.code} {finding.message}"
    yield f"<{element('testcase', (('classname', pos.path), ('name', name), ('time', 0)))}>"
    text = escape(
        "\n".join((printable(f"{pos}: {finding.severity} {finding.code} {finding.message}"), *details(finding)))
    )
    if finding.severity == "error":
        yield f"  <{element('failure', (('type', finding.code), ('message', finding.message)))}>{text}</failure>"
    else:
        yield f"  <system-out>{text}</system-out>"
    yield "</testcase>"
