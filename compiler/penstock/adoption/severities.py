"""`rules:` of penstock.yaml: another severity for a code, or `off`, everywhere or below some paths.

A finding that keeps a target from being compiled stays an error, since nothing else was looked at in that target.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from penstock.adoption.selectors import ALL_CODES, Codes, code_of, meant
from penstock.findings import Finding
from penstock.model import Pos, Severity
from penstock.patterns import PatternTable
from penstock.records import NamedTuple
from penstock.words import Nearest, shortened

Matches = Callable[[str], bool]
"""Whether a path is meant, or lies below a directory that is."""


class SeverityRule(NamedTuple):
    """One entry of `rules:`. `word` stands for codes as in `selectors`, `beginning` is a pattern of all paths that
    match, and `place` returns the place of the entry, which is looked for only if something is said about it.
    """

    word: str
    beginning: str
    matches: Matches
    severity: Severity | Literal["off"]
    place: Callable[[], Pos]


MOST_UNKNOWN = 1_000
"""The findings about entries whose words stand for nothing."""


Ordered = Sequence[tuple[str, SeverityRule]]
"""Rules with the codes for which they stand, or with their beginning. The first one that fits counts."""


def in_order_of_use(rules: Iterable[SeverityRule], codes: Codes) -> Ordered:
    """Return the rules that stand for something: the most specific entry counts (`PS401` rather than `PS4`), and among
    several the first one whose path matches.
    """
    by_beginning = [(code_of(rule.word, codes), rule) for rule in rules]
    return sorted((each for each in by_beginning if each[0]), key=lambda each: -len(each[0]))


def with_severities(findings: Iterable[Finding], rules: Ordered) -> list[Finding]:
    """Return the findings with the severities of the rules, without those that are off."""
    return list(_judged(findings, rules)) if rules else list(findings)


def _judged(findings: Iterable[Finding], rules: Ordered) -> Iterator[Finding]:
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
    """Yield a finding for each entry whose word stands for no code, since such an entry would silently do nothing.

    Behind a bound, one finding counts the others.
    """
    search = Nearest()
    unknown = [rule for rule in rules if not code_of(rule.word, codes)]
    for rule in unknown[:MOST_UNKNOWN]:
        yield _unknown(rule, f"there is no finding {shortened(rule.word)}", meant(rule.word, codes, search))
    further = unknown[MOST_UNKNOWN:]
    if further:
        yield _unknown(further[0], f"there is no finding for {len(further):,} entries from here on", ALL_CODES)


def _unknown(rule: SeverityRule, message: str, hint: str) -> Finding:
    where = rule.place()
    return Finding("PS115", "error", message, where, hint, (), (), where, stops="configuration")
