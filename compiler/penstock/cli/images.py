"""`penstock images [TARGET ...]`: every image that environments use, with the line that decides on it.

A TARGET is a directory, or the name of an environment or of a target; without one, those in and below the current
directory are shown.

Exit status: 0 shown, 2 wrong usage, 3 a target does not compile, and its images are missing.
"""

import argparse
from collections.abc import Sequence

from penstock.changes import Element
from penstock.cli.arguments import Arguments
from penstock.cli.screen import tracked
from penstock.cli.sources import TARGETS, add_source_options, bounds_of, options_of, reach_of
from penstock.cli.streams import Streams, status_of
from penstock.cli.workspace import open_workspace
from penstock.findings import LEFT_OUT, left_out
from penstock.images import Use, uses_of
from penstock.model import Pos
from penstock.pipeline import blames, build_target
from penstock.report.images import Used, images_json, images_text
from penstock.report.text import text
from penstock.withheld import Withheld


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    reach = reach_of(arguments)
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, reach=reach)
    workspace.project.bound(bounds_of(arguments))
    options = options_of(arguments, workspace.streams)
    found: list[Used] = []
    targets, findings = workspace.targets(arguments.targets)
    findings = [each for each in findings if each.severity != "info" or each.code in LEFT_OUT]
    failed = {*blames(findings)}
    for target in tracked(targets, "compiling {} targets", workspace.streams):
        resources, more = build_target(workspace.project, target, options)
        failed |= blames(more)
        findings += more if blames(more) else left_out(more)
        found += (
            _used(use, workspace.project.withheld, workspace.place(use.origin)) for use in uses_of(target, resources)
        )
    streams.err.write(text(findings, workspace.place, arguments.all))
    if arguments.format == "json":
        unknown = [(workspace.place(each.where), each.message) for each in left_out(findings)]
        streams.out.write(images_json(found, unknown))
    else:
        streams.out.write(images_text(found))
    return status_of(failed)


def _used(use: Use, secrets: Withheld, place: Pos) -> Used:
    """Return the use with everything hidden that came out of a Secret."""
    at = tuple(Element(secrets.text(step.key)) if isinstance(step, Element) else step for step in use.at)
    return Used(use.target, secrets.named(use.resource.id), at, secrets.text(use.image), place)


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("images", streams, __doc__ or "")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=TARGETS)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    add_source_options(parser)
    return parser.parse_args(argv)
