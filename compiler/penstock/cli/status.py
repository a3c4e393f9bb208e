"""`penstock status ENVIRONMENT`: is the cluster what the branch rendered/ENVIRONMENT says, and is it healthy?

Object by object. Nothing is written. The cluster is the one that --context or --kubeconfig names. See docs/status.md.

Exit status: 0 all is synced and healthy, 1 it is not, 2 wrong usage, 3 a file of the branch cannot be read, 4 the
cluster, the network or git failed.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.apply.prepare import Options
from penstock.apply.status import ObjectStatus, Status, status
from penstock.cli.arguments import Arguments
from penstock.cli.cluster import add_arguments, branch_of, make_task, print_findings
from penstock.cli.rendered import read_branch
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    rendered = read_branch(streams, branch_of(arguments), arguments.environment)
    if any(finding.severity == "error" for finding in rendered.diagnostics):
        print_findings(rendered.diagnostics, rendered, streams)
        return SOURCES
    task = make_task(arguments, rendered, Options(), streams)
    with task.client:
        found = status(task)
    if arguments.format == "json":
        streams.out.write(json.dumps(_as_json(arguments.environment, found), indent=2) + "\n")
    else:
        streams.out.writelines(f"{line}\n" for line in _as_text(arguments.environment, found))
    print_findings([*rendered.diagnostics, *found.diagnostics], rendered, streams)
    return CLEAN if (found.sync, found.health) == ("Synced", "Healthy") else FINDINGS


def _as_text(environment: str, found: Status) -> Iterator[str]:
    yield f"{environment}: {found.sync} with {found.branch} at {found.revision[:12]}, {found.health}"
    yield f"  last sync: {_last_sync(found)}"
    for item in found.objects:
        yield f"  {item.sync:9}  {item.health.word:11}  {item.id}"
        for line in (item.health.reason, *item.details):
            if line:
                yield f"  {'':9}  {'':11}    {line}"


def _last_sync(found: Status) -> str:
    memory = found.inventory
    if not memory.attempt:
        return "never"
    if memory.phase == "applying":
        complete = f"complete at {memory.revision[:12]}" if memory.revision else "never complete"
        return f"begun at {memory.attempt[:12]} and not completed; {complete}"
    return f"at {memory.revision[:12]}"


def _as_json(environment: str, found: Status) -> dict[str, Any]:
    return {
        "environment": environment,
        "branch": found.branch,
        "revision": found.revision,
        "sync": found.sync,
        "health": found.health,
        "lastSync": {
            "revision": found.inventory.revision,
            "attempt": found.inventory.attempt,
            "phase": found.inventory.phase if found.inventory.attempt else "never",
        },
        "objects": [_object_as_json(item) for item in found.objects],
    }


def _object_as_json(item: ObjectStatus) -> dict[str, Any]:
    return {
        "group": item.id.group,
        "kind": item.id.kind,
        "namespace": item.id.namespace,
        "name": item.id.name,
        "sync": item.sync,
        "health": item.health.word,
        "reason": item.health.reason,
        "details": list(item.details),
    }


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("status", streams, __doc__ or "")
    add_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    return parser.parse_args(argv)
