"""`penstock sync` against a real API server: what it does, in which order, and what it refuses."""

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until, until_said

from penstock.apply.failure import Failure
from penstock.apply.inventory import parent_of

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand, Wire

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: NS}
data: {colour: blue}
"""

OTHER_CONFIG = CONFIG.replace("settings", "others")

SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: NS}
stringData: {password: correct-horse}
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NS}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NS}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.org/web:1
        ports: [{containerPort: 80}]
        envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]
        resources: {limits: {cpu: 1000m, memory: 0.5Gi}}
"""

SHOP = (DEPLOYMENT, SERVICE, SECRET, CONFIG)

NEVER_READY = DEPLOYMENT.replace(
    "    spec:\n      containers", "    spec:\n      nodeSelector: {nowhere: to-be-found}\n      containers"
)

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}
"""

GADGET = """\
apiVersion: GROUP/v1
kind: Gadget
metadata: {name: first, namespace: NS}
spec: {size: 3}
"""

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: NS}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: registry.example.org/migrate:1}]
"""


AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: NS}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
"""


def versions(stand: "Stand") -> dict[str, str]:
    """The resourceVersion of everything that a sync could touch in the namespace, but for the lease.

    `kube-root-ca.crt` is a controller's, which makes it some time after the namespace.
    """
    found = {}
    for resource, group in (("configmaps", ""), ("secrets", ""), ("services", ""), ("deployments", "apps/v1")):
        for item in stand.cluster.admin.objects(stand.path(resource, group=group)):
            assert not isinstance(item, Failure)
            found[f"{item['kind']}/{item['metadata']['name']}"] = item["metadata"]["resourceVersion"]
    found.pop("ConfigMap/kube-root-ca.crt", None)
    return found


def settled(stand: "Stand") -> None:
    """Until the controllers have nothing left to write into the Deployment."""
    for _ in range(250):
        before = versions(stand)
        time.sleep(0.2)
        if versions(stand) == before:
            return


def lease_of(stand: "Stand") -> Any:
    return stand.get("leases", "penstock-prod", "coordination.k8s.io/v1")["spec"]


def inventory(stand: "Stand") -> Any:
    return stand.get("configmaps", "penstock-prod")


# --- the main road


def test_first_sync_creates_in_order_and_ends_healthy(stand: "Stand") -> None:
    revision = stand.commit(*SHOP)
    result = stand.sync()
    assert result.status == 0, result.err
    created = [line.split()[1].partition("/")[0] for line in result.out.splitlines() if line.startswith("created ")]
    assert sorted(created) == ["ConfigMap", "Deployment.apps", "Secret", "Service"]
    assert created[-1] == "Deployment.apps"  # it stands first on the branch, and needs the others
    assert "4 created, 0 updated, 0 unchanged, 0 pruned" in result.out
    assert stand.get("deployments", "web", "apps/v1")["status"]["readyReplicas"] == 2
    status = stand.status()
    assert status.status == 0, status.out
    assert status.out.startswith(f"prod: Synced with rendered/prod at {revision[:12]}, Healthy\n")


def test_second_sync_changes_nothing(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    settled(stand)
    before = versions(stand)
    result = stand.sync()
    assert result.status == 0
    assert "0 created, 0 updated, 4 unchanged, 0 pruned" in result.out
    assert versions(stand) == before


def test_changed_replicas_are_applied(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    revision = stand.commit(DEPLOYMENT.replace("replicas: 2", "replicas: 3"), *SHOP[1:])
    preview = stand.sync("--dry-run")
    assert preview.status == 1
    assert "spec.replicas: 2 → 3" in preview.out
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 2
    result = stand.sync()
    assert result.status == 0, result.err
    assert "0 created, 1 updated, 3 unchanged, 0 pruned" in result.out
    assert stand.get("deployments", "web", "apps/v1")["status"]["readyReplicas"] == 3
    data = inventory(stand)["data"]
    assert [data[key] for key in ("revision", "attempt", "phase")] == [revision, revision, "synced"]


def test_object_that_left_the_branch_is_pruned(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(*SHOP)
    assert stand.objects()["ConfigMap/others"]["sync"] == "Extra"
    result = stand.sync()
    assert result.status == 0, result.err
    assert f"pruned    ConfigMap/{stand.namespace}/others" in result.out
    assert not stand.exists("configmaps", "others")
    assert stand.exists("configmaps", "settings")


def test_object_that_asks_to_be_kept_is_kept(stand: "Stand") -> None:
    kept = OTHER_CONFIG.replace("namespace: NS}", 'namespace: NS, annotations: {"helm.sh/resource-policy": keep}}')
    stand.commit(*SHOP, kept)
    assert stand.sync().status == 0
    stand.commit(*SHOP)
    result = stand.sync()
    assert result.status == 0, result.err
    assert f"kept      ConfigMap/{stand.namespace}/others" in result.out
    assert stand.exists("configmaps", "others")
    assert stand.status().status == 0


def test_live_edit_is_out_of_sync_and_put_right(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"spec": {"replicas": 5}}, "apps/v1")
    stand.edit("configmaps", "settings", {"data": {"colour": None}})
    status = stand.status()
    assert status.status == 1
    assert "spec.replicas: 5 → 2" in status.out
    assert "+   colour: blue" in status.out
    result = stand.sync()
    assert result.status == 0, result.err
    assert ".spec.replicas put right; kubectl-edit had changed it" in result.out
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 2
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert stand.status().status == 0


def test_namespace_and_definition_are_made_before_what_needs_them(stand: "Stand") -> None:
    group = f"{stand.namespace}.example.org"
    made = f"{stand.namespace}-made"
    namespace = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {made}}}\n"
    inside = [text.replace("NS", made).replace("GROUP", group) for text in (GADGET, CONFIG, SECRET, DEPLOYMENT)]
    stand.commit(*inside, CRD.replace("GROUP", group), namespace)
    result = stand.sync()
    assert result.status == 0, result.err
    assert "6 created" in result.out
    stand.commit(*inside[1:], namespace)
    refused = stand.sync()
    assert refused.status == 1
    assert f"--allow-prune CustomResourceDefinition.apiextensions.k8s.io/gadgets.{group}" in refused.err
    assert "created" not in refused.out
    allowed = stand.sync("--allow-prune", f"CustomResourceDefinition.apiextensions.k8s.io/gadgets.{group}")
    assert allowed.status == 0, allowed.err
    lines = [line for line in allowed.out.splitlines() if line.startswith("pruned")]
    assert [line.split()[1].partition(".")[0] for line in lines] == ["Gadget", "CustomResourceDefinition"]
    assert stand.sync().status == 0  # the kind has gone from the cluster and from the inventory
    stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{made}")


def test_job_runs_to_its_end(stand: "Stand") -> None:
    stand.commit(JOB)
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.get("jobs", "migrate", "batch/v1")["status"]["succeeded"] == 1


def test_dry_run_writes_nothing(stand: "Stand") -> None:
    stand.commit(*SHOP)
    before = versions(stand)
    preview = stand.sync("--dry-run")
    assert preview.status == 1
    assert "4 to create, 0 to update, 0 unchanged, 0 to prune" in preview.out
    assert versions(stand) == before
    assert not stand.exists("leases", "penstock-prod", "coordination.k8s.io/v1")
    assert stand.sync().status == 0
    assert stand.sync("--dry-run").status == 0


def test_namespace_of_the_inventory_is_made(stand: "Stand") -> None:
    stand.commit(CONFIG)
    home = f"{stand.namespace}-home"
    result = stand.sync("--inventory-namespace", home)
    assert result.status == 0, result.err
    assert isinstance(stand.cluster.admin.get(f"/api/v1/namespaces/{home}/configmaps/penstock-prod"), dict)
    stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{home}")


# --- trouble on the way


def test_never_ready_deployment_ends_degraded_with_the_reason(stand: "Stand") -> None:
    stand.commit(NEVER_READY.replace("replicas: 2", "replicas: 2\n  progressDeadlineSeconds: 2"), SECRET, CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 1
    assert "Deployment.apps/" in result.err
    assert "is Degraded: ProgressDeadlineExceeded" in result.err
    assert "Unschedulable" in result.err
    item = stand.objects()["Deployment/web"]
    assert (item["sync"], item["health"]) == ("Synced", "Degraded")


def test_pods_tell_why_a_deployment_is_not_ready(stand: "Stand") -> None:
    stand.commit(NEVER_READY, SECRET, CONFIG)
    assert stand.sync("--timeout", "1s").status == 1
    pods = [pod for pod in stand.cluster.admin.objects(stand.path("pods")) if not isinstance(pod, Failure)]
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image web:1"}
    containers = [{"name": "web", "image": "web:1", "imageID": "", "ready": False, "restartCount": 0}]
    for pod in pods:
        body = {"status": {"containerStatuses": [{**containers[0], "state": {"waiting": waiting}}]}}
        stand.edit("pods", f"{pod['metadata']['name']}/status", body)
    result = stand.sync("--timeout", "1s")
    assert result.status == 1
    assert "is still Progressing after 1 s: 0 of 2 available" in result.err
    assert "ImagePullBackOff: Back-off pulling image web:1" in result.err


def test_what_left_the_branch_stays_until_all_is_healthy(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(NEVER_READY, *SHOP[1:])
    result = stand.sync("--timeout", "1s")
    assert result.status == 1
    assert f"kept      ConfigMap/{stand.namespace}/others" in result.out
    assert stand.exists("configmaps", "others")
    revision = stand.commit(*SHOP)
    assert stand.sync().status == 0
    assert not stand.exists("configmaps", "others")
    assert inventory(stand)["data"]["revision"] == revision


def test_killed_sync_is_completed_by_the_next(stand: "Stand") -> None:
    many = [CONFIG.replace("settings", f"settings-{number}") for number in range(200)]
    stand.commit(*many, *SHOP)
    assert stand.sync().status == 0
    changed = [text.replace("blue", "red") for text in many[:190]]
    revision = stand.commit(*changed, *SHOP, OTHER_CONFIG)
    process = stand.start_sync()
    until(lambda: stand.get("configmaps", "settings-0")["data"] != {"colour": "blue"})
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert inventory(stand)["data"]["phase"] == "applying"
    assert "not completed" in stand.status().out
    shorter = {"spec": {"leaseDurationSeconds": 1}}  # than the 15 s that a sync asks for
    stand.edit("leases", "penstock-prod", shorter, "coordination.k8s.io/v1", manager="penstock")
    result = stand.sync()  # waits until the lease of the dead one has run out
    assert result.status == 0, result.err
    assert "waiting for the sync of" in result.err
    assert stand.get("configmaps", "settings-189")["data"] == {"colour": "red"}
    assert not stand.exists("configmaps", "settings-190")
    data = inventory(stand)["data"]
    assert [data[key] for key in ("revision", "attempt", "phase")] == [revision, revision, "synced"]
    assert stand.status().status == 0


def test_concurrent_sync_waits_or_refuses(stand: "Stand") -> None:
    stand.commit(NEVER_READY, SECRET, CONFIG)
    first = stand.start_sync("--timeout", "10m")
    until_said(first, "created")
    refused = stand.sync("--lock-timeout", "1s")
    assert refused.status == 4
    assert "another sync holds the lease penstock-prod" in refused.err
    assert first.poll() is None
    stand.commit(*SHOP)  # so that the first one waits no longer
    waited = stand.sync("--lock-timeout", "60s")
    assert waited.status == 0, waited.err
    assert "waiting for the sync of" in waited.err
    assert first.wait() == 1
    first.communicate()


def test_sync_that_has_lost_its_lease_writes_no_more(stand: "Stand") -> None:
    stand.commit(NEVER_READY, SECRET, CONFIG)
    often = "from penstock.apply import lease; lease.RENEW_AFTER = 0.5"
    process = stand.start_sync("--timeout", "60s", before=often)
    until_said(process, "created   Deployment")
    thief = {"spec": {"holderIdentity": "somebody-else"}}
    stand.edit("leases", "penstock-prod", thief, "coordination.k8s.io/v1", manager="penstock")
    _, err = process.communicate(timeout=90)
    assert process.returncode == 4
    assert "the lease penstock-prod could not be renewed" in err
    assert inventory(stand)["data"]["phase"] == "applying"
    assert stand.get("leases", "penstock-prod", "coordination.k8s.io/v1")["spec"]["holderIdentity"] == "somebody-else"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_sync_gives_the_lease_back(stand: "Stand", number: int, status: int) -> None:
    stand.commit(NEVER_READY, SECRET, CONFIG)
    process = stand.start_sync()
    until_said(process, "created")
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == status
    assert "Traceback" not in err
    assert status == 143 or err.endswith("penstock: interrupted\n")
    stand.commit(*SHOP)
    assert stand.sync("--lock-timeout", "0s").status == 0


def test_interruption_just_after_the_lease_is_taken_gives_it_back(stand: "Stand") -> None:
    stand.commit(CONFIG)
    at_once = """
import os, signal
from penstock.apply.lease import Lease
take = Lease._take
def taken(*arguments):
    is_taken = take(*arguments)
    os.kill(os.getpid(), signal.SIGINT)
    return is_taken
Lease._take = taken
"""
    process = stand.start_sync(before=at_once)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "penstock: interrupted\n")
    assert stand.sync("--lock-timeout", "0s").status == 0


def test_interrupted_sync_does_not_wait_for_what_is_held(stand: "Stand") -> None:
    """Two threads wait for the deletion of two objects; nothing is deleted once the lease is given back."""
    held = [OTHER_CONFIG.replace("others", name) for name in ("first", "second")]
    stand.commit(CONFIG, *held)
    assert stand.sync().status == 0
    for name in ("first", "second"):
        stand.edit("configmaps", name, {"metadata": {"finalizers": ["example.org/hold"]}})
    stand.commit(CONFIG)
    process = stand.start_sync("--timeout", "60s", "--allow-prune", "2")
    until(lambda: "deletionTimestamp" in stand.get("configmaps", "second")["metadata"])
    time.sleep(2)  # until they are waited for
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, "Traceback" in err) == (130, False)
    for name in ("first", "second"):
        stand.edit("configmaps", name, {"metadata": {"finalizers": None}})
    assert stand.sync("--lock-timeout", "0s").status == 0


def test_lost_connection_is_waited_for(stand: "Stand", wire: "Wire") -> None:
    many = [CONFIG.replace("settings", f"settings-{number}") for number in range(200)]
    stand.commit(*many)
    process = stand.start_sync("--kubeconfig", str(wire.kubeconfig))
    until(lambda: stand.exists("configmaps", "settings-20"))
    wire.cut(0.7)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "200 created" in out


def test_object_held_by_a_finalizer_is_named(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.edit("configmaps", "others", {"metadata": {"finalizers": ["example.org/hold"]}})
    stand.commit(*SHOP)
    result = stand.sync("--timeout", "2s")
    assert result.status == 1
    assert "is being deleted, held by the finalizers example.org/hold" in result.err
    stand.edit("configmaps", "others", {"metadata": {"finalizers": None}})
    assert stand.sync().status == 0
    assert stand.status().status == 0


def test_object_that_is_just_being_deleted_is_made_anew(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    uid = stand.edit("configmaps", "settings", {"metadata": {"finalizers": ["example.org/hold"]}})["metadata"]["uid"]
    stand.cluster.admin.delete(stand.path("configmaps", "settings"), uid)
    process = stand.start_sync()
    until(lambda: bool(lease_of(stand).get("holderIdentity")))
    time.sleep(0.5)
    assert process.poll() is None
    stand.edit("configmaps", "settings", {"metadata": {"finalizers": None}})
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert stand.get("configmaps", "settings")["metadata"]["uid"] != uid


# --- what is refused


def test_user_without_rights_gets_a_clear_answer(stand: "Stand") -> None:
    stand.commit(*SHOP)
    for result in (
        stand.sync(context="nobody"),
        stand.sync("--dry-run", context="nobody"),
        stand.status(context="nobody"),
    ):
        assert result.status == 4
        assert 'User "nobody" cannot get resource' in result.err
        assert "Traceback" not in result.err


def test_unknown_field_stops_one_object_and_what_needs_it(stand: "Stand") -> None:
    stand.commit(DEPLOYMENT, SERVICE, SECRET, CONFIG + "shade: dark\n", OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert "PS613" in result.err
    assert ".shade: field not declared in schema" in result.err
    assert "PS614" in result.err
    assert "needs ConfigMap" in result.err
    assert stand.exists("configmaps", "others")
    assert not stand.exists("deployments", "web", "apps/v1")
    assert inventory(stand)["data"]["phase"] == "applying"


def test_change_of_an_immutable_field_is_the_servers_no(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.commit(DEPLOYMENT.replace("app: web", "app: shop"), *SHOP[1:])
    result = stand.sync()
    assert result.status == 1
    assert "field is immutable" in result.err
    assert stand.objects()["Deployment/web"]["sync"] == "OutOfSync"


def test_conflict_with_a_controller_is_not_forced(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"data": {"colour": "green"}}, manager="paint-operator")
    for result in (stand.sync(), stand.sync("--dry-run")):
        assert result.status == 1
        assert "PS612" in result.err
        assert ".data.colour is owned by paint-operator" in result.err
    assert "paint-operator" in stand.status().out
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}
    assert stand.sync("--force-conflicts").status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}


def test_replicas_are_left_to_the_autoscaler(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("deployments", "web/scale", {"spec": {"replicas": 4}}, "apps/v1", manager="kube-controller-manager")
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 4
    status = stand.status()
    assert status.status == 0, status.out
    assert ".spec.replicas is left to kube-controller-manager" in status.out


def test_object_of_another_set_is_left_alone(stand: "Stand") -> None:
    stand.commit(CONFIG)
    assert stand.sync("--name", "other").status == 0
    stand.commit(CONFIG.replace("blue", "red"), OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert "PS610" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert stand.exists("configmaps", "others")


def test_kind_that_the_cluster_lacks_is_said(stand: "Stand") -> None:
    stand.commit(CONFIG, GADGET.replace("GROUP", "nowhere.example.org"))
    result = stand.sync()
    assert result.status == 1
    assert "the cluster has no kind Gadget in nowhere.example.org/v1" in result.err
    assert stand.exists("configmaps", "settings")
    assert stand.objects()["Gadget/first"]["sync"] == "Unknown"


def test_version_that_the_cluster_lacks_does_not_prune_the_object(stand: "Stand") -> None:
    stand.commit(CONFIG, AUTOSCALER)
    stand.sync("--timeout", "1s")  # it gets Degraded in time: there is nothing to scale
    stand.commit(CONFIG, AUTOSCALER.replace("autoscaling/v2", "autoscaling/v2beta2"))
    preview = stand.sync("--dry-run")
    assert preview.status == 1
    assert "0 to prune" in preview.out
    assert "the cluster serves it as autoscaling/v2" in preview.err
    assert stand.sync().status == 1
    assert stand.exists("horizontalpodautoscalers", "web", "autoscaling/v2")


def test_empty_branch_is_refused(stand: "Stand") -> None:
    stand.commit(CONFIG)
    assert stand.sync().status == 0
    stand.commit()
    result = stand.sync()
    assert result.status == 1
    assert "PS601" in result.err
    assert stand.exists("configmaps", "settings")


def test_loss_of_most_objects_needs_a_word(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.commit(CONFIG.replace("blue", "red"))
    result = stand.sync()
    assert result.status == 1
    assert "would delete 3 of 4 objects" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}  # nothing is written at all
    assert stand.sync("--allow-prune", "2").status == 1
    assert stand.sync("--allow-prune", "3").status == 0
    assert not stand.exists("deployments", "web", "apps/v1")


def test_broken_branch_writes_nothing(stand: "Stand") -> None:
    stand.commit(CONFIG, "kind: [")
    result = stand.sync()
    assert result.status == 3
    assert "rendered/prod:app/001.yaml:" in result.err
    assert not stand.exists("configmaps", "settings")
    assert stand.status().status == 3


@pytest.mark.parametrize(
    ("manifests", "code"),
    [
        ((CONFIG, CONFIG.replace("blue", "red")), "PS602"),
        ((CONFIG.replace("namespace: NS", 'namespace: NS, labels: {"applyset.kubernetes.io/part-of": x}'),), "PS603"),
        ((CONFIG.replace("settings", "penstock-prod"),), "PS603"),
        ((CONFIG.replace("settings", "penstock-of-another-environment"),), "PS603"),
        ((CONFIG.replace("namespace: NS", 'namespace: NS, labels: {"applyset.kubernetes.io/id": x}'),), "PS603"),
    ],
)
def test_unfit_branch_writes_nothing(stand: "Stand", manifests: tuple[str, ...], code: str) -> None:
    stand.commit(*manifests, OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert code in result.err
    assert not stand.exists("configmaps", "others")


@pytest.mark.parametrize(
    "manifest",
    [
        CONFIG.replace("namespace: NS", "namespace: NS, labels: [a]"),
        CONFIG.replace("namespace: NS", "namespace: NS, annotations: a"),
        CONFIG.replace("name: settings", "name: 12"),
        CONFIG.replace("name: settings", "name: ../others"),
        CONFIG.replace("name: settings", 'name: "a?dryRun=All#"'),
        CONFIG.replace("namespace: NS", "namespace: [a]"),
        CONFIG.replace("{colour: blue}", "{colour: [1, .inf]}"),
        CRD.replace("GROUP", "x.example.org").replace("  versions:", "  versions: 7\n  other:"),
        CONFIG.replace("kind: ConfigMap", "kind: {a: b}"),
        CONFIG.replace("apiVersion: v1", "apiVersion: [v1]"),
    ],
)
def test_odd_manifest_is_a_finding(stand: "Stand", manifest: str) -> None:
    stand.commit(OTHER_CONFIG, manifest)
    for result in (stand.sync("--dry-run"), stand.sync(), stand.status()):
        assert result.status in (1, 3), result.err


def test_commit_that_does_not_follow_is_refused(stand: "Stand") -> None:
    stand.commit(CONFIG)
    assert stand.sync().status == 0
    stand.commit(CONFIG.replace("blue", "red"), orphan=True)
    result = stand.sync()
    assert result.status == 1
    assert "PS606" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert stand.sync("--allow-rewrite").status == 0


def test_branch_that_is_not_there(stand: "Stand") -> None:
    result = stand.sync()
    assert result.status == 2
    assert "there is no branch rendered/prod" in result.err


# --- the inventory and Secrets


def test_kubectl_reads_the_inventory(stand: "Stand") -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("kubectl is not among the cluster's programs")
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    annotations = inventory(stand)["metadata"]["annotations"]
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap"
    theirs = {"metadata": {"annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.37"}}}
    stand.edit("configmaps", "penstock-prod", theirs)  # kubectl refuses, as it must, what another tool manages
    result = stand.kubectl(
        "apply", "--prune", "--applyset=configmap/penstock-prod", "--force-conflicts", "--server-side", "-f", "-",
        text=CONFIG,
    )  # fmt: skip
    assert "configmap/others pruned" in result.out, result.err
    assert "configmap/settings serverside-applied" in result.out


def test_values_of_secrets_are_never_shown(stand: "Stand") -> None:
    stand.commit(*SHOP)
    outputs = [stand.sync()]
    stand.edit("secrets", "login", {"stringData": {"password": "battery-staple"}})
    outputs += [stand.status(), stand.status("--format", "json"), stand.sync("--dry-run")]
    assert "~ data.password: (secret " in outputs[1].out
    stand.commit(DEPLOYMENT, SERVICE, CONFIG, SECRET + "data: {password: Y29ycmVjdC1ob3JzZQ==!}\nshade: dark\n")
    outputs += [stand.sync(), stand.sync("--dry-run"), stand.status()]
    assert "its words are withheld" in outputs[4].err
    for result in outputs:
        for value in ("correct-horse", "battery-staple", "Y29ycmVjdC1ob3JzZQ", "YmF0dGVyeS1zdGFwbGU"):
            assert value not in result.out + result.err


def test_parent_of_another_tool_is_left_alone(stand: "Stand") -> None:
    stand.commit(CONFIG)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": parent_of("prod", "").name}}
    stand.cluster.admin.call("POST", stand.path("configmaps"), {}, body)
    result = stand.sync()
    assert result.status == 4
    assert "Penstock leaves it alone" in result.err
    assert not stand.exists("configmaps", "settings")
