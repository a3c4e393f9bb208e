"""The commit that is rendered, and what rendered commits take over from it."""

import re
from typing import NamedTuple

from penstock.emit.repository import DRY_SHA, Git, has_commit, is_ancestor

IDENTITY = re.compile(rb"([^<>\n]*)<([^<>\n]*)> (\d{1,12}) ([-+])(\d{4})")
"""A line of a commit: name, address, seconds and zone."""


class Source(NamedTuple):
    """`author` is `Name <address>`; `date` is the committer's: seconds and zone; `subject` has no line breaks."""

    commit: str
    author: bytes
    date: bytes
    subject: str


def read_source(git: Git, commit: str) -> Source:
    """What there is to know of a commit. Odd identities and dates, which git itself does not make, become harmless."""
    head, _, message = git.run("cat-file", "commit", commit).partition(b"\n\n")
    lines = [line.partition(b" ") for line in head.split(b"\n")]
    fields = {key: value for key, _, value in reversed(lines)}
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author = IDENTITY.match(fields.get(b"author", b""))
    name, address = (_one_line(part, encoding) for part in (author[1], author[2])) if author else ("", "")
    return Source(
        commit,
        f"{name or 'unknown'} <{address}>".encode(),
        _date(IDENTITY.match(fields.get(b"committer", b""))),
        _one_line(message.strip().partition(b"\n\n")[0], encoding),
    )


def later_source(git: Git, source: Source, base: str) -> str:
    """The commit that a branch was rendered from, if it comes after `source`: a late job must not undo a newer one.

    Where that commit is not here (a shallow clone, a history that was rewritten), its date has to do.
    """
    listing = git.run("log", "--max-count=100", f"--format=%ct {DRY_SHA}", base, "--").decode("utf-8", "replace")
    recorded = (line.split() for line in listing.splitlines())
    date, commit = next(((words[0], words[1]) for words in recorded if len(words) == 2), ("0", ""))
    if not re.fullmatch("[0-9a-f]{40,64}", commit) or commit == source.commit:
        return ""
    if has_commit(git, commit):
        return commit if is_ancestor(git, source.commit, commit) else ""
    return commit if int(date) > int(source.date.split()[0]) else ""


def _one_line(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError):
        text = data.decode("latin-1")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _date(committer: re.Match[bytes] | None) -> bytes:
    if committer is None:
        return b"0 +0000"
    zone = committer[4] + committer[5] if int(committer[5]) <= 1400 else b"+0000"
    return b"%s %s" % (committer[3], zone)
