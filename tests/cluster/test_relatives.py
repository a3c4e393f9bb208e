"""Further relatives of what users have reported: other children, other injected fields, other immutable fields, and
hooks of both tools together.
"""

import base64
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.test_cases import job
from tests.cluster.test_families import annotated, patch
from tests.cluster.test_sync import CONFIG, CRD, DEPLOYMENT, OTHER_CONFIG, SHOP

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

# --- children of controllers

STORE = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: NS}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: "store:1"}]}
"""
REVISION = """\
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: kept-by-us, namespace: NS}
revision: 1
data: {spec: {a: b}}
"""
REPLICA_SET = """\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: own, namespace: NS}
spec:
  replicas: 0
  selector: {matchLabels: {app: own}}
  template:
    metadata: {labels: {app: own}}
    spec: {containers: [{name: own, image: "own:1"}]}
"""
NIGHTLY = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: NS}
spec:
  schedule: "0 3 1 1 *"
  jobTemplate:
    metadata: {labels: {applyset.kubernetes.io/part-of: LABEL}}
    spec:
      template:
        metadata: {labels: {applyset.kubernetes.io/part-of: LABEL}}
        spec: {restartPolicy: Never, containers: [{name: job, image: "job:1"}]}
"""


def test_children_of_the_kinds_of_the_branch_stay(stand: "Stand") -> None:
    """The branch has a ReplicaSet, a ControllerRevision and a Job, so that their kinds are looked through."""
    stand.commit(*SHOP, STORE, REVISION, REPLICA_SET, job("once", "example.org/none: x"))
    assert stand.sync().status == 0

    def names(resource: str, group: str = "apps/v1") -> set[str]:
        found = stand.cluster.admin.objects(stand.path(resource, "", group).rstrip("/"))
        return {item["metadata"]["name"] for item in found if isinstance(item, dict)}

    before = names("replicasets"), names("controllerrevisions")
    assert min(map(len, before)) == 2
    stand.commit(*SHOP, STORE, REVISION, REPLICA_SET)
    result = stand.sync()
    assert result.status == 0, result.err
    assert "1 pruned" in result.out
    assert (names("replicasets"), names("controllerrevisions")) == before


def test_jobs_whose_template_carries_our_label_stay(stand: "Stand") -> None:
    """Whoever copies an applied manifest into a template makes children that carry the label; their owner has them."""
    stand.commit(CONFIG)
    assert stand.sync().status == 0
    label = stand.get("configmaps", "settings")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
    nightly = NIGHTLY.replace("LABEL", label)
    stand.commit(CONFIG, nightly, job("once", "example.org/none: x"))
    assert stand.sync().status == 0
    made = stand.kubectl("create", "job", "--from=cronjob/nightly", "by-hand")
    assert made.status == 0, made.err
    stand.commit(CONFIG, nightly)
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.exists("jobs", "by-hand", "batch/v1")
    assert not stand.exists("jobs", "once", "batch/v1")


# --- what others write into our objects


def test_bundle_of_a_conversion_webhook_stays(stand: "Stand") -> None:
    """cert-manager writes it into definitions that ask for it."""
    webhook = (
        "  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {service: "
        "{name: web, namespace: NS}}}}\n"
    )
    asks = CRD.replace("metadata: {", "metadata: {annotations: {cert-manager.io/inject-ca-from: NS/web}, ", 1)
    group = f"{stand.namespace}.example.org"
    stand.commit(CONFIG, (asks + webhook).replace("GROUP", group))
    assert stand.sync().status == 0
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{group}"
    bundle = base64.b64encode(stand.cluster.kubeconfig.with_name("ca.crt").read_bytes()).decode()
    patch(stand, path, "cainjector", ("add", "/spec/conversion/webhook/clientConfig/caBundle", bundle))
    assert "2 unchanged" in stand.sync().out
    assert "Extra" not in stand.status().out
    found = stand.cluster.admin.get(path)
    assert isinstance(found, dict)
    assert found["spec"]["conversion"]["webhook"]["clientConfig"]["caBundle"] == bundle
    stand.commit(CONFIG)
    assert stand.sync("--allow-prune", f"CustomResourceDefinition.apiextensions.k8s.io/gadgets.{group}").status == 0


@pytest.mark.parametrize(("resource", "name", "steps"), [
    ("serviceaccounts", "web", (("add", "/imagePullSecrets", [{"name": "web-dockercfg"}]),)),
    ("services", "web", (("add", "/metadata/annotations", {"cloud.example.org/neg": "{}"}),)),
    ("services", "web", (("add", "/metadata/finalizers", ["service.kubernetes.io/load-balancer-cleanup"]),)),
])  # fmt: skip
def test_what_a_platform_adds_is_no_difference(
    stand: "Stand", resource: str, name: str, steps: tuple[tuple[str, str, Any], ...]
) -> None:
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: NS}\n"
    stand.commit(*SHOP, account)
    assert stand.sync().status == 0
    patch(stand, stand.path(resource, name), "platform-controller", *steps)
    before = stand.get(resource, name)
    assert "unchanged, 0 pruned" in stand.sync().out
    assert "OutOfSync" not in stand.status().out
    assert stand.get(resource, name) == before
    if "finalizers" in steps[0][1]:
        patch(stand, stand.path(resource, name), "platform-controller", ("remove", "/metadata/finalizers", None))


# --- fields that cannot be changed

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: web, namespace: NS}]
"""
FROZEN = CONFIG + "immutable: true\n"
HEADLESS = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NS}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
"""

IMMUTABLE = (
    (DEPLOYMENT, ("{app: web}", "{app: new}"), "Deployment.apps", "web"),
    (BINDING, ("name: view", "name: edit"), "RoleBinding.rbac.authorization.k8s.io", "web"),
    (FROZEN, ("blue", "red"), "ConfigMap", "settings"),
)


@pytest.mark.parametrize(("manifest", "change", "kind", "name"), IMMUTABLE, ids=["selector", "role", "data"])
def test_immutable_field_is_named_and_replaced_when_told(
    stand: "Stand", manifest: str, change: tuple[str, str], kind: str, name: str
) -> None:
    others = (OTHER_CONFIG, *(SHOP[2:3] if manifest is FROZEN else SHOP[2:]))
    stand.commit(manifest, *others)
    assert stand.sync().status == 0
    new = manifest.replace(*change)
    stand.commit(new, *others)
    refused = stand.sync("--timeout", "20s")
    assert refused.status == 1
    assert "PS613" in refused.err
    assert "--replace" in refused.err
    done = stand.sync("--replace", f"{kind}/{stand.namespace}/{name}")
    assert done.status == 0, done.err
    assert f"replaced  {kind}/" in done.out
    assert "unchanged, 0 pruned" in stand.sync().out


@pytest.mark.parametrize(("manifest", "change", "kind", "name"), IMMUTABLE, ids=["selector", "role", "data"])
@pytest.mark.parametrize("annotation", ["penstock.dev/replace: enabled", "kustomize.toolkit.fluxcd.io/force: enabled"])
def test_immutable_field_is_replaced_where_the_object_asks(
    stand: "Stand", manifest: str, change: tuple[str, str], kind: str, name: str, annotation: str
) -> None:
    others = (OTHER_CONFIG, *(SHOP[2:3] if manifest is FROZEN else SHOP[2:]))
    stand.commit(manifest, *others)
    assert stand.sync().status == 0
    stand.commit(annotated(manifest, annotation).replace(*change), *others)
    done = stand.sync()
    assert done.status == 0, done.err
    assert f"replaced  {kind}/" in done.out


def test_field_that_leaves_and_is_allocated_is_the_servers(stand: "Stand") -> None:
    """A headless Service stays headless when the branch no longer says so, or is refused; it never loses its ports."""
    stand.commit(HEADLESS)
    assert stand.sync().status == 0
    stand.commit(HEADLESS.replace("clusterIP: None, ", ""))
    done = stand.sync("--timeout", "20s")
    assert done.status == 0 or "PS613" in done.err, done.err
    assert stand.get("services", "web")["spec"]["ports"][0]["port"] == 80


# --- hooks

CHECK = "argocd.argoproj.io/hook: PreSync"


def lines(out: str, word: str) -> list[str]:
    return [line.split("/")[-1] for line in out.splitlines() if line.startswith(f"{word} ")]


def test_hooks_of_both_tools_share_one_order(stand: "Stand") -> None:
    stand.commit(
        *SHOP,
        job("third", "helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '5'"),
        job("second", f"{CHECK}, argocd.argoproj.io/sync-wave: '2'"),
        job("first", f"{CHECK}, argocd.argoproj.io/sync-wave: '-3'"),
        job("last", "helm.sh/hook: post-install, helm.sh/hook-weight: '1'"),
        job("late", "argocd.argoproj.io/hook: PostSync"),
    )
    result = stand.sync()
    assert result.status == 0, result.err
    made = lines(result.out, "created")
    assert made[:3] == ["first", "second", "third"]
    assert made[-2:] == ["late", "last"]
    assert "unchanged, 0 pruned" in stand.sync().out


@pytest.mark.parametrize(("policy", "stays"), [
    ("argocd.argoproj.io/hook-delete-policy: HookSucceeded", False),
    ("argocd.argoproj.io/hook-delete-policy: BeforeHookCreation", True),
    ("argocd.argoproj.io/hook-delete-policy: 'HookSucceeded,HookFailed'", False),
    ("helm.sh/hook-delete-policy: 'before-hook-creation,hook-succeeded'", False),
    ("helm.sh/hook-delete-policy: hook-failed", True),
])  # fmt: skip
def test_hook_that_succeeds_goes_as_its_policy_says(stand: "Stand", policy: str, stays: bool) -> None:
    hook = CHECK if "argocd" in policy else "helm.sh/hook: 'pre-install,pre-upgrade'"
    stand.commit(CONFIG, job("check", f"{hook}, {policy}"))
    result = stand.sync()
    assert result.status == 0, result.err
    assert stand.exists("jobs", "check", "batch/v1") is stays
    again = stand.sync()
    assert again.status == 0, again.err
    assert not lines(again.out, "created")  # once for each content
    assert stand.status().status == 0
    stand.commit(CONFIG, job("check", f"{hook}, {policy}", "m:2"))
    changed = stand.sync()
    assert changed.status == 0, changed.err
    made = lines(changed.out, "created") + lines(changed.out, "replaced")
    assert {name.partition(":")[0] for name in made} == {"check"}


def test_hook_that_leaves_the_branch_is_pruned(stand: "Stand") -> None:
    stand.commit(CONFIG, job("check", CHECK))
    assert stand.sync().status == 0
    stand.commit(CONFIG)
    assert "1 pruned" in stand.sync().out
    assert not stand.exists("jobs", "check", "batch/v1")


def test_object_becomes_a_hook_and_one_again(stand: "Stand") -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.commit(CONFIG, annotated(OTHER_CONFIG, CHECK))
    assert stand.sync().status == 0
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    metadata = stand.get("configmaps", "others")["metadata"]
    assert not metadata.get("annotations")
