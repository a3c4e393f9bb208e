"""Directives of strategic merge patches (`$patch` and its kin) at every place of built-in objects, beside the real
Kustomize.

python bench/patch_directives.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

Each directive stands at each mapping and list of a Deployment, a Service, a ServiceAccount, a RoleBinding and a custom
resource, alone and beside fields; as a patch by name, by target and in the old field. About 1,800 trees, two minutes
with a process for each tree, one with --batch (as of fuzz_build.py); --count random pairs of patches
follow.
"""

import copy
import itertools
import json
import random
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

Tree = Any

WEB: Tree = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "labels": {"a": "b", "c": "d"},
        "annotations": {"x": "y"},
        "finalizers": ["f/a", "f/b"],
    },
    "spec": {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "args": ["a", "b"],
                        "env": [
                            {"name": "A", "value": "1"},
                            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
                        ],
                        "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}],
                        "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
                        "volumeMounts": [{"mountPath": "/a", "name": "v"}],
                    },
                    {"name": "side", "image": "side:1", "ports": [{"containerPort": 81}]},
                ],
                "initContainers": [{"name": "init", "image": "init:1"}],
                "volumes": [
                    {"name": "v", "emptyDir": {}},
                    {"name": "w", "configMap": {"name": "c", "items": [{"key": "k"}]}},
                ],
                "tolerations": [{"key": "a"}, {"key": "b"}],
                "imagePullSecrets": [{"name": "s"}, {"name": "t"}],
                "hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}],
                "topologySpreadConstraints": [{"topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}],
                "nodeSelector": {"n": "m"},
            },
        },
    },
}
SERVICE: Tree = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"a": "b"},
        "ports": [{"port": 80, "protocol": "TCP", "name": "a"}, {"port": 81, "name": "b"}],
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
    },
}
ACCOUNT: Tree = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "web"},
    "secrets": [{"name": "s"}, {"name": "t"}],
    "imagePullSecrets": [{"name": "s"}],
}
BINDING: Tree = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "web"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
    "subjects": [{"kind": "User", "name": "u"}],
}
CUSTOM: Tree = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "web"},
    "spec": {
        "map": {"a": 1, "b": 2},
        "list": [{"name": "a", "v": 1}, {"name": "b"}],
        "texts": ["x", "y"],
        "none": None,
    },
}
OBJECTS = (WEB, SERVICE, ACCOUNT, BINDING, CUSTOM)

WORDS: tuple[Any, ...] = ("delete", "replace", "merge", "remove", "", None, True)
KEYS = ("name", "containerPort", "port", "mountPath", "ip", "key", "topologyKey", "kind")

Place = tuple[str | int, ...]


def _places(tree: Tree, at: Place = ()) -> Iterator[tuple[Place, Tree]]:
    """The mappings and lists of an object, outermost first."""
    if isinstance(tree, dict | list):
        yield at, tree
        inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for step, value in inner:
            yield from _places(value, (*at, step))


def _with(tree: Tree, at: Place, value: Any) -> Tree:
    """A patch that holds a value at a place of an object, and around it what names the elements on the way."""
    if not at:
        return value
    step, *rest = at
    inner = _with(tree[step] if step in tree or isinstance(step, int) else {}, tuple(rest), value)
    if isinstance(step, int):
        known = {key: tree[step][key] for key in KEYS if isinstance(tree[step], dict) and key in tree[step]}
        return [{**known, **inner} if isinstance(inner, dict) else inner]
    return {step: inner}


def _patch(tree: Tree, at: Place, value: Any) -> Tree:
    frame = {"apiVersion": tree["apiVersion"], "kind": tree["kind"], "metadata": {"name": "web"}}
    laid = _with(tree, at, value)
    metadata = {**laid.get("metadata", {}), "name": "web"} if isinstance(laid.get("metadata", {}), dict) else None
    return {**frame, **laid, **({"metadata": metadata} if metadata else {})}


def _values(found: Tree) -> Iterator[tuple[str, Any]]:
    """What a patch may have at a mapping or list."""
    for word in WORDS:
        if isinstance(found, dict):
            yield f"$patch {word!r}", {"$patch": word}
            yield f"$patch {word!r} and a field", {"$patch": word, "new": 1}
        else:
            yield f"$patch {word!r} in a list", [{"$patch": word}]
            yield f"$patch {word!r} and an element", [{"$patch": word}, _other(found)]
            yield f"an element and $patch {word!r}", [_other(found), {"$patch": word}]
            yield f"$patch {word!r} in an element", [{**_element(found), "$patch": word}]
            yield f"$patch {word!r} in a new element", [{**_element([_other(found)]), "$patch": word}]
    if isinstance(found, dict):
        yield "$retainKeys", {"$retainKeys": ["a", "type"], "type": "x"}
        yield "null", None
        yield "empty", {}
    else:
        yield "null", None
        yield "empty", []
        yield "twice", [_other(found), _other(found)]
        yield "null element", [None, _other(found)]
        yield "without a key", [{"new": 1}]


def _element(found: Tree) -> dict[str, Any]:
    first = found[0] if found else {}
    return {key: first[key] for key in KEYS if key in first} if isinstance(first, dict) else {}


def _other(found: Tree) -> Any:
    """An element that a list does not have yet."""
    first = found[0] if found else "new"
    if not isinstance(first, dict):
        return "new"
    return {key: 99 if isinstance(first[key], int) else "new" for key in KEYS if key in first} | {"more": "x"}


WAYS = ("by name", "by target", "old")


def _tree(tree: Tree, patches: list[Tree], way: str) -> Texts:
    files = {f"patch{number}.yaml": json.dumps(patch) for number, patch in enumerate(patches)}
    fields: dict[str, Any] = {"resources": ["object.yaml"]}
    if way == "old":
        fields["patchesStrategicMerge"] = list(files)
    else:
        target = {"target": {"kind": tree["kind"]}} if way == "by target" else {}
        fields["patches"] = [{"path": path, **target} for path in files]
    texts = {"kustomization.yaml": json.dumps(fields), "object.yaml": json.dumps(tree), **files}
    return {f"{TOP}/{path}": text for path, text in texts.items()}


def _systematic() -> Iterator[tuple[str, Texts]]:
    ways = itertools.cycle(WAYS)
    for tree in OBJECTS:
        for at, found in _places(tree):
            if at in (("metadata",),):
                continue
            for what, value in _values(found):
                if at or isinstance(value, dict):
                    way = next(ways)
                    name = f"{tree['kind']} {'/'.join(map(str, at))} {what}, {way}"
                    yield name, _tree(tree, [_patch(tree, at, value)], way)
    for field in ("$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "$setElementOrder/ports"):
        for at in ((), ("metadata",), ("spec",), ("spec", "template", "spec")):
            place = [{"name": "web"}] if "Order" in field else ["f/a"]
            yield f"{field} {at}", _tree(WEB, [_patch(WEB, (*at, "x"), 1) | {field: place}], "by name")


def _random(rng: random.Random) -> Texts:
    tree = copy.deepcopy(rng.choice(OBJECTS))
    places = [(at, found) for at, found in _places(tree) if at and at != ("metadata",)]
    patches = []
    for _ in range(rng.choice((2, 2, 3))):
        at, found = rng.choice(places)
        patches.append(_patch(tree, at, rng.choice(list(_values(found)))[1]))
    return _tree(tree, patches, rng.choice(WAYS))


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    yield from _systematic()
    for number in range(seed, seed + count):
        yield f"random {number}", _random(random.Random(number))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 300))
