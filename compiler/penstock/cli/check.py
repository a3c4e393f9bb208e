"""`penstock check [PATH ...]`: compile and validate every target; say what is wrong, and where.

A PATH is a directory: each kustomization in or below it that no other one uses is a target. Without one, the current
directory is meant. Findings go to standard output, one per line of source however many targets share it; `penstock
rule CODE` explains each. Exit status: 0 nothing wrong, 1 findings, 3 a target does not compile, 2 wrong usage.
"""

import argparse
import os
from collections.abc import Sequence

from penstock.cache import repository_of
from penstock.cli.arguments import Arguments
from penstock.cli.remotes import opener
from penstock.cli.screen import tracked
from penstock.cli.sources import TARGETS, add_source_options, options_of
from penstock.cli.streams import CLEAN, FINDINGS, Streams, status_of
from penstock.cli.workspace import Workspace, open_workspace
from penstock.files import resource_of_package
from penstock.model import Compiled, Diagnostic, Refusal
from penstock.parse import codes as parse_codes
from penstock.pipeline import check_targets, open_project, questions
from penstock.report.findings import Checked, Report, report
from penstock.resolve import codes as resolve_codes
from penstock.resolve.level import Options
from penstock.validate.schemas import Schemas, load

LOSSES = parse_codes.LOSSES | resolve_codes.LOSSES

PUSHED = ("PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH")
"""The variables by which pre-commit names what is pushed, in a hook of that stage: a commit, or where the remote has
nothing yet only the branch.
"""

THRESHOLDS = {"error": ("error",), "warning": ("error", "warning")}
"""By value of --fail-on: the severities that make the exit status 1."""


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    schemas = load(resource_of_package("kubernetes.pack"), arguments.kubernetes_version)
    found = _check_staged(arguments, streams, schemas) if arguments.staged else _check(arguments, streams, schemas)
    streams.out.write(_written(found, arguments.format, arguments.all))
    if found.failed:
        return status_of({blame for target in found.targets for blame in target.failed})
    return FINDINGS if any(each.severity in THRESHOLDS[arguments.fail_on] for each in found.findings) else CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("check", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=TARGETS)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument(
        "--kubernetes-version", default="", metavar="VERSION", help="such as 1.34 (default: the newest that is known)"
    )
    parser.add_argument(
        "--fail-on",
        choices=tuple(THRESHOLDS),
        default="error",
        help="the least finding for exit status 1 (default: error)",
    )
    parser.add_argument(
        "--staged", action="store_true", help="check what git would commit, not what lies in the directory; offline"
    )
    add_source_options(parser)
    arguments = parser.parse_args(argv)
    if arguments.staged and (arguments.enable_exec or arguments.fetch):
        raise Refusal("--staged checks what git would commit: nothing is fetched for it, and none of its programs run")
    return arguments


def _check(arguments: argparse.Namespace, streams: Streams, schemas: Schemas) -> Report:
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline)
    return _report(workspace, arguments.targets, schemas, options_of(arguments, workspace.streams))


def _check_staged(arguments: argparse.Namespace, streams: Streams, schemas: Schemas) -> Report:
    """The files of the index, or in a hook before a push those of the commit that is pushed. They start at the top of
    the repository, wherever in it we are.
    """
    from penstock.git_files import Git, GitCommit, GitIndex

    here = os.fsdecode(Git(streams.cwd, streams.environ).run("rev-parse", "--show-prefix")).removesuffix("\n")
    pushed = next((streams.environ[name] for name in PUSHED if streams.environ.get(name)), "")
    opened = GitCommit(streams.cwd, pushed, streams.environ) if pushed else GitIndex(streams.cwd, streams.environ)
    with opened as files:
        project = open_project(files, opener(streams, offline=True))  # a commit does not wait for a network
        at_top = streams._replace(cwd=repository_of(streams.cwd))
        workspace = Workspace(project, at_top, os.path.normpath(here))
        options = options_of(arguments, streams)._replace(can_execute=False)
        return _report(workspace, arguments.targets, schemas, options)


def _report(workspace: Workspace, words: Sequence[str], schemas: Schemas, options: Options) -> Report:
    found, findings = workspace.targets(words)
    if not words:
        findings += questions(found)
    following = tracked(found, "checking {} targets", workspace.streams)
    checked = check_targets(workspace.project, found, schemas, options)
    compiled = (each for _, each in zip(following, checked, strict=True))
    return report(schemas.version, map(_checked, compiled), workspace.place, findings)


def _checked(compiled: Compiled) -> Checked:
    target = compiled.target
    findings = list(map(_strict, compiled.diagnostics))
    return Checked(target.path, target.environment, len(compiled.resources), compiled.failed, findings)


def _strict(finding: Diagnostic) -> Diagnostic:
    """What Kustomize loses in silence is a warning to `build`, which prints the same; here it is an error."""
    return finding._replace(severity="error") if finding.severity == "warning" and finding.code in LOSSES else finding


def _written(found: Report, form: str, everything: bool) -> str:
    if form == "json":
        from penstock.report.json import report_json

        return report_json(found)
    from penstock.report.text import report_text

    return report_text(found, everything)
