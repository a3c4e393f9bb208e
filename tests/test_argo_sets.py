"""ApplicationSets: what Argo CD's own code makes of them, recorded for sets and files that were made up at random.

A case has the Applications that the controller generates, or none where it refuses the set. Empty fields do not count.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.definitions.argo.repository import normal
from penstock.definitions.argo.sets.application_set import generated
from penstock.files import Memory
from penstock.kubernetes import identify
from penstock.model import Origin, Resource
from penstock.pipeline import open_project
from penstock.targets.argo.sets import GoTemplates, SetRepository

FIXTURES = Path(__file__).parent.parent / "fixtures" / "argo_sets"
CASES = [json.loads(line) for line in (FIXTURES / "cases.jsonl").read_text().splitlines()]
TREE = {path: text.encode() for path, text in json.loads((FIXTURES / "tree.json").read_text()).items()}
ADDRESS = "https://git.example.com/fleet.git"

REFUSED = "PS637"
EMPTY: tuple[object, ...] = ({}, [], None, "")
"""Values that Go leaves out of an Application."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_sets_as_the_controller_makes_them(case: Any) -> None:
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": case["spec"]}
    body["metadata"] = {"name": "set", "namespace": "argocd"}
    project = open_project(Memory(TREE))
    repository = SetRepository(project, frozenset({normal(ADDRESS)}))
    made = generated(Resource(body, Origin("set.yaml"), *identify(body)), repository, GoTemplates())
    if case["applications"] is None:
        assert any(finding.code == REFUSED for finding in made.findings)
        return
    found = [_told(each.resource.body) for each in made.applications]
    assert sorted(map(_key, found)) == sorted(map(_key, case["applications"]))


def _told(application: Any) -> Any:
    """Return the parts of an Application that a case has: without its kind, and with parameters as a mapping."""
    told = json.loads(json.dumps({key: application[key] for key in ("metadata", "spec")}))
    told["metadata"].pop("finalizers", None)
    annotations = told["metadata"].get("annotations", {})
    if str(annotations.get("probe")).startswith("{"):
        annotations["probe"] = _read(annotations["probe"])
    values = told["spec"].get("source", {}).get("helm", {})
    if "valuesObject" in values:
        values["valuesObject"] = json.dumps(values["valuesObject"], sort_keys=True)
    return _trimmed(told)


def _read(probe: str) -> Any:
    try:
        return json.loads(probe)
    except ValueError:
        return probe


def _trimmed(tree: Any) -> Any:
    if isinstance(tree, dict):
        kept = {key: _trimmed(value) for key, value in tree.items()}
        return {key: value for key, value in kept.items() if value not in EMPTY and value is not False}
    if isinstance(tree, list):
        return [_trimmed(each) for each in tree]
    return float(tree) if tree.__class__ is int else tree


def _key(tree: Any) -> str:
    return json.dumps(_trimmed(tree), sort_keys=True)
