"""`penstock history ENVIRONMENT`: what was synced to a cluster, when, and by whom.

The cluster itself remembers it, in the inventory of the environment: the last 20 syncs that did something, the newest
first. Nothing is written. See docs/sync.md.

Exit status: 0, also where there is no history yet; 2 wrong usage, 4 the cluster or the network failed.
"""

import argparse
import time
from collections.abc import Sequence

from penstock.apply.inventory import Inventory, parent_of, records
from penstock.apply.world import remembered
from penstock.cli.arguments import Arguments
from penstock.cli.cluster import connect, seconds
from penstock.cli.cluster_options import add_arguments
from penstock.cli.places import Place, everywhere, of_one
from penstock.cli.scopes import refuse_part
from penstock.cli.streams import CLEAN, Streams


def run(argv: Sequence[str], streams: Streams) -> int:
    return everywhere(of_one(_parse(argv, streams)), streams, _history)


def _history(place: Place, streams: Streams) -> int:
    arguments = place.arguments
    refuse_part(place.scope, "history")
    with connect(place, streams) as client:
        client.deadline = time.monotonic() + arguments.timeout
        parent = parent_of(arguments.name or arguments.environment, arguments.inventory_namespace)
        found = remembered(client, parent) or Inventory()
    from penstock.report.history import history_json, history_text

    syncs = [record._asdict() for record in reversed(records(found.history))]
    if arguments.format == "json":
        streams.out.write(history_json(syncs, found.pin, indent=None if place.label else 2))
    else:
        streams.out.write(history_text(syncs, found.pin))
    return CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("history", streams, __doc__ or "")
    add_arguments(parser)
    parser.add_argument(
        "--timeout", type=seconds, default=60.0, metavar="TIME", help="for all requests together (default: 60s)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    return parser.parse_args(argv)
