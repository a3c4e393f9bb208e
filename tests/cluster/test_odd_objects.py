"""Odd objects of a branch, and changes that servers refuse: they are told, and hold up nothing else."""

from typing import TYPE_CHECKING

import pytest
from tests.cluster.conftest import until
from tests.cluster.test_sync import CONFIG, CRD, GADGET, OTHER_CONFIG, SERVICE, SHOP

from penstock.apply.failure import Failure

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

# --- what stands in the metadata of what somebody has read from a cluster


NOISE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: NS
  FIELD
data: {colour: blue}
"""


@pytest.mark.parametrize(
    "field",
    [
        "creationTimestamp: null",
        'creationTimestamp: "2020-01-01T00:00:00Z"',
        "generation: 7",
        "selfLink: /api/v1/x",
        'resourceVersion: "1"',
        "uid: 11111111-2222-3333-4444-555555555555",
        "managedFields: []",
        "managedFields: [{manager: x, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {}}]",
        'deletionTimestamp: "2020-01-01T00:00:00Z"',
        "finalizers: [example.org/one]",
        "annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}",
        "annotations: {meta.helm.sh/release-name: x}",
        "labels: {app.kubernetes.io/managed-by: Helm}",
        "labels: {kustomize.toolkit.fluxcd.io/name: x}",
    ],
)
def test_metadata_of_a_live_object_on_the_branch(stand: "Stand", field: str) -> None:
    """What only a server writes is left out; all the rest is applied, and stays as it is."""
    stand.commit(NOISE.replace("FIELD", field), OTHER_CONFIG)
    first = stand.sync("--timeout", "30s")
    assert first.status == 0, first.err
    second = stand.sync("--timeout", "30s")
    assert second.status == 0, second.err
    assert "2 unchanged" in second.out
    state = stand.status()
    assert state.status == 0, state.out
    if "finalizers" in field:
        stand.edit("configmaps", "settings", {"metadata": {"finalizers": None}})


def test_label_of_another_set_on_the_branch_is_refused(stand: "Stand") -> None:
    stand.commit(NOISE.replace("FIELD", "labels: {applyset.kubernetes.io/part-of: applyset-other-v1}"), OTHER_CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 1
    assert "PS603" in result.err
    assert not stand.exists("configmaps", "others")


# --- shapes of documents


def test_characters_that_yaml_and_json_write_differently_arrive(stand: "Stand") -> None:
    text = '"🦊 \\u0085 \\u2028 \\ufeff \\x7f ü \\U0010ffff"'
    stand.commit(CONFIG.replace("blue", text), OTHER_CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 0, result.err
    assert stand.get("configmaps", "settings")["data"]["colour"] == "🦊 \x85 \u2028 \ufeff \x7f ü \U0010ffff"
    assert "unchanged" in stand.sync("--timeout", "30s").out


def test_objects_of_a_list_on_the_branch_are_applied(stand: "Stand") -> None:
    listed = CONFIG.replace("\n", "\n  ").rstrip()
    stand.commit(f"apiVersion: v1\nkind: List\nitems:\n- {listed}\n", OTHER_CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 0, result.err
    assert "2 created" in result.out
    assert stand.exists("configmaps", "settings")


def test_object_without_a_name_is_told(stand: "Stand") -> None:
    stand.commit(CONFIG.replace("name: settings", "generateName: settings-"), OTHER_CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 3
    assert "has no `metadata.name`" in result.err
    assert not stand.exists("configmaps", "others")


def test_namespace_of_an_object_that_has_none(stand: "Stand") -> None:
    role = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: odd-NS, namespace: NS}\n"
        "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n"
    )
    stand.commit(role, CONFIG)
    first = stand.sync("--timeout", "30s")
    assert first.status == 0, first.err
    assert "2 unchanged" in stand.sync().out
    stand.commit(CONFIG)
    assert stand.sync("--allow-prune", "1").status == 0
    stand.cluster.admin.call("DELETE", f"/apis/rbac.authorization.k8s.io/v1/clusterroles/odd-{stand.namespace}")


# --- what cannot be changed


FROZEN = CONFIG + "immutable: true\n"
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: team, namespace: NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: somebody, apiGroup: rbac.authorization.k8s.io}]
"""
HEADLESS = SERVICE.replace("spec:\n", "spec:\n  clusterIP: None\n")
WEB = SHOP[0]
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: NS}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: none-NS
  resources: {requests: {storage: 2Gi}}
"""
CLASS = """\
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high-NS}
value: 1000
"""


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (FROZEN, FROZEN.replace("blue", "green"), "ConfigMap/settings"),
        (BINDING, BINDING.replace("name: view", "name: edit"), "RoleBinding.rbac.authorization.k8s.io/team"),
        (HEADLESS, SERVICE.replace("spec:\n", "spec:\n  clusterIP: 10.0.0.77\n"), "Service/web"),
        (SERVICE.replace("spec:\n", "spec:\n  clusterIP: 10.0.0.78\n"), HEADLESS, "Service/web"),
        (WEB, WEB.replace("app: web", "app: other"), "Deployment.apps/web"),
        (CLASS, CLASS.replace("1000", "2000"), "PriorityClass.scheduling.k8s.io/high-NS"),
    ],
    ids=["frozen config", "role of a binding", "headless no more", "headless now", "selector", "priority"],
)
def test_what_cannot_be_changed_is_replaced_when_told(stand: "Stand", before: str, after: str, kind: str) -> None:
    needed = SHOP[2:] if before == WEB else ()
    where = kind.replace("NS", stand.namespace)
    named = where if "PriorityClass" in kind else where.replace("/", f"/{stand.namespace}/")
    stand.commit(before, OTHER_CONFIG, *needed)
    assert stand.sync().status == 0
    stand.commit(after, OTHER_CONFIG.replace("blue", "red"), *needed)
    refused = stand.sync("--timeout", "30s")
    assert refused.status == 1
    assert named in refused.err
    assert "--replace" in refused.err
    assert stand.get("configmaps", "others")["data"] == {"colour": "red"}
    if named != where:
        vague = stand.sync("--timeout", "30s", "--replace", where)
        assert vague.status == 1
        assert "PS668" in vague.err
        assert f"did you mean {named}?" in vague.err
    replaced = stand.sync("--replace", named)
    assert replaced.status == 0, replaced.err
    assert "unchanged, 0 pruned" in stand.sync().out
    if "PriorityClass" in kind:
        stand.commit(OTHER_CONFIG)
        assert stand.sync("--allow-prune", "1").status == 0


def test_claim_that_shrinks_is_told_and_kept(stand: "Stand") -> None:
    """A claim holds data: it is replaced only by its name."""
    stand.commit(CLAIM, OTHER_CONFIG)
    assert stand.sync("--timeout", "20s").status == 0
    uid = stand.get("persistentvolumeclaims", "files")["metadata"]["uid"]
    stand.commit(CLAIM.replace("2Gi", "1Gi"), OTHER_CONFIG)
    refused = stand.sync("--timeout", "20s")
    assert refused.status == 1
    assert "PersistentVolumeClaim" in refused.err
    assert stand.sync("--timeout", "20s", "--replace", "PersistentVolumeClaim").status != 0
    assert stand.get("persistentvolumeclaims", "files")["metadata"]["uid"] == uid


# --- what takes others along


def test_definition_with_objects_of_others_is_not_pruned_unasked(stand: "Stand") -> None:
    group = f"{stand.namespace}.example.org"
    stand.commit(CRD.replace("GROUP", group), CONFIG)
    assert stand.sync().status == 0
    made = stand.kubectl("apply", "-f", "-", text=GADGET.replace("GROUP", group))
    assert made.status == 0, made.err
    stand.commit(CONFIG)
    refused = stand.sync("--timeout", "20s")
    assert refused.status == 1
    assert "PS605" in refused.err
    assert stand.exists("gadgets", "first", f"{group}/v1")
    counted = stand.sync("--timeout", "20s", "--allow-prune", "1")
    assert counted.status == 1, counted.err  # a number is no name
    assert stand.exists("gadgets", "first", f"{group}/v1")
    named = stand.sync("--allow-prune", f"CustomResourceDefinition.apiextensions.k8s.io/gadgets.{group}")
    assert named.status == 0, named.err


def test_namespace_with_objects_of_others_is_not_pruned_unasked(stand: "Stand") -> None:
    inner = f"{stand.namespace}-inner"
    space = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {inner}}}\n"
    stand.commit(space, CONFIG)
    assert stand.sync().status == 0
    others = {"metadata": {"name": "precious"}, "data": {"a": "b"}}
    path = f"/api/v1/namespaces/{inner}"
    assert not isinstance(stand.cluster.admin.call("POST", f"{path}/configmaps", {}, others), Failure)
    stand.commit(CONFIG)
    refused = stand.sync("--timeout", "20s", "--allow-prune", "1")
    assert refused.status == 1
    assert "PS605" in refused.err
    assert not isinstance(stand.cluster.admin.get(f"{path}/configmaps/precious"), Failure)
    named = stand.sync("--allow-prune", f"Namespace/{inner}")
    assert named.status == 0, named.err
    until(lambda: isinstance(stand.cluster.admin.get(path), Failure))


# --- ownership that was wiped


def test_object_whose_managed_fields_somebody_has_cleared(stand: "Stand") -> None:
    """`managedFields: [{}]` clears them all. The object is still the one that the inventory knows."""
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"metadata": {"managedFields": [{}]}})
    again = stand.sync("--timeout", "20s")
    assert again.status == 0, again.err
    stand.commit(CONFIG.replace("blue", "green"), OTHER_CONFIG)
    changed = stand.sync("--timeout", "20s")
    assert changed.status == 0, changed.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}
    stand.commit(OTHER_CONFIG)
    pruned = stand.sync("--timeout", "20s", "--allow-prune", "1")
    assert pruned.status == 0, pruned.err
    assert not stand.exists("configmaps", "settings")


def test_object_moves_to_another_version_of_its_kind(stand: "Stand") -> None:
    """It is the same object: it stays, and nothing is pruned."""
    old = (
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: NS}\n"
        "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n"
    )
    stand.commit(*SHOP, old)
    assert stand.sync("--timeout", "60s").status == 0
    uid = stand.get("horizontalpodautoscalers", "web", "autoscaling/v2")["metadata"]["uid"]
    stand.commit(*SHOP, old.replace("autoscaling/v1", "autoscaling/v2"))
    moved = stand.sync("--timeout", "60s")
    assert moved.status == 0, moved.err
    assert "0 pruned" in moved.out
    assert stand.get("horizontalpodautoscalers", "web", "autoscaling/v2")["metadata"]["uid"] == uid
