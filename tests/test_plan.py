"""The plan of a sync, on recorded objects: fixtures/plan/CASE/{desired,live,tried}.yaml → expected.txt.

`live` is what an API server had, managed fields and all; `tried` what it said that a dry run would make of suspects.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from penstock.apply.fields import differences, holds, without
from penstock.apply.hooks import content
from penstock.apply.inventory import Inventory, body, owner, parent_of, read, with_label
from penstock.apply.plan import guard, make, members, of_others, running_again, strangers, suspects
from penstock.apply.show import plan_events
from penstock.cli.describe import describer
from penstock.kubernetes import identify
from penstock.model import Graph, Origin, Resource, ResourceId, Tree

FIXTURES = Path(__file__).parents[1] / "fixtures" / "plan"
PARENT = parent_of("demo", "penstock-system")


def bodies(path: Path) -> dict[ResourceId, Tree]:
    if not path.exists():
        return {}
    return {identify(document)[0]: document for document in yaml.safe_load_all(path.read_text())}


def remembered(live: dict[ResourceId, Tree]) -> Inventory:
    """What earlier syncs have noted: all with our label, but for what asks not to be."""
    return Inventory({key: "" for key, tree in live.items() if owner(tree) == PARENT.id and "stranger" not in key.name})


def in_a_row(ids: list[ResourceId]) -> Graph:
    """A graph in which each object is a wave."""
    return Graph((), tuple((key,) for key in ids))


@pytest.mark.parametrize("case", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_plan(case: Path, golden: Callable[[Path, str], None]) -> None:
    wanted = {key: with_label(tree, PARENT) for key, tree in bodies(case / "desired.yaml").items()}
    live = bodies(case / "live.yaml")
    tried = bodies(case / "tried.yaml")
    suspected = suspects(wanted, live)
    inventory = remembered(live)
    found = members(wanted, live, inventory, PARENT.id)
    plan = make(wanted, live, tried, in_a_row(list(wanted)), in_a_row(found.doomed))
    resources = [Resource(tree, Origin("app.yaml"), key) for key, tree in wanted.items()]
    findings = [
        *of_others(resources, live, inventory, PARENT.id, ()),
        *strangers(found, "rendered/demo"),
        *guard(plan, found.total, (), "rendered/demo"),
    ]
    describe = describer(b"the key of all tests")
    lines = [
        *(f"suspect {key}" for key in suspected),
        *(f"kept {key}" for key in found.kept),
        *(line for event in plan_events(plan, describe) for line in event.text.split("\n")),
        *(f"{f.code} {f.message}; {f.hint}" for f in findings),
    ]
    golden(case / "expected.txt", "".join(f"{line}\n" for line in lines))


def test_acknowledgement_is_for_just_this_deletion() -> None:
    case = FIXTURES / "more_than_half_needs_a_word"
    wanted, live = bodies(case / "desired.yaml"), bodies(case / "live.yaml")
    found = members(wanted, live, remembered(live), PARENT.id)
    plan = make(wanted, live, {}, in_a_row(list(wanted)), in_a_row(found.doomed))
    assert not list(guard(plan, found.total, {"4"}, "rendered/demo"))
    assert list(guard(plan, found.total, {"3", "5", "yes"}, "rendered/demo"))


@pytest.mark.parametrize(("kind", "status", "ran", "action"), [
    ("Pod", {"phase": "Succeeded"}, "before", "create"),
    ("Pod", {"phase": "Running"}, "before", "update"),
    ("Job", {"conditions": [{"type": "Complete", "status": "True"}]}, "before", "create"),
    ("Workflow", {"phase": "Succeeded"}, "before", "create"),
    ("Workflow", {"phase": "Running"}, "before", "update"),
    ("PipelineRun", {"conditions": [{"type": "Succeeded", "status": "True"}]}, "", "create"),
    ("Workflow", {"phase": "Succeeded"}, "now", "update"),
    ("ConfigMap", {}, "before", "update"),
    ("ExternalSecret", {"conditions": [{"type": "Ready", "status": "True"}]}, "before", "update"),
    ("CronJob", {}, "before", "update"),
    ("HelmRelease", {"conditions": [{"type": "Ready", "status": "True"}]}, "before", "update"),
])  # fmt: skip
def test_hook_at_its_end_runs_again_where_it_has_changed(kind: str, status: Tree, ran: str, action: str) -> None:
    """What has been done once is done again by a new object only; what holds something is changed in place."""
    group = {"Pod": "v1", "ConfigMap": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}.get(kind, "example.org/v1")
    metadata = {"name": "a", "namespace": "shop", "annotations": {"argocd.argoproj.io/hook": "PreSync"}}
    if kind == "Pod":
        status = {**status, "conditions": [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]}
    spec = {"restartPolicy": "Never", "containers": [], "size": 1}
    live = {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec, "status": status}
    wanted = {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": {**spec, "size": 2}}
    key = identify(live)[0]
    plan = make({key: wanted}, {key: live}, {}, in_a_row([key]), in_a_row([]))
    done = {key: {"before": content(live), "now": content(wanted)}.get(ran, "")}
    (change,) = running_again(plan, {key: wanted}, done).waves[0]
    assert change.action == action
    assert change.before == live


def test_id_of_the_set_is_kubectls() -> None:
    """The value that kubectl 1.37 computes for this parent, as seen in a cluster."""
    assert PARENT.id == "applyset-Wu_tpXWEdHJuwSaEPtY87or_fTQs8a4_vfLosZv0ig0-v1"


def test_inventory_survives_the_round_trip() -> None:
    ids = [ResourceId("apps", "Deployment", "shop", "web"), ResourceId("", "Namespace", "", "shop")]
    inventory = Inventory({ids[0]: "5f0c", ids[1]: ""}, "", "abc", "abd", "synced")
    tree = body(PARENT, inventory, "1.2.3")
    annotations = tree["metadata"]["annotations"]
    assert annotations["applyset.kubernetes.io/tooling"] == "penstock/v1.2.3"
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == "Deployment.apps,Namespace"
    assert annotations["applyset.kubernetes.io/additional-namespaces"] == "shop"
    assert read(PARENT, tree) == inventory


def test_inventory_of_many_objects_fits_a_config_map() -> None:
    ids = [ResourceId("apps", "Deployment", f"team-{n % 100}", f"service-{n}") for n in range(20_000)]
    inventory = Inventory({key: hashlib.md5(str(key).encode()).hexdigest() for key in ids})
    tree = body(PARENT, inventory, "1.2.3")
    assert len(json.dumps(tree)) < 1024 * 1024
    assert read(PARENT, tree) == inventory
    odd = {
        ResourceId("", "ConfigMap", "shop", "../a"): "",
        ResourceId("", "ConfigMap", "shop", "a\nb"): "",
        ids[0]: "5f",
    }
    assert read(PARENT, body(PARENT, Inventory(odd), "1.2.3")) == Inventory({ids[0]: "5f"})
    broken = {**tree, "binaryData": {"members": tree["binaryData"]["members"][:-400]}}
    assert isinstance(read(PARENT, broken), str)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"annotations": {}}, "has no annotation"),
        ({"annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.37"}}, "belongs to the tool 'kubectl'"),
        ({"labels": {}}, "has the label"),
    ],
)
def test_inventory_of_others_is_not_read(change: Tree, why: str) -> None:
    tree = body(PARENT, Inventory(), "1.2.3")
    read_as = read(PARENT, {**tree, "metadata": {**tree["metadata"], **change}})
    assert isinstance(read_as, str)
    assert why in read_as


@pytest.mark.parametrize("name", ["prod", "team/prod", "Prod", "ümlaut", "-", "a" * 300, "eu.prod-1"])
def test_name_of_the_inventory_is_fit_for_kubernetes(name: str) -> None:
    parent = parent_of(name, "x")
    assert len(parent.name) <= 253
    assert parent.name.replace("-", "").replace(".", "").isalnum()
    assert parent.name.isascii()
    assert parent.name[-1] not in "-."
    assert (parent.name == f"penstock-{name}") == (name in ("prod", "eu.prod-1"))


def nested(depth: int, leaf: object) -> Tree:
    """Mappings and lists in turn."""
    tree: object = leaf
    for level in range(depth):
        tree = {"x": tree} if level % 2 else [tree]
    return {"apiVersion": "example.org/v1", "kind": "Deep", "spec": tree}


def test_deep_nesting_is_compared() -> None:
    """As deep as a document may be on a branch."""
    fields: Tree = {"f:x": {}}
    entry = {"manager": "penstock", "operation": "Apply", "apiVersion": "example.org/v1", "fieldsV1": {"f:spec": {}}}
    live = nested(390, 1) | {"metadata": {"managedFields": [entry]}}
    assert holds(live, nested(390, 1), "penstock")
    assert not holds(live, nested(390, 2), "penstock")
    assert len(differences(nested(390, 1), nested(390, 2))) == 1
    mapping: Tree = {"x": 1}
    for _ in range(390):
        fields, mapping = {"f:x": fields}, {"x": mapping}
    entry["fieldsV1"] = {"f:spec": fields}
    live = {"apiVersion": "example.org/v1", "spec": mapping, "metadata": {"managedFields": [entry]}}
    assert holds(live, {"apiVersion": "example.org/v1", "spec": mapping}, "penstock")


def test_field_is_left_out() -> None:
    tree = {"spec": {"replicas": 1, "paused": True}}
    assert without(tree, ".spec.replicas") == {"spec": {"paused": True}}
    assert without(tree, ".status.replicas") == tree
