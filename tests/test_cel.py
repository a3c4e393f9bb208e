"""Expressions in CEL: fixtures/cel/*.yaml, evaluated over one value that each file calls `self`."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.validate.cel.evaluate import compiled, evaluated
from penstock.validate.cel.syntax import parse
from penstock.validate.cel.values import EvaluationError, Optional, UnsupportedError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "cel"


class Loader(yaml.CSafeLoader):
    """YAML in which times stay text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def cases() -> list[tuple[Any, dict[str, Any]]]:
    files = [yaml.load(path.read_text(encoding="utf-8"), Loader) for path in sorted(FIXTURES.glob("*.yaml"))]
    return [(file["self"], case) for file in files for case in file["cases"]]


@pytest.mark.parametrize(("self", "case"), cases(), ids=lambda each: each.get("text", "self")[:60])
def test_expressions(self: Any, case: dict[str, Any]) -> None:
    try:
        found = plain(evaluated(compiled(parse(case["text"])), {"self": self}))
    except EvaluationError:
        assert case.get("error") is True
    except UnsupportedError:
        assert case.get("unknown") is True
    else:
        assert (type(found), found) == (type(case["value"]), case["value"])


def plain(value: Any) -> Any:
    """A value as the fixtures write it."""
    if isinstance(value, datetime | timedelta):
        return str(value)
    if isinstance(value, Optional):
        return plain(value.value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
