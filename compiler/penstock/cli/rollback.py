"""`penstock rollback ENVIRONMENT COMMIT`: bring a cluster to an older commit of the branch rendered/ENVIRONMENT.

The environment stays there: `sync` refuses all commits up to the one that was rolled back, until the branch has a newer
one. The branch itself is not changed. See docs/sync.md.

Exit status: 0 rolled back and healthy, 1 findings, or with --dry-run something to do, 2 wrong usage, 3 a file of the
commit cannot be read, 4 the cluster, the network, git or the lock failed.
"""

import argparse
from collections.abc import Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.cluster import connect, tell_findings, where_of
from penstock.cli.cluster_options import add_arguments
from penstock.cli.places import Place, everywhere, of_one
from penstock.cli.rendered import head_of, read_branch
from penstock.cli.scopes import refuse_part
from penstock.cli.streams import FINDINGS, SOURCES, Streams
from penstock.cli.sync import add_sync_arguments, bring, is_refused, options_of
from penstock.model import Refusal, has_errors


def run(argv: Sequence[str], streams: Streams) -> int:
    return everywhere(of_one(_parse(argv, streams)), streams, _rollback)


def _rollback(place: Place, streams: Streams) -> int:
    arguments, settings = place.arguments, place.settings
    refuse_part(place.scope, "rollback")
    where = where_of(arguments, settings)
    head = head_of(streams, where.branch)
    rendered = read_branch(streams, where, arguments.environment, arguments.commit, arguments.timeout)
    if rendered.revision == head:
        raise Refusal(
            f"{arguments.commit} is the newest commit of {where.branch}; `penstock sync` brings a cluster to it"
        )
    if has_errors(rendered.diagnostics):
        tell_findings(rendered.diagnostics, rendered, arguments.format, streams)
        return SOURCES
    if is_refused(rendered, arguments, streams):
        return FINDINGS
    options = options_of(arguments, settings, streams)._replace(back_from=head, allow_rewrite=True)
    with connect(place, streams) as client:
        return bring(client, place, rendered, options, streams)


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("rollback", streams, __doc__ or "")
    add_arguments(parser)
    parser.add_argument("commit", metavar="COMMIT", help="a commit of the rendered branch, as git names it")
    add_sync_arguments(parser)
    return parser.parse_args(argv)
