"""Relatives of what users have reported of syncs: the same cause in another kind, another tool, another order."""

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until_refused
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, JOB, OTHER_CONFIG, SECRET, SERVICE, SHOP

from penstock.apply.client import Media
from penstock.apply.failure import Failure
from penstock.apply.inventory import PART_OF, parent_of

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
JSON_PATCH = Media("application/json-patch+json")
NAMED = SERVICE.replace("[{port: 80}]", "[{name: http, port: 80}]")


def annotated(manifest: str, annotations: str) -> str:
    return manifest.replace("namespace: NS}", f"namespace: NS, annotations: {{{annotations}}}}}", 1)


def patch(stand: "Stand", path: str, manager: str, *steps: tuple[str, str, Any]) -> None:
    body = [{"op": op, "path": at, "value": value} for op, at, value in steps]
    answer = stand.cluster.admin.call("PATCH", path, {"fieldManager": manager}, body, media=JSON_PATCH)
    assert not isinstance(answer, Failure), answer


# --- what people change by hand


@pytest.mark.parametrize(("manifest", "resource", "group", "at", "value"), [
    (SERVICE, "services", "", "/spec/ports/0/port", 8080),
    (NAMED, "services", "", "/spec/ports/0/port", 8080),
    (NAMED, "services", "", "/spec/ports/0/protocol", "UDP"),
    (DEPLOYMENT, "deployments", "apps/v1", "/spec/template/spec/containers/0/ports/0/containerPort", 8080),
    (DEPLOYMENT, "deployments", "apps/v1", "/spec/template/spec/containers/0/name", "other"),
])  # fmt: skip
def test_an_element_known_by_what_was_changed_is_put_right(
    stand: "Stand", manifest: str, resource: str, group: str, at: str, value: Any
) -> None:
    stand.commit(*SHOP[2:], manifest)
    assert stand.sync().status == 0
    before = stand.get(resource, "web", group)["spec"]
    patch(stand, stand.path(resource, "web", group), "kubectl-edit", ("replace", at, value))
    assert "OutOfSync" in stand.status().out
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.get(resource, "web", group)["spec"] == before
    assert "unchanged, 0 pruned" in stand.sync().out


def test_what_was_added_by_hand_stays_until_the_configuration_removes_it(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    before = stand.get("deployments", "web", "apps/v1")["spec"]
    path = stand.path("deployments", "web", "apps/v1")
    miner = {"name": "miner", "image": "miner:1", "securityContext": {"privileged": True}}
    pod = "/spec/template/spec"
    patch(
        stand, path, "kubectl-patch", ("add", f"{pod}/containers/-", miner), ("add", f"{pod}/hostPID", True),
        ("add", "/spec/template/metadata/annotations", {"kubectl.kubernetes.io/restartedAt": "now"}),
    )  # fmt: skip
    stand.edit("configmaps", "settings", {"data": {"more": "by hand"}})
    assert stand.sync().status == 0
    assert stand.get("configmaps", "settings")["data"]["more"] == "by hand"
    (stand.repository / "penstock.yaml").write_text("environments: {prod: {additions: remove}}\n")
    preview = stand.sync("--dry-run")
    assert "name: miner" in preview.out
    assert "data.more" in preview.out
    assert stand.status().status == 1
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue"}
    after = stand.get("deployments", "web", "apps/v1")["spec"]
    assert after["template"]["metadata"].pop("annotations") == {"kubectl.kubernetes.io/restartedAt": "now"}
    assert after == before
    assert "unchanged, 0 pruned" in stand.sync().out


# --- who owns an object


def test_object_that_an_unknown_tool_applies_is_not_taken_in_silence(stand: "Stand") -> None:
    path = stand.path("configmaps", "settings")
    body: Any = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": "blue"}}
    stand.cluster.admin.apply(path, body, "some-operator")
    stand.commit(CONFIG)
    result = stand.sync()
    assert result.status == 1
    assert "belongs to the field manager some-operator" in result.err
    assert stand.sync("--adopt", "some-operator").status == 0
    managers = {entry["manager"] for entry in stand.get("configmaps", "settings")["metadata"]["managedFields"]}
    assert managers == {"penstock"}


def test_object_that_an_operator_made_anew_in_our_place_is_not_taken_in_silence(stand: "Stand") -> None:
    """It writes without server-side apply, and what it sets is what the branch says."""
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.cluster.admin.call("DELETE", stand.path("configmaps", "settings"))
    body: Any = {"metadata": {"name": "settings"}, "data": {"colour": "blue"}}
    made = stand.cluster.admin.call("POST", stand.path("configmaps"), {"fieldManager": "some-operator"}, body)
    assert not isinstance(made, Failure), made
    result = stand.sync()
    assert result.status == 1
    assert "PS621 ConfigMap/" in result.err
    assert "belongs to the field manager some-operator" in result.err
    stand.commit(OTHER_CONFIG)
    assert stand.sync().status == 0
    assert stand.exists("configmaps", "settings")


@pytest.mark.parametrize("client", ["curl", "OpenAPI-Generator", "kube-controller-manager"])
def test_object_of_a_script_or_of_kubernetes_itself_is_taken_over(stand: "Stand", client: str) -> None:
    body: Any = {"metadata": {"name": "settings"}, "data": {"colour": "blue"}}
    stand.cluster.admin.call("POST", stand.path("configmaps"), {"fieldManager": client}, body)
    stand.commit(CONFIG)
    assert stand.sync().status == 0


def test_secret_that_an_operator_made_with_our_label_is_left_alone(stand: "Stand") -> None:
    stand.commit(*SHOP)
    assert stand.sync().status == 0
    labels = {PART_OF: parent_of("prod", stand.namespace).id}
    body: Any = {"metadata": {"name": "tls", "labels": labels}, "stringData": {"a": "b"}}
    stand.cluster.admin.call("POST", stand.path("secrets"), {"fieldManager": "cert-manager"}, body)
    result = stand.sync()
    assert result.status == 0, result.err
    assert "PS622 Secret/" in result.err
    assert stand.exists("secrets", "tls")


@pytest.mark.parametrize("mark", [
    "annotations: {penstock.dev/apply: if-not-present}",
    "annotations: {kustomize.toolkit.fluxcd.io/ssa: ifnotpresent}",
    "labels: {kustomize.toolkit.fluxcd.io/reconcile: Disabled}",
])  # fmt: skip
def test_what_asks_to_be_left_alone_may_belong_to_somebody_else(stand: "Stand", mark: str) -> None:
    labels = {"applyset.kubernetes.io/part-of": "applyset-another-v1"}
    body: Any = {"metadata": {"name": "settings", "labels": labels}, "data": {"colour": "green"}}
    stand.cluster.admin.call("POST", stand.path("configmaps"), {}, body)
    stand.commit(CONFIG.replace("namespace: NS}", f"namespace: NS, {mark}}}"), OTHER_CONFIG)
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.status().status == 0
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}


# --- certificates that are injected


def test_bundle_that_nobody_has_announced_is_left_to_whoever_injects_it(stand: "Stand") -> None:
    name = f"guard-{stand.namespace}"
    service: Any = {"name": "guard", "namespace": stand.namespace}
    webhook: Any = {
        "name": "guard.example.org",
        "clientConfig": {"service": service, "caBundle": "Cg=="},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [{"apiGroups": ["none"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"]}],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    manifest = json.dumps({**kind, "metadata": {"name": name}, "webhooks": [webhook]})
    stand.commit(CONFIG, OTHER_CONFIG, manifest)
    assert stand.sync().status == 0
    certificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="
    at = "/webhooks/0/clientConfig/caBundle"
    patch(stand, f"{HOOKS}/{name}", "kube-webhook-certgen", ("replace", at, certificate))
    stand.commit(CONFIG, manifest.replace("guard.example.org", "guard.example.com"))
    stand.commit(CONFIG, manifest)
    result = stand.sync()
    assert result.status == 0, result.err
    assert not stand.exists("configmaps", "others")
    live = stand.cluster.admin.get(f"{HOOKS}/{name}")
    assert isinstance(live, dict)
    assert live["webhooks"][0]["clientConfig"]["caBundle"] == certificate
    assert stand.status().status == 0
    stand.cluster.admin.call("DELETE", f"{HOOKS}/{name}")


@pytest.mark.parametrize(("mark", "key"), [
    ('annotations: {service.beta.openshift.io/inject-cabundle: "true"}', "service-ca.crt"),
    ('labels: {config.openshift.io/inject-trusted-cabundle: "true"}', "ca-bundle.crt"),
])  # fmt: skip
def test_certificates_in_a_config_map_are_left_to_whoever_writes_them(stand: "Stand", mark: str, key: str) -> None:
    wanted = CONFIG.replace("namespace: NS}", f"namespace: NS, {mark}}}").replace("colour: blue", f'{key}: ""')
    stand.commit(wanted)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"data": {key: "a certificate"}}, manager="an-operator")
    assert stand.sync().status == 0
    assert stand.get("configmaps", "settings")["data"] == {key: "a certificate"}
    assert stand.status().status == 0


# --- hooks and Jobs


def test_hooks_without_a_moment_are_no_reason_for_a_bad_status(stand: "Stand") -> None:
    stand.commit(CONFIG, *[annotated(JOB.replace("migrate", name), f"helm.sh/hook: {name}") for name in ("test", "no")])
    assert stand.sync().status == 0
    status = stand.status()
    assert status.status == 0, status.out
    assert status.out.count("is left out") == 2


def test_hook_that_fails_is_told_and_goes_as_its_policy_says(stand: "Stand") -> None:
    policy = "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookFailed"
    fails = annotated(JOB, policy).replace("spec:\n", "spec:\n  activeDeadlineSeconds: 1\n", 1)
    fails = fails.replace("      restartPolicy", "      nodeSelector: {nowhere: to-be-found}\n      restartPolicy")
    stand.commit(*SHOP, fails)
    result = stand.sync("--timeout", "30s")
    assert result.status == 1
    assert "DeadlineExceeded" in result.err
    assert not stand.exists("deployments", "web", "apps/v1")
    assert not stand.exists("jobs", "migrate", "batch/v1")


@pytest.mark.parametrize("mark", [
    "annotations: {kustomize.toolkit.fluxcd.io/force: Enabled}",
    "labels: {kustomize.toolkit.fluxcd.io/force: enabled}",
    'annotations: {argocd.argoproj.io/sync-options: "Force=true, Replace=true"}',
])  # fmt: skip
def test_job_that_asks_for_it_is_made_anew(stand: "Stand", mark: str) -> None:
    wanted = JOB.replace("namespace: NS}", f"namespace: NS, {mark}}}")
    stand.commit(wanted)
    assert stand.sync().status == 0
    stand.commit(wanted.replace("migrate:1", "migrate:2"))
    result = stand.sync()
    assert result.status == 0, result.err
    assert "replaced  Job.batch/" in result.out


def test_secret_of_another_type_is_replaced_when_told(stand: "Stand") -> None:
    stand.commit(SECRET)
    assert stand.sync().status == 0
    stand.commit(SECRET + "type: example.org/login\n")
    refused = stand.sync()
    assert refused.status == 1
    assert f"--replace Secret/{stand.namespace}/login" in refused.err
    assert "correct-horse" not in refused.err + refused.out
    assert stand.sync("--replace", f"Secret/{stand.namespace}/login").status == 0


# --- webhooks


def dead(stand: "Stand", url: str, **rule: list[str]) -> dict[str, Any]:
    """A webhook about objects of the test's namespace at an address where nobody answers, and one about
    service accounts, by which to see that it is in force.
    """
    everything = {key: ["*"] for key in ("apiGroups", "apiVersions", "operations")} | {"resources": ["*/*"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": stand.namespace}}
    webhook = {
        "name": "dead.example.org",
        "rules": [{**everything, **rule}],
        "namespaceSelector": selector,
        "clientConfig": {"url": url},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 30,
    }
    known = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["serviceaccounts"], "operations": ["CREATE"]}
    nobody = {"url": "https://127.0.0.1:1/"}
    probe = {**webhook, "name": "probe.example.org", "rules": [known], "clientConfig": nobody}
    webhook["objectSelector"] = {"matchExpressions": [{"key": "probe", "operator": "DoesNotExist"}]}
    return {"metadata": {"name": f"dead-{stand.namespace}"}, "webhooks": [webhook, probe]}


@pytest.mark.parametrize(("rule", "status"), [
    ({}, 4),
    ({"resources": ["leases"]}, 4),
    ({"resources": ["configmaps"], "operations": ["CREATE", "UPDATE"]}, 4),
    ({"resources": ["configmaps"], "operations": ["DELETE"]}, 1),
    ({"resources": ["deployments"]}, 1),
])  # fmt: skip
@pytest.mark.parametrize("silent", [False, True], ids=["refused", "silent"])
def test_webhook_that_is_down_costs_no_more_than_the_timeout(
    stand: "Stand", rule: dict[str, list[str]], status: int, silent: bool
) -> None:
    """Where even the lease or the inventory cannot be written, the run ends with 4."""
    listener = socket.create_server(("127.0.0.1", 0))  # it takes connections, and says nothing
    port = listener.getsockname()[1] if silent else 1
    stand.commit(*SHOP, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(*SHOP[1:3], CONFIG.replace("blue", "red"), DEPLOYMENT.replace("replicas: 2", "replicas: 3"))
    stand.cluster.admin.call("POST", HOOKS, {}, dead(stand, f"https://127.0.0.1:{port}/", **rule))
    try:
        until_refused(stand, "serviceaccounts", {"probe": "yes"})
        start = time.monotonic()
        result = stand.sync("--timeout", "3s")
        assert time.monotonic() - start < 8
        assert result.status == status, result.err
        if not silent:
            assert "dead.example.org" in result.err
    finally:
        stand.cluster.admin.call("DELETE", f"{HOOKS}/dead-{stand.namespace}")
        listener.close()


# --- rights


def rights(stand: "Stand", *rules: tuple[str, str, str]) -> None:
    """Allow the user `viewer` what is named: group, resources, verbs."""
    group = "/apis/rbac.authorization.k8s.io/v1"
    each: list[dict[str, Any]] = [
        {"apiGroups": [of], "resources": resources.split(), "verbs": verbs.split()} for of, resources, verbs in rules
    ]
    own = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}
    role: Any = {"metadata": {"name": "deployer"}, "rules": [*each, own]}
    stand.cluster.admin.call("POST", f"{group}/namespaces/{stand.namespace}/roles", {}, role)
    binding: Any = {
        "metadata": {"name": "deployer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
        "subjects": [{"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    stand.cluster.admin.call("POST", f"{group}/namespaces/{stand.namespace}/rolebindings", {}, binding)


def test_deployer_that_may_not_list_prunes_what_the_inventory_names(stand: "Stand") -> None:
    rights(stand, ("", "configmaps services", "get create patch delete"))
    stand.commit(CONFIG, OTHER_CONFIG, SERVICE)
    first = stand.sync(context="viewer")
    assert first.status == 1  # nobody knows what is there before the first inventory
    stand.commit(CONFIG, SERVICE)
    second = stand.sync(context="viewer")
    assert second.status == 0, second.err
    assert not stand.exists("configmaps", "others")
    assert stand.status(context="viewer").status == 0
