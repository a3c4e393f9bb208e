"""What a command may touch of the process that it runs in, and what its exit status means."""

from collections.abc import Collection, Mapping

from penstock.records import NamedTuple
from penstock.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from penstock.model import Blame

CLEAN, FINDINGS, USAGE, SOURCES, WORLD, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130
"""Exit statuses: no finding or difference · findings · wrong usage or configuration · the sources cannot be compiled ·
git, network or cluster failed · a bug of Penstock · interrupted.
"""


def status_of(failed: "Collection[Blame]") -> int:
    """Return the exit status for the reasons why targets do not compile: the outside world is blamed only if nothing
    else is.
    """
    if not failed:
        return CLEAN
    if "configuration" in failed:
        return USAGE
    return SOURCES if "sources" in failed else WORLD


class Output(Protocol):
    """A stream to which a command writes."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...

    def isatty(self) -> bool: ...


class Streams(NamedTuple):
    """The environment of a command. It is passed to every command, so that tests can call `main` as a function.

    `engine` is the name of Penstock in commits. If it is empty, it is determined when a command needs it
    (`cli/version.py`).
    """

    out: Output
    err: Output
    environ: Mapping[str, str]
    cwd: str
    engine: str = ""


class Help(Exception):  # noqa: N818  # not an error
    """Raised after the help was printed because of --help. `parser` is the parser that printed it, if there is one."""

    def __init__(self, parser: object = None) -> None:
        super().__init__()
        self.parser = parser
