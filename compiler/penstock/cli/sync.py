"""`penstock sync ENVIRONMENT ...`: bring a cluster to what the branch rendered/ENVIRONMENT says.

Applies the objects of the branch in the order in which they need each other, waits until they are healthy, and deletes
what has left the branch. The cluster is the one that --context or --kubeconfig names. The name of a target (prod/shop)
or a directory means only that part of its environment. See docs/sync.md.

Exit status: 0 synced and healthy, 1 findings, or with --dry-run something to do, 2 wrong usage, 3 a file of the branch
cannot be read, 4 the cluster, the network, git or the lock failed.
"""

import argparse
from collections.abc import Sequence

from penstock.apply.client import Client
from penstock.apply.events import Event
from penstock.apply.kubeconfig import Access
from penstock.apply.part import Part
from penstock.apply.plan import changes
from penstock.apply.run import dry_run, sync
from penstock.apply.task import Options, Task
from penstock.cli.arguments import Arguments
from penstock.cli.cluster import as_branch, connect, holder, make_task, seconds, tell_findings, where_of, who
from penstock.cli.cluster_options import add_arguments
from penstock.cli.last_cluster import LastCluster
from penstock.cli.newer import Newer
from penstock.cli.places import Place, everywhere
from penstock.cli.rendered import Rendered, read_branch
from penstock.cli.scopes import below
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.git import Git
from penstock.model import Diagnostic, has_errors
from penstock.parse.project_file.settings import EnvironmentEntry
from penstock.windows import Window

PARTLY = {"status": "partly"}


def run(argv: Sequence[str], streams: Streams) -> int:
    return everywhere(_parse(argv, streams), streams, _sync)


def _sync(place: Place, streams: Streams) -> int:
    arguments, settings = place.arguments, place.settings
    where = where_of(arguments, settings)
    rendered = read_branch(streams, where, arguments.environment, seconds=arguments.timeout)
    if has_errors(rendered.diagnostics):
        tell_findings(rendered.diagnostics, rendered, arguments.format, streams)
        return SOURCES
    if is_refused(rendered, arguments, streams):
        return FINDINGS
    targets = below([*arguments.target, *place.scope.folders], where.folder)
    part = Part(frozenset(arguments.only), frozenset(targets))
    options = options_of(arguments, settings, streams)._replace(
        part=part, wait=not arguments.no_wait, unpin=arguments.unpin
    )
    with connect(place, streams) as client:
        return bring(client, place, rendered, options, streams)


def is_refused(rendered: Rendered, arguments: argparse.Namespace, streams: Streams) -> bool:
    """Return whether people have committed to the branch by hand, which is then said, and nobody has accepted that."""
    if arguments.accept_edits:
        return False
    from penstock.cli.by_hand import edits

    edited = edits(Git(streams.cwd, streams.environ), rendered)
    if edited:
        tell_findings([*rendered.diagnostics, *edited], rendered, arguments.format, streams)
    return bool(edited)


def bring(client: Client, place: Place, rendered: Rendered, options: Options, streams: Streams) -> int:
    """Bring a cluster to a commit of a rendered branch, report the progress, and return the exit status."""
    arguments, access = place.arguments, client.access
    options = options._replace(windows=(*options.windows, *_windows_for(place, client.access, rendered)))
    with Newer(streams, rendered.where, options.back_from or rendered.revision) as newer:
        task = make_task(client, arguments, as_branch(rendered, newer), options, streams)
        last = LastCluster(streams, task.parent, place.binding.name)
        if not (arguments.another_cluster or place.binding.server or place.binding.digest):
            task = task._replace(options=options._replace(elsewhere=last.elsewhere(access)))
        text = f"{rendered.branch} at {rendered.revision[:12]} → {access.context} ({access.server})"
        facts = {"branch": rendered.branch, "revision": rendered.revision, "server": access.server}
        task.tell(Event("began", None, text, facts))
        status, findings = _preview(task) if arguments.dry_run else _really(task)
    if not arguments.dry_run and not any(finding.code == "PS663" for finding in findings):
        last.remember(access)
    tell_findings([*rendered.diagnostics, *findings], rendered, arguments.format, streams)
    return status


def _windows_for(place: Place, access: Access, rendered: Rendered) -> list[Window]:
    """Return those windows for several environments that apply to this sync."""
    clusters = [name for name in (place.binding.name, access.context, access.server) if name]
    namespaces = {each.id.namespace for each in rendered.resources} - {""}
    environment = place.arguments.environment
    return [each.window for each in place.windows if each.takes(environment, clusters, namespaces)]


def _preview(task: Task) -> tuple[int, list[Diagnostic]]:
    plan, findings = dry_run(task)
    errors = has_errors(findings)
    return (FINDINGS if errors or changes(plan) else CLEAN), findings


def _really(task: Task) -> tuple[int, list[Diagnostic]]:
    findings = sync(task)
    if has_errors(findings):
        task.tell(Event("ended", None, "", {"status": "failed"}))
        return FINDINGS, findings
    commit = task.branch.revision[:12]
    if task.options.part:
        task.tell(Event("ended", None, f"the chosen part of {task.branch.name} is synced at {commit}", PARTLY))
    elif not task.options.wait:
        text = f"{task.branch.name} is applied at {commit}; nobody has waited for its health, and nothing is pruned"
        task.tell(Event("ended", None, text, PARTLY))
    else:
        but = ", but for what nobody waits for" if any(finding.code == "PS664" for finding in findings) else ""
        text = f"{task.branch.name} is synced at {commit}, and healthy{but}"
        task.tell(Event("ended", None, text, {"status": "synced", "healthy": True}))
    return CLEAN, findings


def options_of(arguments: argparse.Namespace, settings: EnvironmentEntry, streams: Streams) -> Options:
    """Return the options of a sync, from the command line and penstock.yaml."""
    return Options(
        holder=holder(),
        timeout=arguments.timeout,
        lock_timeout=arguments.lock_timeout,
        force_conflicts=arguments.force_conflicts,
        prune=not arguments.no_prune,
        allow_prune=frozenset((*arguments.allow_prune, *settings.allow_prune)),
        allow_rewrite=arguments.allow_rewrite,
        adopt=frozenset((*arguments.adopt, *settings.adopt)),
        asked_to_adopt=frozenset(arguments.adopt),
        ignore=settings.ignore,
        remove_additions=settings.removes_additions,
        replace=frozenset(arguments.replace),
        namespace=arguments.namespace,
        windows=settings.windows,
        manual=arguments.manual,
        who=who(streams.environ),
    )


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("sync", streams, __doc__ or "")
    add_arguments(parser, several=True)
    add_sync_arguments(parser)
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="WHAT",
        help="apply just this and prune nothing: an object like Service/shop/web, a kind, or a folder of the branch; "
        "may be repeated",
    )
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="PATH",
        help="apply just this target, a folder of the branch, and prune what it had and has no more; may be repeated",
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait until all is healthy, which also prunes nothing"
    )
    parser.add_argument("--unpin", action="store_true", help="sync a commit that was rolled back before")
    return parser.parse_args(argv)


def add_sync_arguments(parser: Arguments) -> None:
    """Add the options of all commands that write to a cluster."""
    parser.add_argument(
        "--dry-run", action="store_true", help="print the plan, write nothing; exit status 1 if it would"
    )
    parser.add_argument(
        "--timeout", type=seconds, default=300.0, metavar="TIME", help="how long to wait for health (default: 5m)"
    )
    parser.add_argument(
        "--lock-timeout",
        type=seconds,
        default=60.0,
        metavar="TIME",
        help="how long to wait for another sync (default: 60s)",
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
    parser.add_argument(
        "--another-cluster", action="store_true", help="accept that this is another cluster than the last time"
    )
    parser.add_argument("--allow-rewrite", action="store_true", help="sync a commit that does not follow the last one")
    parser.add_argument(
        "--accept-edits", action="store_true", help="apply also what people have committed to the branch by hand"
    )
    parser.add_argument(
        "--manual", action="store_true", help="a person starts this sync: windows with `manualSync` permit it"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
