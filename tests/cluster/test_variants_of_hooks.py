"""Hooks in every phase, of many kinds: what they hold up, what they leave behind, and what does not run them again."""

from typing import TYPE_CHECKING

import pytest
from tests.cluster.conftest import until
from tests.cluster.test_cases import job
from tests.cluster.test_families import annotated
from tests.cluster.test_relatives import lines
from tests.cluster.test_sync import CONFIG, OTHER_CONFIG, SECRET, SERVICE, SHOP

from penstock.apply.client import Media

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

MERGE_PATCH = Media("application/merge-patch+json")
STUCK = ("      restartPolicy", "      nodeSelector: {nowhere: to-be-found}\n      restartPolicy")
FAILS = ("  template:", "  backoffLimit: 0\n  activeDeadlineSeconds: 1\n  template:")


def failing(name: str, annotations: str) -> str:
    """A Job that finds no node, and whose time is up after a second."""
    return job(name, annotations).replace(*STUCK).replace(*FAILS)


@pytest.mark.parametrize("phase", ["PreSync", "Sync", "PostSync"])
def test_hook_of_each_phase_that_fails_holds_up_just_what_comes_after(stand: "Stand", phase: str) -> None:
    stand.commit(*SHOP, failing("fails", f"argocd.argoproj.io/hook: {phase}"), OTHER_CONFIG)
    result = stand.sync("--timeout", "30s")
    assert result.status == 1
    assert "fails" in result.err
    assert stand.exists("configmaps", "settings") is (phase != "PreSync")
    late = job("late", "argocd.argoproj.io/hook: PostSync, argocd.argoproj.io/sync-wave: '9'")
    stand.commit(*SHOP, failing("fails", f"argocd.argoproj.io/hook: {phase}"), late)
    again = stand.sync("--timeout", "20s")
    assert again.status == 1
    assert not stand.exists("jobs", "late", "batch/v1")
    assert stand.exists("configmaps", "others") is (phase != "PreSync")  # nothing is pruned beside a failure
    stand.commit(*SHOP, job("fails", f"argocd.argoproj.io/hook: {phase}"), late)
    mended = stand.sync()
    assert mended.status == 0, mended.err
    assert stand.exists("jobs", "late", "batch/v1")
    assert not stand.exists("configmaps", "others")
    assert "0 created, 0 updated" in stand.sync().out


OF_ARGO, OF_HELM = "argocd.argoproj.io/hook: PreSync", "helm.sh/hook: 'pre-install,pre-upgrade'"


@pytest.mark.parametrize("hook", [
    OF_ARGO,
    f"{OF_ARGO}, argocd.argoproj.io/hook-delete-policy: HookFailed",
    f"{OF_ARGO}, argocd.argoproj.io/hook-delete-policy: 'BeforeHookCreation,HookSucceeded'",
    f"{OF_HELM}, helm.sh/hook-delete-policy: 'hook-succeeded, hook-failed'",
    f"{OF_HELM}, helm.sh/hook-delete-policy: before-hook-creation",
])  # fmt: skip
def test_hook_that_fails_is_run_again_by_the_next_sync(stand: "Stand", hook: str) -> None:
    """A migration may have failed because its database was away. Nobody has to delete its Job, or to change it."""
    stand.commit(CONFIG, failing("check", hook))
    first = stand.sync("--timeout", "30s")
    assert first.status == 1
    is_kept = "failed" not in hook.lower()
    assert stand.exists("jobs", "check", "batch/v1") is is_kept
    assert not stand.exists("configmaps", "settings")
    assert stand.status().status == 1
    second = stand.sync("--timeout", "30s")
    assert second.status == 1
    assert "check" in second.err
    assert lines(second.out, "created") == ["check"]
    assert ("it has failed, and runs again" in second.out) is is_kept
    assert not stand.exists("configmaps", "settings")  # a hook that has failed has not run


@pytest.mark.parametrize("phases", ["'PreSync,PostSync'", "'Sync, PostSync'", "'PreSync,SyncFail'"])
def test_hook_of_two_phases_runs_at_the_first_that_a_sync_has(stand: "Stand", phases: str) -> None:
    stand.commit(CONFIG, job("both", f"argocd.argoproj.io/hook: {phases}"))
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.exists("jobs", "both", "batch/v1")
    assert stand.status().status == 0


@pytest.mark.parametrize("hook", [
    "argocd.argoproj.io/hook: SyncFail",
    "argocd.argoproj.io/hook: PreDelete",
    "argocd.argoproj.io/hook: PostDelete",
    "helm.sh/hook: 'pre-rollback,post-rollback'",
    "helm.sh/hook: test-success",
    "helm.sh/hook: post-delete",
])  # fmt: skip
def test_hook_for_which_a_sync_has_no_moment_never_counts(stand: "Stand", hook: str) -> None:
    stand.commit(CONFIG, annotated(OTHER_CONFIG, hook))
    for _ in range(2):
        result = stand.sync()
        assert result.status == 0, result.err
        assert result.err.count("PS625") == 1
    assert not stand.exists("configmaps", "others")
    assert stand.status().status == 0
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    assert stand.exists("configmaps", "others")
    stand.commit(CONFIG, annotated(OTHER_CONFIG, hook))
    last = stand.sync()
    assert last.status in (0, 1), last.err
    assert "Traceback" not in last.err


def test_what_a_hook_before_all_others_needs_comes_before_it(stand: "Stand") -> None:
    """A migration reads a ConfigMap, a Secret and a service account that are no hooks themselves."""
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: migrator, namespace: NS}\n"
    uses = (
        job("migrate", "argocd.argoproj.io/hook: PreSync")
        .replace("restartPolicy: Never", "restartPolicy: Never\n      serviceAccountName: migrator")
        .replace("/m:1}", "/m:1, envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]}")
    )
    stand.commit(*SHOP, account, uses)
    result = stand.sync()
    assert result.status == 0, result.err
    made = lines(result.out, "created")
    assert made.index("migrate") > max(made.index(name) for name in ("settings", "login", "migrator"))
    assert made.index("migrate") < made.index("web")


def test_hooks_of_other_kinds_than_jobs(stand: "Stand") -> None:
    stand.commit(
        CONFIG,
        annotated(SECRET, "argocd.argoproj.io/hook: Sync"),
        annotated(OTHER_CONFIG, "argocd.argoproj.io/hook: PreSync"),
        annotated(SERVICE, "helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded"),
    )
    result = stand.sync("--timeout", "40s")
    assert result.status == 0, result.err
    assert not stand.exists("services", "web")
    again = stand.sync("--timeout", "40s")
    assert again.status == 0, again.err
    assert not lines(again.out, "created")
    assert not lines(again.out, "replaced")


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: migrate, namespace: NS}
spec: {restartPolicy: Never, containers: [{name: m, image: "m:1"}]}
"""


def come_to_its_end(stand: "Stand", name: str, uid: str = "") -> str:
    """Play the kubelet for a Pod that is another one than `uid`: it runs, and ends well. Return its uid."""

    def is_there() -> bool:
        found = stand.get("pods", name)
        return isinstance(found, dict) and found["metadata"]["uid"] != uid and found["status"]["phase"] == "Running"

    until(is_there)
    patch = {"status": {"phase": "Succeeded"}}
    answer = stand.cluster.admin.call("PATCH", f"{stand.path('pods', name)}/status", {}, patch, media=MERGE_PATCH)
    assert isinstance(answer, dict), answer
    return str(answer["metadata"]["uid"])


def test_pod_that_is_a_hook_runs_to_its_end_and_again_when_it_has_changed(stand: "Stand") -> None:
    """The API server takes another image of a Pod that has ended, which would never run."""
    pod = annotated(POD, "helm.sh/hook: 'pre-install,pre-upgrade'")
    stand.commit(CONFIG, pod)
    process = stand.start_sync()
    uid = come_to_its_end(stand, "migrate")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert lines(out, "created") == ["migrate", "settings"]
    assert "2 unchanged" in stand.sync().out
    stand.commit(CONFIG.replace("blue", "red"), pod.replace("m:1", "m:2"))
    process = stand.start_sync()
    come_to_its_end(stand, "migrate", uid)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "migrate: it has changed, and runs again" in out
    assert out.index("migrate") < out.index("updated   ConfigMap")
    assert "2 unchanged" in stand.sync().out


def test_waves_go_in_reverse_and_one_that_is_held_holds_the_earlier_ones(stand: "Stand") -> None:
    waves = {"a": "'1'", "b": "'2'", "c": "'-3'", "d": "'4', argocd.argoproj.io/sync-options: PruneLast=true"}
    made = [
        annotated(OTHER_CONFIG.replace("others", name), f"argocd.argoproj.io/sync-wave: {text}")
        for name, text in waves.items()
    ]
    stand.commit(CONFIG, *made)
    assert stand.sync().status == 0
    stand.edit("configmaps", "a", {"metadata": {"finalizers": ["example.org/held"]}})
    stand.commit(CONFIG)
    held = stand.sync("--allow-prune", "4", "--timeout", "5s")
    stand.edit("configmaps", "a", {"metadata": {"finalizers": None}})
    assert held.status == 1
    assert lines(held.out, "pruned") == ["b"]
    assert f"still in the cluster: ConfigMap/{stand.namespace}/a goes first by its wave, and is still there" in held.err
    rest = stand.sync("--allow-prune", "2")
    assert rest.status == 0, rest.err
    assert lines(rest.out, "pruned")[-2:] == ["c", "d"]


def test_sync_that_is_killed_after_a_hook_does_not_run_it_twice(stand: "Stand") -> None:
    hook = "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookSucceeded"
    stand.commit(job("once", hook), failing("fails", "argocd.argoproj.io/hook: PostSync"), CONFIG)
    first = stand.sync("--timeout", "30s")
    assert first.status == 1
    assert not stand.exists("jobs", "once", "batch/v1")
    again = stand.sync("--timeout", "30s")
    assert "once" not in lines(again.out, "created")
