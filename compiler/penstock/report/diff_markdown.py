"""A difference as a comment on a pull request: Markdown of a limited size, in which no text of the repository is
markup.

If it does not fit, whole sections are left out, the least dangerous ones first, and counted.
"""

from collections.abc import Sequence
from itertools import takewhile

from penstock.changes import Difference, EnvironmentChange, Group, Promise
from penstock.report.diff_failures import Failures, by_cause
from penstock.report.diff_lines import SIGNS, Line, Writing, in_environments, lines, title
from penstock.report.diff_text import headline, what_failed
from penstock.report.text import count
from penstock.words import printable, some_of

MARKER = "<!-- penstock:diff -->"
"""By this, a job finds the comment of an earlier run, and writes over it."""

MARKS = {"danger": "🔴", "caution": "🟠", "note": "🔵"}

ENTITIES = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>#!|~@&/"}
"""Characters that are markup, or begin a mention or a link."""

MAX_ROWS = 60
"""Rows of a table."""


def diff_markdown(found: Difference, writing: Writing, limit: int) -> str:
    """Return the report, with no more than `limit` bytes."""
    total = len(found.environments)
    room = _Room(limit - _size(MARKER) - len(NOT_ALL) - LONGEST_COUNT)
    head = [each for each in (f"### {escaped(headline(found))}",) if room.takes(each)]
    tail = [each for each in _footer(found) if room.takes(each)]
    environments = _environments(found, room)
    tables = [*_failures(found, room), *environments, *_images(found, room)]
    sections: list[str] = []
    for group in found.groups:
        ways = (_section(group, total, shown) for shown in (lines(group, writing), None))
        section = next(filter(room.takes, ways), None)
        if section is None:
            break
        sections.append(section)
    left = len(found.groups) - len(sections)
    more = [NOT_ALL.format(left)] if left else []
    return "\n\n".join([MARKER, *head, *tables, *sections, *more, *tail]) + "\n"


NOT_ALL = "_{:,} more changes do not fit; `penstock diff` shows them._"
LONGEST_COUNT = len("1,000,000")


class _Room:
    """The bytes that are left."""

    def __init__(self, left: int) -> None:
        self._left = left

    def takes(self, text: str) -> bool:
        """Whether a text with an empty line behind it fits; then it is counted."""
        size = _size(text)
        if size > self._left:
            return False
        self._left -= size
        return True


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + 2


def _listed(head: Sequence[str], rows: Sequence[str], room: _Room, what: str) -> list[str]:
    """A table, or a list, of as many rows as fit; the others are counted."""
    if not rows or not room.takes(_left(len(rows), what)):
        return []
    has_head = room.takes("\n".join(head))
    kept = [*takewhile(room.takes, rows[:MAX_ROWS])] if has_head else []
    left = len(rows) - len(kept)
    return [*(["\n".join([*head, *kept])] if kept else []), *([_left(left, what)] if left else [])]


def _left(number: int, what: str) -> str:
    return f"and {number:,} more {what}{'' if number == 1 else 's'}"


def escaped(text: str) -> str:
    """Return a text of the repository in a form that Markdown shows literally: without markup, links or mentions."""
    return printable(text).translate(ENTITIES)


def code(text: str) -> str:
    """Return a text of the repository as a code span, with as many backticks as it takes."""
    shown = printable(text).replace("|", "\\|")
    ticks = "`"
    while ticks in shown:
        ticks += "`"
    space = " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _failures(found: Difference, room: _Room) -> list[str]:
    about = "These cannot be compared. What they have on their other side is left out: it is no deletion."
    rows = [_failed(each) for each in by_cause(found.failures)]
    return _listed([f"**{about}**", ""], rows, room, "reason")


def _failed(each: Failures) -> str:
    cause = each.first
    whose = code(each.targets[0]) if len(each.targets) == 1 else what_failed(each)
    names = f": {_some(each.targets)}" if len(each.targets) > 1 else ""
    reads = _why(f"; what {'they read' if names else 'it reads'} has changed: ", each.files)
    said = f"{code(str(cause.where))} {cause.code} {escaped(cause.message)}"
    return f"- {whose} ({escaped(cause.side)}): {said}{names}{reads}"


def _why(lead: str, files: Sequence[str]) -> str:
    """The first files that a change reaches something by."""
    return f"{lead}{_some(files)}" if files else ""


def _some(names: Sequence[str]) -> str:
    """The first names, and the number of the others."""
    return some_of([*map(code, names)], 3)


def _environments(found: Difference, room: _Room) -> list[str]:
    """Return a table of the environments that change. The others are counted."""
    rows = [_row(each) for each in found.environments if each.state != "identical"]
    table = ["| environment | added | changed | removed | by | tree |", "|---|---|---|---|---|---|"]
    return _listed(table, rows, room, "environment")


def _row(each: EnvironmentChange) -> str:
    state = "" if each.state == "changed" else f" ({each.state})"
    counts = f"{each.added} | {each.changed} | {each.removed}"
    return f"| {code(each.name)}{state} | {counts} | {_why('', each.why)} | {_tree(each.promise)} |"


def _tree(promise: Promise) -> str:
    """Return the start of a tree hash, with the name of its branch or folder if it is not that of the environment's own
    branch.
    """
    if not promise.tree:
        return ""
    words = [f"of {code(promise.folder)}"] if promise.folder else []
    words += [f"in {code(promise.repository)}"] if promise.repository else []
    words += [f"by {code(promise.commit[:12])} itself"] if promise.commit else []
    return " ".join([code(promise.tree[:12]), *words])


def _images(found: Difference, room: _Room) -> list[str]:
    rows = []
    for image, environments in found.images:
        names = escaped(", ".join(environments)) if len(environments) <= 3 else f"{len(environments)}"
        before, after = (code(name) if name else "(none)" for name in image)
        rows.append(f"| {before} | {after} | {names} |")
    return _listed(["| image | becomes | environments |", "|---|---|---|"], rows, room, "image")


def _section(group: Group, total: int, shown: Sequence[Line] | None) -> str:
    """Return one change as a section that can be unfolded."""
    change = group.change
    marks = "".join(dict.fromkeys(MARKS[danger.level] for danger in change.dangers))
    place = escaped(in_environments(group, total))
    head = f"{marks} {change.action} <b>{escaped(title(group))}</b> in {place}".strip()
    dangers = [f"- {MARKS[each.level]} {each.name}: {escaped(each.message)}" for each in change.dangers]
    body = fenced(shown) if shown is not None else "_Its lines do not fit._"
    sign = " open" if any(danger.level == "danger" for danger in change.dangers) else ""
    begin = f"<details{sign}><summary>{head}</summary>"
    return "\n\n".join([begin, *(["\n".join(dangers)] if dangers else []), f"{body}\n</details>"])


def fenced(found: Sequence[Line]) -> str:
    """Return lines as a block that is coloured as a diff, whatever they contain."""
    written = [f"{'!' if line.sign == SIGNS['changed'] else line.sign} {printable(line.text)}" for line in found]
    places = [f"  # {line.place}" if line.place else "" for line in found]
    text = "\n".join(line + printable(place) for line, place in zip(written, places, strict=True))
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}diff\n{text}\n{fence}"


def _footer(found: Difference) -> list[str]:
    same = sum(each.state == "identical" for each in found.environments)
    words = [f"{same} of {len(found.environments)} environments identical"]
    if found.proven:
        words.append(f"{found.proven} of {found.targets} targets proven by what they read")
    if found.broken:
        words.append(f"{count(len(found.broken), 'target')} not compiling, before and after")
    if found.unread:
        words.append(f"{count(len(found.unread), 'changed file')} that no target reads")
    words += [f"hidden: {escaped(reason)} of {number} objects" for reason, number in found.hidden.items()]
    return [f"<sub>{escaped(found.before)} → {escaped(found.after)} · {' · '.join(words)}</sub>"]
