"""The law of outcomes that are proven to hold: where one is printed although files have changed, a check that works
everything out anew says the same.
"""

import io
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.cases import valid_bodies
from tests.test_kept_verdicts import MANIFESTS, TEXTS, TREES, check, files_of

from penstock import start
from penstock.emit.yaml import dump
from penstock.kubernetes import identify
from penstock.model import Pointer, Tree
from penstock.tree import get, leaves, with_values
from penstock.validate.own_fields import Difference, is_own

MOST_LINES = 40
"""The lines of a fixture that are changed, one after the other."""

MOST_COMPARED = 5
"""The proven outcomes of a fixture that are compared with those of a whole check."""

BINDING = "ValidatingAdmissionPolicyBinding"
"""Its policy may look at every field, so nothing is proven beside it."""

VALUE = re.compile(r"^(\s*(?:- )*(?:[\w./-]+:)? *)([\w./:%\"'-]+)$")


def laid(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".git").mkdir(exist_ok=True)


def proven(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str] | None:
    """What the cache has for the check of `check`, without any work on what has not changed."""
    out, err = io.StringIO(), io.StringIO()
    with monkeypatch.context() as patched:
        patched.chdir(root)
        patched.setenv("XDG_CACHE_HOME", str(root.parent / "cache"))
        status = start._known(["check", "--offline", "-o", "json"], out, err)
    return None if status is None else (status, out.getvalue(), err.getvalue())


def with_other_values(text: str, chance: random.Random) -> Iterator[str]:
    """The text with the value of one line changed: to the next number, to a longer word, or to nothing like it."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if match := VALUE.match(line):
            value = match[2]
            others = [f"{value}1", f"{value}x", "7", '"8"', "null", "[]", "${VALUE}", f"{value}\n{line}"]
            yield "\n".join([*lines[:number], match[1] + chance.choice(others), *lines[number + 1 :]])


@pytest.mark.parametrize("fixture", [*TREES, *TEXTS, *MANIFESTS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_proven_outcome_is_that_of_a_whole_check(
    fixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, files = tmp_path / "repository", files_of(fixture)
    laid(root, files)
    check(root)
    chance = random.Random(fixture.name)
    edits = [(path, text) for path in files for text in with_other_values(files[path], chance)]
    compared = 0
    for path, text in chance.sample(edits, min(MOST_LINES, len(edits))):
        (root / path).write_text(text)
        found = proven(root, monkeypatch) if compared < MOST_COMPARED else None
        if found is not None:
            compared += 1
            assert found == check(root, "--no-cache"), f"{path}\n{text}"
        (root / path).write_text(files[path])


def own_places(body: Tree) -> list[Pointer]:
    """The texts and numbers of an object that are its own."""
    identity, _ = identify(body)
    kind = identity.group, identity.kind
    return [at for at, value in leaves(body) if is_own(kind, Difference(at, value, other_than(value)))]


def other_than(value: Any) -> Any:
    return value + 1 if value.__class__ is int else not value if value.__class__ is bool else f"{value}x"


@pytest.mark.parametrize("overlay", ["", "namespace: other\nnamePrefix: a-\nlabels: [{pairs: {a: b}}]\n"])
def test_every_own_field_may_change(overlay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a tree of all kinds, whether the new value has a finding or not."""
    bodies = {f"{number}.yaml": body for number, body in enumerate(valid_bodies()) if body.get("kind") != BINDING}
    files = {name: dump(body) for name, body in bodies.items()}
    root = tmp_path / "repository"
    laid(root, {**files, "kustomization.yaml": dump({"resources": list(bodies)}) + overlay})
    before = check(root)
    answers = []
    for name, body in bodies.items():
        places = own_places(body)
        for chosen in [places, *([each] for each in places)][: MOST_COMPARED if overlay else None]:
            edited = with_values(body, [(at, other_than(get(body, at))) for at in chosen])
            (root / name).write_text(dump(edited))
            found = proven(root, monkeypatch) if chosen else None
            if found is not None:
                assert found == before
                answers.append(found == check(root, "--no-cache"))
            (root / name).write_text(files[name])
    assert all(answers)
    assert len(answers) > 20


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      priorityClassName: important
      containers:
      - name: shop
        image: shop:1.0
        args: [serve]
        resources: {requests: {cpu: 10m}}
"""
"""Of its priority class is said that the cluster must have it."""

SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  color: blue\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "is_proven"),
    [
        ("shop.yaml", "shop:1.0", "shop:1.1", True),
        ("shop.yaml", "replicas: 2", "replicas: 3", True),
        ("shop.yaml", "[serve]", "[serve, --verbose]", True),
        ("shop.yaml", "        args: [serve]\n", "", True),
        ("shop.yaml", "cpu: 10m", "cpu: 1", True),
        ("shop.yaml", "cpu: 10m", "cpu: many", False),  # a finding more
        ("shop.yaml", "spec:\n  replicas", "spec:\n\n  replicas", False),  # the finding stands a line below
        ("shop.yaml", "labels: {app: shop}", "labels: {app: shop, tier: web}", False),
        ("shop.yaml", "image: shop:1.0", "imagePullPolicy: Never", False),
        ("shop.yaml", "cpu: 10m", "cpu: 10m  # penstock: ignore=PS302 it has it", False),
        ("settings.yaml", "blue", "green", True),
        ("settings.yaml", "blue", "{{ color }}", False),
        ("settings.yaml", "blue", "5", False),
        ("settings.yaml", "color", "colour", False),
        ("settings.yaml", "apiVersion", "# above all\napiVersion", True),
        ("kustomization.yaml", "shop", "web", False),
    ],
)
def test_what_is_proven(
    path: str, old: str, new: str, is_proven: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kustomization = "namespace: shop\nresources: [shop.yaml, settings.yaml]\n"
    files = {"shop.yaml": DEPLOYMENT, "settings.yaml": SETTINGS, "kustomization.yaml": kustomization}
    root = tmp_path / "repository"
    laid(root, files)
    before = check(root)
    assert "PS302" in before[1]
    assert old in files[path]
    (root / path).write_text(files[path].replace(old, new))
    assert proven(root, monkeypatch) == (before if is_proven else None)
    assert not is_proven or check(root, "--no-cache") == before


@pytest.mark.parametrize(
    "more",
    [
        *("images: [{name: shop, newTag: '2'}]\n", "patches: [{path: patch.yaml}]\n", "replacements: []\n"),
        "configMapGenerator: [{name: settings, behavior: merge, literals: [size=1]}]\n",
    ],
)
def test_nothing_is_proven_where_a_build_may_look_at_every_field(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {paused: true}\n"
    kustomization = "resources: [shop.yaml, settings.yaml]\n" + more
    root = tmp_path / "repository"
    laid(root, {"shop.yaml": DEPLOYMENT, "settings.yaml": SETTINGS, "patch.yaml": patch})
    laid(root, {"kustomization.yaml": kustomization})
    check(root)
    (root / "settings.yaml").write_text(SETTINGS.replace("blue", "green"))
    assert proven(root, monkeypatch) is None


def test_objects_of_two_targets_of_an_environment_are_compared_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "repository"
    for target in ("a", "b"):
        laid(root, {f"{target}/prod/settings.yaml": SETTINGS})
        laid(root, {f"{target}/prod/kustomization.yaml": "resources: [settings.yaml]\n"})
    check(root)
    (root / "a/prod/settings.yaml").write_text(SETTINGS.replace("blue", "green"))
    assert proven(root, monkeypatch) is None
    assert "PS308" in check(root)[1]
