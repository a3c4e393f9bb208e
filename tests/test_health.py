"""Health, on own cases (fixtures/health) and on those of kstatus where they are at hand."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.apply import rulebook
from penstock.apply.health import health, pods_trouble
from penstock.apply.judge import WORDS as WORDS_OF_HEALTH
from penstock.apply.rulebook import Loader
from penstock.cli.main import main
from penstock.cli.streams import Streams

FIXTURES = Path(__file__).parents[1] / "fixtures" / "health"
RULES = Path(rulebook.FOLDER)
ARGO = Path(__file__).parents[2] / "shared" / "conformance" / "argocd"
KSTATUS = Path(__file__).parents[2] / "shared" / "conformance" / "kstatus" / "cases.jsonl"

WORDS = {"Current": "Healthy", "InProgress": "Progressing", "Failed": "Degraded", "Terminating": "Progressing"}

CASES = [case for path in sorted(FIXTURES.glob("*.yaml")) for case in yaml.safe_load_all(path.read_text())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_health(case: dict[str, Any]) -> None:
    found = health(case["object"], fresh=case.get("fresh", False), has_status=case.get("has_status", False))
    assert ": ".join(text for text in found if text) == case["expect"]


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
    health({"apiVersion": api_version, "kind": name, "metadata": {"name": "x", "generation": 1}, "status": status})


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
