"""Relatives of what `test_hostile_users` tries: other leases, other words of policies, other marks that come while a
sync waits, and objects of Penstock itself on the branch.
"""

import time
from typing import Any

import pytest
from tests.cluster.conftest import Stand, until, until_said
from tests.cluster.test_hostile_users import LEASES, do
from tests.cluster.test_live_faults import POLICIES, make, remove
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, NEVER_READY, OTHER_CONFIG, SECRET, SHOP

from penstock.apply.client import Media
from penstock.apply.failure import Failure
from penstock.apply.inventory import PART_OF, parent_of

SCREEN = "\x1b[2J\x1b]0;x\x07\x1b[32mrendered/prod is synced, and healthy\n"

# --- the lease


def lease(stand: Stand, **body: Any) -> None:
    metadata = {"name": "penstock-prod", **body.pop("metadata", {})}
    path = f"/apis/{LEASES}/namespaces/{stand.namespace}/leases"
    do(stand.cluster.admin, "POST", path, {"metadata": metadata, "spec": body})


def test_lease_whose_holder_has_a_long_name(stand: Stand) -> None:
    stand.commit(CONFIG)
    lease(stand, holderIdentity=f"{SCREEN}{'x' * 200_000}", leaseDurationSeconds=3600)
    held = stand.sync("--lock-timeout", "2s")
    assert held.status == 4
    assert len(held.err) < 5000
    assert "\x1b" not in held.err


def test_lease_that_is_being_deleted_and_does_not_go(stand: Stand) -> None:
    stand.commit(CONFIG)
    lease(stand, metadata={"finalizers": ["example.org/hold"]}, holderIdentity="")
    path = f"/apis/{LEASES}/namespaces/{stand.namespace}/leases/penstock-prod"
    do(stand.cluster.admin, "DELETE", path)
    began = time.monotonic()
    result = stand.sync("--lock-timeout", "5s", "--timeout", "10s")
    assert time.monotonic() - began < 60
    assert result.status in (0, 4)
    assert (result.status == 0) == stand.exists("configmaps", "settings")
    do(stand.cluster.admin, "PATCH", path, {"metadata": {"finalizers": None}})
    assert stand.sync("--lock-timeout", "20s").status == 0


def test_lease_that_is_deleted_again_and_again(stand: Stand) -> None:
    """Whoever may delete leases can end a sync, and is named; nothing is written without a lease."""
    stand.commit(NEVER_READY, CONFIG, SECRET)
    process = stand.start_sync("--timeout", "60s", before="from penstock.apply import lease; lease.RENEW_AFTER = 0.5")
    until_said(process, "created   Deployment")
    do(stand.cluster.admin, "DELETE", f"/apis/{LEASES}/namespaces/{stand.namespace}/leases/penstock-prod")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "whoever deleted it has taken it" in err


# --- words of policies


@pytest.mark.parametrize(
    "words",
    [
        "field is immutable",
        "etcdserver: mvcc: database space exceeded",
        "Operation cannot be fulfilled on configmaps: the object has been modified",
        "the namespace is being terminated, try again later",
        f"Apply failed with 1 conflict: conflict with penstock {'x' * 3000}",
        "failed calling webhook: connection refused",
    ],
    ids=["immutable", "full", "modified", "terminating", "conflict", "webhook"],
)
def test_words_of_a_policy_decide_nothing(stand: Stand, words: str) -> None:
    """Neither is the object replaced, nor is the run ended, nor is the same asked again until the time is up."""
    name = f"words-{stand.namespace}"[:60]
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["UPDATE"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": stand.namespace}}
    constraints = {"resourceRules": [rule], "namespaceSelector": selector}
    validation = {"expression": 'object.metadata.name != "settings"', "message": words}
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    uid = stand.get("configmaps", "settings")["metadata"]["uid"]
    spec = {"matchConstraints": constraints, "validations": [validation]}
    make(stand, POLICIES, {"metadata": {"name": name}, "spec": spec})
    binding = {"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}}
    make(stand, f"{POLICIES.removesuffix('ies')}ybindings", binding)
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}
    place = stand.path("configmaps", "settings")
    try:
        until(lambda: isinstance(stand.cluster.admin.apply(place, probe, "probe", dry_run=True), Failure))
        red = [text.replace("blue", "red") for text in (CONFIG, OTHER_CONFIG)]
        stand.commit(*red)
        began = time.monotonic()
        refused = stand.sync("--timeout", "60s", "--replace", f"ConfigMap/{stand.namespace}/settings")
        assert time.monotonic() - began < 40
        assert refused.status == 1, refused.err
        assert "PS613" in refused.err
        assert len(refused.err) < 5000
        assert stand.get("configmaps", "settings")["metadata"]["uid"] == uid
        assert stand.get("configmaps", "others")["data"] == {"colour": "red"}
    finally:
        remove(stand, f"{POLICIES.removesuffix('ies')}ybindings/{name}")
        remove(stand, f"{POLICIES}/{name}")


# --- marks that come while a sync waits


def test_marks_that_come_while_the_sync_waits_save_an_object(stand: Stand) -> None:
    names = ("owned", "helms", "argos", "anew", "doomed")
    stand.commit(*SHOP, *(CONFIG.replace("settings", name) for name in names))
    assert stand.sync().status == 0
    go = {"metadata": {"labels": {"go": stand.namespace}}}
    slow = DEPLOYMENT.replace("web:1", "web:2").replace(
        "containers:", f"nodeSelector: {go['metadata']['labels']}\n      containers:"
    )
    stand.commit(slow, *SHOP[1:])
    process = stand.start_sync("--timeout", "90s", "--allow-prune", "5")
    until_said(process, "updated")
    web = stand.get("services", "web")["metadata"]
    owner = {"apiVersion": "v1", "kind": "Service", "name": "web", "uid": web["uid"], "controller": True}
    stand.edit("configmaps", "owned", {"metadata": {"ownerReferences": [owner]}})
    stand.edit("configmaps", "helms", {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}})
    options = {"argocd.argoproj.io/sync-options": "Replace=true,Prune=false"}
    stand.edit("configmaps", "argos", {"metadata": {"annotations": options}})
    do(stand.cluster.admin, "DELETE", stand.path("configmaps", "anew"))
    label = {PART_OF: parent_of("prod", stand.namespace).id}
    do(stand.cluster.admin, "POST", stand.path("configmaps"), {"metadata": {"name": "anew", "labels": label}})
    media = Media("application/merge-patch+json")
    stand.cluster.admin.call("PATCH", "/api/v1/nodes/fake", {}, go, media=media)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert [stand.exists("configmaps", name) for name in names] == [True, True, True, True, False]


# --- Penstock's own objects on the branch


@pytest.mark.parametrize("name", ["penstock-prod", "penstock-dev"])
@pytest.mark.parametrize("kind", ["ConfigMap", "Lease"])
def test_inventory_or_lease_on_the_branch_is_not_taken_over(stand: Stand, kind: str, name: str) -> None:
    """Of this environment or another one: whoever may commit by hand must not make a sync forget what it owns."""
    stand.commit(OTHER_CONFIG, branch="rendered/dev", environment="dev")
    assert stand.penstock("sync", "dev", *stand.where("admin")).status == 0
    stand.commit(CONFIG, SECRET)
    assert stand.sync().status == 0
    resource, group = ("configmaps", "") if kind == "ConfigMap" else ("leases", LEASES)
    version = group or "v1"
    forged = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: NS}}\n"
    body = "data: {members: ''}\n" if kind == "ConfigMap" else "spec: {holderIdentity: mallory}\n"
    stand.commit(CONFIG, SECRET, forged + body)
    result = stand.sync("--timeout", "30s")
    assert result.status in (1, 4), result.out
    assert name in result.err
    stand.commit(CONFIG, SECRET)
    again = stand.sync()
    assert again.status == 0, again.err
    assert stand.exists(resource, name, group)
    assert stand.penstock("sync", "dev", *stand.where("admin")).status == 0
    assert stand.exists("configmaps", "others")
