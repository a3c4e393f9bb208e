"""A change of some files of a branch on a remote: made on its newest commit, and again on the next one if it moves."""

import os
import random
import time
from collections.abc import Callable, Mapping

from penstock.commits import check_apart, commit_id
from penstock.git import Git
from penstock.model import Refusal
from penstock.records import NamedTuple

ATTEMPTS = 40
"""How often the change is made again because somebody else has pushed first."""


class Branch(NamedTuple):
    """A branch of a remote."""

    remote: str
    name: str

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.name}"


def push_change(git: Git, branch: Branch, message: str, change: Callable[[str], Mapping[str, bytes]]) -> str:
    """Push a commit that changes the content of some files, and return its id; empty if there is nothing to change.

    `change` returns the new files for the id of a commit. No file is added, and modes stay as they are. Raises
    `Refusal` (exit status 4) where git or the remote refuses.
    """
    for attempt in range(ATTEMPTS):
        tip = _fetched(git, branch)
        files = change(tip)
        if not files:
            return ""
        commit = _committed(git, tip, message, files)
        complaint = _pushed(git, branch, tip, commit)
        if not complaint:
            return commit
        if _fetched(git, branch) == tip:
            raise Refusal(f"git push to {branch.remote}: {complaint}", 4)  # nobody else has pushed: it would fail again
        time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 4))
    raise Refusal(f"{branch.name} on {branch.remote} has moved {ATTEMPTS} times meanwhile", 4)


def _fetched(git: Git, branch: Branch) -> str:
    """Fetch the newest commit of the branch from the remote, and return its id. No ref of the user moves."""
    if branch.remote not in git.run("remote").decode("utf-8", "replace").splitlines():
        raise Refusal(f"there is no remote {branch.remote!r} here; --remote takes the name of one", 2)
    if git.ask("check-ref-format", branch.ref).status:
        raise Refusal(f"{branch.name!r} is no name of a branch", 2)
    check_apart(git)
    for _ in range(ATTEMPTS):
        tip = _listed(git, branch)
        if has_commit(git, tip):
            return tip
        _fetch(git, branch)
        if has_commit(git, tip):
            return tip  # else the branch has moved, and a shallow fetch brings only its newest commit
    raise Refusal(f"{branch.name} on {branch.remote} has moved {ATTEMPTS} times meanwhile", 4)


def _listed(git: Git, branch: Branch) -> str:
    listing = git.run("ls-remote", "--", branch.remote, branch.ref, network=True).decode("utf-8", "replace")
    tip = next((line.partition("\t")[0] for line in listing.splitlines() if line.endswith(f"\t{branch.ref}")), "")
    if not tip:
        raise Refusal(f"{branch.remote} has no branch {branch.name}", 2)
    return tip


def has_commit(git: Git, commit: str) -> bool:
    return git.ask("cat-file", "-e", f"{commit}^{{commit}}").status == 0


def _fetch(git: Git, branch: Branch) -> None:
    """Fetch the branch without moving a ref. In a shallow clone, the newest commit is enough."""
    quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")
    shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
    depth = ("--depth=1",) if shallow else ()
    git.run("fetch", *quiet, *depth, "--", branch.remote, branch.ref, network=True)


def _committed(git: Git, tip: str, message: str, files: Mapping[str, bytes]) -> str:
    """Return a new commit on top of another one, made by plumbing alone."""
    ref = f"refs/penstock/{int(time.time())}-{os.urandom(4).hex()}/0"
    text = f"{message}\n".encode("utf-8", "surrogateescape")
    author, committer = (git.run("var", f"GIT_{who}_IDENT").strip() for who in ("AUTHOR", "COMMITTER"))
    stream = [
        b"feature done\ncommit %s\nauthor %s\ncommitter %s\ndata %d\n" % (ref.encode(), author, committer, len(text)),
        b"%s\nfrom %s\n" % (text, tip.encode()),
    ]
    for path, data in files.items():
        stream.append(b"M %s inline %s\ndata %d\n%s\n" % (_mode(git, tip, path), _quoted(path), len(data), data))
    try:
        git.run("fast-import", "--quiet", "--done", stdin=b"".join((*stream, b"done\n")))
        return commit_id(git, ref)
    finally:
        git.ask("update-ref", "--no-deref", "-d", ref)


def _mode(git: Git, tip: str, path: str) -> bytes:
    entry = git.run("ls-tree", "-z", "--full-tree", tip, "--", f":(literal){path}")
    return entry.split(b" ", 1)[0] or b"100644"


def _quoted(path: str) -> bytes:
    escaped = path.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%s"' % escaped.replace(b"\n", b"\\n")


def _pushed(git: Git, branch: Branch, tip: str, commit: str) -> str:
    """Push a commit if the remote still has the commit that was seen there. Return the remote's objections; empty on
    success.
    """
    lease = f"--force-with-lease={branch.ref}:{tip}"
    options = ("--porcelain", "--no-verify", "--no-recurse-submodules", lease)
    answer = git.ask("push", *options, "--", branch.remote, f"{commit}:{branch.ref}", network=True)
    return (answer.complaint or "refused") if answer.status else ""
