"""`check --staged` and `check --since` judge only what a change reaches: they must say what a comparison of everything
says.

That is `check --since HEAD` where programs of plugins may decide on the result: it judges all targets of both states.
The others use what earlier runs have found out.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from tests.repository import ENVIRON
from tests.test_adoption import git, penstock

from penstock.closures import Look
from penstock.incremental import Incremental, Output
from penstock.model import Target

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tickets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Ticket, plural: tickets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {colour: {type: string}}}}
"""
TICKET = "apiVersion: example.com/v1\nkind: Ticket\nmetadata: {name: one}\nspec: {colour: red}\n"
FILES = {
    "settings/base/definition.yaml": DEFINITION,
    "web/base/ticket.yaml": TICKET,
    "penstock.yaml": "externals: [{kind: Secret, name: given, reason: by hand}]\n",
    "web/base/kustomization.yaml": "resources: [web.yaml, ticket.yaml]\n",
    "web/base/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        envFrom: [{configMapRef: {name: shared}}]
""",
    "web/dev/kustomization.yaml": "namespace: shop\nresources: [../base]\ncomponents: [../../parts]\n",
    "web/prod/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    "settings/base/kustomization.yaml": "resources: [shared.yaml, definition.yaml]\n",
    "settings/base/shared.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: b}\n",
    "settings/dev/kustomization.yaml": "namespace: shop\nresources: [../base, space.yaml]\ncomponents: [../../parts]\n",
    "settings/dev/space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "settings/prod/kustomization.yaml": "namespace: shop\nresources: [../base, space.yaml]\n",
    "settings/prod/space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "other/base/kustomization.yaml": "resources: [space.yaml, old.yaml]\n",
    "other/base/space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "other/base/old.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: old}\nspec: {port: 80}\n",
    "other/dev/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    "other/prod/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    "issuer/prod/kustomization.yaml": "namespace: shop\nresources: [certificate.yaml]\n",
    "issuer/prod/certificate.yaml": (
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
        "spec: {secretName: web-tls, dnsNames: [example.com], issuerRef: {name: all, kind: ClusterIssuer}}\n"
    ),
    "mail/prod/kustomization.yaml": "namespace: shop\nresources: [mail.yaml]\n",
    "mail/prod/mail.yaml": """\
apiVersion: v1
kind: Pod
metadata: {name: mail}
spec:
  containers:
  - name: mail
    image: mail:1
    env: [{name: KEY, valueFrom: {secretKeyRef: {name: web-tls, key: tls.key}}}]
    envFrom: [{secretRef: {name: given}}]
""",
    "settled/base/kustomization.yaml": "resources: [settled.yaml]\n",
    "settled/base/settled.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: settled}\n"
        "spec: {prot: 80, ports: [{port: 80}]}  # penstock: ignore=PS400 the old controller reads it\n"
    ),
    "settled/dev/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    "settled/prod/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    "parts/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        'patches:\n- target: {kind: Deployment}\n  patch: \'[{"op": "add", "path": "/spec/replicas", "value": 2}]\'\n'
        '- target: {kind: ConfigMap}\n  patch: \'[{"op": "add", "path": "/data/c", "value": "d"}]\'\n'
    ),
}
"""Three applications in two environments. One names what another makes and has an object of its kind, two make the same
Namespace, and two share a Component of which each entry fits one of them. One names what a Certificate of another
makes, and two share a line with a suppression.
"""

CHANGES: Mapping[str, Mapping[str, str | None]] = {
    "nothing that counts": {"web/base/web.yaml": FILES["web/base/web.yaml"] + "# a comment\n"},
    "a mistake in a base": {"web/base/web.yaml": FILES["web/base/web.yaml"].replace("image: web:1", "imaeg: web:1")},
    "a mistake in one overlay": {"web/dev/kustomization.yaml": "namespace: shop\nresources: [../base, nothing.yaml]\n"},
    "the object that another names gets another name": {
        "settings/base/shared.yaml": FILES["settings/base/shared.yaml"].replace("shared", "other")
    },
    "the object that another names is gone in one environment": {
        "settings/prod/kustomization.yaml": "namespace: shop\nresources: [space.yaml]\n"
    },
    "one of two that make an object changes it": {
        "other/base/space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n"
    },
    "an object that another target has comes": {
        "web/prod/kustomization.yaml": "namespace: shop\nresources: [../base, space.yaml]\n",
        "web/prod/space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {c: d}}\n",
    },
    "an entry of the Component fits nobody any more": {
        "parts/kustomization.yaml": FILES["parts/kustomization.yaml"].replace("kind: ConfigMap", "kind: CnfigMap")
    },
    "a target stops using the Component": {
        "settings/dev/kustomization.yaml": "namespace: shop\nresources: [../base, space.yaml]\n"
    },
    "a target comes": {
        "web/test/kustomization.yaml": "namespace: shop\nresources: [../base]\n",
    },
    "a target goes": dict.fromkeys(("settings/dev/kustomization.yaml", "settings/dev/space.yaml")),
    "a file is deleted": {"settings/base/shared.yaml": None},
    "penstock.yaml changes a severity": {"penstock.yaml": "rules: {PS302: error, PS4: off}\n"},
    "penstock.yaml is wrong": {"penstock.yaml": "rulez: {}\n"},
    "a suppression goes": {"other/base/old.yaml": FILES["other/base/old.yaml"].replace("port: 80", "port: 81")},
    "a second file of kustomization beside the first": {"web/base/kustomization.yml": "resources: [web.yaml]\n"},
    "a file that nothing reads": {"notes.txt": "hello\n"},
    "a definition of a kind that another target uses changes": {
        "settings/base/definition.yaml": DEFINITION.replace("type: string", "type: integer")
    },
    "what makes an object that another target names makes it under another name": {
        "issuer/prod/certificate.yaml": FILES["issuer/prod/certificate.yaml"].replace("web-tls", "other-tls")
    },
    "a target comes whose base has a mistake already": {
        "other/test/kustomization.yaml": "namespace: test\nresources: [../base]\n",
    },
    "one of two has no use for a suppression any more": {
        "settled/dev/kustomization.yaml": FILES["settled/dev/kustomization.yaml"]
        + 'patches:\n- target: {kind: Service}\n  patch: \'[{"op": "remove", "path": "/spec/prot"}]\'\n'
    },
    "nobody has a use for a suppression any more": {
        "settled/base/settled.yaml": FILES["settled/base/settled.yaml"].replace("prot: 80, ", "")
    },
    "a Namespace asks more of pods": {
        "settings/prod/space.yaml": "apiVersion: v1\nkind: Namespace\n"
        "metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}\n"
    },
    "an admission policy comes": {
        "settings/prod/kustomization.yaml": "namespace: shop\nresources: [../base, space.yaml, policy.yaml]\n",
        "settings/prod/policy.yaml": """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: two}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: "object.spec.replicas > 1"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: two}
spec: {policyName: two, validationActions: [Deny]}
""",
    },
    "a Secret in clear text comes, whose content no run keeps": {
        "mail/prod/kustomization.yaml": "namespace: shop\nresources: [mail.yaml, secret.yaml]\n",
        "mail/prod/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: web-tls}\n"
        "stringData: {tls.key: none}\n",
    },
    "an external is said no more": {"penstock.yaml": "externals: []\n"},
    "an object of a kind that another target defines gets a mistake": {
        "web/base/ticket.yaml": TICKET.replace("red", "5").replace("colour", "clour")
    },
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reach") / "repository"
    write(root, FILES)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    penstock(root, "hydrate", "--create", environ={"XDG_CACHE_HOME": str(root.parent / "hydrated")})
    return root


def write(root: Path, files: Mapping[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_reached_says_what_a_comparison_of_everything_says(repository: Path, name: str) -> None:
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "clean", "--quiet", "--force", "-d")
    write(repository, CHANGES[name])
    git(repository, "add", "--all")
    whole = found(repository, "check", "--since", "HEAD", "--enable-alpha-plugins")
    without_settings = whole_of_a_hook(whole)
    assert found(repository, "check", "--since", "HEAD", cache="nothing") == whole
    shutil.rmtree(repository.parent / "nothing", ignore_errors=True)
    assert found(repository, "check", "--since", "HEAD", cache="hydrated") == whole  # with what hydration has kept
    assert found(repository, "check", "--since", "HEAD") == whole
    assert found(repository, "check", "--since", "HEAD") == whole  # with what the first run has kept
    assert found(repository, "check", "--staged") == without_settings
    assert (repository.parent / "cache").exists() or "penstock.yaml" in CHANGES[name]
    assert found(repository, "check", "--staged") == without_settings
    if name == "a mistake in a base":
        assert len(whole[1]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CHANGES)
def test_targets_that_are_not_built_change_nothing(
    repository: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a repository of many targets, of which those are left alone whose files hold no word of what changes."""
    monkeypatch.setattr("penstock.affected.MANY", 0)
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "clean", "--quiet", "--force", "-d")
    write(repository, CHANGES[name])
    git(repository, "add", "--all")
    whole = found(repository, "check", "--since", "HEAD", "--enable-alpha-plugins")
    shutil.rmtree(repository.parent / "nothing", ignore_errors=True)
    assert found(repository, "check", "--since", "HEAD", cache="nothing") == whole
    shutil.rmtree(repository.parent / "nothing", ignore_errors=True)
    assert found(repository, "check", "--staged", cache="nothing") == whole_of_a_hook(whole)


def whole_of_a_hook(whole: list[object]) -> list[object]:
    """What a hook has to say: it is not told there that a suppression is needed no more."""
    return [whole[0], [each for each in whole[1] if each["code"] != "PS470"]]  # type: ignore[attr-defined]


def found(root: Path, *arguments: str, cache: str = "cache") -> list[object]:
    """The exit status and the findings; targets that were not reached have no part in them."""
    kept = {"XDG_CACHE_HOME": str(root.parent / cache)}
    text, _, status = penstock(root, *arguments, "-o", "json", environ=kept).rpartition("exit status ")
    report = json.loads(text)
    for each in report["findings"]:
        each["objects"].sort(key=str)
    return [status, report["findings"]]


def test_only_what_a_change_reaches_is_judged(repository: Path) -> None:
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "clean", "--quiet", "--force", "-d")
    write(repository, {"web/prod/kustomization.yaml": "namespace: shop\nnamePrefix: new-\nresources: [../base]\n"})
    git(repository, "add", "--all")
    assert "6 of 10 targets" in penstock(repository, "check", "--staged")  # an object is gone: its environment counts
    write(repository, {"web/prod/kustomization.yaml": FILES["web/prod/kustomization.yaml"] + "# a comment\n"})
    git(repository, "add", "--all")
    assert "3 of 10 targets" in penstock(repository, "check", "--staged")  # two make the Namespace of its objects


def test_an_info_that_becomes_a_mistake_by_a_change_elsewhere_is_new(tmp_path: Path) -> None:
    """Where no environment is left, what lies in the documentation may well be what is deployed."""
    root = tmp_path / "repository"
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\n"
        "spec:\n  project: default\n  source: {repoURL: https://git.example.com/fleet, path: shop}\n"
        "  destination: {server: https://kubernetes.default.svc, namespace: shop}\n"
    )
    files = {
        "argocd/shop.yaml": application,
        "shop/kustomization.yaml": "configMapGenerator: [{name: a, literals: [a=b]}]\n",
        "docs/example/kustomization.yaml": "resources: [none.yaml]\n",
    }
    write(root, files)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    hydrated = {"XDG_CACHE_HOME": str(tmp_path / "hydrated")}
    penstock(root, "hydrate", "--create", environ=hydrated)
    assert " error PS101" not in penstock(root, "check")
    write(root, {"argocd/shop.yaml": None})
    for cache in ("hydrated", "none"):
        said = penstock(root, "check", "--since", "HEAD", environ={"XDG_CACHE_HOME": str(tmp_path / cache)})
        assert "docs/example/kustomization.yaml:1:13: error PS101" in said


def test_a_file_that_is_not_in_git_counts_for_a_comparison_of_the_directory(repository: Path) -> None:
    git(repository, "reset", "--quiet", "--hard")
    write(repository, {".gitignore": "/web/prod/patch.yaml\n"})
    write(
        repository,
        {"web/prod/kustomization.yaml": FILES["web/prod/kustomization.yaml"] + "patches: [{path: patch.yaml}]\n"},
    )
    write(
        repository,
        {
            "web/prod/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
            "spec: {replicas: two}\n"
        },
    )
    for _ in range(2):
        said = penstock(
            repository, "check", "--since", "HEAD", environ={"XDG_CACHE_HOME": str(repository.parent / "own")}
        )
        assert said.count(" error ") == 1
        assert "web/prod/patch.yaml:4:8: error PS401" in said
    write(repository, {"web/prod/patch.yaml": None, ".gitignore": None})
    git(repository, "reset", "--quiet", "--hard")


def test_nothing_is_taken_from_another_index_where_there_are_links(repository: Path) -> None:
    git(repository, "reset", "--quiet", "--hard")
    environ = {"XDG_CACHE_HOME": str(repository.parent / "linked")}
    (repository / "link").symlink_to("web/base")
    write(repository, {"web/dev/kustomization.yaml": FILES["web/dev/kustomization.yaml"] + "# a comment\n"})
    git(repository, "add", "--all")
    assert "no new findings" in penstock(repository, "check", "--staged", environ=environ)
    write(repository, CHANGES["a mistake in a base"])
    git(repository, "add", "--all")
    assert penstock(repository, "check", "--staged", environ=environ).count(" error ") == 2
    git(repository, "rm", "--quiet", "--force", "link")


def watch_settling(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which the paths of the targets are added that are not proven to be unchanged."""
    settled: list[str] = []
    settle = Incremental._settle

    def watched(run: Incremental, target: Target, output: Output, looks: Iterable[Look]) -> None:
        settled.append(target.path)
        settle(run, target, output, looks)

    monkeypatch.setattr(Incremental, "_settle", watched)
    return settled


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_check_uses_what_hydration_has_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    root = tmp_path / "repository"
    write(root, FILES)
    git(root, "init", "--quiet", f"--object-format={algorithm}")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    penstock(root, "hydrate", "--create", environ=environ)
    write(root, CHANGES["nothing that counts"])
    settled = watch_settling(monkeypatch)
    assert "no new findings" in penstock(root, "check", "--since", "HEAD", environ=environ)
    assert sorted(settled) == ["web/dev", "web/prod"]


def test_each_command_leaves_the_next_one_all_that_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone, for which an earlier one has left its cache: what one command keeps is no less than what it found."""
    root, clone = tmp_path / "repository", tmp_path / "clone"
    write(root, FILES)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    git(root, "remote", "add", "origin", str(root))
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    penstock(root, "hydrate", "--create", environ=environ)
    write(root, CHANGES["nothing that counts"])
    git(root, "commit", "--quiet", "--all", "--message", "After")
    git(tmp_path, "clone", "--quiet", "--branch=main", root.as_uri(), str(clone))
    settled = watch_settling(monkeypatch)
    for command in ("affected", "--base"), ("diff", "--base"), ("diff", "--base"), ("check", "--since"):
        settled.clear()
        penstock(clone, *command, "HEAD~1", environ=environ)
        assert {*settled} <= {"web/dev", "web/prod"}, command


DEFINED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec: {interval: 1m, path: ./apps/shop, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""


def test_targets_of_definitions_are_those_of_their_state(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: shop, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
    write(root, {"clusters/prod/shop.yaml": DEFINED, "apps/shop/kustomization.yaml": "resources: [shop.yaml]\n"})
    write(root, {"apps/shop/shop.yaml": service})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    for change in (
        {"clusters/prod/shop.yaml": DEFINED.replace("apps/shop", "apps/shpo")},
        {"apps/shop/shop.yaml": service.replace("{port: 80}", "{port: 80, prot: 1}")},
        {"apps/shop/shop.yaml": f"{service}# a comment\n"},
    ):
        git(root, "reset", "--quiet", "--hard")
        write(root, change)
        whole = found(root, "check", "--since", "HEAD", "--enable-alpha-plugins")
        assert found(root, "check", "--since", "HEAD") == whole
        assert found(root, "check", "--since", "HEAD") == whole


CLUSTER = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: https://git.example.com/fleet}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""


ARTIFACT = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: shop, namespace: flux-system}
spec: {interval: 1m, url: "oci://registry.example.com/shop", ref: {tag: "1"}}
"""


def test_targets_of_definitions_are_built_where_a_change_may_reach_everything(tmp_path: Path) -> None:
    """A directory of plain manifests compiles as its definition says, and not as a kustomization, which it lacks."""
    root, environ = tmp_path / "repository", {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    write(root, {"clusters/prod/flux-system/sync.yaml": CLUSTER})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Before")
    elsewhere = DEFINED.replace("{kind: GitRepository, name: flux-system}", "{kind: OCIRepository, name: shop}")
    write(root, {"clusters/prod/shop.yaml": f"{elsewhere}---\n{ARTIFACT}"})
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "What builds something else")
    assert "clusters/prod/shop.yaml (added)" in penstock(root, "affected", "--base", "HEAD~1", environ=environ)
    said = penstock(root, "check", "--since", "HEAD~1", environ=environ)
    assert "PS101" not in said
    assert "exit status 0" in said


def test_a_push_is_compared_with_what_the_remote_has(repository: Path) -> None:
    git(repository, "reset", "--quiet", "--hard")
    before = commit_of(repository)
    write(repository, CHANGES["a mistake in a base"])
    git(repository, "commit", "--quiet", "--all", "--message", "A mistake")
    environ = {"PRE_COMMIT_FROM_REF": before, "PRE_COMMIT_TO_REF": commit_of(repository)}
    git(repository, "reset", "--quiet", "--hard", before)
    said = penstock(repository, "check", "--staged", environ=environ)
    assert "\n10 targets" in said  # something is new, so all were judged
    assert said.count(" error ") == 2  # the field, and the container without an image
    assert "exit status 1" in said


@pytest.mark.parametrize("zeros", ["0" * 40, "0" * 64])
def test_zeros_name_no_commit_of_a_push(repository: Path, zeros: str) -> None:
    """The remote has no such branch yet; nothing is pushed where one is removed."""
    git(repository, "reset", "--quiet", "--hard")
    environ = {"PRE_COMMIT_FROM_REF": zeros, "PRE_COMMIT_TO_REF": commit_of(repository)}
    said = penstock(repository, "check", "--staged", environ=environ)
    assert said == penstock(repository, "check", "--staged", environ={"PRE_COMMIT_TO_REF": commit_of(repository)})
    assert "stands for no commit" not in said
    removed = penstock(repository, "check", "--staged", environ={"PRE_COMMIT_TO_REF": zeros})
    assert removed == penstock(repository, "check", "--staged")


def commit_of(root: Path) -> str:
    environ = {**os.environ, **ENVIRON}
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], check=True, capture_output=True, env=environ)
    return done.stdout.decode().strip()
