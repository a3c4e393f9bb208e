"""The states of a repository that `check` looks at: the directory, what a commit would hold, an earlier commit."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from penstock.affected import Side
from penstock.cache import digest, repository_of
from penstock.cli.remotes import opener
from penstock.cli.shelf import Shelf, algorithm_of, open_run, way_of
from penstock.cli.sides import range_of, say_if_apart
from penstock.cli.sources import bounds_of, options_of, reach_of
from penstock.cli.streams import Streams
from penstock.cli.workspace import Workspace, open_workspace
from penstock.commits import NO_COMMIT
from penstock.files import Disk, Surveyed
from penstock.git import Git
from penstock.git_files import GitCommit, GitIndex
from penstock.incremental import Incremental, Way, answers_of, known_of
from penstock.pipeline import open_project
from penstock.records import NamedTuple
from penstock.resolve.options import Options

PUSHED = ("PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH")
"""The variables by which pre-commit names what is pushed, in a hook of that stage: a commit, or only the branch if the
remote has no such branch yet.
"""

PUSHED_BEFORE = "PRE_COMMIT_FROM_REF"
"""The variable by which pre-commit names the commit that the remote has."""

DIRECTORY = "directory "
"""With the path, it gives the key of the ledger for the files of a directory, for which no tree of git gives an id."""

FEW = 16
"""The number of targets that each run may compile again before all results are stored anew."""


class Ground(NamedTuple):
    """A state of the sources with the results of earlier runs. `key` is the key of its ledger."""

    side: Side
    key: str
    shelf: Shelf
    way: Way

    def keep(self) -> None:
        """Store the results of this run, if that is worth the time."""
        run = self.side.run
        ledger = run.ledger() if run.compiled > FEW or run.has_discovered else None
        if ledger is not None:
            self.shelf.keep(self.key, ledger)


class State(NamedTuple):
    """Sources to judge.

    `before` is the commit whose findings are already known; empty if there is none. `ground` serves to find out what a
    change of sources in git reaches.
    """

    workspace: Workspace
    options: Options
    before: str = ""
    ground: Ground | None = None


@contextmanager
def state_now(arguments: argparse.Namespace, streams: Streams, watched: Disk | None = None) -> Iterator[State]:
    """Open the files of the directory, or with `--staged` those of the index, or in a pre-push hook those of the pushed
    commit.

    `watched` are the files of the directory if the looks at them are recorded.
    """
    if not arguments.staged:
        kind = Surveyed if arguments.since else Disk  # a comparison looks at most files
        disk = watched or kind(repository_of(streams.cwd), reach_of(arguments))
        workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, files=disk)
        workspace.project.bound(bounds_of(arguments))
        before = _earlier(Git(streams.cwd, streams.environ), arguments.since, streams) if arguments.since else ""
        yield State(workspace, options_of(arguments, workspace.streams), before)
        return
    pushed = next(filter(None, (_pushed(streams, name) for name in PUSHED)), "")
    opened = GitCommit(Git(streams.cwd, streams.environ), pushed) if pushed else GitIndex(streams.cwd, streams.environ)
    options = options_of(arguments, streams)._replace(can_execute=False, plugins=False, run_function=None)
    with opened as files:
        yield _state(streams, files, options)._replace(before=_before_hook(arguments, streams, pushed))


@contextmanager
def state_before(commit: str, state: State, streams: Streams) -> Iterator[State]:
    """Open the files of an earlier commit. None of its programs run: if programs are allowed, they are those of the
    work tree.
    """
    with GitCommit(Git(streams.cwd, streams.environ), commit) as files:
        shelf = state.ground.shelf if state.ground is not None else None
        yield _state(streams, files, state.options._replace(can_execute=False), shelf)


def grounded(state: State, old: State) -> State:
    """Return the state with a ground: files of a directory get one beside that of an earlier commit.

    No earlier result holds for a directory as a whole, because nobody can tell whether it has changed.
    """
    disk = state.workspace.project.files
    if state.ground is not None or old.ground is None or not isinstance(disk, Disk):
        return state
    before, shelf, way = old.ground.side, old.ground.shelf, old.ground.way
    is_same = isinstance(disk, Surveyed) and disk.algorithm == way.algorithm
    files = disk if is_same else Surveyed(disk.root, disk.reach, way.algorithm)
    answers = answers_of(files)
    # .git is no part of the sources, and no commit has it; in a further work tree it is a file.
    answers.suppose(("is_dir", ".git"), "no")
    answers.suppose(("read", ".git"), "-")
    known = known_of(shelf.recent(), files, answers, exact=False)
    run = Incremental(state.workspace.project, known, answers, way)
    listing = cache(lambda: files.listing(before.listing() or {}))
    key = digest(f"{DIRECTORY}{disk.root}".encode("utf-8", "surrogateescape"))
    return state._replace(ground=Ground(Side(run, files, answers, listing), key, shelf, way))


def _state(streams: Streams, files: GitCommit | GitIndex, options: Options, shelf: Shelf | None = None) -> State:
    """Return a state of files in git. They start at the top of the repository, whatever the current directory, and
    nothing is fetched for them.
    """
    top = repository_of(streams.cwd)
    here = os.path.relpath(os.path.realpath(streams.cwd), top)
    project = open_project(files, opener(streams, offline=True))
    project.bound(options.bounds)
    project.read_ahead = files.read_ahead
    key, algorithm = _key_of(files)
    way = way_of(options, algorithm)
    shelf = shelf or Shelf(Git(top, streams.environ), streams.environ, way)
    run = open_run(project, files, key, shelf, way)
    side = Side(run, files, run.answers, files.listing)
    return State(Workspace(project, streams._replace(cwd=top), here), options, ground=Ground(side, key, shelf, way))


def _key_of(files: GitCommit | GitIndex) -> tuple[str, str]:
    """Return the key of the ledger for a state of the sources, and the algorithm of its ids."""
    if isinstance(files, GitCommit):
        return files.state, algorithm_of(files.commit)
    entries = files.entries()
    return digest(repr(entries).encode()), algorithm_of(entries[0][1].id) if entries else "sha1"


def _before_hook(arguments: argparse.Namespace, streams: Streams, pushed: str) -> str:
    """Return the commit with which a hook compares: the parent of the new commit, or the one that the remote has."""
    git = Git(streams.cwd, streams.environ)
    if arguments.since:
        return _earlier(git, arguments.since, streams, pushed or "HEAD")
    if pushed:
        has = _pushed(streams, PUSHED_BEFORE)
        return parted(git, has, streams, pushed) if has else ""
    head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    is_first = head.status != 0
    return "" if is_first or _is_by_hand(git, streams) else head.out.decode("ascii", "replace").strip()


def _is_by_hand(git: Git, streams: Streams) -> bool:
    """Return whether nothing is staged outside of a commit hook: `pre-commit run --all-files` asks for everything."""
    is_hook = "GIT_INDEX_FILE" in streams.environ
    return not is_hook and git.ask("diff-index", "--cached", "--quiet", "--ignore-submodules", "HEAD").status == 0


def _pushed(streams: Streams, variable: str) -> str:
    """Return what a variable of a pre-push hook names; empty if that is no commit."""
    revision = streams.environ.get(variable, "")
    return "" if NO_COMMIT.fullmatch(revision) else revision


def _earlier(git: Git, revision: str, streams: Streams, now: str = "HEAD") -> str:
    """Return the commit whose findings are known. There is none before a new branch: then the result is empty, and a
    remark says so.
    """
    if not NO_COMMIT.fullmatch(revision):
        return parted(git, revision, streams, now)
    print(f"{revision[:10]}… stands for no commit: all findings count as new", file=streams.err)
    return ""


def parted(git: Git, revision: str, streams: Streams, now: str = "HEAD") -> str:
    """Return the commit where the histories of two revisions part. If the clone lacks it, the result is that of
    `revision`, and a remark says so.
    """
    between = range_of(git, revision, now)
    say_if_apart(between, revision, now, streams)
    return between.before
