"""Relatives of the cases of `test_cases` that are about objects: what is deleted and comes again, what others set on it
later, what cannot be changed, and what the cluster does not let pass.
"""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until
from tests.cluster.test_sync import CONFIG, CRD, DEPLOYMENT, GADGET, JOB, OTHER_CONFIG, SECRET

from penstock.apply.failure import Failure

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

# --- claims that wait for their first consumer

LAZY = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: lazy-NS}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: NS}
spec: {storageClassName: lazy-NS, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
SCALED_TO_NOTHING = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: NS}
spec:
  replicas: 0
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: "store:1", volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: lazy-NS, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
CONSUMER = """\
apiVersion: v1
kind: Pod
metadata: {name: reader, namespace: NS}
spec:
  containers: [{name: reader, image: "reader:1", volumeMounts: [{name: files, mountPath: /files}]}]
  volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
"""


def test_claim_of_a_class_that_comes_with_it_holds_up_no_pruning(stand: "Stand") -> None:
    stand.commit(LAZY, CLAIM, SCALED_TO_NOTHING, CONFIG)
    assert stand.sync().status == 0
    stand.commit(LAZY, CLAIM, SCALED_TO_NOTHING)
    done = stand.sync("--timeout", "30s")
    assert done.status == 0, done.err
    assert not stand.exists("configmaps", "settings")


def test_claim_whose_consumer_cannot_run_is_told_by_the_consumer(stand: "Stand") -> None:
    stand.commit(LAZY, CLAIM, CONSUMER, CONFIG)
    held = stand.sync("--timeout", "5s")
    assert held.status == 1
    assert f"Pod/{stand.namespace}/reader" in held.err
    assert "PersistentVolumeClaim" not in held.err.partition("hint")[0] or "volume" in held.err


# --- quotas

QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: NS}
spec: {hard: {count/secrets: "MOST"}}
"""


def test_quota_that_is_raised_with_what_needs_it(stand: "Stand") -> None:
    second = SECRET.replace("login", "second")
    stand.commit(QUOTA.replace("MOST", "1"))
    assert stand.sync().status == 0
    # The controller counts what it has heard of; from then on, the server counts each object that it lets in.
    until(lambda: "count/secrets" in stand.get("resourcequotas", "few").get("status", {}).get("used", {}))
    stand.commit(QUOTA.replace("MOST", "1"), SECRET)
    assert stand.sync().status == 0
    stand.commit(QUOTA.replace("MOST", "1"), SECRET, second, CONFIG)
    refused = stand.sync("--timeout", "3s")
    assert refused.status == 1
    assert "exceeded quota: few" in refused.err
    assert "correct-horse" not in refused.err
    assert stand.exists("configmaps", "settings")
    stand.commit(QUOTA.replace("MOST", "2"), SECRET, second, CONFIG)
    raised = stand.sync("--timeout", "60s")
    assert raised.status == 0, raised.err


def test_pods_that_a_quota_forbids_are_told_with_it(stand: "Stand") -> None:
    stand.commit(QUOTA.replace("count/secrets", "pods").replace("MOST", "0"))
    assert stand.sync().status == 0
    until(lambda: bool(stand.get("resourcequotas", "few").get("status", {}).get("hard")))
    stand.commit(QUOTA.replace("count/secrets", "pods").replace("MOST", "0"), DEPLOYMENT, CONFIG, SECRET)
    result = stand.sync("--timeout", "5s")
    assert result.status == 1
    assert "exceeded quota: few" in result.err


# --- finalizers, and the order of deletion


def test_finalizer_of_the_branch_leaves_with_its_object(stand: "Stand") -> None:
    """Whoever puts a finalizer on the branch takes it off there, too, before the object leaves."""
    finalized = CONFIG.replace("namespace: NS}", "namespace: NS, finalizers: [example.org/hold]}")
    stand.commit(finalized, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    stand.commit(OTHER_CONFIG, SECRET)
    held = stand.sync("--timeout", "4s")
    assert held.status == 1
    assert "example.org/hold" in held.err
    stand.edit("configmaps", "settings", {"metadata": {"finalizers": None}})
    until(lambda: not stand.exists("configmaps", "settings"))
    assert stand.sync().status == 0
    stand.commit(finalized, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    stand.commit(CONFIG, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    assert "finalizers" not in stand.get("configmaps", "settings")["metadata"]
    stand.commit(OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    assert not stand.exists("configmaps", "settings")


def test_users_go_before_what_they_use(stand: "Stand") -> None:
    """A Deployment, its account and its settings leave together: the settings stay as long as the Deployment does."""
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: NS}\n"
    deployment = DEPLOYMENT.replace("      containers:", "      serviceAccountName: web\n      containers:")
    stand.commit(deployment, account, CONFIG, SECRET, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"metadata": {"finalizers": ["example.org/hold"]}}, "apps/v1")
    stand.commit(OTHER_CONFIG)
    held = stand.sync("--timeout", "10s", "--allow-prune", "4")
    assert held.status == 1
    assert "example.org/hold" in held.err
    for resource, name in (("serviceaccounts", "web"), ("configmaps", "settings"), ("secrets", "login")):
        assert stand.exists(resource, name)
    stand.edit("deployments", "web", {"metadata": {"finalizers": None}}, "apps/v1")
    until(lambda: not stand.exists("deployments", "web", "apps/v1"))
    done = stand.sync("--allow-prune", "3")
    assert done.status == 0, done.err
    for resource, name in (("serviceaccounts", "web"), ("configmaps", "settings"), ("secrets", "login")):
        assert not stand.exists(resource, name)


# --- what is deleted and comes again

OWN_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-own}\n"


def elsewhere(text: str) -> str:
    return text.replace("namespace: NS", "namespace: NS-own")


def test_namespace_that_somebody_deletes_comes_again_with_all_that_is_in_it(stand: "Stand") -> None:
    stand.commit(OWN_NAMESPACE, elsewhere(CONFIG), elsewhere(SECRET), OTHER_CONFIG)
    assert stand.sync().status == 0
    admin = stand.cluster.admin
    uid = admin.get(f"/api/v1/namespaces/{stand.namespace}-own")["metadata"]["uid"]  # type: ignore[index,call-overload]
    admin.call("DELETE", f"/api/v1/namespaces/{stand.namespace}-own")
    again = stand.sync("--timeout", "120s")
    assert again.status == 0, again.err
    now = admin.get(f"/api/v1/namespaces/{stand.namespace}-own")
    assert not isinstance(now, Failure)
    assert now["metadata"]["uid"] != uid
    assert "0 created, 0 updated" in stand.sync().out
    assert stand.status().status == 0


@pytest.mark.parametrize("by", ["a person", "a tool"])
def test_object_that_is_deleted_and_made_anew_by_somebody_else(stand: "Stand", by: str) -> None:
    """Its uid is another one, so the old one has gone; a person's is taken over, that of a tool is not."""
    stand.commit(CONFIG, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "settings"))
    manager = ("--field-manager", "pulumi-kubernetes") if by == "a tool" else ()
    assert stand.kubectl("create", *manager, "-f", "-", text=CONFIG.replace("blue", "red")).status == 0
    result = stand.sync()
    if by == "a tool":
        assert (result.status, "PS621" in result.err) == (1, True)
        assert "Pulumi" in result.err or "pulumi" in result.err
        stand.commit(OTHER_CONFIG, SECRET)
        left = stand.sync()
        assert left.status == 0, left.err
        assert stand.exists("configmaps", "settings")
    else:
        assert result.status == 0, result.err
        assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
        stand.commit(OTHER_CONFIG, SECRET)
        assert stand.sync().status == 0
        assert not stand.exists("configmaps", "settings")


@pytest.mark.parametrize("controls", [True, False])
def test_owner_that_is_given_later(stand: "Stand", controls: bool) -> None:
    """An operator makes our object its own. It goes on being applied; once it leaves, a controller's is not pruned."""
    stand.commit(CONFIG, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    other = stand.get("configmaps", "others")["metadata"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "others", "uid": other["uid"], "controller": controls}
    stand.edit("configmaps", "settings", {"metadata": {"ownerReferences": [owner]}}, manager="some-operator")
    stand.commit(CONFIG.replace("blue", "red"), OTHER_CONFIG, SECRET)
    changed = stand.sync()
    assert changed.status == 0, changed.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    stand.commit(OTHER_CONFIG, SECRET)
    left = stand.sync()
    assert left.status == 0, left.err
    assert stand.exists("configmaps", "settings") == controls


def test_owner_is_not_pruned_unasked_while_the_branch_has_what_it_owns(stand: "Stand") -> None:
    """The cluster would delete the owned object, too, after the sync has said that all is well."""
    stand.commit(CONFIG, OTHER_CONFIG, SECRET)
    assert stand.sync().status == 0
    uid = stand.get("configmaps", "others")["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "others", "uid": uid}
    stand.edit("configmaps", "settings", {"metadata": {"ownerReferences": [owner]}}, manager="some-operator")
    stand.commit(CONFIG.replace("blue", "red"), SECRET)
    settings, others = (f"ConfigMap/{stand.namespace}/{name}" for name in ("settings", "others"))
    for kept in (stand.sync("--dry-run"), stand.sync(), stand.sync()):
        assert kept.status == 1
        assert f"PS618 {others} has left the branch and is still" in kept.err
        assert f"the cluster would delete {settings} with it" in kept.err
        assert f"--allow-prune {others}" in kept.err
    assert stand.exists("configmaps", "others")
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    stand.edit("configmaps", "settings", {"metadata": {"ownerReferences": None}})
    done = stand.sync()
    assert done.status == 0, done.err
    assert not stand.exists("configmaps", "others")
    assert stand.exists("configmaps", "settings")


# --- Jobs


def test_job_with_a_time_to_live_runs_again_for_another_content(stand: "Stand") -> None:
    short = JOB.replace("spec:\n  template", "spec:\n  ttlSecondsAfterFinished: 0\n  template", 1)
    stand.commit(CONFIG, short)
    assert stand.sync().status == 0
    until(lambda: not stand.exists("jobs", "migrate", "batch/v1"))
    second = stand.sync()
    assert second.status == 0, second.err
    assert "0 created" in second.out
    stand.commit(CONFIG, short.replace("migrate:1", "migrate:2"))
    third = stand.sync()
    assert third.status == 0, third.err
    assert "created   Job.batch" in third.out
    until(lambda: not stand.exists("jobs", "migrate", "batch/v1"))
    stand.commit(CONFIG)
    assert stand.sync("--allow-prune", "1").status == 0


# --- kinds of one's own


def test_objects_whose_definition_comes_late_are_told_and_the_next_sync_brings_them(stand: "Stand") -> None:
    """After a disaster an operator makes its definitions itself, some time after it has been started."""
    group = f"late.{stand.namespace}.example.com"
    gadget = GADGET.replace("GROUP", group)
    stand.commit(gadget, CONFIG, OTHER_CONFIG)
    first = stand.sync("--timeout", "20s")
    assert first.status == 1
    assert f"Gadget.{group}" in first.err
    assert stand.exists("configmaps", "settings")
    made = stand.kubectl("apply", "-f", "-", text=CRD.replace("GROUP", group))
    assert made.status == 0, made.err
    until(lambda: not isinstance(stand.cluster.admin.get(stand.path("gadgets", group=f"{group}/v1")), Failure))
    second = stand.sync()
    assert second.status == 0, second.err
    assert stand.exists("gadgets", "first", f"{group}/v1")


def test_definition_that_comes_while_the_sync_runs_brings_its_objects(stand: "Stand") -> None:
    """The branch has the definition, too, and somebody deletes it meanwhile with all of its objects."""
    group = f"again.{stand.namespace}.example.com"
    both = (CRD.replace("GROUP", group), GADGET.replace("GROUP", group))
    stand.commit(*both, CONFIG)
    assert stand.sync().status == 0
    place = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{group}"
    stand.cluster.admin.call("DELETE", place)
    again = stand.sync("--timeout", "60s")
    assert again.status == 0, again.err
    assert stand.exists("gadgets", "first", f"{group}/v1")
    assert "0 created, 0 updated" in stand.sync().out


# --- two environments

SHARED = {"branch": "rendered/dev", "environment": "dev"}


def test_two_environments_do_not_fight_over_one_object(stand: "Stand") -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(CONFIG.replace("blue", "red"), SECRET, branch="rendered/dev", environment="dev")

    def sync_dev(*options: str) -> Any:
        return stand.penstock("sync", "dev", *stand.where("admin"), *options)

    for _ in range(2):
        refused = sync_dev()
        assert refused.status == 1
        assert "PS610" in refused.err
        assert stand.exists("secrets", "login")
        assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert sync_dev("--adopt", f"ConfigMap/{stand.namespace}/settings").status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    lost = stand.sync()
    assert lost.status == 1
    assert "PS610" in lost.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    stand.commit(OTHER_CONFIG)
    given = stand.sync()
    assert given.status == 0, given.err
    assert stand.exists("configmaps", "settings")
    assert sync_dev().status == 0


# --- rollbacks


def test_rollback_over_several_commits_and_onward_again(stand: "Stand") -> None:
    commits = []
    for number, colour in enumerate(("blue", "red", "green")):
        more = [OTHER_CONFIG.replace("others", f"extra-{each}") for each in range(number)]
        commits.append(stand.commit(CONFIG.replace("blue", colour), SECRET, *more))
        assert stand.sync().status == 0
    back = stand.rollback(commits[0])
    assert back.status == 0, back.err
    assert "1 updated, 1 unchanged, 2 pruned" in back.out
    assert "PS661" in stand.sync().err
    assert stand.status().status == 1
    onward = stand.sync("--unpin")
    assert onward.status == 0, onward.err
    assert "2 created, 1 updated" in onward.out
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}
    outcomes = [each["outcome"] for each in json.loads(stand.history("--format", "json").out)["syncs"]]
    assert outcomes == ["synced", "rollback", "synced", "synced", "synced"]


def test_rollback_of_a_rollback(stand: "Stand") -> None:
    first = stand.commit(CONFIG, SECRET)
    assert stand.sync().status == 0
    second = stand.commit(CONFIG.replace("blue", "red"), SECRET)
    assert stand.sync().status == 0
    stand.commit(CONFIG.replace("blue", "green"), SECRET)
    assert stand.sync().status == 0
    assert stand.rollback(first).status == 0
    assert stand.rollback(second).status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    pinned = stand.sync()
    assert pinned.status == 1
    assert "PS661" in pinned.err
    stand.commit(CONFIG.replace("blue", "white"), SECRET)
    assert stand.sync().status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "white"}
