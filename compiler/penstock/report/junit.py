"""Findings as JUnit XML: a suite for the targets and one for each file, with a case for each target and each finding.

JUnit knows no severities. An error is a failure; warnings and infos are cases that pass and have an output; a target
that does not compile is skipped, since nothing else was looked at there.

GitLab tells cases of two branches apart by class, name and file, so that no name has a line in it. It makes a link of
`file`, which leads from the top of the repository.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from penstock.findings import Checked, Finding, Report
from penstock.report.wording import details, element
from penstock.words import printable

NAME = "penstock check"

Attributes = tuple[tuple[str, object], ...]


def report_junit(report: Report) -> str:
    """Return the document."""
    by_file = groupby(report.findings, key=lambda finding: finding.pos.path)
    suites = [_targets(report.targets), *(_file(path, list(found)) for path, found in by_file)]
    number = len(report.targets) + len(report.findings)
    counts: Attributes = (("tests", number), ("failures", report.count("error")), ("errors", 0), ("time", 0))
    root = element("testsuites", (("name", NAME), *counts))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{"".join(suites)}</testsuites>\n'


def _targets(targets: Sequence[Checked]) -> str:
    failed = sum(not target.compiles for target in targets)
    counts = (("tests", len(targets)), ("failures", 0), ("errors", 0), ("skipped", failed), ("time", 0))
    return _suite((("name", "targets"), *counts), (line for target in targets for line in _target(target)))


def _target(target: Checked) -> Iterator[str]:
    case = element("testcase", (("classname", "penstock.targets"), ("name", target.path), ("time", 0)))
    if target.compiles:
        yield f"<{case}/>"
    else:
        yield f'<{case}><skipped message="it does not compile, so nothing else was looked at"/></testcase>'


def _file(path: str, findings: Sequence[Finding]) -> str:
    failures = sum(finding.severity == "error" for finding in findings)
    counts = (("tests", len(findings)), ("failures", failures), ("errors", 0), ("skipped", 0), ("time", 0))
    names = _names(findings)
    cases = (line for finding, name in zip(findings, names, strict=True) for line in _finding(finding, name))
    return _suite((("name", path), *counts, ("file", path)), cases)


def _names(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a name for each finding of a file. Findings with the same words are told apart by their order."""
    seen: Counter[str] = Counter()
    for finding in findings:
        name = f"{finding.code} {finding.message}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _finding(finding: Finding, name: str) -> Iterator[str]:
    pos = finding.pos
    line = (("line", pos.line),) if pos.line else ()
    yield f"<{element('testcase', (('classname', pos.path), ('name', name), ('time', 0), ('file', pos.path), *line))}>"
    first = printable(f"{pos}: {finding.severity} {finding.code} {finding.message}")
    text = escape("\n".join((first, *details(finding))))
    if finding.severity == "error":
        yield f"  <{element('failure', (('type', finding.code), ('message', finding.message)))}>{text}</failure>"
    else:
        yield f"  <system-out>{text}</system-out>"
    yield "</testcase>"


def _suite(attributes: Attributes, lines: Iterator[str]) -> str:
    inside = "".join(f"    {line}\n" for line in lines)
    return f"  <{element('testsuite', attributes)}>\n{inside}  </testsuite>\n"
