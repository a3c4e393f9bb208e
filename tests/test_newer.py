"""What tells of a newer commit of a rendered branch while a sync waits, beside real git."""

import os
from io import StringIO
from pathlib import Path

import pytest
from tests.repository import ENVIRON, Repository

from penstock.cli import newer
from penstock.cli.newer import Newer
from penstock.cli.rendered import Where
from penstock.cli.streams import Streams

BRANCH = "rendered/prod"


def commit(repository: Repository, text: str, *parents: str) -> str:
    blob = repository.git("hash-object", "-w", "--stdin", stdin=text)
    tree = repository.git("mktree", stdin=f"100644 blob {blob}\tfile\n")
    return repository.git("commit-tree", tree, *(word for each in parents for word in ("-p", each)), "-m", text)


def put(repository: Repository, revision: str, ref: str = f"refs/heads/{BRANCH}") -> None:
    repository.git("update-ref", ref, revision)


def asked(told: Newer) -> str:
    """What it says once it has looked."""
    told._look()
    return told()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr(newer.Newer, "__call__", lambda self: self._found)
    monkeypatch.setattr(newer, "REMOTE_EVERY", 0.0)
    return Repository(tmp_path / "here")


def watched(repository: Repository, head: str, folder: str = "") -> Newer:
    streams = Streams(StringIO(), StringIO(), ENVIRON, str(repository.path))
    return Newer(streams, Where(BRANCH, folder), head)


def test_a_commit_that_follows_is_newer(here: Repository) -> None:
    first = commit(here, "one")
    put(here, first)
    told = watched(here, first)
    assert asked(told) == ""
    second = commit(here, "two", first)
    put(here, second)
    assert asked(told) == second


def test_a_call_takes_no_time_and_a_later_one_knows(here: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    first = commit(here, "one")
    second = commit(here, "two", first)
    put(here, second)
    told = watched(here, first)
    assert told() == ""
    assert told._thread
    told._thread.join()
    assert told() == second


def test_a_commit_that_was_fetched_is_newer(here: Repository) -> None:
    first = commit(here, "one")
    put(here, first)
    put(here, commit(here, "two", first), f"refs/remotes/origin/{BRANCH}")
    assert asked(watched(here, first)) != ""


def test_a_branch_that_goes_back_or_elsewhere_is_no_newer_one(here: Repository) -> None:
    first = commit(here, "one")
    second = commit(here, "two", first)
    for other in (first, commit(here, "another")):
        put(here, other)
        assert asked(watched(here, second)) == ""


def test_a_commit_for_another_environment_of_the_branch_is_no_newer_one(here: Repository, tmp_path: Path) -> None:
    def both(prod: str, dev: str, *parents: str) -> str:
        blobs = [here.git("hash-object", "-w", "--stdin", stdin=text) for text in (dev, prod)]
        folders = [here.git("mktree", stdin=f"100644 blob {blob}\tfile\n") for blob in blobs]
        tree = here.git("mktree", stdin=f"040000 tree {folders[0]}\tdev\n040000 tree {folders[1]}\tprod\n")
        return here.git("commit-tree", tree, *(word for each in parents for word in ("-p", each)), "-m", "both")

    first = both("one", "one")
    put(here, second := both("one", "two", first))
    assert asked(watched(here, first, "prod")) == ""
    put(here, third := both("two", "two", second))
    assert asked(watched(here, first, "prod")) == third
    assert asked(watched(here, first)) == third


def test_what_the_remote_gets_meanwhile_is_newer(here: Repository, tmp_path: Path) -> None:
    """What it had before is not: who syncs an older commit does that on purpose."""
    remote = Repository(tmp_path / "remote", "--bare")
    first = commit(remote, "one")
    put(remote, commit(remote, "two", first))
    here.git("remote", "add", "origin", str(remote.path))
    here.git("fetch", "--quiet", "origin", first)
    put(here, first)
    told = watched(here, first)
    assert asked(told) == ""
    third = commit(remote, "three", first)
    put(remote, third)
    assert asked(told) == third


def test_a_remote_that_does_not_answer_is_asked_once(here: Repository, tmp_path: Path) -> None:
    first = commit(here, "one")
    put(here, first)
    here.git("remote", "add", "origin", str(tmp_path / "nowhere"))
    told = watched(here, first)
    assert asked(told) == ""
    remote = Repository(tmp_path / "nowhere", "--bare")
    put(remote, commit(remote, "two"))
    assert asked(told) == ""
    put(remote, commit(remote, "three"))
    assert asked(told) == ""


def test_the_question_to_a_remote_ends_with_the_sync(
    here: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that git starts for it ends, too: it says nothing after its first line."""
    monkeypatch.undo()
    told_by = tmp_path / "told"
    os.mkfifo(told_by)
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\nexec >'{told_by}'\necho asked\nsleep 60\necho survived\n")
    program.chmod(0o755)
    first = commit(here, "one")
    put(here, first)
    here.git("remote", "add", "origin", "ssh://git.example.com/shop.git")
    streams = Streams(StringIO(), StringIO(), {**ENVIRON, "GIT_SSH": str(program)}, str(here.path))
    with Newer(streams, Where(BRANCH), first) as told:
        assert told() == ""
        said = os.open(told_by, os.O_RDONLY)
        assert os.read(said, 100) == b"asked\n"
    assert os.read(said, 100) == b""
    os.close(said)
    assert told._thread
    told._thread.join()
    assert told() == ""
