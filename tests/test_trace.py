"""What Penstock starts, writes and connects to in hostile repositories, as the kernel sees it (`strace`).

A compile, and a hydration without a push, start no program but git, open no connection, and write nowhere but into the
cache and `.git`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository
from tests.test_hostile_git import program
from tests.test_hydrate import SERVICE, SOURCES

STRACE = shutil.which("strace")
CI = bool(os.environ.get("CI"))
pytestmark = pytest.mark.skipif(STRACE is None and not CI, reason="strace is not installed")

CALL = re.compile(r"(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
WRITES = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)")
COMMANDS = (
    "build prod",
    "check",
    "check --staged",
    "graph",
    "hydrate --create",
    "hydrate --create --offline",
    "hydrate --dry-run",
)


def traced(repository: Repository, home: Path, command: str) -> list[tuple[str, str]]:
    """The system calls of a command, each with its arguments."""
    assert STRACE is not None, "CI has to have strace"
    log = home / "trace.txt"
    words = [sys.executable, "-P", "-m", "penstock", *command.split()]  # -P: as installed, without the directory here
    environ = {
        **ENVIRON,
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environ |= {"XDG_CACHE_HOME": str(home / "cache")}
    calls = (
        "trace=execve,openat,open,creat,connect,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlink,link"
    )
    done = subprocess.run(
        [STRACE, "-f", "-qq", "-s", "4096", "-e", calls, "-o", str(log), *words],
        cwd=repository.path,
        env=environ,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 3), done.stderr
    found = (CALL.match(line) for line in log.read_text(errors="replace").splitlines())
    return [(call[1], call[2]) for call in found if call and " = -1 " not in call[2]]


def programs(calls: list[tuple[str, str]]) -> set[str]:
    """The names of the programs that were started by what was called first."""
    started = [texts[0] for name, rest in calls if name == "execve" and (texts := TEXT.findall(rest))]
    return {os.path.basename(path) for path in started[1:]}


def written(calls: list[tuple[str, str]], cwd: Path) -> set[Path]:
    """What was opened for writing, made, moved or removed; devices are left out."""
    paths = set()
    for name, rest in calls:
        if name in ("execve", "connect") or (name.startswith("open") and not WRITES.search(rest)):
            continue
        paths |= {cwd / text for text in TEXT.findall(rest) if text and not text.startswith("/dev/")}
    return {Path(os.path.normpath(path)) for path in paths}


def partial_clone(repository: Repository, home: Path) -> None:
    key = repository.git("rev-parse", "HEAD:base/service.yaml")
    (repository.path / ".git" / "objects" / key[:2] / key[2:]).unlink()
    for setting in ("core.repositoryFormatVersion 1", "extensions.partialClone far", "remote.far.promisor true"):
        repository.git("config", *setting.split())
    repository.git("config", "remote.far.url", "https://far.example.com/x.git")


def programs_of_attributes(repository: Repository, home: Path) -> None:
    repository.commit({".gitattributes": "* filter=evil diff=evil\n"})
    for key in ("filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.external", "core.fsmonitor"):
        repository.git("config", key, program(home, key))


def programs_of_git(repository: Repository, home: Path) -> None:
    keys = ("core.sshCommand", "core.pager", "core.editor", "core.askPass", "gpg.program", "core.gitProxy")
    for key in (*keys, "credential.helper", "core.alternateRefsCommand", "trailer.x.command"):
        repository.git("config", key, program(home, key))
    for name in ("reference-transaction", "post-commit", "pre-auto-gc", "post-index-change", "post-checkout"):
        hook = repository.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(program(home, name), hook)


def programs_of_the_sources(repository: Repository, home: Path) -> None:
    annotation = "annotations: {config.kubernetes.io/function: 'exec: {path: ./run.sh}'}"
    function = f"apiVersion: x/v1\nkind: X\nmetadata: {{name: x, {annotation}}}\n"
    repository.commit(
        {
            "yaml.py": "raise SystemExit(1)\n",
            "sitecustomize.py": "raise SystemExit(1)\n",
            "prod/run.sh": "#!/bin/sh\ntouch ran\n",
            "prod/function.yaml": function,
            "prod/kustomization.yaml": "resources: [../base]\ntransformers: [function.yaml]\n",
        }
    )


def remote_bases(repository: Repository, home: Path) -> None:
    names = "[../base, 'https://example.com/x.yaml', 'https://github.com/org/repo//x?ref=v1', 'git@example.com:a/b']"
    repository.commit({"prod/kustomization.yaml": f"resources: {names}\n"})


def names_and_links(repository: Repository, home: Path) -> None:
    (repository.path / "prod" / "link.yaml").symlink_to("/etc/passwd")
    (repository.path / "prod" / "up").symlink_to("../../..")
    (repository.path / "penstock.lock").symlink_to(home / "precious")
    repository.commit(
        {
            "prod/kustomization.yaml": "resources: [../base, link.yaml, up, ../../../x]\n",
            "dev/kustomization.yaml": "resources: [odd.yaml]\n",
            "dev/odd.yaml": SERVICE.replace("web", '"../../../../tmp/x"').replace("Service", '"../../../.git/hooks/x"'),
        }
    )


REPOSITORIES: dict[str, Callable[[Repository, Path], None]] = {
    function.__name__: function
    for function in (
        *(partial_clone, programs_of_attributes, programs_of_git, programs_of_the_sources),
        *(remote_bases, names_and_links),
    )
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("hostile", REPOSITORIES)
def test_only_git_is_started_and_nothing_else_is_touched(hostile: str, command: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    repository = Repository(tmp_path / "repository")
    repository.commit(SOURCES)
    REPOSITORIES[hostile](repository, home)
    calls = traced(repository, home, command)
    assert programs(calls) <= {"git"}
    assert [rest for name, rest in calls if name == "connect"] == []
    allowed = (repository.path / ".git", home / "cache")
    outside = {path for path in written(calls, repository.path) if not path.is_relative_to(allowed[0])}
    assert {path for path in outside if not path.is_relative_to(allowed[1])} == set()
    assert not (home / "ran").exists()
