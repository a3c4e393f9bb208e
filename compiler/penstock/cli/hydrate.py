"""`penstock hydrate [TARGET ...]`: write what targets render to, one file for each object, to the branch of their
environment.

A TARGET is a directory, or the name of an environment or of a target; without one, all targets are rendered.

It renders a commit, not the work tree, and touches neither that nor the index: the branches `rendered/ENVIRONMENT` are
all that it writes. An environment with a target that does not compile keeps its branch as it was, unless penstock.yaml
says `partial: true` for it: then the files of that target stay, and others are written. A branch is made for the first
time where --create says so, or where penstock.yaml or a definition of Flux names the environment.

Exit status: 0 the branches are as they should be, 1 findings, the branch of an environment that is gone, or differences
with --dry-run, 2 wrong usage, 3 a target does not compile, 4 git or the remote refuses.
"""

import argparse
import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING

from penstock.cache import Entries, folder
from penstock.cli.arguments import Arguments
from penstock.cli.remotes import opener
from penstock.cli.screen import tracked
from penstock.cli.shelf import Shelf, algorithm_of, open_run, way_of
from penstock.cli.sources import ALL_TARGETS, add_source_options, bounds_of, options_of, relative
from penstock.cli.streams import CLEAN, FINDINGS, Streams, status_of
from penstock.cli.version import engine
from penstock.cli.work_tree import Edits
from penstock.commits import check_apart
from penstock.emit.dry_branch import stray
from penstock.emit.git import hydrate
from penstock.emit.gone import gone
from penstock.emit.signing import CONFIGURED
from penstock.emit.source import Source, read_source
from penstock.emit.steps import Outcome, Request
from penstock.emit.tips import Remote, check_name, remote_of
from penstock.git import Git, public
from penstock.git_files import GitCommit
from penstock.incremental import Incremental, Rendered
from penstock.model import Diagnostic, Environment, Refusal, Target, has_errors
from penstock.parse.project import Project
from penstock.pipeline import blames, open_project
from penstock.records import NamedTuple
from penstock.report.text import count, text
from penstock.targets.naming import chosen, path_of
from penstock.targets.open_questions import questions
from penstock.targets.repository import nothing_here
from penstock.words import printable, some_of

if TYPE_CHECKING:
    from penstock.cli.shared_results import SharedResults


class Renderings(NamedTuple):
    """The content to write for each environment, and the findings about the sources."""

    environments: Sequence[Environment]
    rendered: Sequence[Rendered]
    findings: Sequence[Diagnostic]
    is_whole: bool
    """Whether every target has an environment, so that none is left out."""


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    git = Git(streams.cwd, streams.environ)
    if arguments.push:
        check_apart(git)
    with GitCommit(git, arguments.revision) as files, Edits(git, files.commit) as edits:
        source = read_source(git, files.commit)
        remotes = opener(streams, fetch=arguments.fetch, offline=arguments.offline)
        project = open_project(files, remotes, Entries(folder(streams.environ, git.directory)))
        project.bound(bounds_of(arguments))
        _refuse_other_branches(git, project, source, arguments)
        project.read_ahead = files.read_ahead
        options = options_of(arguments, streams)
        way = way_of(options, algorithm_of(files.commit), allow_secrets=arguments.allow_secrets)
        shelf = None if arguments.fetch else Shelf(git, streams.environ, way)
        shared = _shared(git, shelf, arguments, streams)
        incremental = open_run(project, files, files.state, shelf, way)
        made = _renderings(incremental, git, arguments, streams)
        _say_what_differs(edits, source, streams)
        streams.err.write(text(made.findings, project.place, arguments.all))
        outcomes, more = _write(Ground(git, source, incremental), made, arguments, streams)
        streams.err.write(text(more, project.place, arguments.all))
        if shelf is not None:
            _keep(shelf, files.state, incremental, made, outcomes)
        if shelf is not None and shared is not None:
            _share(shared, shelf, files.state, incremental, streams)
        is_all = made.environments and not (arguments.targets or arguments.target or arguments.environment)
        has_gone = bool(is_all) and _say_what_is_gone(git, incremental, arguments.remote, streams)
    _say_outcomes(made.environments, outcomes, arguments, streams)
    status = _status(made, outcomes, more, is_dry=arguments.dry_run or arguments.check)
    return FINDINGS if has_gone and status == CLEAN else status


def _shared(git: Git, shelf: Shelf | None, arguments: argparse.Namespace, streams: Streams) -> "SharedResults | None":
    """Return the results at the remote, if they are asked for, and put them on the shelf."""
    if not arguments.shared_results:
        return None
    if not arguments.push:
        raise Refusal("--shared-results is for runs that push: the results lie at the remote")
    from penstock.cli.shared_results import SharedResults  # few runs share them

    shared = SharedResults(git, arguments.remote, streams.environ)
    if shelf is not None:
        shared.bring(shelf)
    return shared


def _share(shared: "SharedResults", shelf: Shelf, tree: str, incremental: Incremental, streams: Streams) -> None:
    """Leave the results of this run at the remote. Without them, the next run only takes longer."""
    complaint = shared.keep(shelf, tree, incremental)
    if complaint:
        print(f"penstock: {complaint}", file=streams.err)


def _refuse_other_branches(git: Git, project: Project, source: Source, arguments: argparse.Namespace) -> None:
    """Raise `Refusal` if the checked-out branch is not the one to be rendered, and no option allows that."""
    is_told = arguments.any_branch or arguments.revision != "HEAD"
    if is_told or arguments.dry_run or arguments.check:
        return
    config, _ = project.config()
    why = stray(git, arguments.remote, config.branch if config is not None else "", source.commit)
    if why:
        hint = "switch to that one, name a commit with --revision, or pass --any-branch"
        raise Refusal(printable(f"hydrate renders one branch: {why}; {hint}"))


def _say_outcomes(
    environments: Sequence[Environment], outcomes: Sequence[Outcome], arguments: argparse.Namespace, streams: Streams
) -> None:
    """Print the outcome for the branch of each environment."""
    by_name = {outcome.environment: outcome for outcome in outcomes}
    for environment in environments:
        streams.out.write(_line(environment, by_name.get(environment.name), arguments))


def _status(made: Renderings, outcomes: Sequence[Outcome], more: Sequence[Diagnostic], *, is_dry: bool) -> int:
    """Return the exit status of a run. `more` are the findings of writing."""
    failed = {blame for each in made.rendered for blame in each.failed}
    # Without any environment, what was wrong with the definitions is what failed.
    failed |= blames(made.findings) if not made.environments else set()
    if failed:
        return status_of(failed)
    differs = any(outcome.state == "new" or (is_dry and outcome.changes) for outcome in outcomes)
    return FINDINGS if differs or has_errors((*made.findings, *more)) or not made.is_whole else CLEAN


class Ground(NamedTuple):
    """The repository, its commit that is rendered, and the run over that commit."""

    git: Git
    source: Source
    incremental: Incremental


def _write(
    ground: Ground, made: Renderings, arguments: argparse.Namespace, streams: Streams
) -> tuple[list[Outcome], list[Diagnostic]]:
    """Write the branches of each repository: first those of this repository, then those of others by address."""
    pairs = zip(made.environments, made.rendered, strict=True)
    found = [(environment.destination.repository, each.rendering) for environment, each in pairs if each.rendering]
    request = _request(ground, made, arguments, streams)
    outcomes: list[Outcome] = []
    findings: list[Diagnostic] = []
    for repository in sorted({repository for repository, _ in found}):
        renderings = [rendering for other, rendering in found if other == repository]
        remote = remote_of(repository, arguments.push) if repository else request.remote
        done, more = hydrate(ground.git, ground.source, renderings, request._replace(remote=remote))
        outcomes += done
        findings += more
    return outcomes, findings


def _request(ground: Ground, made: Renderings, arguments: argparse.Namespace, streams: Streams) -> Request:
    """Return the options of the hydration, from those of the command line."""
    branches = {environment.name: environment.written for environment in made.environments}
    named = ground.incremental.named()
    # Only an environment that somebody has named gets a new branch unasked.
    may_create = frozenset(branch for name, branch in branches.items() if arguments.create or name in named)
    is_dry = arguments.dry_run or arguments.check
    expected = _expected(arguments.expect, branches)
    remote = Remote(arguments.remote, arguments.push)
    has_metadata = any(environment.destination.layout == "argocd" for environment in made.environments)
    address = _address(ground, arguments.remote) if has_metadata else ""
    key = arguments.signing_key or (CONFIGURED if arguments.sign else None)
    return Request(partial(engine, streams), remote, is_dry, arguments.allow_older, may_create, expected, key, address)


def _address(ground: Ground, remote: str) -> str:
    """Return the address of the sources for readers of the rendered files."""
    from penstock.cli.promise import address_of  # few branches have this layout

    return address_of(ground.git, ground.incremental.project, remote)


def _expected(words: Sequence[str], branches: Mapping[str, str]) -> dict[str, str]:
    """Return the expected trees of branches, from `--expect ENV=TREE`, or `--expect TREE` if there is one
    environment.
    """
    expected = {}
    for word in words:
        name, equals, tree = word.rpartition("=")
        if not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", tree):
            raise Refusal(f"--expect {word}: ENV=TREE is needed, with the whole id of a tree")
        if not equals and len(branches) != 1:
            raise Refusal(f"--expect {word}: there are {len(branches)} environments; ENV=TREE says which is meant")
        name = name or next(iter(branches))
        if name not in branches:
            raise Refusal(f"--expect {word}: there is no environment {name}")
        expected[branches[name]] = tree
    return expected


def _say_what_is_gone(git: Git, incremental: Incremental, remote: str, streams: Streams) -> bool:
    """Print the branches of environments that the sources no longer have. Return whether there are any."""
    known, _ = incremental.everything()
    environments = incremental.environments(known)
    branches = {branch for environment in environments for branch in (environment.written, environment.branch)}
    found = gone(git, remote, branches)
    for each in found:
        lost = f"the sources have no environment {each.environment} any more"
        said = f"{each.branch}: {lost}; it is left as it is, and synced as before, until the branch is deleted"
        print(printable(said), file=streams.out)
    return bool(found)


def _keep(shelf: Shelf, tree: str, incremental: Incremental, made: Renderings, outcomes: Sequence[Outcome]) -> None:
    """Store the results of this run for the next one."""
    _note_branches(incremental, made, outcomes)
    ledger = incremental.ledger()
    if ledger is not None:
        shelf.keep(tree, ledger)


def _note_branches(incremental: Incremental, made: Renderings, outcomes: Sequence[Outcome]) -> None:
    """Record the trees of the branches that were rendered as a whole."""
    trees = {outcome.environment: outcome.part for outcome in outcomes if outcome.state != "superseded"}
    for environment, rendered in zip(made.environments, made.rendered, strict=True):
        is_whole = rendered.rendering is not None and rendered.rendering.is_whole
        if is_whole and trees.get(environment.name):
            incremental.note_branch(environment, trees[environment.name])


def _renderings(incremental: Incremental, git: Git, arguments: argparse.Namespace, streams: Streams) -> Renderings:
    """Render the environments of all targets that the command line asks for."""
    known, findings = incremental.everything()
    if not known and not has_errors(findings):
        raise Refusal(nothing_here(incremental.project, findings))
    if not known:
        return Renderings([], [], findings, False)
    findings = [*findings]
    is_open = questions(known)
    # An open question keeps its targets from the branches, and nothing else.
    findings += [each._replace(severity="warning") for each in is_open]
    going = frozenset(_chosen(known, arguments, incremental.project, git))
    wanted = {target.environment for target in going}
    written = [environment for environment in incremental.environments(known) if environment.name in wanted]
    rendered = [
        _rendered(incremental, git, environment, going)
        for environment in tracked(written, "rendering {} environments", streams)
    ]
    findings += [finding for each in rendered for finding in each.diagnostics]
    return Renderings(written, rendered, findings, not is_open)


def _rendered(incremental: Incremental, git: Git, environment: Environment, wanted: Set[Target]) -> Rendered:
    """Render one environment, but only its wanted targets."""
    going = [target for target in environment.targets if target in wanted]
    return _checked(git, environment, going[0].path, incremental.rendering(environment, going))


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("hydrate", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=ALL_TARGETS)
    parser.add_argument("--target", metavar="PATH", action="append", help="only this target (may be repeated)")
    parser.add_argument("--environment", metavar="ENV", action="append", help="only this environment (may be repeated)")
    parser.add_argument("--revision", metavar="COMMIT", default="HEAD", help="the commit to render (default: HEAD)")
    parser.add_argument("--any-branch", action="store_true", help="render HEAD, whichever branch it is on")
    parser.add_argument("--push", action="store_true", help="push the branches, all of them or none")
    parser.add_argument("--remote", metavar="NAME", default="origin", help="the remote to push to (default: origin)")
    parser.add_argument(
        "--shared-results", action="store_true", help="go on from the results at the remote, and leave them there"
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing; list the files that would change")
    parser.add_argument("--check", action="store_true", help="write nothing; say whether branches are up to date")
    parser.add_argument("--create", action="store_true", help="make branches that are not there yet")
    parser.add_argument("--sign", action="store_true", help="sign the commits, by git's user.signingKey and gpg.format")
    parser.add_argument("--signing-key", metavar="KEY", help="sign the commits with this key")
    expect = "write nothing unless the branch of ENV gets this tree (may be repeated)"
    parser.add_argument("--expect", metavar="[ENV=]TREE", action="append", default=[], help=expect)
    parser.add_argument("--allow-secrets", action="store_true", help="write Secrets even in clear text")
    parser.add_argument("--allow-older", action="store_true", help="render it even if a later commit was rendered")
    add_source_options(parser, programs=False)
    return parser.parse_args(argv)


def _say_what_differs(edits: Edits, source: Source, streams: Streams) -> None:
    """Print one line about uncommitted edits, because people may wonder why these are not rendered."""
    changes = edits.count()
    if changes:
        differ = "differs" if changes == 1 else "differ"
        files = f"{count(changes, 'file')} of the work tree"
        message = f"{files} {differ} from the commit {source.commit[:10]}, which is rendered"
        print(message, file=streams.err)


def _chosen(targets: Sequence[Target], arguments: argparse.Namespace, project: Project, git: Git) -> Sequence[Target]:
    """Return the targets that the command line asks for."""
    here = _here(git) if arguments.targets or arguments.target else "."
    words = [relative(word, git.directory) for word in arguments.targets]
    found = chosen(words, targets, project, here) if words else targets
    if arguments.target:
        wanted = {path_of(relative(word, git.directory), here) for word in arguments.target}
        _check_known("target", wanted, {target.path for target in targets})
        found = [target for target in found if target.path in wanted]
    if arguments.environment:
        _check_known("environment", set(arguments.environment), {target.environment for target in targets})
        found = [target for target in found if target.environment in arguments.environment]
    if not found:
        raise Refusal("none of the targets is of that environment")
    return found


def _here(git: Git) -> str:
    """Return the path from the root of the repository to the current directory."""
    return os.fsdecode(git.run("rev-parse", "--show-prefix")).removesuffix("\n") or "."


def _check_known(what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    for name in sorted(set(wanted) - set(known)):
        raise Refusal(printable(f"there is no {what} {name}; there are {some_of(sorted(known))}"))


def _checked(git: Git, environment: Environment, place: str, rendered: Rendered) -> Rendered:
    """Return the rendering, without its content if git does not accept the name of the branch."""
    findings = check_name(git, environment.written, environment.name, place)
    if has_errors(findings):
        rendered = rendered._replace(rendering=None)
    return rendered._replace(diagnostics=[*findings, *rendered.diagnostics])


def _line(environment: Environment, outcome: Outcome | None, arguments: argparse.Namespace) -> str:
    """Return the outcome for a branch, followed in a dry run by each changed file."""
    place, repository = printable(environment.place), environment.destination.repository
    if outcome is None:
        return f"{place}: not written, see the findings\n"
    if arguments.check:
        return f"{place}: {_verdict(outcome)}\n"
    line = f"{place}: {_state(outcome, arguments.dry_run)}"
    if outcome.pushed:
        line += f", pushed to {public(repository) or arguments.remote}"
    line += "".join(f"\n  {printable(path)}: {_held(files)}" for path, files in outcome.held.items())
    if arguments.dry_run:
        line += f"\n  tree    {outcome.tree}" if outcome.tree else ""
        line += "".join(f"\n  {what:7} {_content(outcome, path)}" for path, what in outcome.changes.items())
    return f"{line}\n"


def _held(files: int) -> str:
    """Return the outcome for a target with errors, of which the branch has this number of files."""
    return (
        f"has errors; what lies there stays as it is ({count(files, 'file')})"
        if files
        else "has errors, and is left out"
    )


def _content(outcome: Outcome, path: str) -> str:
    """Return a file with the id that its content should have."""
    return f"{printable(path)} {outcome.contents.get(path, '')[:10]}".rstrip()


def _verdict(outcome: Outcome) -> str:
    """Return whether a branch matches the sources, in words."""
    if outcome.state == "superseded":
        return f"holds what the later commit {outcome.source[:10]} has rendered"
    if not outcome.changes and outcome.held:
        return f"is what the sources give, but for {count(len(outcome.held), 'target')} with errors"
    if not outcome.changes:
        return f"is what the sources give, tree {outcome.tree}"
    if not outcome.before:
        return "is not there yet"
    return f"is not what the sources give: {count(len(outcome.changes), 'file')} would change"


def _state(outcome: Outcome, dry_run: bool) -> str:
    before, after, files = outcome.before[:10], outcome.after[:10], len(outcome.changes)
    if outcome.state == "superseded":
        return f"kept {before}, which the later commit {outcome.source[:10]} has rendered"
    if outcome.state == "unchanged":
        return f"unchanged {before}"
    if outcome.state == "new":
        return f"is not there yet ({count(files, 'file')}); --create makes it, or its environment in penstock.yaml"
    if dry_run:
        return f"would be {outcome.state} ({count(files, 'file')} changed)"
    if outcome.state == "created":
        return f"created {after} ({count(files, 'file')})"
    return f"updated {before}..{after} ({count(files, 'file')} changed)"
