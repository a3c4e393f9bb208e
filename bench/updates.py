#!/usr/bin/env python3
"""How often `check --base` and a real kube-apiserver come to the same verdict on updates of objects.

    bench/updates.py --kubeconfig FILE

The updates are those of `fixtures/check/updates.yaml`. Each object is made on the server, and each change is sent as a
server-side apply that is a dry run. FILE is what scripts/cluster/up.py prints. The exit status is 1 where the server
does not say what the fixture has.
"""

import argparse
import sys
import time
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cases import Update, resource, updates

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.kinds import Kinds, discover
from penstock.apply.kubeconfig import choose
from penstock.model import Tree
from penstock.tree import get
from penstock.validate.patience import Patience
from penstock.validate.updates import judge_updates

NAMESPACE = "penstock-updates"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True)
    client = Client(choose({}, "/", parser.parse_args().kubeconfig, "admin"), {}, "bench")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    client.apply(f"/api/v1/namespaces/{NAMESPACE}", namespace, "penstock-bench", force=True)
    kinds = discover(client)
    same = others = recorded = refused = 0
    for number, (_, group) in enumerate(groupby(updates(), key=lambda each: id(each.before))):
        members = [renamed(each, number) for each in group]
        path = path_of(members[0].before, kinds)
        client.apply(path, members[0].before, "penstock-bench", force=True)
        wait_for(client, path, members[0].before)
        for update in members:
            verdict = client.apply(path, update.after, "penstock-bench", force=True, dry_run=True)
            is_refused = isinstance(verdict, Failure)
            if is_refused != update.is_refused:
                recorded += 1
                print(f"{update.name}: the server says {str(verdict) if is_refused else 'yes'}", file=sys.stderr)
            refused += is_refused
            is_same = is_refused == is_found(update)
            same, others = same + is_same, others + (not is_same)
        client.call("DELETE", path, {"gracePeriodSeconds": "0"})
    print(f"{same + others} updates, of which the server refuses {refused}: the same verdict of `check --base` {same}")
    return 1 if recorded else 0


def renamed(update: Update, number: int) -> Update:
    """Return the update of an object with a name of its own, since the server takes its time to delete some of them."""
    for body in (update.before, update.after):
        if body["metadata"]["name"].startswith("one"):
            body["metadata"]["name"] = f"one-{number}"
    return update


def wait_for(client: Client, path: str, body: Tree) -> None:
    """Wait for the server to take the names of a definition, which are fixed from then on."""
    for _ in range(PATIENCE if body["kind"] == "CustomResourceDefinition" else 0):
        found = client.call("GET", path, {})
        conditions = [] if isinstance(found, Failure) else get(found, ("status", "conditions")) or []
        if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
            return
        time.sleep(0.1)


PATIENCE = 100
"""How many times a definition is looked at."""


def path_of(body: Tree, kinds: Kinds) -> str:
    kind = kinds.of(body)
    assert kind is not None, body["kind"]
    return kind.path(NAMESPACE if kind.namespaced else "", body["metadata"]["name"])


def is_found(update: Update) -> bool:
    old, new = resource(update.before), resource(update.after)
    return any(True for _ in judge_updates([new], {old.id: old}, lambda kind: None, Patience()))


if __name__ == "__main__":
    sys.exit(main())
