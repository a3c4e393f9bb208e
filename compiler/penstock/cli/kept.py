"""What a `penstock check` or `penstock targets` came to, kept for the same command line: `start` prints it where no
file has changed.
"""

import json
from collections.abc import Sequence

from penstock import cache
from penstock.cli.building import keep_parsed, parsed_before
from penstock.cli.screen import Progress
from penstock.cli.streams import Output, Streams
from penstock.parse.parsed import Parsed
from penstock.parse.project import Project
from penstock.recall import Recall
from penstock.words import printable

STILL_KNOWN = 0.9
"""The share of files, or of verdicts and places, that must be known from earlier runs. If it is lower, they are stored
again.
"""


class Copied:
    """A stream that keeps a copy of its text, as a `Screen` writes it to a file: without colours."""

    def __init__(self, stream: Output) -> None:
        self._stream = stream
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def progress(self) -> Progress | None:
        """The line on the terminal below, if there is one."""
        return getattr(self._stream, "progress", None)

    def write(self, text: str) -> object:
        self._parts.append("\n".join(map(printable, text.split("\n"))))
        return self._stream.write(text)

    def flush(self) -> object:
        return self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


class Kept:
    """One run whose outcome is to be cached. `files` records the looks at the sources, and `streams` the output.

    `is_whole` says whether there were no other inputs. Until it is set, the outcome is not stored.
    """

    def __init__(self, argv: Sequence[str], streams: Streams, reach: str) -> None:
        self._place = cache.of_outcome(streams.environ, streams.cwd, argv, streams.out.isatty())
        self._project: Project | None = None
        self._parsed: Parsed = {}
        self._recall = Recall()
        self._out, self._err = Copied(streams.out), Copied(streams.err)
        self.streams = streams._replace(out=self._out, err=self._err)
        self.files = cache.Witness(cache.repository_of(streams.cwd), reach)
        self.is_whole = False

    def trust(self, project: Project) -> None:
        """Let a project use the parsed content of unchanged files from an earlier run."""
        store, _ = self._place
        if store:
            self._project = project
            self._parsed = parsed_before(store, self._pack)
            project.trust(self._parsed, self.files.digest_of)
            project.recall = self._recall = recall_of(store, self._results)

    @property
    def _pack(self) -> str:
        """The name of the entry with the parsed files of this repository, whatever the command line."""
        return cache.key(self.files.root, "check", "parsed")

    @property
    def _results(self) -> str:
        """The name of the entry with the verdicts and places of this repository, whatever the command line."""
        return cache.key(self.files.root, "check", "results")

    def keep(self, status: int) -> None:
        """Store the outcome with the results of all looks, and the parsed files."""
        store, name = self._place
        if self._err.progress:
            self._err.progress.end()  # everything is printed, and nobody waits for what follows
        self._keep_parsed(store)
        self._keep_results(store)
        seen = self.files.everything() if store and self.is_whole else None
        if seen is not None:
            cache.store_outcome(store, name, seen, (status, self._err.text, self._out.text))

    def _keep_parsed(self, store: str) -> None:
        """Store the parsed files if many of them are new."""
        digests = {path: given for (how, path), given in self.files.given.items() if how == "read" and given != "-"}
        if self._project is None:
            return
        parsed = self._project.parsed(digests)
        known = sum(self._parsed.get(path, ("",))[0] == digest for path, (digest, _) in parsed.items())
        if known < STILL_KNOWN * len(parsed):
            keep_parsed(store, self._pack, parsed)

    def _keep_results(self, store: str) -> None:
        """Store the verdicts and places if many of them are new."""
        recall = self._recall
        if recall.added > (1 - STILL_KNOWN) * len(recall.used):
            cache.store_entry(store, self._results, json.dumps(recall.everything, separators=(",", ":")).encode())


def recall_of(store: str, name: str) -> Recall:
    """Return the results of earlier runs, or none if there are none that can be read."""
    try:
        known = json.loads(cache.load_entry(store, name) or b"{}")
    except (ValueError, RecursionError):
        known = {}
    return Recall(known if isinstance(known, dict) else {})
