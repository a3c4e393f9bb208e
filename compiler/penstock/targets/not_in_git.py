"""Files that are not here because `.gitignore` leaves them out: those who have them can compile what needs them."""

import posixpath
from collections.abc import Iterator, Sequence
from itertools import islice

from penstock.definitions.flux.ignored import MAX_RULES, Ignored, Rule, rules_in
from penstock.model import Diagnostic, Origin
from penstock.parse.project import Project
from penstock.words import LOOKED_FOR

FILE = ".gitignore"

MOST = 1_000_000
"""The most bytes of a file `.gitignore` that are read."""


def without_ignored(project: Project, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings, with an info for each file that is missing because `.gitignore` leaves it out."""
    return [_ignored(project, each) if _is_missing(each) else each for each in findings]


def _is_missing(finding: Diagnostic) -> bool:
    return finding.code == "PS101" and finding.hint.startswith(LOOKED_FOR)


def _ignored(project: Project, finding: Diagnostic) -> Diagnostic:
    rule = _rules(project).rule_for(finding.hint.removeprefix(LOOKED_FOR))
    if rule is None or rule.where is None:
        return finding
    message = f"{finding.message}, since git leaves it out: not compiled"
    hint = "check it where these files are"
    return finding._replace(severity="info", message=message, notes=((rule.where, f"by `{rule.text}`"),), hint=hint)


def _rules(project: Project) -> Ignored:
    if without_ignored not in project.memo:
        project.memo[without_ignored] = Ignored([*islice(_rules_of_files(project), MAX_RULES)])
    rules: Ignored = project.memo[without_ignored]
    return rules


def _rules_of_files(project: Project) -> Iterator[Rule]:
    """Yield the rules of all files `.gitignore`, those of a directory before those of the directories in it."""
    found = [path for path in project.walk(".") if posixpath.basename(path) == FILE]
    for path in sorted(found, key=lambda path: path.split("/")[:-1]):
        data = project.inside(path) or b""
        yield from rules_in(data[:MOST].decode(errors="replace"), posixpath.dirname(path) or ".", Origin(path))
