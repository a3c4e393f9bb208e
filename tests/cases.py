"""What the tests of `validate` share: reading fixtures into resources, and breaking documents at random."""

import copy
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from penstock.files import Memory, resource_of_package
from penstock.model import Document, Origin, Pointer, Resource, ResourceId, Tree
from penstock.parse.document import RESOURCES, load
from penstock.validate import schemas as packed


def spent() -> float:
    """The seconds of processor time so far, with those of programs that have ended: a busy machine fails no bound."""
    return sum(os.times()[:4])


FIXTURES = Path(__file__).parent.parent / "fixtures" / "check"
SCHEMAS = packed.load(resource_of_package("kubernetes.pack"))
PATH = "objects.yaml"

POOL: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 70000, 2**31, 2**40, 2**70, 2.0, 1.5, "", "a", "A_b", "80", "http", "Always"),
    *("never", "1Gi", "1 core", "x y", [], {}, [None], ["a", "a"], {"a": "b"}, [{"name": "a"}], "a" * 70, "YQ=="),
)
"""Values that a mutation puts in the place of others."""


def documents(text: str) -> list[Document]:
    found, diagnostics = load(text.encode(), PATH, RESOURCES)
    assert diagnostics == []
    return found


def resource(body: Tree, origin: Origin = Origin(PATH)) -> Resource:
    group, _, version = str(body["apiVersion"]).rpartition("/")
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name, namespace = (str(metadata.get(field) or "") for field in ("name", "namespace"))
    return Resource(body, origin, ResourceId(group, str(body["kind"]), namespace, name), version)


def resources(text: str) -> list[Resource]:
    return [resource(document.body, document.origin) for document in documents(text)]


def memory(text: str) -> Memory:
    return Memory({PATH: text})


def wanted(text: str) -> set[tuple[int, str]]:
    """Line and code of each `# want PS401 PS402`."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        _, _, codes = line.partition("# want ")
        found |= {(number, code) for code in re.findall(r"PS\d+", codes)}
    return found


def valid_bodies() -> list[Tree]:
    return [d.body for path in sorted((FIXTURES / "valid").glob("*.yaml")) for d in documents(path.read_text())]


def mutations(count: int, seed: int) -> Iterator[Tree]:
    """Valid documents, each with one thing deleted, renamed, doubled, moved up or replaced."""
    rng = random.Random(seed)
    bodies = valid_bodies()
    sizes = [sum(1 for _ in pointers(body)) for body in bodies]
    for _ in range(count):
        yield mutated(rng.choices(bodies, sizes)[0], rng)


def mutated(body: Tree, rng: random.Random) -> Tree:
    body = copy.deepcopy(body)
    at = rng.choice([at for at in pointers(body) if at and at[0] not in ("apiVersion", "kind")])
    parent, key = _at(body, at[:-1]), at[-1]
    match rng.randrange(6):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, dict):
            parent[rng.choice([f"{key}s", str(key)[:-1] or "x", str(key).upper()])] = parent.pop(key)
        case 2 if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[int(str(key))]))
        case 3 if len(at) > 2 and isinstance(grandparent := _at(body, at[:-2]), dict):
            grandparent[str(key)] = parent[key]
            del parent[key]
        case _:
            parent[key] = copy.deepcopy(rng.choice(POOL))
    return body


def pointers(tree: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Every value of a tree, containers included."""
    yield at
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from pointers(value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from pointers(value, (*at, index))


def _at(tree: Any, at: Pointer) -> Any:
    for step in at:
        tree = tree[step]
    return tree


class Update(NamedTuple):
    """An update of an object, and the verdict of a real API server.

    `is_found` is False for a refusal that depends on what the cluster has filled in.
    """

    name: str
    before: Tree
    after: Tree
    is_refused: bool
    is_found: bool


def updates() -> Iterator[Update]:
    """Yield the updates of `fixtures/check/updates.yaml`."""
    for number, entry in enumerate(yaml.load((FIXTURES / "updates.yaml").read_text(), yaml.CSafeLoader)):
        before = entry["object"]
        for change in entry["changes"]:
            after = copy.deepcopy(before)
            edits = [*change.get("set", {}).items(), *((path, None) for path in change.get("remove", []))]
            for path, value in edits:
                edit(after, path.split("."), value, removes=path in change.get("remove", []))
            name = f"{before['kind']}-{number}-{'-'.join(path for path, _ in edits)}"
            yield Update(name, before, after, change["server"] == "refuses", change.get("found", True))


def edit(tree: Any, steps: list[str], value: Any, *, removes: bool) -> None:
    """Set or remove a value in a tree. A step is a key, or the index of a list element."""
    *way, last = (int(step) if step.isdigit() else step for step in steps)
    for step in way:
        tree = tree[step] if isinstance(step, int) else tree.setdefault(step, {})
    if removes:
        del tree[last]
    else:
        tree[last] = copy.deepcopy(value)
