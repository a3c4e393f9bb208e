"""What can go wrong between an applier and a cluster, each on a real one. fixtures/faults.yaml has the whole list."""

import json
import signal
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.request import urlopen

import pytest
from tests.cluster.conftest import Spare, Stand, until, until_refused
from tests.cluster.test_operation import NEVER_READY, OTHER, SETTINGS
from tests.cluster.test_sync import CRD, GADGET, SECRET

from penstock.apply import wait
from penstock.apply.failure import Failure
from penstock.apply.inventory import parent_of
from penstock.apply.prune import Outcome, Pruning

if TYPE_CHECKING:
    from penstock.cluster import Change

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


def make(stand: Stand, path: str, body: dict[str, Any]) -> None:
    answer = stand.cluster.admin.call("POST", path, {}, body)
    assert not isinstance(answer, Failure), answer


def remove(stand: Stand, path: str) -> None:
    stand.cluster.admin.call("DELETE", path)


# --- the server and its storage


@pytest.fixture
def place(spare: Spare, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    stand = spare.stand(tmp_path, f"fault-{abs(hash(request.node.name)) % 10**8}")
    yield stand
    remove(stand, f"/api/v1/namespaces/{stand.namespace}")


@contextmanager
def frozen(spare: Spare, name: str) -> Iterator[None]:
    spare.processes.signal(name, signal.SIGSTOP)
    try:
        yield
    finally:
        spare.processes.signal(name, signal.SIGCONT)


def test_api_server_that_is_killed_is_waited_for(spare: Spare, place: Stand) -> None:
    """Once while the sync applies, and once while it waits, so that its watch breaks too."""
    place.commit(*(SETTINGS.replace("settings", f"settings-{number}") for number in range(150)), NEVER_READY)
    process = place.start_sync("--timeout", "60s")
    until(lambda: place.exists("configmaps", "settings-20"))
    spare.processes.restart("kube-apiserver")
    body = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    until(lambda: place.exists("pods", "slow"))
    spare.processes.restart("kube-apiserver")
    place.edit("pods", "slow/status", body)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert "rendered/prod is synced" in out


@pytest.mark.parametrize("fault", ["frozen", "killed"])
def test_storage_that_does_not_answer_ends_the_sync_in_time(spare: Spare, place: Stand, fault: str) -> None:
    place.commit(SETTINGS)
    assert place.sync().status == 0
    place.commit(SETTINGS.replace("blue", "red"))
    start = time.monotonic()
    with frozen(spare, "etcd"):
        result = place.sync("--timeout", "2s")
    assert time.monotonic() - start < 9.5
    assert result.status == 4
    if fault == "killed":
        spare.processes.restart("etcd")
    assert place.sync("--timeout", "60s").status == 0
    assert place.get("configmaps", "settings")["data"] == {"colour": "red"}


def test_storage_that_is_full_ends_the_sync(spare: Spare, place: Stand) -> None:
    """Nothing can be written until somebody has made room, so nothing is tried again and again."""
    place.commit(SETTINGS)
    assert place.sync().status == 0
    place.commit(SETTINGS.replace("blue", "red"))
    member = ask_storage(spare, "/v3/maintenance/status", {})["header"]["member_id"]
    ask_storage(spare, ALARM, {"action": "ACTIVATE", "memberID": member, "alarm": "NOSPACE"})
    result = place.sync("--timeout", "60s", "--lock-timeout", "5s")
    ask_storage(spare, ALARM, {"action": "DEACTIVATE", "memberID": member, "alarm": "NOSPACE"})
    assert result.status == 4
    assert "database space exceeded" in result.err
    assert place.sync("--timeout", "60s").status == 0
    assert place.get("configmaps", "settings")["data"] == {"colour": "red"}


ALARM = "/v3/maintenance/alarm"


def ask_storage(spare: Spare, path: str, body: dict[str, Any]) -> Any:
    with urlopen(f"{spare.processes.storage}{path}", json.dumps(body).encode(), timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interruption_does_not_wait_for_a_server_that_is_silent(
    spare: Spare, place: Stand, soon_abandoned: None, number: int, status: int
) -> None:
    """It takes seconds, and of the writes under way it is said that nobody knows what has become of them."""
    place.commit(*(SETTINGS.replace("settings", f"settings-{number}") for number in range(150)))
    process = place.start_sync("--timeout", "120s")
    until(lambda: place.exists("configmaps", "settings-20"))
    with frozen(spare, "kube-apiserver"):
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - start < 20
    assert process.returncode == status, err
    assert "so it is not known whether the cluster has done this: PATCH /api/v1/namespaces/" in err
    assert place.sync("--timeout", "60s").status == 0


# --- the lock


@pytest.mark.parametrize("when", ["2000-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
def test_clock_of_another_machine_decides_nothing(stand: Stand, when: str) -> None:
    """A lease of somebody whose clock is wrong by centuries is waited for as long as it says, and not longer."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{stand.namespace}/leases"
    spec = {"holderIdentity": "other", "leaseDurationSeconds": 1, "acquireTime": when, "renewTime": when}
    make(stand, path, {"metadata": {"name": "penstock-prod"}, "spec": spec})
    stand.commit(SETTINGS)
    start = time.monotonic()
    assert stand.sync().status == 0
    assert 1 <= time.monotonic() - start < 12


# --- objects that others delete


def test_object_that_was_deleted_comes_back(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    remove(stand, stand.path("configmaps", "settings"))
    result = stand.sync()
    assert result.status == 0
    assert "1 created, 0 updated, 1 unchanged" in result.out


def test_object_that_has_gone_before_it_is_pruned(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.commit(SETTINGS)
    real = Pruning._attempt

    def attempt(self: Pruning, change: "Change", patience: float) -> Outcome:
        remove(stand, stand.path("configmaps", "other"))
        return real(self, change, patience)

    monkeypatch.setattr(Pruning, "_attempt", attempt)
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.sync().status == 0


def test_namespace_that_is_being_deleted_is_waited_for(stand: Stand) -> None:
    name = f"{stand.namespace}-gone"
    manifests = (f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n", SETTINGS.replace("NS", name))
    stand.commit(*manifests)
    assert stand.sync().status == 0
    uid = stand.cluster.admin.get(f"/api/v1/namespaces/{name}")["metadata"]["uid"]  # type: ignore[index, call-overload]
    remove(stand, f"/api/v1/namespaces/{name}")
    result = stand.sync("--timeout", "60s")
    assert result.status == 0, result.err
    live = stand.cluster.admin.get(f"/api/v1/namespaces/{name}")
    assert isinstance(live, dict)
    assert live["metadata"]["uid"] != uid
    remove(stand, f"/api/v1/namespaces/{name}")


def test_plan_of_a_namespace_that_is_not_there_yet(stand: Stand) -> None:
    name = f"{stand.namespace}-new"
    stand.commit(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n", SETTINGS.replace("NS", name))
    result = stand.sync("--dry-run")
    assert "2 to create" in result.out
    assert not result.err


# --- what the server refuses


def test_policy_that_denies_is_no_reason_to_replace_or_to_forget(stand: Stand) -> None:
    """Its denial has the status of an invalid object. What it does not let go stays in the inventory."""
    name = f"deny-{stand.namespace}"
    selector = {"matchLabels": {"kubernetes.io/metadata.name": stand.namespace}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["UPDATE", "DELETE"]}
    expression = 'oldObject == null || !(oldObject.metadata.name in ["settings", "other"])'
    policy = {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selector},
            "validations": [{"expression": expression, "message": "nobody touches it"}],
        },
    }
    marked = SETTINGS.replace("namespace: NS}", "namespace: NS, annotations: {penstock.dev/replace: enabled}}")
    stand.commit(marked, OTHER)
    assert stand.sync().status == 0
    uid = stand.get("configmaps", "settings")["metadata"]["uid"]
    make(stand, POLICIES, policy)
    binding = {"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}}
    make(stand, f"{POLICIES.removesuffix('ies')}ybindings", binding)
    try:
        until(lambda: is_denied(stand))
        stand.commit(marked.replace("blue", "red"), OTHER)
        refused = stand.sync()
        assert refused.status == 1
        assert "nobody touches it" in refused.err
        assert stand.get("configmaps", "settings")["metadata"]["uid"] == uid
        stand.commit(marked)
        kept = stand.sync()
        assert kept.status == 1
        assert "PS618" in kept.err
        assert "nobody touches it" in kept.err
    finally:
        remove(stand, f"{POLICIES.removesuffix('ies')}ybindings/{name}")
        remove(stand, f"{POLICIES}/{name}")
    until(lambda: stand.sync().status == 0)
    assert not stand.exists("configmaps", "other")


def is_denied(stand: Stand) -> bool:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}, "data": {"a": "b"}}
    answer = stand.cluster.admin.apply(stand.path("configmaps", "other"), body, "probe", dry_run=True)
    return isinstance(answer, Failure)


class Denies(BaseHTTPRequestHandler):
    """A webhook that admits nothing, and counts what it is asked."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:  # the name that http.server asks for
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Denies.asked.append(review["request"]["name"])
        status = {"message": "no such colour", "code": 403}
        response = {"uid": review["request"]["uid"], "allowed": False, "status": status}
        data = json.dumps({**review, "request": None, "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def webhook_that_denies(stand: Stand) -> Iterator[None]:
    """With the certificate of the API server, which is for this address."""
    data = stand.cluster.kubeconfig.parent
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(data / "server.crt", data / "server.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Denies)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    authority = b64encode((data / "ca.crt").read_bytes()).decode()
    webhook = {
        "name": "denies.example.org",
        "clientConfig": {"url": f"https://127.0.0.1:{server.server_address[1]}/", "caBundle": authority},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "objectSelector": {"matchLabels": {"asks": stand.namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    path, name = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", f"denies-{stand.namespace}"
    make(stand, path, {"metadata": {"name": name}, "webhooks": [webhook]})
    try:
        until_refused(stand, "configmaps", {"asks": stand.namespace})
        yield
    finally:
        remove(stand, f"{path}/{name}")
        server.shutdown()
        server.server_close()


def test_webhook_that_denies_is_asked_once(stand: Stand) -> None:
    stand.commit(SETTINGS.replace("namespace: NS", f"namespace: NS, labels: {{asks: {stand.namespace}}}"), OTHER)
    with webhook_that_denies(stand):
        Denies.asked.clear()
        result = stand.sync("--timeout", "30s")
    assert result.status == 1
    assert "denied the request: no such colour" in result.err
    assert Denies.asked == ["settings"]
    assert stand.exists("configmaps", "other")


def test_quota_is_the_servers_no(stand: Stand) -> None:
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"count/secrets": "0"}}}
    make(stand, stand.path("resourcequotas"), quota)
    until(lambda: bool(stand.get("resourcequotas", "few").get("status", {}).get("hard")))
    stand.commit(SETTINGS, SECRET)
    result = stand.sync("--timeout", "3s")
    assert result.status == 1
    assert "exceeded quota" in result.err
    assert stand.exists("configmaps", "settings")


@pytest.mark.parametrize(("size", "says"), [(1_100_000, "PS613"), (3_300_000, "an API server takes")])
def test_object_that_is_too_large_is_one_finding(stand: Stand, size: int, says: str) -> None:
    stand.commit(SETTINGS, OTHER.replace("blue", "x" * size))
    result = stand.sync()
    assert result.status == 1
    assert says in result.err
    assert len(result.err) < 5000
    assert stand.exists("configmaps", "settings")


def test_large_definition_is_applied(stand: Stand) -> None:
    """One that is longer than an annotation may be."""
    group = f"{stand.namespace}.example.org"
    text = CRD.replace("GROUP", group).replace("{type: object, ", f"{{description: {'x' * 300_000}, type: object, ", 1)
    assert len(text) > 300_000
    stand.commit(text)
    result = stand.sync()
    assert result.status == 0, result.err[:2000]


def test_definition_whose_names_are_taken_fails_at_once(stand: Stand) -> None:
    first = CRD.replace("GROUP", f"{stand.namespace}.example.org")
    stand.commit(first)
    assert stand.sync().status == 0
    stand.commit(first, first.replace("gadgets", "gizmos").replace("singular: gadget", "singular: gizmo"))
    start = time.monotonic()
    result = stand.sync("--timeout", "60s")
    assert result.status == 1
    assert "Degraded" in result.err
    assert time.monotonic() - start < 20


def test_api_of_others_that_is_down_holds_up_nothing(stand: Stand) -> None:
    name = "v1.down.example.org"
    spec = {
        "group": "down.example.org",
        "version": "v1",
        "groupPriorityMinimum": 1000,
        "versionPriority": 10,
        "insecureSkipTLSVerify": True,
        "service": {"name": "nobody", "namespace": stand.namespace},
    }
    make(stand, SERVICES, {"metadata": {"name": name}, "spec": spec})
    try:
        stand.commit(SETTINGS, OTHER)
        assert stand.sync().status == 0
        stand.commit(SETTINGS)
        result = stand.sync()
        assert result.status == 0, result.err
        assert not stand.exists("configmaps", "other")
    finally:
        remove(stand, f"{SERVICES}/{name}")


def test_inventory_that_is_broken_is_said_and_left_alone(stand: Stand) -> None:
    stand.commit(SETTINGS, OTHER)
    assert stand.sync().status == 0
    stand.edit("configmaps", parent_of("prod", stand.namespace).name, {"data": {"members": "nonsense"}})
    stand.commit(SETTINGS)
    result = stand.sync()
    assert result.status == 4
    assert "has a broken list of members" in result.err
    assert stand.exists("configmaps", "other")


def test_version_that_a_definition_has_dropped_is_given_up(stand: Stand) -> None:
    """Entries of managedFields are of a version that the server no longer knows, ours and those of others. It answers
    500 to each apply until they are of another one.
    """
    group = f"{stand.namespace}.example.org"
    served = json.dumps({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    versions = [
        {"name": name, "served": True, "storage": name == "v2", "schema": {"openAPIV3Schema": json.loads(served)}}
        for name in ("v1", "v2")
    ]
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": versions,
        },
    }
    thing = f"apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: one, namespace: NS}}\nspec: {{a: b, gone: soon}}\n"
    stand.commit(json.dumps(body), thing)
    assert stand.sync().status == 0
    stand.edit("things", "one", {"spec": {"by": "hand"}}, f"{group}/v1")
    body["spec"]["versions"] = versions[1:]  # type: ignore[index]
    stand.commit(json.dumps(body), thing)
    assert stand.sync().status == 0
    until(lambda: not stand.exists("things", "one", f"{group}/v1"))  # the server has heard of the change
    renewed = thing.replace(f"{group}/v1", f"{group}/v2").replace("a: b, gone: soon", "a: c")
    stand.commit(json.dumps(body), renewed)
    planned = stand.sync("--dry-run")
    assert planned.status == 1
    assert "PS613" not in planned.err
    assert "spec.a" in planned.out
    assert "spec.gone" in planned.out
    assert stand.sync().status == 0
    assert stand.get("things", "one", f"{group}/v2")["spec"] == {"a": "c", "by": "hand"}
    again = stand.sync()
    assert (again.status, "2 unchanged" in again.out) == (0, True)


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: NS, annotations: {stays: here, goes: soon}}
spec:
  ingressClassName: inner
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""


def test_fields_leave_although_kubernetes_has_dropped_the_version_that_set_them(spare: Spare, tmp_path: Path) -> None:
    """An upgrade takes a version away, and the server passes over what was applied in it. The storage is edited to hold
    such an object, for the server itself cannot be made to.
    """
    stand = spare.stand(tmp_path, "dropped-version")
    stand.commit(INGRESS, SETTINGS)
    assert stand.sync("--no-wait").status == 0
    respell(spare, f"/registry/ingress/{stand.namespace}/web", b"networking.k8s.io/v1", b"networking.k8s.io/v0")
    stand.commit(INGRESS.replace(", goes: soon", "").replace("  ingressClassName: inner\n", ""), SETTINGS)
    planned = stand.sync("--dry-run")
    assert "metadata.annotations.goes" in planned.out
    assert "spec.ingressClassName" in planned.out
    result = stand.sync("--no-wait")
    assert result.status == 0, result.err
    live = stand.get("ingresses", "web", "networking.k8s.io/v1")
    assert live["metadata"]["annotations"] == {"stays": "here"}
    assert set(live["spec"]) == {"defaultBackend"}
    assert "0 updated, 2 unchanged" in stand.sync("--no-wait").out


def respell(spare: Spare, key: str, old: bytes, new: bytes) -> None:
    """Replace some bytes of a stored object by as many others, but not where they come first: in its own version."""

    def ask(path: str, **fields: bytes) -> Any:
        body = json.dumps({name: b64encode(value).decode() for name, value in fields.items()})
        with urlopen(f"{spare.processes.storage}/v3/kv/{path}", body.encode()) as answer:
            return json.load(answer)

    value = b64decode(ask("range", key=key.encode())["kvs"][0]["value"])
    start = value.index(old) + len(old)
    ask("put", key=key.encode(), value=value[:start] + value[start:].replace(old, new))


def with_status(group: str) -> str:
    """The definition of a kind whose controller may report anything."""
    loose = CRD.replace("{type: object, p", "{type: object, x-kubernetes-preserve-unknown-fields: true, p")
    return loose.replace("GROUP", group).replace("storage: true", "storage: true\n    subresources: {status: {}}")


def test_what_is_not_clear_is_waited_for(stand: Stand) -> None:
    """A controller that first writes a condition with a name of its own has not said yet whether the object is well."""
    group = f"{stand.namespace}.example.org"
    stand.commit(with_status(group), GADGET.replace("GROUP", group))

    def report() -> None:
        until(lambda: stand.exists("gadgets", "first", f"{group}/v1"))
        frobbed = {"type": "Frobbed", "status": "True"}
        for conditions in ([frobbed], [frobbed, {"type": "Ready", "status": "True"}]):
            body = {"status": {"conditions": conditions}}
            stand.edit("gadgets", "first/status", body, f"{group}/v1", manager="controller")
            time.sleep(1.0)

    reporter = threading.Thread(target=report)
    reporter.start()
    result = stand.sync("--timeout", "60s")
    reporter.join()
    assert result.status == 0, result.err


def test_custom_resource_is_given_time_to_report(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right after it was made it has no status, which is no sign that it is well."""
    monkeypatch.setattr(wait, "GRACE", 60.0)
    monkeypatch.setattr(wait, "PATIENCE", 0.5)
    group = f"{stand.namespace}.example.org"
    stand.commit(with_status(group), GADGET.replace("GROUP", group))

    def report() -> None:
        body = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed"}]}}
        until(lambda: stand.exists("gadgets", "first", f"{group}/v1"))
        time.sleep(0.3)  # in which nothing must be called well
        stand.edit("gadgets", "first/status", body, f"{group}/v1", manager="controller")

    reporter = threading.Thread(target=report)
    reporter.start()
    result = stand.sync("--timeout", "60s")
    reporter.join()
    assert result.status == 1
    assert "is Degraded: BuildFailed" in result.err
