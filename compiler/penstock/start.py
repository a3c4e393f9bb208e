"""What runs first: a command that the cache can answer, before anything else is imported.

Python and PyYAML take more time to start than a small overlay takes to build.
"""

import gc
import os
import sys
from errno import EBADF

from penstock import cache
from penstock.files import Disk

TYPE_CHECKING = False
"""True for type checkers. Importing `typing` for its constant takes as long as all other imports here."""

if TYPE_CHECKING:
    from types import FrameType
    from typing import TextIO

    from penstock.cli.screen import Screen

BROKEN_PIPE, TERMINATED = 141, 143
"""The exit statuses of processes that were ended by these signals."""


MOST_FRAMES = 12_000
"""The limit of Python's recursion. Python's own limit is 1,000 nested calls, but a chain of bases may have up to 1,000
kustomizations (`budget.Bounds`), each of which takes five calls.
"""


def console() -> int:
    """Run a command in this process, as the `penstock` script. Output that cannot be written is no bug of Penstock."""
    sys.setrecursionlimit(MOST_FRAMES)
    gc.disable()  # a command is short, and the trees that it makes have no cycles
    _read_names_as_utf8()
    _fill_descriptors()
    out, err = _output(1), _output(2)
    try:
        known = _known(sys.argv[1:], out, err)
        status = _command(out, err) if known is None else known
        out.flush()
        err.flush()
        _end_early(status)
        return status
    except KeyboardInterrupt:
        return 130
    except SystemExit:
        return TERMINATED
    except BrokenPipeError:  # `penstock build | head` is no error, and nobody reads a message
        return _unheard(BROKEN_PIPE)
    except OSError as error:
        reason = "standard output is closed" if error.errno == EBADF else error.strerror
        _say_last(f"penstock: cannot write the output: {reason}\n")
        return _unheard(4)


def _end_early(status: int) -> None:
    """End the process if no thread is at work, because nothing is left to wait for or to clean up.

    Otherwise Python would only take every object apart, which takes a tenth of the time of a small build. If there are
    threads that must come to their end, return.
    """
    threads = sys.modules.get("threading")
    if threads is None or all(each.daemon or each is threads.main_thread() for each in threads.enumerate()):
        os._exit(status)


def _read_names_as_utf8() -> None:
    """Start again in Python's UTF-8 mode if the locale has another encoding (Latin-1, or plain C on some systems).

    YAML names the files of a repository, and YAML is UTF-8: no locale may lead to other files.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _fill_descriptors() -> None:
    """Occupy the numbers of closed standard streams, so that files that are opened later do not get them.

    A write to a closed standard output fails; output to a closed standard error is lost.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if descriptor == 2 else os.O_RDONLY)


def _output(descriptor: int) -> "TextIO":
    """Return a standard stream in UTF-8 that keeps the line ends as they are, whatever the locale and the platform.

    It is buffered even under `python -u`: there, Python drops what a short write to a full disk leaves over.
    """
    buffering = 1 if os.isatty(descriptor) or descriptor == 2 else -1
    errors = "surrogateescape" if descriptor == 1 else "backslashreplace"
    return open(descriptor, "w", buffering, encoding="utf-8", errors=errors, newline="\n", closefd=False)


def _say_last(message: str) -> None:
    try:
        os.write(2, message.encode())
    except OSError:
        return


def _command(out: "TextIO", err: "TextIO") -> int:
    import _signal  # type: ignore[import-not-found]  # `signal` adds only enumerations, which take long to import

    from penstock.cli.main import main
    from penstock.cli.streams import Streams

    _signal.signal(_signal.SIGTERM, _terminate)
    sys.unraisablehook = _interrupt_again
    return main(sys.argv[1:], Streams(out, err, os.environ, os.getcwd()))


def _terminate(number: int, frame: "FrameType | None") -> None:
    """End as if by Ctrl-C, so that unfinished work is cleaned up. If Penstock is the first process of a container,
    nothing else would end it.
    """
    sys.exit(TERMINATED)


def _interrupt_again(lost: "sys.UnraisableHookArgs") -> None:
    """Repeat an interruption that has come in code whose exceptions Python ignores: where it takes an object apart."""
    if lost.exc_type not in (KeyboardInterrupt, SystemExit):
        sys.__unraisablehook__(lost)
        return
    import _signal
    import _thread

    number = _signal.SIGINT if lost.exc_type is KeyboardInterrupt else _signal.SIGTERM
    _thread.start_new_thread(_interrupt_soon, (_thread.get_ident(), number))


def _interrupt_soon(thread: int, number: int) -> None:
    """Send a signal to a thread, once that code has come to its end."""
    import _signal
    import time

    time.sleep(0.01)
    _signal.pthread_kill(thread, number)


def _unheard(status: int) -> int:
    """Discard the rest of the output, which Python would otherwise try to write once more at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    return status


def _known(argv: list[str], out: "TextIO", err: "TextIO") -> int | None:
    """Print the cached outcome of a command and return its exit status, or None if the cache has none."""
    if argv[:1] in (["check"], ["targets"]):
        return _known_outcome(argv, out, err)
    return 0 if _answered(argv, out, err) else None


def _known_outcome(argv: list[str], out: "TextIO", err: "TextIO") -> int | None:
    """Print the cached outcome of a command and return its exit status, or None. Programs of a repository that the user
    trusts run anew.
    """
    if "--no-cache" in argv or "-" in argv:
        return None
    store, name = cache.of_outcome(os.environ, os.getcwd(), argv, out.isatty())
    known = cache.load_outcome(store, name, Disk(cache.repository_of(os.getcwd()))) if store else None
    if known is None or _is_trusted():
        return None
    _shown(err).write(known[1])
    _shown(out).write(known[2])
    return known[0]


def _shown(stream: "TextIO") -> "TextIO | Screen":
    """Return a stream for a cached outcome, which has no colours: a terminal gets them anew."""
    if not stream.isatty():
        return stream
    from penstock.cli.screen import Screen

    return Screen(stream, os.environ)


def _is_trusted() -> bool:
    from penstock.cli.trust import is_trusted

    return is_trusted(os.environ, os.getcwd())


def _answered(argv: list[str], out: "TextIO", err: "TextIO") -> bool:
    """Print the cached outcome of a plain build or a chart. Return whether there was one."""
    if argv[:1] == ["template"]:
        return _has_template(argv[1:], out, err)
    if len(argv) != 2 or argv[0] != "build" or argv[1].startswith("-"):
        return False
    if "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL" in os.environ:
        return False
    files = Disk(os.getcwd())
    store = cache.folder(os.environ, files.root, os.path.join(files.root, argv[1]))
    if not store:
        return False
    directory = os.path.relpath(os.path.join(files.root, argv[1]), files.root)
    known = cache.load(store, cache.key(files.root, directory, cache.PLAIN), files, {})
    if known is None:
        return False
    err.write(known[0])
    out.write(known[1])
    return True


def _has_template(argv: list[str], out: "TextIO", err: "TextIO") -> bool:
    """Print the cached outcome of a `penstock template`. Return whether there was one."""
    files = Disk(os.getcwd())
    store, name = cache.of_template(os.environ, files.root, argv)
    known = cache.load(store, name, files, {}) if store else None
    if known is None or "--no-cache" in argv:
        return False
    err.write(known[0])
    out.write(known[1])
    return True
