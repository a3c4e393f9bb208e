"""Signatures on commits. Git makes them, with the program, the format and the key that its configuration names.

`git fast-import` signs nothing, so each commit is made again with the same content. A signature contains the time, and
often randomness: signed commits of the same sources differ in their ids, but have the same trees.
"""

import re
from collections.abc import Iterable

from penstock.emit.repository import MAX_COMMIT, Git, text_of
from penstock.model import Refusal

CONFIGURED = ""
"""Stands for the key that git's configuration names (`user.signingKey`), if no other key was asked for."""

PERSON = re.compile(rb"(author|committer) (.*?) ?<(.*)> (\d+ [-+]\d{4})")


def signed(git: Git, commits: Iterable[tuple[str, str]], key: str) -> list[str]:
    """Sign commits and return the ids of the signed ones. Each commit is given with the ref that holds it; the ref
    moves to the signed commit.

    Raises `Refusal` (exit status 4) where git cannot sign.
    """
    moves = [(ref, commit, _signed(git, commit, key)) for ref, commit in commits]
    lines = "".join(f"update {ref} {new} {old}\n" for ref, old, new in moves)
    git.run("update-ref", "--no-deref", "--stdin", stdin=lines.encode())
    return [new for _, _, new in moves]


def _signed(git: Git, commit: str, key: str) -> str:
    found = git.lookup.get(commit, MAX_COMMIT)
    if found is None or found.data is None:
        raise Refusal(f"the commit {commit} cannot be read", 4)
    head, _, message = found.data.partition(b"\n\n")
    lines = head.split(b"\n")
    tree, *parents = [line.split(b" ")[1].decode() for line in lines if line.startswith((b"tree ", b"parent "))]
    options = [word for parent in parents for word in ("-p", parent)]
    answer = git.ask("commit-tree", f"-S{key}", *options, tree, stdin=message, environ=_people(lines))
    if answer.status:
        raise Refusal(f"git cannot sign: {answer.complaint}\n`git config user.signingKey` and `gpg.format` say how", 4)
    return text_of(answer.out).strip()


def _people(lines: Iterable[bytes]) -> dict[str, str]:
    """Return the environment variables by which git repeats the author, the committer and their dates."""
    environ: dict[str, str] = {}
    for found in filter(None, map(PERSON.fullmatch, lines)):
        who = f"GIT_{found[1].decode().upper()}"
        environ |= {f"{who}_NAME": text_of(found[2]), f"{who}_EMAIL": text_of(found[3])}
        environ[f"{who}_DATE"] = f"@{found[4].decode()}"
    return environ
