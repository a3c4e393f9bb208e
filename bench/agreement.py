"""How often `penstock check` and a real kube-apiserver come to the same verdict on documents with a mistake at random.

python bench/agreement.py --kubeconfig FILE [--count N] [--seed N] [--show N]

The documents are the valid ones of the fixtures, each with one thing deleted, renamed, doubled, moved up or replaced.
The server is asked for a strict server-side apply as a dry run. FILE is what scripts/cluster/up.py prints.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cases import SCHEMAS, mutations, resource

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.kinds import Kinds, discover
from penstock.apply.kubeconfig import choose
from penstock.validate.check import validate


def main() -> int:
    options = arguments()
    client = Client(choose({}, "/", options.kubeconfig, "admin"), {}, "bench")
    kinds = discover(client)
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for body in mutations(options.count, options.seed):
        found = validate([resource(body)], SCHEMAS)[1]
        # a warning about an entry that stands twice means: server-side apply, which is asked here, refuses it
        ours = [each.message for each in found if each.severity == "error" or each.code == "PS404"]
        theirs = refusal(body, client, kinds)
        if "(HTTP 404" in theirs:
            continue  # what only a cluster knows: there is no such namespace
        verdicts[bool(ours), bool(theirs)] += 1
        if bool(ours) != bool(theirs) and options.show > 0:
            options.show -= 1
            print(f"{body['kind']}: the server says {theirs or 'yes'!r}, Penstock {ours or 'nothing'}", file=sys.stderr)
    report(verdicts)
    return 0


def refusal(body: dict[str, Any], client: Client, kinds: Kinds) -> str:
    """The server's complaint; empty where it has none."""
    kind = kinds.of(body)
    if kind is None:
        return "no such kind"
    metadata = body["metadata"] if isinstance(body.get("metadata"), dict) else {}
    path = kind.path(str(metadata.get("namespace") or "default"), str(metadata.get("name")))
    answer = client.apply(path, body, "penstock-bench", force=True, dry_run=True)
    return str(answer) if isinstance(answer, Failure) else ""


def report(verdicts: Counter[tuple[bool, bool]]) -> None:
    count = verdicts.total()
    refused, accepted = verdicts[True, True] + verdicts[False, True], verdicts[True, False] + verdicts[False, False]
    print(f"{count} documents, of which the server refuses {refused}")
    print(f"the same verdict: {100 * (verdicts[True, True] + verdicts[False, False]) / count:.1f} %")
    print(
        f"of the refused found: {100 * verdicts[True, True] / max(refused, 1):.1f} % (missed {verdicts[False, True]})"
    )
    alarms = verdicts[True, False]
    print(f"of the accepted called wrong: {100 * alarms / max(accepted, 1):.1f} % ({alarms} of {accepted})")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N disagreements")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
