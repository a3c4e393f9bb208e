"""Entries between braces or brackets: how to insert some, and how to take one out. The difficulty is in the commas."""

import re

from penstock.edit.layout import Layout, Part
from penstock.edit.splice import Splice, Tangled

_COMMA = re.compile(r"[ \t]*,")
_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(#[^\n]*)?(\r?\n|$)")


def insert(layout: Layout, stay: list[Part], behind: Part | None, new: list[str]) -> list[Splice]:
    """Insert texts behind an entry, or in front of all that stay. They get lines of their own if that entry has one."""
    if behind is not None and layout.opens_line(behind.start):
        return _insert_lines(layout, behind, new)
    if behind is not None:
        return [Splice(behind.end, behind.end, "".join(", " + text for text in new))]
    if not stay:
        raise Tangled
    first = stay[0].start
    between = ",\n" + " " * layout.column(first) if layout.opens_line(first) else ", "
    return [Splice(first, first, "".join(text + between for text in new))]


def _insert_lines(layout: Layout, behind: Part, new: list[str]) -> list[Splice]:
    """Insert texts behind an entry that has a line of its own, and perhaps a comma and a comment."""
    indent = "\n" + " " * layout.column(behind.start)
    comma, rest = _COMMA.match(layout.text, behind.end), _REST_OF_LINE.match(layout.text, behind.end)
    end = layout.line_end(behind.end) if rest else comma.end() if comma else behind.end
    if comma:
        return [Splice(end, end, "".join(indent + text + "," for text in new))]
    return [Splice(behind.end, behind.end, ","), Splice(end, end, ",".join(indent + text for text in new))]


def take_out(layout: Layout, part: Part, previous: Part | None, following: Part | None) -> list[Splice]:
    """Take an entry out with its comma, and with its whole line if it has one of its own.

    `previous` is the nearest entry before it that stays. `following` is the next entry, whether it stays or not.
    """
    if layout.opens_line(part.start) and _REST_OF_LINE.match(layout.text, part.end):
        comma = _COMMA.match(layout.text, previous.end) if previous else None
        is_spare = not _COMMA.match(layout.text, part.end)
        spare = [Splice(comma.end() - 1, comma.end(), "")] if comma and is_spare else []
        return [without_lines(layout, part), *spare]
    if following is not None:
        return [Splice(part.start, following.start, "")]
    return [Splice(previous.end if previous else part.start, part.end, "")]


def without_lines(layout: Layout, part: Part) -> Splice:
    """Take out all lines of an entry. If the last one has no line break, the line above it loses its own."""
    start, end = layout.line_start(part.start), layout.next_line(part.end)
    if end == len(layout.text) and not layout.text.endswith("\n"):
        start = len(layout.text[:start].removesuffix("\n").removesuffix("\r"))
    return Splice(start, end, "")
