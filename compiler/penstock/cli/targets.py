"""`penstock targets [TARGET ...]`: what compiles on its own, where it goes, and how Penstock knows.

A TARGET is a directory, or the name of an environment or of a target; without one, those in and below the current
directory are shown. What the environment of a target is follows from penstock.yaml, or else from the structure of the
repository; where neither says it, the target is listed with a proposal, and `penstock hydrate` does not write it.

Exit status: 0 shown, 1 a target has no environment yet, or there are errors, 2 wrong usage or configuration.
"""

import argparse
import posixpath
from collections.abc import Iterable, Sequence, Set

from penstock.cli.arguments import Arguments
from penstock.cli.kept import Kept
from penstock.cli.sources import TARGETS, add_source_options, allows_programs, bounds_of, options_of, reach_of
from penstock.cli.streams import CLEAN, FINDINGS, USAGE, Streams
from penstock.cli.workspace import Workspace, open_workspace
from penstock.model import Environment, Refusal, Target
from penstock.pipeline import inputs
from penstock.report.targets import targets_json, targets_text
from penstock.report.text import text
from penstock.targets.repository import environments, nothing_here
from penstock.words import did_you_mean, one_of


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    reach = reach_of(arguments)
    kept = Kept(["targets", *argv], streams, reach)
    workspace = open_workspace(
        kept.streams, fetch=arguments.fetch, offline=arguments.offline, reach=reach, files=kept.files
    )
    workspace.project.bound(bounds_of(arguments))
    # With programs or a network, it depends on more than the sources.
    if arguments.no_cache or arguments.fetch or allows_programs(arguments, streams):
        return _shown(arguments, streams, workspace)
    kept.trust(workspace.project)
    status = _shown(arguments, kept.streams, workspace)
    kept.is_whole = workspace.project.follows_from(kept.files)
    kept.keep(status)
    return status


def _shown(arguments: argparse.Namespace, streams: Streams, workspace: Workspace) -> int:
    """Print the targets and return the exit status."""
    found, findings = workspace.everything(arguments.targets)
    streams.err.write(text(findings, workspace.place, arguments.all))
    errors = [finding for finding in findings if finding.severity == "error"]
    if any(finding.blame == "configuration" for finding in errors):
        return USAGE
    if not found and not findings:
        print(f"penstock: {nothing_here(workspace.project, [])}", file=streams.err)
    chosen = _chosen(workspace, found, arguments)
    written = targets_json if arguments.format == "json" else targets_text
    streams.out.write(written(environments(workspace.project, chosen), chosen))
    is_open = any(not target.environment for target in chosen)
    return FINDINGS if errors or is_open else CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("targets", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=TARGETS)
    parser.add_argument("--environment", metavar="ENV", action="append", help="only this environment (may be repeated)")
    parser.add_argument("--using", metavar="FILE", action="append", help="only those that read this file or directory")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep results of earlier runs")
    add_source_options(parser)
    return parser.parse_args(argv)


def _chosen(workspace: Workspace, found: Sequence[Target], arguments: argparse.Namespace) -> list[Target]:
    chosen = list(found)
    if arguments.environment:
        _check_environments(arguments.environment, environments(workspace.project, found))
        chosen = [target for target in chosen if target.environment in arguments.environment]
    if arguments.using:
        options = options_of(arguments, workspace.streams)
        reads = {target: inputs(workspace.project, target, options) for target in chosen}
        for name in arguments.using:
            _check_file(name, reads.values(), workspace)
        chosen = [target for target, read in reads.items() if _uses(read, arguments.using, workspace)]
    return chosen


def _check_file(name: str, reads: Iterable[Set[str]], workspace: Workspace) -> None:
    """Raise `Refusal` for a file or directory that does not exist, unless a target asks for it all the same."""
    path = posixpath.normpath(posixpath.join(workspace.here, name))
    project = workspace.project
    if not (project.is_dir(path) or project.is_there(path) or any(_uses(read, [name], workspace) for read in reads)):
        raise Refusal(f"there is no file or directory {name}")


def _check_environments(wanted: Sequence[str], known: Sequence[Environment]) -> None:
    """Raise `Refusal` for an environment to which nothing goes."""
    names = sorted(each.name for each in known)
    for name in wanted:
        if name not in names:
            hint = did_you_mean(name, names) or (f"name {one_of(names)}" if names else "nothing has one yet")
            raise Refusal(f"there is no environment {name}; {hint}")


def _uses(read: Set[str], names: Sequence[str], workspace: Workspace) -> bool:
    """Return whether one of some files was read, or a file below one of some directories."""
    paths = [posixpath.normpath(posixpath.join(workspace.here, name)) for name in names]
    return any(path in read or any(each.startswith(f"{path}/") for each in read) for path in paths)
