"""The hook, under the real pre-commit, in real repositories: pre-commit installs the project as it would for users.

Without the network these tests are skipped, except where CI asks for them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository

pytestmark = pytest.mark.xdist_group("hook")  # what pre-commit has installed is used by all tests

ROOT = Path(__file__).parent.parent
SHIPPED = (
    "compiler",
    "schemas",
    "scripts",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "NOTICE",
    "CHANGELOG.md",
    ".pre-commit-hooks.yaml",
)
GOOD = "resources: [settings.yaml]\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {currency: EUR}\n"
MISTAKE = SETTINGS.replace("\ndata:", "\ndota:")
FINDING = 'shop/settings.yaml:4:1: error PS400 dota: unknown field in ConfigMap\n  hint: did you mean "data"?'


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in which pre-commit keeps its things apart from those of the user."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_proxy")}
    return {**kept, **ENVIRON, "HOME": str(home), "PRE_COMMIT_HOME": str(home / "pre-commit"), "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environ: Mapping[str, str]) -> Repository:
    """The project as a repository that a configuration can name."""
    skip_without_network(tmp_path_factory.mktemp("network"), environ)
    project = Repository(tmp_path_factory.mktemp("project"))
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, project.path / name)
    project.commit(subject="The project")
    return project


@pytest.fixture
def repository(tmp_path: Path, project: Repository, environ: Mapping[str, str]) -> Repository:
    """A repository with a good target, whose commits go through the hook."""
    revision = project.git("rev-parse", "HEAD")
    hook = f"repos:\n- repo: {project.path}\n  rev: {revision}\n  hooks: [{{id: penstock-check}}]\n"
    files = {"shop/kustomization.yaml": GOOD, "shop/settings.yaml": SETTINGS, ".pre-commit-config.yaml": hook}
    repository = Repository(tmp_path / "shop")
    repository.commit(files, "A good target")
    assert pre_commit(repository, environ, "install").returncode == 0
    return repository


def skip_without_network(folder: Path, environ: Mapping[str, str]) -> None:
    """pre-commit has pip install the project, which needs its build system."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "hatchling"]
    done = subprocess.run(pip, env=dict(environ), capture_output=True, check=False, timeout=120)
    if done.returncode and "CI" not in os.environ:
        pytest.skip("the package index cannot be reached, so pre-commit cannot install the hook")


def pre_commit(repository: Repository, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(repository, environ, sys.executable, "-m", "pre_commit", *arguments)


def commit(repository: Repository, environ: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return run(repository, environ, "git", "commit", "--message", "A change", *options)


def run(repository: Repository, environ: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=repository.path, env=dict(environ), capture_output=True, text=True, check=False, timeout=300
    )


def test_a_good_tree_passes(repository: Repository, environ: Mapping[str, str]) -> None:
    done = pre_commit(repository, environ, "run", "--all-files", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "penstock check" in done.stdout
    assert "1 target, 1 object, no findings" in done.stdout


def test_a_mistake_stops_the_commit_and_is_located(repository: Repository, environ: Mapping[str, str]) -> None:
    before = repository.git("rev-parse", "HEAD")
    repository.write({"shop/settings.yaml": MISTAKE})
    done = commit(repository, environ, "--all")  # for this, git names an index of its own
    assert done.returncode == 1
    assert FINDING in done.stderr
    assert repository.git("rev-parse", "HEAD") == before


def test_what_is_staged_counts(repository: Repository, environ: Mapping[str, str]) -> None:
    repository.write({"shop/settings.yaml": MISTAKE})
    repository.git("add", "--all")
    repository.write({"shop/settings.yaml": SETTINGS})
    done = commit(repository, environ)
    assert done.returncode == 1
    assert FINDING in done.stderr


def test_what_is_not_staged_does_not_count(repository: Repository, environ: Mapping[str, str]) -> None:
    repository.write({"notes.txt": "later\n"})
    repository.git("add", "--all")
    repository.write({"shop/settings.yaml": MISTAKE})
    done = commit(repository, environ)
    assert done.returncode == 0, done.stderr
    assert (repository.path / "shop" / "settings.yaml").read_text() == MISTAKE


def test_a_file_that_is_not_added_is_not_there(repository: Repository, environ: Mapping[str, str]) -> None:
    repository.write({"shop/kustomization.yaml": "resources: [settings.yaml, more.yaml]\n"})
    repository.git("add", "--all")
    repository.write({"shop/more.yaml": SETTINGS.replace("settings", "more")})
    done = commit(repository, environ)
    assert done.returncode == 1
    assert "shop/kustomization.yaml:1:28: error PS101 " in done.stderr


def test_before_a_push_the_commit_that_is_pushed_counts(
    repository: Repository, environ: Mapping[str, str], tmp_path: Path
) -> None:
    """And not the index, in which the mistake may be mended already."""
    remote = Repository(tmp_path / "remote", "--bare")
    assert pre_commit(repository, environ, "install", "--hook-type", "pre-push").returncode == 0
    repository.write({"shop/settings.yaml": MISTAKE})
    repository.git("commit", "--quiet", "--no-verify", "--all", "--message", "A mistake")
    repository.write({"shop/settings.yaml": SETTINGS})
    repository.git("add", "--all")
    done = run(repository, environ, "git", "push", str(remote.path), "main")
    assert done.returncode != 0
    assert FINDING in done.stdout + done.stderr
    assert remote.refs() == {}
    assert commit(repository, environ).returncode == 0
    done = run(repository, environ, "git", "push", str(remote.path), "main")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_deleted_file_is_noticed(repository: Repository, environ: Mapping[str, str]) -> None:
    repository.git("rm", "--quiet", "shop/settings.yaml")
    done = commit(repository, environ)
    assert done.returncode == 1
    assert "shop/kustomization.yaml:1:13: error PS101 " in done.stderr
