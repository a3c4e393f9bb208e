"""`penstock diff --cluster` against a real API server: it shows what a sync would do, in the words of `diff`."""

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, JOB, OTHER_CONFIG, SECRET, SERVICE, SHOP
from tests.test_diff import SCHEMA

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

SAME_TO_A_SERVER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: nothing, namespace: NS, creationTimestamp: null}
rules: null
---
apiVersion: v1
kind: Secret
metadata: {name: empty, namespace: NS}
data: null
---
apiVersion: v1
kind: Secret
metadata: {name: plain, namespace: NS}
stringData: {password: correct-horse}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NS-wide, namespace: NS}
rules: []
---
apiVersion: v1
kind: Service
metadata: {name: ports, namespace: NS}
spec:
  selector: {app: web}
  ports: [{name: a, port: 53, protocol: UDP, targetPort: 53}, {name: b, port: 53}]
status: {loadBalancer: {}}
"""
"""What reads otherwise in the cluster and is no difference: nulls, plain texts of Secrets, a namespace too many,
defaults, and one port in two protocols.
"""


def sources(stand: "Stand", *manifests: str) -> None:
    """An environment `prod` in the work tree."""
    names = []
    for number, text in enumerate(manifests):
        names.append(f"object{number}.yaml")
        stand.write(f"shop/prod/{names[-1]}", text)
    stand.write("shop/prod/kustomization.yaml", f"resources: [{', '.join(names)}]\n")


def test_the_sources_against_the_cluster(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    sources(stand, *SHOP, OTHER_CONFIG)
    assert stand.diff("prod").out == "no differences between the cluster and prod\n"
    assert stand.diff("rendered/prod").status == 0

    changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3").replace("web:1", "web:2")
    secret = SECRET.replace("correct-horse", "battery-staple")
    sources(stand, changed, SERVICE.replace("port: 80", "port: 81"), secret, JOB)
    stand.edit("configmaps", "settings", {"data": {"colour": "red"}})
    found = stand.diff("prod")
    assert found.status == 1, found.err
    lines = found.out.splitlines()
    ns = stand.namespace
    assert "the cluster and prod differ; objects: 1 added, 3 changed, 2 removed" in lines[0]
    assert f"~ Deployment.apps/{ns}/web  (prod)" in lines
    assert "  · restarts: its pods are restarted" in lines
    assert "  ~ spec.replicas: 2 → 3  (shop/prod/object0.yaml:5:3)" in lines
    image = "spec.template.spec.containers[web].image: registry.example.org/web:1 → registry.example.org/web:2"
    assert f"  ~ {image}  (shop/prod/object0.yaml:12:9)" in lines
    assert f"- ConfigMap/{ns}/others  (prod)" in lines
    assert "(secret " in found.out
    assert "battery" not in found.out + found.err
    document = json.loads(stand.diff("prod", "--format", "json").out)
    jsonschema.validate(document, SCHEMA)
    for form in ("markdown", "html"):
        assert "battery" not in stand.diff("prod", "--format", form).out


def test_all_three_say_the_same_words(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"spec": {"replicas": 5}}, "apps/v1")
    stand.commit(DEPLOYMENT, SERVICE, SECRET.replace("correct", "wrong"), CONFIG.replace("colour: blue", "shape: a"))
    said = [stand.diff("rendered/prod").out, stand.sync("--dry-run").out, stand.status().out]
    for words in ("~ spec.replicas: 5 → 2", "- data.colour: blue", "+ data.shape: a", "~ data.password: (secret "):
        assert all(words in each for each in said), words
    assert "(rendered/prod:" not in said[0]


def test_what_a_server_reads_otherwise_is_no_difference(stand: "Stand") -> None:
    """As the cases of Argo CD have it; the objects were made by `kubectl apply`, and then taken over."""
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    assert stand.kubectl("apply", "-f", "-", text=SAME_TO_A_SERVER).status == 0
    try:
        sources(stand, *SAME_TO_A_SERVER.split("---\n"))
        stand.commit(*SAME_TO_A_SERVER.split("---\n"))
        assert stand.sync().status == 0
        found = stand.diff("prod")
        assert found.out == "no differences between the cluster and prod\n"
    finally:
        stand.kubectl("delete", "clusterrole", f"{stand.namespace}-wide")


def test_what_cannot_be_compared_is_no_deletion(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    unknown = "apiVersion: nowhere.example.org/v1\nkind: Nothing\nmetadata: {name: n, namespace: NS}\n"
    sources(stand, *SHOP[1:], DEPLOYMENT.replace("{app: web}", "{app: other}"), unknown)
    found = stand.diff("prod")
    assert found.status == 1
    assert f"failed in the cluster: Deployment.apps/{stand.namespace}/web" in found.out
    assert "failed in the cluster: Nothing.nowhere.example.org" in found.out
    assert "- Deployment" not in found.out
    assert "2 objects cannot be compared" in found.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "is no environment"),
        (["prod", "prod"], "one side and --cluster"),
        (["main..HEAD"], "and no commits"),
        ([], "one side and --cluster"),
    ],
)
def test_wrong_usage(stand: "Stand", arguments: list[str], words: str) -> None:
    sources(stand, *SHOP)
    found = stand.diff(*arguments)
    assert found.status == 2
    assert words in found.err


def test_an_environment_of_penstock_yaml_has_its_cluster(stand: "Stand") -> None:
    sources(stand, *SHOP)
    other = "https://127.0.0.1:1"
    stand.write("penstock.yaml", f"environments: {{prod: {{cluster: {{server: '{other}'}}}}}}\n")
    found = stand.diff("prod")
    assert found.status == 2
    assert other in found.err
