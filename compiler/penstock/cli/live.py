"""A cluster as one side of a comparison.

The cluster is read as `sync --dry-run` reads it: what the API server would make of an object is what it says itself.
"""

import argparse
import time

from penstock.apply.failure import Failure as Refused
from penstock.apply.prepare import prepare, refused
from penstock.apply.task import Branch, Options, Prepared
from penstock.changes import IN_CLUSTER, Difference, Failure
from penstock.cli.cluster import connect, make_task
from penstock.cli.places import only_place
from penstock.cli.streams import Streams
from penstock.differences import Lot, Wanted, way_of, with_cluster
from penstock.model import Diagnostic, Refusal, ResourceId
from penstock.report.text import text

TIMEOUT = 60.0
"""Seconds for all requests together."""


def cluster_difference(lot: Lot, arguments: argparse.Namespace, secret_key: bytes, streams: Streams) -> Difference:
    """Return what a sync of some objects would change in the cluster of their environment."""
    if not lot.environment:
        raise Refusal(f"{lot.name} is of no environment; --cluster compares one, a target of one, or its branch")
    arguments.environment = lot.environment
    place = only_place(arguments, streams)
    settings = place.settings
    options = Options(
        namespace=arguments.namespace,
        timeout=TIMEOUT,
        adopt=frozenset(settings.adopt),
        ignore=settings.ignore,
        remove_additions=settings.removes_additions,
    )
    branch = Branch(lot.name, "", lot.resources, lambda commit: True)
    with connect(place, streams) as client:
        task = make_task(client, arguments, branch, options, streams)
        client.deadline = time.monotonic() + TIMEOUT
        prepared = prepare(task)
    general = [finding for finding in prepared.diagnostics if finding.resource is None]
    streams.err.write(text(general, lot.place))
    failures = _failures(prepared, lot)
    wanted = Wanted(lot.name, {each.id: each for each in prepared.desired.resources}, lot.place)
    plan = prepared.plan if lot.is_whole else prepared.plan._replace(prune=())
    found = with_cluster(plan, wanted, failures, way_of(secret_key))
    return found._replace(failures=(*lot.failures, *found.failures), hidden={**found.hidden, **_left_alone(prepared)})


def _left_alone(prepared: Prepared) -> dict[str, int]:
    """Return how many objects are not compared because a sync does not touch them, by the reason."""
    found: dict[str, int] = {}
    for why in prepared.settled.values():
        found[f"what a sync leaves alone ({why})"] = found.get(f"what a sync leaves alone ({why})", 0) + 1
    if prepared.members.kept:
        found["what its annotation keeps"] = len(prepared.members.kept)
    return found


def _failures(prepared: Prepared, lot: Lot) -> dict[ResourceId, Failure]:
    """Return the objects that cannot be compared: they belong to others, cannot be read, or are refused by the API
    server.
    """
    findings = [finding for finding in prepared.diagnostics if finding.severity == "error" and finding.resource]
    refusals = ((key, each) for key, each in prepared.tried.items() if isinstance(each, Refused))
    findings += [refused(prepared.desired, key, each) for key, each in refusals]
    return {each.resource: _failure(each, lot) for each in findings if each.resource}


def _failure(finding: Diagnostic, lot: Lot) -> Failure:
    return Failure(str(finding.resource), IN_CLUSTER, finding.code, finding.message, lot.place(finding.where))
