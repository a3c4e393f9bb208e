"""Branches and notes move together: on the remote by one atomic push, and here in one transaction."""

from collections.abc import Iterable, Mapping

from penstock.emit.repository import Git, bytes_of, text_of
from penstock.emit.steps import Step
from penstock.emit.tips import Remote, Tip
from penstock.model import Refusal
from penstock.records import NamedTuple


class Ref(NamedTuple):
    """A ref to move: its commits here and on the remote when it was last seen (empty: it did not exist), and its new
    commit.
    """

    name: str
    local: str
    remote: str
    commit: str
    is_out: bool = False


def refs_of(moves: Iterable[tuple[Step, str]], noted: Mapping[str, str], tips: Mapping[str, Tip]) -> list[Ref]:
    """Return the refs to move: the branches, and the notes if there are new ones."""
    found = [
        Ref(f"refs/heads/{step.branch}", step.tip.local, step.tip.remote, commit, step.tip.is_out)
        for step, commit in moves
    ]
    return [*found, *(Ref(name, tips[name].local, tips[name].remote, commit) for name, commit in noted.items())]


def push(git: Git, refs: Iterable[Ref], remote: Remote) -> str:
    """Push all refs or none, each only if the remote still has the commit that was seen there. Return the remote's
    objections; empty on success.
    """
    moving = [ref for ref in refs if ref.commit != ref.remote]
    if not moving:
        return ""
    leases = [f"--force-with-lease={ref.name}:{ref.remote}" for ref in moving]
    refspecs = [f"{ref.commit}:{ref.name}" for ref in moving]
    options = ["--porcelain", "--atomic", "--no-verify", "--no-recurse-submodules", *leases]
    answer = git.ask("push", *options, "--", remote.name, *refspecs, network=True)
    if answer.status == 0:
        return ""
    # A ref that was refused means that somebody was faster, and the run starts again. Anything else is a failure.
    refused = [line.split("\t") for line in text_of(answer.out).split("\n") if line[:2] == "!\t"]
    if not refused:
        raise Refusal(f"git push: {answer.complaint}", 4)
    reasons = "; ".join(f"{words[1].rpartition('refs/heads/')[2]} {words[-1]}" for words in refused)
    return f"git push to {remote.name}: {reasons}\n{answer.complaint}"


def bring_along(git: Git, refs: Iterable[Ref]) -> None:
    """Update the work tree and the index to a branch that is checked out and has moved."""
    for ref in refs:
        if ref.is_out and ref.local and ref.commit != ref.local:
            _read_tree(git, ref.local, ref.commit)


def _read_tree(git: Git, old: str, new: str, *options: str) -> None:
    """Move the work tree from one commit to another as `git checkout` does. Raises `Refusal` if that would lose local
    edits.
    """
    answer = git.ask("read-tree", "-m", "-u", *options, old, new)
    if answer.status:
        raise Refusal(f"the work tree cannot follow the branch that is checked out: {answer.complaint}", 4)


def update_refs(git: Git, refs: Iterable[Ref], remote: Remote) -> str:
    """Move all refs or none, each only from the commit that was seen. Return git's complaint; empty on success."""
    lines = []
    for ref, old, _, commit, is_out in refs:
        name = remote.here(ref)
        if is_out and remote.push:
            continue  # the user who has the branch checked out will pull
        if is_out and commit != old:
            _read_tree(git, old, commit, "--dry-run")
        if commit != old:
            lines.append(f"update {name} {commit} {old}\n" if old else f"create {name} {commit}\n")
    if not lines:
        return ""
    answer = git.ask("update-ref", "--no-deref", "-m", "penstock hydrate", "--stdin", stdin=bytes_of("".join(lines)))
    return f"git update-ref: {answer.complaint}" if answer.status else ""
