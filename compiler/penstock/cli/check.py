"""`penstock check [TARGET ...]`: compile and validate every target; say what is wrong, and where.

A TARGET is a directory, or the name of an environment or target: of a directory, each kustomization in or below it
that no other one uses. Files of manifests, and `-` for standard input (`helm template x | penstock check -`), are
checked alone. Findings go to standard output, one per line of source however many targets share it; `penstock
rule CODE` explains each. What penstock.yaml, a comment or the baseline settles is left out, and counted.

Exit status: 0 nothing wrong, 1 findings, 3 a target does not compile, 2 wrong usage or configuration.
"""

import argparse
from collections.abc import Sequence

from penstock.adoption.adopt import selected, without_earlier
from penstock.adoption.causes import by_cause
from penstock.adoption.selection import Selection, codes_of
from penstock.cli.arguments import Arguments
from penstock.cli.judging import Before, Request, judged
from penstock.cli.kept import Kept
from penstock.cli.known import add_known_options, check_known_options, without_baseline, write_baseline
from penstock.cli.loose import is_loose, take
from penstock.cli.outputs import FORMATS, Output, Shown, outputs, write
from penstock.cli.policy import codes
from penstock.cli.reach import reached
from penstock.cli.sources import TARGETS, add_source_options, allows_programs, reach_of
from penstock.cli.states import State, grounded, parted, state_before, state_now
from penstock.cli.streams import CLEAN, FINDINGS, Streams, status_of
from penstock.cli.updates import objects_by_environment
from penstock.errors import NothingHere
from penstock.findings import SEVERITIES, Finding, Report, in_bytes
from penstock.git import Git
from penstock.model import Refusal

THRESHOLDS = {"error": ("error",), "warning": ("error", "warning")}
"""The severities that make the exit status 1, by the value of --fail-on."""


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    wanted = outputs(arguments.output or [arguments.format])
    selection = _selection(arguments)
    is_kept = _depends_on_files(arguments, wanted, streams)
    kept = Kept(["check", *argv], streams, reach_of(arguments)) if is_kept else None
    streams = kept.streams if kept else streams
    try:
        found = selected(by_cause(_found(arguments, selection, streams, kept)), selection)
    except NothingHere as nothing:
        if not arguments.staged or arguments.targets:
            raise
        streams.err.write(f"penstock: {nothing}\n")
        return CLEAN
    write(found, wanted, Shown(arguments.all, not arguments.quiet), streams)
    status = _status(found, arguments.fail_on)
    if kept:
        kept.keep(status)
    return status


def _depends_on_files(arguments: argparse.Namespace, wanted: Sequence[Output], streams: Streams) -> bool:
    """Return whether the output depends only on the command line and the files of the directory, and the run has no
    other effect.
    """
    asks_git = arguments.staged or arguments.since or arguments.base
    writes = arguments.write_baseline or any(each.file for each in wanted)
    reads_more = arguments.fetch or arguments.baseline or "-" in arguments.targets or arguments.no_cache
    return not (asks_git or writes or reads_more or allows_programs(arguments, streams))


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("check", streams, __doc__ or "")
    add = parser.add_argument
    add("targets", metavar="TARGET", nargs="*", help=TARGETS)
    add("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    formats = f"write the report as {', '.join(FORMATS)}; to a file, or to standard output (may be repeated)"
    add("-o", "--output", metavar="FORMAT[=FILE]", action="append", default=[], help=formats)
    version = "such as 1.34; may be repeated (default: that of the environment, or the newest that is known)"
    add("--kubernetes-version", action="append", default=[], metavar="VERSION", help=version)
    threshold = "the lowest severity that gives exit status 1 (default: error)"
    add("--fail-on", choices=tuple(THRESHOLDS), default="error", help=threshold)
    add("--select", metavar="CODES", action="append", default=[], help="only these findings: PS401, wrong-type, PS4")
    add("--ignore", metavar="CODES", action="append", default=[], help="all findings but these")
    add("--min-severity", choices=SEVERITIES, default="info", help="the lowest severity that is shown (default: info)")
    add("-q", "--quiet", action="store_true", help="no summary: where nothing is wrong, nothing is printed")
    add_known_options(parser)
    staged = "check what git would commit, not what lies in the directory, and say what is new in it; offline"
    base = "also check the update from this commit, or from the merge base with this branch"
    add("--no-cache", action="store_true", help="neither use nor keep results of earlier runs")
    add("--base", metavar="REF", help=f"{base}: what an update may not do")
    add("--staged", action="store_true", help=staged)
    add_source_options(parser)
    arguments = parser.parse_args(argv)
    check_known_options(arguments)
    if "" in (arguments.since, arguments.base):  # an unset variable of a pipeline must not count as "not asked for"
        raise Refusal("--since and --base name a commit: there is none called ''")
    in_git = arguments.staged or arguments.since or arguments.base or arguments.write_baseline
    if in_git and any(is_loose(word, streams) for word in arguments.targets):
        raise Refusal("files are checked as they are: --staged, --since, --base and --write-baseline are for targets")
    if arguments.staged and (arguments.enable_exec or arguments.fetch):
        raise Refusal("--staged checks what git would commit: nothing is fetched for it, and none of its programs run")
    return arguments


def _selection(arguments: argparse.Namespace) -> Selection:
    if not (arguments.select or arguments.ignore):
        return Selection(least=arguments.min_severity)
    names = codes()
    chosen, left_out = codes_of("--select", arguments.select, names), codes_of("--ignore", arguments.ignore, names)
    return Selection(chosen, left_out, arguments.min_severity)


def _found(arguments: argparse.Namespace, selection: Selection, streams: Streams, kept: Kept | None) -> Report:
    """Return all findings, whatever part of them is shown. `kept` records the inputs on which they depend."""
    with state_now(arguments, streams, kept.files if kept else None) as state:
        if kept:
            kept.trust(state.workspace.project)
        is_whole = not (arguments.staged or selection.select or selection.ignore) and _is_whole(arguments, state)
        words = take(state.workspace, arguments.targets, streams)
        request = Request(words, arguments.kubernetes_version, state.options, is_whole)
        if arguments.base:
            request = request._replace(before=_objects_of(arguments.base, state, streams))
        if state.before:
            found = _found_since(arguments, state, request, streams)
        else:
            found = _found_now(arguments, state, request)
        if kept:
            kept.is_whole = state.workspace.project.follows_from(kept.files)
        counts_bytes = any(each.partition("=")[0] == "rdjson" for each in arguments.output)
        return in_bytes(found, state.workspace.project.inside) if counts_bytes else found


def _found_now(arguments: argparse.Namespace, state: State, request: Request) -> Report:
    """Return the findings of one state, without those in the baseline."""
    found = judged(state.workspace, request)
    if arguments.write_baseline:
        return write_baseline(found, arguments, state.workspace, request.is_whole)
    return without_baseline(found, arguments, state.workspace, request.is_whole)


def _objects_of(base: str, state: State, streams: Streams) -> Before:
    """Return the objects of the commit where the history parted from that of a branch, by environment."""
    commit = parted(Git(streams.cwd, streams.environ), base, streams)
    with state_before(commit, state, streams) as old:
        return objects_by_environment(old)


def _found_since(arguments: argparse.Namespace, state: State, request: Request, streams: Streams) -> Report:
    """Return the findings that are new since an earlier commit, in the targets that the change reaches.

    If there are new findings, all targets are judged: others may have had the same finding before, or still need the
    same suppression.
    """
    with state_before(state.before, state, streams) as old:
        if _is_by_sources(arguments, streams):
            state = grounded(state, old)
            request = request._replace(reached=_reached(state, old, request))
        found = _new(arguments, state, old, request)
        if found.findings and request.reached is not None:
            found = _new(arguments, state, old, request._replace(reached=None))
        for each in (old, state):  # the next run reads the last one first, and it has most of what is needed
            if each.ground is not None:
                each.ground.keep()
        return found


def _is_by_sources(arguments: argparse.Namespace, streams: Streams) -> bool:
    """Return whether the findings depend only on the two states, and not on programs, fetched files or a third
    commit.
    """
    if arguments.staged:
        return not arguments.base
    may_run = arguments.enable_alpha_plugins or arguments.enable_exec or allows_programs(arguments, streams)
    return not (may_run or arguments.fetch or arguments.base)


def _reached(state: State, old: State, request: Request) -> frozenset[str] | None:
    """Return the paths of the targets that a change reaches; None if it may reach all targets of the request.

    A directory on the command line can be a target even if discovery finds none there. Nothing is known of such
    targets.
    """
    if state.ground is None or old.ground is None:
        return None
    paths = reached(old.ground.side, state.ground.side)
    if paths is None:
        return None
    known = state.ground.side.run.everything()[0]
    return paths if set(known).issuperset(state.workspace.targets(request.words)[0]) else None


def _new(arguments: argparse.Namespace, state: State, old: State, request: Request) -> Report:
    """Return the findings that neither the baseline nor the earlier commit has."""
    found = without_baseline(judged(state.workspace, request), arguments, state.workspace, request.is_whole)
    if not found.findings:
        return found
    return without_earlier(found, _earlier_findings(old, request), state.workspace.project.has)


def _is_whole(arguments: argparse.Namespace, state: State) -> bool:
    """Return whether the whole repository is checked."""
    return state.workspace.here == "." and not set(arguments.targets) - {".", "./"}


def _earlier_findings(old: State, request: Request) -> Sequence[Finding]:
    """Return the findings of the earlier commit; none if it had none of the requested targets."""
    if old.ground is not None:
        old.ground.side.run.build_definitions()
    try:
        return judged(old.workspace, request._replace(options=old.options, before=None)).findings
    except Refusal:  # the earlier commit has no such targets
        return ()


def _status(found: Report, fail_on: str) -> int:
    stopped = {each.stops for each in found.findings if each.stops}
    if stopped:
        return status_of(stopped)
    return FINDINGS if any(each.severity in THRESHOLDS[fail_on] for each in found.findings) else CLEAN
