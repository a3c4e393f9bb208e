"""`rules:` of penstock.yaml: another severity for a code, or `off`, everywhere or below some paths.

A finding that keeps a target from being compiled stays an error, since nothing else was looked at in that target.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from penstock.adoption.selectors import Codes, code_of, meant
from penstock.findings import Finding
from penstock.model import Pos, Severity
from penstock.patterns import PatternTable
from penstock.records import NamedTuple
from penstock.words import Nearest, shortened

Matches = Callable[[str], bool]
"""Whether a path is meant, or lies below a directory that is."""


class SeverityRule(NamedTuple):
    """One entry of `rules:`. `word` stands for codes as in `selectors`, `beginning` is a pattern of all paths that
    match, and `where` is the place of the entry.
    """

    word: str
    beginning: str
    matches: Matches
    severity: Severity | Literal["off"]
    where: Pos


def with_severities(findings: Iterable[Finding], rules: Sequence[SeverityRule], codes: Codes) -> list[Finding]:
    """Return the findings with the severities of the rules, without those that are off.

    The most specific entry counts (`PS401` rather than `PS4`), and among several the first one whose path matches.
    """
    by_beginning = [(code_of(rule.word, codes), rule) for rule in rules]
    ordered = sorted((each for each in by_beginning if each[0]), key=lambda each: -len(each[0]))
    return list(_judged(findings, ordered)) if ordered else list(findings)


def _judged(findings: Iterable[Finding], rules: Sequence[tuple[str, SeverityRule]]) -> Iterator[Finding]:
    table = PatternTable(((f"{code}*", rule.beginning), rule) for code, rule in rules)
    for finding in findings:
        severity = finding.severity if finding.stops else _severity(finding, table)
        if severity != "off":
            yield finding._replace(severity=severity)


def _severity(finding: Finding, rules: PatternTable[SeverityRule]) -> Severity | Literal["off"]:
    for rule in rules.candidates((finding.code, finding.pos.path)):
        if rule.matches(finding.pos.path):
            return rule.severity
    return finding.severity


def unknown_codes(rules: Iterable[SeverityRule], codes: Codes) -> Iterator[Finding]:
    """Yield a finding for each entry whose word stands for no code, since such an entry would silently do nothing."""
    search = Nearest()
    for rule in rules:
        if not code_of(rule.word, codes):
            message = f"there is no finding {shortened(rule.word)}"
            hint = meant(rule.word, codes, search)
            yield Finding("PS115", "error", message, rule.where, hint, (), (), rule.where, stops="configuration")
