"""Findings of one cause are one finding, however many objects or places have it."""

from collections.abc import Sequence

from penstock.adoption.adopt import in_order
from penstock.findings import ABOUT_KINDS, ABOUT_OBJECTS, SET_ASIDE, Finding, Report, is_said_once, objects_in_words
from penstock.model import Pos
from penstock.regex import regex
from penstock.withheld import UNREADABLE
from penstock.words import LOCKS, TWO_WAYS, WITHOUT_DIRECTORY

MAY_BE_ELSEWHERE = ("may have it", "may make it", "may make them")
"""The ends of messages about objects that something may make which is not known here."""


MISSED = ABOUT_OBJECTS | {"PS724"}
"""Findings about what is not here; some end with the reason why it may be elsewhere."""

ONE_CAUSE = frozenset(("PS130", "PS282", "PS308", "PS720", "PS727"))
"""Findings of which one cause makes many: nothing is locked yet, plugins or Helm are not enabled, a target holds
another one, a value that templates print in many places is not set.
"""

OUTSIDE = "PS120"
"""The code for a file outside of the directory of its kustomization: one option permits all of them."""

OF_PODS = "PS465"
"""The code for what the level of a Namespace does not allow. Where it only warns, that is one finding for each object:
a block of `securityContext` mends most of it. What keeps a pod away is told line by line.
"""

ONE_FAULT = frozenset(("PS442",))
"""Findings that a program which writes definitions repeats wherever it meets the same type."""

OF_PROJECTS = frozenset(("PS639", "PS640", "PS641"))
"""Findings about what a project of Argo CD does not permit: one line of the project permits it for all that need it."""

ONE_VALUE = frozenset(("PS411",))
"""Findings of which one value makes many: a label that a kustomization or a template writes to all objects and their
selectors.
"""

DIFFERENT = "PS308"
"""The code for an object that targets of one environment make differently."""

WITHOUT_KEY = "PS304"
"""The code for a key that an object lacks. A line of a base names as many objects as the overlays give it hashes."""

ONE_CHART = frozenset(("PS486", "PS715", "PS716"))
"""Findings about functions of templates that answer otherwise in a cluster, or each time, and about hooks at moments
that a sync does not have. One is enough to know of a chart.
"""

ONE_PLACE = frozenset(("PS211", "PS212", "PS248"))
"""Findings about one line of the sources that concern many objects: a list of a patch, of which each object loses
something else; a namespace for objects that have none.
"""

WITHOUT_NAMES = frozenset(("PS137", "PS190", "PS193"))
"""Findings that have one reason whatever they name: charts and artifacts are not locked, and nothing uses a
Component.
"""

NOT_HERE = frozenset(("PS101", "PS103"))
"""The codes of infos about files that git leaves out, and about templates to which nothing leads."""

ONCE = NOT_HERE | {"PS197"}
"""The codes of infos of which one is enough for a cause: these, and `dependsOn` of what may be there."""

OF_ONE_FILE = frozenset(("PS247", "PS261"))
"""The codes of entries that match nothing. Many of one file have one cause, as in a list for other directories."""

TWICE = "PS636"
"""The code of infos about definitions of one name; where folders of several clusters are taken for one, there are many.
"""

TO_COME = "PS257"
"""The code of infos about patches for what may be added later; a file that deletes many kinds has many of them."""

REPEATED = (
    WITHOUT_NAMES
    | ONCE
    | OF_ONE_FILE
    | {"PS196", "PS210", "PS240", "PS301", "PS302", "PS304", "PS305", "PS631", "PS632"}
)
"""Findings that many places may have for one cause: an object that is missing, or the parts that it lacks, wherever
others name these; a definition on which others depend; a field of old; a template in place of YAML; a field spec that
fits no object; variables that one ConfigMap lacks; and what is not compiled or rendered.
"""

MANY = 5
"""So many of the findings of `REPEATED` are told one by one, since people may have made as many mistakes. More have one
cause.
"""

MAX_PLACES = 3
"""The number of other places that a finding about many of one cause names."""


def by_cause(report: Report) -> Report:
    """Join the findings that have one cause, and the infos about objects that may be elsewhere for one reason. This
    comes last: before, each is one of its own, which a comment or the baseline can settle.
    """
    alike: dict[tuple[str, str], list[Finding]] = {}
    causes: dict[Pos | str, tuple[str, str]] = {}
    for number, each in enumerate(report.findings):
        key = _joint(each) or ("", str(number))
        # An object that several targets make differently is one finding, and so are all that two targets have.
        if each.code == DIFFERENT:
            key = causes.setdefault(_first_of(each), causes.setdefault(each.pos, key))
        if each.code == WITHOUT_KEY:
            key = causes.setdefault(f"{each.code} {each.pos!r}", key)
        alike.setdefault(key, []).append(each)
    return report._replace(findings=in_order(each for key, group in alike.items() for each in _told(*key, group)))


def _first_of(finding: Finding) -> str:
    """Return what is made differently, and where it is made first."""
    return f"{finding.message.partition(' ')[0]} {finding.notes[:1]!r}"


def _told(code: str, cause: str, alike: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings that are left of those with one cause."""
    is_few = len(alike) <= MANY and code in REPEATED and not _have_one_cause(alike)
    return alike if is_few else [_joined(code, cause, alike)]


def _have_one_cause(alike: Sequence[Finding]) -> bool:
    """Return whether a few findings have one cause for certain."""
    first = alike[0]
    is_of_one_kind = (first.code in ONCE or first.hint == LOCKS) and first.severity == "info"
    is_enough = len(alike) > 1 and (is_of_one_kind or first.message.endswith(UNREADABLE))
    return is_said_once(first) or is_enough or _are_of_one_object(alike) or _are_on_one_line(alike)


def _are_of_one_object(alike: Sequence[Finding]) -> bool:
    """Return whether one object names what is missing several times, as with the keys of a Secret."""
    is_about_objects = alike[0].code in ABOUT_OBJECTS and len(alike) > 1
    return is_about_objects and len({each.occurrences for each in alike}) == 1


def _are_on_one_line(alike: Sequence[Finding]) -> bool:
    return len(alike) > 1 and len({each.pos for each in alike}) == 1


def _joint(finding: Finding) -> tuple[str, str] | None:
    """Return the code of a finding and the cause that it shares with others, or None if it stands alone."""
    if finding.hint == SET_ASIDE and finding.severity == "info":
        why = _COUNT.sub("", finding.message).rpartition("; ")[2]
        return SET_ASIDE, finding.code if why == finding.message else why
    if (placeholder := _PLACEHOLDER.search(finding.message)) is not None:
        return finding.code, f"{finding.severity} {placeholder[1]}"
    if finding.code == "PS104" and _OF_OBJECTS.match(finding.message) is not None:
        return finding.code, repr((finding.pos.path, [each.target for each in finding.occurrences]))
    if finding.code == "PS241" and finding.notes:  # each of the two says it of the other one
        return finding.code, repr(sorted(map(repr, (finding.pos, finding.notes[-1][0]))))
    if finding.code in OF_PROJECTS:
        return finding.code, repr(finding.notes[:1]) + _not_permitted(finding)
    if finding.hint == TWO_WAYS:  # the same entry adds all objects of a directory again
        return finding.code, repr((finding.notes[1:], [each.target for each in finding.occurrences]))
    if finding.hint == WITHOUT_DIRECTORY:  # one `directory` reads all kustomizations below it
        return finding.code, repr([each.target for each in finding.occurrences])
    if finding.code == TO_COME and finding.severity == "info":
        return finding.code, finding.pos.path
    if finding.code == TWICE and finding.severity == "info":
        return finding.code, _IS_ABOUT.sub("", finding.message)
    if finding.code in ONE_VALUE:
        return finding.code, finding.severity + finding.message.partition(": ")[2]
    if finding.code == OF_PODS and finding.severity == "warning":
        return finding.code, repr((finding.notes, finding.occurrences))
    if finding.code in ONE_FAULT:
        what = {repr(each.resource) for each in finding.occurrences}  # copies of one definition have the same
        return finding.code, f"{finding.severity} {sorted(what)!r} {finding.message.rpartition(': ')[2]}"
    if finding.code == OUTSIDE:
        return finding.code, finding.severity + finding.hint
    if finding.code in ONE_CAUSE:
        return finding.code, finding.severity + _IS_ABOUT.sub("", finding.message).partition(", and they differ in ")[0]
    if finding.message.endswith(UNREADABLE):
        return finding.code, UNREADABLE
    if finding.code in ONE_CHART:
        return finding.code, _chart_of(finding.pos.path) + finding.message
    if finding.code in ONE_PLACE:
        return finding.code, repr(finding.pos)
    if finding.code in MISSED and is_said_once(finding):
        return finding.code, _cause(finding)
    return (finding.code, _repeated(finding)) if finding.code in REPEATED else None


def _not_permitted(finding: Finding) -> str:
    """Return what a project of Argo CD does not permit: a source, a destination, or a kind."""
    if finding.code == "PS641":
        return finding.message.partition("/")[0]
    return finding.message.partition(": it goes to ")[2] or finding.message


_OF_OBJECTS = regex(r"the key '(?:apiVersion|kind|metadata|spec|data)' stands twice in ")
"""Keys at the top that stand twice where the line between two objects is missing, as in a loop of a template."""


_BELOW = regex(r"(/charts/[^/]+)/charts/.+")


def _chart_of(path: str) -> str:
    """Return the chart to which a template belongs, or the one that holds that chart in a folder for such charts."""
    return _BELOW.sub(r"\1", path.partition("/templates/")[0])


def _repeated(finding: Finding) -> str:
    """Return what is missing: an object, any part of an object, which the note shows, or what would render a part."""
    if finding.code in WITHOUT_NAMES or (finding.code in NOT_HERE and finding.severity == "info"):
        return finding.severity + finding.hint.partition(":")[0]
    if finding.code == "PS197" and finding.severity == "info" and finding.message.endswith(MAY_BE_ELSEWHERE):
        return finding.severity + _cause(finding)
    if finding.code in OF_ONE_FILE:
        return f"{finding.severity} {finding.pos.path}"
    if finding.code == "PS631" and finding.hint == LOCKS:
        return finding.severity + LOCKS
    if finding.code == "PS631":
        return finding.severity + finding.message.partition(": ")[2].partition(": found in ")[0]
    what = finding.notes[0] if finding.code in ("PS196", "PS304", "PS305") and finding.notes else finding.message
    return f"{finding.severity} {what!r}"


_PLACEHOLDER = regex(r'"[^"]*?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[^"]*" is not an? ')
"""What people write into names and hosts where something is to be put, such as `DOMAIN_NAME`."""

_IS_ABOUT = regex(r"^(\S+(?= is )|the chart .+(?= is not in penstock\.lock)|the plugin \S+)")
"""The object or address with which a message begins."""


def _gathered_places(alike: Sequence[Finding]) -> Finding:
    """Return one finding for several of one cause, with notes on some of the others."""
    first, *others = alike
    notes = tuple((each.pos, each.message) for each in others[:MAX_PLACES])
    occurrences = tuple(dict.fromkeys(occurrence for each in alike for occurrence in each.occurrences))
    return first._replace(
        message=f"{first.message} (and {len(others)} more like it)",
        notes=(*first.notes, *notes),
        occurrences=occurrences,
        stops=next((each.stops for each in alike if each.stops), None),
    )


def _cause(finding: Finding) -> str:
    """Return the reason why an object may be elsewhere, or else the message."""
    message = _bare(finding)
    return message.rpartition("; ")[2] if message.endswith(MAY_BE_ELSEWHERE) else finding.message


_COUNT = regex(r" \([\d,]+ objects?\)$")


def _bare(finding: Finding) -> str:
    """Return the message without the number of objects, which is at the end of what is said of a kind."""
    return _COUNT.sub("", finding.message) if finding.code in ABOUT_KINDS else finding.message


def _joined(code: str, cause: str, alike: Sequence[Finding]) -> Finding:
    first = alike[0]
    if not code or (len(alike) == 1 and code not in ABOUT_OBJECTS):
        return first
    if code == SET_ASIDE or not is_said_once(first):
        return _gathered_places(alike)
    message = first.message
    if len(alike) > 1:
        message = f"{_bare(first).removesuffix(f'; {cause}')}, nor {len(alike) - 1} more; {cause}"
    occurrences = tuple(dict.fromkeys(occurrence for each in alike for occurrence in each.occurrences))
    if len(occurrences) > 1:
        message = f"{message} ({objects_in_words(len(occurrences))})"
    return first._replace(message=message, occurrences=occurrences)
