"""Values that builtin plugins write: quotes in their configuration × plugins × what comes after, and paths of
ValueAddTransformer × objects. The real `kustomize build` and Penstock must agree on each.

python bench/plugin_values.py [--kustomize PATH] [--batch PROGRAM]
"""

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: db\n"
WORDS = ("abc", "5", "yes", ": a", "null:", "&x", "a: b", "[a]: b", "2020-01-01")
BASES = ("", "data: {k: old}\n", "data: {k: 'q', old: x}\n")

PLUGINS = {
    "ValueAddTransformer": "value: {}\ntargets: [{{fieldPath: data/k}}]\n",
    "LabelTransformer": (
        "labels:\n  k: {}\nfieldSpecs:\n- {{path: metadata/labels, create: true}}\n- {{path: data, create: true}}\n"
    ),
    "AnnotationsTransformer": "annotations:\n  k: {}\nfieldSpecs: [{{path: data, create: true}}]\n",
    "PrefixTransformer": "prefix: {}\nfieldSpecs: [{{path: metadata/name}}, {{path: data/old}}]\n",
    "ReplacementTransformer": (
        "replacements:\n- sourceValue: {}\n  targets:\n  - select: {{kind: ConfigMap}}\n    fieldPaths: [data.k]\n"
        "    options: {{create: true}}\n"
    ),
}

NUMBER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "db"}, "data": {"k": 5, "old": 7}}
OTHER = {**NUMBER, "data": {"other": "x"}}
JSON = '- target: {kind: ConfigMap}\n  patch: \'[{"op": "add", "path": "/z", "value": 1}]\'\n'


def _patch(body: dict[str, Any]) -> str:
    return f"- patch: |\n    {json.dumps(body)}\n"


AFTER = {
    "nothing": "",
    "a number": f"patches:\n{_patch(NUMBER)}",
    "a patch and a number": f"patches:\n{_patch(OTHER)}{_patch(NUMBER)}",
    "JSON and a number": f"patches:\n{JSON}{_patch(NUMBER)}",
}

PATHS = (
    *("spec/list/0/k", "spec/list/0", "spec/list/-/k", "spec/list/-", "spec/list/1/k", "spec/list/0/m/0/k", "spec/-1"),
    *("spec/list/[name=x]/k", "spec/list/[name=x]", "spec/list/[=x]", "spec/list/[=x]/k", "spec/list/[a]/k", "0/k"),
    *("spec/list/[name=x]/m/[a=b]/c", "spec/*/k", "*/k", "spec//k", "/spec/k", "spec/k/", "spec\\/k", "spec/a\\/b"),
    *("spec/ k", "spec/list/+0/k", "spec/list/x"),
)
SPECS = (
    *(
        "",
        "spec: {}\n",
        "spec: null\n",
        "spec: x\n",
        "spec:\n  list: []\n",
        "spec:\n  list: null\n",
        "spec:\n  list:\n",
    ),
    *("spec:\n  list:\n  - a: 1\n", "spec:\n  list:\n  - name: x\n    k: o\n", "spec:\n  list: [x, z]\n"),
    *("spec:\n  list: {a: b}\n", "spec:\n  k: {a: b}\n"),
    "spec:\n  list:\n  - {name: z}\n  - null\n  - {name: x, k: null}\n",
)


def spelled(word: str) -> tuple[str, ...]:
    """The ways to write a word in a configuration."""
    quoted = "'" + word.replace("'", "''") + "'"
    return json.dumps(word), quoted, word


def tree(plugin: str, fields: str, base: str, after: str = "") -> Texts:
    return {
        f"{TOP}/kustomization.yaml": f"resources: [base]\n{after}",
        f"{TOP}/base/kustomization.yaml": "resources: [object.yaml]\ntransformers: [plugin.yaml]\n",
        f"{TOP}/base/object.yaml": f"{HEAD}{base}",
        f"{TOP}/base/plugin.yaml": f"apiVersion: builtin\nkind: {plugin}\nmetadata: {{name: t}}\n{fields}",
    }


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    for word, plugin, base, after in itertools.product(WORDS, PLUGINS, BASES, AFTER):
        for number, text in enumerate(spelled(word)):
            fields = PLUGINS[plugin].format(text)
            yield f"{plugin} {word!r} {number} {base!r} {after}", tree(plugin, fields, base, AFTER[after])
    for path, spec in itertools.product(PATHS, SPECS):
        fields = f"value: w\ntargets:\n- fieldPath: {json.dumps(path)}\n"
        yield f"path {path} {spec!r}", tree("ValueAddTransformer", fields, spec)


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 0))
