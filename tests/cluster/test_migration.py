"""From each of these tools to `penstock sync`: in the end the cluster holds what a fresh apply of the commits leaves.

A first state is brought by the real tool, or as it writes; then sync takes over, and a second commit drops fields and
an object. Nothing of the first state may stay behind.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.conftest import Stand

HELM = os.environ.get("HELM") or shutil.which("helm") or str(Path.home() / ".cache" / "penstock-peers" / "bin" / "helm")

FIRST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {team: shop}, annotations: {note: old}}
data: {colour: blue, size: large}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}, {name: admin, port: 81}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "shop:1", env: [{name: A, value: a}, {name: B, value: b}], args: [serve, fast]}
      - {name: side, image: "side:1"}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
data: {user: c2hvcA==}
stringData: {password: old}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: old}
data: {a: b}
"""
SECOND = (
    FIRST.replace(", labels: {team: shop}, annotations: {note: old}", "")
    .replace(", size: large", "")
    .replace(", {name: admin, port: 81}", "")
    .replace(", {name: B, value: b}], args: [serve, fast]", "]")
    .replace('      - {name: side, image: "side:1"}\n', "")
    .replace("  replicas: 2\n", "")
    .replace("stringData: {password: old}\n", "")
    .rpartition("---\n")[0]
)
KINDS = (("configmaps", ""), ("secrets", ""), ("services", ""), ("deployments", "apps/v1"))

NOT_COMPARED = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "namespace", "labels")


def by_kubectl(stand: Stand) -> None:
    assert stand.kubectl("apply", "-f", "-", text=FIRST).status == 0


def by_kubectl_create(stand: Stand) -> None:
    assert stand.kubectl("create", "-f", "-", text=FIRST).status == 0


def by_kubectl_replace(stand: Stand) -> None:
    assert stand.kubectl("create", "-f", "-", text=SECOND).status == 0
    assert stand.kubectl("create", "-f", "-", text=f"---\n{FIRST.rpartition('---')[2]}").status == 0
    assert stand.kubectl("replace", "-f", "-", text=FIRST).status == 0


def by_a_pipeline(stand: Stand) -> None:
    """kubectl apply under a name of the user's, which is another tool in the eyes of Penstock."""
    assert stand.kubectl("apply", "--field-manager", "pipeline", "-f", "-", text=FIRST).status == 0


def by_a_pipeline_on_the_server(stand: Stand) -> None:
    command = ("apply", "--server-side", "--field-manager", "pipeline", "-f", "-")
    assert stand.kubectl(*command, text=FIRST).status == 0


def by_terraform(stand: Stand) -> None:
    """Its provider, which makes objects as this manager."""
    assert stand.kubectl("create", "--field-manager", "Terraform", "-f", "-", text=FIRST).status == 0


def by_kubectl_on_the_server(stand: Stand) -> None:
    assert stand.kubectl("apply", "--server-side", "-f", "-", text=FIRST).status == 0


def by_argo_cd(stand: Stand) -> None:
    """Its client-side apply, which writes as this manager and leaves its label."""
    marked = labelled(FIRST, "argocd.argoproj.io/instance: shop")
    assert stand.kubectl("apply", "--field-manager", "argocd-controller", "-f", "-", text=marked).status == 0


def by_argo_cd_on_the_server(stand: Stand) -> None:
    marked = labelled(FIRST, "argocd.argoproj.io/instance: shop")
    command = ("apply", "--server-side", "--field-manager", "argocd-controller", "-f", "-")
    assert stand.kubectl(*command, text=marked).status == 0


def by_flux(stand: Stand) -> None:
    marks = "kustomize.toolkit.fluxcd.io/name: shop, kustomize.toolkit.fluxcd.io/namespace: flux-system"
    command = ("apply", "--server-side", "--field-manager", "kustomize-controller", "-f", "-")
    assert stand.kubectl(*command, text=labelled(FIRST, marks)).status == 0


def by_helm(stand: Stand) -> None:
    if not os.access(HELM, os.X_OK):
        pytest.skip("there is no helm")
    chart = stand.repository / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (chart / "templates" / "all.yaml").write_text(FIRST)
    where = ("--kubeconfig", str(stand.cluster.kubeconfig), "--kube-context", "admin", "--namespace", stand.namespace)
    done = subprocess.run([HELM, "install", "shop", str(chart), *where], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def labelled(text: str, labels: str) -> str:
    return "".join(
        line.replace("labels: {team: shop}", f"labels: {{team: shop, {labels}}}")
        if "labels: {team" in line
        else line.replace("}", f", labels: {{{labels}}}}}", 1)
        if line.startswith("metadata:")
        else line
        for line in text.splitlines(keepends=True)
    )


def documents(text: str) -> list[str]:
    """Each document with the namespace of the test, which a rendered branch has."""
    return [each.replace("metadata: {", "metadata: {namespace: NS, ", 1) for each in text.split("---\n")]


TOOLS: tuple[tuple[Callable[[Stand], None], str], ...] = (
    (by_kubectl, ""),
    (by_kubectl_create, ""),
    (by_kubectl_replace, ""),
    (by_a_pipeline, "pipeline"),
    (by_a_pipeline_on_the_server, "pipeline"),
    (by_terraform, "terraform"),
    (by_kubectl_on_the_server, ""),
    (by_argo_cd, "argocd"),
    (by_argo_cd_on_the_server, "argocd"),
    (by_flux, "flux"),
    (by_helm, "helm"),
)


@pytest.mark.parametrize(("tool", "owner"), TOOLS, ids=lambda each: getattr(each, "__name__", None))
def test_nothing_stays_behind(stand: Stand, tool: Callable[[Stand], None], owner: str) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    tool(stand)
    stand.commit(*documents(FIRST))
    if owner:
        refused = stand.sync("--timeout", "20s")
        assert refused.status == 1
        assert "PS621" in refused.err
    taken = stand.sync(*(("--adopt", owner) if owner else ()))
    assert taken.status == 0, taken.err
    stand.commit(*documents(SECOND))
    changed = stand.sync()
    assert changed.status == 0, changed.err
    assert live(stand, stand.namespace) == fresh(stand)
    assert stand.status().status == 0


@pytest.mark.parametrize(
    ("tool", "owner"), [(by_kubectl_replace, ""), (by_kubectl_on_the_server, ""), (by_flux, "flux")]
)
def test_fields_may_leave_git_with_the_migration(stand: Stand, tool: Callable[[Stand], None], owner: str) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    tool(stand)
    stand.commit(*documents(SECOND))
    taken = stand.sync(*(("--adopt", owner) if owner else ()))
    assert taken.status == 0, taken.err
    left = live(stand, stand.namespace)
    del left["ConfigMap/old"]  # it was never ours
    assert left == fresh(stand)


def fresh(stand: Stand) -> dict[str, Any]:
    """What a fresh server-side apply of the second commit leaves, in a namespace of its own."""
    other = f"{stand.namespace}-x"
    stand.cluster.admin.call("POST", "/api/v1/namespaces", {}, {"kind": "Namespace", "metadata": {"name": other}})
    done = stand.kubectl("apply", "--server-side", "--namespace", other, "-f", "-", text=SECOND)
    assert done.status == 0, done.err
    found = live(stand, other)
    stand.cluster.admin.call("DELETE", f"/api/v1/namespaces/{other}")
    return found


def live(stand: Stand, namespace: str) -> dict[str, Any]:
    """The objects of a namespace without what the server gives each of them, and what is ours to remember."""
    found: dict[str, Any] = {}
    for resource, group in KINDS:
        path = f"{f'/apis/{group}' if group else '/api/v1'}/namespaces/{namespace}/{resource}"
        for item in stand.cluster.admin.objects(path):
            assert isinstance(item, dict)
            name = item["metadata"]["name"]
            if name not in ("kube-root-ca.crt", "penstock-prod") and not name.startswith("sh.helm.release"):
                found[f"{item['kind']}/{name}"] = compared(item)
    return json.loads(json.dumps(found, sort_keys=True))  # type: ignore[no-any-return]


def compared(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in NOT_COMPARED}
    labels = {key: value for key, value in item["metadata"].get("labels", {}).items() if "applyset" not in key}
    annotations = {k: v for k, v in metadata.pop("annotations", {}).items() if k != "deployment.kubernetes.io/revision"}
    spec = {key: value for key, value in item.get("spec", {}).items() if not key.startswith("clusterIP")}
    rest = {key: value for key, value in item.items() if key not in ("metadata", "spec", "status")}
    return {**rest, "metadata": {**metadata, "labels": labels, "annotations": annotations}, "spec": spec}
