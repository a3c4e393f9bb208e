"""How a real API server is reached: discovery, credentials, rights; and the whole way from sources to a cluster."""

import json
import socket
import sys
import threading
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.listener import Listener

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.kinds import Kinds, _one_by_one, collect, discover
from penstock.apply.kubeconfig import choose

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster, Stand

SOURCES = {
    "base/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
    "base/service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
""",
    "base/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: registry.example.org/shop}]}
""",
    "prod/kustomization.yaml": """\
namespace: NS
resources: [../base]
patches: [{path: deployment-patch.yaml}]
images: [{name: registry.example.org/shop, newTag: "1.4"}]
""",
    "prod/deployment-patch.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec: {replicas: 3}
""",
}

LOGIN = """\
import json, os, pathlib
calls = pathlib.Path(__file__).with_name("calls")
calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
token = "expired" if len(calls.read_text()) == 1 else "admintoken"
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": {"token": token}}))
"""


def client_as(cluster: "Cluster", user: dict[str, Any], folder: Path) -> Client:
    """A client of the test's cluster as another user."""
    content = json.loads(cluster.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["certificate-authority"] = str(cluster.kubeconfig.with_name("ca.crt"))
    content |= {
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "mine", "context": {"cluster": "test", "user": "me"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(content))
    return Client(choose({}, "/", str(path), "mine"), {"PATH": "/usr/bin:/bin"}, "tests")


def who(client: Client) -> Any:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = client.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, body)
    return answer.status if isinstance(answer, Failure) else answer["status"]["userInfo"]["username"]


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_plugin_is_run_again_when_its_token_is_rejected(cluster: "Cluster", tmp_path: Path, version: str) -> None:
    script = tmp_path / "login.py"
    script.write_text(LOGIN)
    api_version = f"client.authentication.k8s.io/{version}"
    spec = {"apiVersion": api_version, "command": sys.executable, "args": [str(script)], "interactiveMode": "Never"}
    with client_as(cluster, {"exec": spec}, tmp_path) as client:
        assert who(client) == "admin"
        assert who(client) == "admin"
    assert (tmp_path / "calls").read_text() == "xx"


def test_users_may_come_by_token_file_certificate_and_impersonation(cluster: "Cluster", tmp_path: Path) -> None:
    (tmp_path / "token").write_text("viewertoken")
    pem = {"client-certificate": "admin.crt", "client-key": "admin.key"}
    certificate = {key: str(cluster.kubeconfig.with_name(name)) for key, name in pem.items()}
    users: list[tuple[dict[str, Any], Any]] = [
        ({"tokenFile": "token"}, "viewer"),
        ({"token": "nobodytoken"}, "nobody"),
        ({"token": "wrong"}, 401),
        (certificate, "admin"),
        ({**certificate, "as": "somebody", "as-groups": ["a", "b"]}, "somebody"),
    ]
    for user, name in users:
        with client_as(cluster, user, tmp_path) as client:
            assert who(client) == name


def test_certificate_of_a_stranger_is_not_trusted(cluster: "Cluster", tmp_path: Path) -> None:
    content = json.loads(cluster.kubeconfig.read_text())
    content["clusters"][0]["cluster"].pop("certificate-authority")
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(content | {"users": [{"name": "admin", "user": {"token": "admintoken"}}]}))
    with Client(choose({}, "/", str(path)), {}, "tests") as client:
        answer = client.get("/api")
    assert isinstance(answer, Failure)
    assert "its certificate is of an authority that is not trusted" in str(answer)
    assert answer.retry == "abort"


def tunnel(asked: list[str], near: socket.socket) -> None:
    """Be a proxy that opens tunnels, and note for whom."""
    line = near.recv(65536).decode().splitlines()[0]
    asked.append(line)
    host, _, port = line.split()[1].rpartition(":")
    far = socket.create_connection((host, int(port)))
    near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for source, target in ((near, far), (far, near)):
        threading.Thread(target=pump, args=(source, target), daemon=True).start()


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(65536):
            target.sendall(data)


def test_a_proxy_leads_to_the_cluster(cluster: "Cluster", tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Listener(partial(tunnel, asked))) as listener:
        access = choose({}, "/", str(cluster.kubeconfig), "token")
        access = access._replace(proxy=f"http://127.0.0.1:{listener.port}")
        with Client(access, {}, "tests") as client:
            for _ in range(3):
                assert not isinstance(client.get("/api"), Failure)
        assert len(asked) == 1  # the connection is used again
        assert asked[0].startswith("CONNECT 127.0.0.1:")


def test_old_discovery_finds_what_the_new_one_finds(cluster: "Cluster") -> None:
    new = discover(cluster.admin)
    served = []
    for root in ("/api", "/apis"):
        answer = cluster.admin.get(root)
        assert not isinstance(answer, Failure)
        served += _one_by_one(cluster.admin, root, answer)[0]
    old: Kinds = collect(served)
    assert dict(old.exact) == dict(new.exact)
    assert dict(old.preferred) == dict(new.preferred)


def test_old_discovery_asks_only_for_the_groups_that_are_needed(cluster: "Cluster") -> None:
    answer = cluster.admin.get("/apis")
    assert not isinstance(answer, Failure)
    served, missing = _one_by_one(cluster.admin, "/apis", answer, lambda: {"apps", "not.there"})
    assert {kind.group for kind in served} == {"apps"}
    assert not missing


def test_insufficient_rights_are_said_object_by_object(stand: "Stand") -> None:
    """A user who may do everything with ConfigMaps and Leases of one namespace, and nothing else."""
    rules = [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "some"}, "rules": rules}
    subject = {"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": "some", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {**role, "kind": "RoleBinding", "subjects": [subject], "roleRef": reference}
    del binding["rules"]
    for resource, body in (("roles", role), ("rolebindings", binding)):
        path = stand.path(resource, group="rbac.authorization.k8s.io/v1")
        assert not isinstance(stand.cluster.admin.call("POST", path, {}, body), Failure)
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: NS}\ndata: {a: b}\n"
    stand.commit(config)
    assert stand.sync(context="viewer").status == 0
    stand.commit(config, "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: NS}\n")
    result = stand.sync(context="viewer")
    assert result.status == 1
    assert 'User "viewer" cannot get resource "secrets"' in result.err
    assert "PS619" in result.err  # Secrets that left the branch would not be found
    assert stand.objects()["Secret/login"]["sync"] == "Missing"
    assert stand.status(context="viewer").status == 1


def test_from_sources_to_a_healthy_cluster(stand: "Stand") -> None:
    """hydrate, sync and status on the layout of the articles: base, prod."""
    for path, text in SOURCES.items():
        source = stand.repository / path
        source.parent.mkdir(exist_ok=True)
        source.write_text(text.replace("NS", stand.namespace))
    stand.save_sources()
    hydrated = stand.penstock("hydrate", "--create")
    assert hydrated.status == 0, hydrated.err
    result = stand.sync()
    assert result.status == 0, result.err
    assert "2 created" in result.out
    assert stand.get("deployments", "shop", "apps/v1")["status"]["readyReplicas"] == 3
    status = stand.status()
    assert status.status == 0, status.out
    assert status.out.startswith("prod: Synced with rendered/prod at ")
