"""Health, on own cases (fixtures/health) and on those of kstatus where they are at hand."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.apply.health import health, pods_trouble

FIXTURES = Path(__file__).parents[1] / "fixtures" / "health"
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
