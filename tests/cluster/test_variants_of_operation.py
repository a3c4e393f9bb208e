"""Relatives of how an environment is run: wrong clocks, a clone that is a submodule, replacing what is held, hooks of
two tools among waves, what was adopted and leaves, what was pruned and comes back; and objects of odd sizes and types.
"""

import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import BRANCH, until
from tests.cluster.test_cases import job
from tests.cluster.test_families import annotated
from tests.cluster.test_live_faults import with_status
from tests.cluster.test_ownership import FOREIGN, MANAGERS, filled, made_by
from tests.cluster.test_relatives import lines
from tests.cluster.test_sync import CONFIG, GADGET, OTHER_CONFIG

from penstock.apply import wait

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

HELD = CONFIG.replace("namespace: NS}", "namespace: NS, finalizers: [example.org/hold]}") + "immutable: true\n"

STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: NS}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "registry.example.org/db:1"}]}
"""


def commit_at(stand: "Stand", moment: str, *manifests: str) -> str:
    """A commit on the branch by a machine whose clock shows this moment."""
    stand.commit(*manifests)
    dates = {"GIT_COMMITTER_DATE": moment, "GIT_AUTHOR_DATE": moment}
    parents = stand.git("rev-list", "--parents", "--max-count=1", BRANCH).split()[1:]
    options = [word for parent in parents for word in ("-p", parent)]
    made = stand.git("commit-tree", f"{BRANCH}^{{tree}}", *options, "-m", "rendered", environ=dates)
    stand.git("update-ref", f"refs/heads/{BRANCH}", made)
    return made


@pytest.mark.parametrize("moments", [("2099-01-01T00:00:00Z", "1971-01-01T00:00:00Z"), ("2099-01-01T00:00:00Z",) * 2])
def test_clocks_of_those_who_commit_decide_nothing(stand: "Stand", moments: tuple[str, str]) -> None:
    first, second = moments
    commit_at(stand, first, CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    last = commit_at(stand, second, CONFIG.replace("blue", "red"))
    stand.git("update-ref", f"refs/remotes/origin/{BRANCH}", last)
    stand.git("update-ref", f"refs/heads/{BRANCH}", f"{last}^")  # the clone is behind, whatever the clocks show
    result = stand.sync("--allow-prune", "1")
    assert result.status == 0, result.err
    assert "PS624" in result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert not stand.exists("configmaps", "others")


def test_environment_of_a_submodule(stand: "Stand") -> None:
    """The git directory of a submodule is elsewhere, and its branches are those of a remote."""
    stand.commit(CONFIG, OTHER_CONFIG)
    stand.git("commit", "--quiet", "--allow-empty", "-m", "sources")
    stand.git("init", "--quiet", "above")
    local = ("-c", "protocol.file.allow=always")
    stand.git("-C", "above", *local, "submodule", "--quiet", "add", str(stand.repository), "inner")
    inner = stand.at("above/inner")
    result = inner.sync()
    assert result.status == 0, result.err
    assert stand.exists("configmaps", "settings")
    stand.commit(CONFIG)
    stand.git("-C", "above/inner", *local, "fetch", "--quiet")
    assert inner.sync("--allow-prune", "1").status == 0
    assert not stand.exists("configmaps", "others")
    assert inner.status().status == 0


def test_replacing_what_a_finalizer_holds(stand: "Stand") -> None:
    """The old object has to go first. The rest goes on, and once it has gone, a sync makes the new one."""
    stand.commit(HELD)
    assert stand.sync().status == 0
    new = HELD.replace("blue", "red").replace(", finalizers: [example.org/hold]", "")
    stand.commit(new, OTHER_CONFIG)
    name = f"ConfigMap/{stand.namespace}/settings"
    stuck = stand.sync("--replace", name, "--timeout", "4s")
    assert stuck.status == 1, stuck.err
    assert "example.org/hold" in stuck.err
    assert stand.exists("configmaps", "others")
    stand.edit("configmaps", "settings", {"metadata": {"finalizers": None}})
    done = stand.sync()
    assert done.status == 0, done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}


def test_hooks_of_two_tools_among_waves(stand: "Stand") -> None:
    stand.commit(
        annotated(CONFIG, "argocd.argoproj.io/sync-wave: '-1'"),
        annotated(OTHER_CONFIG, "argocd.argoproj.io/sync-wave: '3'"),
        job("before", "helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '5'"),
        job("earlier", "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/sync-wave: '-5'"),
        job("among", "argocd.argoproj.io/hook: Sync, argocd.argoproj.io/sync-wave: '1'"),
        job("after", "helm.sh/hook: post-upgrade, helm.sh/hook-weight: '-9'"),
    )
    result = stand.sync()
    assert result.status == 0, result.err
    assert lines(result.out, "created") == ["earlier", "before", "settings", "among", "others", "after"]
    assert "0 created, 0 updated" in stand.sync().out


@pytest.mark.parametrize("owner", [owner for owner in FOREIGN if owner != "controller"])
def test_what_was_adopted_leaves_the_cluster_with_git(stand: "Stand", owner: str) -> None:
    metadata = {key: filled(value, stand) for key, value in FOREIGN[owner].items()}
    made_by(stand, MANAGERS[owner], metadata, shade="dark")
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync("--adopt", owner).status == 0
    stand.commit(OTHER_CONFIG)
    result = stand.sync("--allow-prune", "1")
    assert result.status == 0, result.err
    assert not stand.exists("configmaps", "settings")


OTHER_TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "kapp": ("kapp-controller", {"labels": {"kapp.k14s.io/app": "17"}}),
    "kluctl": ("kluctl-controller", {"labels": {"kluctl.io/discriminator": "shop"}}),
    "olm": ("olm", {"labels": {"olm.owner": "shop.v1", "olm.managed": "true"}}),
    "k3s": ("deploy@node-1", {"annotations": {"objectset.rio.cattle.io/id": ""}}),
    "werf": ("werf", {"annotations": {"meta.helm.sh/release-name": "shop"}}),
    "pulumi": ("pulumi-kubernetes-1a2b3c", {"annotations": {"pulumi.com/autonamed": "true"}}),
    "set": ("kro.run/applyset", {"labels": {"applyset.kubernetes.io/part-of": "applyset-of-kro-v1"}}),
    "operator": ("operator-controller", {"labels": {"olm.operatorframework.io/owner-name": "shop"}}),
}
"""Tools that call themselves differently from version to version, by the names of their objects."""


def test_adoption_takes_the_fields_of_a_tool_whatever_it_calls_itself(stand: "Stand") -> None:
    """Whoever has set the mark of the tool is the tool. A person's note on the object goes to nobody."""
    wanted = [CONFIG.replace("settings", name).replace("blue", "red") for name in OTHER_TOOLS]
    for name, (manager, metadata) in OTHER_TOOLS.items():
        made_by(stand, manager, metadata, name, shade="dark")
    stand.edit("configmaps", "olm", {"metadata": {"annotations": {"note": "mine"}}})
    stand.commit(*wanted, OTHER_CONFIG)
    refused = stand.sync()
    assert refused.status == 1
    assert refused.err.count("--adopt ConfigMap/") == len(OTHER_TOOLS)
    assert stand.get("configmaps", "olm")["data"] == {"colour": "blue", "shade": "dark"}
    adopt = [word for name in OTHER_TOOLS for word in ("--adopt", f"ConfigMap/{stand.namespace}/{name}")]
    done = stand.sync(*adopt)
    assert done.status == 0, done.err
    for name in OTHER_TOOLS:
        assert stand.get("configmaps", name)["data"] == {"colour": "red"}
    assert stand.get("configmaps", "olm")["metadata"]["annotations"] == {"note": "mine"}
    stand.commit(OTHER_CONFIG)
    assert stand.sync("--allow-prune", str(len(OTHER_TOOLS))).status == 0
    assert not any(stand.exists("configmaps", name) for name in OTHER_TOOLS)


def test_rollback_brings_back_what_was_pruned(stand: "Stand") -> None:
    good = stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(CONFIG)
    assert stand.sync("--allow-prune", "1").status == 0
    back = stand.rollback(good)
    assert back.status == 0, back.err
    assert stand.exists("configmaps", "others")
    stand.commit(CONFIG.replace("blue", "red"))
    onward = stand.sync("--allow-prune", "1")
    assert onward.status == 0, onward.err
    assert not stand.exists("configmaps", "others")
    told = stand.history().out
    assert told.count("1 pruned") == 2
    assert "rollback" in told


# --- odd objects


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": {"Ready": 1, "": None}},
        {"conditions": [None, 3, {"type": 7, "status": []}, {"type": None}]},
        {"phase": ["Ready"], "replicas": "many", "readyReplicas": -1, "observedGeneration": "one"},
    ],
    ids=["mapping", "nulls", "swapped"],
)
def test_status_of_wrong_types_is_judged_in_words(
    stand: "Stand", monkeypatch: pytest.MonkeyPatch, status: dict[str, Any]
) -> None:
    """Whatever a controller writes, the sync ends with a verdict, and it is none of Penstock's own bugs."""
    monkeypatch.setattr(wait, "PATIENCE", 2.0)
    group = f"{stand.namespace}.example.org"
    stand.commit(with_status(group), GADGET.replace("GROUP", group), CONFIG)

    def report() -> None:
        until(lambda: stand.exists("gadgets", "first", f"{group}/v1"))
        stand.edit("gadgets", "first/status", {"status": status}, f"{group}/v1", manager="controller")

    reporter = threading.Thread(target=report)
    reporter.start()
    result = stand.sync("--timeout", "8s")
    reporter.join()
    assert result.status in (0, 1), result.err
    assert stand.exists("configmaps", "settings")
    assert stand.status().status in (0, 1)


@pytest.mark.parametrize(
    "spec",
    [
        "updateStrategy: {type: OnDelete}",
        "updateStrategy: {rollingUpdate: {partition: 9}}",
        "replicas: 0\n  podManagementPolicy: Parallel",
    ],
    ids=["by hand", "partition", "none"],
)
def test_stateful_set_that_updates_no_pod(stand: "Stand", spec: str) -> None:
    """Its pods stay as they are, as it asks, so nothing is waited for."""
    manifest = f"{STATEFUL_SET}  {spec}\n"
    stand.commit(manifest)
    first = stand.sync("--timeout", "60s")
    assert first.status == 0, first.err
    stand.commit(manifest.replace("db:1", "db:2"))
    second = stand.sync("--timeout", "60s")
    assert second.status == 0, second.err
    assert "1 updated" in second.out


@pytest.mark.parametrize("limit", ["0s", "-5s", "99999h"])
def test_odd_time_limit_of_an_object(stand: "Stand", limit: str) -> None:
    """What is no time is no limit, and none reaches beyond that of the sync."""
    never = STATEFUL_SET.replace("spec: {containers", "spec: {nodeSelector: {nowhere: to-be-found}, containers")
    stand.commit(annotated(never, f"penstock.dev/timeout: '{limit}'"), CONFIG)
    result = stand.sync("--timeout", "3s")
    assert result.status == 1
    assert "PS617" in result.err
    assert stand.exists("configmaps", "settings")


@pytest.mark.parametrize("size", [1_048_000, 1_049_000, 3_200_000])
def test_object_that_may_be_too_large_holds_up_no_other(stand: "Stand", size: int) -> None:
    stand.commit(CONFIG.replace("{colour: blue}", f"{{colour: {'x' * size}}}"), OTHER_CONFIG)
    result = stand.sync("--timeout", "60s")
    assert result.status == (1 if size > 1_048_576 else 0), result.err[:2000]
    assert stand.exists("configmaps", "settings") is (size < 1_048_576)
    assert stand.exists("configmaps", "others")
    assert len(result.err) < 5000


@pytest.mark.parametrize("labels", [{}, {"team": "stranger"}, {"applyset.kubernetes.io/part-of": "applyset-x-v1"}])
def test_labels_that_somebody_has_changed_are_put_right(stand: "Stand", labels: dict[str, str]) -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    before = stand.get("configmaps", "settings")["metadata"]["labels"]
    stand.edit("configmaps", "settings", {"metadata": {"labels": {**dict.fromkeys(before), **labels}}})
    result = stand.sync()
    assert result.status in (0, 1), result.err
    if result.status:  # the label of another set is a claim of that set's, which takes a word
        assert "--adopt" in result.err
        assert stand.sync("--adopt", f"ConfigMap/{stand.namespace}/settings").status == 0
    after = stand.get("configmaps", "settings")["metadata"]["labels"]
    assert before.items() <= after.items()
