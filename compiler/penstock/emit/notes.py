"""Notes on heads of rendered branches: which commit was rendered last, where that changed nothing on the branch.

Without them, a run that changes nothing would leave no trace, and a job that comes late could bring back what an older
commit renders. `git notes --ref=penstock show rendered/prod` shows one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from penstock.emit.record import COMMITTER
from penstock.emit.repository import Git
from penstock.records import NamedTuple

NOTES = "refs/notes/penstock"

MAX_NOTE = 10_000
"""Bytes of a note."""

NOTE = re.compile(rb"Dry-Sha: ([0-9a-f]{40}|[0-9a-f]{64})\nDry-Date: (\d{1,12})\n")


class Noted(NamedTuple):
    """The commit that was rendered last, and the seconds of its committer date."""

    source: str
    date: int

    @property
    def text(self) -> bytes:
        return b"Dry-Sha: %s\nDry-Date: %d\n" % (self.source.encode(), self.date)


class Notes:
    """The notes of a commit of `NOTES`; empty where there is none."""

    def __init__(self, git: Git, tip: str) -> None:
        self._git = git
        self._tip = tip
        self._ids: Mapping[str, str] | None = None

    def get(self, commit: str) -> Noted | None:
        """What is noted of a commit."""
        found = self._git.lookup.get(self._blobs().get(commit, ""), MAX_NOTE) if commit in self._blobs() else None
        said = NOTE.search((found.data or b"") if found is not None else b"")
        return Noted(said[1].decode(), int(said[2])) if said else None

    def _blobs(self) -> Mapping[str, str]:
        """The ids of notes by the commit; git spreads them over directories where there are many."""
        if self._ids is None:
            listing = self._git.run("ls-tree", "-r", "-z", self._tip).split(b"\0")[:-1] if self._tip else []
            entries = (entry.decode("ascii", "replace").partition("\t") for entry in listing)
            self._ids = {name.replace("/", ""): meta.split()[2] for meta, _, name in entries}
        return self._ids


class Rendered(Protocol):
    """The commit that was rendered, and the date of its committer; `source.Source` is one."""

    @property
    def commit(self) -> str: ...
    @property
    def date(self) -> bytes: ...


def note_stream(ref: str, tip: str, commits: Iterable[str], text: bytes, source: Rendered) -> list[bytes]:
    """A commit of notes as `fast-import` reads it, on top of the newest one."""
    subject = b"Rendered %s\n" % source.commit[:12].encode()
    said = (ref.encode(), COMMITTER, source.date, len(subject), subject)
    stream = [b"commit %s\ncommitter %s %s\ndata %d\n%s\n" % said]
    if tip:
        stream.append(b"from %s\n" % tip.encode())
    stream += (b"N inline %s\ndata %d\n%s\n" % (commit.encode(), len(text), text) for commit in commits)
    return stream
