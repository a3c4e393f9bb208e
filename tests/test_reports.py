"""`penstock check` and `penstock rule` as users call them, and the reports that they print."""

import io
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.conftest import Apart, Golden

from penstock.cli.main import main
from penstock.cli.rule import pages
from penstock.cli.severities import LOSSES, OTHERS, severities_of
from penstock.cli.streams import Streams
from penstock.findings import Checked, Report, at, report
from penstock.model import Diagnostic, Origin, Pos, ResourceId, Severity
from penstock.report.json import report_json
from penstock.report.text import findings_text, summary, text
from penstock.words import printable

TREES = sorted((Path(__file__).parent.parent / "fixtures" / "check" / "trees").iterdir())


def run(directory: Path, *arguments: str) -> tuple[int, str, str]:
    streams = Streams(io.StringIO(), io.StringIO(), {"PATH": "/usr/bin:/bin"}, str(directory))
    status = main(arguments, streams)
    return status, streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", TREES, ids=lambda case: case.name)
def test_trees(case: Path, golden: Golden, apart: Apart) -> None:
    given = case / "arguments.txt"
    arguments = shlex.split(given.read_text()) if given.exists() else []
    status, out, err = run(apart(case / "input"), "check", *arguments)
    golden(case / "expected.txt", f"{out}{err}exit status {status}\n")
    assert "battery" not in out + err


def found(
    code: str, severity: Severity = "error", *, message: str = "no", line: int = 1, name: str = "a"
) -> Diagnostic:
    return Diagnostic(code, severity, message, Pos("base/a.yaml", line, 3), ResourceId("apps", "Deployment", "", name))


def of(*targets: tuple[str, list[Diagnostic]]) -> Report:
    checked = [Checked(path, path, 2, frozenset(), diagnostics) for path, diagnostics in targets]
    return report("1.37", checked, at(place))


def place(where: Origin | Pos) -> Pos:
    return where if isinstance(where, Pos) else Pos(where.path, 7, 1)


def whole_text(report: Report) -> str:
    return findings_text(report) + summary(report) + "\n"


def test_what_targets_share_is_said_once_with_all_of_them() -> None:
    assert whole_text(of(("dev", [found("PS400")]), ("prod", [found("PS400")]))) == (
        "base/a.yaml:1:3: error PS400 no\n  in Deployment.apps/a of dev, prod\n2 targets, 4 objects, 1 error\n"
    )


def test_objects_that_differ_between_targets_are_listed() -> None:
    made = whole_text(of(("dev", [found("PS400", name="dev-shop")]), ("prod", [found("PS400", name="prod-shop")])))
    assert made.splitlines()[1:3] == ["  in Deployment.apps/dev-shop of dev", "  in Deployment.apps/prod-shop of prod"]


def test_of_many_objects_the_first_are_listed_and_the_others_counted() -> None:
    made = whole_text(of(("dev", [found("PS400", name=f"n{number}") for number in range(9)])))
    assert made.count("\n  in ") == 5
    assert "  and in 4 more objects\n" in made


def test_findings_are_in_the_order_of_files_and_lines() -> None:
    diagnostics = [found("PS402", line=10), found("PS401", line=9), found("PS400", line=10)]
    made = of(("dev", diagnostics)).findings
    assert [(each.pos.line, each.code) for each in made] == [(9, "PS401"), (10, "PS400"), (10, "PS402")]


@pytest.mark.parametrize(
    ("diagnostics", "words"),
    [
        ([], "no findings"),
        ([found("PS405", "info")], "no findings, 1 info"),
        ([found("PS301", "warning")], "1 warning"),
        ([found("PS400"), found("PS401"), found("PS301", "warning")], "2 errors, 1 warning"),
    ],
)
def test_the_summary_counts(diagnostics: list[Diagnostic], words: str) -> None:
    assert summary(of(("dev", diagnostics))) == f"1 target, 2 objects, {words}"


def test_the_summary_names_what_does_not_compile() -> None:
    checked = [
        Checked("dev", "dev", 0, frozenset({"sources"}), [found("PS101")]),
        Checked("prod", "prod", 2, frozenset(), []),
    ]
    assert summary(report("1.37", checked, at(place))) == "2 targets (1 of them does not compile), 2 objects, 1 error"


def test_notes_and_hints_stand_below_the_finding() -> None:
    diagnostic = found("PS404")._replace(notes=((Origin("base/b.yaml"), "the first one"),), hint="keep one of the two")
    assert text([diagnostic], place) == (
        "base/a.yaml:1:3: error PS404 no\n"
        "  base/b.yaml:7:1: the first one\n"
        "  hint: keep one of the two\n"
        "  in Deployment.apps/a\n"
    )


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    hostile = "\x1b[2J\r\n\u202eevil\udcff\x9b\u200b"
    made = text([found("PS400", message=hostile, name=hostile)._replace(hint=hostile)], place)
    assert made.count("\n") == 3
    assert all(line.isprintable() for line in made.splitlines())
    made.encode()


def test_ordinary_text_of_any_language_is_printed_as_it_is() -> None:
    assert printable("größer als 名前") == "größer als 名前"


def test_the_json_report_is_plain_ascii_and_complete() -> None:
    made = report_json(of(("dev", [found("PS400", message="größer\udcff")])))
    assert made.isascii()
    document = json.loads(made)
    assert document["summary"] == {
        "targets": 1,
        "failedTargets": 0,
        "targetsNotReached": 0,
        "objects": 2,
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "withoutSchema": 0,
        "suppressed": 0,
        "known": 0,
        "notAskedFor": 0,
        "codes": {"PS400": 1},
    }
    (finding,) = document["findings"]
    assert finding["objects"] == [
        {"target": "dev", "group": "apps", "kind": "Deployment", "namespace": "", "name": "a"}
    ]


def good_tree(directory: Path, replicas: str = "1") -> Path:
    (directory / "kustomization.yaml").write_text("resources: [deployment.yaml]\n")
    (directory / "deployment.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n"
        f"spec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: shop}}}}\n"
        "  template:\n    metadata: {labels: {app: shop}}\n    spec: {containers: [{name: shop, image: a}]}\n"
    )
    return directory


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 0),
        ((".",), 0),
        (("nowhere",), 2),
        (("--kubernetes-version", "1.12"), 2),
        (("--format", "xml"), 2),
        (("--form", "json"), 2),
        (("--help",), 0),
    ],
)
def test_exit_statuses(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    assert run(good_tree(tmp_path), "check", *arguments)[0] == status


def test_a_directory_without_a_target_is_not_called_clean(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "check")
    assert (status, out) == (2, "")
    assert "nothing to do" in err


def test_warnings_fail_when_asked_to(tmp_path: Path) -> None:
    good_tree(tmp_path)
    with (tmp_path / "deployment.yaml").open("a") as file:
        file.write("---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n")
        file.write("spec: {selector: {app: nobody}, ports: [{port: 80}]}\n")
    assert run(tmp_path, "check")[0] == 0
    assert run(tmp_path, "check", "--fail-on", "warning")[0] == 1


def test_staged_files_are_checked_and_not_those_of_the_directory(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    (tmp_path / "prod").mkdir()
    good_tree(tmp_path / "prod", replicas="many")
    git("init", "-q")
    git("add", ".")
    good_tree(tmp_path / "prod")
    assert run(tmp_path, "check")[0] == 0
    for directory, path in ((tmp_path, "prod/deployment.yaml"), (tmp_path / "prod", "deployment.yaml")):
        status, out, _ = run(directory, "check", "--staged")
        assert status == 1
        assert out.startswith(f"{path}:5:3: error PS401 spec.replicas: expected integer, found string\n")
    git("add", ".")
    assert run(tmp_path, "check", "--staged")[0] == 0


def test_rule_lists_all_codes(tmp_path: Path) -> None:
    status, out, _ = run(tmp_path, "rule")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()] == [[page.code, page.name] for page in pages()]


@pytest.mark.parametrize("asked", ["PS401", "ps401", "wrong-type"])
def test_rule_prints_the_page_of_a_code_or_name(tmp_path: Path, asked: str) -> None:
    status, out, _ = run(tmp_path, "rule", asked)
    assert status == 0
    assert out.startswith("PS401 wrong-type\n\nA field has a value of its type.\n")
    assert "Bad:\n```yaml\n" in out


def test_rule_knows_what_was_meant(tmp_path: Path) -> None:
    status, _, err = run(tmp_path, "rule", "wrong-typ")
    assert status == 2
    assert "did you mean wrong-type?" in err


SAID = re.compile(r": (error|warning|info) (PS[1-4]\d\d) ")


def test_the_manual_knows_the_severities() -> None:
    """Those of all reports that are kept here, but for those of repositories that choose their own."""
    root = Path(__file__).parent.parent
    kept = [path for path in (root / "fixtures").rglob("expected*") if "adoption" not in path.parts]
    found = {match for path in kept if path.is_file() for match in SAID.findall(path.read_text(errors="replace"))}
    wrong = {(code, word) for word, code in found if word not in severities_of(code)}
    losses = {(code, "warning") for code in LOSSES}  # of `build`
    assert wrong - losses == set()
    assert not OTHERS.keys() - {page.code for page in pages()}


def test_rule_says_the_severity_and_how_to_live_with_it(tmp_path: Path) -> None:
    out = run(tmp_path, "rule", "PS401")[1]
    assert "\nSeverity: an error or a warning.\n" in out
    assert "`# penstock: ignore=PS401 the reason`" in out
    assert '`rules: {PS401: "off"}`' in out
    assert "--write-baseline" in out
    assert "(of `penstock build` a warning)" in run(tmp_path, "rule", "PS290")[1]
    assert "keeps a target from being compiled" in run(tmp_path, "rule", "PS101")[1]
    assert "To live with it" not in run(tmp_path, "rule", "PS601")[1]
