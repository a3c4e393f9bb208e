"""Bases in git submodules, in real clones: checked out, not checked out, and nested.

What the work tree has is compiled by `build` and `check`; `hydrate` and comparisons read a submodule at the commit that
the sources name. Cases of discovery without git are in fixtures/targets.
"""

from pathlib import Path

import pytest
from tests.repository import Repository

LOCAL = ("-c", "protocol.file.allow=always")
"""What lets git take a submodule of this machine."""

UPDATE = (*LOCAL, "submodule", "--quiet", "update", "--init")


def settings(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a submodule `vendor/base`, which has the submodule `deep`."""
    folder = tmp_path_factory.mktemp("submodules")
    deep, base, fleet = (Repository(folder / name) for name in ("deep", "base", "fleet"))
    deep.commit({"part/kustomization.yaml": "resources: [part.yaml]\n", "part/part.yaml": settings("part")})
    base.git(*LOCAL, "submodule", "--quiet", "add", "../deep", "deep")
    base.commit(
        {"web/kustomization.yaml": "resources: [web.yaml, ../deep/part]\n", "web/web.yaml": settings("web")}, "Add web"
    )
    fleet.git(*LOCAL, "submodule", "--quiet", "add", "../base", "vendor/base")
    overlay = "resources: [../../vendor/base/web]\nnamePrefix: {}-\n"
    fleet.commit({f"apps/{name}/kustomization.yaml": overlay.format(name) for name in ("dev", "prod")}, "Add web")
    return fleet.path


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Repository:
    """A clone as git makes it: without the files of submodules."""
    made = Repository(tmp_path / "clone")
    made.git("remote", "add", "origin", str(origin))
    made.git("pull", "--quiet", "origin", "main")
    return made


HINT = "hint: `git submodule update --init --recursive :/vendor/base`"


def test_a_base_in_a_submodule_that_is_not_here(clone: Repository) -> None:
    for command in (("build", "apps/prod"), ("check", "--no-baseline"), ("hydrate", "--create")):
        ran = clone.penstock(*command)
        assert ran.status == 3, command
        said = ran.out + ran.err
        assert "apps/prod/kustomization.yaml:1:13: error PS116 vendor/base/web lies in vendor/base" in said
        assert HINT in said
    assert clone.git("branch", "--list", "rendered/*") == ""


def test_a_nested_submodule_that_is_not_here_is_named_with_the_outer_one(clone: Repository) -> None:
    clone.git(*UPDATE)
    ran = clone.penstock("build", "apps/prod")
    assert ran.status == 3
    assert (
        "vendor/base/web/kustomization.yaml:1:23: error PS116 vendor/base/deep/part lies in vendor/base/deep" in ran.err
    )
    assert HINT in ran.err


def test_the_hint_works(clone: Repository) -> None:
    clone.git(*UPDATE, "--recursive", ":/vendor/base")
    ran = clone.penstock("build", "apps/prod")
    assert (ran.status, ran.err) == (0, "")
    assert "name: prod-part" in ran.out
    assert "name: prod-web" in ran.out


def test_hydrate_reads_a_submodule_at_the_commit_of_the_sources(clone: Repository) -> None:
    clone.git(*UPDATE, "--recursive")
    base = Repository(clone.path / "vendor" / "base")
    base.write({"web/web.yaml": settings("later")})
    assert clone.penstock("hydrate", "--create").status == 0
    files = clone.git("ls-tree", "-r", "--name-only", "rendered/prod").split("\n")
    assert files == [".penstock", "apps/prod/configmap_prod-part.yaml", "apps/prod/configmap_prod-web.yaml"]
    base.commit(subject="Rename it")
    clone.commit(subject="Take the new base")
    assert clone.penstock("hydrate").status == 0
    assert "apps/prod/configmap_prod-later.yaml" in clone.git("ls-tree", "-r", "--name-only", "rendered/prod")
    affected = clone.penstock("affected", "--base", "HEAD~1")
    assert "vendor/base/web/web.yaml (changed)" in affected.out


def test_what_was_known_with_a_submodule_is_not_taken_for_a_clone_without(clone: Repository, tmp_path: Path) -> None:
    clone.git(*UPDATE, "--recursive")
    known = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert clone.penstock("hydrate", "--create", environ=known).status == 0
    clone.git("branch", "--quiet", "-D", "rendered/dev", "rendered/prod")
    clone.git("submodule", "--quiet", "deinit", "--all")
    for folder in (clone.path / ".git" / "modules").rglob("objects"):
        folder.rename(folder.with_name("gone"))
    ran = clone.penstock("hydrate", "--create", environ=known)
    assert ran.status == 3
    assert "PS116" in ran.err
    assert clone.git("branch", "--list", "rendered/*") == ""


def test_staged_files_are_checked_with_submodules(clone: Repository) -> None:
    clone.git(*UPDATE, "--recursive")
    ran = clone.penstock("check", "--staged")
    assert (ran.status, ran.err) == (0, "")
    assert "2 targets, 4 objects" in ran.out
