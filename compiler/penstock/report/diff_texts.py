"""Two texts → the lines in which they differ: scripts and YAML as they stand, JSON of one line indented, and of long
lines the part that differs.
"""

import json
from collections.abc import Iterator
from difflib import unified_diff

from penstock.records import NamedTuple

MAX_COMPARED = 4_000
"""Lines of a text that are compared line by line."""

MANY = 120
"""Characters of two texts that are shown beside each other; longer ones stand below each other."""

LONG = 300
"""Characters of a text from which on only the part that differs is shown."""

AROUND = 60
"""Characters that are shown before and behind the part that differs."""

NO_BREAK = "(no line break at the end)"


class Signed(NamedTuple):
    """A line with `+`, `-`, `~` or a space before it."""

    sign: str
    text: str


def is_of_lines(text: str) -> bool:
    """Return whether a text has a line break."""
    return "\n" in text


def differing_lines(before: str, after: str) -> Iterator[Signed]:
    """Yield the lines of a text that differ, with two of those around them."""
    old, new = _lines_of(before, after), _lines_of(after, before)
    if len(old) + len(new) > MAX_COMPARED:
        yield Signed("~", f"a text of {len(old):,} lines → {len(new):,} lines")
        return
    for line in [*unified_diff(old, new, lineterm="", n=2)][2:]:
        if line.startswith(("@@ -1 ", "@@ -1,", "@@ -0,")):
            continue  # nothing is left out before the first line
        sign = line[:1] if line[:1] in ("+", "-") else " "
        yield Signed(sign, line[1:] if line[:2] != "@@" else "…")


def _lines_of(text: str, other: str) -> list[str]:
    """Return the lines of a text. Where only the other one ends in a line break, a last line says so."""
    found = text.split("\n")
    if found[-1] == "":
        return found[:-1]
    return [*found, NO_BREAK] if is_of_lines(text) and other[-1:] == "\n" else found


def indented(before: str, after: str) -> tuple[str, str] | None:
    """Return two long texts of JSON with one field on each line; None where one of them is something else."""
    if len(before) + len(after) <= MANY or not {before[:1], after[:1]} <= {"{", "["}:
        return None
    try:
        first, second = (json.dumps(json.loads(text), indent=2, ensure_ascii=False) for text in (before, after))
    except (ValueError, RecursionError):
        return None
    return first, second


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Return what differs in two texts of one line, with some characters around it; short texts stay as they are."""
    start, end = _common(before, after), _common(before[::-1], after[::-1])
    end = min(end, len(before) - start, len(after) - start)
    return _excerpt(before, start, end), _excerpt(after, start, end)


def _common(before: str, after: str) -> int:
    """Return how many characters are the same at the start."""
    shortest = min(len(before), len(after))
    return next((at for at in range(shortest) if before[at] != after[at]), shortest)


def _excerpt(text: str, start: int, end: int) -> str:
    if len(text) <= LONG:
        return text
    first, last = max(start - AROUND, 0), min(len(text) - end + AROUND, len(text))
    return f"{'…' * bool(first)}{text[first:last]}{'…' * (last < len(text))}"
