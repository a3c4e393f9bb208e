"""Schemas of values, and which of them Helm refuses, or which values.

fixtures/chart_schemas/FAMILY.jsonl: a schema, values, and what is said of them, which is "" where they are right. With
`HELM=…` the real helm 4.3.1 judges the same rows: all at once, as schemas of subcharts.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.conftest import Golden

from penstock.charts.chart import File
from penstock.charts.schema import problems_of
from penstock.charts.schema_steps import Steps
from penstock.model import Origin

FIXTURES = Path(__file__).parent.parent / "fixtures" / "chart_schemas"
FAMILIES = sorted(FIXTURES.glob("*.jsonl"))
HELM = os.environ.get("HELM", "")


class Row(NamedTuple):
    schema: Any
    values: dict[str, Any]
    said: str


def rows(family: Path) -> list[Row]:
    return [Row(**json.loads(line)) for line in family.read_text().splitlines()]


def said(row: Row) -> str:
    schema = File("values.schema.json", "values.schema.json", json.dumps(row.schema).encode())
    found = problems_of("shop", schema, row.values, lambda path: Origin("values.yaml"), Steps())
    return "; ".join(each.message for each in found if each.severity == "error")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.stem)
def test_what_is_said_of_a_schema_and_values(family: Path, golden: Golden) -> None:
    told = (json.dumps({**row._asdict(), "said": said(row)}) for row in rows(family))
    golden(family, "\n".join((*told, "")))


@pytest.mark.skipif(not HELM, reason="needs the real helm")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.stem)
def test_helm_refuses_the_same_rows(family: Path, tmp_path: Path) -> None:
    given = rows(family)
    write(tmp_path, "shop")
    for number, row in enumerate(given):
        write(tmp_path / "charts" / f"c{number}", f"c{number}")
        (tmp_path / "charts" / f"c{number}" / "values.schema.json").write_text(json.dumps(row.schema))
    values = {f"c{number}": row.values for number, row in enumerate(given)}
    (tmp_path / "values.yaml").write_text(json.dumps(values))
    done = subprocess.run([HELM, "template", str(tmp_path)], capture_output=True, text=True, check=False)
    refused = set(re.findall("c[0-9]+(?=:$)", done.stderr, re.MULTILINE))
    assert refused == {f"c{number}" for number, row in enumerate(given) if row.said}


def write(chart: Path, name: str) -> None:
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
