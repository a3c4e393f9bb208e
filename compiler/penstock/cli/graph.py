"""`penstock graph [TARGET ...]`: show which object of a target needs which, and in which order they are applied.

A TARGET is a directory, or the name of an environment or of a target; without one, the current directory is meant: of a
directory, each kustomization in or below it that no other one uses. References that lead nowhere are findings, on
standard error.

Exit status: 0 shown, 3 a target does not compile and is left out, 2 wrong usage.
"""

import argparse
from collections.abc import Sequence

from penstock.apply.hooks import in_steps
from penstock.cli.arguments import Arguments
from penstock.cli.sources import TARGETS, add_source_options, bounds_of, options_of, reach_of
from penstock.cli.streams import Streams, status_of
from penstock.cli.workspace import open_workspace
from penstock.findings import Place
from penstock.model import Together
from penstock.together import graphs

FORMATS = ("text", "mermaid", "dot", "json")


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    reach = reach_of(arguments)
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, reach=reach)
    workspace.project.bound(bounds_of(arguments))
    options = options_of(arguments, workspace.streams)
    found, findings = workspace.targets(arguments.targets)
    fleets = list(graphs(workspace.project, found, options, in_steps))
    compiled = [each for together in fleets for each in together.compiled]
    # Targets that compile are shown, whatever becomes of the others.
    good = [shown for each in fleets if (shown := _that_compile(each)).compiled]

    found_in_targets = (each for target in compiled for each in target.diagnostics)
    if findings := [*findings, *found_in_targets]:
        from penstock.report.text import text

        streams.err.write(text(findings, workspace.place, arguments.all))
    if good:
        told = [*map(workspace.project.withheld.together, good)]
        streams.out.write(_written(told, arguments.format, workspace.place))
    return status_of({blame for target in compiled for blame in target.failed})


def _that_compile(together: Together) -> Together:
    """Return the targets without those that do not compile, for which there is nothing to show."""
    good = [each for each in together.compiled if not each.failed]
    paths = {each.target for each in good}
    needs = tuple(need for need in together.needs if need.target in paths and need.needed in paths)
    return together._replace(compiled=good, needs=needs)


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("graph", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=TARGETS)
    parser.add_argument("--format", choices=FORMATS, default="text", help="what to print (default: text)")
    add_source_options(parser)
    return parser.parse_args(argv)


def _written(fleets: Sequence[Together], form: str, place: Place) -> str:
    match form:
        case "mermaid":
            from penstock.report.graph_mermaid import graph_mermaid

            return graph_mermaid(fleets)
        case "dot":
            from penstock.report.graph_dot import graph_dot

            return graph_dot(fleets)
        case "json":
            from penstock.report.graph_json import graph_json

            return graph_json(fleets, place)
    from penstock.report.graph_text import graph_text

    return graph_text(fleets)
