"""What a `penstock check` came to, kept for the same command line: `start` prints it where no file has changed."""

import sys
from collections.abc import Sequence

from penstock import cache
from penstock.cli.building import parser_state
from penstock.cli.streams import Output, Streams
from penstock.words import printable


class Copied:
    """A stream that keeps a copy of what it is given, as a screen shows it that is no terminal."""

    def __init__(self, stream: Output) -> None:
        self._stream = stream
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def write(self, text: str) -> object:
        self._parts.append("\n".join(map(printable, text.split("\n"))))
        return self._stream.write(text)

    def flush(self) -> object:
        return self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


class Kept:
    """One run whose outcome is to be kept. `files` notes what is looked at, and `streams` what is printed.

    `is_whole` says whether nothing else was looked at; until somebody says so, nothing is kept.
    """

    def __init__(self, argv: Sequence[str], streams: Streams) -> None:
        self._place = cache.of_check(streams.environ, streams.cwd, argv)
        self._out, self._err = Copied(streams.out), Copied(streams.err)
        self.streams = streams._replace(out=self._out, err=self._err)
        self.files = cache.Witness(cache.repository_of(streams.cwd))
        self.is_whole = False

    def keep(self, status: int) -> None:
        """Store the outcome with all that was looked at for it."""
        store, name = self._place
        seen = self.files.everything() if store and self.is_whole else None
        engines = _engines()
        if seen is not None and engines is not None:
            cache.store_check(
                store, name, {**parser_state(), **engines, **seen}, (status, self._err.text, self._out.text)
            )


def _engines() -> cache.Looks | None:
    """The engines of Jsonnet, where this run has asked for one; None where there is none, since one may come."""
    if "penstock.jsonnet.worker" not in sys.modules:
        return {}
    from penstock.jsonnet.worker import installed

    return {("stat", file): cache.state_of(file) for file in installed().values()} or None
