"""`penstock hydrate` in real repositories.

A folder of fixtures/hydrate is a story: in each step `source/` becomes the next commit, people put the files of
`branch/ENVIRONMENT/` on a rendered branch, and `arguments.txt` (default: `hydrate --create`) is run. `expected.txt`
tells what was said, and which files the branches held afterwards.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from tests.repository import ENVIRON, Ran, Repository

if TYPE_CHECKING:
    from tests.conftest import Golden

STORIES = sorted((Path(__file__).parent.parent / "fixtures" / "hydrate").iterdir())

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
SOURCES = {
    "base/kustomization.yaml": "resources: [service.yaml]\n",
    "base/service.yaml": SERVICE,
    "dev/kustomization.yaml": "namespace: dev\nresources: [../base]\n",
    "prod/kustomization.yaml": "namespace: prod\nresources: [../base]\n",
}
CHANGED = {"base/service.yaml": SERVICE.replace("80", "81")}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit(SOURCES, "Add web")
    return repository


@pytest.fixture
def remote(tmp_path: Path, repository: Repository) -> Repository:
    """A bare repository that `repository` knows as origin."""
    remote = Repository(tmp_path / "remote.git", "--bare")
    repository.git("remote", "add", "origin", str(remote.path))
    repository.git("push", "--quiet", "origin", "main")
    return remote


def clone_of(remote: Repository, path: Path, *options: str) -> Repository:
    subprocess.run(["git", "clone", "--quiet", *options, f"file://{remote.path}", path], check=True, env=ENVIRON)
    return Repository(path)


# --- stories ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(story: Path, tmp_path: Path, golden: "Golden") -> None:
    repository = Repository(tmp_path / "repository")
    golden(story / "expected.txt", "\n".join(_step(repository, step) for step in sorted(story.glob("[0-9]*"))))


def _step(repository: Repository, step: Path) -> str:
    """Play one step and tell it."""
    if (step / "source").exists():
        repository.replace(step / "source", step.name.partition("_")[2].replace("_", " "))
    for people in sorted(step.glob("branch/*")):
        files = {str(f.relative_to(people)): f.read_bytes() for f in people.rglob("*") if f.is_file()}
        repository.add_to(f"rendered/{people.name}", files)
    given = step / "arguments.txt"
    arguments = given.read_text().split() if given.exists() else ["hydrate", "--create"]
    ran = repository.penstock(*arguments)
    told = [f"# {step.name}", f"$ penstock {' '.join(arguments)}", ran.err + ran.out + f"exit status {ran.status}"]
    for ref in sorted(ref for ref in repository.refs() if ref.startswith("refs/heads/rendered/")):
        told += [f"{ref.removeprefix('refs/heads/')}:", *(f"  {name}" for name in repository.files(ref))]
    return re.sub(r"\b[0-9a-f]{10,64}\b", "<id>", "\n".join(told)) + "\n"


# --- which branch is rendered ----------------------------------------------------------------------------------------


def refused(ran: Ran, why: str) -> bool:
    return ran.status == 2 and ran.err.startswith(f"penstock: hydrate renders one branch: {why}")


def test_only_the_default_branch_of_the_remote_is_rendered_unasked(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone")
    clone.git("checkout", "--quiet", "-b", "feature")
    clone.commit(CHANGED)
    why = "the branch here is feature, and the default branch of origin is main"
    assert refused(clone.penstock("hydrate", "--create"), why)
    assert not any("rendered" in ref for ref in clone.refs())
    assert clone.penstock("hydrate", "--create", "--dry-run").status == 1
    clone.git("checkout", "--quiet", "--detach")
    assert refused(clone.penstock("hydrate", "--create"), "the commit here is not on main")
    assert clone.penstock("hydrate", "--create", "--revision", "feature").status == 0
    assert clone.penstock("hydrate", "--any-branch").status == 0
    clone.git("checkout", "--quiet", "--detach", "origin/main")
    assert clone.penstock("hydrate", "--create", "--allow-older").status == 0


def test_penstock_yaml_names_the_branch_that_is_rendered(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone")
    clone.commit({"penstock.yaml": "branch: release\n"})
    why = "the branch here is main, and `branch:` in penstock.yaml says release"
    assert refused(clone.penstock("hydrate", "--create"), why)
    clone.git("checkout", "--quiet", "-b", "release")
    assert clone.penstock("hydrate", "--create").status == 0


def test_the_merge_of_a_pull_request_is_not_rendered(
    remote: Repository, repository: Repository, tmp_path: Path
) -> None:
    """In a clone as CI systems make it: one commit, fetched under the name of the pull request."""
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit({"penstock.yaml": "branch: main\n", **CHANGED})
    repository.git("push", "--quiet", "origin", "feature:refs/pull/7/merge")
    clone = Repository(tmp_path / "clone")
    clone.git("remote", "add", "origin", f"file://{remote.path}")
    refspec = "+refs/pull/7/merge:refs/remotes/pull/7/merge"
    clone.git("fetch", "--quiet", "--depth=1", "origin", refspec)
    clone.git("checkout", "--quiet", "--detach", "refs/remotes/pull/7/merge")
    assert refused(clone.penstock("hydrate", "--create"), "the commit here is that of pull/7/merge")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    clone.git("checkout", "--quiet", "--detach", "origin/main")
    assert clone.penstock("hydrate", "--create").status == 0


# --- what is written -------------------------------------------------------------------------------------------------


def test_files_hold_what_build_prints(repository: Repository) -> None:
    repository.penstock("hydrate", "--create")
    files = repository.files("rendered/prod")
    objects = [text for name, text in files.items() if name != ".penstock"]
    assert sorted(objects) == sorted(repository.penstock("build", "prod").out.split("---\n"))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_the_same_sources_make_the_same_commits(algorithm: str, tmp_path: Path) -> None:
    refs = []
    for name in ("one", "two"):
        repository = Repository(tmp_path / name, f"--object-format={algorithm}")
        for files in (SOURCES, CHANGED):
            repository.commit(files)
            assert repository.penstock("hydrate", "--create").status == 0
        repository.git("fsck", "--strict")
        refs.append(repository.refs())
    assert refs[0] == refs[1]
    assert repository.git("rev-list", "--count", "rendered/prod") == "2"


def test_a_commit_tells_where_it_comes_from(repository: Repository) -> None:
    repository.penstock("hydrate", "--create")
    trailers = (f"%(trailers:key={key},valueonly,separator=)" for key in ("Dry-Sha", "Rendered-Tree"))
    form = "|".join(("%an <%ae> %ad", "%cn %cd", "%s", "%T", *trailers))
    told = repository.git("log", "-1", "--date=raw", f"--format={form}", "rendered/prod").split("|")
    author, committer, subject, true_tree, source, tree = told
    assert author == "Ann Author <ann@example.com> 1700000000 +0100"
    assert committer == "Penstock 1700000000 +0100"
    assert subject == "Add web"
    assert source == repository.git("rev-parse", "HEAD")
    assert tree == true_tree


def test_nothing_is_written_where_nothing_changed(repository: Repository) -> None:
    repository.penstock("hydrate", "--create")
    before = snapshot(repository.path)
    repository.git("commit", "--quiet", "--allow-empty", "-m", "Say nothing")
    between = snapshot(repository.path)
    assert repository.penstock("hydrate", "--create").out.count("unchanged") == 2
    assert snapshot(repository.path) == between != before


# --- what is not touched ---------------------------------------------------------------------------------------------


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a folder, those of git among them."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_work_tree_index_and_head_stay_as_they_are(repository: Repository) -> None:
    repository.write({"base/service.yaml": "broken: [\n", "staged.txt": "staged\n", "new/untracked.txt": "new\n"})
    repository.git("add", "staged.txt")
    (repository.path / "empty" / "directory").mkdir(parents=True)  # git knows no directories
    before, known = snapshot(repository.path), repository.refs()
    ran = repository.penstock("hydrate", "--create")
    assert ran.status == 0
    assert ran.err.startswith("3 files of the work tree differ from the commit ")
    after, refs = snapshot(repository.path), repository.refs()
    assert refs.keys() - known.keys() == {"refs/heads/rendered/dev", "refs/heads/rendered/prod"}
    assert {name: refs[name] for name in known} == known
    # Each way in which git keeps refs has its own files for them.
    kept = (".git/objects/", ".git/logs/refs/", ".git/refs/", ".git/reftable/")
    assert {name for name in after.keys() - before.keys() if not name.startswith(kept)} == set()
    same = {name: after.get(name) for name in before if not name.startswith(".git/reftable/")}
    assert same == {name: before[name] for name in same}


def test_a_bare_repository_and_a_linked_work_tree_will_do(repository: Repository, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    assert Repository(bare).penstock("hydrate", "--create").status == 0
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "--quiet", "--detach", str(linked))
    assert Repository(linked).penstock("hydrate", "--create", "--target", "prod", cwd=".").status == 0
    assert Repository(bare).refs()["refs/heads/rendered/prod"] == repository.refs()["refs/heads/rendered/prod"]


def test_targets_are_named_from_where_one_is(repository: Repository) -> None:
    for words in (["--target", "../prod"], ["../prod"], ["prod"], ["./../prod"]):
        ran = repository.penstock("hydrate", "--create", *words, cwd="base")
        assert (ran.status, ran.out.split(":")[0]) == (0, "rendered/prod")
    assert repository.penstock("hydrate", "prd").err.endswith('; did you mean "prod"?\n')
    assert repository.penstock("hydrate", "base").err == "penstock: there is no target in or below base\n"


def test_a_branch_that_is_checked_out_is_not_moved(repository: Repository, tmp_path: Path) -> None:
    repository.penstock("hydrate", "--create")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "rendered/prod")
    repository.commit(CHANGED)
    before = repository.refs()
    ran = repository.penstock("hydrate", "--create")
    assert ran.status == 4
    assert "rendered/prod is checked out in" in ran.err
    assert repository.refs() == before


def test_an_unborn_branch_that_is_checked_out_is_not_made(repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "--orphan", "rendered/prod")
    assert repository.penstock("hydrate", "--create", "--revision", commit).status == 4
    assert repository.refs().keys() == {"refs/heads/main"}


def test_a_symbolic_ref_is_not_written_through(repository: Repository) -> None:
    repository.git("branch", "precious")
    repository.git("symbolic-ref", "refs/heads/rendered/prod", "refs/heads/precious")
    before = repository.refs()
    ran = repository.penstock("hydrate", "--create")
    assert ran.status == 4
    assert "symbolic ref" in ran.err
    assert repository.refs() == before


def test_no_hook_runs_and_no_surroundings_of_one_count(repository: Repository, tmp_path: Path) -> None:
    hooks = repository.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "pre-push", "post-update", "update", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        (hooks / name).chmod(0o755)
    environ = {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent", "GIT_WORK_TREE": "/", "GIT_PREFIX": "x/"}
    assert repository.penstock("hydrate", "--create", environ=environ).status == 0
    assert not (tmp_path / "ran").exists()


def test_nobody_has_to_have_a_name(repository: Repository) -> None:
    repository.git("config", "user.useConfigOnly", "true")
    environ = {name: "" for name in ENVIRON if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))}
    assert repository.penstock("hydrate", "--create", environ=environ).status == 0


# --- the commit that is rendered -------------------------------------------------------------------------------------


def test_a_detached_head_will_do(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--detach")
    assert repository.penstock("hydrate", "--create").status == 0


def test_without_a_commit_there_is_nothing_to_render(tmp_path: Path) -> None:
    ran = Repository(tmp_path / "fresh").penstock("hydrate", "--create")
    assert (ran.status, ran.err) == (2, "penstock: there is no commit 'HEAD' here: nothing is committed yet\n")


def test_without_a_repository_git_says_so(tmp_path: Path) -> None:
    (tmp_path / "HEAD").write_text("not a repository")
    ran = Repository(tmp_path).penstock("hydrate", "--create")
    assert ran.status == 4
    assert "not a git repository" in ran.err


def test_a_later_commit_is_not_undone(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create")
    before = repository.refs()
    ran = repository.penstock("hydrate", "--create", "--revision", first)
    assert ran.status == 0
    assert ran.out.count("which the later commit") == 2
    assert repository.refs() == before


def test_a_commit_beside_the_rendered_one_may_replace_it(repository: Repository) -> None:
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "82")})
    assert repository.penstock("hydrate", "--create").out.count("updated") == 2


@pytest.mark.parametrize(
    "author",
    [
        b"A <a@x> 1700000000 +0000",
        b"\xc3\x86rger <a@x> 1700000000 +0000",
        b"Latin \xe9 <a@x> 1700000000 +0000",
        b" <> 1700000000 +0000",
        b"no address 1700000000 +0000",
        b"Far <a@x> 1700000000 +9999",
        b"Long ago <a@x> -5 +0000",
    ],
)
def test_odd_authors_and_dates_make_harmless_ones(author: bytes, repository: Repository) -> None:
    tree = repository.git("rev-parse", "HEAD^{tree}").encode()
    raw = b"tree %s\nauthor %s\ncommitter %s\n\nOdd \x1b[31m\n\nDry-Sha: 0\n" % (tree, author, author)
    (repository.path / "raw").write_bytes(raw)
    commit = repository.git("hash-object", "-t", "commit", "-w", "--literally", "raw")
    assert repository.penstock("hydrate", "--create", "--revision", commit).status == 0
    made = repository.git("cat-file", "commit", "rendered/prod")
    repository.git("hash-object", "-t", "commit", "--stdin", stdin=f"{made}\n")  # which checks the form
    assert repository.git("log", "-1", "--format=%s", "rendered/prod") == "Odd [31m"
    repository.commit({"raw": "", **CHANGED})
    assert repository.penstock("hydrate", "--create").out.count("updated") == 2


# --- remotes ---------------------------------------------------------------------------------------------------------


def test_push_sends_all_branches(repository: Repository, remote: Repository) -> None:
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.out.count(", pushed to origin\n") == 2
    assert remote.refs() == {r: c for r, c in repository.refs().items() if r.startswith("refs/heads/")}
    again = repository.penstock("hydrate", "--create", "--push")
    assert (again.status, again.out.count("unchanged")) == (0, 2)
    assert "pushed" not in again.out


def test_a_push_goes_on_from_what_the_remote_has(repository: Repository, remote: Repository, tmp_path: Path) -> None:
    other = clone_of(remote, tmp_path / "other")
    repository.penstock("hydrate", "--create", "--push")
    other.commit(CHANGED)
    ran = other.penstock("hydrate", "--create", "--push")
    assert (ran.status, ran.out.count("updated")) == (0, 2)
    assert remote.git("rev-list", "--count", "rendered/prod") == "2"
    assert other.refs()["refs/heads/rendered/prod"] == remote.refs()["refs/heads/rendered/prod"]
    assert repository.penstock("hydrate", "--create", "--push").out.count("which the later commit") == 2


def test_what_was_hydrated_here_is_pushed_later(repository: Repository, remote: Repository) -> None:
    repository.penstock("hydrate", "--create")
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.out.count("unchanged") == ran.out.count("pushed to origin") == 2
    assert remote.refs().keys() == {"refs/heads/main", "refs/heads/rendered/dev", "refs/heads/rendered/prod"}


def test_without_a_push_a_fetched_branch_is_gone_on_from(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    repository.penstock("hydrate", "--create", "--push")
    other = clone_of(remote, tmp_path / "other")
    assert other.penstock("hydrate", "--create").out.count("unchanged") == 2
    assert other.refs()["refs/heads/rendered/prod"] == remote.refs()["refs/heads/rendered/prod"]


def test_hydrations_that_went_apart_meet_on_the_remote(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    repository.penstock("hydrate", "--create", "--push")
    other = clone_of(remote, tmp_path / "other")
    other.commit({"base/service.yaml": SERVICE.replace("80", "90")})
    other.penstock("hydrate", "--create", "--push")
    repository.commit(subject="A minute later than the other one, which nobody has fetched here")
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create")
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.status == 0
    assert remote.git("rev-list", "--count", "rendered/prod") == "3"


def test_commits_of_people_are_not_lost_to_the_remote(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    repository.penstock("hydrate", "--create", "--push")
    other = clone_of(remote, tmp_path / "other")
    other.commit(CHANGED)
    other.penstock("hydrate", "--create", "--push")
    repository.add_to("rendered/prod", {"README.md": "Ours\n"})
    before = repository.refs()
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.status == 4
    assert "gone apart" in ran.err
    assert {r: c for r, c in repository.refs().items() if "/remotes/" not in r} == {
        r: c for r, c in before.items() if "/remotes/" not in r
    }


def test_a_remote_that_refuses_one_branch_gets_none(repository: Repository, remote: Repository) -> None:
    hook = remote.path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncase $1 in *prod) echo "prod is frozen" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    before = repository.refs()
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.status == 4
    assert "prod is frozen" in ran.err
    assert remote.refs().keys() == {"refs/heads/main"}
    assert repository.refs() == before


def test_a_remote_that_is_away_is_said(repository: Repository, remote: Repository) -> None:
    repository.git("remote", "set-url", "origin", "https://user:secret@localhost:1/none.git")
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.status == 4
    assert "secret" not in ran.err
    assert "Traceback" not in ran.err


def test_a_shallow_clone_will_do(repository: Repository, remote: Repository, tmp_path: Path) -> None:
    repository.penstock("hydrate", "--create", "--push")
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create", "--push")
    repository.commit({"base/service.yaml": SERVICE.replace("80", "82")})
    repository.git("push", "--quiet", "origin", "main")
    shallow = clone_of(remote, tmp_path / "shallow", "--depth=1", "--branch=main")
    ran = shallow.penstock("hydrate", "--create", "--push")
    assert (ran.status, ran.out.count("updated")) == (0, 2)
    assert remote.git("rev-list", "--count", "rendered/prod") == "3"


def test_a_shallow_clone_of_an_older_commit_does_not_undo_a_later_one(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    shallow = clone_of(remote, tmp_path / "shallow", "--depth=1", "--branch=main")
    repository.commit(CHANGED)
    repository.penstock("hydrate", "--create", "--push")
    before = remote.refs()
    assert shallow.penstock("hydrate", "--create", "--push").out.count("which the later commit") == 2
    assert remote.refs() == before


def of_the_same_second(repository: Repository, files: dict[str, str]) -> None:
    date = repository.git("log", "-1", "--format=%ct +0000")
    repository.write(files)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "More", environ={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date})
    repository.git("push", "--quiet", "origin", "main")


def test_an_older_commit_of_the_same_second_undoes_nothing_in_a_shallow_clone(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    shallow = clone_of(remote, tmp_path / "shallow", "--depth=1", "--branch=main")
    of_the_same_second(repository, CHANGED)
    repository.penstock("hydrate", "--create", "--push")
    before = remote.refs()
    ran = shallow.penstock("hydrate", "--create", "--push")
    assert (ran.status, ran.err.count("it is of the same second")) == (1, 2)
    assert remote.refs() == before


def test_a_newer_commit_of_the_same_second_names_the_older_one_in_a_shallow_clone(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    repository.penstock("hydrate", "--create", "--push")
    of_the_same_second(repository, CHANGED)
    shallow = clone_of(remote, tmp_path / "shallow", "--depth=1", "--branch=main")
    ran = shallow.penstock("hydrate", "--create", "--push")
    assert (ran.status, ran.out.count("updated")) == (0, 2)


def test_a_later_commit_of_the_same_second_is_fetched_to_tell(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    """A clone that was made before the other commit: the remote has the history that tells which came first."""
    late = clone_of(remote, tmp_path / "late")
    of_the_same_second(repository, CHANGED)
    repository.git("push", "--quiet", "origin", "main")
    assert repository.penstock("hydrate", "--create", "--push").status == 0
    ran = late.penstock("hydrate", "--push")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("kept") == 2
    assert "81" in remote.files("rendered/prod")["prod/service_prod_web.yaml"]


def test_a_newer_commit_without_its_history_is_not_undone(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    shallow = clone_of(remote, tmp_path / "shallow", "--depth=1", "--branch=main")
    repository.commit(CHANGED)
    newer = repository.commit({"base/service.yaml": SERVICE.replace("80", "82")})
    repository.git("push", "--quiet", "origin", "main")
    repository.penstock("hydrate", "--create", "--push")
    before = remote.refs()
    shallow.git("fetch", "--quiet", "--depth=1", "origin", newer)
    assert shallow.penstock("hydrate", "--create", "--push").out.count("which the later commit") == 2
    assert remote.refs() == before


ENCODINGS = ("utf-8\0x", "zlib", "undefined", "idna", "unicode_escape", "utf-7", "x" * 10_000, "rot13")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_commit_may_name_any_encoding(encoding: str, repository: Repository) -> None:
    tree = repository.git("rev-parse", "HEAD^{tree}")
    person = "A <a> 1700000000 +0000"
    text = f"tree {tree}\nauthor {person}\ncommitter {person}\nencoding {encoding}\n\n\\ud800\\xZZ+2AA-\n"
    commit = repository.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text)
    assert repository.penstock("hydrate", "--create", "--revision", commit).status == 0


def test_findings_are_said_where_the_remote_refuses_too(repository: Repository, remote: Repository) -> None:
    repository.commit({"dev/kustomization.yaml": "resources: [../none]\n"})
    repository.git("remote", "set-url", "origin", str(remote.path / "none"))
    ran = repository.penstock("hydrate", "--create", "--push")
    assert ran.status == 4
    assert "dev/kustomization.yaml:1:13: error" in ran.err


# --- races -----------------------------------------------------------------------------------------------------------


def start(repository: Repository, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "penstock", *arguments]
    environ = {**ENVIRON, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=repository.path, env=environ, stdout=pipe, stderr=pipe, encoding="utf-8")


def test_hydrators_of_one_repository_agree(repository: Repository) -> None:
    running = [start(repository, "hydrate", "--create") for _ in range(4)]
    for process in running:
        out, complaint = process.communicate(timeout=120)
        assert (process.returncode, complaint) == (0, "")
        assert len(out.splitlines()) == 2
    assert repository.git("rev-list", "--count", "rendered/prod") == "1"
    assert not [ref for ref in repository.refs() if ref.startswith("refs/penstock/")]


def test_hydrators_of_many_clones_lose_nothing(repository: Repository, remote: Repository, tmp_path: Path) -> None:
    """Each clone is at another commit; whoever comes last, the branch ends with what the last commit renders."""
    clones = []
    for number in range(4):
        repository.commit({"base/service.yaml": SERVICE.replace("80", f"9{number}")})
        repository.git("push", "--quiet", "origin", "main")
        clones.append(clone_of(remote, tmp_path / f"clone{number}", "--no-tags"))
    running = [start(clone, "hydrate", "--create", "--push") for clone in clones]
    assert [process.communicate(timeout=120)[1] for process in running] == [""] * 4
    assert [process.returncode for process in running] == [0] * 4
    assert "port: 93" in remote.files("rendered/prod")["prod/service_prod_web.yaml"]
    assert "port: 93" in remote.files("rendered/dev")["dev/service_dev_web.yaml"]


def test_races_and_kills_do_no_harm() -> None:
    """A short run of the bench, which has the long one: 8 hydrators x 40 commits, and 200 kills."""
    bench = Path(__file__).parent.parent / "bench" / "hydrators.py"
    options = ["--hydrators=3", "--commits=2", "--kills=4", "--applications=2"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, str(bench), *options], capture_output=True, encoding="utf-8", check=False, env=environ
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert "6 of 6 hydrations landed" in ran.stdout


def test_what_a_killed_hydration_left_behind_is_swept(repository: Repository) -> None:
    repository.git("update-ref", "refs/penstock/1700000000-0badf00d/0", "HEAD")
    repository.git("update-ref", "refs/penstock/9700000000-0badf00d/0", "HEAD")
    assert repository.penstock("hydrate", "--create").status == 0
    assert [ref for ref in repository.refs() if "penstock" in ref] == ["refs/penstock/9700000000-0badf00d/0"]


# --- hostile names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "revision", ["--help", "-x", "--all", "HEAD..HEAD", "a b", "\n", "HEAD:base", "@{-1}", "", "x" * 5000]
)
def test_a_revision_is_no_option(revision: str, repository: Repository) -> None:
    ran = repository.penstock("hydrate", "--create", f"--revision={revision}")
    assert (ran.status, ran.out) == (2, "")
    assert repository.refs().keys() == {"refs/heads/main"}


@pytest.mark.parametrize(
    "name", ["--upload-pack=touch ran", "ext::sh -c touch% ran", "../remote.git", "", "none", "a\nb"]
)
def test_a_remote_is_the_name_of_one(name: str, repository: Repository, remote: Repository) -> None:
    ran = repository.penstock("hydrate", "--create", "--push", f"--remote={name}")
    assert ran.status == 2
    assert not (repository.path / "ran").exists()


NAMES = [
    "--all",
    "-prod",
    "prod.lock",
    "a..b",
    "a@{b",
    "a~1",
    "a*",
    "a?b",
    "a[b",
    "a\\b",
    "a\nb",
    "a\x1b[2Jb",
    "é",
    "\udcff",
    "@",
    '"',
    "HEAD",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_of_any_name_is_written_or_refused(name: str, repository: Repository) -> None:
    odd = {f"{name}/kustomization.yaml": "namespace: odd\nresources: [../base]\n"}
    # A name that only one application has may be that of a variant.
    another = {f"cart/{each}/kustomization.yaml": "resources: [../base]\n" for each in ("prod", name)}
    repository.commit({**odd, **another, "cart/base/kustomization.yaml": "resources: []\n"})
    ran = repository.penstock("hydrate", "--create")
    branch = f"refs/heads/rendered/{name}"
    assert "\x1b" not in ran.out + ran.err
    if branch in repository.refs():
        assert ran.status == 0
        assert f"{name}/service_odd_web.yaml" in repository.files(branch)
    else:
        assert (ran.status, "PS507" in ran.err) == (1, True)
    assert "refs/heads/rendered/prod" in repository.refs()


def test_a_branch_that_bars_the_way_is_said(repository: Repository) -> None:
    repository.git("branch", "rendered")
    ran = repository.penstock("hydrate", "--create")
    assert ran.status == 4
    assert "refs/heads/rendered" in ran.err
    assert repository.refs().keys() == {"refs/heads/main", "refs/heads/rendered"}


def test_a_tree_that_no_work_tree_can_have_does_no_harm(repository: Repository) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", stdin="resources: []\n")
    inner = repository.git("mktree", stdin=f"100644 blob {blob}\tkustomization.yaml\n")
    git = repository.git("mktree", "--missing", stdin=f"040000 tree {inner}\tprod\n")
    main = repository.git("ls-tree", "HEAD")
    tree = repository.git("mktree", stdin=f"{main}\n040000 tree {git}\t..\n040000 tree {git}\t.git\n")
    commit = repository.git("commit-tree", tree, "-m", "Hostile")
    assert repository.penstock("hydrate", "--create", "--revision", commit).status == 0
    assert repository.files("rendered/prod").keys() == {".penstock", "prod/service_prod_web.yaml"}


def test_an_unprintable_object_is_a_finding(repository: Repository) -> None:
    repository.commit({"base/service.yaml": SERVICE + "nested: " + "[" * 950 + "]" * 950 + "\n"})
    ran = repository.penstock("hydrate", "--create")
    assert ran.status in (1, 3)
    assert "Traceback" not in ran.err
    assert repository.refs().keys() == {"refs/heads/main"}


def test_a_note_says_what_was_rendered_where_nothing_changed(
    repository: Repository, remote: Repository, tmp_path: Path
) -> None:
    """A job that comes late knows of the newer commit by it, though no branch has a commit of that."""
    repository.penstock("hydrate", "--create", "--push")
    older = repository.commit(CHANGED, "Change, and take it back")
    newer = repository.commit(SOURCES, "Take it back")
    repository.git("push", "--quiet", "origin", "main")
    before = repository.refs()
    ran = repository.penstock("hydrate", "--push")
    assert (ran.status, ran.out.count("unchanged")) == (0, 2)
    for place in (repository, remote):
        said = place.git("notes", "--ref=penstock", "show", "rendered/prod")
        assert said.startswith(f"Dry-Sha: {newer}\n")
    assert {ref: key for ref, key in repository.refs().items() if ref != "refs/notes/penstock"} == before
    after = remote.refs()
    assert repository.penstock("hydrate", "--push").status == 0
    assert remote.refs() == after, "the same commit again leaves no further note"
    late = clone_of(remote, tmp_path / "late")
    said = late.penstock("hydrate", "--push", "--revision", older).out
    assert said.count(f"which the later commit {newer[:10]} has rendered") == 2
    assert remote.refs() == after
    late.penstock("hydrate", "--push", "--revision", older, "--allow-older")
    assert remote.git("rev-parse", "rendered/prod^{tree}") != repository.git("rev-parse", "rendered/prod^{tree}")
    repository.git("fsck", "--strict")


# --- what was reviewed is what is written ----------------------------------------------------------------------------


def test_only_the_expected_tree_is_written(repository: Repository) -> None:
    said = repository.penstock("hydrate", "--dry-run", "--environment", "prod").out
    tree = re.search(r"tree +([0-9a-f]{40})", said)
    assert tree is not None
    wrong = "0" * 40
    ran = repository.penstock("hydrate", "--create", "--expect", f"prod={wrong}")
    assert ran.status == 1
    assert f"would get the tree {tree[1]}, and {wrong} is expected" in ran.err
    assert "refs/heads/rendered/dev" not in repository.refs()
    assert repository.penstock("hydrate", "--create", "--expect", f"prod={tree[1]}").status == 0
    assert repository.git("rev-parse", "rendered/prod^{tree}") == tree[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--expect", "abc"], "ENV=TREE is needed"),
        (["--expect", "0" * 40], "there are 2 environments"),
        (["--expect", f"qa={'0' * 40}"], "there is no environment qa"),
    ],
)
def test_what_is_expected_has_to_be_clear(words: list[str], said: str, repository: Repository) -> None:
    ran = repository.penstock("hydrate", *words)
    assert ran.status == 2
    assert said in ran.err


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ssh(tmp_path: Path, repository: Repository) -> dict[str, str]:
    """A key of SSH, by which git signs and tells signatures. Gives the environment that it needs."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"hydrate@penstock.dev {key.with_suffix('.pub').read_text()}")
    settings = {"gpg.format": "ssh", "user.signingKey": str(key), "gpg.ssh.allowedSignersFile": str(allowed)}
    for name, value in settings.items():
        repository.git("config", name, value)
    return {}


@pytest.fixture
def gpg(tmp_path: Path, repository: Repository) -> Iterator[dict[str, str]]:
    """The same for a key of OpenPGP, which is named in no configuration."""
    with TemporaryDirectory(prefix="g") as home:  # the path of a socket in it must be short
        environ = {"GNUPGHOME": home}
        command = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "hydrate@penstock.dev"]
        subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True)
        yield environ
        subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, **environ}, check=False)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("ssh", marks=pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="OpenSSH is not here")),
        pytest.param("gpg", marks=pytest.mark.skipif(not shutil.which("gpg"), reason="GnuPG is not here")),
    ],
)
def test_git_tells_the_signature_of_a_commit(
    way: str, repository: Repository, remote: Repository, request: pytest.FixtureRequest
) -> None:
    environ = request.getfixturevalue(way)
    plain = repository.penstock("hydrate", "--create", "--dry-run")
    options = ["--sign"] if way == "ssh" else ["--signing-key", "hydrate@penstock.dev"]
    ran = repository.penstock("hydrate", "--create", "--push", *options, environ=environ)
    assert (ran.status, ran.err) == (0, "")
    for branch in ("rendered/dev", "rendered/prod"):
        repository.git("verify-commit", branch, environ=environ)
        assert repository.git("rev-parse", f"{branch}^{{tree}}") in plain.out, "a signature changes no tree"
        assert remote.git("rev-parse", branch) == repository.git("rev-parse", branch)
        told = repository.git("show", "-s", "--format=%an, %cn, %at, %ct", branch)
        assert told == "Ann Author, Penstock, 1700000000, 1700000000"
    repository.commit(subject="Change nothing")
    again = repository.penstock("hydrate", "--push", *options, environ=environ)
    assert again.out.count("unchanged") == 2
    repository.git("verify-commit", "refs/notes/penstock", environ=environ)


def test_what_cannot_be_signed_is_not_written(repository: Repository) -> None:
    refs = repository.refs()
    ran = repository.penstock("hydrate", "--create", "--sign", environ={"GNUPGHOME": "/nowhere"})
    assert ran.status == 4
    assert "git cannot sign" in ran.err
    assert repository.refs() == refs
