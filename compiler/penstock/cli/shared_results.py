"""The results of the last hydration, which lie at the remote, for jobs that keep no folder from run to run.

They are what the cache folder holds: a ledger, of which each result counts only where its closure holds. Nobody can
see whether it is what an engine has come to. So it is sealed with a key that only jobs which hydrate have: nothing is
taken from others who may push to the repository.
"""

from collections.abc import Mapping

from penstock.cache import MAX_ENTRY
from penstock.cli.shelf import Shelf
from penstock.digests import blake2b
from penstock.emit.record import COMMITTER
from penstock.git import Git
from penstock.incremental import Incremental
from penstock.ledger import encode
from penstock.model import Refusal
from penstock.words import printable

REF = "refs/penstock/results"
"""The ref at the remote. It is no branch: a clone does not bring it, and nothing deploys from it."""

KEY = "PENSTOCK_RESULTS_KEY"
"""The variable with the key."""

SHORTEST = 16
"""The fewest characters of a key."""

FILE = "results"
"""The only file of the commit."""

COMMIT = b"tree %s\nauthor %s 0 +0000\ncommitter %s 0 +0000\n\nResults of penstock hydrate\n"
"""A commit without a parent: nobody asks for earlier results."""

OVERTAKEN = "stale info"
"""What git says where another run has left its results in the meantime, which are as good."""

QUIET = ("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")


class SharedResults:
    """The results at a remote. Raises `Refusal` (status 2) where there is no key."""

    def __init__(self, git: Git, remote: str, environ: Mapping[str, str]) -> None:
        key = environ.get(KEY, "")
        if len(key) < SHORTEST:
            raise Refusal(f"--shared-results needs a key: set {KEY} to a secret of at least {SHORTEST} characters", 2)
        self._git = git
        self._remote = remote
        self._key = blake2b(key.encode("utf-8", "surrogateescape")).digest()
        self._seen = ""
        """The commit that the remote had."""
        self._tree = ""
        """The tree of the sources of which the remote has results for this engine."""

    def bring(self, shelf: Shelf) -> None:
        """Put what the remote has on a shelf. What cannot be fetched or read is as good as nothing: all is compiled."""
        answer = self._git.ask("fetch", *QUIET, "--", self._remote, f"+{REF}:{REF}", network=True)
        found = self._git.lookup.get(REF, MAX_ENTRY) if answer.status == 0 else None
        if found is None:
            return
        self._seen = found.id
        content = self._opened(self._content(), shelf.name)
        tree, _, ledger = content.partition(b"\n")
        if ledger:
            self._tree = tree.decode("ascii", "replace")
            shelf.add(self._tree, ledger)

    def _content(self) -> bytes:
        found = self._git.lookup.get(f"{REF}:{FILE}", MAX_ENTRY)
        return (found.data or b"") if found is not None else b""

    def _opened(self, content: bytes, name: str) -> bytes:
        """Return what was sealed under a name, or nothing if the seal is not that of this key."""
        seal, _, rest = content.partition(b"\n")
        return rest if seal == self._seal(rest, name) else b""

    def _seal(self, content: bytes, name: str) -> bytes:
        sealed = f"{name}\0".encode() + content
        return blake2b(sealed, key=self._key, digest_size=32).hexdigest().encode()

    def keep(self, shelf: Shelf, tree: str, run: Incremental) -> str:
        """Replace what the remote has, unless it has all of it. Return why that did not work; empty if it did."""
        ledger = run.ledger()
        if ledger is None and tree == self._tree:
            return ""
        rest = tree.encode() + b"\n" + encode(ledger or run.whole_ledger())
        commit = self._committed(self._seal(rest, shelf.name) + b"\n" + rest)
        options = ("--quiet", "--no-verify", "--no-recurse-submodules", f"--force-with-lease={REF}:{self._seen}")
        answer = self._git.ask("push", *options, "--", self._remote, f"{commit}:{REF}", network=True)
        is_done = answer.status == 0 or OVERTAKEN in answer.complaint
        return "" if is_done else printable(f"the results were not shared: {answer.complaint}")

    def _committed(self, content: bytes) -> str:
        blob = self._stored("blob", content)
        tree = self._git.run("mktree", stdin=f"100644 blob {blob}\t{FILE}\n".encode()).strip()
        return self._stored("commit", COMMIT % (tree, COMMITTER, COMMITTER))

    def _stored(self, kind: str, content: bytes) -> str:
        return self._git.run("hash-object", "-w", "-t", kind, "--stdin", stdin=content).decode().strip()
