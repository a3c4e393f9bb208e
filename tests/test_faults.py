"""fixtures/faults.yaml: everything that can go wrong has a test, and no test that it names has gone."""

import ast
from pathlib import Path

import pytest
import yaml

TESTS = Path(__file__).parent
ROWS = yaml.safe_load((TESTS.parent / "fixtures" / "faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["fault"])
def test_what_can_go_wrong_has_a_test(row: dict[str, list[str]]) -> None:
    assert row["tests"]
    for name in row["tests"]:
        path, _, function = name.partition("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        assert not function or function in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_no_fault_is_left_out() -> None:
    """48 faults of applying, as other appliers have met them, and what a client has to be able to."""
    assert len(ROWS) == len({row["fault"] for row in ROWS}) == 54
