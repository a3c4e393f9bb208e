"""Health, on own cases (fixtures/health) and on those of kstatus where they are at hand."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.apply import rulebook
from penstock.apply.health import health
from penstock.apply.judge import WORDS as WORDS_OF_HEALTH
from penstock.apply.pods import pods_trouble
from penstock.apply.rulebook import Loader
from penstock.cli.main import main
from penstock.cli.streams import Streams

FIXTURES = Path(__file__).parents[1] / "fixtures" / "health"
RULES = Path(rulebook.FOLDER)
ARGO = Path(__file__).parents[2] / "shared" / "conformance" / "argocd"
KSTATUS = Path(__file__).parents[2] / "shared" / "conformance" / "kstatus" / "cases.jsonl"

WORDS = {"Current": "Healthy", "InProgress": "Progressing", "Failed": "Degraded", "Terminating": "Progressing"}

CASES = [case for path in sorted(FIXTURES.glob("*.yaml")) for case in yaml.load_all(path.read_text(), Loader)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_health(case: dict[str, Any]) -> None:
    found = health(case["object"], fresh=case.get("fresh", False), has_status=case.get("has_status", False))
    assert ": ".join(text for text in found if text) == case["expect"]


@pytest.mark.parametrize("path", sorted((FIXTURES / "tables").glob("*.yaml")), ids=lambda path: path.stem)
def test_health_of_a_table_of_statuses(path: Path) -> None:
    wrong = []
    for line in path.read_text().splitlines():
        if line.startswith("- "):
            (case,) = yaml.load(line, Loader)
            (word, kind), status = next(item for item in case.items() if item[0] != "status"), case["status"]
            group, _, name = kind.rpartition("/")
            generation = status.get("observedGeneration", 2)
            found = health(
                {
                    "apiVersion": f"{group}/v1".removeprefix("/"),
                    "kind": name,
                    "metadata": {"name": "x", "generation": generation},
                    "status": status,
                }
            )
            if found.word != word:
                wrong.append(f"{word}, not {found.word}: {line}")
    assert wrong == []


def test_agrees_with_kstatus() -> None:
    if not KSTATUS.exists():
        pytest.skip("../shared is not at hand")
    cases = [json.loads(line) for line in KSTATUS.read_text().splitlines()]
    wrong = [c["name"] for c in cases if health(c["object"]).word != WORDS[c["expected_status"]]]
    assert wrong == []
    assert len(cases) >= 41


@pytest.mark.parametrize("status", [None, [], "x", {"conditions": "x"}, {"conditions": None}, {"replicas": True}])
@pytest.mark.parametrize(
    "kind", ["apps/v1 Deployment", "apps/v1 StatefulSet", "batch/v1 Job", "v1 Pod", "x.org/v1 Any"]
)
def test_odd_status_is_no_error(kind: str, status: Any) -> None:
    api_version, _, name = kind.partition(" ")
    body = {"apiVersion": api_version, "kind": name, "metadata": {"name": "x", "generation": 1}, "status": status}
    assert health(body).word in WORDS_OF_HEALTH


def test_kind_without_a_status_is_not_waited_for() -> None:
    """Rules of a whole group wait for a report, which the kinds of this group that report nothing never make."""
    for api_version, kind in (("kyverno.io/v3", "Exemption"), ("source.toolkit.fluxcd.io/v3", "Proxy")):
        body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "generation": 1}, "spec": {}}
        assert health(body, fresh=True, has_status=False).word == "Healthy"
        assert health(body, fresh=True, has_status=True).word == "Progressing"
        assert health(body).word == "Progressing"


LARGE = 20_000


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [{"type": f"T{number}", "status": "False", "reason": "x"} for number in range(LARGE)]},
        {f"field{number}": number for number in range(LARGE)},
        {"parts": [{"state": "Ready"}] * LARGE},
        {"parts": [{"type": f"T{number}", "status": "False"} for number in range(LARGE)]},
        {f"{word}{number}{'x' * (number % 60)}": 1 for word in ("desired", "ready") for number in range(LARGE // 2)},
        {"message": "waiting " * LARGE},
        {"last" + "succe" * LARGE: "2026-01-01T00:00:00Z"},
        {"conditions": {"a": 1, "b": None, "c": {}}},
        {"conditions": [1, None, {"type": {}, "status": []}], "ready": {}, "readyReplicas": True},
    ],
    ids=["conditions", "fields", "parts", "conditions of parts", "pairs", "text", "name", "mapping", "types"],
)
def test_status_that_anybody_may_write_is_judged_in_time_in_proportion_to_its_size(status: Any) -> None:
    """Whoever may create an object decides what its status says. A second per status would hold up a sync."""
    body = {"apiVersion": "x.example.org/v1", "kind": "BackupJob", "metadata": {"name": "x", "generation": 1}}
    start = time.process_time()
    health({**body, "status": status})
    assert time.process_time() - start < 5


def test_first_pod_in_trouble_speaks() -> None:
    fine = {"metadata": {"name": "a"}, "status": {"phase": "Running"}}
    waits = {"reason": "PodInitializing"}
    stuck = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    containers = [{"name": "a", "state": {"waiting": waits}}, {"name": "b", "state": {"waiting": stuck}}]
    pod = {"metadata": {"name": "b"}, "status": {"containerStatuses": containers}}
    assert pods_trouble([fine, pod]) == "pod b: ImagePullBackOff: Back-off pulling image"
    assert pods_trouble([fine]) == ""


@pytest.mark.parametrize("path", sorted(RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_rules_of_a_group_are_rules(path: Path) -> None:
    for kinds, rules in yaml.safe_load(path.read_text()).items():
        assert kinds
        for rule in rules:
            assert next(key for key in rule if key != "say") in WORDS_OF_HEALTH
            assert len(set(rule) - {"say"}) == 1
        assert None in rules[-1].values(), f"{path.stem}: {kinds} has no last word"


def test_agrees_with_argo_cd() -> None:
    """The figures are printed by the tool; here is only the floor."""
    cases = ARGO / "health.jsonl"
    if not cases.exists():
        pytest.skip("../shared is not at hand")
    rows = [json.loads(line) for line in cases.read_text().splitlines()]
    said = []
    for row in rows:
        documents = yaml.load_all((ARGO / row["file"]).read_text(), Loader)
        said.append((row["expected_status"], health(next(each for each in documents if each)).word))
    assert sum(expected == word for expected, word in said) / len(said) >= 0.98
    assert [pair for pair in said if pair[1] == "Healthy" and pair[0] in ("Degraded", "Progressing")] == []


def test_command_judges_documents_lists_and_lines(tmp_path: Path) -> None:
    failed = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "status": {"phase": "Failed"}}
    fine = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "namespace": "shop"}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [fine, failed]}
    for text in (
        "".join(json.dumps(each) + "\n" for each in (fine, failed)),
        yaml.dump_all([fine, failed]),
        yaml.dump(listed),
    ):
        (tmp_path / "objects").write_text(text)
        out = io.StringIO()
        assert main(["health", "objects", "--format", "json"], Streams(out, io.StringIO(), {}, str(tmp_path))) == 1
        assert [json.loads(line)["status"] for line in out.getvalue().splitlines()] == ["Healthy", "Degraded"]
    (tmp_path / "objects").write_text("a: [")
    err = io.StringIO()
    assert main(["health", "objects"], Streams(io.StringIO(), err, {}, str(tmp_path))) == 3
    assert "is not YAML" in err.getvalue()
    (tmp_path / "objects").write_text(yaml.dump(fine))
    out = io.StringIO()
    assert main(["health", "objects"], Streams(out, io.StringIO(), {}, str(tmp_path))) == 0
    assert out.getvalue() == "Healthy      ConfigMap/shop/b\n"


SILENT = "has no status: its controller has not reported yet, or its kind never does"


@pytest.mark.parametrize(("text", "status", "said"), [
    ("", 3, "penstock: objects is empty, so nothing was judged\n"),
    (" \n", 3, "penstock: objects is empty, so nothing was judged\n"),
    ("apiVersion: v1\nkind: List\nitems: []\n", 0, "penstock: there are no objects in this, so nothing was judged\n"),
    ("---\n# nothing\n", 0, "penstock: there are no objects in this, so nothing was judged\n"),
])  # fmt: skip
def test_command_says_that_it_has_judged_nothing(text: str, status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "objects").write_text(text)
    err = io.StringIO()
    assert main(["health", "objects"], Streams(io.StringIO(), err, {}, str(tmp_path))) == status
    assert err.getvalue() == said


def test_command_names_objects_without_a_name(tmp_path: Path) -> None:
    nameless = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"namespace": "shop"}}
    made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "migrate-"}}
    (tmp_path / "objects").write_text(yaml.dump_all([nameless, {"apiVersion": "v1", "kind": "Foo"}, made]))
    out = io.StringIO()
    assert main(["health", "objects"], Streams(out, io.StringIO(), {}, str(tmp_path))) == 1
    assert [line.split(maxsplit=1)[1] for line in out.getvalue().splitlines()] == [
        "Foo.example.com/shop (without a name)  " + SILENT,
        "Foo (without a name)",
        "Job.batch/migrate-*  has not started yet",
    ]


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ({"subresources": {"status": {}}}, "Progressing  Foo.example.com/a  its controller has not reported yet"),
        ({}, "Healthy      Foo.example.com/a"),
    ],
    ids=["with a status", "without"],
)
def test_command_learns_from_definitions_which_kinds_report(tmp_path: Path, version: Any, line: str) -> None:
    spec = {"group": "example.com", "names": {"kind": "Foo"}, "versions": [{"name": "v1", **version}]}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
    reports = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "a"}}
    (tmp_path / "objects").write_text(yaml.dump_all([reports, definition]))
    out = io.StringIO()
    main(["health", "objects"], Streams(out, io.StringIO(), {}, str(tmp_path)))
    assert out.getvalue().splitlines()[0] == line


def test_kinds_that_report_nothing_are_listed_by_group() -> None:
    for group, kinds in rulebook.silent_kinds().items():
        assert "." in group
        assert kinds == sorted(set(kinds))


DATABASE = """
Database:
- Degraded: {cel: "status.backups.exists(b, b.phase == 'Failed')"}
  say: .status.message
- Suspended: {any: [{cel: self.spec.paused}, {some .status.parts.*: {cel: self.paused == true}}]}
- Healthy: {cel: "status.ready >= spec.replicas && metadata.generation == status.seen"}
- Progressing: {cel: "status.ready < spec.replicas"}
- Unknown:
"""


def judged(folder: Path, rules: str, *objects: dict[str, Any]) -> tuple[int, str, str]:
    """What `penstock health` says of objects by rules of the user for databases.example.com."""
    (folder / "penstock.yaml").write_text("health: [health]\n")
    (folder / "health").mkdir(exist_ok=True)
    (folder / "health" / "databases.example.com.yaml").write_text(rules)
    head = {"apiVersion": "databases.example.com/v1", "kind": "Database", "metadata": {"name": "a", "generation": 2}}
    (folder / "objects").write_text(yaml.dump_all([{**head, **each} for each in objects]))
    out, err = io.StringIO(), io.StringIO()
    return main(["health", "objects"], Streams(out, err, {}, str(folder))), out.getvalue(), err.getvalue()


def test_rules_of_the_user_may_have_expressions(tmp_path: Path) -> None:
    spec = {"replicas": 3}
    status, out, err = judged(
        tmp_path,
        DATABASE,
        {"spec": spec, "status": {"ready": 3, "seen": 2}},
        {"spec": spec, "status": {"ready": 1, "seen": 2}},
        {"spec": spec, "status": {"backups": [{"phase": "Done"}, {"phase": "Failed"}], "message": "no space"}},
        {"spec": {**spec, "paused": True}},
        {"spec": spec, "status": {"parts": [{"paused": False}, {"paused": True}]}},
        {"spec": spec},
        {"spec": {"replicas": "three"}, "status": {"ready": 3, "seen": 2}},
    )
    assert (status, err) == (1, "")
    assert [tuple(line.split(maxsplit=2)) for line in out.splitlines()] == [
        ("Healthy", "Database.databases.example.com/a"),
        ("Progressing", "Database.databases.example.com/a", "status.ready < spec.replicas holds"),
        ("Degraded", "Database.databases.example.com/a", "no space"),
        ("Suspended", "Database.databases.example.com/a", "its controller has not reported yet"),
        ("Suspended", "Database.databases.example.com/a", "does not say that it is well"),
        ("Unknown", "Database.databases.example.com/a", "its controller has not reported yet"),
        ("Unknown", "Database.databases.example.com/a", "does not say that it is well"),
    ]


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("{cel: status.ready >}", "has an expression that cannot be used, 'status.ready >': "),
        ("{cel: size(self)}", "it has the type int, not bool"),
        ("{cel: other.ready}", "other"),
        ("{cel: nothing(self)}", "nothing"),
        ("{not: {cel: '1 + true'}}", "does not go with"),
        ("{cel: 3}", "has `cel` without an expression"),
        ("{any: [{cel: }]}", "has `cel` without an expression"),
    ],
)
def test_expression_that_is_none_is_refused(tmp_path: Path, test: str, says: str) -> None:
    status, _, err = judged(tmp_path, f"Database:\n- Healthy: {test}\n", {})
    assert status == 2
    assert "health/databases.example.com.yaml has a rule for Database, the 1., that " in err or "has an expr" in err
    assert says in err
