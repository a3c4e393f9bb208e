"""Two commits to compare, each opened once, with what earlier runs have found out about it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.affected import Side
from penstock.cache import Entries, folder
from penstock.cli.remotes import opener
from penstock.cli.shelf import Shelf, algorithm_of, open_run, way_of
from penstock.cli.sources import bounds_of, options_of
from penstock.cli.streams import Streams
from penstock.cli.work_tree import remark
from penstock.closures import Answers
from penstock.commits import commit_id, merge_base
from penstock.git import Git
from penstock.git_files import GitCommit
from penstock.incremental import answers_of
from penstock.parse.twin import Twin, put_beside
from penstock.pipeline import open_project
from penstock.records import NamedTuple
from penstock.words import printable


class Range(NamedTuple):
    """The commits to compare.

    `is_merge_base` says whether `before` is the commit where both histories part. If the clone lacks that commit,
    `before` is the commit that was named.
    """

    before: str
    after: str
    is_merge_base: bool


def range_of(git: Git, base: str, head: str) -> Range:
    """Return the range from the commit where `head` left the history of `base`, to `head`."""
    before, after = commit_id(git, base), commit_id(git, head)
    parting = merge_base(git, before, after)
    return Range(parting or before, after, bool(parting))


def say_if_apart(between: Range, base: str, head: str, streams: Streams) -> None:
    """Print a remark if the clone lacks the commit where both histories part: then the comparison also has, the other
    way round, what others have done since.
    """
    if not between.is_merge_base:
        said = f"this clone does not have where {head} leaves {base}: that commit itself is compared"
        print(printable(said), file=streams.err)


class Opened(NamedTuple):
    """A side, with everything that is needed to store its results."""

    side: Side
    commit: str
    state: str
    shelf: Shelf | None

    def keep(self) -> None:
        """Store the results of this run."""
        ledger = self.side.run.ledger() if self.shelf is not None else None
        if self.shelf is not None and ledger is not None:
            self.shelf.keep(self.state, ledger)


@contextmanager
def open_sides(
    git: Git, between: Range, arguments: argparse.Namespace, streams: Streams
) -> Iterator[tuple[Opened, Opened]]:
    """Open two commits as the sides of a comparison. If there are edits in the work tree, which are not compared, a
    remark says so.
    """
    allow_secrets = bool(getattr(arguments, "allow_secrets", False))
    way = way_of(options_of(arguments, streams), algorithm_of(between.after), allow_secrets=allow_secrets)
    no_cache = getattr(arguments, "no_cache", False)
    shelf = None if arguments.fetch or no_cache else Shelf(git, streams.environ, way)
    remotes = opener(streams, fetch=arguments.fetch, offline=arguments.offline)
    entries = Entries("" if no_cache else folder(streams.environ, git.directory))

    def opened(files: GitCommit, answers: Answers) -> Opened:
        project = open_project(files, remotes, entries)
        project.bound(bounds_of(arguments))
        project.read_ahead = files.read_ahead
        run = open_run(project, files, files.state, shelf, way, answers)
        return Opened(Side(run, files, run.answers, files.listing), files.commit, files.state, shelf)

    with (
        remark(git, between.after, streams),
        GitCommit(git, between.before) as before,
        GitCommit(git, between.after, beside=before) as after,
    ):
        earlier, later = answers_of(before), answers_of(after)
        later.put_beside(earlier, after.touched)
        sides = opened(before, earlier), opened(after, later)
        old, new = (each.side.run for each in sides)
        old.beside = new  # the state after the change is compiled first
        put_beside(old.project, Twin(new.project, after.touched))
        yield sides
