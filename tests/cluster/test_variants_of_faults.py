"""Webhooks, conversions, aggregated APIs and servers that are down, in other places of a sync than the first cases."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.conftest import Spare, Stand, until, until_said
from tests.cluster.test_cases import job
from tests.cluster.test_hostile_users import do
from tests.cluster.test_sync import CONFIG, CRD, GADGET, OTHER_CONFIG, SECRET, SERVICE, SHOP

from penstock.apply import wait
from penstock.apply.failure import Failure

HOOKS = "/apis/admissionregistration.k8s.io/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"

# --- webhooks

WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: {kind}WebhookConfiguration
metadata: {{name: NS}}
webhooks:
- name: own.example.org
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: {policy}
  timeoutSeconds: 2
  clientConfig: {{service: {{name: web, namespace: NS}}}}
  namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: NS}}}}
  rules: [{{apiGroups: {groups}, apiVersions: ["*"], operations: {operations}, resources: {resources}}}]
"""


def own_webhook(
    kind: str = "Validating",
    policy: str = "Fail",
    resources: str = "[secrets]",
    group: str = "",
    operations: str = "['*']",
) -> str:
    """A webhook that the Service `web` of the same branch is to answer. Nobody ever does."""
    return WEBHOOK.format(kind=kind, policy=policy, groups=f"['{group}']", resources=resources, operations=operations)


@pytest.fixture
def webhooks(stand: Stand) -> Iterator[Stand]:
    yield stand
    for kind in ("validating", "mutating"):
        stand.cluster.admin.call("DELETE", f"{HOOKS}/{kind}webhookconfigurations/{stand.namespace}")


@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
def test_webhook_of_the_branch_that_is_down_may_be_ignored(webhooks: Stand, kind: str) -> None:
    webhooks.commit(*SHOP, own_webhook(kind, "Ignore"))
    first = webhooks.sync("--timeout", "60s")
    assert first.status == 0, first.err
    webhooks.commit(*SHOP[:2], SECRET.replace("correct", "wrong"), CONFIG, own_webhook(kind, "Ignore"))
    second = webhooks.sync("--timeout", "60s")
    assert second.status == 0, second.err


@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
def test_webhook_of_the_branch_that_is_down_is_mended_by_the_branch(webhooks: Stand, kind: str) -> None:
    """It lets no Secret pass. The next commit ignores its failure, and is applied as a whole."""
    webhooks.commit(*SHOP, own_webhook(kind))
    assert webhooks.sync("--timeout", "60s").status in (0, 1)
    changed = SECRET.replace("correct", "wrong")
    webhooks.commit(*SHOP[:2], changed, CONFIG.replace("blue", "red"), own_webhook(kind))
    time.sleep(1.5)  # until it has come into force
    held = webhooks.sync("--timeout", "7s")
    assert held.status == 1
    assert "own.example.org" in held.err
    assert "horse" not in held.err
    assert webhooks.get("configmaps", "settings")["data"] == {"colour": "red"}
    webhooks.commit(*SHOP[:2], changed, CONFIG, own_webhook(kind, "Ignore"))
    mended = webhooks.sync("--timeout", "60s")
    again = webhooks.sync("--timeout", "60s")
    assert (mended.status, again.status) in ((0, 0), (1, 0)), mended.err + again.err


@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
def test_webhook_of_the_branch_comes_after_what_answers_it(webhooks: Stand, kind: str) -> None:
    """The Deployment behind a webhook for all Deployments: were the webhook there first, nobody could make it."""
    webhooks.commit(own_webhook(kind, resources="[deployments]", group="apps"), *SHOP)
    result = webhooks.sync("--timeout", "40s")
    assert result.status == 0, result.err
    made = [line.split("/")[-1] for line in result.out.splitlines() if line.startswith("created ")]
    assert len(made) == 5


@pytest.mark.parametrize("resource", ["configmaps", "secrets"])
def test_webhook_for_deletions_that_is_down_keeps_just_its_kind(webhooks: Stand, resource: str) -> None:
    gone = {"configmaps": OTHER_CONFIG, "secrets": SECRET.replace("login", "others")}[resource]
    other = {"configmaps": SECRET.replace("login", "more"), "secrets": CONFIG.replace("settings", "more")}[resource]
    webhooks.commit(*SHOP, gone, other)
    assert webhooks.sync().status == 0
    hook = own_webhook(resources=f"[{resource}]", operations="[DELETE]")
    webhooks.kubectl("apply", "--filename", "-", text=hook)
    time.sleep(1.5)
    webhooks.commit(*SHOP)
    result = webhooks.sync("--timeout", "7s")
    assert result.status == 1
    assert "own.example.org" in result.err
    assert webhooks.exists(resource, "others")
    assert not webhooks.exists("secrets" if resource == "configmaps" else "configmaps", "more")
    webhooks.cluster.admin.call("DELETE", f"{HOOKS}/validatingwebhookconfigurations/{webhooks.namespace}")
    time.sleep(1.5)
    again = webhooks.sync()
    assert again.status == 0, again.err
    assert not webhooks.exists(resource, "others")


# --- conversions

GROUP = "NS.example.org"
DEAD: Any = {
    "strategy": "Webhook",
    "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://127.0.0.1:1/"}},
}
CONVERTED = f"\n  conversion: {json.dumps(DEAD)}\n  versions:"
SECOND = """
  - name: v2
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@pytest.fixture
def definition(stand: Stand) -> Iterator[Stand]:
    yield stand
    for plural in ("gadgets", "gizmos"):
        stand.cluster.admin.call("DELETE", f"{CRDS}/{plural}.{stand.namespace}.example.org")


def broken(text: str) -> str:
    """The definition with a second version, and a conversion that nobody answers."""
    return text.replace("GROUP", GROUP).replace("\n  versions:", CONVERTED).rstrip() + SECOND


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_conversion_that_never_worked_is_mended_by_the_branch(definition: Stand, version: str) -> None:
    gadget = GADGET.replace("GROUP/v1", f"{GROUP}/{version}")
    definition.commit(CONFIG, broken(CRD), gadget)
    first = definition.sync("--timeout", "10s")
    assert first.status in (0, 1), first.err
    assert definition.exists("configmaps", "settings")
    assert definition.status("--timeout", "6s").status in (0, 1)
    whole = broken(CRD).replace(CONVERTED, "\n  versions:")
    definition.commit(CONFIG.replace("blue", "red"), whole, gadget)
    mended = definition.sync("--timeout", "60s")
    assert mended.status == 0, mended.err
    assert definition.get("configmaps", "settings")["data"] == {"colour": "red"}


def test_conversion_that_dies_while_the_sync_waits(definition: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object can no longer be read. The sync ends with a verdict about it, in time, and the next one completes."""
    monkeypatch.setattr(wait, "GRACE", 60.0)
    whole = broken(CRD).replace(CONVERTED, "\n  versions:").rstrip() + "\n    subresources: {status: {}}\n"
    gadget = GADGET.replace("GROUP/v1", f"{GROUP}/v2")
    definition.commit(CONFIG, whole, gadget)
    path = f"{CRDS}/gadgets.{definition.namespace}.example.org"

    def kill() -> None:
        until(lambda: definition.exists("gadgets", "first", f"{definition.namespace}.example.org/v2"))
        do(definition.cluster.admin, "PATCH", path, {"spec": {"conversion": DEAD}})

    killer = threading.Thread(target=kill)
    killer.start()
    start = time.monotonic()
    result = definition.sync("--timeout", "15s")
    killer.join()
    assert time.monotonic() - start < 60
    assert result.status == 1, result.err
    assert "Gadget" in result.err
    assert definition.exists("configmaps", "settings")
    monkeypatch.undo()
    do(definition.cluster.admin, "PATCH", path, {"spec": {"conversion": {"strategy": "None", "webhook": None}}})
    until(lambda: definition.exists("gadgets", "first", f"{definition.namespace}.example.org/v2"))
    mended = definition.sync("--timeout", "60s")
    assert mended.status == 0, mended.err


def test_object_of_a_kind_that_cannot_be_converted_is_not_forgotten(definition: Stand) -> None:
    """It leaves the branch while nobody can read it; once somebody can, it is pruned."""
    whole = broken(CRD).replace(CONVERTED, "\n  versions:")
    old = GADGET.replace("GROUP", GROUP)
    definition.commit(CONFIG, OTHER_CONFIG, whole, old)
    assert definition.sync().status == 0
    asked = definition.path("gadgets", group=f"{definition.namespace}.example.org/v2")
    definition.commit(CONFIG, OTHER_CONFIG, broken(CRD), old)
    definition.sync("--timeout", "5s")
    until(lambda: isinstance(definition.cluster.admin.get(asked), Failure))
    definition.commit(CONFIG, OTHER_CONFIG, broken(CRD))
    definition.sync("--timeout", "5s")
    definition.commit(CONFIG, OTHER_CONFIG, whole)
    for _ in range(2):
        last = definition.sync("--timeout", "30s")
    assert last.status == 0, last.err
    assert not definition.exists("gadgets", "first", f"{definition.namespace}.example.org/v1")


# --- aggregated APIs

SERVED = """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.NS.example.org}
spec:
  group: NS.example.org
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 10
  insecureSkipTLSVerify: true
  service: {name: web, namespace: NS}
"""


@pytest.fixture
def aggregated(stand: Stand) -> Iterator[Stand]:
    yield stand
    stand.cluster.admin.call("DELETE", f"{SERVICES}/v1.{stand.namespace}.example.org")


def test_aggregated_api_of_the_branch_that_is_down_is_told(aggregated: Stand) -> None:
    aggregated.commit(*SHOP, SERVED)
    result = aggregated.sync("--timeout", "6s")
    assert result.status == 1
    assert "APIService" in result.err
    assert aggregated.exists("deployments", "web", "apps/v1")
    aggregated.commit(*SHOP)
    again = aggregated.sync("--timeout", "40s")
    assert again.status == 0, again.err
    assert "1 pruned" in again.out


def test_objects_of_an_aggregated_api_that_is_down_hold_up_themselves_only(aggregated: Stand) -> None:
    gadget = GADGET.replace("GROUP", GROUP)
    aggregated.commit(*SHOP, SERVED, gadget)
    first = aggregated.sync("--timeout", "6s")
    assert first.status == 1
    assert "first" in first.err
    aggregated.commit(*SHOP[:3], CONFIG.replace("blue", "red"), SERVED, gadget)
    second = aggregated.sync("--timeout", "6s")
    assert second.status == 1
    assert aggregated.get("configmaps", "settings")["data"] == {"colour": "red"}
    aggregated.commit(*SHOP)
    last = aggregated.sync("--timeout", "40s")
    assert last.status == 0, last.err


# --- servers that restart


@pytest.fixture
def place(spare: Spare, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    stand = spare.stand(tmp_path, f"fault-{abs(hash(request.node.name)) % 10**8}")
    yield stand
    stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{stand.namespace}")


def many(count: int, colour: str) -> list[str]:
    return [CONFIG.replace("settings", f"n{number}").replace("blue", colour) for number in range(count)]


@pytest.mark.parametrize("name", ["kube-apiserver", "etcd"])
@pytest.mark.parametrize("moment", ["updated ", "pruned ", "created "])
def test_part_of_the_cluster_that_restarts_ends_no_sync(spare: Spare, place: Stand, name: str, moment: str) -> None:
    place.commit(*many(120, "blue"), SERVICE)
    if moment != "created ":
        assert place.sync().status == 0
        rest = many(60, "red") if moment == "pruned " else many(120, "red")
        place.commit(*rest, SERVICE)
    process = place.start_sync("--timeout", "90s", "--allow-prune", "60")
    until_said(process, moment)
    spare.processes.restart(name)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    last = place.sync()
    assert last.status == 0, last.err
    assert "0 created, 0 updated" in last.out
    assert "0 pruned" in last.out


def test_api_server_that_restarts_while_a_hook_runs(spare: Spare, place: Stand) -> None:
    hooks = [job(f"at-{name.lower()}", f"argocd.argoproj.io/hook: {name}") for name in ("PreSync", "PostSync")]
    place.commit(*SHOP, *hooks)
    process = place.start_sync("--timeout", "90s")
    until_said(process, "created ")
    spare.processes.restart("kube-apiserver")
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert "0 created, 0 updated" in place.sync().out
