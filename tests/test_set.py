"""`penstock images` and `penstock set image`: cases, and pushes of many at once with real processes."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.conftest import Golden
from tests.repository import ENVIRON, Repository
from tests.test_targets import tree_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "set_image"
CASES = sorted(FIXTURES.iterdir())
PUSHERS = 8


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Path, tmp_path: Path, golden: Golden) -> None:
    """Each command, what it says, and the lines that it has changed."""
    repository = Repository(tmp_path / "repository")
    repository.commit(tree_of(case))
    told = []
    for command in (case / "commands.txt").read_text().splitlines():
        ran = repository.penstock(*shlex.split(command))
        changed = repository.git("diff", "--unified=0", "--no-prefix")
        lines = [line for line in changed.splitlines() if line[:1] in "+-"]
        told.append(f"$ penstock {command}\n{ran.err}{ran.out}exit status {ran.status}\n")
        told[-1] += "".join(f"{line}\n" for line in lines)
        repository.git("commit", "--quiet", "--all", "--allow-empty", "-m", "next")
    golden(case / "expected.txt", "\n".join(told))


def fleet(applications: int) -> dict[str, str]:
    """Applications with an image each, and one environment."""
    files = {}
    for number in range(applications):
        name = f"app-{number}"
        pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n"
        files[f"apps/{name}/prod/pod.yaml"] = f"{pod}  - name: main\n    image: example.com/{name}:0\n"
        files[f"apps/{name}/prod/kustomization.yaml"] = "resources: [pod.yaml]\n"
    return files


@pytest.fixture
def remote(tmp_path: Path) -> Repository:
    """A bare repository with a fleet on its branch main."""
    repository = Repository(tmp_path / "origin")
    repository.commit(fleet(PUSHERS))
    bare = tmp_path / "remote.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    return Repository(bare)


def clone_of(remote: Repository, path: Path, *options: str) -> Repository:
    subprocess.run(["git", "clone", "--quiet", *options, f"file://{remote.path}", path], check=True, env=ENVIRON)
    return Repository(path)


def test_a_push_leaves_the_work_tree_alone(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone", "--depth=1")
    ran = clone.penstock("set", "image", "example.com/app-0=1", "--push")
    assert ran.status == 0, ran.err
    assert "image: example.com/app-0:1" in remote.git("show", "main:apps/app-0/prod/pod.yaml")
    assert remote.git("diff", "--name-only", "main~1", "main") == "apps/app-0/prod/pod.yaml"
    assert remote.git("log", "-1", "--format=%an %s", "main") == "Ann Author Set example.com/app-0 to 1"
    assert clone.git("status", "--porcelain") == ""
    again = clone.penstock("set", "image", "example.com/app-0=1", "--push")
    assert (again.status, again.out) == (0, "nothing to change: 1 field with this image already\n")


def test_a_commit_has_nothing_else_in_it(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone")
    clone.write({"other.txt": "mine\n"})
    clone.git("add", "other.txt")
    assert clone.penstock("set", "image", "example.com/app-1=2", "--commit").status == 0
    assert clone.git("diff", "--name-only", "HEAD~1", "HEAD") == "apps/app-1/prod/pod.yaml"
    assert clone.git("status", "--porcelain") == "A  other.txt"


def test_what_cannot_be_committed_is_not_changed(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone")
    clone.git("rm", "--quiet", "--cached", "apps/app-1/prod/pod.yaml")
    ran = clone.penstock("set", "image", "example.com/app-1=2", "--commit")
    assert (ran.status, ran.out) == (4, "")
    assert ran.err == (
        "penstock: apps/app-1/prod/pod.yaml is not in git yet, so it cannot be committed: `git add` it first\n"
    )
    shutil.rmtree(clone.path / ".git")
    ran = clone.penstock("set", "image", "example.com/app-1=2", "--commit")
    assert ran.status == 4
    assert "not a git repository" in ran.err
    assert "image: example.com/app-1:0" in (clone.path / "apps/app-1/prod/pod.yaml").read_text()


def push_at_once(clones: Sequence[Repository], changes: Sequence[str]) -> None:
    """Let each clone push its change of an image, all at the same time, and assert that all of them succeed."""
    environ = {**ENVIRON, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "penstock", "set", "image", change, "--push"],
            cwd=clone.path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for clone, change in zip(clones, changes, strict=True)
    ]
    said = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(clones), said


def test_many_pushers_at_once_lose_nothing(remote: Repository, tmp_path: Path) -> None:
    clones = [clone_of(remote, tmp_path / f"clone-{number}", "--depth=1") for number in range(PUSHERS)]
    push_at_once(clones, [f"example.com/app-{number}=7" for number in range(PUSHERS)])
    assert remote.git("rev-list", "--count", "main") == str(PUSHERS + 1)
    for number in range(PUSHERS):
        assert f"example.com/app-{number}:7" in remote.git("show", f"main:apps/app-{number}/prod/pod.yaml")


def test_a_remote_that_refuses_is_said(remote: Repository, tmp_path: Path) -> None:
    clone = clone_of(remote, tmp_path / "clone")
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = clone.penstock("set", "image", "example.com/app-0=1", "--push")
    assert ran.status == 4
    assert "not today" in ran.err
    assert clone.penstock("set", "image", "example.com/app-0=1", "--push", "--branch", "gone").status == 2
    assert clone.penstock("set", "image", "example.com/app-0=1", "--push", "--remote", "gone").status == 2


def test_many_pushers_at_once_to_one_line_lose_nothing(tmp_path: Path) -> None:
    """All of them change the same file, and half of them the same line: each push is made on the one before."""
    repository = Repository(tmp_path / "origin")
    entries = ", ".join(f'{{name: app-{number}, newTag: "0"}}' for number in range(PUSHERS))
    pods = "".join(f"  - {{name: c{number}, image: app-{number}}}\n" for number in range(PUSHERS))
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: all}\nspec:\n  containers:\n"
    repository.commit(
        {"prod/pod.yaml": head + pods, "prod/kustomization.yaml": f"resources: [pod.yaml]\nimages: [{entries}]\n"}
    )
    bare = tmp_path / "remote.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    remote = Repository(bare)
    clones = [clone_of(remote, tmp_path / f"clone-{number}", "--depth=1") for number in range(PUSHERS)]
    push_at_once(clones, [f"app-{number // 2}={number + 1}" for number in range(PUSHERS)])
    assert remote.git("rev-list", "--count", "main") == str(PUSHERS + 1)
    text = remote.git("show", "main:prod/kustomization.yaml")
    for number in range(PUSHERS // 2):
        tags = (2 * number + 1, 2 * number + 2)
        assert any(f'{{name: app-{number}, newTag: "{tag}"}}' in text for tag in tags), text


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_branch_of_another_name_and_other_ids_will_do(algorithm: str, tmp_path: Path) -> None:
    bare = tmp_path / "remote.git"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", f"--object-format={algorithm}", "--initial-branch=trunk", bare], check=True
    )
    source = Repository(tmp_path / "source", f"--object-format={algorithm}", "--initial-branch=trunk")
    source.commit(fleet(1))
    source.git("push", "--quiet", str(bare), "trunk")
    clone = clone_of(Repository(bare), tmp_path / "clone")
    ran = clone.penstock("set", "image", "example.com/app-0=1", "--push")
    assert ran.status == 0, ran.err
    assert "app-0:1" in Repository(bare).git("show", "trunk:apps/app-0/prod/pod.yaml")
