"""Parsed templates of charts that are kept from run to run."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.charted import Printed, template
from penstock.charts import schema
from penstock.charts.chart import Chart
from penstock.charts.kept import Kept
from penstock.charts.render import Allowance
from penstock.cli.main import main
from penstock.cli.streams import CLEAN, Streams
from penstock.files import Memory
from penstock.gotemplate import parser
from penstock.sources import ChartRequest

META = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
REQUEST = ChartRequest(chart="chart", name="web")


class Shelf:
    """Entries in memory. `parsed` are the names of the texts that were parsed, not found."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entries: dict[bytes, bytes] = {}
        self.parsed: list[str] = []

        def parse(name: str, *rest: Any) -> Any:
            self.parsed.append(name)
            return really(name, *rest)

        really = parser.parse
        monkeypatch.setattr(parser, "parse", parse)

    def load(self, key: bytes) -> bytes | None:
        return self.entries.get(key)

    def store(self, key: bytes, content: bytes) -> None:
        self.entries[key] = content

    def rendered(self, chart: dict[str, str], **request: Any) -> Printed:
        """The chart in a run of its own."""
        self.parsed.clear()
        return template(Memory(chart), ChartRequest(chart="chart", **{"name": "web", **request}), Kept(self))


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(monkeypatch)


LIBRARY = '{{ define "lib.name" }}{{ .Release.Name }}{{ end }}'


def with_library(name: str, text: str = 'a: {{ include "lib.name" . }}\n') -> dict[str, str]:
    return {
        "chart/Chart.yaml": META.replace("shop", name),
        "chart/templates/a.yaml": text,
        "chart/charts/lib/Chart.yaml": META.replace("shop", "lib"),
        "chart/charts/lib/templates/_lib.tpl": LIBRARY,
    }


def test_templates_that_were_parsed_before_are_not_parsed_again(shelf: Shelf) -> None:
    first = shelf.rendered(with_library("shop"))
    assert sorted(shelf.parsed) == ["shop/charts/lib/templates/_lib.tpl", "shop/templates/a.yaml"]
    assert shelf.rendered(with_library("shop")).text == first.text
    assert not shelf.parsed
    assert shelf.rendered(with_library("shop"), name="other").text == first.text.replace("web", "other")
    assert not shelf.parsed


def test_charts_share_the_templates_of_a_library(shelf: Shelf) -> None:
    shelf.rendered(with_library("shop"))
    assert "b: web" in shelf.rendered(with_library("cart", 'b: {{ include "lib.name" . }}\n')).text
    assert shelf.parsed == ["cart/templates/a.yaml"]


def test_an_error_in_kept_templates_is_at_its_line_in_this_chart(shelf: Shelf) -> None:
    text = 'a: b\n{{ fail "no" }}\n'
    for name in ("shop", "cart"):
        (finding,) = shelf.rendered(with_library(name, text)).findings
        assert str(finding.where).startswith("chart/templates/a.yaml:2:")
        assert f"{name}/templates/a.yaml:2:3" in finding.message


def test_a_template_by_the_name_of_its_file_is_kept_for_no_other_name(shelf: Shelf) -> None:
    text = '{{ define "shop/templates/a.yaml" }}b: 1{{ end }}\n'
    for name in ("shop", "cart", "shop"):
        kept, plain = shelf.rendered(with_library(name, text)), template(Memory(with_library(name, text)), REQUEST)
        assert kept.text == plain.text
    text = text.replace("shop", "cart")
    shelf.rendered(with_library("shop", text))
    assert shelf.rendered(with_library("cart", text)).text == template(Memory(with_library("cart", text)), REQUEST).text


def with_copies(text: str) -> dict[str, str]:
    """A chart with two subcharts whose templates are the same text."""
    found = {"chart/Chart.yaml": META, "chart/templates/a.yaml": 'c: {{ include "lib.name" . }}\n'}
    for name in ("one", "two"):
        found[f"chart/charts/{name}/Chart.yaml"] = META.replace("shop", name)
        found[f"chart/charts/{name}/templates/b.yaml"] = text
        found[f"chart/charts/{name}/templates/_lib.tpl"] = LIBRARY
    return found


def test_a_text_that_several_charts_have_is_parsed_once(shelf: Shelf) -> None:
    printed = shelf.rendered(with_copies('b: {{ include "lib.name" . }}\n'))
    assert sorted(name.rpartition("/")[2] for name in shelf.parsed) == ["_lib.tpl", "a.yaml", "b.yaml"]
    assert printed.text.count("b: web") == 2
    assert len(shelf.entries) == 2  # the chart, and the two that have the same templates


def test_a_text_that_several_charts_have_draws_its_own_numbers_in_each(shelf: Shelf) -> None:
    printed = shelf.rendered(with_copies("b: {{ randAlphaNum 30 }}\n"))
    first, second = (line for line in printed.text.split("\n") if line.startswith("b: "))
    assert first != second
    places = {str(finding.where) for finding in printed.findings}
    assert places == {f"chart/charts/{name}/templates/b.yaml:1:7" for name in ("one", "two")}


@pytest.mark.parametrize("name", ["one", "two"])
def test_an_error_in_a_text_that_several_charts_have_is_in_its_own_file(name: str, shelf: Shelf) -> None:
    text = '{{ if eq .Chart.Name "' + name + '" }}{{ fail "no" }}{{ end }}\n'
    (finding,) = shelf.rendered(with_copies(text)).findings
    assert str(finding.where).startswith(f"chart/charts/{name}/templates/b.yaml:1:")
    assert f"shop/charts/{name}/templates/b.yaml:1:" in finding.message


DAMAGES = (lambda _: b"", lambda data: data[:-3], lambda data: data[::-1], lambda _: b"\xff" * 40)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_entry_is_as_good_as_none(shelf: Shelf, damage: Callable[[bytes], bytes]) -> None:
    first = shelf.rendered(with_library("shop"))
    shelf.entries = {key: damage(content) for key, content in shelf.entries.items()}
    assert shelf.rendered(with_library("shop")).text == first.text
    assert len(shelf.parsed) == 2


def test_bounds_are_the_same_with_kept_templates(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = with_library("shop", "{{ 1 }}\n" * 50)
    shelf.rendered(chart)
    monkeypatch.setattr(Allowance.__init__, "__defaults__", (200,))
    kept = shelf.rendered(chart)
    shelf.entries.clear()
    assert kept.findings == shelf.rendered(chart).findings
    assert "bound of 200 steps" in kept.findings[0].message


def test_the_command_keeps_templates_in_its_cache_folder(tmp_path: Path, shelf: Shelf) -> None:
    for path, text in with_library("shop").items():
        (tmp_path / "sources" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sources" / path).write_text(text)
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for name in ("one", "two"):
        shelf.parsed.clear()
        out, err = io.StringIO(), io.StringIO()
        assert main(["template", name, "chart"], Streams(out, err, environ, str(tmp_path / "sources"))) == CLEAN
        assert f"a: {name}\n" in out.getvalue()
    assert not shelf.parsed


# --- verdicts on values -----------------------------------------------------------------------------------------------

SCHEMA = '{"properties": {"port": {"type": "integer"}}}'


def with_schema(port: str, schema: str = SCHEMA) -> dict[str, str]:
    texts = {"Chart.yaml": META, "values.yaml": f"port: {port}\n", "values.schema.json": schema}
    return {f"chart/{name}": text for name, text in texts.items()}


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the charts whose values are judged, not found as allowed."""
    found: list[str] = []
    really = schema.check

    def check(chart: Chart, *rest: Any) -> Any:
        found.append(chart.name)
        return really(chart, *rest)

    monkeypatch.setattr(schema, "check", check)
    return found


def test_values_that_were_allowed_are_not_judged_again(shelf: Shelf, judged: list[str]) -> None:
    assert shelf.rendered(with_schema("80")).chart is not None
    assert shelf.rendered(with_schema("80"), name="api").chart is not None
    assert judged == ["shop"]


@pytest.mark.parametrize(
    "changed",
    [
        with_schema("x"),
        with_schema("80", SCHEMA.replace("integer", "string")),
        {**with_schema("80"), "chart/charts/db/Chart.yaml": META, "chart/charts/db/values.schema.json": "false"},
    ],
)
def test_other_values_and_other_schemas_are_judged(changed: dict[str, str], shelf: Shelf, judged: list[str]) -> None:
    shelf.rendered(with_schema("80"))
    for _ in range(2):
        assert [finding.code for finding in shelf.rendered(changed).findings] == ["PS706"]
    assert judged[:3] == ["shop"] * 3


def test_a_schema_that_is_not_fetched_is_said_each_time(shelf: Shelf) -> None:
    elsewhere = with_schema("80", '{"properties": {"port": {"$ref": "https://schemas.example/port.json"}}}')
    for _ in range(2):
        assert [finding.code for finding in shelf.rendered(elsewhere).findings] == ["PS707"]
