"""`penstock diff`: what changes in which environments, object by object and field by field, each change once.

With --base REF, the sources of --head (default: HEAD) are compared with those where its history leaves that of REF.
What the change does not reach is proven to be the same, and not compiled. With two SIDEs, these are compared: names of
environments or targets, directories (with a kustomization, or of manifests), or rendered branches. `A..B` compares two
commits as they are, and `A...B` is --base A --head B. With --cluster, one SIDE is compared with what is in the cluster
of its environment: shown is what a sync would change. Nothing is written.

Exit status: 0 no differences, 1 differences, 2 wrong usage, 3 a target compiles on neither side or on one only, 4 git,
the cluster or the network fails.
"""

import argparse
import os
from collections.abc import Callable, Sequence

from penstock.affected import Comparison, compare, unread
from penstock.changes import IN_CLUSTER, Difference
from penstock.cli.arguments import Arguments
from penstock.cli.cluster_options import add_options
from penstock.cli.colours import in_colours
from penstock.cli.lots import lot_of
from penstock.cli.sides import Opened, Range, open_sides, range_of, say_if_apart
from penstock.cli.sources import add_source_options, bounds_of, options_of, reach_of
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.cli.workspace import open_workspace
from penstock.commits import commit_id
from penstock.differences import Place, between_lots, between_sides, files_between, way_of, without_secrets
from penstock.emit.yaml import dump_value
from penstock.git import Git
from penstock.model import Diagnostic, Refusal
from penstock.report.diff_lines import Writing
from penstock.report.diff_patch import diff_patch
from penstock.report.text import count, text

Hide = Callable[[str], str]
"""Removes from a text everything that was in Secrets."""

FORMATS = ("text", "markdown", "json", "html", "patch")

LIMIT = 65_000
"""The most bytes of a Markdown report: a comment on GitHub may have 65,536 characters."""


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    if arguments.format == "patch":
        _refuse_mixtures(arguments)
        return _write_patch(arguments, streams)
    secret_key = os.urandom(16)
    found, hide = _difference(arguments, secret_key, streams)
    written = _written(without_secrets(found, hide), Writing(dump_value, hide), arguments)
    streams.out.write(in_colours(written, streams.out) if arguments.format == "text" else written)
    if any(failure.side != IN_CLUSTER for failure in found.failures):
        return SOURCES
    return CLEAN if found.is_empty else FINDINGS


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("diff", streams, __doc__ or "")
    add = parser.add_argument
    add("sides", metavar="SIDE", nargs="*", help="LEFT and RIGHT, or a range of commits")
    add("--base", metavar="REF", default="", help="the branch or commit into which the change goes")
    add("--head", metavar="REF", default="HEAD", help="with --base: the change (default: HEAD)")
    add("--environment", metavar="ENV", default="", help="with commits: only this environment")
    add("--trees", choices=TREES, default="known", help="for which environments the tree of the branch is worked out")
    add("--no-cache", action="store_true", help="neither use nor keep results of earlier runs")
    add("--allow-secrets", action="store_true", help="work out trees also where Secrets are in clear text")
    add("--format", choices=FORMATS, metavar="FORM", default="text", help=f"{', '.join(FORMATS)} (default: text)")
    add("--limit", metavar="BYTES", type=int, default=LIMIT, help=f"the size of a Markdown report (default: {LIMIT:,})")
    add_cluster_options(parser)
    add_source_options(parser, programs=False)
    return parser.parse_args(argv)


def add_cluster_options(parser: Arguments) -> None:
    """Add the options that name a cluster."""
    parser.add_argument("--cluster", action="store_true", help="compare SIDE with the cluster of its environment")
    add_options(parser)


TREES = ("known", "all", "none")


def _difference(arguments: argparse.Namespace, secret_key: bytes, streams: Streams) -> tuple[Difference, Hide]:
    """Return the differences between the two sides that the command line names."""
    _refuse_mixtures(arguments)
    if arguments.base or (len(arguments.sides) == 1 and ".." in arguments.sides[0]):
        return _between_commits(arguments, secret_key, streams)
    if len(arguments.sides) != (1 if arguments.cluster else 2):
        raise Refusal("name two sides, a range of commits (main..topic), --base, or one side and --cluster")
    reach = reach_of(arguments)
    workspace = open_workspace(streams, fetch=arguments.fetch, offline=arguments.offline, reach=reach)
    workspace.project.bound(bounds_of(arguments))
    options = options_of(arguments, workspace.streams)
    if arguments.cluster:
        from penstock.cli.live import cluster_difference

        lot = lot_of(arguments.sides[0], workspace, options, streams)
        return cluster_difference(lot, arguments, secret_key, streams), workspace.project.withheld.text
    before, after = (lot_of(word, workspace, options, streams) for word in arguments.sides)
    across = before.name != after.name
    name = f"{before.name} → {after.name}"
    return between_lots(before, after, name, way_of(secret_key, across=across)), workspace.project.withheld.text


def _refuse_mixtures(arguments: argparse.Namespace) -> None:
    """Raise `Refusal` for options that do not go together."""
    given = [f"--{name.replace('_', '-')}" for name in OF_A_CLUSTER if getattr(arguments, name)]
    if arguments.cluster and (arguments.base or any(".." in side for side in arguments.sides)):
        raise Refusal("--cluster compares one environment, target or rendered branch, and no commits")
    if given and not arguments.cluster:
        raise Refusal(f"{given[0]} names a cluster: --cluster compares with it")


OF_A_CLUSTER = ("context", "kubeconfig", "on", "name", "namespace")


def _range(arguments: argparse.Namespace, git: Git, streams: Streams) -> Range:
    """Return the two commits that the command line names. A remark says if the clone lacks where their histories
    part.
    """
    if not arguments.base and len(arguments.sides) != 1:
        raise Refusal("a patch is between two commits: name a range (main..topic), or --base")
    if arguments.base:
        if arguments.sides:
            raise Refusal("--base names one side, and --head the other")
        return _since_parted(git, arguments.base, arguments.head, streams)
    left, dots, right = arguments.sides[0].partition("...")
    if dots:
        return _since_parted(git, left or "HEAD", right or "HEAD", streams)
    left, _, right = arguments.sides[0].partition("..")
    return Range(commit_id(git, left or "HEAD"), commit_id(git, right or "HEAD"), True)


def _since_parted(git: Git, base: str, head: str, streams: Streams) -> Range:
    between = range_of(git, base, head)
    say_if_apart(between, base, head, streams)
    return between


def _between_commits(arguments: argparse.Namespace, secret_key: bytes, streams: Streams) -> tuple[Difference, Hide]:
    git = Git(streams.cwd, streams.environ)
    between = _range(arguments, git, streams)
    with open_sides(git, between, arguments, streams) as (before, after):
        comparison = _compared(before, after, arguments, streams)
        names = between.before[:10], between.after[:10]
        found = between_sides(names, before.side, after.side, comparison, way_of(secret_key))
        if arguments.trees != "none":
            from penstock.cli.promise import with_trees

            found = with_trees(found, git, after, streams, everything=arguments.trees == "all")
        _keep(before, after)
        hidden = before.side.run.project.withheld.text, after.side.run.project.withheld.text
    return found, lambda said: hidden[1](hidden[0](said))


def _compared(before: Opened, after: Opened, arguments: argparse.Namespace, streams: Streams) -> Comparison:
    """Return which targets differ, or those of one environment if the command line names it. The findings of discovery
    are printed.
    """
    comparison = compare(before.side, after.side)
    comparison = comparison._replace(unread=unread(comparison, before.side, after.side))
    streams.err.write(_remarks(comparison.findings, after.side.run.project.place, everything=arguments.all))
    if not arguments.environment:
        return comparison
    affected = tuple(each for each in comparison.affected if each.target.environment == arguments.environment)
    unaffected = tuple(each for each in comparison.unaffected if each.environment == arguments.environment)
    if not affected and not unaffected:
        raise Refusal(f"there is no environment {arguments.environment}")
    return comparison._replace(affected=affected, unaffected=unaffected)


def _remarks(findings: Sequence[Diagnostic], place: Place, *, everything: bool) -> str:
    """Return the findings of discovery. Those of severity info are only counted, because they do not depend on the
    change.
    """
    shown = [finding for finding in findings if everything or finding.severity != "info"]
    left = len(findings) - len(shown)
    rest = f"{count(left, 'remark')} on what is not rendered or not used left out: --all shows all\n" if left else ""
    return text(shown, place, everything) + rest


def _write_patch(arguments: argparse.Namespace, streams: Streams) -> int:
    """Print the change of the rendered files as a patch, which `git apply` accepts on a rendered branch."""
    git = Git(streams.cwd, streams.environ)
    between = _range(arguments, git, streams)
    with open_sides(git, between, arguments, streams) as (before, after):
        comparison = _compared(before, after, arguments, streams)
        old, new, secrets = files_between(before.side, after.side, comparison)
        _keep(before, after)
    if secrets:
        print(f"{count(secrets, 'file')} with values of Secrets left out of the patch", file=streams.err)
    streams.out.write(diff_patch(old, new))
    return CLEAN if old == new and not secrets else FINDINGS


def _keep(*sides: Opened) -> None:
    for side in sides:
        side.keep()


def _written(found: Difference, writing: Writing, arguments: argparse.Namespace) -> str:
    match arguments.format:
        case "markdown":
            from penstock.report.diff_markdown import diff_markdown

            return diff_markdown(found, writing, arguments.limit)
        case "json":
            from penstock.report.diff_json import diff_json

            return diff_json(found, writing)
        case "html":
            from penstock.report.diff_html import diff_html

            return diff_html(found, writing)
        case _:
            from penstock.report.diff_text import diff_text

            return diff_text(found, writing)
