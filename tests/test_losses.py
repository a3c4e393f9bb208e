"""What Kustomize loses in silence: `build` prints its bytes and warns, `check` fails, `merge: kubernetes` is right.

fixtures/losses/BEHAVIOUR/: `input`; `expected.yaml`, recorded from kustomize v5.8.2; `expected_findings.txt`, what
`build` says beside it; `expected_kubernetes.yaml`, the output with `--merge kubernetes` where that is another.
"""

import io
from pathlib import Path

import pytest
from tests.conftest import Golden

from penstock.cli.main import main
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, USAGE, Streams
from penstock.parse import codes as parse_codes
from penstock.resolve import codes as resolve_codes

FIXTURES = Path(__file__).parent.parent / "fixtures" / "losses"
CASES = sorted(FIXTURES.iterdir())
LOSSES = parse_codes.LOSSES | resolve_codes.LOSSES
PROJECT = "apiVersion: penstock.dev/v1\nkind: Project\nmerge: kubernetes\n"
QUIET = "nothing_is_said_where_nothing_is_lost"


def ran(directory: Path, *words: str) -> tuple[int, str, str]:
    streams = Streams(io.StringIO(), io.StringIO(), {"PATH": "/usr/bin:/bin"}, str(directory))
    status = main(words, streams)
    return status, streams.out.getvalue(), streams.err.getvalue()  # type: ignore[attr-defined]


HARMLESS = ("PS212", "PS248", "PS264")
"""What the API server mends by itself, as the namespace of an object that is in none; and what may have been meant."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_build_prints_the_bytes_of_kustomize_and_says_what_is_lost(case: Path, golden: Golden) -> None:
    status, out, err = ran(case / "input", "build", "--no-cache", ".")
    assert (status, out) == (CLEAN, (case / "expected.yaml").read_text())
    golden(case / "expected_findings.txt", err)
    assert bool(err) == (case.name != QUIET)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_takes_every_loss_for_an_error(case: Path) -> None:
    _, _, warnings = ran(case / "input", "build", "--no-cache", ".")
    status, report, _ = ran(case / "input", "check", ".")
    said = [line for line in warnings.splitlines() if ": warning " in line]
    lost = [line for line in said if line.split(": warning ")[1].split()[0] not in HARMLESS]
    for line in said:
        assert (line.replace(": warning ", ": error ") if line in lost else line) in report.splitlines()
        assert line.split(": warning ")[1].split()[0] in (*LOSSES, *HARMLESS)
    assert status == (FINDINGS if lost else CLEAN)


@pytest.mark.parametrize("case", [c for c in CASES if (c / "expected_kubernetes.yaml").exists()], ids=lambda c: c.name)
def test_merge_kubernetes_loses_nothing(case: Path, golden: Golden) -> None:
    status, out, err = ran(case / "input", "build", "--no-cache", "--merge", "kubernetes", ".")
    assert (status, err) == (CLEAN, "")
    golden(case / "expected_kubernetes.yaml", out)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("element_without_its_key_empties_the_list", "this element of `containers` has no `name`"),
        ("directive_in_a_list_that_is_replaced", "the list around this is replaced as a whole"),
    ],
)
def test_merge_kubernetes_refuses_what_has_no_right_result(case: str, message: str) -> None:
    directory = CASES[0].parent / case / "input"
    status, out, err = ran(directory, "build", "--no-cache", "--merge", "kubernetes", ".")
    assert (status, out) == (SOURCES, "")
    assert f"error PS252 {message}" in err


def test_every_loss_has_a_fixture_and_a_page() -> None:
    said = "".join((case / "expected_findings.txt").read_text() for case in CASES)
    assert {code for code in LOSSES if f" {code} " not in said} == set()
    pages = {code for code, _, _ in (*parse_codes.PAGES, *resolve_codes.PAGES)}
    assert pages >= LOSSES


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
def test_only_of_a_secret_the_rounded_number_is_not_shown(tmp_path: Path, kind: str) -> None:
    """The same sources twice, but for the kind of the object."""
    for path in (FIXTURES / "json_patch_rounds_a_secret_and_does_not_show_it" / "input").iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("Secret", kind))
    status, _, err = ran(tmp_path, "build", "--no-cache", ".")
    assert (status, "warning PS298" in err) == (CLEAN, True)
    numbers = ("12345678901234567", "12345678901234568")
    assert [number in err for number in numbers] == [kind == "ConfigMap"] * 2


@pytest.mark.parametrize("field", ["patches", "patchesJson6902"])
def test_operations_in_brackets_are_json_as_for_kustomize(tmp_path: Path, field: str) -> None:
    target = "{version: v1, kind: ConfigMap, name: a}"
    (tmp_path / "kustomization.yaml").write_text(f"resources: [a.yaml]\n{field}: [{{path: p, target: {target}}}]\n")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    for text, status in (
        ('[{"op": "add", "path": "/data", "value": {}}]', CLEAN),
        ("[{op: add, path: /data}]", SOURCES),
    ):
        (tmp_path / "p").write_text(text)
        assert ran(tmp_path, "build", "--no-cache", ".")[0] == status


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an overlay whose patch loses a port."""
    case = CASES[0].parent / "port_without_protocol_drops_the_patch"
    (tmp_path / ".git").mkdir()
    (tmp_path / "prod").mkdir()
    for file in (case / "input").iterdir():
        (tmp_path / "prod" / file.name).write_text(file.read_text())
    return tmp_path


@pytest.mark.parametrize(("here", "directory"), [(".", "prod"), ("prod", ".")])
def test_the_project_file_counts_wherever_we_are_in_the_repository(repository: Path, here: str, directory: str) -> None:
    expected = CASES[0].parent / "port_without_protocol_drops_the_patch"
    assert ran(repository / here, "build", directory)[1] == (expected / "expected.yaml").read_text()
    (repository / "penstock.yaml").write_text(PROJECT)
    assert ran(repository / here, "build", directory)[1] == (expected / "expected_kubernetes.yaml").read_text()
    assert (
        ran(repository / here, "build", "--merge", "kustomize", directory)[1]
        == (expected / "expected.yaml").read_text()
    )


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("merge: k8s", ["3:1: error PS115 `merge` must be kustomize or kubernetes"]),
        ("murge: kubernetes", ["3:1: error PS115 unknown field `murge`"]),
        ("merge: [kubernetes]", ["3:1: error PS115 `merge` must be"]),
        ("merge: kubernetes\nmerge: kustomize", ["4:1: error PS115 the key 'merge' stands twice"]),
        ("---\n1", ["1:1: error PS115 penstock.yaml must be one mapping"]),
        ("merge: [", ["4:1: error PS115 not valid YAML"]),
    ],
)
def test_a_wrong_project_file_is_a_located_error(repository: Path, text: str, findings: list[str]) -> None:
    (repository / "penstock.yaml").write_text(f"apiVersion: penstock.dev/v1\nkind: Project\n{text}\n")
    status, out, err = ran(repository, "build", "prod")
    assert (status, out) == (USAGE, "")
    for finding in findings:
        assert finding in err
