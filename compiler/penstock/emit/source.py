"""The commit that is rendered, and the parts of it that rendered commits inherit."""

import re
from collections.abc import Callable

from penstock.emit.notes import Notes
from penstock.emit.record import Record, read_record
from penstock.emit.repository import MAX_COMMIT, Git, has_commit, is_ancestor, is_shallow, records_of
from penstock.model import Refusal
from penstock.records import NamedTuple

IDENTITY = re.compile(rb"([^<>\n]*)<([^<>\n]*)> (\d{1,12}) ([-+])(\d{4})")
"""An identity in a line of a commit: name, address, seconds and zone."""


class Source(NamedTuple):
    """The commit that is rendered. `author` is `Name <address>`, `date` is the committer date in seconds with its zone,
    and `subject` has no line breaks.
    """

    commit: str
    author: bytes
    date: bytes
    subject: str
    tree: str
    parents: frozenset[str] = frozenset()
    written: str = "0 +0000"
    """The author date: seconds and zone."""
    message: str = ""
    """The whole message. Its lines are separated by newlines."""


def read_source(git: Git, commit: str) -> Source:
    """Parse a commit. Malformed identities and dates, which git itself does not make, are replaced by harmless ones."""
    found = git.lookup.get(commit, MAX_COMMIT)
    if found is None or found.data is None:
        raise Refusal(f"the commit {commit} cannot be read", 4)
    head, _, message = found.data.partition(b"\n\n")
    lines = [line.partition(b" ") for line in head.split(b"\n")]
    # The first line of a name counts, as for git.
    fields = {key: value for key, _, value in reversed(lines)}
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author = IDENTITY.match(fields.get(b"author", b""))
    name, address = (_one_line(part, encoding) for part in (author[1], author[2])) if author else ("", "")
    return Source(
        commit,
        f"{name or 'unknown'} <{address}>".encode(),
        _date(IDENTITY.match(fields.get(b"committer", b""))),
        _one_line(message.strip().partition(b"\n\n")[0], encoding),
        fields.get(b"tree", b"").decode("ascii", "replace"),
        frozenset(value.decode("ascii", "replace") for key, _, value in lines if key == b"parent"),
        _date(author).decode(),
        "\n".join(_printable(line, encoding).rstrip() for line in message.strip().splitlines()),
    )


class Later(NamedTuple):
    """The commit from which a branch was rendered, if it comes after the one to be rendered.

    `doubt` says why the order is not certain; it is empty if it is.
    """

    commit: str
    doubt: str = ""


class Histories:
    """Decides whether a branch was rendered from a commit that comes after the one to be rendered.

    A late job must not undo a newer one. Most branches were rendered from the same commit, so git is asked once per
    commit.

    `now` is the current time in seconds: a date in the future would hold back every commit until then. `bring` fetches
    a commit that is not here, if it can.
    """

    def __init__(
        self, git: Git, source: Source, now: int, notes: Notes, bring: Callable[[str], None] = lambda commit: None
    ) -> None:
        self._git = git
        self._bring = bring
        self._source = source
        self._now = now
        self._notes = notes
        self._known: dict[tuple[str, int], Later | None] = {}

    def later(self, base: str) -> Later | None:
        """Return the commit from which a branch was rendered if it comes after the one to be rendered, else None.
        `base` is the head of the branch.
        """
        record = self.last(base)
        if record is None or record.source == self._source.commit:
            return None
        key = record.source, record.date
        if key not in self._known:
            later = self._judge(record)
            if later is not None and later.doubt and not has_commit(self._git, later.commit):
                later = self._judge_brought(record, later)
            self._known[key] = later
        return self._known[key]

    def _judge_brought(self, record: Record, later: Later) -> Later | None:
        """Fetch the later commit, and judge by the history of the remote.

        If the local branch does not contain the fetched commit yet, that is no reason for doubt: the commit was not
        here before.
        """
        self._bring(later.commit)
        if not has_commit(self._git, later.commit):
            return later
        return Later(later.commit) if is_ancestor(self._git, self._source.commit, later.commit) else None

    def last(self, base: str) -> Record | None:
        """Return the last rendering to a branch, or None. The note on its head names it, or else the newest commit that
        Penstock made, which usually is the head.
        """
        head = self._git.lookup.get(base, MAX_COMMIT)
        record = read_record(head.data or b"") if head is not None else None
        noted = self._notes.get(base) if record is not None else None
        if record is not None and noted is not None:
            return record._replace(source=noted.source, date=noted.date)
        return record or next((each for each in records_of(self._git, [base]) if each), None)

    def _judge(self, record: Record) -> Later | None:
        """Return the commit of a record if it is later, judged by the history or by the parents of the commit to be
        rendered.

        If neither decides, in a shallow clone or before a fetch, the dates do. Which of two commits of the same second
        came first remains in doubt.
        """
        git, ours = self._git, self._source.commit
        if record.source in self._source.parents:
            return None
        is_here = has_commit(git, record.source)
        if is_here and is_ancestor(git, ours, record.source):
            return Later(record.source, "" if _is_merged(git, record.source) else "is not merged into the branch here")
        # With the whole history at hand, a commit that is no descendant is not later, for example after a reset.
        if is_here and (is_ancestor(git, record.source, ours) or not is_shallow(git)):
            return None
        date = int(self._source.date.split()[0])
        if record.date < date:
            return None
        if record.date == date:
            return Later(
                record.source, "may not be later: it is of the same second, and the history that would tell is not here"
            )
        # A clock that is wrong by years must not hold back all commits that come after it.
        is_possible = record.date <= self._now + DAY
        return Later(record.source, "" if is_possible else "is dated in the future, and is not here")


DAY = 24 * 3600
"""Seconds by which the clocks of two machines may plausibly differ."""


def _is_merged(git: Git, commit: str) -> bool:
    """Return whether a commit is in the history that is rendered here: that of HEAD, of its upstream, or of the
    remote's HEAD.

    With a detached HEAD and no HEAD of a remote, as in many CI jobs, the branch is unknown, and any commit is accepted.
    """
    line = git.ask("for-each-ref", "--format=%(refname)", "refs/remotes/*/HEAD").out.decode("utf-8", "replace").split()
    if git.ask("symbolic-ref", "--quiet", "HEAD").status == 0:
        line.append("@{upstream}")
    elif not line:
        return True
    revisions = ["HEAD", *line]
    return any(is_ancestor(git, commit, revision) for revision in revisions)


def _one_line(data: bytes, encoding: str) -> str:
    """Return the words of a text, separated by single spaces."""
    return " ".join(_printable(data, encoding).split())


def _printable(data: bytes, encoding: str) -> str:
    """Return a text with spaces in place of line breaks and control characters."""
    try:
        text = data.decode(encoding)
    except (ValueError, LookupError):  # invalid bytes, or no encoding of text
        text = data.decode("latin-1")
    return "".join(c if c.isprintable() else " " for c in text)


def _date(committer: re.Match[bytes] | None) -> bytes:
    if committer is None:
        return b"0 +0000"
    zone = committer[4] + committer[5] if int(committer[5]) <= 1400 else b"+0000"
    return b"%s %s" % (committer[3], zone)
