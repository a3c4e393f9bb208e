"""What users have reported of syncs, by Penstock and by its peers, each tried on the real cluster."""

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until, until_refused
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, JOB, OTHER_CONFIG, SECRET, SERVICE, SHOP

from penstock.apply import client
from penstock.apply.client import Media
from penstock.apply.failure import Failure

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NS-all}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {part-of: NS}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NS-part, labels: {part-of: NS}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
"""

AUTOSCALER = """\
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: NS}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""

LAZY = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: NS-lazy}
provisioner: example.com/none
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: backup, namespace: NS}
spec: {storageClassName: NS-lazy, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""

WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "webhooks": [
        {
            "name": "dead.example.org",
            "rules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["configmaps"],
                }
            ],
            "clientConfig": {"url": "https://127.0.0.1:1/v"},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "objectSelector": {"matchLabels": {"asks": "the-webhook"}},
        }
    ],
}

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.NS.example.org}
spec:
  group: NS.example.org
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
  - name: v2
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""

WIDGET = "apiVersion: NS.example.org/v2\nkind: Widget\nmetadata: {name: w, namespace: NS}\nspec: {size: 1}\n"


def job(name: str, annotations: str, image: str = "m:1") -> str:
    text = JOB.replace("migrate:1", image).replace("migrate", name)
    return text.replace("namespace: NS}", f"namespace: NS, annotations: {{{annotations}}}}}")


def test_aggregated_role_is_left_to_its_controller(stand: "Stand") -> None:
    stand.commit(CONFIG, *ROLE.split("---\n"))
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{stand.namespace}"

    def has_its_rules() -> bool:
        live = stand.cluster.admin.get(f"{path}-all")
        return isinstance(live, dict) and bool(live.get("rules")) and live["rules"][0]["resources"] == ["pods"]

    for _ in range(2):
        result = stand.sync()
        assert result.status == 0, result.err
        until(has_its_rules)
    assert has_its_rules()
    assert stand.status().status == 0
    for name in ("all", "part"):
        stand.cluster.admin.call("DELETE", f"{path}-{name}")


def test_autoscaler_of_the_first_version_gets_healthy(stand: "Stand") -> None:
    stand.commit(*SHOP, AUTOSCALER)
    result = stand.sync("--timeout", "40s")
    assert result.status == 0, result.err


def test_claim_without_a_consumer_holds_nothing_up(stand: "Stand") -> None:
    stand.commit(CONFIG, OTHER_CONFIG, *LAZY.split("---\n"))
    first = stand.sync("--timeout", "20s")
    assert first.status == 0, first.err
    stand.commit(CONFIG, *LAZY.split("---\n"))
    second = stand.sync("--timeout", "20s")
    assert second.status == 0, second.err
    assert not stand.exists("configmaps", "others")
    stand.cluster.admin.call("DELETE", f"/apis/storage.k8s.io/v1/storageclasses/{stand.namespace}-lazy")


def test_dead_webhook_does_not_outlive_the_timeout(stand: "Stand", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SILENCE", 0.5)
    name = f"dead-{stand.namespace}"
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    stand.cluster.admin.call("POST", path, {}, {**WEBHOOK, "metadata": {"name": name}})
    try:
        asks = CONFIG.replace("namespace: NS", "namespace: NS, labels: {asks: the-webhook}")
        stand.commit(*[asks.replace("settings", f"n{number}") for number in range(24)], SERVICE)
        until_refused(stand, "configmaps", {"asks": "the-webhook"})
        start = time.monotonic()
        result = stand.sync("--timeout", "5s")
        assert result.status == 1
        assert time.monotonic() - start < 12
        assert "dead.example.org" in result.err
        assert "waiting: " in result.err
        assert stand.exists("services", "web")  # the rest goes on
    finally:
        stand.cluster.admin.call("DELETE", f"{path}/{name}")


def test_webhook_that_hangs_does_not_outlive_the_timeout(stand: "Stand") -> None:
    """It takes the connection and says nothing, so the server does not name it in time: the hint does."""
    name = f"hangs-{stand.namespace}"
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        webhook = {
            "name": "hangs.example.org",
            "clientConfig": {"url": f"https://127.0.0.1:{listener.getsockname()[1]}/"},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
            "objectSelector": {"matchLabels": {"asks": stand.namespace}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 30,
        }
        stand.cluster.admin.call("POST", path, {}, {"metadata": {"name": name}, "webhooks": [webhook]})
        try:
            time.sleep(2.0)  # until it has come into force
            asks = CONFIG.replace("namespace: NS", f"namespace: NS, labels: {{asks: {stand.namespace}}}")
            stand.commit(asks, SERVICE)
            start = time.monotonic()
            result = stand.sync("--timeout", "5s")
            assert time.monotonic() - start < 15
            assert result.status == 1
            assert "admission webhook may hang" in result.err or "hangs.example.org" in result.err
            assert stand.exists("services", "web")
        finally:
            stand.cluster.admin.call("DELETE", f"{path}/{name}")


def test_broken_conversion_holds_up_its_own_kind_only(stand: "Stand") -> None:
    crd = CRD.replace("NS", stand.namespace)
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{stand.namespace}.example.org"
    stand.commit(CONFIG, crd, WIDGET)
    assert stand.sync().status == 0
    conversion = {
        "strategy": "Webhook",
        "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://127.0.0.1:1/c"}},
    }
    patch = {"spec": {"conversion": conversion}}
    stand.cluster.admin.call("PATCH", path, {"fieldManager": "x"}, patch, media=Media("application/merge-patch+json"))
    stand.commit(CONFIG.replace("blue", "red"), crd, WIDGET)
    result = stand.sync("--timeout", "8s")
    assert result.status == 1, result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert f"Widget.{stand.namespace}.example.org" in result.err
    assert stand.status("--timeout", "6s").status == 1
    stand.cluster.admin.call("DELETE", path)


def test_hooks_run_at_their_moment_or_not_at_all(stand: "Stand") -> None:
    stand.commit(
        *SHOP,
        job("before", "argocd.argoproj.io/hook: PreSync"),
        job("after", "argocd.argoproj.io/hook: PostSync"),
        job("wipe", "helm.sh/hook: pre-delete"),
        job("failed", "argocd.argoproj.io/hook: SyncFail"),
        job("test", "helm.sh/hook: test"),
        CONFIG.replace("settings", "skipped").replace(
            "namespace: NS}", "namespace: NS, annotations: {argocd.argoproj.io/hook: Skip}}"
        ),
    )
    result = stand.sync()
    assert result.status == 0, result.err
    created = [line.split("/")[-1] for line in result.out.splitlines() if line.startswith("created ")]
    assert created[0] == "before"
    assert created[-1] == "after"
    assert result.err.count("PS625") == 4
    for name in ("wipe", "failed", "test"):
        assert not stand.exists("jobs", name, "batch/v1")
    assert not stand.exists("configmaps", "skipped")
    assert "unchanged, 0 pruned" in stand.sync().out  # a hook runs once for each content
    stand.commit(*SHOP, job("before", "argocd.argoproj.io/hook: PreSync", "m:2"))
    again = stand.sync()
    assert again.status == 0, again.err
    assert "replaced  Job.batch/" in again.out


def test_failing_hook_holds_up_what_comes_after(stand: "Stand") -> None:
    stuck = job("before", "argocd.argoproj.io/hook: PreSync").replace(
        "      restartPolicy", "      nodeSelector: {nowhere: to-be-found}\n      restartPolicy"
    )
    stand.commit(*SHOP, stuck)
    result = stand.sync("--timeout", "2s")
    assert result.status == 1
    assert "PS614" in result.err
    assert not stand.exists("deployments", "web", "apps/v1")


def test_waves_come_one_after_the_other(stand: "Stand") -> None:
    waves = [
        CONFIG.replace("settings", f"w{number}").replace(
            "namespace: NS}", f'namespace: NS, annotations: {{argocd.argoproj.io/sync-wave: "{number}"}}}}'
        )
        for number in (2, -1, 1)
    ]
    stand.commit(*waves, OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 0, result.err
    created = [line.split("/")[-1] for line in result.out.splitlines() if line.startswith("created ")]
    assert created == ["w-1", "others", "w1", "w2"]


def test_immutable_job_is_said_and_replaced_when_told(stand: "Stand") -> None:
    stand.commit(JOB)
    assert stand.sync().status == 0
    stand.commit(JOB.replace("migrate:1", "migrate:2"))
    preview = stand.sync("--dry-run")
    assert preview.status == 1
    changed = [line for line in preview.out.splitlines() if "→" in line][1:]
    assert len(changed) == 1, preview.out
    assert "migrate:2" in changed[0]
    refused = stand.sync()
    assert refused.status == 1
    assert "spec.template: field is immutable" in refused.err
    assert f"--replace Job.batch/{stand.namespace}/migrate" in refused.err
    told = stand.sync("--replace", f"Job.batch/{stand.namespace}/migrate")
    assert told.status == 0, told.err
    live = stand.get("jobs", "migrate", "batch/v1")
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith("migrate:2")


def test_job_is_replaced_when_its_pods_are_gone(stand: "Stand") -> None:
    """Two migrations that run at the same time may spoil what they migrate."""
    stand.commit(JOB)
    assert stand.sync().status == 0
    (pod,) = (item for item in stand.cluster.admin.objects(stand.path("pods")) if isinstance(item, dict))
    name = pod["metadata"]["name"]
    stand.edit("pods", name, {"metadata": {"finalizers": ["example.org/slow"]}})
    stand.commit(JOB.replace("migrate:1", "migrate:2"))
    process = stand.start_sync("--replace", f"Job.batch/{stand.namespace}/migrate")
    until(lambda: "deletionTimestamp" in stand.get("pods", name)["metadata"])
    assert "deletionTimestamp" in stand.get("jobs", "migrate", "batch/v1")["metadata"]
    stand.edit("pods", name, {"metadata": {"finalizers": None}})
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "replaced  Job.batch" in out


def test_hashed_config_maps_are_no_loss(stand: "Stand") -> None:
    def hashed(first: str, second: str) -> list[str]:
        return [
            CONFIG.replace("settings", f"settings-{first}"),
            CONFIG.replace("settings", f"others-{second}"),
            SERVICE,
        ]

    stand.commit(*hashed("5f4bk8g2mh", "c6t9d2ff8m"))
    assert stand.sync().status == 0
    stand.commit(*hashed("8kt6ddf5m2", "9hbm4gkk2c"))
    result = stand.sync()
    assert result.status == 0, result.err
    assert "2 created" in result.out
    assert "2 pruned" in result.out


def test_additions_by_hand_are_shown(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"data": {"added": "by hand"}})
    patch = {
        "spec": {"template": {"spec": {"hostNetwork": True, "containers": [{"name": "miner", "image": "miner:1"}]}}}
    }
    answer = stand.cluster.admin.call(
        "PATCH",
        stand.path("deployments", "web", "apps/v1"),
        {"fieldManager": "kubectl-patch"},
        patch,
        media=Media("application/strategic-merge-patch+json"),
    )
    assert not isinstance(answer, Failure)
    status = stand.status()
    for line in (
        "data.added, added by kubectl-edit",
        "spec.template.spec.containers[name=miner], added by kubectl-patch",
        "spec.template.spec.hostNetwork, added by kubectl-patch",
    ):
        assert line in status.out


def test_container_that_another_manager_has_applied_is_shown(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    evil = {"name": "evil", "image": "evil:1", "securityContext": {"privileged": True}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"mallory": "was here"}},
        "spec": {"template": {"spec": {"containers": [evil]}}},
    }
    place = stand.path("deployments", "web", "apps/v1")
    assert not isinstance(stand.cluster.admin.apply(place, body, "mallory"), Failure)
    status = stand.status()
    assert "spec.template.spec.containers[name=evil], added by mallory" in status.out
    assert "was here" not in status.out


def test_same_object_in_two_targets_counts_once(stand: "Stand") -> None:
    stand.commit(CONFIG, CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0


def test_encrypted_secret_is_said_as_such(stand: "Stand") -> None:
    stand.commit(CONFIG, SECRET + "sops: {mac: x, version: 3.9.0}\n")
    result = stand.sync()
    assert result.status == 1
    assert "is encrypted by SOPS" in result.err
    assert stand.exists("configmaps", "settings")


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml"])
def test_kustomization_file_on_the_branch_is_left_alone(stand: "Stand", name: str) -> None:
    stand.commit(CONFIG)
    blob = stand.git("hash-object", "-w", "--stdin", text="resources: [000.yaml]\n")
    index = {"GIT_INDEX_FILE": str(stand.repository / ".git" / "other-index")}
    stand.git("read-tree", "rendered/prod", environ=index)
    stand.git("update-index", "--add", "--cacheinfo", f"100644,{blob},app/{name}", environ=index)
    tree = stand.git("write-tree", environ=index)
    stand.git(
        "update-ref",
        "refs/heads/rendered/prod",
        stand.git("commit-tree", tree, "-p", "rendered/prod", "-m", "by hand"),
    )
    result = stand.sync()
    assert result.status == 0, result.err
    assert "PS627" in result.err


def test_deployer_with_the_documented_rights_syncs_again_and_again(stand: "Stand") -> None:
    home = f"{stand.namespace}-home"
    body: Any = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}}
    stand.cluster.admin.call("POST", "/api/v1/namespaces", {}, body)
    everything = [{"apiGroups": ["", "apps"], "resources": ["configmaps", "services", "deployments"], "verbs": ["*"]}]
    own = [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    ]
    group = "/apis/rbac.authorization.k8s.io/v1"
    for namespace, rules in ((stand.namespace, everything), (home, own)):
        role: Any = {"metadata": {"name": "deployer"}, "rules": rules}
        stand.cluster.admin.call("POST", f"{group}/namespaces/{namespace}/roles", {}, role)
        binding: Any = {
            "metadata": {"name": "deployer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
            "subjects": [{"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}],
        }
        stand.cluster.admin.call("POST", f"{group}/namespaces/{namespace}/rolebindings", {}, binding)
    stand.commit(
        DEPLOYMENT.replace("envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]", "tty: false"),
        SERVICE,
    )
    for _ in range(2):
        result = stand.sync("--inventory-namespace", home, context="viewer")
        assert result.status == 0, result.err
    assert stand.status("--inventory-namespace", home, context="viewer").status == 0
    stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{home}")
