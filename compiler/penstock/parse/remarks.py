"""Comments addressed to Penstock: `# penstock: ignore=PS401 reason`. They are found in the text, not in the tree.

A remark applies to its own line; if it has a line to itself, it applies to the next line that is not a comment.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Any

from penstock.parse.libyaml import CParser, ScalarEvent, StreamEndEvent, YAMLError
from penstock.records import NamedTuple
from penstock.regex import regex

MARK = b"penstock:"
"""Occurs in every file with remarks."""

MOST_EVENTS = 1_500_000
"""The events of a file among which texts are looked for. No file that is read has more (`budget.MAX_VALUES`)."""

MOST_REMARKS = 10_000
"""The remarks of one file that count."""

_REMARK = regex(r"(?:^|\s)(#[ \t]*penstock:[ \t]*ignore\b)[ \t]*=?[ \t]*(.*)$")


class Remark(NamedTuple):
    """A remark: the text after `ignore=`, its place (`line` and `column` count from 1), and the line that it is
    `about`.

    `in_text` says that the remark is part of a scalar: a comment in an inline patch, or in a script in a ConfigMap.
    """

    words: str
    line: int
    column: int
    about: int
    in_text: bool
    is_beyond: bool = False
    """Whether this is one more than a file may have. It does not count, and is the last one that is returned."""


def remarks(data: bytes) -> list[Remark]:
    """Return the remarks of a file, in the order of the file."""
    if MARK not in data:
        return []
    lines = data.decode(errors="replace").split("\n")
    each = ((number, _REMARK.search(line.rstrip("\r"))) for number, line in enumerate(lines) if "penstock:" in line)
    found = list(islice(((number, match) for number, match in each if match), MOST_REMARKS + 1))
    if not found:
        return []
    texts = list(_texts(data))
    about: dict[int, int] = {}
    for number, match in reversed(found):
        about[number] = _about(lines, number, match, about)
    return [
        Remark(
            match[2].strip(),
            number + 1,
            match.start(1) + 1,
            about[number],
            _is_within((number, match.start(1)), texts),
            index == MOST_REMARKS,
        )
        for index, (number, match) in enumerate(found)
    ]


def _about(lines: list[str], number: int, match: re.Match[str], known: dict[int, int]) -> int:
    """Return the line to which a remark applies, from 1. `known` has that of the remarks below it, by their lines from
    0: there may be a remark on each line.
    """
    if lines[number][: match.start(1)].strip():
        return number + 1
    following = number + 1
    while following < len(lines) and lines[following].lstrip().startswith("#"):
        if following in known:
            return known[following]
        following += 1
    return following + 1


LineColumn = tuple[int, int]
"""A line and a column, both from 0."""


def _is_within(place: LineColumn, texts: list[tuple[LineColumn, LineColumn]]) -> bool:
    """Return whether a place lies inside one of some scalars, which are in the order of the file."""
    last = bisect_right(texts, place, key=lambda text: text[0]) - 1
    return last >= 0 and place < texts[last][1]


def _texts(data: bytes) -> Iterator[tuple[LineColumn, LineColumn]]:
    """Yield the start and end of each scalar that may contain a `#`, up to the first syntax error."""
    try:
        event: Any
        for event in islice(iter(CParser(data).get_event, None), MOST_EVENTS):
            kind = event.__class__
            if kind is ScalarEvent and event.style:
                start, end = event.start_mark, event.end_mark
                yield (start.line, start.column), (end.line, end.column)
            elif kind is StreamEndEvent:
                return
    except YAMLError:
        return
