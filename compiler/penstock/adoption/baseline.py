"""The baseline: the findings that a repository had on the day when its team began to check it.

A finding is recognized by what does not change when lines move or a message is reworded (`findings.identity`). The
baseline counts the findings of each identity, and whatever exceeds that number is new. It is JSON with one entry per
line, so that two branches which mend something can be merged. The text of an entry is for people, and names the values
by which the entry is recognized.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from json import dumps, loads
from typing import Any

from penstock.errors import Refusal
from penstock.findings import Finding, Identity, identity, values_in, without_numbers
from penstock.model import Pos, Severity
from penstock.records import NamedTuple

API_VERSION, KIND = "penstock.dev/v1", "Baseline"
FILE = "penstock-baseline.json"
"""The name of a baseline at the top of a repository."""

MOST_NAMED = 10
"""Entries that are out of date and that the finding about them names."""

Known = Counter[Identity]
"""How many findings there are of each identity."""


class Baseline(NamedTuple):
    """The number of findings of each identity, the text of each entry, and the path of the file from the top of the
    repository.
    """

    known: Known
    texts: Mapping[Identity, str]
    path: str


class Compared(NamedTuple):
    """The findings that are new, the number of known ones, and the entries for which no finding was there."""

    new: list[Finding]
    known: int
    left: Known


def known(findings: Iterable[Finding]) -> Known:
    """Return the baseline of these findings. Mistakes in penstock.yaml are left out, since no repository can live with
    them.
    """
    return Counter(identity(finding) for finding in findings if finding.stops != "configuration")


IsThere = Callable[[str], bool]
"""Returns whether a path of the repository exists now."""


def compare(findings: Sequence[Finding], before: Known, is_there: IsThere) -> Compared:
    """Take out the findings that were known before, also in a file that has been renamed since.

    Of several findings with one identity, the first ones count as the known ones.
    """
    left = Counter(before)
    new = []
    for finding in findings:
        own = identity(finding)
        if left[own] and finding.stops != "configuration":
            left[own] -= 1
        else:
            new.append(finding)
    new = _without_renamed(new, left, is_there)
    return Compared(new, len(findings) - len(new), +left)


def _without_renamed(findings: Sequence[Finding], left: Known, is_there: IsThere) -> list[Finding]:
    """Take out the findings that were known at a path that does not exist any more, and their entries out of `left`."""
    moved: dict[Identity, list[Identity]] = {}
    if findings:
        gone = {path for path in {each.path for each in +left} if not is_there(path)}
        for each in (+left).elements():
            if each.path in gone:
                moved.setdefault(each._replace(path=""), []).append(each)
    new = []
    for finding in findings:
        entries = moved.get(identity(finding)._replace(path=""))
        # A finding about a file that is missing is about no file that was renamed.
        if entries and finding.stops != "configuration" and is_there(finding.pos.path):
            left[entries.pop()] -= 1
        else:
            new.append(finding)
    return new


def write(findings: Sequence[Finding]) -> str:
    """Return the text of a baseline."""
    texts = {identity(each): without_numbers(each.message) for each in reversed(findings)}
    entries = [_line(each, texts[each], count) for each, count in sorted(known(findings).items())]
    head = f'{{\n"apiVersion": "{API_VERSION}",\n"kind": "{KIND}",\n"findings": [\n'
    return head + ",\n".join(entries) + ("\n" if entries else "") + "]\n}\n"


def _line(entry: Identity, text: str, count: int) -> str:
    code, path, subject, field, _ = entry
    fields = {"code": code, "path": path, "object": subject, "field": field, "text": text, "count": count}
    return dumps(fields, ensure_ascii=True)


def read(data: bytes, name: str, path: str) -> Baseline:
    """Return the baseline in a text. Raises `Refusal`, which calls the file `name`, for a text that is no baseline."""
    try:
        return _baseline(loads(data.decode()), path)
    except _Wrong as error:
        reason = str(error)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, a number without end
        reason = "it is not JSON"
    raise Refusal(f"{name} is no baseline: {reason}; `penstock check --write-baseline` writes one")


class _Wrong(Exception):  # noqa: N818  # says what the file is
    """The document is no baseline. The message says why."""


def _baseline(document: Any, path: str) -> Baseline:
    if not isinstance(document, dict) or document.get("kind") != KIND or document.get("apiVersion") != API_VERSION:
        raise _Wrong(f'it has no `"apiVersion": "{API_VERSION}", "kind": "{KIND}"`')
    entries = document.get("findings")
    if not isinstance(entries, list):
        raise _Wrong("it has no list `findings`")
    found: Known = Counter()
    texts: dict[Identity, str] = {}
    for number, entry in enumerate(entries, 1):
        code, file, subject, field, text = _texts(entry, number)
        own = Identity(code, file, subject, field, values_in(text))
        found[own] += _count(entry, number)
        texts[own] = text
    return Baseline(found, texts, path)


_FIELDS = ("code", "path", "object", "field", "text")


def _texts(entry: Any, number: int) -> list[str]:
    given = [entry.get(field) for field in _FIELDS] if isinstance(entry, dict) else []
    texts = [value for value in given if isinstance(value, str)]
    if len(texts) != len(_FIELDS):
        raise _Wrong(f"entry {number} of its findings lacks one of {', '.join(_FIELDS)}")
    return texts


def _count(entry: dict[str, Any], number: int) -> int:
    count = entry.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise _Wrong(f"the count of entry {number} of its findings is no number above 0")
    return count


def stale(left: Known, baseline: Baseline, gaps: str = "") -> list[Finding]:
    """Return one finding about all entries that nothing needs any more, or none where there are no such entries.

    `gaps` says why some findings may not have been found. Then the entries may still be needed, and the finding does
    not propose to remove them.
    """
    if not left:
        return []
    number = sum(left.values())
    findings = "1 finding that is" if number == 1 else f"{number:,} findings that are"
    message = f"the baseline has {findings} not there any more"
    severity: Severity = "warning"
    hint = "`penstock check --write-baseline` takes them out, so that they cannot come back unseen"
    if gaps:
        message, severity = f"{message}, but {gaps}, so they may come back", "info"
        hint = "write the baseline anew when all targets compile"
    path = baseline.path
    notes = [_note(each, baseline.texts[each], count, path) for each, count in sorted(left.items())[:MOST_NAMED]]
    return [Finding("PS472", severity, message, Pos(path), hint, tuple(notes), (), Pos(path))]


def _note(entry: Identity, text: str, count: int, path: str) -> tuple[Pos, str]:
    """Return the note about an entry. An entry about all objects of a kind has no path but that of the baseline."""
    times = f" ({count} times)" if count > 1 else ""
    return Pos(entry.path or path), f"{entry.code} {text}{times}"
