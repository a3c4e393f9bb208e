"""Values with explicit tags, in every place that a build looks at, beside the real Kustomize.

python bench/tagged_values.py [--kustomize PATH] [--batch PROGRAM] [--count N]

Kustomize takes the tag `!!null` for nothing in some places and not in others, and forgets other tags where it writes a
value anew. About 2,300 trees, two minutes on two cores, and less with --batch (as of fuzz_build.py).
"""

import sys
from collections.abc import Callable, Iterator

from random_trees import TOP, Texts
from side_by_side import battery

VALUES = (
    *(
        "!!null {a: 1}",
        "!!null [1]",
        "!!null x",
        "!!null ''",
        "!!null",
        "!!null ~",
        "!!null 'x'",
        "!!null {}",
        "!!null []",
    ),
    *("!!str null", "!!str 1", "!!str", "!!str ~", "!!int 3", "!!int '3'", "!!int x", "!!float 3", "!!bool 'true'"),
    *("!!binary aGk=", "!!timestamp 2020-01-01", "!x a", "!x {a: 1}", "!x [1]", "!!map {a: 1}", "!!seq [1]", "! 1"),
    *("!!str '1'", "! '1'", "&y !!str '1'", "!x '1'", "!!timestamp '2020-01-01'", "!!str |\n      a", "!!str yes"),
    *("!<tag:yaml.org,2002:str> 1", "!!merge x", "!!null &x y", "!!str {a: 1}", "!!map [1]", "!!int", "null", "''"),
)

KUSTOMIZATION = f"{TOP}/kustomization.yaml"
OBJECTS = f"{TOP}/objects.yaml"

Way = Callable[[str], Texts]


def _tree(fields: str, *objects: str, **others: str) -> Texts:
    texts = {KUSTOMIZATION: f"resources: [objects.yaml]\n{fields}", OBJECTS: "---\n".join(objects)}
    return texts | {f"{TOP}/{name}.yaml": text for name, text in others.items()}


def _widget(spec: str = "{v: old, w: 1}", metadata: str = "") -> str:
    return f"apiVersion: e.x/v1\nkind: Widget\nmetadata:\n  name: a\n{metadata}spec: {spec}\n"


def _pod(container: str = "", spec: str = "") -> str:
    containers = f"  containers:\n  - name: c\n    image: i\n{container}"
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n{spec}{containers}"


PATCH = "patches: [{path: patch.yaml}]\n"
LATER = "patches: [{target: {name: a}, patch: '{metadata: {name: a}, spec: {w: 2}}'}, {path: patch.yaml}]\n"
OPERATION = "patches: [{target: {name: '[ap]'}, patch: '[{op: add, path: /new, value: 1}]'}]\n"


def _copied(source: str, target: str, kind: str = "Widget", options: str = "") -> str:
    return (
        f"replacements: [{{source: {{kind: Widget, fieldPath: {source}}}, targets: "
        f"[{{select: {{kind: {kind}}}, fieldPaths: [{target}]{options}}}]}}]\n"
    )


WAYS: dict[str, Way] = {
    "alone": lambda v: _tree("", _widget(f"{{v: {v}}}")),
    "in a block": lambda v: _tree("", _widget(f"\n  v: {v}\n  w: 1")),
    "in a list": lambda v: _tree("", _widget(f"\n  v:\n  - {v}\n  - 1")),
    "as a key": lambda v: _tree("", _widget(f"\n  {v}: 1")),
    "key under a patch": lambda v: _tree(PATCH, _widget(f"\n  {v}: 1"), patch=_widget("{w: 2}")),
    "key of a patch": lambda v: _tree(PATCH, _widget(), patch=_widget(f"\n  {v}: 1")),
    "operation": lambda v: _tree(OPERATION, _widget(f"\n  v: {v}")),
    "under a patch": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{w: 2}")),
    "under a scalar": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{v: new}")),
    "under a number": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{v: 5}")),
    "under a date": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("\n  v: 2020-01-01")),
    "under a number, later": lambda v: _tree(LATER, _widget(f"\n  v: {v}"), patch=_widget("{v: 5}")),
    "under a mapping": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{v: {b: 2}}")),
    "under a list": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{v: [2]}")),
    "under null": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget("{v: null}")),
    "over a scalar": lambda v: _tree(PATCH, _widget(), patch=_widget(f"\n  v: {v}")),
    "over quotes": lambda v: _tree(PATCH, _widget("{v: '1'}"), patch=_widget(f"\n  v: {v}")),
    "over a mapping": lambda v: _tree(PATCH, _widget("{v: {b: 2}}"), patch=_widget(f"\n  v: {v}")),
    "over a list": lambda v: _tree(PATCH, _widget("{v: [2]}"), patch=_widget(f"\n  v: {v}")),
    "over nothing": lambda v: _tree(PATCH, _widget("{w: 1}"), patch=_widget(f"\n  v: {v}")),
    "over itself": lambda v: _tree(PATCH, _widget(f"\n  v: {v}"), patch=_widget(f"\n  v: {v}")),
    "element under a patch": lambda v: _tree(PATCH, _pod(f"    tty: {v}\n"), patch=_pod("    stdin: true\n")),
    "element of a patch": lambda v: _tree(PATCH, _pod("    tty: true\n"), patch=_pod(f"    tty: {v}\n")),
    "new element": lambda v: _tree(
        PATCH, _pod(), patch=_pod(f"  - name: d\n    tty: {v}\n").replace("  - name: c\n    image: i\n", "")
    ),
    "in a list of an element": lambda v: _tree(
        PATCH, _pod(f"    env:\n    - name: A\n      value: {v}\n"), patch=_pod("    env:\n    - {name: B, value: b}\n")
    ),
    "key of an element": lambda v: _tree(
        PATCH, _pod(f"    env:\n    - name: {v}\n      value: a\n"), patch=_pod("    env:\n    - {name: x, value: b}\n")
    ),
    "element itself": lambda v: _tree(
        PATCH, _pod(f"    env:\n    - {v}\n"), patch=_pod("    env:\n    - {name: x, value: b}\n")
    ),
    "set of scalars": lambda v: _tree(
        PATCH,
        _widget(metadata=f"  finalizers:\n  - {v}\n  - a\n"),
        patch=_widget(metadata="  finalizers: [b]\n"),
    ),
    "list of a patch": lambda v: _tree(PATCH, _pod(), patch=_pod(f"    env: {v}\n")),
    "mapping on the way": lambda v: _tree(
        PATCH, _pod(f"    resources: {v}\n"), patch=_pod("    resources: {limits: {cpu: 1}}\n")
    ),
    "source": lambda v: _tree(_copied("spec.v", "spec.w"), _widget(f"\n  v: {v}\n  w: 1")),
    "source of a new field": lambda v: _tree(
        _copied("spec.v", "spec.x", options=", options: {create: true}"), _widget(f"\n  v: {v}\n  w: 1")
    ),
    "source for a label": lambda v: _tree(
        _copied("spec.v", "metadata.labels.a", options=", options: {create: true}"), _widget(f"\n  v: {v}\n  w: 1")
    ),
    "source for a part": lambda v: _tree(
        _copied("spec.v", "spec.containers.0.image", "Pod", ", options: {delimiter: ':', index: 0}"),
        _widget(f"\n  v: {v}"),
        _pod(),
    ),
    "part of a source": lambda v: _tree(_copied("spec.v.a", "spec.w"), _widget(f"\n  v: {v}\n  w: 1")),
    "target": lambda v: _tree(_copied("spec.w", "spec.v"), _widget(f"\n  v: {v}\n  w: 1")),
    "part of a target": lambda v: _tree(
        _copied("spec.w", "spec.v.a", options=", options: {create: true}"), _widget(f"\n  v: {v}\n  w: 1")
    ),
    "element of a target": lambda v: _tree(
        _copied("spec.w", "spec.v.[name=a].x", options=", options: {create: true}"),
        _widget(f"\n  v:\n  - name: {v}\n  - name: a\n  w: 1"),
    ),
    "label": lambda v: _tree("commonLabels: {x: y}\n", _widget(metadata=f"  labels:\n    a: {v}\n")),
    "labels": lambda v: _tree("commonLabels: {x: y}\n", _widget(metadata=f"  labels: {v}\n")),
    "annotation": lambda v: _tree("commonAnnotations: {x: y}\n", _widget(metadata=f"  annotations:\n    a: {v}\n")),
    "annotations": lambda v: _tree("namePrefix: p-\n", _widget(metadata=f"  annotations: {v}\n")),
    "annotations under a patch": lambda v: _tree(
        PATCH, _widget(metadata=f"  annotations:\n    a: {v}\n"), patch=_widget(metadata="  annotations: {b: c}\n")
    ),
    "image": lambda v: _tree("images: [{name: i, newTag: t}]\n", _pod().replace("image: i", f"image: {v}")),
    "containers": lambda v: _tree("images: [{name: i, newTag: t}]\n", _pod(spec=f"  initContainers: {v}\n")),
    "replicas": lambda v: _tree(
        "replicas: [{name: a, count: 3}]\n",
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\nspec:\n  replicas: {v}\n",
    ),
    "metadata": lambda v: _tree("namePrefix: p-\n", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {v}\n"),
    "whole spec": lambda v: _tree("commonLabels: {x: y}\n", _widget(v), _pod()),
    "data under a generator": lambda v: _tree(
        "configMapGenerator: [{name: a, behavior: merge, literals: [b=c]}]\n",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  k: {v}\n",
    ),
    "variable": lambda v: _tree(
        "vars: [{name: V, objref: {apiVersion: e.x/v1, kind: Widget, name: a}, fieldref: {fieldPath: spec.v}}]\n",
        _widget(f"\n  v: {v}"),
        _pod("    args: ['$(V)', 'x$(V)']\n"),
    ),
    "where a variable is": lambda v: _tree(
        "vars: [{name: V, objref: {apiVersion: e.x/v1, kind: Widget, name: a}}]\n",
        _widget(),
        _pod(f"    args: ['$(V)', {v}]\n"),
    ),
    "in a configuration": lambda v: _tree(f"commonAnnotations:\n  a: {v}\n", _widget()),
    "value of an operation": lambda v: _tree(
        "patches: [{path: patch.yaml, target: {kind: Widget}}]\n",
        _widget(),
        patch=f"- op: add\n  path: /spec/v\n  value: {v}\n",
    ),
    "item": lambda v: _tree(
        "", f"apiVersion: v1\nkind: WidgetList\nitems:\n- {_widget(v).replace(chr(10), chr(10) + '  ').rstrip()}\n"
    ),
}


def trees(_: int, count: int) -> Iterator[tuple[str, Texts]]:
    made = ((f"{way}, {value!r}", make(value)) for way, make in WAYS.items() for value in VALUES)
    yield from (tree for tree, _ in zip(made, range(count), strict=False))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 99_999))
