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
from tests.cluster.conftest import Stand, until

from penstock.apply.failure import Failure

BUILT = Path.home() / ".cache" / "penstock" / "helm" / "v4.3.1" / "helm"
HELM = os.environ.get("HELM") or shutil.which("helm") or str(BUILT)

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

FURTHER = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, annotations: {note: old}}
spec:
  serviceName: store
  replicas: 1
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}, annotations: {note: old}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: store
        image: "store:1"
        ports: [{containerPort: 80}, {containerPort: 81}]
        resources: {limits: {cpu: 10m}}
      tolerations: [{key: a, operator: Exists}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: scaled}
spec:
  selector: {matchLabels: {app: scaled}}
  template:
    metadata: {labels: {app: scaled}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {example.com/rewrite: "/"}}
spec:
  tls: [{hosts: [a.example.com], secretName: tls}]
  rules:
  - host: a.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
  - {host: b.example.com, http: {paths: [{path: /, pathType: Exact, backend: {service: {name: b, port: {name: x}}}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {}}], ports: [{port: 80}, {port: 81}]}]
  egress: [{}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  suspend: true
  startingDeadlineSeconds: 60
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          restartPolicy: Never
          containers: [{name: job, image: "job:1", env: [{name: A, value: a}, {name: B, value: b}]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, labels: {team: shop}}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get, list]}
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web}, {kind: ServiceAccount, name: old}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, annotations: {note: old}}
imagePullSecrets: [{name: a}, {name: b}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}, unhealthyPodEvictionPolicy: AlwaysAllow}
---
apiVersion: migrated.example.com/v1
kind: Gadget
metadata: {name: gadget, annotations: {note: old}}
spec: {size: 3, parts: [{name: a, size: 1}, {name: b}], words: {a: b, c: d}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: old}
"""
FURTHER_SECOND = (
    FURTHER.replace(", annotations: {note: old}", "")
    .replace("      tolerations: [{key: a, operator: Exists}]\n", "")
    .replace("      terminationGracePeriodSeconds: 5\n", "")
    .replace(", {containerPort: 81}]\n        resources: {limits: {cpu: 10m}}", "]")
    .replace("  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n", "")
    .replace(', annotations: {example.com/rewrite: "/"}', "")
    .replace("  tls: [{hosts: [a.example.com], secretName: tls}]\n", "")
    .replace("  - {host: b.example.com", "  # - {host: b.example.com")
    .replace(", Egress]", "]")
    .replace("  egress: [{}]\n", "")
    .replace(", {port: 81}", "")
    .replace("  startingDeadlineSeconds: 60\n", "")
    .replace("      backoffLimit: 2\n", "")
    .replace(", {name: B, value: b}", "")
    .replace(", labels: {team: shop}", "")
    .replace('- {apiGroups: [""], resources: [configmaps], verbs: [get]}\n', "")
    .replace(", {kind: ServiceAccount, name: old}", "")
    .replace("imagePullSecrets: [{name: a}, {name: b}]\n", "")
    .replace(", unhealthyPodEvictionPolicy: AlwaysAllow", "")
    .replace(", {name: b}], words: {a: b, c: d}", "], words: {a: b}")
    .rpartition("---\n")[0]
)
GADGET = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgets.migrated.example.com"},
    "spec": {
        "group": "migrated.example.com",
        "scope": "Namespaced",
        "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "size": {"type": "integer"},
                                    "colour": {"type": "string", "default": "blue"},
                                    "words": {"type": "object", "additionalProperties": {"type": "string"}},
                                    "parts": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["name"],
                                        "items": {
                                            "type": "object",
                                            "required": ["name"],
                                            "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                                        },
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}

KINDS = (
    ("configmaps", ""),
    ("secrets", ""),
    ("services", ""),
    ("serviceaccounts", ""),
    ("deployments", "apps/v1"),
    ("statefulsets", "apps/v1"),
    ("horizontalpodautoscalers", "autoscaling/v2"),
    ("ingresses", "networking.k8s.io/v1"),
    ("networkpolicies", "networking.k8s.io/v1"),
    ("cronjobs", "batch/v1"),
    ("roles", "rbac.authorization.k8s.io/v1"),
    ("rolebindings", "rbac.authorization.k8s.io/v1"),
    ("poddisruptionbudgets", "policy/v1"),
    ("gadgets", "migrated.example.com/v1"),
)

NOT_COMPARED = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "namespace", "labels")


def by_kubectl(stand: Stand, text: str) -> None:
    assert stand.kubectl("apply", "-f", "-", text=text).status == 0


def by_kubectl_create(stand: Stand, text: str) -> None:
    assert stand.kubectl("create", "-f", "-", text=text).status == 0


def by_kubectl_replace(stand: Stand, text: str) -> None:
    assert stand.kubectl("create", "-f", "-", text=text).status == 0
    assert stand.kubectl("replace", "-f", "-", text=text).status == 0


def by_a_pipeline(stand: Stand, text: str) -> None:
    """kubectl apply under a name of the user's, which is another tool in the eyes of Penstock."""
    assert stand.kubectl("apply", "--field-manager", "pipeline", "-f", "-", text=text).status == 0


def by_a_pipeline_on_the_server(stand: Stand, text: str) -> None:
    command = ("apply", "--server-side", "--field-manager", "pipeline", "-f", "-")
    assert stand.kubectl(*command, text=text).status == 0


def by_terraform(stand: Stand, text: str) -> None:
    """Its provider, which makes objects as this manager."""
    assert stand.kubectl("create", "--field-manager", "Terraform", "-f", "-", text=text).status == 0


def by_kubectl_on_the_server(stand: Stand, text: str) -> None:
    assert stand.kubectl("apply", "--server-side", "-f", "-", text=text).status == 0


def by_argo_cd(stand: Stand, text: str) -> None:
    """Its client-side apply, which writes as this manager and leaves its label."""
    marked = labelled(text, "argocd.argoproj.io/instance: shop")
    assert stand.kubectl("apply", "--field-manager", "argocd-controller", "-f", "-", text=marked).status == 0


def by_argo_cd_on_the_server(stand: Stand, text: str) -> None:
    marked = labelled(text, "argocd.argoproj.io/instance: shop")
    command = ("apply", "--server-side", "--field-manager", "argocd-controller", "-f", "-")
    assert stand.kubectl(*command, text=marked).status == 0


def by_flux(stand: Stand, text: str) -> None:
    marks = "kustomize.toolkit.fluxcd.io/name: shop, kustomize.toolkit.fluxcd.io/namespace: flux-system"
    command = ("apply", "--server-side", "--field-manager", "kustomize-controller", "-f", "-")
    assert stand.kubectl(*command, text=labelled(text, marks)).status == 0


def by_helm(stand: Stand, text: str, *options: str) -> None:
    if not os.access(HELM, os.X_OK):
        pytest.skip("there is no helm")
    chart = stand.repository / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (chart / "templates" / "all.yaml").write_text(text)
    where = ("--kubeconfig", str(stand.cluster.kubeconfig), "--kube-context", "admin", "--namespace", stand.namespace)
    command = [HELM, "upgrade", "--install", "shop", str(chart), *where, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def by_helm_again(stand: Stand, text: str) -> None:
    """A release of several revisions, the last of which goes back to the first."""
    by_helm(stand, text)
    shutil.rmtree(stand.repository / "chart")
    by_helm(stand, text.replace("web:1", "web:2").replace("shop:1", "shop:2"))
    where = ("--kubeconfig", str(stand.cluster.kubeconfig), "--kube-context", "admin", "--namespace", stand.namespace)
    subprocess.run([HELM, "rollback", "shop", "1", *where], capture_output=True, check=True)


def by_helm_on_the_client(stand: Stand, text: str) -> None:
    """As Helm 3 does it: by updates."""
    by_helm(stand, text, "--server-side=false")


def labelled(text: str, labels: str) -> str:
    return "".join(
        line.replace("labels: {team: shop}", f"labels: {{team: shop, {labels}}}")
        if "labels: {team" in line
        else line.replace("{", f"{{labels: {{{labels}}}, ", 1)
        if line.startswith("metadata:")
        else line
        for line in text.splitlines(keepends=True)
    )


def documents(text: str) -> list[str]:
    """Each document with the namespace of the test, which a rendered branch has."""
    return [each.replace("metadata: {", "metadata: {namespace: NS, ", 1) for each in text.split("---\n")]


TOOLS: tuple[tuple[Callable[[Stand, str], None], str], ...] = (
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
    (by_helm_again, "helm"),
    (by_helm_on_the_client, "helm"),
)


@pytest.fixture(autouse=True)
def gadgets(stand: Stand) -> None:
    """A kind of somebody's own, which the cluster serves."""
    admin = stand.cluster.admin
    admin.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {}, GADGET)
    until(
        lambda: (
            not isinstance(admin.get(f"/apis/migrated.example.com/v1/namespaces/{stand.namespace}/gadgets"), Failure)
        )
    )


@pytest.mark.parametrize(("tool", "owner"), TOOLS, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.parametrize(("first", "second"), [(FIRST, SECOND), (FURTHER, FURTHER_SECOND)], ids=["common", "further"])
def test_nothing_stays_behind(
    stand: Stand, tool: Callable[[Stand, str], None], owner: str, first: str, second: str
) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    tool(stand, first)
    stand.commit(*documents(first))
    if owner:
        refused = stand.sync("--timeout", "20s")
        assert refused.status == 1
        assert "PS621" in refused.err
    taken = stand.sync(*(("--adopt", owner) if owner else ()))
    assert taken.status == 0, taken.err
    stand.commit(*documents(second))
    changed = stand.sync()
    assert changed.status == 0, changed.err
    assert live(stand, stand.namespace) == fresh(stand, second)
    # There are no metrics and no ingress controller, so these two are not well.
    found = stand.objects()
    assert {key: item["details"] for key, item in found.items() if item["sync"] != "Synced"} == {}
    assert {key for key, item in found.items() if item["health"] != "Healthy"} <= {
        "HorizontalPodAutoscaler/web",
        "Ingress/web",
    }


@pytest.mark.parametrize("way", ["--server-side", "--server-side=false"])
def test_set_of_kubectl_is_taken_over_by_its_label(stand: Stand, way: str) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    made = stand.kubectl("apply", way, "--prune", "--applyset=shop", "-f", "-", text=FIRST)
    assert made.status == 0, made.err
    stand.commit(*documents(SECOND))
    label = stand.get("configmaps", "settings")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
    refused = stand.sync()
    assert refused.status == 1
    assert f"--adopt {label} all like it" in refused.err
    taken = stand.sync("--adopt", label)
    assert taken.status == 0, taken.err
    expected, left = fresh(stand, SECOND), live(stand, stand.namespace)
    assert {key: left[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("tool", "owner"), [(by_kubectl_replace, ""), (by_kubectl_on_the_server, ""), (by_flux, "flux")]
)
@pytest.mark.parametrize(("first", "second"), [(FIRST, SECOND), (FURTHER, FURTHER_SECOND)], ids=["common", "further"])
def test_fields_may_leave_git_with_the_migration(
    stand: Stand, tool: Callable[[Stand, str], None], owner: str, first: str, second: str
) -> None:
    if stand.cluster.kubectl is None:
        pytest.skip("there is no kubectl")
    tool(stand, first)
    stand.commit(*documents(second))
    taken = stand.sync(*(("--adopt", owner) if owner else ()))
    assert taken.status == 0, taken.err
    left = live(stand, stand.namespace)
    # It was never ours.
    left = {key: body for key, body in left.items() if not key.endswith("/old")}
    assert left == fresh(stand, second)


def fresh(stand: Stand, text: str) -> dict[str, Any]:
    """What a fresh server-side apply of the second commit leaves, in a namespace of its own."""
    other = f"{stand.namespace}-x"
    stand.cluster.admin.call("POST", "/api/v1/namespaces", {}, {"kind": "Namespace", "metadata": {"name": other}})
    done = stand.kubectl("apply", "--server-side", "--namespace", other, "-f", "-", text=text)
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
            if name not in ("kube-root-ca.crt", "penstock-prod", "default") and not name.startswith("sh.helm.release"):
                found[f"{item['kind']}/{name}"] = compared(item)
    return json.loads(json.dumps(found, sort_keys=True))  # type: ignore[no-any-return]


def compared(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in NOT_COMPARED}
    labels = {key: value for key, value in item["metadata"].get("labels", {}).items() if "applyset" not in key}
    annotations = {k: v for k, v in metadata.pop("annotations", {}).items() if k != "deployment.kubernetes.io/revision"}
    spec = {key: value for key, value in item.get("spec", {}).items() if not key.startswith("clusterIP")}
    rest = {key: value for key, value in item.items() if key not in ("metadata", "spec", "status")}
    return {**rest, "metadata": {**metadata, "labels": labels, "annotations": annotations}, "spec": spec}
