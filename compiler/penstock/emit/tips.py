"""The heads of rendered branches, local and on a remote, and the choice of the one on which the next commit builds."""

import re
from collections.abc import Collection, Mapping, Sequence, Set

from penstock.emit.notes import NOTES
from penstock.emit.repository import MAX_COMMIT, Git, has_commit, is_ancestor, records_of, text_of
from penstock.model import Diagnostic, Pos, Refusal
from penstock.records import NamedTuple

LONGEST_PART = 250
"""The most bytes of a part of a ref: file systems accept 255, and git adds `.lock`."""

ORDINARY = re.compile(r"[A-Za-z0-9_]+(?:[/-][A-Za-z0-9_]+)*")
"""Names that every version of git accepts for branches."""

NOWHERE = ""
"""The id of a commit that does not exist."""


class Remote(NamedTuple):
    """A remote that may have the branches, too. Without `push`, only the refs that were last fetched from it are
    used.
    """

    name: str = "origin"
    push: bool = False
    home: str = ""
    """The local prefix that replaces `refs` for another repository, whose address is `name`; empty for a remote of the
    sources.
    """

    def here(self, ref: str) -> str:
        """Return the local name of a ref."""
        return f"{self.home}/{ref.removeprefix('refs/')}" if self.home else ref

    def fetched(self, branch: str) -> str:
        """Return the ref that holds the last fetched state of a branch; empty for another repository."""
        return "" if self.home else f"refs/remotes/{self.name}/{branch}"


def remote_of(address: str, push: bool) -> Remote:
    """Return a remote for the address of another repository than that of the sources. Its refs are kept here under a
    prefix of their own.
    """
    from hashlib import sha256  # slow to import

    return Remote(address, push, f"refs/penstock-elsewhere/{sha256(address.encode()).hexdigest()[:16]}")


class Branches(NamedTuple):
    """The branches to write, and the refs of notes.

    `active` maps each branch to the one from which it is created the first time; the latter is empty if there is none.
    In the branches `in_folders`, only folders are written: these branches may be checked out.
    """

    active: Mapping[str, str]
    notes: Sequence[str] = (NOTES,)
    in_folders: Collection[str] = ()

    @property
    def names(self) -> list[str]:
        """All branches that matter, including those from which others are created."""
        return list(dict.fromkeys((*self.active, *filter(None, self.active.values()))))


class Tip(NamedTuple):
    """The commits of one branch: the local one, the remote one, and the one on which the next commit builds."""

    local: str
    remote: str
    base: str
    is_out: bool = False
    """Whether the branch is checked out here. Its work tree then moves with it; with a push, the local branch stays
    instead.
    """

    @property
    def is_there(self) -> bool:
        """Whether the branch exists. If it does not, `base` belongs to another branch."""
        return bool(self.local or self.remote)

    @property
    def seen(self) -> str:
        """The commit of the branch; empty if the branch does not exist yet."""
        return self.base if self.is_there else NOWHERE


def check_name(git: Git, branch: str, environment: str, where: str) -> list[Diagnostic]:
    """Return an error for an environment whose name cannot be part of a branch name. `where` is its directory."""
    if ORDINARY.fullmatch(branch) and len(branch) <= LONGEST_PART and branch != "HEAD":
        return []  # no need to ask git
    if any(len(part.encode("utf-8", "surrogateescape")) > LONGEST_PART for part in branch.split("/")):
        message = f"environment {environment[:40]!r}… makes no name for a branch: it has more than {LONGEST_PART} bytes"
    elif branch == "HEAD" or git.ask("check-ref-format", f"refs/heads/{branch}").status:
        message = f"environment {environment!r} makes no name for a branch: git does not take {branch!r}"
    else:
        return []
    return [Diagnostic("PS507", "error", message, Pos(where), hint="rename the directory")]


def tips_of(git: Git, branches: Branches, remote: Remote) -> dict[str, Tip]:
    """Return the tip of each branch, and of each ref of notes. With `remote.push`, the remote is asked, and its commits
    are fetched.

    Raises `Refusal` if a branch is not free to be moved, or if commits of people would be lost.
    """
    here, out = _local_tips(git, branches, remote)
    there = _remote_tips(git, branches, remote, here) if remote.push else {}
    tips = {}
    for ref in branches.notes:
        local, other = here.get(remote.here(ref), NOWHERE), there.get(ref, NOWHERE)
        tips[ref] = Tip(local, other, other or local)
    for branch in branches.names:
        local = here.get(remote.here(f"refs/heads/{branch}"), NOWHERE)
        other = there.get(branch, NOWHERE) if remote.push else here.get(remote.fetched(branch), NOWHERE)
        # A branch that is checked out is not moved here; the remote alone gets the commit.
        if branch in out and remote.push:
            tips[branch] = Tip(NOWHERE, other, other, is_out=True)
        else:
            tips[branch] = Tip(local, other, _base(git, branch, local, other), branch in out)
    for branch, active in branches.active.items():
        if active and not tips[branch].is_there:
            tips[branch] = Tip(NOWHERE, NOWHERE, tips[active].base)
    return tips


def _local_tips(git: Git, branches: Branches, remote: Remote) -> tuple[dict[str, str], set[str]]:
    """Return the commits of the branches and of their last fetched state, by the full name of the ref, and those
    branches that are checked out and are allowed to be.
    """
    written = {remote.here(f"refs/heads/{branch}") for branch in branches.active}
    refs = _refs_of(branches, remote)
    fields = "%(refname)%00%(objectname)%00%(worktreepath)%00%(symref)"
    listing = text_of(git.run("for-each-ref", f"--format={fields}", "--", *sorted(refs)))
    tips: dict[str, str] = {}
    out: set[str] = set()
    for ref, commit, work_tree, link in (line.split("\0") for line in listing.split("\n") if line.count("\0") == 3):
        if ref in refs:
            tips[ref] = commit
        if ref in written:
            branch = ref.removeprefix("refs/heads/")
            may_be_out = branch in branches.in_folders and (remote.push or _is_here(git, work_tree))
            out |= {branch} if may_be_out and work_tree else set()
            _check_free(ref, "" if may_be_out else work_tree, link)
    # A branch without a commit may still be checked out, and git does not list it.
    _check_unborn(git, written - tips.keys())
    return tips, out


def _refs_of(branches: Branches, remote: Remote) -> set[str]:
    """Return the full names of the local branches, of their last fetched state, and of the notes."""
    refs = {remote.here(f"refs/heads/{branch}") for branch in branches.names}
    refs |= {ref for branch in branches.names if (ref := remote.fetched(branch))}
    return refs | {remote.here(ref) for ref in branches.notes}


def _check_unborn(git: Git, without_commit: Set[str]) -> None:
    """Raise `Refusal` for a branch that is checked out and has no commit yet."""
    if git.lookup.get("HEAD", MAX_COMMIT) is None:
        head = text_of(git.ask("symbolic-ref", "--quiet", "HEAD").out).rstrip("\n")
        if head in without_commit:
            _check_free(head, "this work tree, unborn", "")


def _is_here(git: Git, work_tree: str) -> bool:
    """Return whether a work tree is the one in which the command runs."""
    return work_tree == text_of(git.ask("rev-parse", "--show-toplevel").out).rstrip("\n")


def _check_free(ref: str, work_tree: str, link: str) -> None:
    branch = ref.removeprefix("refs/heads/")
    if work_tree:
        raise Refusal(f"{branch} is checked out in {work_tree}; switch to another branch there", 4)
    if link:
        raise Refusal(f"{branch} is a symbolic ref to {link}; penstock does not write through it", 4)


def _listed(git: Git, remote: str, refs: Collection[str]) -> dict[str, str]:
    """Return the commits that a server gives for some refs. It may list more than it was asked for, and whatever it
    likes.
    """
    listing = text_of(git.run("ls-remote", "--", remote, *refs, network=True))
    pairs = [line.split("\t") for line in listing.split("\n") if line.count("\t") == 1]
    return {ref: commit for commit, ref in pairs if ref in refs and re.fullmatch("[0-9a-f]{40,64}", commit)}


def _remote_tips(git: Git, branches: Branches, remote: Remote, here: Mapping[str, str]) -> dict[str, str]:
    """Return the commits of the branches on the remote, and fetch those that are missing. `here` are those of
    `_local_tips`.
    """
    if not remote.home and remote.name not in text_of(git.run("remote")).splitlines():
        raise Refusal(f"there is no remote {remote.name!r} here; --remote takes the name of one", 2)
    refs = {f"refs/heads/{branch}": branch for branch in branches.names} | {ref: ref for ref in branches.notes}
    tips = {refs[ref]: commit for ref, commit in _listed(git, remote.name, refs).items()}
    missing = [branch for branch, commit in tips.items() if not has_commit(git, commit)]
    if missing:
        _bring(git, remote, missing, {branch for branch in branches.names if _is_known(branch, remote, here)})
    return tips


def _bring(git: Git, remote: Remote, missing: Sequence[str], known: Collection[str]) -> None:
    """Fetch branches and notes.

    In a shallow clone, one commit is enough of a branch that is new here. Of a branch that is known here, all later
    commits are needed: without them, nobody could tell whether the remote builds on the local commits.
    """
    is_shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
    fresh = [branch for branch in missing if is_shallow and branch not in known]
    _fetch(git, remote, fresh, "--depth=1")
    _fetch(git, remote, [branch for branch in missing if branch not in fresh])


def _is_known(branch: str, remote: Remote, here: Mapping[str, str]) -> bool:
    return remote.here(f"refs/heads/{branch}") in here or remote.fetched(branch) in here


def _fetch(git: Git, remote: Remote, branches: Sequence[str], *options: str) -> None:
    """Fetch branches of the remote without moving a ref, whatever the refspecs of the remote say (`--refmap=`)."""
    if branches:
        quiet = ("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")
        refs = [branch if branch.startswith("refs/") else f"refs/heads/{branch}" for branch in branches]
        git.run("fetch", *quiet, *options, "--", remote.name, *refs, network=True)


def bring_commit(git: Git, remote: Remote, commit: str) -> None:
    """Fetch a commit of the sources with its history, if the remote hands it out.

    Nothing is fetched without `remote.push`, from another repository than that of the sources, or in a shallow clone.
    """
    if remote.push and not remote.home and git.run("rev-parse", "--is-shallow-repository").strip() == b"false":
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")
        git.ask("fetch", *quiet, "--", remote.name, commit, network=True)


def _base(git: Git, branch: str, local: str, other: str) -> str:
    """Return the commit on which the next one builds: the more recent of the two.

    If both sides have commits of their own, it is that of the remote. Raises `Refusal` if commits of people would be
    lost by that.
    """
    if not other or not local or local == other:
        return local or other
    if is_ancestor(git, other, local):
        return local
    if is_ancestor(git, local, other) or all(records_of(git, [local, f"^{other}"])):
        return other
    raise Refusal(f"{branch} here and on the remote have gone apart, and commits here are not penstock's own", 4)
