"""Finds a rendered branch in the repository, for the commands that bring it to a cluster: its objects, its history."""

import functools
from collections.abc import Callable

from penstock.cli.branch_objects import objects_of
from penstock.cli.streams import Streams
from penstock.git import HERE, Git
from penstock.git_files import GitCommit
from penstock.model import Diagnostic, Pos, Refusal, Resource, ResourceId
from penstock.records import NamedTuple
from penstock.sources import Files
from penstock.words import did_you_mean, printable

MAX_COMMITS = 200
"""The most commits of a target that are examined. Objects from other commits stay until a sync of the whole branch."""


LONGEST_ID = 64
"""The characters of a commit's id in a repository of SHA-256. Whoever may write the inventory may write anything."""

LEEWAY = 5.0
"""Seconds that a command of git gets beyond the time that the user allows: a loaded machine needs them to start it."""


class Where(NamedTuple):
    """A branch, and its folder with the rendered files; empty for the root."""

    branch: str
    folder: str = ""


class Rendered(NamedTuple):
    """The head of a rendered branch.

    `follows` returns whether a commit is in its history. `history` returns the objects that one of its targets has had
    since a commit, or None if that is not known.
    """

    branch: str
    revision: str
    where: Where
    files: Files
    resources: list[Resource]
    diagnostics: list[Diagnostic]
    follows: Callable[[str], bool]
    history: Callable[[str, str], frozenset[ResourceId] | None]


def read_branch(streams: Streams, where: Where, environment: str, commit: str = "", seconds: float = HERE) -> Rendered:
    """Read the local branch or that of the remote, whichever is further ahead. A finding says so if it is the remote's.

    With `commit`, an older state of the branch is read. No command of git gets more than `seconds` and a little: a file
    system that does not answer must not hold up a sync longer than the user allows. Raises `Refusal` if there is
    neither branch, if the two have diverged, if the branch was not rendered for this environment, or if the commit is
    not in its history.
    """
    git = Git(streams.cwd, streams.environ)
    git.limit = min(HERE, seconds + LEEWAY)
    branch, folder = where
    ref, notes = _furthest(git, branch)
    if commit:
        ref = _in_history(git, commit, ref, branch)
    files = GitCommit(git, ref)
    resources, diagnostics = objects_of(files, branch, environment, folder, streams)
    files.close()  # opens again if the place of a finding is needed
    follows = functools.partial(is_ancestor, git, new=files.commit)
    history = functools.partial(_history, git, files.commit)
    return Rendered(branch, files.commit, where, files, resources, [*notes, *diagnostics], follows, history)


def head_of(streams: Streams, branch: str) -> str:
    """Return the newest commit of a rendered branch."""
    git = Git(streams.cwd, streams.environ)
    ref, _ = _furthest(git, branch)
    return git.run("rev-parse", "--verify", "--end-of-options", ref).decode().strip()


def _in_history(git: Git, word: str, ref: str, branch: str) -> str:
    """Return the commit that a word names. Raises `Refusal` if the branch does not contain it."""
    found = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{word}^{{commit}}")
    commit = found.out.decode().strip()
    if found.status or not is_ancestor(git, commit, ref):
        raise Refusal(f"{word} is no commit of {branch}; `git log {ref}` lists them")
    return commit


def _history(git: Git, head: str, target: str, since: str) -> frozenset[ResourceId] | None:
    """Return the objects that a target has had at a synced commit, and at each later commit that changed it.

    If nothing was synced as a whole (`since` is empty), these are all objects that the target has ever had. The result
    is None if the history is not known.
    """
    from penstock.emit.repository import is_shallow
    from penstock.rendered_branches import objects_of_target

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


def _no_such_branch(git: Git, branch: str, remote: str) -> str:
    """Return the message that a branch is not there, with the one that was probably meant."""
    listed = git.run("for-each-ref", "--format=%(refname)", *refs_of("", remote)).decode(errors="replace").split("\n")
    names = {ref.removeprefix(place) for place in refs_of("", remote) for ref in listed if ref.startswith(place)}
    folder, _, name = branch.rpartition("/")
    beside = [each.removeprefix(f"{folder}/") for each in sorted(names) if each.rpartition("/")[0] == folder]
    hint = did_you_mean(name, beside) or "`penstock hydrate` writes it, `git fetch` brings it here"
    if folder in names:  # the name of a target such as prod/web
        hint = f"{folder} is one, and `--target` of `penstock sync` takes a folder of it"
    return printable(f"there is no branch {branch}; {hint}")


def _furthest(git: Git, branch: str) -> tuple[str, list[Diagnostic]]:
    """Return the ref to read, and findings. A clone that has once hydrated keeps a local branch, which `git fetch` does
    not update.
    """
    remote = remote_of(git, branch)
    local, fetched = refs = refs_of(branch, remote)
    known = git.run("for-each-ref", "--format=%(refname)", *refs).decode(errors="replace").split("\n")
    there = [ref for ref in refs if ref in known]
    if not there:
        raise Refusal(_no_such_branch(git, branch, remote))
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
    commits = "1 commit" if behind == 1 else f"{behind} commits"
    message = f"the local branch is {commits} behind that of {remote}, which is read instead"
    hint = f"`git branch --force {branch} {remote}/{branch}` brings it up to date"
    return fetched, [Diagnostic("PS624", "warning", message, Pos(branch), hint=hint)]


def remote_of(git: Git, branch: str) -> str:
    """Return the remote whose branch counts: the only one, the one that the local branch tracks, or `origin`. Without
    these, it is the only one that has the branch.
    """
    names = git.run("remote").decode(errors="replace").split()
    if len(names) == 1:
        return names[0]
    tracked = git.ask("config", "--get", f"branch.{branch}.remote").out.decode(errors="replace").strip()
    if tracked in names or "origin" in names:
        return tracked if tracked in names else "origin"
    listed = git.run("for-each-ref", "--format=%(refname)", "refs/remotes").decode(errors="replace").split("\n")
    having = [name for name in names if refs_of(branch, name)[1] in listed]
    return having[0] if len(having) == 1 else "origin"


def refs_of(branch: str, remote: str) -> tuple[str, str]:
    """Return the refs of the local branch, and of the fetched one."""
    return f"refs/heads/{branch}", f"refs/remotes/{remote}/{branch}"


def _count(git: Git, commits: str) -> int:
    return int(git.run("rev-list", "--count", commits, "--"))


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Return whether `old`, which the cluster remembers, is in the history of `new`. A commit that is not in the clone
    is not.
    """
    is_id = old.isalnum() and len(old) <= LONGEST_ID
    return is_id and git.ask("merge-base", "--is-ancestor", old, new).status == 0
