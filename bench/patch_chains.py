"""Chains of patches over one object, beside the real Kustomize.

python bench/patch_chains.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

What a patch leaves in quotes or without a type shows only under the next one. Turns are taken between scalars of every
spelling under JSON 6902 and strategic merge patches in any order, with `$patch: replace` at the root among them, and
lists of scalars and of mappings with tags, nulls, directives and repeated keys, under several patches.
"""

import json
import random
import sys
from collections.abc import Iterator

from random_trees import TOP, Texts
from side_by_side import battery

KUSTOMIZATION = f"{TOP}/kustomization.yaml"

SCALARS = (
    *(
        "yes",
        "'yes'",
        "text",
        "'text'",
        "5",
        "'5'",
        "010",
        "'010'",
        "null",
        "2020-01-01",
        "'2020-01-01'",
        "1:30",
        "[a]",
    ),
    *('""', '"a\\nb"', "y", "-", '"- x"', '"a: b"', '"#"', "!!str 5", "!!str yes", '!!str "5"', '! "5"', "!x 5"),
)
LAID = ("yes", "'yes'", "text", "'5'", "5", "null", "true", "010", "'a: b'", "2020-01-01", '""', "!!str 5")
ADDED = ("yes", "text", "5", 5, True, "2020-01-01", "1:30", "a: b", "")

ITEMS = (
    *("x", "y", "'x'", "1", "'1'", "null", "~", "{}", "{a: null}", "{a: 1}", "[]", "[x]", "[null]", "''", "2020-01-01"),
    *("{$patch: delete}", "{$patch: replace}", "{$patch: merge}", "{$patch: delete, a: null}", "{a: null, b: 1}"),
    *("yes", "{name: x}", "{name: x, $patch: delete}", "!!int '1'", "!x y"),
    *("{a: {b: null}}", "{a: [null]}"),
)
CONTAINERS = (
    *("{name: x}", "{name: y}", "{name: x, v: null}", "{name: x, v: 1}", "{name: null}", '{name: ""}', "{v: 1}", "{}"),
    *(
        "null",
        "{name: x, $patch: delete}",
        "{$patch: replace}",
        "{name: x, $patch: replace}",
        "{name: 1}",
        '{name: "1"}',
    ),
    *(
        "{name: x, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}",
        "{name: x, env: null}",
        "x",
        "[x]",
    ),
    *("{name: x, env: []}", "{name: x, env: [null]}", "{name: x, args: [null, a]}", "{name: x, args: []}", "{v: null}"),
    *("{name: x, env: [{name: a, value: null}, {name: a}, {name: b, value: 1}]}", "{name: !!null x}"),
)

ADDS = '[{"op": "add", "path": "/spec/new", "value": 1}]'


def _of_pod(fields: str) -> str:
    return f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, {fields}}}"


def _entry(patch: str, target: str = "") -> str:
    return f"- {target and f'target: {target}'}\n  patch: {json.dumps(patch)}\n"


# --- scalars ----------------------------------------------------------------------------------------------------------


def scalars(r: random.Random) -> Texts:
    """A scalar as a field and in an element, under up to five patches."""
    value = r.choice(SCALARS)
    containers = f"[{{name: b, image: x}}, {{name: c, image: {value}}}]"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  v: {value}\n  containers: {containers}\n"
    is_element = r.random() < 0.5
    patches = "".join(r.choice(STEPS)(r, is_element) for _ in range(r.randint(2, 5)))
    return {KUSTOMIZATION: f"resources: [pod.yaml]\npatches:\n{patches}", f"{TOP}/pod.yaml": pod}


def _laid(r: random.Random, is_element: bool) -> str:
    value = r.choice(LAID)
    return _entry(
        _of_pod(f"spec: {{containers: [{{name: c, image: {value}}}]}}" if is_element else f"spec: {{v: {value}}}")
    )


def _added(r: random.Random, is_element: bool) -> str:
    path = "/spec/containers/1/image" if is_element else "/spec/v"
    return _entry(json.dumps([{"op": "add", "path": path, "value": r.choice(ADDED)}]), "{name: p}")


def _beside(r: random.Random, is_element: bool) -> str:
    return _entry(ADDS, "{name: p}")


def _new_element(r: random.Random, is_element: bool) -> str:
    return _entry(_of_pod(f"spec: {{containers: [{{name: n{r.randint(0, 2)}, image: q}}]}}"))


def _root(r: random.Random, is_element: bool) -> str:
    return _entry(_of_pod("$patch: replace, spec: {v: 1}"))


STEPS = (_laid, _laid, _laid, _added, _beside, _beside, _new_element, _root)

# --- lists ------------------------------------------------------------------------------------------------------------


def lists(r: random.Random) -> Texts:
    """A list that is merged, of scalars or of containers, under up to three patches."""
    texts, count = {}, r.choice((2, 2, 3, 4))
    kind = r.choice((_finalizers, _ranges, _containers, _containers))
    for number in range(count):
        texts[f"{TOP}/{number}.yaml"] = kind(r)
    patches = "".join(f"- path: {number}.yaml\n" for number in range(1, count))
    more = r.choice(("", "", "namePrefix: q-\n", "commonLabels: {a: b}\n"))
    return texts | {KUSTOMIZATION: f"resources: [0.yaml]\n{more}patches:\n{patches}"}


def _finalizers(r: random.Random) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  finalizers:{_list(r, ITEMS)}\n"


def _ranges(r: random.Random) -> str:
    return f"apiVersion: v1\nkind: Node\nmetadata: {{name: p}}\nspec:\n  podCIDRs:{_list(r, ITEMS)}\n"


def _containers(r: random.Random) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:{_list(r, CONTAINERS)}\n"


def _list(r: random.Random, items: tuple[str, ...]) -> str:
    chosen = [r.choice(items) for _ in range(r.choice((0, 1, 1, 2, 2, 3, 4)))]
    if chosen and r.random() < 0.6:
        return "".join(f"\n  - {item}" for item in chosen)
    return f" [{', '.join(chosen)}]"


# --- the run ----------------------------------------------------------------------------------------------------------


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    for number in range(count):
        family = (scalars, lists)[number % 2]
        yield family.__name__, family(random.Random(f"{seed} {number}"))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 6000))
