"""Tells of a commit that a rendered branch gets while a sync waits: in this repository, or at its remote."""

import threading
import time
from contextlib import suppress
from typing import Self

from penstock.cli.rendered import Where, is_ancestor, refs_of, remote_of
from penstock.cli.streams import Streams
from penstock.git import Git
from penstock.model import Refusal

EVERY = 2.0
"""Seconds between two looks at the repository."""

REMOTE_EVERY = 15.0
"""Seconds between two requests to the remote."""

PATIENCE = 10.0
"""Seconds within which the remote must answer."""


class Newer:
    """A call returns the commit that is newer than `head`, or the empty string. It returns at once, because a thread
    searches in the background.

    The commit that the remote has at the first look is not reported: whoever syncs an older commit does so on purpose.
    A remote that does not answer is not asked again. If several environments share a branch, only changes of this
    environment's folder count; the remote is not asked then, because it does not tell what its commits change.

    In a `with` statement, no command of git outlives the sync.
    """

    def __init__(self, streams: Streams, where: Where, head: str) -> None:
        self._git = Git(streams.cwd, streams.environ)
        self._branch, self._folder = where
        self._head = head
        self._found = self._of_remote = ""
        self._next = self._next_of_remote = 0.0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._git.stop()

    def __call__(self) -> str:
        if not (self._found or (self._thread and self._thread.is_alive()) or time.monotonic() < self._next):
            self._next = time.monotonic() + EVERY
            self._thread = threading.Thread(target=self._look, name="newer", daemon=True)
            self._thread.start()
        return self._found

    def _look(self) -> None:
        with suppress(Refusal):
            self._found = self._here() or self._at_remote()

    def _here(self) -> str:
        for ref in refs_of(self._branch, remote_of(self._git, self._branch)):
            answer = self._git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
            commit = answer.out.decode().strip()
            if commit not in ("", self._head) and is_ancestor(self._git, self._head, commit) and self._changes(commit):
                return commit
        return ""

    def _changes(self, commit: str) -> bool:
        """Return whether a commit has other content in the folder of the environment."""
        asked = ("--literal-pathspecs", "diff", "--quiet", self._head, commit, "--", self._folder)
        return not self._folder or self._git.ask(*asked).status != 0

    def _at_remote(self) -> str:
        if self._folder or not self._git.run("remote") or time.monotonic() < self._next_of_remote:
            return ""
        self._next_of_remote = float("inf")  # not again until it has answered
        asked = ("ls-remote", "--quiet", "--", remote_of(self._git, self._branch), f"refs/heads/{self._branch}")
        commit = self._git.run(*asked, seconds=PATIENCE, network=True).decode(errors="replace").partition("\t")[0]
        self._next_of_remote = time.monotonic() + REMOTE_EVERY
        before, self._of_remote = self._of_remote or commit, commit
        return commit if commit != before else ""
