"""Every field of a kustomization with every kind of value, beside the real Kustomize.

python bench/field_values.py [--kustomize PATH] [--batch PROGRAM] [--count N]

Null, empty, of another type, with unknown fields and with fields left out, on its own and in a list; the same for the
fields of generators, patches, replacements, labels, images and builtin plugins. About 4,300 trees, three minutes
with a process for each tree, a few seconds with --batch (as of fuzz_build.py).
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

VALUES: tuple[Any, ...] = (
    *(None, "", "x", 1, 1.5, True, [], {}, [None], [""], ["x"], [1], [{}], [[]], [["x"]], {"x": None}, {"x": "y"}),
    *({"x": 1}, {"x": ["y"]}, {"": "y"}, [{"x": "y"}], [{"name": "x"}], [{"path": "x"}], {"name": "x"}, "objects.yaml"),
    ["objects.yaml"],
)
FIELDS = (
    *("apiVersion", "kind", "metadata", "resources", "bases", "components", "crds", "configurations", "openapi"),
    *("namePrefix", "nameSuffix", "namespace", "commonLabels", "commonAnnotations", "labels", "images", "imageTags"),
    *("replicas", "patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars", "configMapGenerator"),
    *(
        "secretGenerator",
        "generatorOptions",
        "generators",
        "transformers",
        "validators",
        "sortOptions",
        "buildMetadata",
    ),
    *("helmGlobals", "inventory", "unknown", "Resources"),
)

PATCH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: new}\n"
OPERATIONS = '[{"op": "add", "path": "/data/n", "value": "x"}]'
ENTRIES: dict[str, dict[str, Any]] = {
    "configMapGenerator": {
        "name": "g",
        "namespace": "n",
        "behavior": "create",
        "literals": ["a=b"],
        "files": ["objects.yaml"],
        "envs": ["vars.env"],
        "env": "vars.env",
        "options": {"labels": {"a": "b"}, "annotations": {"a": "b"}, "disableNameSuffixHash": True, "immutable": True},
    },
    "secretGenerator": {"name": "g", "type": "Opaque", "literals": ["a=b"], "options": {"immutable": False}},
    "patches": {"patch": PATCH, "target": {"kind": "ConfigMap", "name": "a"}, "options": {"allowNameChange": True}},
    "patchesJson6902": {"target": {"version": "v1", "kind": "ConfigMap", "name": "a"}, "patch": OPERATIONS},
    "images": {"name": "i", "newName": "j", "newTag": "2", "digest": "sha256:0"},
    "replicas": {"name": "d", "count": 3},
    "labels": {
        "pairs": {"x": "y"},
        "includeSelectors": False,
        "includeTemplates": True,
        "fields": [{"path": "spec/labels", "create": True, "kind": "Deployment"}],
    },
    "replacements": {
        "source": {"kind": "ConfigMap", "name": "a", "fieldPath": "data.k", "options": {"delimiter": ":", "index": 0}},
        "targets": [
            {"select": {"kind": "Deployment"}, "fieldPaths": ["metadata.annotations.x"], "options": {"create": True}}
        ],
    },
    "vars": {
        "name": "V",
        "objref": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a"},
        "fieldref": {"fieldPath": "data.k"},
    },
}
OPTIONS: dict[str, dict[str, Any]] = {
    "generatorOptions": {"labels": {"a": "b"}, "annotations": {"a": "b"}, "disableNameSuffixHash": True},
    "sortOptions": {"order": "legacy", "legacySortOptions": {"orderFirst": ["Deployment"], "orderLast": ["ConfigMap"]}},
    "openapi": {"path": "schema.json"},
    "metadata": {"name": "a", "labels": {"a": "b"}, "annotations": {"a": "b"}},
}
PLUGINS: dict[str, dict[str, Any]] = {
    "PrefixTransformer": {"prefix": "p-", "fieldSpecs": [{"path": "metadata/name"}]},
    "LabelTransformer": {"labels": {"a": "b"}, "fieldSpecs": [{"path": "metadata/labels", "create": True}]},
    "NamespaceTransformer": {
        "metadata": {"name": "t", "namespace": "n"},
        "unsetOnly": True,
        "setRoleBindingSubjects": "none",
    },
    "ImageTagTransformer": {"imageTag": {"name": "i", "newTag": "2"}},
    "ReplicaCountTransformer": {"replica": {"name": "d", "count": 3}, "fieldSpecs": [{"path": "spec/replicas"}]},
    "PatchTransformer": {"patch": OPERATIONS, "target": {"kind": "ConfigMap"}},
    "ValueAddTransformer": {"value": "x", "targets": [{"fieldPath": "metadata/labels/x"}]},
    "ConfigMapGenerator": {"name": "g", "literals": ["a=b"]},
    "SecretGenerator": {"name": "g", "literals": ["a=b"], "type": "t"},
}

OBJECTS = """apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {k: v}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {spec: {containers: [{name: c, image: i, args: [$(V)]}]}}}
"""
OTHERS = {
    f"{TOP}/objects.yaml": OBJECTS,
    f"{TOP}/vars.env": "E=f\n",
    f"{TOP}/schema.json": '{"definitions": {"v1.Widget": {"x-kubernetes-group-version-kind": '
    '[{"kind": "Widget", "version": "v1", "group": "example.com"}]}}}',
}

Way = tuple[str | int, ...]


def _fields_in(tree: Any, at: Way = ()) -> Iterator[Way]:
    """The way to each field of a mapping, and to those inside of it."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield (*at, key)
            yield from _fields_in(value, (*at, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield (*at, index)
            yield from _fields_in(value, (*at, index))


MISSING = object()


def _changed(tree: Any, at: Way, value: Any) -> Any:
    step, *rest = at
    made: Any = dict(tree) if isinstance(tree, dict) else list(tree)
    if rest:
        made[step] = _changed(made[step], tuple(rest), value)
    elif value is MISSING:
        del made[step]
    else:
        made[step] = value
    return made


def _variants(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mapping as it is, without each field, with an unknown one, and with other values for each."""
    yield "as it is", tree
    yield "unknown", {**tree, "unknown": 1}
    for at in _fields_in(tree):
        yield f"without {at}", _changed(tree, at, MISSING)
        for value in VALUES:
            yield f"{at} {value!r}", _changed(tree, at, value)


def _tree(fields: dict[str, Any], more: Texts | None = None) -> Texts:
    whole = {"resources": ["objects.yaml"], **fields}
    return {f"{TOP}/kustomization.yaml": json.dumps(whole), **OTHERS, **(more or {})}


def _all() -> Iterator[tuple[str, Texts]]:
    for field in FIELDS:
        for value in VALUES:
            yield f"{field}: {value!r}", _tree({field: value})
    for field, entry in ENTRIES.items():
        for what, changed in _variants(entry):
            yield f"{field} {what}", _tree({field: [changed]})
    for field, options in OPTIONS.items():
        generator = {"configMapGenerator": [{"name": "g", "literals": ["a=b"]}]}
        for what, changed in _variants(options):
            yield f"{field} {what}", _tree({**generator, field: changed})
    for kind, fields in PLUGINS.items():
        field = "generators" if kind.endswith("Generator") else "transformers"
        for what, changed in _variants(fields):
            if changed.get("fieldSpecs") == [None]:
                continue  # taken for a field spec without a path by some plugins and not by others
            config = {"apiVersion": "builtin", "kind": kind, "metadata": {"name": "t"}, **changed}
            yield f"{kind} {what}", _tree({field: ["plugin.yaml"]}, {f"{TOP}/plugin.yaml": json.dumps(config)})


def trees(_: int, count: int) -> Iterator[tuple[str, Texts]]:
    yield from (tree for tree, _ in zip(_all(), range(count), strict=False))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 99_999))
