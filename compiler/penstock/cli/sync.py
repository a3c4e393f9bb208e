"""`penstock sync ENVIRONMENT`: bring a cluster to what the branch rendered/ENVIRONMENT says.

Applies the objects of the branch in the order in which they need each other, waits until they are healthy, and deletes
what has left the branch. The cluster is the one that --context or --kubeconfig names. See docs/sync.md.

Exit status: 0 synced and healthy, 1 findings, or with --dry-run something to do, 2 wrong usage, 3 a file of the branch
cannot be read, 4 the cluster, the network, git or the lock failed.
"""

import argparse
from collections.abc import Sequence

from penstock.apply.plan import changes
from penstock.apply.prepare import Options, Task
from penstock.apply.run import dry_run, sync
from penstock.cli.arguments import Arguments
from penstock.cli.cluster import add_arguments, branch_of, holder, make_task, print_findings, seconds
from penstock.cli.rendered import read_branch
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.model import Diagnostic


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    rendered = read_branch(streams, branch_of(arguments), arguments.environment)
    if any(finding.severity == "error" for finding in rendered.diagnostics):
        print_findings(rendered.diagnostics, rendered, streams)
        return SOURCES
    task = make_task(arguments, rendered, _options(arguments), streams)
    with task.client:
        access = task.client.access
        task.say(f"{rendered.branch} at {rendered.revision[:12]} → {access.context} ({access.server})")
        status, findings = _preview(task) if arguments.dry_run else _really(task)
    print_findings([*rendered.diagnostics, *findings], rendered, streams)
    return status


def _preview(task: Task) -> tuple[int, list[Diagnostic]]:
    plan, findings = dry_run(task)
    errors = any(finding.severity == "error" for finding in findings)
    return (FINDINGS if errors or changes(plan) else CLEAN), findings


def _really(task: Task) -> tuple[int, list[Diagnostic]]:
    findings = sync(task)
    if any(finding.severity == "error" for finding in findings):
        return FINDINGS, findings
    task.say(f"{task.branch.name} is synced at {task.branch.revision[:12]}, and healthy")
    return CLEAN, findings


def _options(arguments: argparse.Namespace) -> Options:
    return Options(
        holder=holder(),
        timeout=arguments.timeout,
        lock_timeout=arguments.lock_timeout,
        force_conflicts=arguments.force_conflicts,
        prune=not arguments.no_prune,
        allow_prune=frozenset(arguments.allow_prune),
        allow_rewrite=arguments.allow_rewrite,
        adopt=frozenset(arguments.adopt),
        replace=frozenset(arguments.replace),
        namespace=arguments.namespace,
    )


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("sync", streams, __doc__ or "")
    add_arguments(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="print the plan, write nothing; exit status 1 if it would"
    )
    parser.add_argument("--timeout", type=seconds, default=300.0, metavar="TIME", help="to get healthy (default: 5m)")
    parser.add_argument(
        "--lock-timeout", type=seconds, default=60.0, metavar="TIME", help="to wait for another sync (default: 60s)"
    )
    parser.add_argument(
        "--force-conflicts", action="store_true", help="take fields over from controllers that own them"
    )
    parser.add_argument("--no-prune", action="store_true", help="keep what has left the branch")
    parser.add_argument(
        "--allow-prune",
        action="append",
        default=[],
        metavar="WHAT",
        help="acknowledge a dangerous deletion: a number of objects, or one like Namespace/shop; may be repeated",
    )
    parser.add_argument(
        "--adopt",
        action="append",
        default=[],
        metavar="WHAT",
        help="take over objects of others: one like ConfigMap/shop/settings, a kind like Deployment.apps, or an owner "
        "like helm, argocd, flux, controller; may be repeated",
    )
    parser.add_argument(
        "--replace",
        action="append",
        default=[],
        metavar="OBJECT",
        help="delete an object like Job.batch/shop/migrate and make it anew if a field is immutable; may be repeated",
    )
    parser.add_argument("--allow-rewrite", action="store_true", help="sync a commit that does not follow the last one")
    return parser.parse_args(argv)
