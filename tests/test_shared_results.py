"""`hydrate --push --shared-results`: a job that keeps no folder goes on from what the last one has found out."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Ran, Repository
from tests.test_hydrate import SERVICE

from penstock import incremental, pipeline
from penstock.cli.shared_results import KEY, REF

SECRET = "a key that only jobs have"
FLEET = {
    "base/kustomization.yaml": "resources: [service.yaml]\n",
    "base/service.yaml": SERVICE,
    **{f"apps/{env}/kustomization.yaml": "resources: [../../base]\n" for env in ("dev", "prod", "test")},
}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The targets that were really compiled."""
    found: list[str] = []
    real = pipeline.build_target

    def build_target(project: object, target: object, *more: object) -> object:
        found.append(target.path)  # type: ignore[attr-defined]
        return real(project, target, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental, "build_target", build_target)
    return found


class Jobs:
    """Jobs that each clone a repository and keep nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = Repository(folder / "remote.git", "--bare")
        self.author = Repository(folder / "author")
        self.author.git("remote", "add", "origin", str(self.remote.path))
        self.number = 0

    def push(self, files: dict[str, str], subject: str = "Change things") -> None:
        self.author.commit(files, subject)
        self.author.git("push", "--quiet", "origin", "main")

    def hydrate(self, *words: str, key: str = SECRET, option: str = "--shared-results") -> Ran:
        self.number += 1
        place = self.folder / f"job-{self.number}"
        command = ["git", "clone", "--quiet", "--depth=1", f"file://{self.remote.path}", str(place)]
        subprocess.run(command, check=True, env=ENVIRON)
        options = [*filter(None, ("--push", "--create", option)), *words]
        return Repository(place).penstock("hydrate", *options, environ={KEY: key})

    def branches(self) -> str:
        return self.remote.git("for-each-ref", "refs/heads/rendered")

    def results(self) -> bytes:
        return self._raw("cat-file", "blob", f"{REF}:results")

    def replace_results(self, content: bytes) -> None:
        """Let somebody who may push leave other results."""
        blob = self._raw("hash-object", "-w", "--stdin", content=content).decode().strip()
        tree = self.remote.git("mktree", stdin=f"100644 blob {blob}\tresults\n")
        self.remote.git("update-ref", REF, self.remote.git("commit-tree", tree, stdin="Results\n"))

    def _raw(self, *words: str, content: bytes = b"") -> bytes:
        command, folder = ["git", *words], self.remote.path
        return subprocess.run(command, cwd=folder, check=True, stdout=-1, input=content, env=ENVIRON).stdout


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    found = Jobs(tmp_path)
    found.push(FLEET)
    return found


def test_only_what_changes_is_compiled_by_a_job_without_a_cache(jobs: Jobs, compiled: list[str]) -> None:
    first = jobs.hydrate()
    assert (first.status, sorted(compiled)) == (0, ["apps/dev", "apps/prod", "apps/test"])
    compiled.clear()
    jobs.push({"apps/test/kustomization.yaml": "resources: [../../base]\nnamePrefix: u-\n"})
    second = jobs.hydrate()
    assert (second.status, second.err, compiled) == (0, "", ["apps/test"])
    compiled.clear()
    assert (jobs.hydrate().status, compiled) == (0, [])


def test_the_branches_are_the_same_as_without(tmp_path: Path) -> None:
    """Commits and all: who shares results gets what everybody else gets."""
    told = []
    for name, option in (("shared", "--shared-results"), ("plain", "")):
        jobs = Jobs(tmp_path / name)
        said = []
        for step in range(3):
            jobs.push({**FLEET, "base/service.yaml": SERVICE.replace("80", str(80 + step))}, f"Step {step}")
            said.append(jobs.hydrate(option=option))
        told.append((said, jobs.branches()))
    assert told[0] == told[1]


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda known: b"",
    "no seal": lambda known: known.partition(b"\n")[2],
    "other results": lambda known: known.replace(b"apps/dev", b"apps/bad"),
    "no text": lambda known: bytes(range(256)) * 8,
    "a part": lambda known: known[: len(known) // 2],
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_nothing_is_taken_from_somebody_without_the_key(
    jobs: Jobs, compiled: list[str], spoil: Callable[[bytes], bytes]
) -> None:
    jobs.hydrate()
    before, known = jobs.branches(), jobs.results()
    jobs.replace_results(spoil(known))
    compiled.clear()
    again = jobs.hydrate()
    assert (again.status, again.err, len(compiled)) == (0, "", 3)
    assert jobs.branches() == before
    assert len(jobs.results()) > len(known) / 2


def test_another_key_is_another_seal(jobs: Jobs, compiled: list[str]) -> None:
    jobs.hydrate()
    compiled.clear()
    assert (jobs.hydrate(key="another key, also long enough").status, len(compiled)) == (0, 3)


def test_results_of_another_way_of_compiling_do_not_count(jobs: Jobs, compiled: list[str]) -> None:
    jobs.hydrate()
    compiled.clear()
    assert (jobs.hydrate("--merge", "kubernetes").status, len(compiled)) == (0, 3)


def test_results_of_another_repository_do_not_count(tmp_path: Path, compiled: list[str]) -> None:
    first, second = Jobs(tmp_path / "first"), Jobs(tmp_path / "second")
    for jobs, option in ((first, "--shared-results"), (second, "")):
        jobs.push(FLEET)
        jobs.hydrate(option=option)
    second.replace_results(first.results())
    compiled.clear()
    assert (second.hydrate().status, len(compiled)) == (0, 3)


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        (("--shared-results",), SECRET, "--shared-results is for runs that push"),
        (("--shared-results", "--push"), "", f"set {KEY} to a secret of at least 16 characters"),
        (("--shared-results", "--push"), "short", f"set {KEY} to a secret of at least 16 characters"),
    ],
)
def test_it_needs_a_push_and_a_key(words: tuple[str, ...], key: str, said: str, jobs: Jobs) -> None:
    ran = jobs.author.penstock("hydrate", *words, environ={KEY: key})
    assert (ran.status, said in ran.err) == (2, True)


def test_a_remote_that_takes_no_results_only_costs_time(jobs: Jobs) -> None:
    hook = jobs.remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nwhile read old new ref; do [ $ref != {REF} ] || exit 1; done\n")
    hook.chmod(0o755)
    ran = jobs.hydrate()
    assert (ran.status, "the results were not shared" in ran.err) == (0, True)
    assert "rendered/prod" in jobs.branches()
