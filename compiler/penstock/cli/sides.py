"""Two commits to compare, each opened once, with what earlier runs have found out about it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from penstock.affected import Side
from penstock.cache import Entries, folder
from penstock.cli.remotes import opener
from penstock.cli.shelf import Shelf, algorithm_of, open_run
from penstock.cli.sources import options_of
from penstock.cli.streams import Streams
from penstock.git_files import Git, GitCommit, commit_id
from penstock.incremental import Way, answers_of
from penstock.pipeline import open_project


class Range(NamedTuple):
    """The commits that are compared. `is_merge_base` says whether `before` is where both histories part; else it is the
    commit that was named, since the clone does not have where they part.
    """

    before: str
    after: str
    is_merge_base: bool


def range_of(git: Git, base: str, head: str) -> Range:
    """From where `head` left the history of `base`, to `head`."""
    before, after = commit_id(git, base), commit_id(git, head)
    answer = git.ask("merge-base", before, after)
    merge_base = answer.out.decode("ascii", "replace").split()
    return Range(merge_base[0], after, True) if merge_base else Range(before, after, False)


def way_of(arguments: argparse.Namespace, streams: Streams, commit: str) -> Way:
    """How targets are compiled, by the options for sources."""
    allow_secrets = bool(getattr(arguments, "allow_secrets", False))
    return Way(options_of(arguments, streams), algorithm_of(commit), allow_secrets)


class Opened(NamedTuple):
    """A side with what is needed to put down what was found out about it."""

    side: Side
    commit: str
    tree: str
    shelf: Shelf | None

    def keep(self) -> None:
        """Put down what this run has found out."""
        ledger = self.side.run.ledger() if self.shelf is not None else None
        if self.shelf is not None and ledger is not None:
            self.shelf.keep(self.tree, ledger)


@contextmanager
def open_side(git: Git, commit: str, arguments: argparse.Namespace, streams: Streams) -> Iterator[Opened]:
    """One commit as a side of a comparison."""
    way = way_of(arguments, streams, commit)
    with GitCommit(streams.cwd, commit, streams.environ) as files:
        tree = git.run("rev-parse", f"{files.commit}^{{tree}}").decode().strip()
        remotes = opener(streams, fetch=arguments.fetch, offline=arguments.offline)
        project = open_project(files, remotes, Entries(folder(streams.environ, git.directory)))
        shelf = None if arguments.fetch else Shelf(git, streams.environ, way)
        run = open_run(project, files, tree, shelf, way)
        yield Opened(Side(run, files, answers_of(files), files.listing), files.commit, tree, shelf)
