"""What a review says that a merge gives, and what git has after the merge and `hydrate --push`: the same trees."""

import json
import shlex
from pathlib import Path

import pytest
from tests.repository import Repository

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
NAMES = ("argo", "dev", "far", "prod", "stage")
SOURCES = {
    "base/kustomization.yaml": "resources: [service.yaml]\n",
    "base/service.yaml": SERVICE,
    **{f"{name}/kustomization.yaml": f"namespace: {name}\nresources: [../base]\n" for name in NAMES},
}
SETTINGS = """\
environments:
  prod: {}
  stage: {branch: main, folder: rendered/stage}
  dev: {branch: deployed, folder: dev}
  argo: {branch: environment/argo, layout: argocd}
  far: {repository: REPOSITORY}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    far = Repository(tmp_path / "far.git", "--bare")
    repository = Repository(tmp_path / "sources")
    repository.commit({**SOURCES, "penstock.yaml": SETTINGS.replace("REPOSITORY", far.path.as_uri()), "README": "one"})
    origin = Repository(tmp_path / "origin.git", "--bare")
    repository.git("remote", "add", "origin", str(origin.path))
    repository.git("push", "--quiet", "origin", "main")
    return repository


def hydrated(repository: Repository) -> None:
    """Hydrate, and take what that has added to the branch of the sources."""
    repository.git("push", "--quiet", "origin", "main")
    ran = repository.penstock("hydrate", "--push", "--create")
    assert ran.status == 0, ran.err
    repository.git("pull", "--quiet", "--ff-only", "origin", "main")


def reviewed(repository: Repository, *options: str) -> dict[str, dict[str, str]]:
    """The environments as a review of the change shows them."""
    said = repository.penstock("diff", "--base", "main", "--head", "topic", "--format", "json", *options)
    assert said.status == 1, said.err
    return {each["name"]: each for each in json.loads(said.out)["environments"]}


def tree_of(repository: Repository, told: dict[str, str]) -> str:
    """The tree that a branch, or a folder of one, has on the remote now."""
    place = repository.path.parent / ("far.git" if told["repository"] else "origin.git")
    return Repository(place).git("rev-parse", f"{told['branch']}:{told['folder']}")


@pytest.mark.parametrize("way", ["--no-ff", "--ff-only", "--squash"])
def test_a_merge_gives_what_the_review_has_said(way: str, repository: Repository) -> None:
    hydrated(repository)
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "81")}, "Another port")
    repository.git("switch", "--quiet", "main")
    told = reviewed(repository)
    assert told == reviewed(repository, "--no-cache")
    assert all(told[name]["tree"] for name in NAMES)
    assert [name for name in NAMES if told[name]["commit"]] == ["argo"]
    repository.git("merge", "--quiet", way, "topic")
    repository.commit() if way == "--squash" else None
    hydrated(repository)
    for name in NAMES:
        if way == "--ff-only" or not told[name]["commit"]:
            assert tree_of(repository, told[name]) == told[name]["tree"], name


def test_a_branch_of_another_repository_that_was_never_seen_has_no_tree(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "81")}, "Another port")
    told = reviewed(repository)
    assert not told["far"]["tree"]
    assert told["prod"]["tree"]


def test_a_clone_of_one_branch_promises_no_trees(repository: Repository, tmp_path: Path) -> None:
    """Files of others may lie on the branches that it does not have."""
    hydrated(repository)
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "81")}, "Another port")
    told = reviewed(repository)
    repository.git("push", "--quiet", "origin", "topic")
    address = (tmp_path / "origin.git").as_uri()
    repository.git("clone", "--quiet", "--depth=2", "--branch=topic", address, str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    said = clone.penstock("diff", "--base", "HEAD~1", "--format=json")
    trees = {each["name"]: each["tree"] for each in json.loads(said.out)["environments"]}
    assert not any(trees.values())
    assert "the trees of 4 environments are left out" in said.err
    clone.git(*shlex.split(said.err.partition("`git ")[2].partition("`")[0]))
    said = clone.penstock("diff", "--base", "HEAD~1", "--format=json")
    trees = {each["name"]: each["tree"] for each in json.loads(said.out)["environments"]}
    assert {name: tree for name, tree in trees.items() if name != "argo"} == {
        **{name: told[name]["tree"] for name in ("dev", "prod", "stage")},
        "far": "",
    }


def test_files_of_a_target_that_is_removed_are_read(repository: Repository) -> None:
    """They were read before the change, and that is found out with no cache, too."""
    sources = {"dev/more.yaml": SERVICE, "dev/kustomization.yaml": "resources: [more.yaml]\n"}
    repository.commit(sources)
    repository.git("rm", "--quiet", "dev/kustomization.yaml")
    repository.commit({"dev/more.yaml": f"{SERVICE}# no more\n"})
    said = [
        repository.penstock("diff", "--base", "HEAD~1", "--format", "json", *more) for more in ((), ("--no-cache",))
    ]
    assert [json.loads(each.out)["unread"] for each in said] == [[], []]


def test_files_that_no_target_reads_are_counted(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "81"), "README": "two", "docs/a.md": "new"})
    said = repository.penstock("diff", "--base", "main")
    assert "2 changed files that no target reads: README, docs/a.md\n" in said.out
    one = repository.penstock("diff", "--base", "main", "--environment", "prod", "--format", "json")
    assert json.loads(one.out)["unread"] == ["README", "docs/a.md"]
