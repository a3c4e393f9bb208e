"""What lies outside of the repository is not opened, whichever file of the repository is a symlink to it.

It is seen what Python opens and lists; `tests/test_trace.py` sees the same through the kernel.
"""

import builtins
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.repository import Ran, Repository
from tests.test_hydrate import SERVICE

KUSTOMIZATION = "resources: [web.yaml]\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: default
  source: {repoURL: 'https://example.com/here', path: chart, helm: {valueFiles: [values-prod.yaml]}}
  destination: {server: 'https://kubernetes.default.svc', namespace: web}
"""
FLUX = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, prune: true, path: ./clusters/prod, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {interval: 1m, url: 'https://example.com/here'}
"""
CONFIG = """
apiVersion: penstock.dev/v1
kind: Project
targets:
- {path: prod, environment: prod}
- {path: dev, environment: dev}
- {path: jsonnet, type: directory, environment: prod, jsonnet: {libs: [lib]}}
schemas: [schemas]
health: [health]
"""
TREE = {
    "penstock.yaml": CONFIG,
    "penstock.lock": "apiVersion: penstock.dev/v1\nkind: Lock\nentries: []\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n',
    "prod/kustomization.yaml": f"{KUSTOMIZATION}configMapGenerator: [{{name: a, files: [a.txt], envs: [a.env]}}]\n"
    "patches: [{path: patch.yaml}]\n",
    "prod/web.yaml": SERVICE,
    "prod/a.txt": "text\n",
    "prod/a.env": "a=b\n",
    "prod/patch.yaml": SERVICE,
    "dev/kustomization.yml": KUSTOMIZATION,
    "dev/web.yaml": SERVICE,
    "argo/app.yaml": APPLICATION,
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "port: 80\n",
    "chart/values-prod.yaml": "port: 81\n",
    "chart/values.schema.json": "{}\n",
    "chart/.helmignore": "*.md\n",
    "chart/templates/web.yaml": SERVICE,
    "clusters/prod/flux-system/gotk-sync.yaml": FLUX,
    "clusters/prod/web.yaml": SERVICE,
    "jsonnet/main.jsonnet": "import 'lib.libsonnet'\n",
    "jsonnet/lib/lib.libsonnet": "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'j'}}\n",
    "schemas/shop.json": "{}\n",
    "health/example.com.yaml": "{}\n",
}
"""A file for each part of Penstock that reads one."""

COMMANDS = (
    *(("check",), ("targets",), ("images",), ("graph",), ("init",), ("explain", "prod", "Service/web")),
    *(("build", "prod"), ("build", "dev"), ("template", "web", "chart"), ("lock",), ("check", "prod/web.yaml")),
    *(("set", "image", "web=web:2"), ("edit", "set", "namespace", "x")),
)


class Seen:
    """The paths outside of a directory that were opened or listed, with their symlinks resolved."""

    def __init__(self, outside: Path, patch: pytest.MonkeyPatch) -> None:
        self._outside = os.path.realpath(outside)
        self.paths: list[str] = []
        for module, name in ((builtins, "open"), (os, "open"), (os, "scandir"), (os, "listdir")):
            patch.setattr(module, name, self._watched(getattr(module, name)))

    def _watched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            if isinstance(path, str | bytes | os.PathLike):
                real = os.path.realpath(os.fsdecode(path))
                self.paths += [real] if real.startswith((self._outside, "/dev/zero", "/proc/self/environ")) else []
            return original(path, *arguments, **named)

        return opened


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit(TREE)
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def ran(repository: Repository, command: tuple[str, ...]) -> Ran:
    before = time.process_time()
    answer = repository.penstock(*command, cwd="prod" if command[0] in ("edit", "set") else ".")
    assert answer.status in (0, 1, 2, 3, 4), (command, answer)
    assert time.process_time() - before < 5, command
    said = answer.err + (answer.out if command[0] not in ("build", "template") else "")
    assert not any(character < " " and character != "\n" for character in said), (command, said)
    return answer


def moved_out(name: str, repository: Repository, outside: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Put a file or directory outside of the repository, and a link to it in its place; watch what is opened there."""
    (repository.path / name).rename(outside / "content")
    (repository.path / name).symlink_to(outside / "content")
    return Seen(outside, monkeypatch)


@pytest.mark.parametrize("name", TREE)
def test_a_file_that_is_a_symlink_out_is_not_opened(
    name: str, repository: Repository, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = moved_out(name, repository, outside, monkeypatch)
    for command in COMMANDS:
        ran(repository, command)
        assert (seen.paths, command) == ([], command)


@pytest.mark.parametrize("name", sorted({os.path.dirname(name) for name in TREE if "/" in name}))
def test_a_directory_that_is_a_symlink_out_is_not_listed(
    name: str, repository: Repository, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = moved_out(name, repository, outside, monkeypatch)
    for command in COMMANDS:
        # These name the directory, which `kustomize build` and `helm template` allow.
        if command[0] not in ("build", "template", "edit", "set"):
            ran(repository, command)
            assert (seen.paths, command) == ([], command)


def fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def endpoint(path: Path, outside: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def sparse(path: Path, outside: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def unreadable(path: Path, outside: Path) -> None:
    path.write_text(KUSTOMIZATION)
    path.chmod(0)


def linked(target: str) -> Callable[[Path, Path], None]:
    def make(path: Path, outside: Path) -> None:
        path.symlink_to(target.replace("OUTSIDE", str(outside)))

    return make


def linked_pipe(path: Path, outside: Path) -> None:
    os.mkfifo(outside / "pipe")
    path.symlink_to(outside / "pipe")


ODD: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "fifo": (fifo, "is not a regular file"),
    "socket": (endpoint, "is not a regular file"),
    "directory": (lambda path, outside: path.mkdir(), "there is no kustomization.yaml"),
    "sparse": (sparse, "has 1,099,511,627,776 bytes"),
    "unreadable": (unreadable, "cannot be read: Permission denied"),
    "itself": (linked("kustomization.yaml"), "cannot be read"),
    "long": (linked("x/" * 2_000), "there is no kustomization.yaml"),
    "nothing": (linked("OUTSIDE/none"), "there is no kustomization.yaml"),
    "passwd": (linked("/etc/passwd"), "leads outside"),
    "zero": (linked("/dev/zero"), "leads outside"),
    "environ": (linked("/proc/self/environ"), "leads outside"),
    "root": (linked("/"), "there is no kustomization.yaml"),
    "pipe": (linked_pipe, "leads outside"),
    "escapes": (linked("OUTSIDE/\x1b[2J\nerror"), "there is no kustomization.yaml"),
    "no_text": (linked("OUTSIDE/\udcff"), "there is no kustomization.yaml"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_of_the_repository_is_a_finding(
    kind: str, repository: Repository, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "unreadable" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    make, words = ODD[kind]
    (repository.path / "prod" / "kustomization.yaml").unlink()
    make(repository.path / "prod" / "kustomization.yaml", outside)
    seen = Seen(outside, monkeypatch)
    for command in COMMANDS:
        ran(repository, command)
        assert (seen.paths, command) == ([], command)
    answer = repository.penstock("build", "prod")
    assert (answer.status, words in answer.err) == (3, True), answer
    assert answer.err.startswith("prod"), answer


def test_a_directory_that_cannot_be_listed_is_a_finding(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path has more bytes than the system takes, which stops root, too; the reason for others is a permission."""
    top = repository.path / "deep"
    top.mkdir()
    monkeypatch.chdir(top)
    for _ in range(25):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    os.chdir(repository.path)
    for command in ("check", "targets", "graph"):
        answer = repository.penstock(command)
        said = answer.out + answer.err
        assert "warning PS102 this directory cannot be listed: File name too long" in said, answer
        assert said.count("PS102") == 1
        assert "deep/" in said


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "\udcff\udcfe", "\u202e", "-", "--help", " ", "'", "%s"])
def test_files_with_odd_names_are_named_in_one_line(name: str, repository: Repository) -> None:
    folder = repository.path / name
    folder.mkdir()
    (folder / "kustomization.yaml").symlink_to("/etc/passwd")
    (folder / "x.yaml").symlink_to("/etc/passwd")
    for command in (("check",), ("targets",), ("graph",), ("init",), ("build", f"./{name}"), ("check", f"./{name}")):
        ran(repository, command)
    assert "leads outside" in repository.penstock("check").out


def test_symlinks_within_the_repository_are_followed(repository: Repository) -> None:
    prod = repository.path / "prod"
    plain = repository.penstock("build", "prod", "--no-cache")
    (prod / "kustomization.yaml").rename(prod / "real.yaml")
    (prod / "kustomization.yaml").symlink_to("real.yaml")
    (prod / "a.txt").rename(prod / "b.txt")
    (prod / "a.txt").symlink_to("../prod/b.txt")
    (repository.path / "linked").symlink_to("prod")
    for name in ("prod", "linked"):
        assert repository.penstock("build", name, "--no-cache") == plain
        assert repository.penstock("check", name).status == repository.penstock("check", "dev").status


def test_the_user_may_lift_the_restriction(repository: Repository, outside: Path) -> None:
    """Kustomize v5.8.2 prints this, too."""
    path = repository.path / "dev" / "kustomization.yml"
    plain = repository.penstock("build", "dev")
    path.rename(outside / "content")
    path.symlink_to(outside / "content")
    lifted = ("--load-restrictor", "LoadRestrictionsNone")
    assert repository.penstock("build", "dev").status == 3
    assert repository.penstock("build", "dev", *lifted) == plain
    assert "does not compile" not in repository.penstock("check", "dev", *lifted).out
