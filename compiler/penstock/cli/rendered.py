"""Finds a rendered branch in the repository, for the commands that bring it to a cluster: its objects, its history."""

import functools
from collections.abc import Callable

from penstock.cli.streams import Streams
from penstock.git_files import Git, GitCommit
from penstock.model import Diagnostic, Files, Pos, Refusal, Resource, ResourceId
from penstock.pipeline import branch as objects_of
from penstock.pipeline import objects_of_target
from penstock.records import NamedTuple

MAX_COMMITS = 200
"""Commits of a target that are looked at. What it had at others stays until a sync of the whole branch."""


class Where(NamedTuple):
    """A branch, and the folder of it that holds what is rendered; empty for its root."""

    branch: str
    folder: str = ""


class Rendered(NamedTuple):
    """The head of a rendered branch. `follows` says whether a commit is in its history, `history` which objects one of
    its targets has had since a commit, where that is known.
    """

    branch: str
    revision: str
    where: Where
    files: Files
    resources: list[Resource]
    diagnostics: list[Diagnostic]
    follows: Callable[[str], bool]
    history: Callable[[str, str], frozenset[ResourceId] | None]


def read_branch(streams: Streams, where: Where, environment: str, commit: str = "") -> Rendered:
    """The local branch or that of the remote, whichever is further; a finding says so where it is the remote's.

    With `commit`, an older state of it. Raises `Refusal` where there is neither, where the two have gone apart, where
    the branch is not one that was rendered for this environment, or where the commit is not in its history.
    """
    git = Git(streams.cwd, streams.environ)
    branch, folder = where
    ref, notes = _furthest(git, branch)
    if commit:
        ref = _in_history(git, commit, ref, branch)
    files = GitCommit(git, ref)
    resources, diagnostics = objects_of(files, branch, environment, folder)
    files.close()  # it opens again, should a finding ask for its place
    follows = functools.partial(is_ancestor, git, new=files.commit)
    history = functools.partial(_history, git, files.commit)
    return Rendered(branch, files.commit, where, files, resources, [*notes, *diagnostics], follows, history)


def head_of(streams: Streams, branch: str) -> str:
    """The newest commit of a rendered branch."""
    git = Git(streams.cwd, streams.environ)
    ref, _ = _furthest(git, branch)
    return git.run("rev-parse", "--verify", "--end-of-options", ref).decode().strip()


def _in_history(git: Git, word: str, ref: str, branch: str) -> str:
    """The commit that a word means, which has to be one of the branch."""
    found = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{word}^{{commit}}")
    commit = found.out.decode().strip()
    if found.status or not is_ancestor(git, commit, ref):
        raise Refusal(f"{word} is no commit of {branch}; `git log {ref}` lists them")
    return commit


def _history(git: Git, head: str, target: str, since: str) -> frozenset[ResourceId] | None:
    """The objects that a target has had: at a commit that was synced, and at each later one that has changed it; ever,
    where none was synced as a whole.
    """
    from penstock.emit.repository import is_shallow

    if not is_ancestor(git, since, head) if since else is_shallow(git):
        return None
    span = [head, f"^{since}"] if since else [head]
    limit = f"--max-count={MAX_COMMITS}"
    listed = git.run("--literal-pathspecs", "rev-list", limit, *span, "--", target).decode().split()
    found: set[ResourceId] = set()
    for commit in filter(None, (since, *listed)):
        with GitCommit(git, commit) as files:
            found.update(each.id for each in objects_of_target(files, target))
    return frozenset(found)


def _furthest(git: Git, branch: str) -> tuple[str, list[Diagnostic]]:
    """The ref to read. A clone that has once hydrated keeps a local branch, which no `git fetch` moves on."""
    remote = remote_of(git)
    local, fetched = refs = refs_of(branch, remote)
    known = git.run("for-each-ref", "--format=%(refname)", *refs).decode(errors="replace").split("\n")
    there = [ref for ref in refs if ref in known]
    if not there:
        raise Refusal(f"there is no branch {branch}; `penstock hydrate` writes it, `git fetch` brings it here")
    if len(there) == 1:
        return there[0], []
    ahead, behind = (_count(git, f"{a}..{b}") for a, b in ((fetched, local), (local, fetched)))
    if behind and ahead:
        raise Refusal(
            f"the local branch {branch} and that of {remote} have gone apart: {ahead} commits are only here, {behind} "
            f"only there; `git branch --force {branch} {remote}/{branch}` gives up those that are only here"
        )
    if not behind:
        return local, []
    message = f"the local branch is {behind} commits behind that of {remote}, which is read instead"
    hint = f"`git branch --force {branch} {remote}/{branch}` brings it up to date"
    return fetched, [Diagnostic("PS624", "warning", message, Pos(branch), hint=hint)]


def remote_of(git: Git) -> str:
    """`origin`, or the only remote if it has another name."""
    names = git.run("remote").decode(errors="replace").split()
    return names[0] if len(names) == 1 else "origin"


def refs_of(branch: str, remote: str) -> tuple[str, str]:
    """The branch here, and as it was fetched."""
    return f"refs/heads/{branch}", f"refs/remotes/{remote}/{branch}"


def _count(git: Git, commits: str) -> int:
    return int(git.run("rev-list", "--count", commits, "--"))


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old`, which the cluster remembers, is in the history of `new`; a commit that is not here is not."""
    return old.isalnum() and git.ask("merge-base", "--is-ancestor", old, new).status == 0
