"""Suppressions: findings that a team has looked at and settled, each with a reason. They stand in a comment, in an
annotation, or in penstock.yaml.

A suppression that no finding needs any more is a finding itself. So is one without a reason, since the next reader
could not tell whether it still holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from penstock.adoption.selectors import Codes, code_of, meant
from penstock.findings import Finding, Occurrence
from penstock.model import Pos, ResourceId, Severity
from penstock.patterns import PatternTable
from penstock.records import NamedTuple
from penstock.words import Nearest

ANNOTATION = "penstock.dev/ignore"
"""The annotation; each line of its value is a suppression: `PS401,PS404 the reason`."""


MOST_WORDS = 1_000
"""The largest number of codes in one suppression that count. There are fewer codes than that."""


class Suppression(NamedTuple):
    """The codes that are settled, as they are written (`PS401,wrong-type`), the reason, and the place of the
    suppression.

    `is_sure` says that a person meant it to be one; text within a scalar may be anything.
    """

    words: tuple[str, ...]
    reason: str
    where: Pos
    is_sure: bool = True
    is_beyond: bool = False
    """Whether this is the first of those that are too many for a file. It settles nothing."""


class Configured(NamedTuple):
    """An entry of penstock.yaml, with the patterns for objects and for the paths of files.

    `patterns` are those of kind, namespace, name and path by which an entry is found, in which `*` stands for anything.
    """

    suppression: Suppression
    patterns: tuple[str, str, str, str]
    matches_object: Callable[[ResourceId], bool] | None
    """None: whatever the object, and where there is none."""
    matches_path: Callable[[str], bool]


class Suppressions(NamedTuple):
    """All suppressions of a run: by path and line, by target and object, and those of penstock.yaml."""

    by_line: Mapping[tuple[str, int], Sequence[Suppression]]
    by_object: Mapping[Occurrence, Sequence[Suppression]]
    configured: Sequence[Configured]

    def all(self) -> list[Suppression]:
        """All suppressions, each once, in the order of their places. An annotation of a base is one, however many
        objects have it.
        """
        found = [each for group in (*self.by_line.values(), *self.by_object.values()) for each in group]
        found += [each.suppression for each in self.configured]
        return sorted(set(found), key=lambda each: each.where)


def written(text: str, where: Pos, is_sure: bool = True) -> Suppression:
    """Return the suppression that a text holds: codes separated by commas, and the reason behind a space."""
    codes, _, reason = text.strip().partition(" ")
    words = dict.fromkeys(word.strip() for word in codes.split(",") if word.strip())
    return Suppression(tuple(words)[: MOST_WORDS + 1], reason.strip(), where, is_sure)


def beyond(where: Pos) -> Suppression:
    """Return what stands for all suppressions of a file that are too many."""
    return Suppression((), "", where, is_beyond=True)


class Settled(NamedTuple):
    """The findings that are left, the number of settled ones, and the suppressions that have settled a finding."""

    findings: list[Finding]
    number: int
    used: frozenset[tuple[Suppression, str]]


def settle(findings: Sequence[Finding], suppressions: Suppressions, codes: Codes) -> Settled:
    """Take out the findings that are settled. A finding about several objects stays with those for which it is not."""
    settling = _Settling(
        suppressions, {word: code_of(word, codes) for each in suppressions.all() for word in each.words}
    )
    left: list[Finding] = []
    for finding in findings:
        is_ours = finding.stops == "configuration"  # penstock.yaml could not be read: nothing it says may count
        occurrences = finding.occurrences if is_ours else settling.unsettled(finding)
        if occurrences is not None:
            left.append(finding._replace(occurrences=occurrences))
    return Settled(left, len(findings) - len(left), frozenset(settling.used))


class _Settling:
    """The suppressions at work. `codes` has the codes for which each of their words stands."""

    def __init__(self, suppressions: Suppressions, codes: Mapping[str, str]) -> None:
        self._suppressions = suppressions
        self._configured = PatternTable((each.patterns, each) for each in suppressions.configured)
        self._codes = codes
        self.used: set[tuple[Suppression, str]] = set()

    def unsettled(self, finding: Finding) -> tuple[Occurrence, ...] | None:
        """Return the occurrences that no suppression settles, or None where all of them are settled."""
        occurrences = finding.occurrences or (Occurrence("", None),)  # what is about no target has a place all the same
        left = tuple(each for each in occurrences if not self._settles(finding, each))
        if not left:
            return None
        return left if finding.occurrences else ()

    def _settles(self, finding: Finding, occurrence: Occurrence) -> bool:
        takers = [
            (each, word)
            for each in self._about(finding, occurrence)
            for word in each.words
            if self._codes[word] and finding.code.startswith(self._codes[word])
        ]
        self.used.update(takers)
        return bool(takers)

    def _about(self, finding: Finding, occurrence: Occurrence) -> Iterator[Suppression]:
        """Yield the suppressions that are about the place or the object of a finding, whatever their codes."""
        yield from self._suppressions.by_line.get((finding.pos.path, finding.pos.line), ())
        yield from self._suppressions.by_object.get(occurrence, ())
        resource = occurrence.resource
        words = (resource.kind, resource.namespace, resource.name) if resource else ("", "", "")
        for each in self._configured.candidates((*words, finding.pos.path)):
            fits = each.matches_object is None or (resource is not None and each.matches_object(resource))
            if fits and each.matches_path(finding.pos.path):
                yield each.suppression


def complaints(suppressions: Iterable[Suppression], codes: Codes) -> Iterator[Finding]:
    """Yield the findings about suppressions themselves, whether they are used or not."""
    search = Nearest()
    for each in suppressions:
        if each.is_sure:
            yield from _complaints_about(each, codes, search)


def _complaints_about(suppression: Suppression, codes: Codes, search: Nearest) -> Iterator[Finding]:
    words, finding = suppression.words, _finding_about(suppression)
    if suppression.is_beyond:
        message = "this file has more suppressions than may be in one, and this and the ones below do not count"
        yield finding("PS471", message, "settle them for the whole file, under `suppress:` of penstock.yaml")
        return
    if not words:
        yield finding("PS471", "this suppression names no code", "write `ignore=PS401` and the reason")
        return
    if len(words) > MOST_WORDS:
        message = f"this suppression names more than {MOST_WORDS:,} codes, of which only the first count"
        yield finding("PS471", message, "name the beginning of codes, such as PS4")
        return
    for word in words:
        if not code_of(word, codes):
            yield finding("PS471", f"this suppression names {word}, which is no code", meant(word, codes, search))
    if not suppression.reason:
        message = f"this suppression of {', '.join(words)} gives no reason"
        yield finding("PS471", message, "write the reason behind the codes")


def unused(
    suppressions: Iterable[Suppression], used: frozenset[tuple[Suppression, str]], codes: Codes, gaps: str = ""
) -> list[Finding]:
    """Return a finding for each code of a suppression that no finding needs.

    `gaps` says why some findings may not have been found; then it is not certain that the suppression has no use.
    """
    severity: Severity = "info" if gaps else "warning"
    hint = "keep the suppression until all targets compile" if gaps else "take the suppression out"
    why = f", but {gaps}" if gaps else ""
    found: list[Finding] = []
    for each in suppressions:
        finding = _finding_about(each)
        words = _unused_words(each, used, codes)
        found += [finding("PS470", f"nothing has the finding {word} here{why}", hint, severity) for word in words]
    return found


def _unused_words(suppression: Suppression, used: frozenset[tuple[Suppression, str]], codes: Codes) -> list[str]:
    """Return the codes of a suppression that hide nothing, as they are written."""
    words = suppression.words if suppression.is_sure else ()
    return [word for word in words if code_of(word, codes) and (suppression, word) not in used]


def _finding_about(suppression: Suppression) -> Callable[..., Finding]:
    """Return the function that makes the findings about a suppression. They share the text that tells it from others,
    which may be long.
    """
    where, field = suppression.where, ",".join(suppression.words)

    def finding(code: str, message: str, hint: str, severity: Severity = "error") -> Finding:
        return Finding(code, severity, message, where, hint, (), (), where, field=field)

    return finding
