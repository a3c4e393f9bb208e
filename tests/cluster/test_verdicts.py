"""`penstock check` against a real API server: for every document of the fixtures the two come to the same verdict."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cases import FIXTURES, SCHEMAS, mutations, resource, resources

from penstock.apply.failure import Failure
from penstock.apply.kinds import Kinds, discover
from penstock.model import Resource, Tree
from penstock.validate.check import validate

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster

CASES = sorted(
    path
    for family in ("valid", "rules", "schema", "server")
    for path in (FIXTURES / family).glob("*.yaml")
    if path.stem != "partial"  # Flux merges these into what the cluster has
    and path.stem != "placeholders"  # another tool writes their values before the server sees them
    and path.stem != "workloads_whose_pods_start_together"  # a server has these only where feature gates are open
    and path.stem != "read_from_a_cluster"  # the warning is about an apply, whose verdict differs by field
    and path.stem != "types_without_fields"  # a create refuses fields of such a type, an apply takes them
)
LENIENT = (
    "expected string, found null",
    "is out of the range of int32",
)
"""Where the server takes what its own schema excludes: it reads absent fields as empty, and cuts large numbers off."""

CUSTOM = ("example.com/", "rbac.authorization.k8s.oi/", "shop.example.com/")


@pytest.fixture(scope="module")
def kinds(cluster: "Cluster") -> Kinds:
    return discover(cluster.admin)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_verdict_on_each_document_of_a_fixture(path: Path, cluster: "Cluster", kinds: Kinds) -> None:
    for each in resources(path.read_text()):
        if not each.body["apiVersion"].startswith(CUSTOM):
            complaints = ours([each])
            assert bool(complaints) == bool(theirs(each.body, cluster, kinds)), (each.origin, complaints)


@pytest.mark.parametrize("name", ["widgets", "rules"])
def test_the_verdict_on_custom_resources(name: str, cluster: "Cluster", kinds: Kinds) -> None:
    definition, *widgets = resources((FIXTURES / "custom" / f"{name}.yaml").read_text())
    path = kinds.exact["apiextensions.k8s.io", "v1", "CustomResourceDefinition"].path("", definition.id.name)
    assert not isinstance(cluster.admin.apply(path, definition.body, "penstock-tests"), Failure)
    try:
        served = wait_for(widgets[0], cluster)
        for widget in widgets:
            if served.of(widget.body):
                complaints = ours([definition, widget])
                assert bool(complaints) == bool(theirs(widget.body, cluster, served)), (widget.id, complaints)
    finally:
        cluster.admin.call("DELETE", path)


def test_what_the_server_accepts_is_not_called_an_error(cluster: "Cluster", kinds: Kinds) -> None:
    """And of what it refuses, nearly all is found."""
    found = refused = 0
    for body in mutations(600, seed=5):
        complaints, answer = ours([resource(body)]), theirs(body, cluster, kinds)
        if answer:
            refused += 1
            found += bool(complaints)
        else:
            assert [each for each in complaints if not each.endswith(LENIENT)] == [], body
    assert refused > 200
    assert found / refused > 0.98


def ours(objects: list[Resource]) -> list[str]:
    """What is said to be refused. Entries that stand twice are a warning where only server-side apply refuses them."""
    found = validate(objects, SCHEMAS)[1]
    return [each.message for each in found if each.severity == "error" or each.code == "PS404"]


def theirs(body: Tree, cluster: "Cluster", kinds: Kinds) -> str:
    """The server's complaint about a strict server-side apply; the empty string where it has none."""
    kind = kinds.of(body)
    if kind is None:
        return "no such kind"
    metadata = body["metadata"] if isinstance(body.get("metadata"), dict) else {}
    path = kind.path(str(metadata.get("namespace") or "default"), str(metadata.get("name")))
    answer = cluster.admin.apply(path, body, "penstock-tests", force=True, dry_run=True)
    return str(answer) if isinstance(answer, Failure) else ""


def wait_for(right: Resource, cluster: "Cluster") -> Kinds:
    """Until the server takes an object of a kind that was just declared."""
    for _ in range(600):
        kinds = discover(cluster.admin)
        if kinds.of(right.body) and not theirs(right.body, cluster, kinds):
            return kinds
        time.sleep(0.1)
    pytest.fail(f"{right.id} is not accepted: {theirs(right.body, cluster, kinds)}")
