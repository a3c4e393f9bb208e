"""`penstock status ENVIRONMENT ...`: is the cluster what the branch rendered/ENVIRONMENT says, and is it healthy?

Object by object. Nothing is written. The cluster is the one that --context or --kubeconfig names. The name of a target
(prod/shop) or a directory means only that part of its environment. See docs/status.md.

Exit status: 0 all is synced and healthy, 1 it is not, 2 wrong usage, 3 a file of the branch cannot be read, 4 the
cluster, the network or git failed.
"""

import argparse
from collections.abc import Sequence

from penstock.apply.part import Part
from penstock.apply.status import status
from penstock.apply.task import Options
from penstock.cli.arguments import Arguments
from penstock.cli.cluster import as_branch, connect, make_task, print_findings, seconds, where_of
from penstock.cli.cluster_options import add_arguments
from penstock.cli.places import Place, everywhere
from penstock.cli.rendered import Rendered, read_branch
from penstock.cli.scopes import below
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.cluster import Status
from penstock.git import Git
from penstock.model import Diagnostic, has_errors


def run(argv: Sequence[str], streams: Streams) -> int:
    return everywhere(_parse(argv, streams), streams, _status)


def _status(place: Place, streams: Streams) -> int:
    arguments, settings = place.arguments, place.settings
    where = where_of(arguments, settings)
    rendered = read_branch(streams, where, arguments.environment, seconds=arguments.timeout)
    if has_errors(rendered.diagnostics):
        print_findings(rendered.diagnostics, rendered, streams)
        return SOURCES
    options = Options(
        namespace=arguments.namespace,
        timeout=arguments.timeout,
        adopt=frozenset(settings.adopt),
        ignore=settings.ignore,
        remove_additions=settings.removes_additions,
        part=Part(targets=frozenset(below([*arguments.target, *place.scope.folders], where.folder))),
    )
    with connect(place, streams) as client:
        found = status(make_task(client, arguments, as_branch(rendered), options, streams))
    streams.out.write(_written(place, found))
    print_findings([*rendered.diagnostics, *_edits(rendered, streams), *found.diagnostics], rendered, streams)
    return CLEAN if (found.sync, found.health) == ("Synced", "Healthy") else FINDINGS


def _edits(rendered: Rendered, streams: Streams) -> list[Diagnostic]:
    """Return warnings about what people have committed to the branch by hand, which the next sync refuses.

    They do not count for the exit status: an edit may have been accepted, and be in the cluster.
    """
    from penstock.cli.by_hand import edits

    return [finding._replace(severity="warning") for finding in edits(Git(streams.cwd, streams.environ), rendered)]


def _written(place: Place, found: Status) -> str:
    if place.arguments.format == "json":
        from penstock.report.status_json import status_json

        return status_json(place.scope.environment, found, indent=None if place.label else 2)
    from penstock.report.status_text import status_text

    return status_text(place.scope.word, found)


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("status", streams, __doc__ or "")
    add_arguments(parser, several=True)
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="PATH",
        help="just this target, a folder of the branch; may be repeated",
    )
    parser.add_argument(
        "--timeout", type=seconds, default=60.0, metavar="TIME", help="for all requests together (default: 60s)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    return parser.parse_args(argv)
