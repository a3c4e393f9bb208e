"""`penstock affected --base REF`: which targets a change reaches, and why.

Compared is the commit where the history of --head leaves that of --base with --head (default: HEAD). A target is
affected if something that it reads, or looks for, differs: for each such file the way to the target is shown, file →
base → component → overlay. What is not listed is proven to come to the same bytes.

Exit status: 0 shown, 1 there are errors, 2 wrong usage or configuration, 4 git refuses.
"""

import argparse
from collections.abc import Sequence

from penstock.affected import compare
from penstock.cli.arguments import Arguments
from penstock.cli.sides import open_sides, range_of, say_if_apart
from penstock.cli.sources import add_source_options
from penstock.cli.streams import CLEAN, FINDINGS, USAGE, Streams
from penstock.git import Git
from penstock.report.affected import Compared, affected_json, affected_text
from penstock.report.text import text


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    git = Git(streams.cwd, streams.environ)
    between = range_of(git, arguments.base, arguments.head)
    with open_sides(git, between, arguments, streams) as (before, after):
        found = compare(before.side, after.side)
        streams.err.write(text(found.findings, after.side.run.project.place, arguments.all))
        before.keep()
        after.keep()
    say_if_apart(between, arguments.base, arguments.head, streams)
    written = affected_json if arguments.format == "json" else affected_text
    streams.out.write(written(Compared(between.before, between.after, found.affected, found.unaffected)))
    errors = [finding for finding in found.findings if finding.severity == "error"]
    if any(finding.blame == "configuration" for finding in errors):
        return USAGE
    return FINDINGS if errors else CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("affected", streams, __doc__ or "")
    parser.add_argument("--base", metavar="REF", required=True, help="the branch or commit into which the change goes")
    parser.add_argument("--head", metavar="REF", default="HEAD", help="the change (default: HEAD)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    add_source_options(parser, programs=False)
    return parser.parse_args(argv)
