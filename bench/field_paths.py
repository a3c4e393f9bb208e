"""Paths of field specs beside the real Kustomize: `*`, `-`, numbers, `[a=b]`, `name[]`, blanks and slashes in them.

python bench/field_paths.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

Paths of one part and of two, one below the other, in every section of `configurations:`, with `create` and without,
over objects in which the way leads through mappings, lists, nulls, texts, or nowhere. Another --seed takes others of
them, --count 99999 takes all: 19,080 trees, a minute with --batch (as of fuzz_build.py) and about a quarter of an hour
with a process for each tree. The default takes a third of that.
"""

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

PARTS = (
    *("a", "list", "text", "nothing", "none", "empty", "*", "-", "0", "1", "+1", "-1", "007", "99999999999999999999"),
    *("[name=x]", "[=x]", "[x]", "[]", "[name=x][]", "list[]", "nothing[]", "none[]", "a[]", " ", " a ", "", " []"),
    *("a\\/b", "\\", "a.b", "\\.", "~1", "$", "**", "[", "]", "a]", "[a", "{}", "$patch", "metadata", "1.5", "0x1F"),
)
TAILS = ("", "/x", "/list[]/x")
USES: dict[str, dict[str, Any]] = {
    "namePrefix": {"namePrefix": "p-"},
    "nameSuffix": {"nameSuffix": "-s"},
    "namespace": {"namespace": "space"},
    "commonLabels": {"commonLabels": {"k": "v", "l": "1"}},
    "labels": {"labels": [{"pairs": {"k": "v"}}]},
    "commonAnnotations": {"commonAnnotations": {"k": "v"}},
    "images": {"images": [{"name": "x", "newTag": "2"}]},
    "replicas": {"replicas": [{"name": "w", "count": 3}]},
    "varReference": {"vars": [{"name": "V", "objref": {"apiVersion": "v1", "kind": "ConfigMap", "name": "c"}}]},
    "nameReference": {"namePrefix": "p-"},
}
SPECS: tuple[Any, ...] = (
    {
        "a": {"a": "x", "list": [{"x": "x", "name": "x"}, None], "text": "x", "nothing": None, "empty": {}, "0": "x"},
        "list": [{"a": {"x": "x"}, "text": "x", "nothing": None}, {"x": "$(V)"}],
        "text": "x",
        "nothing": None,
        "empty": [],
        "a/b": {"x": "x"},
        "a.b": "x",
        "metadata": {"name": "x"},
    },
    {
        "a": None,
        "list": {"a": ["x", 1], "x": "$(V)"},
        "text": 5,
        "nothing": {"x": "c", "name": "c"},
        "[": "x",
        "$": "x",
    },
    {},
    None,
    [{"a": {"a": "c"}, "list": [["c"]], "text": "c"}, [], None],
)


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    paths = [f"spec/{part}{tail}" for part in PARTS for tail in TAILS]
    paths += ["", "/", "/spec/a", "//spec/a", "spec", "spec/", "metadata", "metadata/labels/*", "metadata/*/k", "*"]
    paths += [f"spec/{above}/{below}" for above in PARTS[:12] for below in PARTS]
    cases = itertools.product(USES, dict.fromkeys(paths), (False, True))
    every = max(1, round(len(USES) * len(paths) * 2 / count))
    for number, (section, path, create) in enumerate(cases):
        if number % every == seed % every:
            yield f"{section} {path!r} create={create}", tree(section, path, create, SPECS)
    for section, (path, create) in itertools.product(USES, itertools.product(paths[::11], (False, True))):
        for spec in SPECS:
            yield f"{section} {path!r} create={create} {json.dumps(spec)[:30]}", tree(section, path, create, (spec,))


def tree(section: str, path: str, create: bool, specs: tuple[Any, ...]) -> Texts:
    entry = {"path": path, "kind": "Widget", **({"create": True} if create else {})}
    configured: Any = [entry]
    if section == "nameReference":
        configured = [{"kind": "ConfigMap", "version": "v1", "fieldSpecs": [entry]}]
    objects = [
        {
            "apiVersion": "example.com/v1",
            "kind": "Widget",
            "metadata": {"name": "w" if not i else f"w{i}"},
            "spec": spec,
        }
        for i, spec in enumerate(specs)
    ]
    objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"x": "x"}})
    fields = {"resources": ["objects.yaml"], "configurations": ["specs.yaml"], **USES[section]}
    return {
        f"{TOP}/kustomization.yaml": json.dumps(fields),
        f"{TOP}/specs.yaml": json.dumps({section: configured}),
        f"{TOP}/objects.yaml": "---\n".join(json.dumps(body) + "\n" for body in objects),
    }


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 5000))
