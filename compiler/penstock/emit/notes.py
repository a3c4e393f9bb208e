"""Notes on the heads of rendered branches. They name the commit that was rendered last, if that changed nothing on the
branch.

Without them, a run that changes nothing would leave no trace, and a late job could bring back what an older commit
renders. `git notes --ref=penstock show rendered/prod` shows one.
"""

import re
from collections.abc import Iterable, Mapping

from penstock.emit.record import COMMITTER
from penstock.emit.repository import Git
from penstock.records import NamedTuple
from penstock.typed import Protocol

NOTES = "refs/notes/penstock"

MAX_NOTE = 10_000
"""The most bytes of a note."""

NOTE = re.compile(rb"Dry-Sha: ([0-9a-f]{40}|[0-9a-f]{64})\nDry-Date: (\d{1,12})\n")


class Noted(NamedTuple):
    """The commit that was rendered last, and its committer date in seconds."""

    source: str
    date: int

    @property
    def text(self) -> bytes:
        return b"Dry-Sha: %s\nDry-Date: %d\n" % (self.source.encode(), self.date)


class Notes:
    """The notes at a commit of `NOTES`; no notes if the commit is empty."""

    def __init__(self, git: Git, tip: str) -> None:
        self._git = git
        self._tip = tip
        self._ids: Mapping[str, str] | None = None

    def get(self, commit: str) -> Noted | None:
        """Return the note on a commit, or None."""
        found = self._git.lookup.get(self._blobs().get(commit, ""), MAX_NOTE) if commit in self._blobs() else None
        said = NOTE.search((found.data or b"") if found is not None else b"")
        return Noted(said[1].decode(), int(said[2])) if said else None

    def _blobs(self) -> Mapping[str, str]:
        """Return the blob id of each note by its commit. Git spreads many notes over directories."""
        if self._ids is None:
            listing = self._git.run("ls-tree", "-r", "-z", self._tip).split(b"\0")[:-1] if self._tip else []
            entries = (entry.decode("ascii", "replace").partition("\t") for entry in listing)
            self._ids = {name.replace("/", ""): meta.split()[2] for meta, _, name in entries}
        return self._ids


class Rendered(Protocol):
    """The commit that was rendered, and its committer date; `source.Source` is an implementation."""

    @property
    def commit(self) -> str: ...
    @property
    def date(self) -> bytes: ...


def note_stream(ref: str, tip: str, commits: Iterable[str], text: bytes, source: Rendered) -> list[bytes]:
    """Return a commit of notes in the format of `fast-import`. Its parent is the newest commit of notes."""
    subject = b"Rendered %s\n" % source.commit[:12].encode()
    said = (ref.encode(), COMMITTER, source.date, len(subject), subject)
    stream = [b"commit %s\ncommitter %s %s\ndata %d\n%s\n" % said]
    if tip:
        stream.append(b"from %s\n" % tip.encode())
    stream += (b"N inline %s\ndata %d\n%s\n" % (commit.encode(), len(text), text) for commit in commits)
    return stream
