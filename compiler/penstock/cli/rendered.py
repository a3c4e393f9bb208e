"""Finds a rendered branch in the repository, for the commands that bring it to a cluster: its objects, its history."""

from collections.abc import Callable
from typing import NamedTuple

from penstock.cli.streams import Streams
from penstock.git_files import Git, GitCommit
from penstock.model import Diagnostic, Files, Refusal, Resource
from penstock.pipeline import branch as objects_of


class Rendered(NamedTuple):
    """The head of a rendered branch. `follows` says whether a commit is in its history."""

    branch: str
    revision: str
    files: Files
    resources: list[Resource]
    diagnostics: list[Diagnostic]
    follows: Callable[[str], bool]


def read_branch(streams: Streams, branch: str, environment: str) -> Rendered:
    """The local branch, or where there is none that of `origin`.

    Raises `Refusal` where there is neither, or where the branch is not one that was rendered for this environment.
    """
    git = Git(streams.cwd, streams.environ)
    ref = _first_ref(git, branch)
    files = GitCommit(streams.cwd, ref, streams.environ)
    resources, diagnostics = objects_of(files, branch, environment)
    files.close()  # it opens again, should a finding ask for its place
    return Rendered(
        branch, files.commit, files, resources, diagnostics, lambda old: _is_ancestor(git, old, files.commit)
    )


def _first_ref(git: Git, branch: str) -> str:
    git.run("rev-parse", "--git-dir")  # so that "no repository" is said as such
    for ref in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
        if git.ask("show-ref", "--verify", "--quiet", "--", ref).status == 0:
            return ref
    raise Refusal(f"there is no branch {branch}; `penstock hydrate` writes it, `git fetch` brings it here")


def _is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old`, which the cluster remembers, is in the history of `new`; a commit that is not here is not."""
    return old.isalnum() and git.ask("merge-base", "--is-ancestor", old, new).status == 0
