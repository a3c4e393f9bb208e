"""Clones that lack something, and work trees that are made in another way: what is said of them is true, and an order
that a message gives works.
"""

import shlex
import subprocess
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Ran, Repository
from tests.test_hydrate import CHANGED, SOURCES, clone_of

from penstock.git import REFETCH, Git
from penstock.git_files import GitCommit


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    """A repository with two commits on `main`, a branch `topic` at the first one and the rendered branches of both
    environments.
    """
    repository = Repository(tmp_path / "origin")
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit(SOURCES, "Add web")
    repository.git("branch", "topic")
    repository.commit(CHANGED)
    assert repository.penstock("hydrate", "--create").status == 0
    return repository


COMPARING = ("affected --base {}", "diff --base {}", "check --since {}")


@pytest.mark.parametrize("lacking", ["blob:none", "tree:0"])
@pytest.mark.parametrize("command", COMPARING)
def test_what_a_partial_clone_lacks_is_said_with_an_order_that_brings_it(
    command: str, lacking: str, origin: Repository, tmp_path: Path
) -> None:
    clone = clone_of(origin, tmp_path / "clone", f"--filter={lacking}")
    words = command.format("HEAD~1").split()
    said = clone.penstock(*words)
    assert said.status == (4 if lacking == "tree:0" else 3 if command.startswith("diff") else 0), said
    assert said.status == 0 or REFETCH in said.err + said.out, said  # the others need no file of the older commit
    clone.git(*REFETCH.split()[1:])
    assert clone.penstock(*words) == origin.penstock(*words)


def test_many_files_that_a_partial_clone_lacks_are_missing(origin: Repository, tmp_path: Path) -> None:
    names = [f"many/{number}.txt" for number in range(40)]
    before = origin.commit({name: name for name in names})
    origin.commit(dict.fromkeys(names, "later"))
    clone = clone_of(origin, tmp_path / "clone", "--filter=blob:none")
    with GitCommit(Git(str(clone.path), ENVIRON), before) as files:
        ids = [files.blob(name) or "" for name in names]
        kept = [files.blob("base/service.yaml") or "", *ids]
        assert [found is not None for found in files._objects.several(kept, 1000)] == [True, *(False for _ in ids)]
        assert files._objects.get(kept[0], 1000) is not None


@pytest.mark.parametrize("command", COMPARING)
@pytest.mark.parametrize(
    ("options", "revision"),
    [(["--depth=1"], "HEAD~1"), (["--depth=1"], "origin/topic"), (["--single-branch"], "origin/topic")],
)
def test_a_commit_that_a_clone_lacks_comes_by_the_order_of_the_message(
    options: list[str], revision: str, command: str, origin: Repository, tmp_path: Path
) -> None:
    clone = clone_of(origin, tmp_path / "clone", *options)
    words = command.format(revision).split()
    said = clone.penstock(*words)
    assert said.status == 2
    said = after_its_order(said, clone, words)
    if command.startswith("diff"):  # which shows the trees of the rendered branches, too
        said = after_its_order(said, clone, words)
    assert said == origin.penstock(*command.format("topic").split())


def after_its_order(said: Ran, clone: Repository, words: list[str]) -> Ran:
    """Run the order that a message gives, and return what the command says after it."""
    order = said.err.split("`")[1]
    subprocess.run(shlex.split(order), cwd=clone.path, env=ENVIRON, check=True, capture_output=True)
    return clone.penstock(*words)


@pytest.mark.parametrize("command", COMPARING)
def test_a_clone_without_the_commit_where_histories_part_says_so(
    command: str, origin: Repository, tmp_path: Path
) -> None:
    origin.git("checkout", "--quiet", "topic")
    origin.commit({"prod/kustomization.yaml": SOURCES["prod/kustomization.yaml"] + "namePrefix: new-\n"})
    clone = clone_of(origin, tmp_path / "clone", "--depth=1", "--no-single-branch")
    words = command.format("origin/main").split()
    remark = "this clone does not have where HEAD leaves origin/main: that commit itself is compared\n"
    assert clone.penstock(*words).err == remark
    assert origin.penstock(*command.format("main").split()).err == ""


def test_an_order_is_only_given_where_it_can_help(origin: Repository, tmp_path: Path) -> None:
    clone = clone_of(origin, tmp_path / "clone")
    for revision in ("nowhere", "other/branch", "origin/$(x)", "origin/a b"):
        said = clone.penstock("affected", "--base", revision).err
        assert said.startswith(f"penstock: there is no commit {revision!r} here")
        assert "git fetch" not in said


def test_files_that_a_sparse_checkout_leaves_out_are_no_edits(origin: Repository) -> None:
    origin.git("sparse-checkout", "set", "base", "prod")
    assert "differ" not in origin.penstock("hydrate", "--create").err
    origin.write({"base/service.yaml": "edited\n", "prod/new.yaml": "new\n"})
    assert origin.penstock("hydrate").err.startswith("2 files of the work tree differ")


@pytest.mark.parametrize("kind", ["a further work tree", "a separate directory of git"])
def test_a_file_that_leads_to_git_is_no_source(kind: str, origin: Repository, tmp_path: Path) -> None:
    if kind == "a further work tree":
        origin.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "other"))
        repository = Repository(tmp_path / "other")
    else:
        repository = origin
        repository.git("init", "--quiet", f"--separate-git-dir={tmp_path / 'git'}")
    repository.write({"prod/kustomization.yaml": SOURCES["prod/kustomization.yaml"] + "# a comment\n"})
    said = repository.penstock("check", "--since", "HEAD", environ={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert said.out.startswith("1 of 2 targets"), said


def test_grafts_do_not_count(origin: Repository) -> None:
    plain = origin.penstock("affected", "--base", "HEAD~1")
    origin.write({".git/info/grafts": origin.git("rev-parse", "HEAD") + "\n"})
    assert origin.penstock("affected", "--base", "HEAD~1") == plain


def test_that_git_refuses_a_repository_of_somebody_else_is_said(origin: Repository) -> None:
    origin.penstock("hydrate", "--create")
    said = origin.penstock("diff", "prod", "rendered/prod", environ={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert (said.status, "dubious ownership" in said.err) == (4, True), said


def test_a_hook_does_not_stop_the_commits_of_a_repository_without_targets(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.write({"README.md": "soon\n"})
    repository.git("add", "--all")
    first = repository.penstock("check", "--staged")
    assert first.status == 0
    assert "there is no kustomization, chart or definition" in first.err
    repository.commit({"kustomization.yaml": "namePrefix: a-\n"})
    repository.git("rm", "--quiet", "kustomization.yaml")
    assert repository.penstock("check", "--staged").status == 0
    # Somebody who asks for a check by hand has named the wrong place.
    assert repository.penstock("check").status == 2
