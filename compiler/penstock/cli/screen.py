"""The one place where lines are printed: what could command a terminal is escaped, and a terminal gets colours.

Nothing here is seen in a file or a pipe, but for the escapes: a log is shown on somebody's terminal later.
"""

import time
from collections.abc import Iterator, Mapping, Sequence

from penstock.cli.streams import Output, Streams
from penstock.typed import TypeVar
from penstock.words import printable

BACK = "\r\x1b[K"
"""Moves the cursor to the start of the line, and erases the line."""

PATIENCE = 1.0
"""Seconds that a command may take before it shows what it is doing."""


class Screen:
    """A stream for people. With `is_data`, the output is for programs as well, and is passed on unchanged."""

    def __init__(self, stream: Output, environ: Mapping[str, str], *, is_data: bool = False) -> None:
        self._stream = stream
        self._is_data = is_data
        self.is_terminal = stream.isatty()
        self.obeys = self.is_terminal and environ.get("TERM") != "dumb"
        """Whether the terminal follows commands: some show them as text."""
        self.has_colours = self.obeys and not environ.get("NO_COLOR")
        self.progress: Progress | None = None

    def write(self, text: str) -> object:
        if self.progress:
            self.progress.wipe()
        if self._is_data:
            return self._stream.write(text)
        return self._stream.write("\n".join(map(self._line, text.split("\n"))))

    def flush(self) -> object:
        return self._stream.flush()

    def isatty(self) -> bool:
        return self.is_terminal

    def put(self, text: str) -> None:
        """Write text that moves the cursor. Only `Progress` uses this."""
        self._stream.write(text)
        self._stream.flush()

    def _line(self, line: str) -> str:
        shown = printable(line)
        if not self.has_colours:
            return shown
        from penstock.cli.colours import painted

        return painted(shown)


class Progress:
    """A line on a terminal that says what a command is doing, if it takes long. The line is overwritten and disappears
    in the end.
    """

    def __init__(self, screen: Screen, command: str) -> None:
        import threading
        from shutil import get_terminal_size

        self._size = get_terminal_size  # a thread imports nothing: a copy of the process (`ahead`) would wait for it
        self._screen = screen
        self._doing = f"penstock {command}"
        self._is_shown = False
        self._begun = time.monotonic()
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, doing: str) -> None:
        """Set the text about what is being done now."""
        self._doing = doing

    def wipe(self) -> None:
        """Remove the line, to make room for other output."""
        with self._lock:
            if self._is_shown:
                self._screen.put(BACK)
                self._is_shown = False

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self.wipe()

    def _run(self) -> None:
        wait = PATIENCE
        while not self._ended.wait(wait):
            wait = 0.2
            line = f"{self._doing}, {time.monotonic() - self._begun:.0f} s"
            with self._lock:
                self._screen.put(f"{BACK}{printable(line)[: self._size().columns - 1]}")
                self._is_shown = True


TALKATIVE = ("sync", "status")
"""Commands that report themselves what they are waiting for."""


class Shown:
    """Shows what the command is doing while a `with` statement runs, if standard error is a terminal that can erase a
    line.
    """

    def __init__(self, command: str, streams: Streams) -> None:
        self._command, self._streams = command, streams
        self._progress: Progress | None = None

    def __enter__(self) -> None:
        err = self._streams.err
        if self._command not in TALKATIVE and isinstance(err, Screen) and err.obeys:
            self._progress = Progress(err, self._command)
            self._tell(self._progress)

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.end()
            self._tell(None)

    def _tell(self, progress: Progress | None) -> None:
        """Make the screens leave room for a line of progress, or no longer."""
        for screen in (self._streams.out, self._streams.err):
            if isinstance(screen, Screen):
                screen.progress = progress


Item = TypeVar("Item")


def tracked(items: Sequence[Item], what: str, streams: Streams) -> Iterator[Item]:
    """Yield the items, and show the progress: `checking 3 of 600 targets`, for a `what` of `checking {} targets`."""
    shown: Progress | None = getattr(streams.err, "progress", None)
    for number, item in enumerate(items, 1):
        if shown:
            shown.say(f"penstock: {what.format(f'{number:,} of {len(items):,}')}")
        yield item
