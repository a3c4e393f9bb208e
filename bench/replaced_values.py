"""Values × targets of `replacements:` beside the real Kustomize.

python bench/replaced_values.py [--kustomize PATH] [--seed N] [--count N]

Every value of a list (empty text, null, dates, numbers, lists, mappings) into every target of another (fields that are
there, made, null, pieces of a text, elements of lists), from an object and given as `sourceValue`; and random pairs of
replacements one after the other, with a patch between them or behind. Every value into every target takes about two
minutes, --count 0 does nothing else; the random pairs take two more.
"""

import itertools
import json
import random
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

VALUES: tuple[str, ...] = (
    *('""', "''", "null", "~", "", "a", '"a"', "'a'", '"123"', "123", "0x1F", "0777", "1_000", "1.0", "1.50", "1e3"),
    *("true", '"true"', "yes", '"yes"', "no", "2020-01-01", '"2020-01-01"', "2020-01-01T10:00:00Z", '"null"', '"~"'),
    *("1:30", '"1:30"', ".inf", '".5"', "12345678901234567", "-0", '" a "', '"a b"', '"a:b:c"', '":"', '"#"', '"- a"'),
    *(
        '"a\\nb\\n"',
        '"a\\tb"',
        "|-\n    line\n    more",
        ">\n    folded\n    more",
        "!!str 5",
        "[]",
        "{}",
        "[a, 1, null]",
    ),
    *("{a: 1, b: null}", '["1", 2020-01-01]', '{k: "5", d: 2020-01-01}', "[{name: x, v: 1}]", "<<", "=", "é"),
)
TARGETS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"spec.{field}", {}) for field in ("text", "quoted", "single", "number", "fraction", "flag", "date", "none")),
    *(
        (f"spec.{field}", {})
        for field in ("blank", "empty", "folded", "block", "list", "map", "mixed", "qdate", "qnull")
    ),
    ("spec.made", {"create": True}),
    ("spec.made.deep", {"create": True}),
    ("spec.none", {"create": True}),
    ("spec.none.deep", {"create": True}),
    ("spec.blank.deep", {"create": True}),
    ("spec.list.0", {}),
    ("spec.list.1", {}),
    ("spec.list.*", {}),
    ("spec.list.5", {"create": True}),
    ("spec.list.3", {"create": True}),
    ("spec.list.-", {}),
    ("spec.map.a", {}),
    ("spec.map.new", {"create": True}),
    ("spec.mixed.[name=x].v", {}),
    ("spec.mixed.[name=new].v", {"create": True}),
    ("spec.mixed.[name=x]", {}),
    ("spec.list.[=one]", {}),
    ("spec.missing", {}),
    ("metadata.labels.a", {}),
    ("metadata.labels.new", {"create": True}),
    ("metadata.annotations.a", {}),
    ("metadata.annotations.number", {}),
    ("metadata.annotations.new", {"create": True}),
    ("metadata.name", {}),
    ("metadata.namespace", {"create": True}),
    ("metadata.labels", {}),
    ("metadata.annotations", {}),
    ("spec", {}),
    *(
        (f"spec.{field}", {"delimiter": ":", "index": index})
        for field in ("piece", "qpiece")
        for index in (0, 1, 9, -1)
    ),
    ("spec.text", {"delimiter": "-", "index": 1}),
    ("spec.number", {"delimiter": ".", "index": 0}),
    ("spec.date", {"delimiter": "-", "index": 0}),
    ("spec.none", {"delimiter": ":", "index": 0}),
    ("spec.empty", {"delimiter": ":", "index": 1}),
    ("spec.list", {"delimiter": ":", "index": 0}),
    ("spec.made", {"delimiter": ":", "index": 0, "create": True}),
    ("spec.json.a", {}),
    ("spec.yaml.a", {}),
    ("spec.yaml.new", {"create": True}),
    *((f"spec.none.{way}", {"create": True}) for way in ("0", "1", "*", "[name=x].v", "[=x]", "deep.er")),
    *((f"spec.{field}.deep", {"create": True}) for field in ("tilde", "qnull", "list.2", "list.*", "nulls.*", "text")),
    *((f"spec.{field}.a", {"create": True}) for field in ("dashes", "comment", "yaml.none", "json.none", "number")),
    *((f"spec.items.{way}.a", {}) for way in ("*.text", "[name=.*].text", "[name=x].text", "*.none", "0.inner.text")),
    *((f"spec.items.{way}.a", {"create": True}) for way in ("*.text", "*.none", "[name=.*].text.none", "*.bad")),
    ("spec.items.*.text.a", {"delimiter": ":", "index": 0}),
    ("spec.items.*.text.list", {"delimiter": ":", "index": 0}),
    ("spec.items.*.none.a", {"delimiter": ":", "index": 0, "create": True}),
)
PATCHES = (
    "",
    "{made: 5}",
    "{text: 8080, number: '5', none: x, date: 2021-01-01}",
    "{made: '5', quoted: 7, list: [1]}",
    "{made: null}",
)
OPERATIONS = '[{"op": "add", "path": "/spec/x", "value": 1}]'
TARGET = """apiVersion: example.com/v1
kind: Widget
metadata:
  name: t
  labels: {a: b}
  annotations: {a: b, number: 5}
spec:
  text: some
  quoted: "80"
  single: '80'
  number: 1
  fraction: 1.5
  flag: true
  date: 2020-02-02
  qdate: "2020-02-02"
  qnull: "null"
  none: null
  blank:
  empty: ""
  folded: >
    a
    b
  block: |
    a
  list: [one, 2, null]
  map: {a: x, n: 1}
  mixed: [{name: x, v: 1}, {name: y}]
  piece: a:b:c
  qpiece: "1:2:3"
  json: '{"a": 1, "b": "x", "none": null}'
  yaml: |
    a: 1
    b: x
    none: null
  tilde: ~
  nulls: [null, ~]
  dashes: "---"
  comment: "# nothing"
  items:
  - {name: x, text: "a: 1", none: null, bad: "a: [", inner: {text: "a: 1"}}
  - {name: y, text: '{"a": 1, "none": null, "list": []}', none: ~, bad: "a"}
"""


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    for value, (path, options) in itertools.product(VALUES, TARGETS):
        yield f"{value!r} into {path} {options}", tree(value, [(path, options)])
    for value in ('""', '"5"', '"null"', '"2020-01-01"', '"yes"', '"a:b"', '"1.0"', '"~"', '" "', '"0x1F"', '"[]"'):
        for path, options in TARGETS:
            yield f"given {value} into {path} {options}", tree(value, [(path, options)], given=True)
    for number in range(seed, seed + count):
        chance = random.Random(number)
        value = chance.choice(VALUES)
        targets = [chance.choice(TARGETS) for _ in range(chance.choice((1, 2, 2)))]
        more = chance.choice(VALUES) if chance.random() < 0.5 else ""
        ends = chance.choice(("", "", *PATCHES, OPERATIONS))
        piece = {"delimiter": chance.choice(":-1"), "index": chance.choice((0, 0, 1))} if chance.random() < 0.2 else {}
        name = f"seed {number}: {value!r} {piece} into {targets}, then {more!r}, then {ends}"
        yield name, tree(value, targets, more=more, ends=ends, piece=piece)


def tree(
    value: str,
    targets: list[tuple[str, dict[str, Any]]],
    given: bool = False,
    more: str = "",
    ends: str = "",
    piece: dict[str, Any] | None = None,
) -> Texts:
    entries = [{"select": {"kind": "Widget", "name": "t"}, "fieldPaths": [p], "options": o} for p, o in targets]
    source: dict[str, Any] = {"kind": "Widget", "name": "s", "fieldPath": "spec.value", "options": piece or {}}
    replacement = {"sourceValue": json.loads(value), "targets": entries} if given else None
    replacements: list[dict[str, Any]] = [replacement or {"source": source, "targets": entries}]
    if more:
        source = {"kind": "Widget", "name": "s", "fieldPath": "spec.more"}
        replacements.append({"source": source, "targets": entries[::-1]})
    base = {"resources": ["source.yaml", "target.yaml"], "replacements": replacements}
    top: dict[str, Any] = {"resources": ["../base"]}
    if ends.startswith("["):
        top["patches"] = [{"target": {"name": "t"}, "patch": ends}]
    elif ends:
        patch = f"{{apiVersion: example.com/v1, kind: Widget, metadata: {{name: t}}, spec: {ends}}}"
        top["patches"] = [{"patch": patch}]
    spec = f"  value: {value}\n" + (f"  more: {more}\n" if more else "")
    return {
        "base/kustomization.yaml": json.dumps(base),
        "base/source.yaml": f"apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: s}}\nspec:\n{spec}",
        "base/target.yaml": TARGET,
        f"{TOP}/kustomization.yaml": json.dumps(top),
    }


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 2000))
