"""Commits of a git repository: read by any name, and where two histories part."""

import os
import re

from penstock.git import Ended, Git, Object
from penstock.model import Refusal
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.words import did_you_mean


class Commit(NamedTuple):
    """The parts of a commit that are used: its id, that of its root tree, and those of the parents that it names."""

    id: str
    tree: str
    parents: tuple[str, ...]


MAX_COMMIT = 8 * 1024 * 1024
"""The most bytes of one commit."""


NO_COMMIT = regex("0{40}(?:0{24})?")
"""What git and pipelines write where a name has no commit: before the first push of a branch, and after its removal."""


def read_commit(git: Git, revision: str) -> Commit:
    """Return a commit by any name. Raises `Refusal` with status 2 if the repository has no such commit."""
    if NO_COMMIT.fullmatch(revision):
        hint = "a new branch has none before it; name the branch that it goes to, such as origin/main"
        raise Refusal(f"{revision[:10]}… stands for no commit: {hint}", 2)
    found = _commit_object(git, revision)
    if found is None:
        raise Refusal(f"there is no commit {revision!r} here{_that_brings(git, revision)}", 2)
    lines = [line.split(b" ") for line in (found.data or b"").partition(b"\n\n")[0].split(b"\n")]
    named = [(line[0], line[1].decode("ascii", "replace")) for line in lines if len(line) == 2]
    tree = next((name for key, name in named if key == b"tree"), "")
    return Commit(found.id, tree, tuple(name for key, name in named if key == b"parent"))


def _commit_object(git: Git, revision: str) -> Object | None:
    # Git would take the first for an option, and the others for two requests.
    if not revision or revision.startswith("-") or {"\n", "\0"} & set(revision):
        return None
    try:
        return git.lookup.get(f"{revision}^{{commit}}", MAX_COMMIT)
    except Ended:
        git.run("rev-parse", "--git-dir")  # git says why
        raise


PLAIN_BRANCH = regex(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
"""The names of branches that need no quotes in a shell."""


def _that_brings(git: Git, revision: str) -> str:
    """Return the end of a message: the command that brings a commit which the clone of a pipeline often lacks, or the
    name that was probably meant; empty if neither is known.
    """
    is_shallow = git.ask("rev-parse", "--is-shallow-repository").out.strip() == b"true"
    remote, slash, branch = revision.partition("/")
    if slash and PLAIN_BRANCH.fullmatch(branch) and remote in os.fsdecode(git.ask("remote").out).splitlines():
        options = " --unshallow" if is_shallow else ""
        return f"; `git fetch{options} {remote} +refs/heads/{branch}:refs/remotes/{revision}` brings it from the remote"
    if is_shallow:
        return "; this clone is shallow: `git fetch --unshallow` brings its history"
    if revision == "HEAD":
        return ": nothing is committed yet"
    names = git.ask("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags").out
    hint = did_you_mean(revision, os.fsdecode(names).splitlines())
    return f"; {hint}" if hint else ""


def check_apart(git: Git) -> None:
    """Raise `Refusal` if git takes a directory within another repository for a bare one.

    The configuration of such a repository can have come with the files, and it names programs that git runs when it
    talks to a remote.
    """
    bare, _, folder = os.fsdecode(git.run("rev-parse", "--is-bare-repository", "--absolute-git-dir")).partition("\n")
    if bare != "true":
        return
    folder = folder.removesuffix("\n")
    above = git.beside(os.path.dirname(folder)).ask("rev-parse", "--absolute-git-dir")
    if above.status == 0 and os.fsdecode(above.out).removesuffix("\n") != folder:
        message = f"{folder} is a bare repository inside of another one, whose files may have brought its configuration"
        raise Refusal(f"{message}; no remote is asked for it", 4)


def commit_id(git: Git, revision: str) -> str:
    """Return the full id of a commit. Raises `Refusal` with status 2 if the repository has no such commit."""
    return read_commit(git, revision).id


NEAR = 64
"""How many first parents are checked before git is asked where two histories part."""


def merge_base(git: Git, old: str, young: str) -> str:
    """Return the commit where two histories part; empty if they share none, or if the clone does not have it."""
    at = young
    for _ in range(NEAR):
        if at == old:
            return old
        found = git.lookup.get(at, MAX_COMMIT)
        parents = re.search(rb"^parent ([0-9a-f]+)$", (found.data or b"") if found else b"", re.MULTILINE)
        if parents is None:
            break
        at = parents[1].decode()
    return git.ask("merge-base", old, young).out.decode("ascii", "replace").partition("\n")[0]
