"""What a sync takes over, prunes and leaves alone, in a cluster that kubectl, Helm, Argo CD and Flux have been at."""

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until, until_said
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, OTHER_CONFIG, SECRET, SERVICE, SHOP, inventory

from penstock.apply.client import Media
from penstock.apply.failure import Failure
from penstock.apply.inventory import PART_OF, parent_of

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

DATABASE = """\
apiVersion: v1
kind: Service
metadata: {name: db, namespace: NS}
spec: {ports: [{port: 5432}]}
"""

ENDPOINTS = """\
apiVersion: v1
kind: Endpoints
metadata: {name: db, namespace: NS}
subsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 5432}]}]
"""

SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: NS, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{port: 5432}]
endpoints: [{addresses: [192.0.2.7]}]
"""

GROWN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NS, labels: {team: red}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.org/web:1
        args: [--verbose]
        env: [{name: MODE, value: slow}, {name: OLD, value: x}]
      - {name: helper, image: registry.example.org/helper:1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: NS}
data: {colour: blue, shade: dark}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NS}
spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: old, port: 81}]}
"""

SHRUNK = """\
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
        env: [{name: MODE, value: slow}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: NS}
data: {colour: blue}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NS}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
"""

FOREIGN: dict[str, dict[str, Any]] = {
    "helm": {"annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "NS"}},
    "argocd": {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:NS/settings"}},
    "flux": {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
    "controller": {
        "ownerReferences": [
            {"apiVersion": "example.org/v1", "kind": "Shop", "name": "one", "uid": "1-2-3", "controller": True}
        ]
    },
}
MANAGERS = {"helm": "helm", "argocd": "argocd-controller", "flux": "kustomize-controller", "controller": "operator"}


def made_by(stand: "Stand", manager: str, metadata: dict[str, Any], name: str = "settings", **data: str) -> Any:
    """A ConfigMap in the cluster that another manager has created, not by server-side apply."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **metadata},
        "data": {"colour": "blue", **data},
    }
    answer = stand.cluster.admin.call("POST", stand.path("configmaps"), {"fieldManager": manager}, body)
    assert not isinstance(answer, Failure), answer
    return answer


def label_of(stand: "Stand", name: str = "prod") -> dict[str, str]:
    return {PART_OF: parent_of(name, stand.namespace).id}


# --- what controllers copy


@pytest.mark.parametrize(("manifest", "resource", "group"), [
    (ENDPOINTS, "endpoints", ""),
    (SLICE, "endpointslices", "discovery.k8s.io/v1"),
])  # fmt: skip
def test_copies_of_the_label_are_left_alone(stand: "Stand", manifest: str, resource: str, group: str) -> None:
    stand.commit(*SHOP, DATABASE, manifest)
    assert stand.sync().status == 0
    until(lambda: len(copies(stand, resource, group)) > 1)  # the controller has copied the label
    before = copies(stand, resource, group)
    result = stand.sync()
    assert result.status == 0, result.err
    assert "0 pruned" in result.out
    assert "PS622" not in result.err
    assert copies(stand, resource, group).items() >= before.items()
    assert stand.status().status == 0


def copies(stand: "Stand", resource: str, group: str) -> dict[str, str]:
    """The uids of the objects of a kind that carry the label of the environment."""
    found = stand.cluster.admin.objects(stand.path(resource, group=group), f"{PART_OF}={label_of(stand)[PART_OF]}")
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in found if not isinstance(item, Failure)}


# --- what strangers write


def test_label_of_a_stranger_is_said_and_nothing_else(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    for number in range(8):
        made_by(stand, "kubectl-create", {"labels": label_of(stand)}, f"forged-{number}")
    forged = made_by(stand, "x", {"labels": label_of(stand), "finalizers": ["example.org/hold"]}, "held")
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "labels": label_of(stand)}}
    stand.cluster.admin.apply(stand.path("configmaps", "applied"), applied, "penstock")  # our name is no proof either
    stand.commit(*SHOP)
    result = stand.sync()
    assert result.status == 0, result.err
    assert "PS622" in result.err
    assert "and 5 more" in result.err
    assert "1 pruned" in result.out
    assert not stand.exists("configmaps", "others")
    assert all(stand.exists("configmaps", name) for name in ("forged-0", "forged-7", "held", "applied"))
    assert stand.status().status == 0
    stand.edit("configmaps", "held", {"metadata": {"finalizers": None, "uid": forged["metadata"]["uid"]}})


def test_large_strangers_cost_no_memory(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    for number in range(26):
        made_by(stand, "kubectl-create", {"labels": label_of(stand)}, f"large-{number}", shade="x" * 900_000)
    tracemalloc.start()
    result = stand.sync()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.status == 0, result.err
    assert "and 21 more" in result.err
    assert peak < 32 * 1024 * 1024


def test_kept_strangers_do_not_thin_the_guard(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    for number in range(12):
        metadata = {"labels": label_of(stand), "annotations": {"penstock.dev/prune": "disabled"}}
        made_by(stand, "kubectl-create", metadata, f"thin-{number}")
    stand.commit(CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert "would delete 3 of 4 objects" in result.err


def test_object_that_was_made_anew_by_somebody_else_is_not_pruned(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "others"))
    made_by(stand, "kubectl-create", {"labels": label_of(stand)}, "others")
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    assert stand.exists("configmaps", "others")


def test_labels_without_an_inventory_are_refused_until_told(stand: "Stand") -> None:
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "penstock-prod"))
    stand.commit(DEPLOYMENT, SERVICE, SECRET, CONFIG.replace("blue", "red"))
    result = stand.sync()
    assert result.status == 1
    assert "PS610" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert stand.exists("configmaps", "others")
    # That sync has left an inventory behind, which knows of nothing: whoever tries again is refused again.
    again = stand.sync()
    assert again.status == 1
    assert "PS610" in again.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    told = stand.sync("--adopt", label_of(stand)[PART_OF])
    assert told.status == 0, told.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert not stand.exists("configmaps", "others")
    assert stand.sync().status == 0


def test_object_changed_while_the_sync_waits_is_looked_at_again(stand: "Stand") -> None:
    more = [CONFIG.replace("settings", name) for name in ("keepme", "released", "moved", "doomed")]
    stand.commit(*SHOP, *more)
    assert stand.sync().status == 0
    slow = DEPLOYMENT.replace("web:1", "web:2").replace(
        "containers:", f"nodeSelector: {{go: {stand.namespace}}}\n      containers:"
    )
    stand.commit(slow, *SHOP[1:])
    process = stand.start_sync("--timeout", "60s")
    until_said(process, "updated")
    stand.edit("configmaps", "keepme", {"metadata": {"annotations": {"penstock.dev/prune": "disabled"}}})
    stand.edit("configmaps", "released", {"metadata": {"labels": {PART_OF: None}}})
    stand.edit("configmaps", "moved", {"metadata": {"labels": label_of(stand, "another")}})
    patch = {"metadata": {"labels": {"go": stand.namespace}}}
    stand.cluster.admin.call("PATCH", "/api/v1/nodes/fake", {}, patch, media=Media("application/merge-patch+json"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert [stand.exists("configmaps", name) for name in ("keepme", "released", "moved", "doomed")] == [
        True, True, True, False,
    ]  # fmt: skip


# --- objects of others


@pytest.mark.parametrize("owner", FOREIGN)
def test_object_of_another_tool_is_not_touched_until_told(stand: "Stand", owner: str) -> None:
    metadata = {key: filled(value, stand) for key, value in FOREIGN[owner].items()}
    uid = made_by(stand, MANAGERS[owner], metadata, shade="dark")["metadata"]["uid"]
    stand.commit(CONFIG, OTHER_CONFIG)
    for result in (stand.sync("--dry-run"), stand.sync()):
        assert result.status == 1
        assert "PS621" in result.err
        assert f"--adopt {owner} " in result.err
    assert stand.exists("configmaps", "others")  # the rest goes on
    stand.edit("configmaps", "penstock-prod", {"data": {"members": f"- ConfigMap/{stand.namespace}/settings\n"}})
    assert stand.sync().status == 1  # an intention that was written before proves nothing either
    assert PART_OF not in stand.get("configmaps", "settings")["metadata"].get("labels", {})
    assert stand.sync("--adopt", "Deployment.apps").status == 1
    stand.commit(OTHER_CONFIG)
    # Neither does the rest of a list that was changed by hand, and no sync has ever come to its end.
    assert stand.sync("--allow-prune", "1", "--adopt", label_of(stand)[PART_OF]).status == 0
    assert stand.exists("configmaps", "settings")  # never ours, so never pruned
    if owner != "controller":  # the garbage collector deletes what has an owner that is not there
        stand.commit(CONFIG, OTHER_CONFIG)
        told = stand.sync("--adopt", owner)
        assert told.status == 0, told.err
        live = stand.get("configmaps", "settings")
        assert live["metadata"]["uid"] == uid
        assert live["data"] == {"colour": "blue"}  # taken over as a whole: `shade` was never on the branch
        assert "annotations" not in live["metadata"]
        assert stand.sync().status == 0  # to be told once is enough


def filled(value: Any, stand: "Stand") -> Any:
    if isinstance(value, dict):
        return {key: str(text).replace("NS", stand.namespace) for key, text in value.items()}
    return value


@pytest.mark.parametrize("what", ["ConfigMap/NS/settings", "ConfigMap", "helm:NS/shop", "helm"])
def test_what_is_adopted_may_be_named_in_four_ways(stand: "Stand", what: str) -> None:
    made_by(stand, "helm", {key: filled(value, stand) for key, value in FOREIGN["helm"].items()})
    stand.commit(CONFIG)
    assert stand.sync("--adopt", "helm:other/shop").status == 1
    result = stand.sync("--adopt", what.replace("NS", stand.namespace))
    assert result.status == 0, result.err


def test_object_is_handed_to_another_environment_without_deleting_it(stand: "Stand") -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync("--name", "old").status == 0
    uid = stand.get("configmaps", "settings")["metadata"]["uid"]
    stand.commit(CONFIG.replace("blue", "red"))
    assert stand.sync().status == 1
    result = stand.sync("--adopt", f"ConfigMap/{stand.namespace}/settings")
    assert result.status == 0, result.err
    stand.commit(OTHER_CONFIG)
    left = stand.sync("--name", "old", "--allow-rewrite")
    assert left.status == 0, left.err
    live = stand.get("configmaps", "settings")
    assert (live["metadata"]["uid"], live["data"]) == (uid, {"colour": "red"})


# --- fields of others


@pytest.mark.parametrize("way", ["client-side", "server-side", "helm", "argocd"])
def test_what_leaves_git_leaves_the_cluster_after_a_migration(stand: "Stand", way: str) -> None:
    """As `kubectl apply --server-side` of the same commits does it, on objects that it has made itself."""
    if stand.cluster.kubectl is None:
        pytest.skip("kubectl is not among the cluster's programs")
    options = {
        "client-side": (),
        "server-side": ("--server-side",),
        "helm": ("--field-manager=helm",),
        "argocd": ("--field-manager=argocd-controller",),
    }
    applied = stand.kubectl("apply", *options[way], "-f", "-", text=GROWN)
    assert applied.status == 0, applied.err
    adopt = ("--adopt", way) if way in ("helm", "argocd") else ()
    stand.commit(*GROWN.split("---\n"))
    first = stand.sync(*adopt)
    assert first.status == 0, first.err
    stand.commit(*SHRUNK.split("---\n"))
    preview = stand.sync("--dry-run")
    assert "helper" in preview.out
    second = stand.sync()
    assert second.status == 0, second.err
    assert live_fields(stand) == expected_fields(stand)
    assert stand.status().status == 0
    assert "3 unchanged" in stand.sync().out


def test_a_preview_shows_what_goes_with_the_fields_of_kubectl(stand: "Stand") -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("kubectl is not among the cluster's programs")
    assert stand.kubectl("apply", "-f", "-", text=GROWN).status == 0
    stand.commit(*SHRUNK.split("---\n"))
    preview = stand.sync("--dry-run")
    assert preview.status == 1
    for line in ("- data.shade: dark", "name: helper", "args", "name: OLD", "metadata.labels"):
        assert line in preview.out, preview.out
    assert stand.sync().status == 0
    assert live_fields(stand) == expected_fields(stand)


def live_fields(stand: "Stand") -> list[Any]:
    """The fields of the three objects that are neither the server's nor a controller's."""
    found = []
    for resource, name, group in (
        ("deployments", "web", "apps/v1"),
        ("configmaps", "settings", ""),
        ("services", "web", ""),
    ):
        body = stand.get(resource, name, group)
        body["metadata"] = {key: body["metadata"].get(key) for key in ("name", "labels", "annotations")}
        (body["metadata"]["labels"] or {}).pop(PART_OF, None)
        (body["metadata"]["annotations"] or {}).pop("deployment.kubernetes.io/revision", None)
        for key in ("clusterIP", "clusterIPs"):
            body.get("spec", {}).pop(key, None)
        body.pop("status", None)
        found.append({key: value or None for key, value in body["metadata"].items()} | {**body, "metadata": None})
    return found


def expected_fields(stand: "Stand") -> list[Any]:
    """The same of what the real kubectl makes of the last commit, in a namespace where nothing has been before."""
    fresh = f"{stand.namespace}-x"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": fresh}}
    stand.cluster.admin.call("POST", "/api/v1/namespaces", {}, body)
    done = stand.kubectl("apply", "--server-side", "-n", fresh, "-f", "-", text=SHRUNK.replace("NS", fresh))
    assert done.status == 0, done.err
    other = type(stand).__new__(type(stand))
    other.cluster, other.namespace = stand.cluster, fresh
    try:
        return live_fields(other)
    finally:
        stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{fresh}")


# --- where objects go


def test_namespace_of_the_kubeconfig_decides_nothing(stand: "Stand", home_of: Any) -> None:
    stand.commit(CONFIG.replace(", namespace: NS", ""), SECRET.replace(", namespace: NS", ""))
    elsewhere = home_of("elsewhere")
    refused = stand.sync("--kubeconfig", elsewhere)
    assert refused.status == 1
    assert "PS620" in refused.err
    assert not stand.exists("configmaps", "settings")
    first = stand.sync("--namespace", stand.namespace)
    assert first.status == 0, first.err
    assert inventory(stand)["data"]["namespace"] == stand.namespace
    for options in ((), ("--kubeconfig", elsewhere)):
        again = stand.sync(*options)
        assert again.status == 0, again.err
        assert "2 unchanged, 0 pruned" in again.out
    moved = stand.sync("--namespace", "default")
    assert moved.status == 1
    assert "PS623" in moved.err
    assert stand.exists("configmaps", "settings")


@pytest.fixture
def home_of(stand: "Stand") -> Any:
    """Makes a kubeconfig of the test's cluster whose context has a default namespace."""

    def make(namespace: str) -> str:
        content = json.loads(stand.cluster.kubeconfig.read_text())
        for each in content["contexts"]:
            each["context"]["namespace"] = namespace
        path = stand.cluster.kubeconfig.with_name(f"{stand.namespace}.kubeconfig")
        path.write_text(json.dumps(content))
        return str(path)

    return make


# --- which commit


def test_local_branch_that_is_behind_is_not_synced(stand: "Stand") -> None:
    stand.commit(CONFIG)
    assert stand.sync().status == 0
    old = stand.git("rev-parse", "rendered/prod")
    new = stand.commit(CONFIG.replace("blue", "red"))
    stand.git("remote", "add", "origin", "https://git.example.org/shop.git")
    stand.git("update-ref", "refs/remotes/origin/rendered/prod", new)
    stand.git("update-ref", "refs/heads/rendered/prod", old)
    status = stand.status()
    assert status.status == 1
    assert f"at {new[:12]}" in status.out
    assert "PS624" in status.err
    result = stand.sync()
    assert result.status == 0
    assert "PS624" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    stand.commit(CONFIG.replace("blue", "green"))  # on the local branch: the two have gone apart
    for apart in (stand.sync(), stand.status()):
        assert apart.status == 2
        assert "have gone apart: 1 commits are only here, 1 only there" in apart.err
    stand.git("update-ref", "refs/remotes/origin/rendered/prod", old)
    assert stand.sync("--allow-rewrite").status == 0  # what was not pushed yet may be synced
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}


@pytest.mark.parametrize(("manager", "word"), [
    ("helm", "helm"),
    ("argocd-controller", "argocd"),
    ("kustomize-controller", "flux"),
])  # fmt: skip
def test_tool_that_applies_our_object_once_more_is_told_and_taken_over_again(
    stand: "Stand", manager: str, word: str
) -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"theirs": "x"}}
    assert not isinstance(stand.cluster.admin.apply(stand.path("configmaps", "settings"), theirs, manager), Failure)
    beside = stand.sync()
    assert beside.status == 0
    assert "PS621" in beside.err
    assert f"--adopt {word}" in beside.err
    assert "applies it, too" in stand.status().out
    again = stand.sync("--adopt", word)
    assert again.status == 0, again.err
    assert not again.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert "unchanged, 0 pruned" in stand.sync().out
