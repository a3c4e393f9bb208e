"""How an environment is run: windows of time, rollback and history, parts of a sync, and the cluster it belongs to."""

import json
import threading
from pathlib import Path

import pytest
from tests.cluster.conftest import Stand, until

from penstock.cli import newer

SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: NS}
data: {colour: blue}
"""
OTHER = SETTINGS.replace("settings", "other")
WORDS = SETTINGS.replace("settings", "words")

NEVER_READY = """
apiVersion: v1
kind: Pod
metadata: {name: slow, namespace: NS}
spec: {nodeName: nowhere, terminationGracePeriodSeconds: 0, containers: [{name: slow, image: slow}]}
"""

UNKNOWN = """
apiVersion: nowhere.example.org/v1
kind: Thing
metadata: {name: some, namespace: NS}
"""

ALWAYS = """
environments:
  prod:
    windows:
    - {kind: deny, schedule: "* * * * *", duration: 2h, reason: the shop is full}
"""


def configure(stand: Stand, text: str) -> None:
    Path(stand.repository, "penstock.yaml").write_text(text)


def test_nothing_is_synced_in_a_window_that_forbids_it(stand: Stand) -> None:
    configure(stand, ALWAYS)
    stand.commit(SETTINGS)
    done = stand.sync()
    assert done.status == 1
    assert "PS660" in done.err
    assert "the shop is full" in done.err
    assert not stand.exists("configmaps", "settings")


def test_status_names_what_people_have_committed_by_hand(stand: Stand) -> None:
    stand.write("overlays/prod/kustomization.yaml", "resources: [settings.yaml]\n")
    stand.write("overlays/prod/settings.yaml", SETTINGS)
    stand.save_sources()
    assert stand.penstock("hydrate", "--create").status == 0
    assert stand.sync().status == 0
    assert "PS644" not in stand.status().err
    stand.commit_by_hand("overlays/prod/evil.yaml", WORDS)
    said = stand.status()
    assert said.status == 1  # the object is not in the cluster
    assert "overlays/prod/evil.yaml: warning PS644" in said.err
    assert "PS644" in stand.sync().err
    assert stand.sync("--accept-edits").status == 0
    said = stand.status()
    assert said.status == 0
    assert "warning PS644" in said.err


def test_a_window_for_several_environments(stand: Stand) -> None:
    window = '{kind: deny, schedule: "* * * * *", duration: 2h, reason: the year ends, environments: [NAME]}'
    stand.commit(SETTINGS)
    configure(stand, f"windows:\n- {window.replace('NAME', 'staging-*')}\n- {window.replace('NAME', 'pro*')}\n")
    done = stand.sync()
    assert done.status == 1
    assert "the year ends" in done.err
    configure(stand, f"windows:\n- {window.replace('NAME', 'staging-*')}\n")
    assert stand.sync().status == 0
    configure(stand, f"windows:\n- {window.replace('2h', 'soon')}\n")
    wrong = stand.sync()
    assert wrong.status == 2
    assert "penstock.yaml:2:3: 'soon' is not a duration" in wrong.err


def test_a_window_that_leaves_it_to_people(stand: Stand) -> None:
    configure(stand, ALWAYS.replace("2h,", "2h, manualSync: true,"))
    stand.commit(SETTINGS)
    assert stand.sync().status == 1
    assert stand.sync("--manual").status == 0


def test_a_window_that_allows_it_at_another_time_only(stand: Stand) -> None:
    configure(stand, ALWAYS.replace("deny", "allow").replace("* * * * *", "0 0 29 2 *").replace("2h", "1m"))
    stand.commit(SETTINGS)
    done = stand.sync()
    assert done.status == 1
    assert "the next one opens at 2028-02-29 00:00 UTC" in done.err


def test_a_rollback_holds_until_the_branch_has_a_newer_commit(stand: Stand) -> None:
    good = stand.commit(SETTINGS)
    assert stand.sync().status == 0
    bad = stand.commit(SETTINGS.replace("blue", "red"), OTHER)
    assert stand.sync().status == 0
    back = stand.rollback(good[:10])
    assert back.status == 0, back.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert not stand.exists("configmaps", "other")
    refused = stand.sync()
    assert refused.status == 1
    assert "PS661" in refused.err
    assert bad[:12] in refused.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    stand.commit(SETTINGS.replace("blue", "green"))
    assert stand.sync().status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}
    assert stand.sync().status == 0


def test_what_was_rolled_back_can_be_synced_when_that_is_said(stand: Stand) -> None:
    good = stand.commit(SETTINGS)
    stand.commit(SETTINGS.replace("blue", "red"))
    assert stand.sync().status == 0
    assert stand.rollback(good).status == 0
    assert stand.sync("--unpin").status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert stand.sync().status == 0


def test_only_an_older_commit_of_the_branch_is_rolled_back_to(stand: Stand) -> None:
    stand.commit(SETTINGS)
    head = stand.commit(OTHER)
    assert "is the newest commit" in stand.rollback(head).err
    other = stand.commit(WORDS, branch="rendered/dev", orphan=True)
    assert "is no commit of rendered/prod" in stand.rollback(other).err
    assert "is no commit of rendered/prod" in stand.rollback("nowhere").err


def test_the_history_says_who_synced_what(stand: Stand) -> None:
    first = stand.commit(SETTINGS)
    assert stand.sync().status == 0
    second = stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    assert stand.sync().status == 0
    found = json.loads(stand.history("--format", "json").out)
    assert [sync["revision"] for sync in found["syncs"]] == [second, first]
    assert found["syncs"][0]["did"] == "1 created, 0 updated, 1 unchanged, 0 pruned"
    assert stand.history().out.splitlines()[0].split()[1] == second[:12]


def test_a_part_of_a_sync_prunes_nothing_and_leaves_the_rest(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS.replace("blue", "red"), WORDS)
    done = stand.sync("--only", f"ConfigMap/{stand.namespace}/settings")
    assert done.status == 0, done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert stand.exists("configmaps", "other")
    assert not stand.exists("configmaps", "words")
    assert stand.sync().status == 0
    assert stand.exists("configmaps", "words")
    assert not stand.exists("configmaps", "other")


def test_a_target_prunes_what_it_had_and_no_more(stand: Stand) -> None:
    third = SETTINGS.replace("settings", "third")
    stand.commit_targets({"web": [SETTINGS, OTHER], "words": [WORDS, third]})
    assert stand.sync().status == 0
    stand.commit_targets({"web": [SETTINGS, OTHER, third], "words": [WORDS]})
    moved = stand.sync("--target", "words")
    assert moved.status == 0, moved.err
    assert stand.exists("configmaps", "third")  # it has only moved
    red = SETTINGS.replace("blue", "red")
    stand.commit_targets({"web": [red], "words": [WORDS, NEVER_READY]})
    stand.commit_targets({"web": [red], "words": [NEVER_READY]})
    done = stand.sync("--target", "web/")
    assert done.status == 0, done.err
    assert "2 pruned" in done.out
    assert "the chosen part of rendered/prod is synced" in done.out
    there = [name for name in ("settings", "other", "third", "words") if stand.exists("configmaps", name)]
    assert there == ["settings", "words"]
    stand.commit_targets({"words": [NEVER_READY]})
    gone = stand.sync("--target", "web", "--allow-prune", f"ConfigMap/{stand.namespace}/settings")
    assert gone.status == 0, gone.err
    assert not stand.exists("configmaps", "settings")
    assert "PS662" in stand.sync("--target", "wbe").err


def test_a_folder_of_a_branch_is_synced_by_itself(stand: Stand) -> None:
    """Another environment's commit on the same branch changes nothing here."""
    where = ("--branch", "deploy:prod")
    stand.commit_targets({"web": [SETTINGS, OTHER], "words": [WORDS]}, branch="deploy", folder="prod/")
    first = stand.sync(*where)
    assert first.status == 0, first.err
    stand.commit_targets({"web": [SETTINGS]}, branch="deploy", folder="dev/", environment="dev")
    assert "has no file .penstock in prod" in stand.sync(*where).err
    stand.commit_targets({"web": [SETTINGS], "words": [WORDS]}, branch="deploy", folder="prod/")
    done = stand.sync(*where, "--target", "web")
    assert done.status == 0, done.err
    assert "1 pruned" in done.out
    assert not stand.exists("configmaps", "other")
    assert stand.status(*where).status == 0
    assert stand.status(*where).out.startswith("prod: Synced with deploy at ")


def test_a_target_is_synced_and_shown_by_its_name(stand: Stand) -> None:
    """The sources say which folder of the branch the name or the directory means."""
    for app in ("web", "cart"):
        stand.write(f"apps/{app}/base/kustomization.yaml", "namePrefix: x-\n")
        for each in ("dev", "prod"):
            stand.write(f"apps/{app}/{each}/kustomization.yaml", "resources: [../base]\n")
    stand.commit_targets({"apps/web/prod": [SETTINGS, OTHER], "apps/cart/prod": [WORDS]})
    done = stand.penstock("sync", "prod/web", *stand.where("admin"))
    assert done.status == 0, done.err
    assert "the chosen part of rendered/prod is synced" in done.out
    assert [name for name in ("settings", "other", "words") if stand.exists("configmaps", name)] == [
        "settings",
        "other",
    ]
    shown = stand.penstock("status", "apps/web/prod", *stand.where("admin"))
    assert shown.status == 0, shown.err
    assert shown.out.startswith("prod/web: Synced with rendered/prod at ")
    assert "words" not in shown.out
    assert stand.penstock("status", "prod/cart", *stand.where("admin")).out.startswith("prod/cart: OutOfSync")
    assert stand.status("--target", "apps/web/prod").status == 0
    stand.commit_targets({"apps/web/prod": [SETTINGS], "apps/cart/prod": [WORDS]})
    left = stand.penstock("status", "prod/web", *stand.where("admin"))
    assert left.status == 1
    assert "Extra      Healthy      ConfigMap/NS/other".replace("NS", stand.namespace) in left.out
    assert stand.penstock("sync", "prod/web", "apps/cart/prod", *stand.where("admin")).status == 0
    assert [name for name in ("settings", "other", "words") if stand.exists("configmaps", name)] == [
        "settings",
        "words",
    ]


def test_a_target_is_not_held_up_by_another_one(stand: Stand) -> None:
    """Neither by an object of somebody else, nor by one that does not get ready."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "words", "annotations": {"meta.helm.sh/release-name": "shop"}},
    }
    stand.cluster.admin.call("POST", stand.path("configmaps"), {"fieldManager": "helm"}, body)
    stand.commit_targets({"web": [SETTINGS, OTHER], "words": [WORDS, NEVER_READY]})
    assert stand.sync("--timeout", "1s").status == 1
    stand.commit_targets({"web": [SETTINGS], "words": [WORDS, NEVER_READY]})
    done = stand.sync("--target", "web")
    assert done.status == 0, done.err
    assert not stand.exists("configmaps", "other")


def test_a_target_that_is_well_prunes_beside_one_that_is_not(stand: Stand) -> None:
    """But for what the other one has had, or still needs."""
    third, fourth = SETTINGS.replace("settings", "third"), SETTINGS.replace("settings", "fourth")
    user = NEVER_READY.replace("image: slow}", "image: slow, envFrom: [{configMapRef: {name: third}}]}")
    stand.commit_targets({"web": [SETTINGS, OTHER, third], "words": [WORDS, fourth]})
    assert stand.sync().status == 0
    stand.commit_targets({"web": [SETTINGS, OTHER, third, fourth], "words": [WORDS, user]})
    stand.commit_targets({"web": [SETTINGS], "words": [WORDS, user]})
    done = stand.sync("--timeout", "8s", "--allow-prune", "3")
    assert done.status == 1
    assert f"pruned    ConfigMap/{stand.namespace}/other" in done.out
    kept = "first its target, or else all of the branch, must be applied and healthy"
    assert f"kept      ConfigMap/{stand.namespace}/third: {kept}" in done.out
    assert f"kept      ConfigMap/{stand.namespace}/fourth: {kept}" in done.out
    stand.commit_targets({"web": [SETTINGS], "words": [WORDS]})
    done = stand.sync("--allow-prune", "3")
    assert done.status == 0, done.err
    assert "3 pruned" in done.out


def test_nothing_is_pruned_beside_an_object_that_the_cluster_cannot_have(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS, UNKNOWN)
    for options in ((), ("--target", "app"), ("--only", "Thing.nowhere.example.org")):
        done = stand.sync(*options)
        assert done.status == 1
        assert "PS611" in done.err
        assert stand.exists("configmaps", "other")
    assert stand.history().out.split()[2] == "failed"


def test_a_part_that_is_not_there(stand: Stand) -> None:
    stand.commit(SETTINGS)
    done = stand.sync("--only", "Service/web")
    assert done.status == 1
    assert "PS662" in done.err
    assert not stand.exists("configmaps", "settings")


def test_a_sync_that_does_not_wait(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS, NEVER_READY)
    done = stand.sync("--no-wait")
    assert done.status == 0, done.err
    assert "nobody has waited for its health" in done.out
    assert stand.exists("pods", "slow")
    assert stand.exists("configmaps", "other")


@pytest.mark.parametrize("mark", ["penstock.dev/wait: disabled", "argocd.argoproj.io/ignore-healthcheck: 'true'"])
def test_an_object_that_nobody_waits_for(stand: Stand, mark: str) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    unawaited = NEVER_READY.replace("namespace: NS}", f"namespace: NS, annotations: {{{mark}}}}}")
    stand.commit(SETTINGS, unawaited)
    done = stand.sync("--timeout", "20s")
    assert done.status == 0, done.err
    assert "PS664" in done.err
    assert "healthy, but for what nobody waits for" in done.out
    assert not stand.exists("configmaps", "other")
    assert stand.status().status == 1


def test_an_object_that_is_waited_for_no_longer_than_it_says(stand: Stand) -> None:
    limited = NEVER_READY.replace("namespace: NS}", "namespace: NS, annotations: {penstock.dev/timeout: LIMIT}}")
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS, limited.replace("LIMIT", "1s"))
    done = stand.sync("--timeout", "10m")
    assert done.status == 1
    assert "is still Progressing after 1 s: " in done.err
    assert "its annotation penstock.dev/timeout says" in done.err
    assert stand.exists("configmaps", "other")
    stand.commit(SETTINGS, limited.replace("LIMIT", "ten minutes"))
    odd = stand.sync("--timeout", "1s")
    assert "PS666" in odd.err
    assert "ten minutes, which is no duration" in odd.err


def test_a_newer_commit_ends_the_waiting(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the older one is applied, nothing is pruned, and nothing is called healthy that is not."""
    monkeypatch.setattr(newer, "EVERY", 0.1)
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS.replace("blue", "red"), NEVER_READY)
    revisions: list[str] = []

    def go_on() -> None:
        until(lambda: stand.exists("pods", "slow"))
        revisions.append(stand.commit(SETTINGS, OTHER))

    writer = threading.Thread(target=go_on)
    writer.start()
    done = stand.sync("--timeout", "10m")
    writer.join()
    assert done.status == 1
    assert "PS665" in done.err
    assert f"rendered/prod has a newer commit, {revisions[0][:12]}" in done.err
    assert "slow is still Progressing: " in done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}
    assert stand.exists("configmaps", "other")


def test_a_deletion_that_is_acknowledged_in_git(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER, WORDS)
    assert stand.sync().status == 0
    stand.commit(SETTINGS)
    assert stand.sync().status == 1
    configure(stand, "environments: {prod: {allowPrune: ['2']}}\n")
    assert stand.sync().status == 0
    assert not stand.exists("configmaps", "other")


def test_events_for_programs(stand: Stand) -> None:
    stand.commit(SETTINGS)
    events = [json.loads(line) for line in stand.sync("--format", "json").out.splitlines()]
    assert [event["event"] for event in events] == ["began", "created", "counted", "ended"]
    assert events[1]["object"] == f"ConfigMap/{stand.namespace}/settings"
    assert events[-1]["status"] == "synced"
    stand.commit(SETTINGS.replace("blue", "red"))
    events = [json.loads(line) for line in stand.sync("--format", "json", "--dry-run").out.splitlines()]
    planned = next(event for event in events if event["event"] == "planned")
    assert planned["action"] == "update"
    assert planned["fields"] == ["~ data.colour: blue → red"]


def test_an_environment_belongs_to_one_cluster(stand: Stand) -> None:
    stand.commit(SETTINGS)
    configure(stand, "environments: {prod: {cluster: {server: 'https://prod.example.com:6443'}}}")
    done = stand.sync()
    assert done.status == 2
    assert "penstock.yaml says that prod is on https://prod.example.com:6443" in done.err
    configure(stand, f"environments: {{prod: {{cluster: {{caDigest: '{'0' * 64}'}}}}}}")
    done = stand.sync()
    assert done.status == 2
    assert "is another one: " in done.err
    digest = done.err.strip().rpartition(" ")[2]
    configure(stand, f"environments: {{prod: {{cluster: {{caDigest: '{digest}'}}}}}}")
    assert stand.sync().status == 0


def test_the_branch_of_the_configuration_is_synced(stand: Stand) -> None:
    configure(stand, "environments: {prod: {branch: deploy/production}}")
    stand.commit(SETTINGS, branch="deploy/production")
    assert stand.sync().status == 0
    assert stand.exists("configmaps", "settings")


JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: NS}
spec:
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "migrate:1"}]
"""
HOOK = JOB.replace("  ttlSecondsAfterFinished: 3600\n", "").replace(
    "namespace: NS}",
    "namespace: NS, annotations: {argocd.argoproj.io/hook: PostSync, "
    "argocd.argoproj.io/hook-delete-policy: HookSucceeded}}",
)


def test_a_job_with_a_time_to_live_runs_once_for_each_content(stand: Stand) -> None:
    stand.commit(SETTINGS, JOB)
    assert stand.sync().status == 0
    path = stand.path("jobs", "migrate", "batch/v1")
    stand.cluster.admin.call("DELETE", path, {"propagationPolicy": "Foreground"})
    until(lambda: not stand.exists("jobs", "migrate", "batch/v1"))
    again = stand.sync()
    assert again.status == 0, again.err
    assert "0 created, 0 updated, 1 unchanged" in again.out
    assert stand.status().status == 0
    assert stand.objects()["Job/migrate"]["details"] == ["has run, and is gone"]
    stand.commit(SETTINGS, JOB.replace("migrate:1", "migrate:2"))
    assert "1 created" in stand.sync().out


def test_what_leaves_string_data_leaves_the_cluster(stand: Stand) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: NS}\nstringData: {user: me, word: x}\n"
    stand.commit(secret)
    assert stand.sync().status == 0
    assert "0 created, 0 updated, 1 unchanged" in stand.sync().out
    stand.commit(secret.replace(", word: x", ""))
    assert stand.sync().status == 0
    assert stand.get("secrets", "login")["data"] == {"user": "bWU="}


def test_a_hook_goes_when_its_policy_says_so(stand: Stand) -> None:
    stand.commit(SETTINGS, HOOK)
    done = stand.sync()
    assert done.status == 0, done.err
    assert "as its delete policy says" in done.out
    assert not stand.exists("jobs", "migrate", "batch/v1")
    assert "0 created" in stand.sync().out
    stand.commit(SETTINGS, OTHER, HOOK)
    assert stand.sync().status == 0
    assert not stand.exists("jobs", "migrate", "batch/v1")


SCALED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NS}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "shop:1"}]}
"""
LEFT = """
environments:
  prod:
    ignore:
    - {kind: Deployment, name: w*, fields: [/spec/replicas], reason: scaled by an operator}
    - {kind: ConfigMap, managers: [operator], reason: the operator keeps it}
"""


def test_fields_that_the_configuration_leaves_to_others(stand: Stand) -> None:
    configure(stand, LEFT)
    stand.commit(SETTINGS, SCALED)
    assert stand.sync().status == 0
    stand.edit("deployments", "web", {"spec": {"replicas": 3}}, "apps/v1", manager="operator")
    stand.edit("configmaps", "settings", {"data": {"colour": "red"}}, manager="operator")
    assert "prod: Synced with" in stand.status().out  # its third pod may be on its way
    stand.commit(SETTINGS, SCALED.replace("shop:1", "shop:2"))
    done = stand.sync()
    assert done.status == 0, done.err
    live = stand.get("deployments", "web", "apps/v1")["spec"]
    assert (live["replicas"], live["template"]["spec"]["containers"][0]["image"]) == (3, "shop:2")
    assert stand.get("configmaps", "settings")["data"] == {"colour": "red"}


def annotated(text: str, annotation: str) -> str:
    return text.replace("namespace: NS}", f"namespace: NS, annotations: {{{annotation}}}}}")


def test_objects_that_ask_to_be_left_alone(stand: Stand) -> None:
    once = annotated(SETTINGS, "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent")
    never = annotated(OTHER, "penstock.dev/apply: never")
    stand.commit(once, never, annotated(SCALED, "penstock.dev/ignore: /spec/replicas"))
    assert stand.sync().status == 0
    assert not stand.exists("configmaps", "other")
    stand.commit(once.replace("blue", "red"), never, annotated(SCALED, "penstock.dev/ignore: /spec/replicas"))
    stand.edit("deployments", "web", {"spec": {"replicas": 2}}, "apps/v1", manager="operator")
    assert stand.sync().status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    assert stand.get("deployments", "web", "apps/v1")["spec"]["replicas"] == 2
    assert "IfNotPresent says" in stand.objects()["ConfigMap/settings"]["details"][0]
    stand.commit(annotated(SCALED, "penstock.dev/ignore: /spec/replicas"))
    gone = stand.sync("--allow-prune", "1")
    assert gone.status == 0, gone.err
    assert not stand.exists("configmaps", "settings")


def test_what_the_configuration_takes_over(stand: Stand) -> None:
    configure(stand, "environments: {prod: {adopt: [helm]}}")
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "annotations": {"meta.helm.sh/release-name": "shop"}},
    }
    stand.cluster.admin.call("POST", stand.path("configmaps"), {"fieldManager": "helm"}, body)
    stand.commit(SETTINGS)
    done = stand.sync()
    assert done.status == 0, done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
