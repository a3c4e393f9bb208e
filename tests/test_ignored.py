"""The patterns of files that a source of Flux leaves out, beside github.com/fluxcd/pkg/sourceignore 0.18.

Each row of `fixtures/flux/ignored.jsonl` has patterns as in `.sourceignore`, the folder of that file, the path of
another file, and whether the library leaves that one out.
"""

import json
from pathlib import Path

import pytest
from tests.cases import spent

from penstock.definitions.flux.ignored import ignored_by, rules_in

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "fixtures" / "flux" / "ignored.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_what_is_left_out(number: int) -> None:
    row = ROWS[number]
    ignored = ignored_by(rules_in(row["patterns"], row["folder"]))
    assert (ignored.rule_for(row["path"]) is not None) == row["left_out"], row


@pytest.mark.parametrize("pattern", ["*a" * 100 + "b", "a*" * 100 + "c", "[a-z]*" * 50 + "1", "**/" * 100 + "x"])
def test_patterns_of_many_stars_take_no_time(pattern: str) -> None:
    assert ignored_by(rules_in(pattern)).rule_for("/".join(["a" * 200] * 50)) is None


def test_thousands_of_patterns_of_one_shape_take_no_time_for_each_file() -> None:
    """Each file was compared with each of them."""
    ignored = ignored_by(rules_in("\n".join(f"a*b*c{number}*d" for number in range(2_000))))
    start = spent()
    assert [number for number in range(5_000) if ignored.rule_for(f"apps/a{'b' * 60}{number}.yaml")] == []
    assert ignored.rule_for("apps/abc7xd") is not None
    assert spent() - start < 5
