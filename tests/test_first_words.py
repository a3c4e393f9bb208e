"""What `penstock` answers before any source is read: help, misspelt commands, and places where it cannot work."""

from pathlib import Path

import pytest
from tests.repository import Ran, Repository

from penstock.cli.main import COMMANDS

WIDTH = 80


@pytest.fixture
def nowhere(tmp_path: Path) -> Repository:
    """A directory that is in no repository, though it has a HEAD."""
    (tmp_path / "HEAD").write_text("not a repository")
    return Repository(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_two_spellings(command: str, nowhere: Repository) -> None:
    ran = nowhere.penstock("help", command)
    assert ran.status == 0
    assert ran == nowhere.penstock(command, "--help")
    assert f"penstock {command}" in ran.out


def test_the_list_of_commands_fits_on_a_terminal(nowhere: Repository) -> None:
    lines = nowhere.penstock("--help").out.splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(COMMANDS)


@pytest.mark.parametrize(
    ("written", "meant"), [("chekc", "check"), ("--verison", "--version"), ("hepl", "help"), ("stauts", "status")]
)
def test_a_misspelt_first_word_is_recognised(written: str, meant: str, nowhere: Repository) -> None:
    said = f"penstock: there is no command {written}; did you mean {meant}?; `penstock --help` lists them\n"
    assert nowhere.penstock(written) == Ran(2, "", said)


@pytest.mark.parametrize("words", ["hydrate", "diff --base HEAD", "affected --base HEAD", "check --staged"])
def test_where_no_repository_is_a_hint_says_what_is_needed(words: str, nowhere: Repository) -> None:
    ran = nowhere.penstock(*words.split())
    assert ran.status == 4
    assert "not a git repository" in ran.err
    assert "`git init` makes one here" in ran.err


@pytest.mark.parametrize("words", ["check", "graph", "init", "lock", "images", "targets"])
def test_a_bare_repository_is_called_one(words: str, tmp_path: Path) -> None:
    bare = Repository(tmp_path / "bare.git", "--bare")
    ran = bare.penstock(*words.split())
    assert ran.status == (0 if words == "targets" else 2)
    assert "this is a bare git repository" in ran.err


def test_a_commit_that_is_not_here_is_answered_with_the_branch_that_was_meant(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    empty = repository.penstock("diff", "--base", "HEAD")
    assert (empty.status, empty.err) == (2, "penstock: there is no commit 'HEAD' here: nothing is committed yet\n")
    repository.commit({"kustomization.yaml": "resources: []\n"})
    repository.git("branch", "release-1.4")
    ran = repository.penstock("diff", "--base", "relase-1.4")
    assert (ran.status, ran.err) == (
        2,
        "penstock: there is no commit 'relase-1.4' here; did you mean \"release-1.4\"?\n",
    )
