"""Comments of a file that speak to Penstock: `# penstock: ignore=PS401 reason`. Found in the text, not in the tree.

A remark counts for its own line; where it has a line to itself, for the next line that is no comment.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from penstock.parse.libyaml import CParser, ScalarEvent, StreamEndEvent, YAMLError
from penstock.records import NamedTuple

MARK = b"penstock:"
"""What a file with remarks has somewhere."""

_REMARK = re.compile(r"(?:^|\s)(#[ \t]*penstock:[ \t]*ignore\b)[ \t]*=?[ \t]*(.*)$")


class Remark(NamedTuple):
    """What stands behind `ignore=`, where it stands (line and column count from 1), and the line that it is about.

    `in_text` says that it is part of a scalar: a comment of an inline patch, or of a script in a ConfigMap.
    """

    words: str
    line: int
    column: int
    about: int
    in_text: bool


def remarks(data: bytes) -> list[Remark]:
    """The remarks of a file, in its order."""
    if MARK not in data:
        return []
    lines = data.decode(errors="replace").split("\n")
    found = [(number, match) for number, line in enumerate(lines) if (match := _REMARK.search(line.rstrip("\r")))]
    if not found:
        return []
    texts = list(_texts(data))
    return [
        Remark(
            match[2].strip(),
            number + 1,
            match.start(1) + 1,
            _about(lines, number, match),
            _is_within((number, match.start(1)), texts),
        )
        for number, match in found
    ]


def _about(lines: list[str], number: int, match: re.Match[str]) -> int:
    """The line that a remark is about, from 1."""
    if lines[number][: match.start(1)].strip():
        return number + 1
    following = number + 1
    while following < len(lines) and lines[following].lstrip().startswith("#"):
        following += 1
    return following + 1


LineColumn = tuple[int, int]
"""A line and a column, both from 0."""


def _is_within(place: LineColumn, texts: list[tuple[LineColumn, LineColumn]]) -> bool:
    """Whether a place lies in one of some scalars, which are in the order of the file."""
    last = bisect_right(texts, place, key=lambda text: text[0]) - 1
    return last >= 0 and place < texts[last][1]


def _texts(data: bytes) -> Iterator[tuple[LineColumn, LineColumn]]:
    """Where each scalar begins and ends that may have a `#` in it, up to the first mistake in the YAML."""
    try:
        next_event = CParser(data).get_event
        while True:
            event: Any = next_event()
            kind = event.__class__
            if kind is ScalarEvent and event.style:
                start, end = event.start_mark, event.end_mark
                yield (start.line, start.column), (end.line, end.column)
            elif kind is StreamEndEvent:
                return
    except YAMLError:
        return
