"""What a command may touch of the process that it runs in, and what its exit status means."""

from collections.abc import Mapping
from typing import NamedTuple, TextIO

CLEAN, FINDINGS, USAGE, SOURCES, WORLD, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130
"""Exit statuses: no finding or difference · findings · wrong usage or configuration · the sources cannot be compiled ·
git, network or cluster failed · a bug of ours · interrupted."""


def broken(errors: set[str]) -> int:
    """The exit status where targets do not compile, by the codes of their errors: a wrong `penstock.yaml` is wrong
    configuration, and nothing but what cannot be fetched is the world's failure.
    """
    return USAGE if "PS115" in errors else WORLD if errors == {"PS132"} else SOURCES


class Streams(NamedTuple):
    """Injected into every command, so that tests call `main` as a function."""

    out: TextIO
    err: TextIO
    environ: Mapping[str, str]
    cwd: str


class Help(Exception):  # noqa: N818  # not an error
    """The user asked for --help and has got it."""
