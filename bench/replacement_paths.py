"""Paths, options and selectors of `replacements:` beside the real Kustomize.

python bench/replacement_paths.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

Every path (dots at odd places, escapes, indexes, expressions, `*`, `-`) as the target and as the source, with every
option; and random replacements with several sources, targets, selectors and rejections. The paths are 2,800 trees, four
minutes with a process for each tree and one with --batch (as of fuzz_build.py); --count random ones follow.
"""

import itertools
import json
import random
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery

OBJECTS = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/name: web, tier: front}
  annotations: {note: 'a,b'}
spec:
  replicas: 2
  template:
    metadata: {labels: {tier: front}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0
        args: [--port=80, --name=web]
        env:
        - {name: HOST, value: web.shop.svc}
        - {name: PORT, value: '80'}
        - name: FROM
          valueFrom: {configMapKeyRef: {name: settings, key: host}}
      - name: side.car
        image: side:2
        ports: [{containerPort: 80, protocol: TCP}, {containerPort: 81}]
      volumes: [{name: v, emptyDir: {}}]
      tolerations: []
      nodeSelector:
      affinity: null
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
data:
  host: example.com
  port: '8080'
  app.conf: "a=b:c"
  json: '{"a": {"b": ["x", "y"]}, "n": 1}'
  yaml: "a:\\n  b: [x, y] # c\\n"
  empty: ''
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: other
data: {host: other.example.com}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, labels: {tier: front}}
spec:
  tls: [{hosts: [a.example.com, b.example.com], secretName: tls}]
  rules:
  - host: a.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
  - host: b.example.com
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  matrix: [[a, b], [c, d]]
  keyed: {a.b: 1, 'a/b': 2, '0': zero, '*': star, '-': dash, '': empty}
  list: [{name: x, v: 1}, {name: y, v: 2, deep: [{name: z}]}, {name: x, v: 3}]
  text: plain
"""

PATHS: tuple[str, ...] = (
    *("metadata.name", "metadata", "metadata.name.x", "metadata..name", ".metadata.name", "metadata.name.", "", "."),
    *("..", "metadata.name..x", "metadata.labels.tier", "metadata.labels.app\\.kubernetes\\.io/name", "metadata.none"),
    *("metadata.labels.[app.kubernetes.io/name]", "metadata.annotations.note", "metadata.annotations.new", "kind"),
    *("metadata.labels.new", "metadata.namespace", "apiVersion", "spec", "spec.replicas", "spec.replicas.x", "status"),
    *("spec.template.spec.containers", "spec.template.spec.containers.0", "spec.template.spec.containers.0.image"),
    *("spec.template.spec.containers.*", "spec.template.spec.containers.*.image", "spec.template.spec.containers.-"),
    *("spec.template.spec.containers.[name=web].image", "spec.template.spec.containers.[name=none].image"),
    *("spec.template.spec.containers.[name=side.car].image", "spec.template.spec.containers.[name=side\\.car].image"),
    *("spec.template.spec.containers.[image=side:2].name", "spec.template.spec.containers.[name=web]"),
    *("spec.template.spec.containers.[name=web].args.0", "spec.template.spec.containers.[name=web].args.[=--port=80]"),
    *("spec.template.spec.containers.[name=web].args.-", "spec.template.spec.containers.[name=web].args.9"),
    *("spec.template.spec.containers.[name=web].env.[name=PORT].value", "spec.template.spec.containers.-1.image"),
    *("spec.template.spec.containers.[name=web].env.[name=NEW].value", "spec.template.spec.containers.*.env.*.value"),
    *("spec.template.spec.containers.*.env.[name=HOST].value", "spec.template.spec.containers.*.ports.*.containerPort"),
    *("spec.template.spec.containers.[name=side.car].ports.[containerPort=80].protocol", "spec.template.spec.volumes"),
    *("spec.template.spec.tolerations.0", "spec.template.spec.tolerations.-", "spec.template.spec.tolerations.*.key"),
    *("spec.template.spec.tolerations.[key=a].value", "spec.template.spec.nodeSelector", "spec.template.spec.affinity"),
    *("spec.template.spec.nodeSelector.a", "spec.template.spec.affinity.a.b", "spec.template.spec.new.[a=b].c"),
    *("spec.template.spec.new.0.c", "spec.template.spec.new.-", "spec.template.spec.new.*.c", "spec.new.x.y.z"),
    *("data.host", "data.app\\.conf", "data.app.conf", "data.[app.conf]", "data.json", "data.json.a.b.0", "data.yaml"),
    *("data.json.a.b", "data.json.n", "data.json.new", "data.yaml.a.b.1", "data.yaml.a", "data.empty", "data.empty.a"),
    *(
        "data.host.a",
        "data.*",
        "data.new",
        "data",
        "spec.rules.*.host",
        "spec.rules.0.http.paths.0.backend.service.name",
    ),
    *("spec.rules.[host=a.example.com].host", "spec.rules.[host=a\\.example\\.com].host", "spec.tls.0.hosts.1"),
    *(
        "spec.tls.*.hosts.*",
        "spec.tls.0.hosts.[=b.example.com]",
        "spec.rules.1.http.paths",
        "spec.rules.*.http.paths.*.path",
    ),
    *("spec.matrix.0.1", "spec.matrix.*.0", "spec.matrix.*.*", "spec.matrix.*", "spec.keyed.a\\.b", "spec.keyed.a.b"),
    *("spec.keyed.a/b", "spec.keyed.0", "spec.keyed.*", "spec.keyed.-", "spec.keyed.", "spec.keyed.[a.b]", "spec.text"),
    *("spec.list.[name=x].v", "spec.list.[name=y].deep.[name=z].name", "spec.list.*.v", "spec.list.[v=1].name"),
    *("spec.list.[name=x]", "spec.list.[name=].v", "spec.list.[=x].v", "spec.list.[name].v", "spec.list.[].v"),
    *("spec.list.[name=x", "spec.list.name=x].v", "spec.list.[name=x][v=1].v", "spec.list.1.deep.0", "spec.list.01.v"),
    *(
        "spec.list.+1.v",
        "spec.list.1e0.v",
        "spec.list.99.v",
        "spec.list.3.v",
        "spec\\.list",
        "spec.list\\.0",
        "spec.text.*",
    ),
)

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"create": True},
    {"delimiter": "/", "index": 0},
    {"delimiter": ":", "index": 1},
    {"delimiter": ".", "index": -1},
    {"delimiter": ".", "index": 9},
    {"delimiter": ".", "index": 1, "create": True},
    {"delimiter": "=", "index": 1},
    {"delimiter": ""},
    {"index": 1},
    {"encoding": "base64"},
)

SELECTS: tuple[dict[str, Any], ...] = (
    *({"kind": kind} for kind in ("Deployment", "ConfigMap", "Ingress", "Widget", "Deploy.*", "None")),
    *({"name": name} for name in ("web", "we.*", "settings", "w|other", "^web$", "WEB")),
    *(
        {"labelSelector": text}
        for text in ("tier=front", "tier", "!tier", "tier in (front)", "tier=back", "tier=front,x")
    ),
    {"annotationSelector": "note=a"},
    {"namespace": "shop"},
    {"namespace": "default"},
    {"group": "apps"},
    {"group": "apps", "version": "v1", "kind": "Deployment", "name": "web", "namespace": "shop"},
    {"version": "v1"},
    {"apiVersion": "apps/v1", "kind": "Deployment"},
    {"kind": "ConfigMap", "name": "settings"},
    {},
)

SOURCES: tuple[dict[str, Any], ...] = (
    {"kind": "ConfigMap", "name": "settings", "fieldPath": "data.host"},
    {"kind": "ConfigMap", "name": "settings"},
    {"kind": "ConfigMap", "name": "settings", "fieldPath": "data.port"},
    {
        "kind": "Deployment",
        "fieldPath": "spec.template.spec.containers.0.image",
        "options": {"delimiter": ":", "index": 1},
    },
    {"kind": "Deployment", "fieldPath": "metadata.labels"},
    {"kind": "Widget", "fieldPath": "spec.matrix"},
    {"kind": "Ingress", "fieldPath": "spec.rules.0.host", "options": {"delimiter": ".", "index": 0}},
    {"kind": "ConfigMap", "fieldPath": "data.host"},
    {"name": "web", "fieldPath": "metadata.name"},
    {"kind": "Deployment", "namespace": "shop", "fieldPath": "spec.replicas"},
)


def _tree(replacements: list[Any], more: dict[str, Any] | None = None) -> Texts:
    fields = {"resources": ["objects.yaml"], "replacements": replacements, **(more or {})}
    return {f"{TOP}/kustomization.yaml": json.dumps(fields), f"{TOP}/objects.yaml": OBJECTS}


def _kind_of(path: str) -> str:
    """The kind whose objects have a path, or nearly."""
    if path.startswith("data"):
        return "ConfigMap"
    if path.startswith(("spec.rules", "spec.tls")):
        return "Ingress"
    is_of_widget = path.startswith(("spec.matrix", "spec.keyed", "spec.list", "spec.text", "spec\\", "spec.new"))
    return "Widget" if is_of_widget else "Deployment"


def _systematic() -> Iterator[tuple[str, Texts]]:
    source = SOURCES[0]
    for path, options in itertools.product(PATHS, OPTIONS):
        select = {"kind": _kind_of(path), **({"name": "settings"} if path.startswith("data") else {})}
        target = {"select": select, "fieldPaths": [path], "options": options}
        yield f"target {path!r} {options}", _tree([{"source": source, "targets": [target]}])
    for path, options in itertools.product(PATHS, (*OPTIONS[:1], *OPTIONS[2:6], OPTIONS[9])):
        select = {"kind": _kind_of(path), **({"name": "settings"} if path.startswith("data") else {})}
        target = {"select": {"kind": "Widget"}, "fieldPaths": ["spec.text"]}
        yield (
            f"source {path!r} {options}",
            _tree([{"source": {**select, "fieldPath": path, "options": options}, "targets": [target]}]),
        )
    for select, reject in itertools.product(SELECTS, (None, *SELECTS)):
        rejection = {} if reject is None else {"reject": [reject]}
        target = {
            "select": select,
            "fieldPaths": ["metadata.annotations.new"],
            "options": {"create": True},
            **rejection,
        }
        yield f"select {select} but {reject}", _tree([{"source": source, "targets": [target]}])


def _random(rng: random.Random) -> Texts:
    def target() -> dict[str, Any]:
        paths = rng.sample(PATHS, rng.choice((1, 1, 2, 3)))
        made: dict[str, Any] = {"select": rng.choice((*SELECTS, {"kind": _kind_of(paths[0])})), "fieldPaths": paths}
        if rng.random() < 0.5:
            made["options"] = rng.choice(OPTIONS)
        if rng.random() < 0.3:
            made["reject"] = rng.sample(SELECTS, rng.choice((1, 2)))
        return made

    def replacement() -> dict[str, Any]:
        made: dict[str, Any] = {"targets": [target() for _ in range(rng.choice((1, 1, 2)))]}
        if rng.random() < 0.2:
            made["sourceValue"] = rng.choice(("", "x", "1", "a.b:c", "true"))
        else:
            made["source"] = rng.choice(SOURCES)
        return made

    more: dict[str, Any] = {}
    if rng.random() < 0.3:
        more["namePrefix"] = "p-"
    if rng.random() < 0.2:
        more["patches"] = [{"target": {"kind": "Widget"}, "patch": '[{"op": "add", "path": "/spec/n", "value": 1}]'}]
    return _tree([replacement() for _ in range(rng.choice((1, 2, 3)))], more)


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    yield from _systematic()
    for number in range(seed, seed + count):
        yield f"random {number}", _random(random.Random(number))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 300))
