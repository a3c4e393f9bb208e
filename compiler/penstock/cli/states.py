"""The states of a repository that `check` looks at: the directory, what a commit would hold, an earlier commit."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from penstock.affected import Side
from penstock.cache import digest, repository_of
from penstock.cli.remotes import opener
from penstock.cli.shelf import Shelf, open_run
from penstock.cli.sources import options_of
from penstock.cli.streams import Streams
from penstock.cli.workspace import Workspace, open_workspace
from penstock.files import Disk, Surveyed
from penstock.git_files import Git, GitCommit, GitIndex, commit_id
from penstock.incremental import Incremental, Way, answers_of, known_of
from penstock.pipeline import open_project
from penstock.records import NamedTuple
from penstock.resolve.options import Options

PUSHED = ("PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH")
"""The variables by which pre-commit names what is pushed, in a hook of that stage: a commit, or where the remote has
nothing yet only the branch.
"""

PUSHED_BEFORE = "PRE_COMMIT_FROM_REF"
"""The variable by which it names the commit that the remote has."""

DIRECTORY = "directory"
"""What the ledger of the files of a directory is called by: there is no tree of git whose id could name it."""

FEW = 16
"""So many targets may be compiled again by each run before what is known of all of them is put down anew."""


class Ground(NamedTuple):
    """A state of the sources with what earlier runs have found out about it. `key` is what its ledger is called by."""

    side: Side
    key: str
    shelf: Shelf

    def keep(self) -> None:
        """Put down what this run has found out, where that is worth the time."""
        run = self.side.run
        ledger = run.ledger() if run.compiled > FEW or run.has_discovered else None
        if ledger is not None:
            self.shelf.keep(self.key, ledger)


class State(NamedTuple):
    """Sources to judge. `before` is the commit whose findings are known already; empty where none are. `ground` tells
    what a change of sources in git reaches.
    """

    workspace: Workspace
    options: Options
    before: str = ""
    ground: Ground | None = None


@contextmanager
def state_now(arguments: argparse.Namespace, streams: Streams, watched: Disk | None = None) -> Iterator[State]:
    """The files of the directory; with `--staged` those of the index, or in a hook before a push those of the commit
    that is pushed. `watched` are the files of the directory, where somebody watches what is read of them.
    """
    if not arguments.staged:
        workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, files=watched)
        before = parted(Git(streams.cwd, streams.environ), arguments.since) if arguments.since else ""
        yield State(workspace, options_of(arguments, workspace.streams), before)
        return
    pushed = next((streams.environ[name] for name in PUSHED if streams.environ.get(name)), "")
    opened = GitCommit(Git(streams.cwd, streams.environ), pushed) if pushed else GitIndex(streams.cwd, streams.environ)
    options = options_of(arguments, streams)._replace(can_execute=False, plugins=False, run_function=None)
    with opened as files:
        yield _state(streams, files, options)._replace(before=_before_hook(arguments, streams, pushed))


@contextmanager
def state_before(commit: str, state: State, streams: Streams) -> Iterator[State]:
    """The files of an earlier commit. None of its programs run: where any may, they are those of the work tree."""
    with GitCommit(Git(streams.cwd, streams.environ), commit) as files:
        shelf = state.ground.shelf if state.ground is not None else None
        yield _state(streams, files, state.options._replace(can_execute=False), shelf)


def grounded(state: State, old: State) -> State:
    """The state with its ground: the files of a directory get one beside those of an earlier commit.

    Nothing that is known holds of a directory as a whole, since nobody can tell that it has not changed.
    """
    disk = state.workspace.project.files
    if state.ground is not None or old.ground is None or not isinstance(disk, Disk):
        return state
    files = Surveyed(disk.root)
    before, shelf = old.ground.side, old.ground.shelf
    answers = answers_of(files)
    answers.suppose(("is_dir", ".git"), "no")  # it lies beside the sources, and no commit has it
    known = known_of(shelf.recent(), files, answers, exact=False)
    run = Incremental(state.workspace.project, known, answers, Way(state.options, allow_secrets=True))
    listing = cache(lambda: files.listing(before.listing() or {}))
    return state._replace(ground=Ground(Side(run, files, answers, listing), DIRECTORY, shelf))


def _state(streams: Streams, files: GitCommit | GitIndex, options: Options, shelf: Shelf | None = None) -> State:
    """Files of git start at the top of the repository, wherever in it we are. Nothing is fetched for them."""
    top = repository_of(streams.cwd)
    here = os.path.relpath(os.path.realpath(streams.cwd), top)
    project = open_project(files, opener(streams, offline=True))
    project.read_ahead = files.read_ahead
    way = Way(options, allow_secrets=True)
    shelf = shelf or Shelf(Git(top, streams.environ), streams.environ, ("check", *way))
    key = files.version if isinstance(files, GitCommit) else digest(repr(files.entries()).encode())
    run = open_run(project, files, key, shelf, way)
    side = Side(run, files, run.answers, files.listing)
    return State(Workspace(project, streams._replace(cwd=top), here), options, ground=Ground(side, key, shelf))


def _before_hook(arguments: argparse.Namespace, streams: Streams, pushed: str) -> str:
    """The commit that a hook compares with: what it commits upon, or what the remote has."""
    git = Git(streams.cwd, streams.environ)
    if arguments.since:
        return parted(git, arguments.since, pushed or "HEAD")
    if pushed:
        has = streams.environ.get(PUSHED_BEFORE, "")
        return parted(git, has, pushed) if has else ""
    head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    is_first = head.status != 0
    return "" if is_first or _is_by_hand(git, streams) else head.out.decode("ascii", "replace").strip()


def _is_by_hand(git: Git, streams: Streams) -> bool:
    """Whether nothing is staged, and this is no hook of a commit: `pre-commit run --all-files` asks for everything."""
    is_hook = "GIT_INDEX_FILE" in streams.environ
    return not is_hook and git.ask("diff-index", "--cached", "--quiet", "--ignore-submodules", "HEAD").status == 0


def parted(git: Git, revision: str, now: str = "HEAD") -> str:
    """The commit where the history of a revision parts from ours; the revision itself where the two share none."""
    commit = commit_id(git, revision)
    answer = git.ask("merge-base", commit, commit_id(git, now))
    return answer.out.decode("ascii", "replace").strip() if answer.status == 0 else commit
