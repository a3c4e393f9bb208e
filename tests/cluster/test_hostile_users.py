"""What a user may do who has rights in one namespace only, the server's own limits, and rights that end meanwhile.

Such a user can neither make a sync delete or change anything elsewhere, nor stop it, nor write on the screen of whoever
runs it.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.conftest import Stand, until, until_said
from tests.cluster.test_sync import CONFIG, NEVER_READY, OTHER_CONFIG, SECRET, SHOP

from penstock.apply.client import Client, Media
from penstock.apply.failure import Failure
from penstock.apply.inventory import PART_OF, parent_of
from penstock.apply.kubeconfig import choose
from penstock.model import Tree

RBAC = "/apis/rbac.authorization.k8s.io/v1"
FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
LEASES = "coordination.k8s.io/v1"
MERGE = Media("application/merge-patch+json")
SCREEN = "\x1b[2J\x1b]0;x\x07\x1b[32mrendered/prod is synced, and healthy\n"


def do(client: Client, verb: str, path: str, body: Any = None, **query: str) -> Tree:
    answer = client.call(verb, path, query, body, media=MERGE if verb == "PATCH" else Media())
    assert not isinstance(answer, Failure), answer
    return answer


def grant(stand: Stand, user: str, role: str, kind: str = "ClusterRole", namespace: str = "") -> None:
    binding = {
        "metadata": {"name": f"{user}-{role}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
    }
    place = f"{RBAC}/namespaces/{namespace or stand.namespace}/rolebindings"
    do(stand.cluster.admin, "POST", place, binding)


def as_user(stand: Stand, context: str) -> Client:
    return Client(choose({}, "/", str(stand.cluster.kubeconfig), context), {}, "tests")


# --- the lease


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"holderIdentity": "mallory", "leaseDurationSeconds": 2**31 - 1}, 4),
        ({"holderIdentity": "mallory", "leaseDurationSeconds": 1, "renewTime": "9999-12-31T23:59:59.000000Z"}, 0),
        ({"holderIdentity": SCREEN, "leaseDurationSeconds": 3600}, 4),
        ({"holderIdentity": "", "leaseTransitions": 2**31 - 1}, 0),
        ({"leaseTransitions": 2**31 - 1}, 0),
        ({}, 0),
    ],
    ids=["for ever", "of the future", "on the screen", "counted out", "counted out, nobody's", "empty"],
)
def test_lease_that_somebody_else_has_written(stand: Stand, spec: Tree, status: int) -> None:
    """A lease that is not renewed gives way after a while, whatever stands in it, or the sync says who holds it."""
    stand.commit(CONFIG)
    grant(stand, "viewer", "admin")
    with as_user(stand, "viewer") as mallory:
        path = f"/apis/{LEASES}/namespaces/{stand.namespace}/leases"
        role = {
            "metadata": {"name": "leases"},
            "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}],
        }
        do(stand.cluster.admin, "POST", f"{RBAC}/namespaces/{stand.namespace}/roles", role)
        grant(stand, "viewer", "leases", "Role")
        do(mallory, "POST", path, {"metadata": {"name": "penstock-prod"}, "spec": spec})
    start = time.monotonic()
    result = stand.sync("--lock-timeout", "5s")
    assert time.monotonic() - start < 60
    assert result.status == status, result.err
    assert "\x1b" not in result.err + result.out
    if status:
        assert "another sync holds the lease penstock-prod" in result.err
        assert "mallory" in result.err or "is synced, and healthy" in result.err


def test_inventory_in_a_namespace_that_is_being_deleted(stand: Stand) -> None:
    """The sync ends in time, and does not ask in a loop."""
    home = f"{stand.namespace}-home"
    do(stand.cluster.admin, "POST", "/api/v1/namespaces", {"metadata": {"name": home}})
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    do(stand.cluster.admin, "POST", f"/api/v1/namespaces/{home}/configmaps", held)
    do(stand.cluster.admin, "DELETE", f"/api/v1/namespaces/{home}")
    stand.commit(CONFIG)
    start = time.monotonic()
    result = stand.sync("--inventory-namespace", home, "--timeout", "5s", "--lock-timeout", "5s")
    assert result.status == 4
    assert "being" in result.err
    assert time.monotonic() - start < 40
    do(stand.cluster.admin, "PATCH", f"/api/v1/namespaces/{home}/configmaps/held", {"metadata": {"finalizers": None}})


# --- objects and their statuses


DEFINITION = {
    "metadata": {"name": "gadgets.hostile.example.org"},
    "spec": {
        "group": "hostile.example.org",
        "scope": "Namespaced",
        "names": {"kind": "Gadget", "plural": "gadgets", "singular": "gadget", "listKind": "GadgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
GADGET = "apiVersion: hostile.example.org/v1\nkind: Gadget\nmetadata: {name: one, namespace: NS}\nspec: {a: 1}\n"


@pytest.fixture
def gadgets(stand: Stand) -> Iterator[str]:
    """The path of the Gadget that the branch has."""
    admin = stand.cluster.admin
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    admin.call("POST", definitions, {}, DEFINITION)
    path = f"/apis/hostile.example.org/v1/namespaces/{stand.namespace}/gadgets"
    until(lambda: not isinstance(admin.get(path), Failure))
    yield f"{path}/one"
    admin.call("DELETE", f"{definitions}/gadgets.hostile.example.org", {})
    # The next test would find one that is about to go.
    until(lambda: isinstance(admin.get(f"{definitions}/gadgets.hostile.example.org"), Failure))


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": 7},
        {"conditions": [{"type": ["x"], "status": {"a": 1}, "reason": 5}]},
        {"conditions": [None, 5, "x"]},
        {"observedGeneration": "many"},
        {"conditions": [{"type": "Ready", "status": "False", "reason": "Failed", "message": SCREEN}]},
        {"phase": SCREEN, "message": SCREEN},
        {"state": {"waiting": {"reason": SCREEN}}},
        {"replicas": {}, "readyReplicas": []},
    ],
    ids=range(8),
)
def test_status_of_one_object_stops_nobody(stand: Stand, gadgets: str, status: Tree) -> None:
    stand.commit(GADGET, CONFIG)
    assert stand.sync("--timeout", "20s").status == 0
    do(stand.cluster.admin, "PATCH", gadgets, {"status": status})
    for result in (stand.status(), stand.status("--format", "json")):
        assert result.status in (0, 1)
        assert "\x1b" not in result.out + result.err
    stand.commit(GADGET, CONFIG.replace("blue", "red"))
    synced = stand.sync("--timeout", "3s")
    assert synced.status in (0, 1)
    assert "\x1b" not in synced.out + synced.err
    assert stand.get("configmaps", "settings")["data"] != {}


def test_label_on_an_object_of_the_platform_deletes_nothing(stand: Stand) -> None:
    """Who may label an object, and not delete it, cannot let a sync delete it."""
    admin, name = stand.cluster.admin, f"{stand.namespace}-fast"
    do(
        admin,
        "POST",
        "/apis/storage.k8s.io/v1/storageclasses",
        {"metadata": {"name": name}, "provisioner": "example.com/x"},
    )
    elsewhere = f"{stand.namespace}-team"
    do(admin, "POST", "/api/v1/namespaces", {"metadata": {"name": elsewhere}})
    do(admin, "POST", f"/api/v1/namespaces/{elsewhere}/configmaps", {"metadata": {"name": "theirs"}})
    label = {"metadata": {"labels": {PART_OF: parent_of("prod", stand.namespace).id}}}
    own = {**CLASS, "metadata": {"name": f"{name}-own"}}
    stand.commit(CONFIG, OTHER_CONFIG, json.dumps(own))
    assert stand.sync().status == 0
    for path in (f"/apis/storage.k8s.io/v1/storageclasses/{name}", f"/api/v1/namespaces/{elsewhere}/configmaps/theirs"):
        do(admin, "PATCH", path, label)
        result = stand.sync("--allow-prune", "9")
        assert result.status == 0, result.err
        assert not isinstance(admin.get(path), Failure)
    admin.call("DELETE", f"/apis/storage.k8s.io/v1/storageclasses/{name}", {})


CLASS = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/x"}


HELD = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: NS}
spec:
  serviceName: db
  replicas: 0
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: registry.example.org/db:1}]}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: NS-slow}
provisioner: example.com/x
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: NS}
spec: {storageClassName: NS-slow, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


@pytest.mark.parametrize(
    "named",
    [("StatefulSet.apps", "db"), ("StorageClass.storage.k8s.io", ""), ("PersistentVolumeClaim", "data")],
    ids=lambda named: named[0],
)
def test_what_holds_data_is_pruned_only_when_told(stand: Stand, named: tuple[str, str]) -> None:
    kind, name = named
    held = next(each for each in HELD.split("---\n") if f"kind: {kind.partition('.')[0]}\n" in each)
    key = f"{kind}/{stand.namespace}/{name}" if name else f"{kind}/{stand.namespace}-slow"
    others = [CONFIG.replace("settings", f"settings-{number}") for number in range(4)]
    stand.commit(*others, held)
    assert stand.sync("--no-wait").status == 0
    stand.commit(*others)
    refused = stand.sync()
    assert refused.status == 1
    assert "PS605" in refused.err
    assert f"--allow-prune {key}" in refused.err
    assert f"has left the branch; a sync prunes it with --allow-prune {key}" in stand.status().out
    told = stand.sync("--allow-prune", key)
    assert told.status == 0, told.err
    assert "1 pruned" in told.out


# --- the server's own limits


def test_server_that_asks_for_patience(stand: Stand) -> None:
    """Its flow control answers most requests of the user with 429 and Retry-After, while others take the share."""
    name = f"{stand.namespace}-none"
    stand.commit(CONFIG)
    deployer(stand)
    none = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0}
    limited = {**none, "limitResponse": {"type": "Reject"}}
    level = {"metadata": {"name": name}, "spec": {"type": "Limited", "limited": limited}}
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
    rule = {
        "subjects": [{"kind": "User", "user": {"name": "viewer"}}],
        "resourceRules": [everything],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }
    schema = {
        "metadata": {"name": name},
        "spec": {"priorityLevelConfiguration": {"name": name}, "matchingPrecedence": 5, "rules": [rule]},
    }
    admin = stand.cluster.admin
    do(admin, "POST", f"{FLOW}/prioritylevelconfigurations", level)
    do(admin, "POST", f"{FLOW}/flowschemas", schema)
    is_over, refused = threading.Event(), [0]
    crowd = [threading.Thread(target=ask_again_and_again, args=(stand, is_over, refused)) for _ in range(6)]
    try:
        for each in crowd:
            each.start()
        until(lambda: refused[0] > 20)
        process = start(stand, stand.where("viewer"), "--timeout", "60s", "--lock-timeout", "60s")
        time.sleep(3)
    finally:
        is_over.set()
        for each in crowd:
            each.join()
        admin.call("DELETE", f"{FLOW}/flowschemas/{name}", {})
        admin.call("DELETE", f"{FLOW}/prioritylevelconfigurations/{name}", {})
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert stand.exists("configmaps", "settings")


def ask_again_and_again(stand: Stand, is_over: threading.Event, refused: list[int]) -> None:
    """Ask without patience, and count how often the server asks for it."""
    with Client(choose({}, "/", str(stand.cluster.kubeconfig), "viewer"), {}, "tests", patience=0.0) as client:
        while not is_over.is_set():
            answer = client.get(stand.path("configmaps"))
            refused[0] += isinstance(answer, Failure) and answer.status == 429


def start(stand: Stand, where: tuple[str, ...], *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "penstock", "sync", "prod", *where, *options]
    return subprocess.Popen(
        command, cwd=stand.repository, env=stand.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: NS}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
"""


def test_budget_that_lets_nobody_go_holds_up_no_sync(stand: Stand) -> None:
    """It refuses evictions with 429. That is its purpose, and no reason to call it or its Deployment unwell."""
    stand.commit(*SHOP, BUDGET)
    first = stand.sync()
    assert first.status == 0, first.err
    pods = stand.cluster.admin.objects(stand.path("pods"), "app=web")
    name = next(pod["metadata"]["name"] for pod in pods if not isinstance(pod, Failure))
    until(lambda: stand.get("poddisruptionbudgets", "web", "policy/v1").get("status", {}).get("expectedPods", 0) > 0)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": stand.namespace}}
    with Client(stand.cluster.admin.access, {}, "tests", patience=0.0) as client:
        answer = client.call("POST", stand.path("pods", f"{name}/eviction"), {}, eviction)
    assert isinstance(answer, Failure)
    assert answer.status == 429
    stand.commit(*(each.replace("web:1", "web:2") for each in SHOP), BUDGET)
    second = stand.sync()
    assert second.status == 0, second.err
    assert stand.status().status == 0
    stand.commit(*SHOP[:2])
    pruned = stand.sync("--allow-prune", "3")
    assert pruned.status == 0, pruned.err
    assert not stand.exists("poddisruptionbudgets", "web", "policy/v1")


# --- rights


DEPLOYER = {
    "metadata": {"name": "deployer"},
    "rules": [
        {
            "apiGroups": ["", "apps"],
            "resources": ["configmaps", "secrets", "services", "deployments"],
            "verbs": ["get", "list", "watch", "patch", "create", "delete"],
        },
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    ],
}
"""Just what docs/sync.md says under "Rights", and nothing beyond one namespace."""


def deployer(stand: Stand) -> None:
    do(stand.cluster.admin, "POST", f"{RBAC}/namespaces/{stand.namespace}/roles", DEPLOYER)
    grant(stand, "viewer", "deployer", "Role")


def test_rights_that_the_documentation_names_are_enough(stand: Stand) -> None:
    deployer(stand)
    text = (Path(__file__).parents[2] / "docs" / "sync.md").read_text(encoding="utf-8")
    assert "`get`, `list`, `watch`, `patch`, `create` and `delete` the kinds of the branch" in text
    assert "`get`, `create` and `update` for Leases" in text
    for documents in (SHOP, SHOP, [each.replace("web:1", "web:2") for each in SHOP], SHOP[:3]):
        stand.commit(*documents)
        result = stand.sync(context="viewer")
        assert result.status == 0, result.err
        assert stand.status(context="viewer").status == 0


@contextmanager
def kubeconfig(stand: Stand, folder: Path, user: Tree) -> Iterator[tuple[str, ...]]:
    """The options that name the cluster for a user of one's own."""
    content = json.loads(stand.cluster.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["certificate-authority"] = str(stand.cluster.kubeconfig.with_name("ca.crt"))
    content["users"] = [{"name": "me", "user": user}]
    content["contexts"] = [{"name": "me", "context": {"cluster": content["clusters"][0]["name"], "user": "me"}}]
    path = folder / "own.kubeconfig"
    path.write_text(json.dumps(content))
    yield ("--kubeconfig", str(path), "--context", "me", "--inventory-namespace", stand.namespace)


def test_whole_sync_as_somebody_else(stand: Stand, tmp_path: Path) -> None:
    """Who impersonates has the rights of the other one, and no more."""
    stand.commit(*SHOP)
    pem = {"client-certificate": "admin.crt", "client-key": "admin.key"}
    own = {key: str(stand.cluster.kubeconfig.with_name(name)) for key, name in pem.items()}
    with kubeconfig(stand, tmp_path, {**own, "as": "viewer"}) as where:
        refused = stand.penstock("sync", "prod", *where, "--timeout", "20s")
        assert refused.status in (1, 4)
        assert not stand.exists("deployments", "web", "apps/v1")
        deployer(stand)
        synced = stand.penstock("sync", "prod", *where)
        assert synced.status == 0, synced.err
    assert stand.exists("deployments", "web", "apps/v1")


def token_of(stand: Stand, account: str) -> str:
    """A token of a ServiceAccount that may deploy; it ends with the account."""
    admin = stand.cluster.admin
    do(admin, "POST", stand.path("serviceaccounts"), {"metadata": {"name": account}})
    binding = {
        "metadata": {"name": f"of-{account}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": stand.namespace}],
    }
    do(admin, "POST", f"{RBAC}/namespaces/{stand.namespace}/rolebindings", binding)
    request = {"spec": {"expirationSeconds": 600}}
    return str(do(admin, "POST", stand.path("serviceaccounts", f"{account}/token"), request)["status"]["token"])


QUICK = "from penstock.apply import lease; lease.RENEW_AFTER, lease.OVERDUE_AFTER = 0.5, 3.0"
"""Makes a sync notice sooner that its lease can no longer be renewed."""


def with_token(stand: Stand, folder: Path, environment: str, token: str) -> "subprocess.Popen[str]":
    """A sync with a token that is in a file, in its own folder, which has applied all that it has."""
    folder.mkdir()
    (folder / "token").write_text(token)
    with kubeconfig(stand, folder, {"tokenFile": str(folder / "token")}) as where:
        process = stand.start("sync", environment, *where, "--timeout", "60s", before=QUICK)
    until_said(process, "created   Deployment")
    return process


def test_token_that_ends_during_a_sync(stand: Stand, tmp_path: Path, soon_abandoned: None) -> None:
    """A new one in the same file is taken. Without one the sync ends with exit status 4, and the next one completes."""
    admin = stand.cluster.admin
    do(admin, "POST", f"{RBAC}/namespaces/{stand.namespace}/roles", DEPLOYER)
    stand.commit(NEVER_READY, SECRET, CONFIG)
    others = [each.replace("name: ", "name: other-") for each in (NEVER_READY, SECRET, CONFIG)]
    stand.commit(*others, branch="rendered/dev", environment="dev")
    first = token_of(stand, "first")
    ends, goes_on = (with_token(stand, tmp_path / name, name, first) for name in ("prod", "dev"))
    (tmp_path / "prod" / "token").write_text("revoked")
    (tmp_path / "dev" / "token").write_text(token_of(stand, "second"))
    do(admin, "DELETE", stand.path("serviceaccounts", "first"))
    _, err = ends.communicate(timeout=60)
    assert ends.returncode == 4, err
    assert "401" in err
    stand.edit("deployments", "other-web", {"spec": {"template": {"spec": {"nodeSelector": None}}}}, "apps/v1")
    _, err = goes_on.communicate(timeout=60)
    assert goes_on.returncode == 0, err
    stand.commit(*SHOP)
    assert stand.sync("--lock-timeout", "60s").status == 0
