"""Diagnostics of several targets become findings: each is reported once, at its line, with the objects that have it.

A finding has a fingerprint, by which it is recognized after lines have moved: in a baseline, in the report of an
earlier commit, and in the systems that read reports.
"""

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

from penstock.model import Blame, Diagnostic, Origin, Pos, ResourceId, Severity, Spot
from penstock.records import NamedTuple
from penstock.regex import regex

Place = Callable[[Origin | Pos], Pos]
"""Where something is written; `parse.locate` knows."""

Spots = Callable[[Origin | Pos], Spot]
"""The same, with what is written there."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The gravest first."""

ABOUT_KINDS = frozenset(("PS405", "PS409", "PS724"))
"""What is said once about all objects of a kind, at one of them: which one that is does not matter."""

ABOUT_OBJECTS = frozenset(("PS301", "PS302", "PS303"))
"""What is said once about objects that may be elsewhere if it is only an info, however many objects refer to them."""


def is_said_once(finding: "Diagnostic | Finding") -> bool:
    """Return whether a finding is one for all objects that have it, wherever they are written."""
    if finding.code in ABOUT_OBJECTS:
        return finding.severity == "info" and not finding.notes  # a note is about one place
    return finding.code in ABOUT_KINDS


NOT_RENDERED = "PS631"
"""What an Application builds cannot be rendered here: it comes to no objects, and nothing has looked at any."""

LEFT_OUT = ("PS137", "PS193", "PS628", NOT_RENDERED, "PS634", "PS724")
"""The codes of findings which say that some objects are not made here, so that nothing is known of them."""


SET_ASIDE = "name the folder under `exclude:` in penstock.yaml"
"""The hint of infos about what is kept, read or copied, and not deployed."""


def left_out(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings about objects that are not made here."""
    return [finding for finding in findings if finding.code in LEFT_OUT]


class Checked(NamedTuple):
    """One target and the findings about it.

    `objects` is the number of its objects, which is zero if the target does not compile (`failed`, as in `Compiled`).
    `without_schema` is the number of objects that could not be checked against a schema.
    """

    path: str
    environment: str
    objects: int
    failed: frozenset[Blame]
    diagnostics: Sequence[Diagnostic]
    without_schema: int = 0

    @property
    def compiles(self) -> bool:
        return not self.failed

    @property
    def is_rendered(self) -> bool:
        """Whether the objects of the target have been looked at. If not, it has none, and that is no statement about
        it.
        """
        return self.objects > 0 or all(finding.code != NOT_RENDERED for finding in self.diagnostics)


class Occurrence(NamedTuple):
    """An object that has the finding, with its target. The object is None if the finding is about a file; the target is
    empty if it is about none.
    """

    target: str
    resource: ResourceId | None


class Finding(NamedTuple):
    """The part of a finding that is the same for all its occurrences: a mistake in a base that three overlays use is
    reported once.

    It reaches from `pos` up to `end`, the place behind its last character. `subject` and `field` are those of `Spot`.
    `stops` is the blame of `Diagnostic` if the finding is an error that keeps a target from being compiled.
    """

    code: str
    severity: Severity
    message: str
    pos: Pos
    hint: str
    notes: tuple[tuple[Pos, str], ...]
    occurrences: tuple[Occurrence, ...]
    end: Pos = Pos("")
    subject: str = ""
    field: str = ""
    stops: Blame | None = None


class Hidden(NamedTuple):
    """The numbers of findings that a report leaves out, by reason."""

    suppressed: int = 0
    known: int = 0
    """Those that the baseline has, or the commit that is compared with."""
    unselected: int = 0


class Page(NamedTuple):
    """The page of the manual about a code. The text is Markdown, and its first line states what is right."""

    code: str
    name: str
    text: str


class Report(NamedTuple):
    """Everything that a run of `check` reports.

    `kubernetes` is the version against which the objects were checked. Paths lead from the top of the repository, and
    `here` is the directory of the user. `not_reached` is the number of targets that were not judged, since the change
    under review cannot concern them.
    """

    kubernetes: str
    targets: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    hidden: Hidden = Hidden()
    here: str = "."
    not_reached: int = 0
    columns: Mapping[Pos, int] = {}
    """The column in bytes of UTF-8, of places where it is not the column in characters; where a report needs it."""

    def from_here(self, pos: Pos) -> Pos:
        """Return a place for people: its path leads from the directory of the user."""
        if self.here == "." or pos.path.startswith("//") or posixpath.isabs(pos.path):
            return pos
        return pos._replace(path=posixpath.relpath(pos.path, self.here))

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def objects(self) -> int:
        return sum(target.objects for target in self.targets)

    @property
    def without_schema(self) -> int:
        return sum(target.without_schema for target in self.targets)

    @property
    def failed(self) -> int:
        """The number of targets that do not compile."""
        return sum(not target.compiles for target in self.targets)

    @property
    def not_rendered(self) -> int:
        """The number of targets that compile, but could not be rendered."""
        return sum(target.compiles and not target.is_rendered for target in self.targets)

    @property
    def gaps(self) -> str:
        """Return why some findings may not have been found, as a clause; empty if all targets were judged."""
        if self.failed:
            return "1 target does not compile" if self.failed == 1 else f"{self.failed:,} targets do not compile"
        number = self.not_rendered
        if number:
            return "1 target is not rendered" if number == 1 else f"{number:,} targets are not rendered"
        return ""


def report(
    kubernetes: str, targets: Iterable[Checked], spots: Spots, about_no_target: Sequence[Diagnostic] = ()
) -> Report:
    """Put the findings of all targets together, in the order of files and lines."""
    checked = tuple(targets)
    return Report(kubernetes, checked, gather((_of_no_target(about_no_target), *checked), spots))


def in_bytes(report: Report, read: Callable[[str], bytes | None]) -> Report:
    """Return the report with its columns counted in bytes of UTF-8. `read` gives the bytes of a file."""
    places = {pos for each in report.findings for pos in (each.pos, each.end, *(note for note, _ in each.notes))}
    columns: dict[Pos, int] = {}
    for path in {pos.path for pos in places if pos.col > 1}:
        data = read(path) or b""
        # In ASCII, a character is a byte.
        lines = [] if data.isascii() else data.split(b"\n")
        for pos in places:
            if pos.path == path and 0 < pos.line <= len(lines):
                before = lines[pos.line - 1].decode(errors="replace")[: pos.col - 1]
                columns[pos] = pos.col + len(before.encode()) - len(before)
    return report._replace(columns=columns)


def at(place: Place) -> Spots:
    """Return a `Spots` that knows only where something begins: each spot ends where it starts."""

    def spot(where: Origin | Pos) -> Spot:
        pos = place(where)
        return Spot(pos, pos)

    return spot


def _of_no_target(diagnostics: Sequence[Diagnostic]) -> Checked:
    return Checked("", "", 0, frozenset(), diagnostics)


def gather(targets: Iterable[Checked], spots: Spots) -> tuple[Finding, ...]:
    """Join the findings that have the same code, position and message. Hint and notes are those of the first one.

    A finding about all objects of a kind is one finding whatever the positions; it stands at the first object.
    """
    targets = tuple(targets)
    firsts = _firsts(targets)
    where = _places(targets, firsts, spots)
    found: dict[_Key, _Gathered] = {}
    for target in targets:
        for each in target.diagnostics:
            place = firsts[each.code, each.message] if is_said_once(each) else each.where
            key = (where[place].start, each.code, each.message, each.severity)
            found.setdefault(key, _Gathered(each, [])).add(target, each)
    failed = {target.path for target in targets if not target.compiles}
    return tuple(_finding(gathered, where, failed) for _, gathered in sorted(found.items(), key=_key))


_Key = tuple[Pos, str, str, Severity]


class _Gathered(NamedTuple):
    first: Diagnostic
    occurrences: list[Occurrence]

    def add(self, target: Checked, diagnostic: Diagnostic) -> None:
        """Note the objects of a diagnostic. An object is named once, however many of its fields have the finding."""
        for resource in (diagnostic.resource, *diagnostic.others):
            occurrence = Occurrence(target.path, resource)
            if occurrence not in self.occurrences[-1:]:
                self.occurrences.append(occurrence)


def _firsts(targets: Iterable[Checked]) -> dict[tuple[str, str], Origin | Pos]:
    """Return the first place of each message that is about all objects of a kind."""
    firsts: dict[tuple[str, str], Origin | Pos] = {}
    for target in targets:
        for each in target.diagnostics:
            if is_said_once(each):
                firsts.setdefault((each.code, each.message), each.where)
    return firsts


def _places(
    targets: Iterable[Checked], firsts: Mapping[tuple[str, str], Origin | Pos], spots: Spots
) -> dict[Origin | Pos, Spot]:
    """Return the spot of every origin. Each one is looked for once, file by file and document by document."""
    diagnostics = [each for target in targets for each in target.diagnostics if not is_said_once(each)]
    found = {each.where for each in diagnostics} | {other for each in diagnostics for other, _ in each.notes}
    found |= set(firsts.values())
    return {each: spots(each) for each in sorted(found, key=_document)}


def _document(where: Origin | Pos) -> tuple[str, int]:
    return where.path, where.doc if isinstance(where, Origin) else 0


def _key(item: tuple[_Key, object]) -> _Key:
    return item[0]


def _message(first: Diagnostic, objects: int) -> str:
    return f"{first.message} ({objects_in_words(objects)})" if first.code in ABOUT_KINDS else first.message


def _finding(gathered: _Gathered, where: Mapping[Origin | Pos, Spot], failed: set[str]) -> Finding:
    first, occurrences = gathered
    spot = where[first.where]
    is_of_a_failed_target = any(each.target in failed for each in occurrences)
    stops = first.severity == "error" and (is_of_a_failed_target or first.blame == "configuration")
    return Finding(
        first.code,
        first.severity,
        _message(first, len(occurrences)),
        spot.start,
        first.hint,
        tuple((where[origin].start, text) for origin, text in first.notes),
        tuple(occurrences),
        spot.end,
        spot.subject,
        spot.field,
        first.blame if stops else None,
    )


def objects_in_words(number: int) -> str:
    return "1 object" if number == 1 else f"{number:,} objects"


class Identity(NamedTuple):
    """What identifies a finding: its code, its place, and the values that its message names.

    The words of the message are not part of it, so a message can be improved without making old findings new.
    """

    code: str
    path: str
    object: str
    field: str
    values: str


_HASH = regex(r"-[24-9bcdfghkmt]{10}\b")
"""What Kustomize puts behind the name of an object that it generates."""

_NUMBER = regex(r"\d+")

_QUOTED = regex(r"""\"([^"]*)\"|`([^`]*)`|(?<!\w)'([^']*)'(?!\w)""")

_WORD = regex(r"[A-Za-z]?[a-z']*|[A-Z]+|[#\W_]*")
"""What a sentence has besides values: a word of English, an abbreviation, a number, a sign."""


def identity(finding: Finding) -> Identity:
    """Return what identifies a finding, wherever its line is now."""
    if is_said_once(finding):
        return Identity(finding.code, "", "", "", values_in(finding.message))
    return Identity(finding.code, finding.pos.path, finding.subject, finding.field, values_in(finding.message))


def without_numbers(message: str) -> str:
    """Return a message without the parts that change when something is added elsewhere: numbers, and the hashes of
    generated names.
    """
    return _NUMBER.sub("#", _HASH.sub("-#", message))


def values_in(message: str) -> str:
    """Return the values that a message names, in alphabetical order. These are the words in quotes, and words that are
    not English.

    The message `spec.env[3]: no ConfigMap "settings" has it` names `ConfigMap`, `settings` and `spec.env[#]`.
    """
    text = without_numbers(message)
    quoted = {"".join(parts) for parts in _QUOTED.findall(text)}
    words = (word.strip("(),:;.'") for word in _QUOTED.sub(" ", text).split())
    return " ".join(sorted(quoted | {word for word in words if not _WORD.fullmatch(word)}))


def fingerprints(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the fingerprint of each finding. Findings with the same identity are told apart by their order."""
    from penstock.digests import blake2b  # only where findings are compared

    seen: Counter[Identity] = Counter()
    for finding in findings:
        own = identity(finding)
        seen[own] += 1
        words = "\0".join((*own, str(seen[own])))
        yield blake2b(words.encode(errors="surrogateescape"), digest_size=16).hexdigest()


def matched_elsewhere(
    findings: Iterable[Diagnostic], codes: Set[str], elsewhere: Set[Origin | Pos]
) -> list[Diagnostic]:
    """Turn findings into infos if they are about entries that match nothing in one target, and match in another target
    that shares them. `codes` are the codes of such findings. An entry for any object of a kind is meant to match only
    where there is one: what is an info about it already is left out.
    """
    about = [(each, each.code in codes and each.where in elsewhere) for each in findings]
    return [_matched(each) if is_matched else each for each, is_matched in about if not is_matched or _counts(each)]


MATCHED = "; another target that shares it has a match"


def _counts(finding: Diagnostic) -> bool:
    return finding.severity != "info" or finding.message.endswith(MATCHED)


def _matched(finding: Diagnostic) -> Diagnostic:
    message = finding.message.removesuffix(MATCHED)
    return finding._replace(severity="info", message=f"{message}{MATCHED}")
