"""A difference as a comment on a pull request: Markdown of a limited size, where no text of the repository is markup.

What does not fit is left out by whole sections, the least dangerous first, and counted.
"""

from collections.abc import Sequence

from penstock.changes import Difference, EnvironmentChange, Group, Promise
from penstock.report.diff_lines import SIGNS, Line, Writing, in_environments, lines, title
from penstock.report.diff_text import headline
from penstock.report.text import count
from penstock.words import printable

MARKER = "<!-- penstock:diff -->"
"""By this, a job finds the comment of an earlier run, and writes over it."""

MARKS = {"danger": "🔴", "caution": "🟠", "note": "🔵"}

ENTITIES = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>#!|~@&/"}
"""Characters that are markup, or begin a mention or a link."""

MAX_ROWS = 60
"""Rows of a table."""


def diff_markdown(found: Difference, writing: Writing, limit: int) -> str:
    """The report, of no more than `limit` bytes."""
    head = [MARKER, f"### {escaped(headline(found))}", *_failures(found), *_environments(found)]
    tail = _footer(found)
    sections = [*_images(found), *(_section(group, len(found.environments), writing) for group in found.groups)]
    kept: list[str] = []
    room = limit - sum(map(_size, [*head, *tail])) - len("\n\n_0,000 more sections do not fit._") - 20
    for section in sections:
        room -= _size(section)
        if room < 0:
            break
        kept.append(section)
    left = len(sections) - len(kept)
    more = [f"_{left:,} more sections do not fit; `penstock diff` shows them._"] if left else []
    return _within("\n\n".join([*head, *kept, *more, *tail]) + "\n", limit)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + 2


def _within(text: str, limit: int) -> str:
    """A report whose tables alone are too large, cut at a line."""
    if _size(text) <= limit + 2:
        return text
    cut = text.encode("utf-8", "replace")[: max(limit - 60, 0)].decode("utf-8", "ignore").rpartition("\n")[0]
    return f"{cut}\n\n_The rest does not fit._\n"


def escaped(text: str) -> str:
    """Text of the repository as Markdown shows it: no markup, no links, no mentions."""
    return printable(text).translate(ENTITIES)


def code(text: str) -> str:
    """Text of the repository in a span of code, with as many backticks as it takes."""
    shown = printable(text).replace("|", "\\|")
    ticks = "`"
    while ticks in shown:
        ticks += "`"
    space = " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _failures(found: Difference) -> list[str]:
    if not found.failures:
        return []
    rows = [
        f"- {code(each.target)} ({escaped(each.side)}): {code(str(each.where))} {each.code} {escaped(each.message)}"
        for each in found.failures[:MAX_ROWS]
    ]
    about = "What these have on their other side is left out: it is no deletion."
    return ["**These cannot be compared**", "\n".join(rows), about]


def _environments(found: Difference) -> list[str]:
    """A table of the environments that change; the others are counted."""
    rows = [each for each in found.environments if each.state != "identical"]
    if not rows:
        return []
    table = ["| environment | added | changed | removed | by | tree |", "|---|---|---|---|---|---|"]
    table += map(_row, rows[:MAX_ROWS])
    left = len(rows) - MAX_ROWS
    more = [f"and {left} more environments"] if left > 0 else []
    return ["\n".join(table), *more]


def _row(each: EnvironmentChange) -> str:
    why = ", ".join(map(code, each.why[:3])) + (f" and {len(each.why) - 3} more" if len(each.why) > 3 else "")
    state = "" if each.state == "changed" else f" ({each.state})"
    counts = f"{each.added} | {each.changed} | {each.removed}"
    return f"| {code(each.name)}{state} | {counts} | {why} | {_tree(each.promise)} |"


def _tree(promise: Promise) -> str:
    """The start of a tree, with what it is of, where that is no branch of the environment's own."""
    if not promise.tree:
        return ""
    words = [f"of {code(promise.folder)}"] if promise.folder else []
    words += [f"in {code(promise.repository)}"] if promise.repository else []
    words += [f"by {code(promise.commit[:12])} itself"] if promise.commit else []
    return " ".join([code(promise.tree[:12]), *words])


def _images(found: Difference) -> list[str]:
    if not found.images:
        return []
    rows = ["| image | becomes | environments |", "|---|---|---|"]
    for image, environments in found.images[:MAX_ROWS]:
        names = escaped(", ".join(environments)) if len(environments) <= 3 else f"{len(environments)}"
        before, after = (code(name) if name else "(none)" for name in image)
        rows.append(f"| {before} | {after} | {names} |")
    return ["\n".join(rows)]


def _section(group: Group, total: int, writing: Writing) -> str:
    """One change, folded."""
    change = group.change
    marks = "".join(dict.fromkeys(MARKS[danger.level] for danger in change.dangers))
    place = escaped(in_environments(group, total))
    head = f"{marks} {change.action} <b>{escaped(title(group))}</b> in {place}".strip()
    dangers = [f"- {MARKS[each.level]} {each.name}: {escaped(each.message)}" for each in change.dangers]
    body = fenced(lines(group, writing))
    sign = " open" if any(danger.level == "danger" for danger in change.dangers) else ""
    begin = f"<details{sign}><summary>{head}</summary>"
    return "\n\n".join([begin, *(["\n".join(dangers)] if dangers else []), f"{body}\n</details>"])


def fenced(found: Sequence[Line]) -> str:
    """Lines as a block that is coloured as a diff, whatever they hold."""
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
