"""`penstock graph [TARGET ...]`: show which object of a target needs which, and in which order they are applied.

A TARGET is a directory: each kustomization in or below it that no other one uses is a target. Without one, the current
directory is meant. References that lead nowhere are findings, on standard error. Exit status: 0 shown, 3 a target does
not compile and is left out, 2 wrong usage.
"""

import argparse
import os
from collections.abc import Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.remotes import OFFLINE, lock_path, opener
from penstock.cli.streams import CLEAN, Streams, broken
from penstock.files import Disk
from penstock.model import Compiled, Diagnostic, Origin, Pos, Refusal, Target
from penstock.parse.locate import locate
from penstock.parse.project import Project
from penstock.pipeline import compile_target, discover, open_project
from penstock.report.findings import Place

FORMATS = ("text", "mermaid", "dot", "json")


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    project = open_project(Disk(streams.cwd), opener(streams, lock_path(streams), offline=arguments.offline))
    targets, findings = _targets(project, arguments.targets or ["."], streams.cwd)
    compiled = [compile_target(project, target) for target in targets]
    good = [each for each in compiled if not each.failed]

    def place(where: Origin | Pos) -> Pos:
        return locate(project.files, where)

    _print_findings([*findings, *(each for target in compiled for each in target.diagnostics)], place, streams)
    if good:
        streams.out.write(_written(good, arguments.format, place))
    errors = {
        each.code for target in compiled if target.failed for each in target.diagnostics if each.severity == "error"
    }
    return broken(errors) if errors else CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("graph", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="a directory (default: .)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="what to print (default: text)")
    parser.add_argument("--offline", action="store_true", help=OFFLINE)
    return parser.parse_args(argv)


def _targets(project: Project, paths: Sequence[str], cwd: str) -> tuple[list[Target], list[Diagnostic]]:
    """The targets in and below the directories, each once. Raises Refusal where there are none."""
    targets: dict[str, Target] = {}
    findings: list[Diagnostic] = []
    for path in paths:
        directory = os.path.relpath(os.path.join(cwd, path), cwd)
        if not project.is_dir(directory):
            raise Refusal(f"there is no directory {path}")
        below, more = discover(project, directory)
        if not below:
            raise Refusal(f"there is no kustomization in or below {path}, so there is nothing to show")
        targets.update((target.path, target) for target in below)
        findings += more
    return list(targets.values()), findings


def _print_findings(findings: Sequence[Diagnostic], place: Place, streams: Streams) -> None:
    if findings:
        from penstock.report.text import text

        streams.err.write(text(findings, place))


def _written(compiled: Sequence[Compiled], form: str, place: Place) -> str:
    match form:
        case "mermaid":
            from penstock.report.graph_mermaid import graph_mermaid

            return graph_mermaid(compiled)
        case "dot":
            from penstock.report.graph_dot import graph_dot

            return graph_dot(compiled)
        case "json":
            from penstock.report.graph_json import graph_json

            return graph_json(compiled, place)
    from penstock.report.graph_text import graph_text

    return graph_text(compiled)
