"""Globs match as in the programs that define them.

A line of `fixtures/globs.jsonl` is a pattern, a text, and whether they match for `path.Match` of Go, for gobwas/glob
v0.2.3 without a separator, and for that with a slash as the separator. Null is a malformed pattern. The lines were
recorded from these two packages.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.expression import Expression
from penstock.globs import Malformed, gobwas, path_match

CASES = [
    json.loads(line) for line in (Path(__file__).parent.parent / "fixtures" / "globs.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize(
    ("translate", "column"), [(path_match, 2), (gobwas, 3), (lambda pattern: gobwas(pattern, "/"), 4)]
)
def test_globs_match_as_in_their_dialect(translate: Callable[[str], str], column: int) -> None:
    wrong = [case[:2] for case in CASES if _verdict(translate, case[0], case[1]) is not case[column]]
    assert wrong == []


def _verdict(translate: Callable[[str], str], pattern: str, text: str) -> bool | None:
    try:
        return Expression(translate(pattern)).found_in(text)
    except Malformed:
        return None
