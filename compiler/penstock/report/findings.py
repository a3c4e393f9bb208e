"""Diagnostics of several targets → a report: each finding once, at its line, with the objects that have it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from penstock.model import Blame, Diagnostic, Origin, Pos, ResourceId, Severity

Place = Callable[[Origin | Pos], Pos]
"""Where something is written; `parse.locate` knows."""


class Checked(NamedTuple):
    """One target and what was found in it. `objects` is how many it has; none where it does not compile (`failed`, as
    in `Compiled`).
    """

    path: str
    environment: str
    objects: int
    failed: frozenset[Blame]
    diagnostics: Sequence[Diagnostic]

    @property
    def compiles(self) -> bool:
        return not self.failed


class Occurrence(NamedTuple):
    """An object that has the finding (None: it is about a file), and the target of the object (empty: about none)."""

    target: str
    resource: ResourceId | None


class Finding(NamedTuple):
    """What is the same for all its occurrences: a base that three overlays use is reported once."""

    code: str
    severity: Severity
    message: str
    pos: Pos
    hint: str
    notes: tuple[tuple[Pos, str], ...]
    occurrences: tuple[Occurrence, ...]


class Report(NamedTuple):
    """All that a run of `check` has to say. `kubernetes` is the version that was checked for."""

    kubernetes: str
    targets: tuple[Checked, ...]
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def objects(self) -> int:
        return sum(target.objects for target in self.targets)

    @property
    def failed(self) -> int:
        """How many targets do not compile."""
        return sum(not target.compiles for target in self.targets)


def report(
    kubernetes: str, targets: Iterable[Checked], place: Place, about_no_target: Sequence[Diagnostic] = ()
) -> Report:
    """Put the findings of all targets together, in the order of files and lines."""
    checked = tuple(targets)
    return Report(kubernetes, checked, gather((_of_no_target(about_no_target), *checked), place))


def _of_no_target(diagnostics: Sequence[Diagnostic]) -> Checked:
    return Checked("", "", 0, frozenset(), diagnostics)


def gather(targets: Iterable[Checked], place: Place) -> tuple[Finding, ...]:
    """Findings with the same code, position and message are one; hint and notes are those of the first."""
    targets = tuple(targets)
    where = _places(targets, place)
    found: dict[tuple[Pos, str, str, Severity], tuple[Diagnostic, list[Occurrence]]] = {}
    for target in targets:
        for each in target.diagnostics:
            key = (where[each.where], each.code, each.message, each.severity)
            occurrences = found.setdefault(key, (each, []))[1]
            occurrence = Occurrence(target.path, each.resource)
            if occurrence not in occurrences[-1:]:
                occurrences.append(occurrence)
    return tuple(
        _finding(key[0], first, occurrences, where) for key, (first, occurrences) in sorted(found.items(), key=_key)
    )


def _places(targets: Iterable[Checked], place: Place) -> dict[Origin | Pos, Pos]:
    """Where everything is written: each place is looked for once, file by file and document by document."""
    diagnostics = [each for target in targets for each in target.diagnostics]
    found = {each.where for each in diagnostics} | {other for each in diagnostics for other, _ in each.notes}
    return {each: place(each) for each in sorted(found, key=_document)}


def _document(where: Origin | Pos) -> tuple[str, int]:
    return where.path, where.doc if isinstance(where, Origin) else 0


def _key(item: tuple[tuple[Pos, str, str, Severity], object]) -> tuple[Pos, str, str, Severity]:
    return item[0]


def _finding(pos: Pos, first: Diagnostic, occurrences: list[Occurrence], where: Mapping[Origin | Pos, Pos]) -> Finding:
    notes = tuple((where[origin], text) for origin, text in first.notes)
    return Finding(first.code, first.severity, first.message, pos, first.hint, notes, tuple(occurrences))
