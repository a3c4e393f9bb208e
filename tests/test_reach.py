"""The hook judges only what a change reaches: it must say what a comparison of everything says.

`check --since HEAD` compiles all targets of both states, `check --staged` those that the staged change can reach, with
what earlier runs have found out about the others.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.repository import ENVIRON
from tests.test_adoption import git, penstock

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
    "parts/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        'patches:\n- target: {kind: Deployment}\n  patch: \'[{"op": "add", "path": "/spec/replicas", "value": 2}]\'\n'
        '- target: {kind: ConfigMap}\n  patch: \'[{"op": "add", "path": "/data/c", "value": "d"}]\'\n'
    ),
}
"""Three applications in two environments. One names what another makes and has an object of its kind, two make the same
Namespace, and two share a Component of which each entry fits one of them.
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
    return root


def write(root: Path, files: Mapping[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


@pytest.mark.parametrize("name", CHANGES)
def test_a_hook_says_what_a_comparison_of_everything_says(repository: Path, name: str) -> None:
    git(repository, "reset", "--quiet", "--hard")
    git(repository, "clean", "--quiet", "--force", "-d")
    write(repository, CHANGES[name])
    git(repository, "add", "--all")
    whole = found(repository, "check", "--since", "HEAD")
    assert found(repository, "check", "--staged") == whole
    assert (repository.parent / "cache").exists() or name.startswith("penstock.yaml")
    assert found(repository, "check", "--staged") == whole  # with what the first run has put down
    if name == "a mistake in a base":
        assert len(whole[1]) == 2  # type: ignore[arg-type]


def found(root: Path, *arguments: str) -> list[object]:
    """The exit status and the findings; targets that were not reached have no part in them."""
    kept = {"XDG_CACHE_HOME": str(root.parent / "cache")}
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
    assert "3 of 6 targets" in penstock(repository, "check", "--staged")  # an object is gone: its environment counts
    write(repository, {"web/prod/kustomization.yaml": FILES["web/prod/kustomization.yaml"] + "# a comment\n"})
    git(repository, "add", "--all")
    assert "3 of 6 targets" in penstock(repository, "check", "--staged")  # two make the Namespace of its objects


def test_a_push_is_compared_with_what_the_remote_has(repository: Path) -> None:
    git(repository, "reset", "--quiet", "--hard")
    before = commit_of(repository)
    write(repository, CHANGES["a mistake in a base"])
    git(repository, "commit", "--quiet", "--all", "--message", "A mistake")
    environ = {"PRE_COMMIT_FROM_REF": before, "PRE_COMMIT_TO_REF": commit_of(repository)}
    git(repository, "reset", "--quiet", "--hard", before)
    said = penstock(repository, "check", "--staged", environ=environ)
    assert "\n6 targets" in said  # the others make the Namespace of its objects
    assert said.count(" error ") == 2  # the field, and the container without an image
    assert "exit status 1" in said


def commit_of(root: Path) -> str:
    environ = {**os.environ, **ENVIRON}
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], check=True, capture_output=True, env=environ)
    return done.stdout.decode().strip()
