"""Findings for people: `path:line:col: severity CODE message`, and below it what helps to mend it.

    base/deployment.yaml:18:9: error PS400 spec.template.spec.containers[0].imagepullPolicy: unknown field in Container
      hint: did you mean "imagePullPolicy"?
      in Deployment.apps/shop of dev, prod

Editors and terminals make the first part a link. For a reader at a terminal the findings are grouped by file:

    base/deployment.yaml (1 error)
      18:9: error PS400 spec.template.spec.containers[0].imagepullPolicy: unknown field in Container
        hint: did you mean "imagePullPolicy"?
        in Deployment.apps/shop of dev, prod

Nothing from the repository reaches the terminal as a control character.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from penstock.findings import SEVERITIES, Checked, Finding, Occurrence, Place, Report, at, gather
from penstock.model import Diagnostic, Pos
from penstock.words import printable, some_of

MAX_OF_A_CODE = 1_000
"""Findings of one code that are shown: more of them have one cause, and nobody reads them."""

MAX_OBJECTS = 5
"""Objects that one finding lists."""


def text(diagnostics: Sequence[Diagnostic], place: Place, everything: bool | None = None) -> str:
    """The findings of one target, without a summary; each line ends with a newline.

    Of one code, only the first `MAX_OF_A_CODE` are shown, and the others counted, unless `everything` is asked for
    (`--all`). None: the command does not have that option.
    """
    return _all(gather([Checked("", "", 0, frozenset(), diagnostics)], at(place)), everything)


def findings_text(report: Report, everything: bool | None = None) -> str:
    """Return the findings of a run without the summary."""
    return _all([_from_here(finding, report) for finding in report.findings], everything)


def grouped_text(report: Report, everything: bool | None = None) -> str:
    """Return the findings of a run file by file, without the summary."""
    shown, more = _selected([_from_here(finding, report) for finding in report.findings], everything)
    groups = [_group(path, list(found)) for path, found in groupby(shown, key=lambda each: each.pos.path)]
    return "".join(groups) + "".join(f"{line}\n" for line in more)


def _group(path: str, findings: Sequence[Finding]) -> str:
    """Return the lines of a file with its findings, and an empty line behind them."""
    lines = [f"{path} ({counts(findings)})"]
    lines += [f"  {line}" for finding in findings for line in _lines(finding, _place_in_file(finding.pos))]
    return "".join(f"{printable(line)}\n" for line in lines) + "\n"


def _place_in_file(pos: Pos) -> str:
    return f"{pos.line}:{pos.col}" if pos.line else "file"


def counts(findings: Iterable[Finding]) -> str:
    """Return how many findings of each severity there are, such as `2 errors, 1 info`."""
    found = Counter(finding.severity for finding in findings)
    return ", ".join(count(found[severity], severity) for severity in SEVERITIES if found[severity])


def _from_here(finding: Finding, report: Report) -> Finding:
    notes = tuple((_shown(pos, report), note) for pos, note in finding.notes)
    return finding._replace(pos=_shown(finding.pos, report), notes=notes)


def _shown(pos: Pos, report: Report) -> Pos:
    """Return a place, relative to the user's directory. A line that begins with `::` or `##[` would be a command in the
    log of GitHub Actions.
    """
    found = report.from_here(pos)
    begins = found.path.lstrip()[:1]
    return found._replace(path=f"./{found.path}") if begins in (":", "#") else found


def _all(findings: Sequence[Finding], everything: bool | None) -> str:
    shown, more = _selected(findings, everything)
    lines = [line for finding in shown for line in _lines(finding, str(finding.pos))]
    return "".join(f"{printable(line)}\n" for line in [*lines, *more])


def _selected(findings: Sequence[Finding], everything: bool | None) -> tuple[list[Finding], list[str]]:
    """Return the findings that are shown, and a line for each code that has more."""
    if everything:
        return list(findings), []
    shown: list[Finding] = []
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MAX_OF_A_CODE:
            shown.append(finding)
    hint = "" if everything is None else "; --all shows them"
    more = {code: number - MAX_OF_A_CODE for code, number in sorted(seen.items()) if number > MAX_OF_A_CODE}
    return shown, [f"and {number:,} more {code}{hint}" for code, number in more.items()]


def _left_out(report: Report) -> list[str]:
    """Return what was not looked at: targets that do not compile, and those that are not rendered."""
    left = [f"{report.failed} of them {'does' if report.failed == 1 else 'do'} not compile"] if report.failed else []
    if report.not_rendered:
        left.append(f"{report.not_rendered} {'is' if report.not_rendered == 1 else 'are'} not rendered")
    return left


def summary(report: Report) -> str:
    """Return a summary such as `2 targets, 4 objects, 3 errors, 1 warning`."""
    targets = count(len(report.targets), "target")
    if report.not_reached:
        targets = f"{len(report.targets)} of {count(len(report.targets) + report.not_reached, 'target')}"
    left = _left_out(report)
    if left:
        targets += f" ({', '.join(left)})"
    words = [found] if (found := counts(report.findings)) else []
    if not report.count("error") and not report.count("warning"):
        words.insert(0, "no new findings" if report.hidden.known or report.not_reached else "no findings")
    return ", ".join([targets, _objects_in(report), *words, *hidden(report)])


def _objects_in(report: Report) -> str:
    """Return how many objects there are. Those that were not checked against a schema are counted, whatever is
    hidden.
    """
    objects = count(report.objects, "object")
    return f"{objects} ({report.without_schema:,} without a schema)" if report.without_schema else objects


def hidden(report: Report) -> list[str]:
    """Return how many findings are not shown, such as `2 suppressed` and `14 known`."""
    return [f"{number:,} {word}" for word, number in zip(_HIDDEN, report.hidden, strict=True) if number]


_HIDDEN = ("suppressed", "known", "not asked for")
"""What the summary calls the fields of `Hidden`."""


def by_code(report: Report, names: Mapping[str, str]) -> str:
    """Return how many findings there are of each code, the most frequent code first."""
    counts = Counter((each.code, each.severity) for each in report.findings)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return "".join(
        f"{number:6,} {severity:7} {code} {names.get(code, '')}".rstrip() + "\n" for (code, severity), number in ordered
    )


def count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _lines(finding: Finding, place: str) -> list[str]:
    """Return the lines of a finding. The first one begins with its place."""
    lines = [f"{place}: {finding.severity} {finding.code} {finding.message}"]
    lines += [f"  {pos}: {note}" for pos, note in finding.notes]
    if finding.hint:
        lines.append(f"  hint: {finding.hint}")
    return lines + _objects(finding.occurrences)


def _objects(occurrences: Sequence[Occurrence]) -> list[str]:
    """Return the objects of a finding with their targets, such as ` in Deployment.apps/shop of dev, prod`."""
    targets: dict[str, list[str]] = {}
    for target, resource in occurrences:
        names = targets.setdefault(str(resource or ""), [])
        if target and target not in names:
            names.append(target)
    lines = [_where(name, some_of(names)) for name, names in [*targets.items()][:MAX_OBJECTS] if name or names]
    if len(targets) > MAX_OBJECTS:
        lines.append(f"  and in {count(len(targets) - MAX_OBJECTS, 'more object')}")
    return lines


def _where(resource: str, targets: str) -> str:
    if resource and targets:
        return f"  in {resource} of {targets}"
    return f"  in {resource or targets}"
