"""Relatives of the cases of `test_cases`: the same causes in other kinds, and by other hands."""

from typing import TYPE_CHECKING

import pytest
from tests.cluster.test_sync import CONFIG, OTHER_CONFIG, SECRET, SHOP

from penstock.apply.client import Media
from penstock.apply.failure import Failure

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand


@pytest.mark.parametrize("text", [CONFIG, SECRET], ids=["config map", "secret"])
def test_object_of_any_kind_that_sops_has_encrypted_is_said_as_such(stand: "Stand", text: str) -> None:
    encrypted = text.replace("blue", "'ENC[AES256_GCM,data:p673,iv:x,tag:y,type:str]'")
    stand.commit(encrypted + "sops: {mac: 'ENC[x]', version: 3.9.0, age: [{recipient: age1x, enc: y}]}\n", OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert "encrypted by SOPS" in result.err
    assert "ENC[" not in result.err
    assert stand.exists("configmaps", "others")


def test_namespace_in_two_targets_with_other_labels_is_an_error_of_its_own(stand: "Stand") -> None:
    one = "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-twice, labels: {team: red}}\n"
    stand.commit_targets({"red": [one, CONFIG], "blue": [one.replace("team: red", "team: blue"), OTHER_CONFIG]})
    result = stand.sync()
    assert result.status in (1, 3)
    assert "NS-twice".replace("NS", stand.namespace) in result.err
    assert "Traceback" not in result.err


SET = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: db, namespace: NS}}
spec:
  replicas: 1
  {more}
  selector: {{matchLabels: {{app: db}}}}
  template:
    metadata: {{labels: {{app: db}}}}
    spec: {{containers: [{{name: db, image: db}}]}}
"""


@pytest.mark.parametrize(("kind", "more"), [("StatefulSet", "serviceName: db"), ("ReplicaSet", "")])
def test_replicas_of_any_kind_are_left_to_the_autoscaler(stand: "Stand", kind: str, more: str) -> None:
    stand.commit(CONFIG, SET.format(kind=kind, more=more))
    assert stand.sync().status == 0
    plural = f"{kind.lower()}s"
    stand.edit(plural, "db/scale", {"spec": {"replicas": 3}}, "apps/v1", manager="kube-controller-manager")
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.get(plural, "db", "apps/v1")["spec"]["replicas"] == 3


def test_replicas_that_a_person_has_scaled_go_back(stand: "Stand") -> None:
    stand.commit(CONFIG, SET.format(kind="StatefulSet", more="serviceName: db"))
    assert stand.sync().status == 0
    stand.edit("statefulsets", "db/scale", {"spec": {"replicas": 3}}, "apps/v1", manager="kubectl-scale")
    assert stand.sync().status == 0
    assert stand.get("statefulsets", "db", "apps/v1")["spec"]["replicas"] == 1


HOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: {kind}WebhookConfiguration
metadata:
  name: NS
  annotations: {{cert-manager.io/inject-ca-from: NS/web}}
webhooks:
- name: web.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {{service: {{name: web, namespace: NS}}{bundle}}}
  objectSelector: {{matchLabels: {{never: matched}}}}
"""
BUNDLE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="


@pytest.mark.parametrize("bundle", ["", ", caBundle: Cg=="], ids=["nothing", "a placeholder"])
@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
def test_bundle_of_a_webhook_is_left_to_whoever_injects_it(stand: "Stand", kind: str, bundle: str) -> None:
    stand.commit(CONFIG, HOOK.format(kind=kind, bundle=bundle))
    assert stand.sync().status == 0
    place = f"/apis/admissionregistration.k8s.io/v1/{kind.lower()}webhookconfigurations/{stand.namespace}"
    patch = [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": BUNDLE}]
    media = Media("application/json-patch+json")
    query = {"fieldManager": "cainjector"}
    assert not isinstance(stand.cluster.admin.call("PATCH", place, query, patch, media=media), Failure)
    for _ in range(2):
        result = stand.sync()
        assert result.status == 0, result.err
    live = stand.cluster.admin.get(place)
    assert not isinstance(live, Failure)
    assert live["webhooks"][0]["clientConfig"]["caBundle"] == BUNDLE
    assert stand.status().status == 0


def test_object_that_asks_for_a_confirmation_is_not_pruned_unasked(stand: "Stand") -> None:
    asks = "annotations: {argocd.argoproj.io/sync-options: 'Prune=confirm,Validate=false'}, name: others"
    stand.commit(*SHOP, OTHER_CONFIG.replace("name: others", asks))
    assert stand.sync().status == 0
    stand.commit(*SHOP)
    result = stand.sync()
    assert result.status == 1
    assert "asks for a confirmation" in result.err
    assert stand.exists("configmaps", "others")
    assert stand.sync("--allow-prune", f"ConfigMap/{stand.namespace}/others").status == 0
    assert not stand.exists("configmaps", "others")


@pytest.mark.parametrize("kind", ["configmaps", "secrets"])
def test_object_that_nobody_may_change_is_replaced_when_told(stand: "Stand", kind: str) -> None:
    text = {"configmaps": CONFIG, "secrets": SECRET}[kind]
    stand.commit(text + "immutable: true\n", OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(
        text.replace("blue", "red").replace("correct-horse", "battery-staple") + "immutable: true\n", OTHER_CONFIG
    )
    result = stand.sync()
    assert result.status == 1
    assert "--replace" in result.err
    assert "staple" not in result.err + result.out


def test_hashes_that_change_in_series_are_no_loss(stand: "Stand") -> None:
    def made(*hashes: str) -> list[str]:
        return [CONFIG.replace("name: settings", f"name: settings-{each}") for each in hashes]

    stand.commit(*made("5f4bk8g2mh", "c6t9d2ff8m", "7h9k5t8g2b"))
    assert stand.sync().status == 0
    for hashes in (("8kt6ddf5m2", "9hbm4gkk2c", "4b5k6m7t8h"), ("2b4c6d8f9g", "9g8f6d4c2b", "5k5k5k5k5k")):
        stand.commit(*made(*hashes))
        result = stand.sync()
        assert result.status == 0, result.err
        assert "3 pruned" in result.out


@pytest.mark.parametrize(("name", "text"), [
    ("kustomization.yml", "resources: []\n"),
    ("README.md", "resources: []\n"),
    ("values.txt", "resources: []\n"),
    ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("values.yaml", "kind: Deployment\nimage: {tag: v1}\n"),
    (".sops.yaml", "creation_rules: [{path_regex: .*, age: age1x}]\n"),
    ("docker-compose.yml", "services: {web: {image: web}}\n"),
    ("package.json", '{"name": "web", "scripts": {}}\n'),
    ("hosts.yaml", "- a\n- b\n"),
    ("two.yaml", "a: 1\n---\nb: 2\n"),
])  # fmt: skip
def test_file_of_a_tool_that_stands_on_the_branch_stops_nothing(stand: "Stand", name: str, text: str) -> None:
    stand.commit(CONFIG)
    stand.commit_by_hand(f"app/{name}", text)
    result = stand.sync("--accept-edits")
    assert result.status == 0, result.err
    assert stand.exists("configmaps", "settings")
    is_read = name.endswith(("yaml", "yml", "json"))
    assert result.err.count("PS627") == is_read
    assert stand.status().status == 0


@pytest.mark.parametrize(("name", "text"), [
    ("more.yaml", "apiVersion: v1\nmetadata: {name: a}\n"),
    ("more.yaml", "kind: ConfigMap\nmetadata: {name: a}\n"),
    ("more.yaml", "a: 1\n---\napiVersion: v1\nkind: ConfigMap\n"),
    ("more.json", '[{"apiVersion": "v1", "kind": "ConfigMap"}]\n'),
    ("configmap_prod_settings.yaml", "data: {a: b}\n"),
    ("values.yaml", "image: {{ .Values.image }}\n"),
])  # fmt: skip
def test_manifest_that_somebody_has_broken_by_hand_stops_the_sync(stand: "Stand", name: str, text: str) -> None:
    """Were it passed over, its object would count as one that has left the branch."""
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(CONFIG)
    stand.commit_by_hand(f"app/{name}", text)
    result = stand.sync("--accept-edits")
    assert result.status in (1, 3), result.err
    assert f"app/{name}:" in result.err
    assert stand.exists("configmaps", "others")


def test_namespace_of_the_own_inventory_is_never_pruned(stand: "Stand") -> None:
    stand.commit("apiVersion: v1\nkind: Namespace\nmetadata: {name: NS}\n", CONFIG, OTHER_CONFIG)
    assert stand.sync("--adopt", "Namespace").status == 0
    stand.commit(CONFIG, OTHER_CONFIG)
    result = stand.sync("--allow-prune", f"Namespace/{stand.namespace}")
    assert result.status == 1
    assert "holds the inventory" in result.err
    assert stand.exists("configmaps", "penstock-prod")
