"""Helm charts and what `helm template` 4.3.1 prints for them or refuses.

fixtures/charts/BEHAVIOUR/: `chart`, perhaps `arguments.txt` for `penstock template`, then `expected.yaml`, which was
recorded from helm (`HELM=… pytest --update`), or `expected_error.txt`; `expected_findings.txt` is what is said beside
an output. Where Penstock answers otherwise and means to, `ours.txt` says why. Charts of the contract, where that is
there, are run as well.
"""

import io
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.cases import spent
from tests.conftest import Golden

from penstock import cache
from penstock.budget import Budget
from penstock.charted import template
from penstock.cli.main import main
from penstock.cli.streams import CLEAN, SOURCES, USAGE, Streams
from penstock.files import Disk, Memory
from penstock.model import Diagnostic, Document, Origin
from penstock.parse.project import Project
from penstock.sources import ChartRequest, Files, Rendition

FIXTURES = Path(__file__).parent.parent / "fixtures" / "charts"
CASES = sorted(FIXTURES.iterdir())
SHARED = Path(__file__).parent.parent.parent / "shared" / "cases" / "charts"
CONTRACT = sorted(path for path in SHARED.glob("*") if path.is_dir()) if SHARED.exists() else []

HELM = os.environ.get("HELM", "")
"""The real helm 4.3.1: with it, `--update` records what it prints."""

META = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"

LONGEST = 5.0
"""Seconds that a hostile chart may take."""


def name(case: Path) -> str:
    return case.name


def arguments(case: Path, file: str = "arguments.txt") -> list[str]:
    given = case / file
    return shlex.split(given.read_text()) if given.exists() else []


def ran(case: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(["template", "web", "chart", "--namespace", "shop", *words], Streams(out, err, {}, str(case)))
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_chart_gives_what_helm_prints(case: Path, golden: Golden) -> None:
    start = spent()
    status, out, err = ran(case, *arguments(case))
    assert spent() - start < LONGEST
    if (case / "ours.txt").exists() and status == CLEAN:
        golden(case / "expected.yaml", out)
    if not (case / "expected.yaml").exists():
        assert (status, out) == (SOURCES, "")
        golden(case / "expected_error.txt", err)
        return
    if err or (case / "expected_findings.txt").exists():
        golden(case / "expected_findings.txt", err)
    assert (status, out) == (CLEAN, (case / "expected.yaml").read_bytes().decode())


@pytest.mark.skipif(not HELM, reason="needs the real helm")
@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_expectation_is_what_helm_prints(case: Path, golden: Golden) -> None:
    if (case / "ours.txt").exists():
        return
    words = [HELM, "template", "web", "chart", "--namespace", "shop", *arguments(case)]
    done = subprocess.run(words, cwd=case, capture_output=True, check=False)
    assert (done.returncode == 0) == (case / "expected.yaml").exists(), done.stderr.decode()
    if done.returncode == 0:
        golden(case / "expected.yaml", done.stdout)


@pytest.mark.skipif(not CONTRACT, reason="the cases of the contract are not here")
@pytest.mark.parametrize("case", CONTRACT, ids=name)
def test_a_case_of_the_contract(case: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    words = ["template", "rel", "chart", "--namespace", "ns", *arguments(case, "flags")]
    status = main(words, Streams(out, err, {}, str(case)))
    if (case / "helm.yaml").exists():
        assert out.getvalue() == (case / "helm.yaml").read_bytes().decode()
        return
    assert status == SOURCES
    assert (case / "helm.refuses").read_text().strip().removeprefix("Error: ") in err.getvalue()


@pytest.mark.parametrize("flag", ["--wait", "--server-side", "--dry-run"])
def test_a_flag_takes_no_word_as_its_value(flag: str, tmp_path: Path) -> None:
    """As in helm, where a value of these flags can only follow an equals sign."""
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text(META)
    (tmp_path / "chart/templates/a.yaml").write_text("name: {{ .Release.Name }}\n")
    out, err = io.StringIO(), io.StringIO()
    assert main(["template", flag, "web", "chart"], Streams(out, err, {}, str(tmp_path))) == CLEAN
    assert (out.getvalue(), err.getvalue()) == ("---\n# Source: shop/templates/a.yaml\nname: web\n", "")


def test_a_chart_of_100_000_files_is_an_error() -> None:
    """A repository can hold so many, and each would be read."""
    start = spent()
    files = Memory({"chart/Chart.yaml": META, **{f"chart/files/{n}": "x" for n in range(100_000)}})
    printed = template(files, ChartRequest(chart="chart", name="web"))
    assert spent() - start < LONGEST
    assert [finding.code for finding in printed.findings] == ["PS702"]


@pytest.mark.parametrize(("patterns", "files"), [(5_001, 1), (4_000, 1_300)])
def test_a_long_helmignore_is_an_error(patterns: int, files: int) -> None:
    """Each path is compared with each pattern."""
    start = spent()
    ignore = "".join(f"x{number}*y\n" for number in range(patterns))
    chart = {"chart/Chart.yaml": META, "chart/.helmignore": ignore}
    printed = template(Memory({**chart, **{f"chart/f{n}": "x" for n in range(files)}}), ChartRequest("chart", "web"))
    assert spent() - start < LONGEST
    assert [finding.code for finding in printed.findings] == ["PS702"]


def test_values_of_too_many_keys_are_an_error() -> None:
    values = "".join(f"k{number}: {number}\n" for number in range(300_000))
    files = Memory({"chart/Chart.yaml": META, "chart/values.yaml": values})
    printed = template(files, ChartRequest(chart="chart", name="web"))
    assert [(finding.code, str(finding.where)) for finding in printed.findings] == [
        ("PS704", "chart/values.yaml:250000:10")
    ]


def test_charts_inside_one_another_have_an_end() -> None:
    inside = {f"chart{'/charts/c' * depth}/Chart.yaml": META for depth in range(60)}
    printed = template(Memory(inside), ChartRequest(chart="chart", name="web"))
    assert [finding.code for finding in printed.findings] == ["PS702"]


def test_a_random_chart_of_helm_is_another_one_each_time() -> None:
    files = Memory({"chart/Chart.yaml": META, "chart/templates/a.yaml": "a: {{ randAlphaNum 20 }}\n"})
    request = ChartRequest(chart="chart", name="web")
    assert template(files, request).text == template(files, request).text
    request = request._replace(is_random=True)
    assert template(files, request).text != template(files, request).text


def test_output_goes_to_a_directory(tmp_path: Path) -> None:
    chart = {"Chart.yaml": META, "templates/a.yaml": "kind: A\n---\nkind: B\n", "templates/in/c.yaml": "kind: C\n"}
    for path, text in chart.items():
        (tmp_path / "chart" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "chart" / path).write_text(text)
    status, out, err = ran(tmp_path, "--output-dir", "out")
    assert (status, err) == (CLEAN, "")
    names = ("a", "a", "in/c")
    assert out == "".join(f"wrote out/shop/templates/{each}.yaml\n" for each in names) + "\n"
    written = (tmp_path / "out/shop/templates/a.yaml").read_text()
    assert (
        written == "---\n# Source: shop/templates/a.yaml\nkind: A\n\n---\n# Source: shop/templates/a.yaml\nkind: B\n\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["a", "chart", "more"],
        ["nowhere"],
        ["./nowhere"],
        ["chart", "--verify"],
        ["web", "chart", "--generate-name"],
        ["web", "chart", "--name-template", "x"],
        ["chart", "--post-renderer", "no-such-program"],
        ["chart", "--output-dir", "out", "--show-only", "templates/a.yaml"],
        ["chart", *["--set=a=1"] * 5_001],
        ["chart", "--api-versions", 'a/v1,b"c'],
    ],
)
def test_a_command_line_that_cannot_be_meant_is_refused(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "Chart.yaml").write_text(META)
    out, err = io.StringIO(), io.StringIO()
    assert main(["template", *words], Streams(out, err, {}, str(tmp_path))) == USAGE
    assert out.getvalue() == ""


def test_a_result_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    chart = tmp_path / "here" / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(META)
    (chart / "templates" / "a.yaml").write_text("kind: A\n")
    argv = ["web", "chart"]
    streams = Streams(io.StringIO(), io.StringIO(), {"XDG_CACHE_HOME": str(tmp_path / "cache")}, str(chart.parent))
    assert main(["template", *argv], streams) == CLEAN
    store, entry = cache.of_template(streams.environ, str(chart.parent), argv)
    known = cache.load(store, entry, Disk(str(chart.parent)), {})
    assert known == ("", "---\n# Source: shop/templates/a.yaml\nkind: A\n")
    (chart / "templates" / "b.yaml").write_text("kind: B\n")
    assert cache.load(store, entry, Disk(str(chart.parent)), {}) is None


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--no-hooks=maybe", "invalid syntax"),
        ("--validate", "would ask a cluster"),
        ("--dry-run=server", "would ask a cluster"),
        ("--verify", "would ask for keys"),
        ("--dry-run=often", "invalid dry-run value"),
        ("--wait=long", "one of watcher, hookOnly, legacy"),
        ("--timeout=5", "a duration"),
        ("--labels=x", "must be formatted as key=value"),
        ("--qps=many", "a number"),
        ("--server-side=auto", "invalid syntax"),
    ],
)
def test_a_flag_that_helm_refuses_is_refused(flag: str, said: str) -> None:
    case = FIXTURES / "flags_of_helm_that_change_nothing_are_taken"
    status, out, err = ran(case, flag)
    assert (status, out) == (USAGE, "")
    assert said in err


def test_a_chart_is_rendered_once_for_the_same_values() -> None:
    rendered: list[ChartRequest] = []

    def render(files: Files, request: ChartRequest, budget: Budget) -> tuple[Rendition | None, list[Diagnostic]]:
        rendered.append(request)
        return Rendition("c/(release r)", "a: b\n", list), []

    project = Project(Memory({}), render_chart=render)
    for value in (1, 1, True):
        values = Document(Origin("values.yaml"), {"replicas": value})
        assert project.rendered(ChartRequest("c", values=(values,))) == ("c/(release r)", [])
    assert len(rendered) == 2
