"""What docs/sync.md says of ownership, drift and pruning, where no other test holds the sentence."""

from typing import TYPE_CHECKING

import pytest
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, OTHER_CONFIG, SECRET, SERVICE, SHOP

from penstock.apply.inventory import PART_OF

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

KEEPS = (
    "penstock.dev/prune: disabled",
    "helm.sh/resource-policy: keep",
    "kustomize.toolkit.fluxcd.io/prune: disabled",
    "argocd.argoproj.io/sync-options: Prune=false",
)
RESTARTED = "kubectl.kubernetes.io/restartedAt"


@pytest.mark.parametrize("mark", KEEPS)
def test_object_with_one_of_these_annotations_stays_when_it_leaves_the_branch(stand: "Stand", mark: str) -> None:
    kept = CONFIG.replace("namespace: NS}", f"namespace: NS, annotations: {{{mark}}}}}")
    stand.commit(kept, OTHER_CONFIG, SERVICE)
    assert stand.sync().status == 0
    stand.commit(OTHER_CONFIG, SERVICE)
    for _ in range(2):
        result = stand.sync()
        assert result.status == 0, result.err
        assert "0 pruned" in result.out
    assert stand.exists("configmaps", "settings")


def test_to_release_an_object_its_label_is_removed(stand: "Stand") -> None:
    stand.commit(CONFIG, OTHER_CONFIG, SERVICE)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"metadata": {"labels": {PART_OF: None}}})
    stand.commit(OTHER_CONFIG, SERVICE)
    for _ in range(2):
        result = stand.sync()
        assert result.status == 0, result.err
        assert "0 pruned" in result.out
    assert stand.exists("configmaps", "settings")


def test_additions_are_removed_where_the_configuration_says_so_but_not_a_restart(stand: "Stand") -> None:
    """Labels, annotations, and what `kubectl rollout restart` leaves, stay."""
    stand.write("penstock.yaml", "environments:\n  prod:\n    additions: remove\n")
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    restarted = stand.kubectl("rollout", "restart", "deployment/web")
    assert restarted.status == 0, restarted.err
    stand.edit("configmaps", "settings", {"metadata": {"labels": {"team": "a"}}, "data": {"added": "by hand"}})
    result = stand.sync()
    assert result.status == 0, result.err
    live = stand.get("configmaps", "settings")
    assert "added" not in live["data"]
    assert live["metadata"]["labels"]["team"] == "a"
    template = stand.get("deployments", "web", "apps/v1")["spec"]["template"]
    assert RESTARTED in template["metadata"]["annotations"]


def test_what_a_person_has_changed_is_reverted_with_a_line_that_says_so(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"spec": {"replicas": 5}}, "apps/v1", manager="k9s")
    status = stand.status()
    assert status.status == 1
    assert "spec.replicas: 5 → 2" in status.out
    result = stand.sync()
    assert result.status == 0, result.err
    assert "k9s" in result.out
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 2


def test_field_of_somebody_else_that_was_never_on_the_branch_keeps_its_value(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"spec": {"revisionHistoryLimit": 3}}, "apps/v1")
    assert stand.status().status == 0
    assert "0 created, 0 updated" in stand.sync().out
    assert stand.get("deployments", "web", "apps/v1")["spec"]["revisionHistoryLimit"] == 3


@pytest.mark.parametrize(
    "way", [("apply", "--server-side"), ("apply",), ("create", "--save-config"), ("create",)], ids=" ".join
)
def test_object_that_was_made_by_hand_is_taken_over_as_a_whole(stand: "Stand", way: tuple[str, ...]) -> None:
    """What is not on the branch goes, now and later, and so does the annotation of kubectl."""
    made = CONFIG.replace("{colour: blue}", "{colour: blue, old: gone}")
    done = stand.kubectl(*way, "-f", "-", text=made)
    assert done.status == 0, done.err
    stand.commit(CONFIG, SECRET, DEPLOYMENT)
    preview = stand.sync("--dry-run")
    assert "old" in preview.out
    result = stand.sync()
    assert result.status == 0, result.err
    live = stand.get("configmaps", "settings")
    assert live["data"] == {"colour": "blue"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in live["metadata"].get("annotations", {})


def test_word_of_adopt_that_means_nothing_is_said(stand: "Stand") -> None:
    marks = "{name: settings, namespace: NS, labels: {argocd.argoproj.io/instance: shop}}"
    body = CONFIG.replace("{name: settings, namespace: NS}", marks.replace("NS", stand.namespace))
    assert stand.kubectl("apply", "--field-manager", "argocd-controller", "-f", "-", text=body).status == 0
    stand.commit(CONFIG, OTHER_CONFIG)
    vague = stand.sync("--adopt", "argo")
    assert vague.status == 1
    assert "PS669 --adopt argo names no tool" in vague.err
    assert 'did you mean "argocd"?' in vague.err
    good = ("argocd", "argocd:shop", f"ConfigMap/{stand.namespace}/settings", "ConfigMap", "helm:other/release")
    for word in good:
        assert "PS669" not in stand.sync("--dry-run", "--adopt", word).err
    assert stand.sync("--adopt", "argocd").status == 0
    assert "PS669" not in stand.sync("--adopt", "argocd").err
    assert "PS669" in stand.sync("--adopt", "Deployment.apps").err
