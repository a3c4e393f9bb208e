"""How often `penstock check` and a real kube-apiserver come to the same verdict on documents with mistakes.

python bench/agreement.py --kubeconfig FILE [--set own|near|made|valid] [--documents FOLDER] [--count N] [--seed N]
                          [--show N] [--at-least PERCENT] [--kubeconform PROGRAM]

`own` are the valid documents of `fixtures/check/valid`, each with one thing deleted, renamed, doubled, moved up or
replaced at random. `near` are the documents of `fixtures/check/agreement`, which use what the others do not, with
mistakes that are nearly right (`bench/mistakes.py`), and `made` are these documents with fields that are made up from
the schemas (`bench/made_fields.py`). FOLDER has other documents for these two sets, and `--set valid` judges them as
they are. The server is asked for a strict create and for a strict server-side apply, both as a dry run. FILE is what
scripts/cluster/up.py prints.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import kubeconform
from made_fields import made
from mistakes import Mistake, mistakes
from tests.cases import FIXTURES, SCHEMAS, mutations, resource

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.kinds import Kinds, discover
from penstock.apply.kubeconfig import choose
from penstock.model import Resource, Tree
from penstock.validate.check import validate


class Verdict(NamedTuple):
    """What each said of one document; empty where it had nothing to say."""

    penstock: str
    for_apply: str
    create: str
    apply: str
    kubeconform: str = ""


def main() -> int:
    options = arguments()
    client = Client(choose({}, "/", options.kubeconfig, "admin"), {}, "bench")
    found = list(own(options)) if options.set == "own" else changed(options)
    definitions = [each for each in valid(options.documents) if each["kind"] == "CustomResourceDefinition"]
    if options.set != "own":
        prepare(client, definitions)
    kinds = discover(client)
    offline = peer(options.kubeconform, [each.body for each in found], definitions)
    verdicts = []
    for each, said in zip(found, offline, strict=True):
        verdict = judged(each.body, definitions, client, kinds)._replace(kubeconform=said)
        if "(HTTP 404" in verdict.apply:
            continue  # what only a cluster knows: there is no such namespace
        verdicts.append(verdict)
        if options.show > 0 and (difference := differing(verdict)):
            options.show -= 1
            print(f"{each.base}, {each.edit}: {difference}", file=sys.stderr)
    agreement = report(verdicts, bool(options.kubeconform))
    return 1 if agreement < options.at_least else 0


def differing(verdict: Verdict) -> str:
    """Return what the server and Penstock say where they differ about a create, or else about an apply; or ""."""
    if bool(verdict.penstock) != bool(verdict.create):
        return f"{verdict.create or 'yes'!r}, Penstock {verdict.penstock!r}"
    if bool(verdict.for_apply) != bool(verdict.apply):
        return f"as an apply {verdict.apply or 'yes'!r}, Penstock {verdict.for_apply!r}"
    return ""


def valid(folder: Path) -> list[Tree]:
    """The documents of the sets `near` and `made`, all of which the server takes."""
    paths = sorted(folder.glob("*.yaml"))
    return [body for path in paths for body in yaml.safe_load_all(path.read_text())]


def own(options: argparse.Namespace) -> Iterator[Mistake]:
    for body in mutations(options.count, options.seed):
        yield Mistake(body["kind"], "at random", "", body)


def changed(options: argparse.Namespace) -> list[Mistake]:
    documents = [new for each in valid(options.documents) if (new := as_new(each))]
    if options.set == "valid":
        return [Mistake(f"{each['kind']}/{each['metadata']['name']}", "none", "as it is", each) for each in documents]
    change = mistakes if options.set == "near" else made
    return change(documents, SCHEMAS, options.count, options.seed)


def as_new(body: Tree) -> Tree | None:
    """A document under a name that the cluster does not have yet; None for what every cluster has."""
    if body["kind"] == "CustomResourceDefinition":
        text = json.dumps(body).replace("net.example.com", "neu.example.com")
        renamed: Tree = json.loads(text.replace("cluster.example.com", "klu.example.com"))
        return renamed
    if body["kind"] == "Namespace":
        return body | {"metadata": body["metadata"] | {"name": "another", "labels": {}}}
    return None if body["metadata"]["name"] == "exempt" else body


def prepare(client: Client, definitions: list[Tree]) -> None:
    """Make what custom resources and bindings need, and wait until the server serves the kinds of the definitions."""
    for body in (*definitions, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}):
        kind = discover(client).of(body)
        if kind is not None:
            client.apply(kind.path("", body["metadata"]["name"]), body, "penstock-bench", force=True)
    wanted = [sample_of(each) for each in definitions]
    for _ in range(SECONDS):
        kinds = discover(client)
        if all(kinds.of(body) is not None for body in wanted):
            return
        time.sleep(1)


SECONDS = 30
"""How long a new kind may take until it is served."""


def sample_of(definition: Tree) -> Tree:
    """Return the beginning of an object of the kind that a CustomResourceDefinition defines."""
    spec = definition["spec"]
    served = next(each["name"] for each in spec["versions"] if each["served"])
    return {"apiVersion": f"{spec['group']}/{served}", "kind": spec["names"]["kind"], "metadata": {"name": "a"}}


def peer(program: str, bodies: list[Tree], definitions: list[Tree]) -> list[str]:
    if not program:
        return [""] * len(bodies)
    with tempfile.TemporaryDirectory() as folder:
        return kubeconform.complaints(program, bodies, definitions, Path(folder))


def judged(body: Tree, definitions: list[Tree], client: Client, kinds: Kinds) -> Verdict:
    mine = [each for each in definitions if each["spec"]["group"] == body["apiVersion"].partition("/")[0]]
    said = complaint(body, [resource(each) for each in mine])
    kind = kinds.of(body)
    if kind is None:
        return Verdict(*said, "no such kind", "no such kind")
    metadata = body["metadata"] if isinstance(body.get("metadata"), dict) else {}
    path = kind.path(str(metadata.get("namespace") or "default"), str(metadata.get("name")))
    query = {"fieldManager": "penstock-bench", "fieldValidation": "Strict", "dryRun": "All"}
    created = client.call("POST", path.rpartition("/")[0], query, without_fractions(body))
    applied = client.apply(path, body, "penstock-bench", force=True, dry_run=True)
    refused = str(applied) if isinstance(applied, Failure) else changed_number(body, applied)
    return Verdict(*said, str(created) if isinstance(created, Failure) else "", refused)


def changed_number(sent: Any, kept: Any) -> str:
    """Return how a server-side apply that succeeds changes a number, or "".

    It cuts a number that does not fit into 32 bits: it keeps 1 of 4294967297. This counts as refused.
    """
    if isinstance(sent, dict) and isinstance(kept, dict):
        pairs = [(each, kept[key]) for key, each in sent.items() if key in kept]
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        pairs = list(zip(sent, kept, strict=True))
    elif type(sent) is int and sent != kept and not -(2**31) <= sent < 2**31:
        return f"keeps {kept} of {sent}"
    else:
        return ""
    return next(filter(None, (changed_number(*pair) for pair in pairs)), "")


def without_fractions(tree: Any) -> Any:
    """YAML on its way to JSON, as kubectl sends it: 80.0 becomes 80."""
    if isinstance(tree, dict):
        return {key: without_fractions(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [without_fractions(value) for value in tree]
    return int(tree) if isinstance(tree, float) and tree.is_integer() else tree


def complaint(body: Tree, definitions: list[Resource]) -> tuple[str, str]:
    """What Penstock says of a create, and of a server-side apply, which takes no item twice and no managedFields."""
    found = validate([*definitions, resource(body)], SCHEMAS)[1]
    errors = [each.message for each in found if each.severity == "error"]
    twice = [each.message for each in found if each.severity == "warning" and each.code in FOR_APPLY]
    return "; ".join(errors), "; ".join(errors + twice)


FOR_APPLY = ("PS401", "PS404", "PS484")
"""The codes of warnings about what a create takes, and a server-side apply refuses."""


def report(verdicts: list[Verdict], has_peer: bool) -> float:
    """Print the tables; returns how often the verdict is that of a create."""
    refused = sum(bool(each.create) for each in verdicts)
    print(f"{len(verdicts)} documents, of which the server refuses {refused} as a create")
    agreement = line("penstock check, create", [(bool(each.penstock), bool(each.create)) for each in verdicts])
    line("penstock check, server-side apply", [(bool(each.for_apply), bool(each.apply)) for each in verdicts])
    if has_peer:
        line("kubeconform -strict, create", [(bool(each.kubeconform), bool(each.create)) for each in verdicts])
    return agreement


def line(name: str, pairs: list[tuple[bool, bool]]) -> float:
    """One line of the report, of pairs of what the one and what the server refuses; returns the agreement."""
    counts = Counter(pairs)
    refused, accepted = counts[True, True] + counts[False, True], counts[True, False] + counts[False, False]
    agreement = 100 * (counts[True, True] + counts[False, False]) / max(len(pairs), 1)
    print(
        f"{name}: the same verdict {agreement:.1f} %, "
        f"of the refused found {100 * counts[True, True] / max(refused, 1):.1f} % (missed {counts[False, True]}), "
        f"of the accepted called wrong {100 * counts[True, False] / max(accepted, 1):.2f} % ({counts[True, False]})"
    )
    return agreement


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--set", choices=("own", "near", "made", "valid"), default="own", help="default: own")
    parser.add_argument("--documents", type=Path, default=FIXTURES / "agreement", metavar="FOLDER")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N disagreements")
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT", help="exit with 1 below that agreement")
    parser.add_argument("--kubeconform", default="", metavar="PROGRAM", help="ask it, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
