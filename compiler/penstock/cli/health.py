"""`penstock health [FILE ...]`: judge objects that are in files, without a cluster.

FILE holds YAML or JSON documents, as `kubectl get -o yaml` prints them. `-` is standard input, and so is no FILE.

Exit status: 0 all are healthy or suspended, 1 one is not, 2 wrong usage, 3 a file cannot be read, or is empty.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.apply.health import health
from penstock.apply.shape import well_formed
from penstock.apply.silence import reporting
from penstock.cli.arguments import Arguments
from penstock.cli.places import use_own_rules
from penstock.cli.standard_input import standard_input
from penstock.cli.streams import CLEAN, FINDINGS, SOURCES, Streams
from penstock.cluster import Health
from penstock.kubernetes import group_kind, identify
from penstock.model import Refusal, ResourceId, Tree
from penstock.tree import get

MAX_BYTES = 64 * 1024 * 1024


def run(argv: Sequence[str], streams: Streams) -> int:
    parser = Arguments("health", streams, __doc__ or "")
    parser.add_argument("files", metavar="FILE", nargs="*", help="files with objects (default: standard input)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    arguments = parser.parse_args(argv)
    use_own_rules(streams)
    bodies = [body for name in arguments.files or ["-"] for body in _objects(_read(name, streams.cwd), name)]
    if not bodies:
        streams.err.write("penstock: there are no objects in this, so nothing was judged\n")
    has_status = reporting(bodies)
    worst = CLEAN
    for body in bodies:
        found = _judged(well_formed(body), has_status.get(group_kind(body)))
        worst = max(worst, CLEAN if found.word in ("Healthy", "Suspended") else FINDINGS)
        streams.out.write(_line(body, found, arguments.format))
    return worst


def _judged(body: Tree, has_status: bool | None) -> Health:
    # Nobody knows here when the object was written: one that should report and has not is waited for.
    return health(body, fresh=has_status is True, has_status=has_status)


def _line(body: Tree, found: Health, form: str) -> str:
    key = identify(body)[0]
    if form == "text":
        from penstock.words import printable

        return printable(f"{found.word:11}  {_named(body, key)}{f'  {found.reason}' if found.reason else ''}") + "\n"
    row = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return json.dumps({**row, "status": found.word, "reason": found.reason}) + "\n"


def _named(body: Tree, key: ResourceId) -> str:
    """Return how an object is called in the text, also where the server has yet to give it a name."""
    if key.name:
        return str(key)
    begins = get(body, ("metadata", "generateName"))
    return str(key._replace(name=f"{begins}*")) if begins else f"{str(key).rstrip('/')} (without a name)"


def _read(name: str, cwd: str) -> bytes:
    if name == "-":
        return standard_input()
    try:
        with open(os.path.join(cwd, name), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refusal(f"cannot read {name}: {error.strerror}", SOURCES) from None
    if len(data) > MAX_BYTES:
        raise Refusal(f"{name} has more than {MAX_BYTES // 1024**2} MiB", SOURCES)
    return data


def _objects(data: bytes, name: str) -> Iterator[Tree]:
    """Yield the objects of the documents, and the items of lists. The input may also be JSON with one document per
    line. Raises `Refusal` where it is empty: then what should have printed it has failed, and nothing is known.
    """
    if not data.strip():
        raise Refusal(f"{name} is empty, so nothing was judged", SOURCES)
    for tree in _documents(data, name):
        listed = tree.get("items") if isinstance(tree, dict) and str(tree.get("kind", "")).endswith("List") else None
        for each in listed if isinstance(listed, list) else [tree]:
            if not isinstance(each, dict) or not isinstance(each.get("kind"), str):
                raise Refusal(f"{name} holds something that is no object: it has no kind", SOURCES)
            yield each


def _documents(data: bytes, name: str) -> Iterator[Any]:
    if data.lstrip()[:1] == b"{":
        try:
            yield from [json.loads(line) for line in data.splitlines() if line.strip()]
            return
        except (ValueError, RecursionError):
            pass  # JSON on several lines, which is YAML
    import yaml

    from penstock.apply.rulebook import Loader

    try:
        yield from [document for document in yaml.load_all(data, Loader) if document is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Refusal(f"{name}{f':{mark.line + 1}' if mark else ''} is not YAML", SOURCES) from None
