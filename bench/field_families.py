# ruff: noqa: E501  # texts of YAML
"""Families of fields, each with the values that people write and those that they write by mistake, beside the real
Kustomize.

python bench/field_families.py [--kustomize PATH] [--batch PROGRAM] [--seed N] [--count N]

Turns are taken between images, fields of older versions, lists of objects, variables, counts, orders of the output,
notes of `buildMetadata`, components, encodings, texts, numbers, validators, labels that share a value, odd names of
annotations, YAML in texts, namespaces that are set only where there is none, and annotations that a replacement makes
something else.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from random_trees import TOP, Texts
from side_by_side import Family, battery, in_turn

COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"


def _indented(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}\n" if line else "\n" for line in text.splitlines())


def _inline(field: str, bodies: Sequence[str]) -> str:
    """A field with objects that are written inside of it."""
    return f"{field}:\n" + "".join("- |-\n" + _indented(body, 2) for body in bodies) if bodies else ""


def _patch(body: str, more: str = "") -> str:
    return "- patch: |\n" + _indented(body, 4) + _indented(more, 2)


def _json_patch(target: str, operation: str) -> str:
    return f"- target: {target}\n  patch: |\n    - {operation}\n"


def _some(r: random.Random, entries: Sequence[str], chance: float = 0.3) -> list[str]:
    return [entry for entry in entries if r.random() < chance]


def _deployment(name: str = "web", image: str = "nginx:1.0", kind: str = "Deployment", api: str = "apps/v1") -> str:
    labels = f"{{app: {name}}}"
    containers = f"containers: [{{name: main, image: {json.dumps(image)}}}]"
    return f"""\
apiVersion: {api}
kind: {kind}
metadata: {{name: {name}, labels: {labels}}}
spec:
  replicas: 1
  selector: {{matchLabels: {labels}}}
  template:
    metadata: {{labels: {labels}}}
    spec: {{{containers}}}
"""


def _config_map(name: str = "settings", data: str = "{a: b}", metadata: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{metadata}}}\ndata: {data}\n"


def _tree(objects: Sequence[str], fields: str, below: str = "") -> Texts:
    """A kustomization over objects; those of `below` are the fields of a base between the two."""
    text = "---\n".join(objects)
    if not below:
        return {f"{TOP}/objects.yaml": text, f"{TOP}/kustomization.yaml": "resources: [objects.yaml]\n" + fields}
    return {
        f"{TOP}/base/objects.yaml": text,
        f"{TOP}/base/kustomization.yaml": "resources: [objects.yaml]\n" + below,
        f"{TOP}/kustomization.yaml": "resources: [base]\n" + fields,
    }


# --- fields of a kustomization ----------------------------------------------------------------------------------------

IMAGES = (
    "nginx",
    "nginx:1.0",
    "nginx@sha256:abc",
    "nginx:1.0@sha256:abc",
    "reg:5000/nginx:2",
    "gcr.io/a/nginx:v1",
    "nginx:",
    "nginx@",
    "NGINX:1",
    "nginx:1:2",
    "",
    "nginx: x",
    "ginx:1",
    "nginx:$(TAG)",
)
IMAGE_NAMES = ("nginx", "reg:5000/nginx", "gcr.io/a/nginx", "ngin.", ".*nginx", "(nginx)", "nginx:1.0", "NGINX")
IMAGE_FIELDS = {
    "newName": ("new", "reg:5000/new", "''", "a:b", "new@x"),
    "newTag": ("v2", "'2'", "''", '"1.10"', "sha256:x"),
    "digest": ("sha256:def", "''", "def"),
    "tagSuffix": ("-rc1", "''"),
}


def images(r: random.Random) -> Texts:
    def entry() -> str:
        fields = [f"{field}: {r.choice(values)}" for field, values in IMAGE_FIELDS.items() if r.random() < 0.4]
        return f"- {{{', '.join([f'name: {json.dumps(r.choice(IMAGE_NAMES))}', *fields])}}}\n"

    def field() -> str:
        return r.choice(("images", "images", "imageTags")) + ":\n" + "".join(entry() for _ in range(r.randint(1, 2)))

    objects = [_deployment(image=r.choice(IMAGES)), _deployment("db", r.choice(IMAGES), "StatefulSet")]
    return _tree(objects, field(), r.choice(("", field())))


OLD_PATCHES = (
    "patchesStrategicMerge:\n- |-\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: settings}\n  data: {z: w, a: null}\n",
    "patchesJson6902:\n- target: {version: v1, kind: ConfigMap, name: settings}\n  patch: |-\n    - {op: add, path: /data/j, value: VALUE}\n",
    "patchesJson6902:\n- target: {kind: ConfigMap, name: s.*}\n  patch: |-\n    - {op: test, path: /data/a, value: b}\n    - {op: move, from: /data/a, path: /data/n}\n",
)
OLD_FIELDS = (
    "commonLabels: {n: '5', t: 'true'}\n",
    "commonAnnotations: {nn: '1', note: x}\n",
    "namePrefix: p-\n",
    "nameSuffix: -s\n",
    "namespace: ns\n",
    "imageTags:\n- {name: nginx, newTag: v9}\n",
    "replicas:\n- {name: web, count: 5}\n",
    "configMapGenerator:\n- {name: made, env: made.env}\n",
    "secretGenerator:\n- {name: made, env: made.env, type: x}\n",
    "vars:\n- name: V\n  objref: {apiVersion: v1, kind: ConfigMap, name: settings}\n",
)


def old_fields(r: random.Random) -> Texts:
    patches = {patch.split(":")[0]: patch for patch in _some(r, OLD_PATCHES, 0.4)}.values()
    value = r.choice(("x", "1", "'1'", "[a]", "2020-01-01", "1.5", "yes"))
    fields = "".join([*patches, *_some(r, OLD_FIELDS)]).replace("VALUE", value)
    tree = _tree([_deployment(), _config_map()], fields, "namePrefix: ''\n")
    bases = r.choice(("bases: [base]\n", "resources: [base]\n"))
    tree[f"{TOP}/kustomization.yaml"] = bases + fields
    return tree | {f"{TOP}/made.env": "A=1\nB=2\n"}


ITEMS = (
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"k": "true", "d": "2020-01-01", "n": None},
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "b", "namespace": "n"},
        "data": {"k": "a\nb", "s": "  a"},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"replicas": 1.0, "paused": None},
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMapList",
        "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inner"}}],
    },
    {"kind": "Widget", "metadata": {"name": "w"}},
    None,
)
LIST_FIELDS = (
    "",
    "namePrefix: p-\n",
    "namespace: q\n",
    "commonLabels: {x: 'y'}\n",
    "commonAnnotations: {x: '1'}\n",
    "patches:\n" + _json_patch("{kind: ConfigMap}", "{op: add, path: /data/n, value: 1e3}"),
    "patches:\n" + _patch("kind: ConfigMap\nmetadata: {name: x}\ndata: {k: yes}\n", "target: {kind: ConfigMap}\n"),
)


def lists(r: random.Random) -> Texts:
    items = r.sample(ITEMS[:3], r.randint(1, 3)) + ([r.choice(ITEMS[3:])] if r.random() < 0.2 else [])
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": r.choice(("List", "List", "ConfigMapList", "WidgetList")),
        "items": items,
    }
    if r.random() < 0.3:
        body["metadata"] = r.choice(({"name": "l"}, {}, {"annotations": {"a": "b"}}))
    text = json.dumps(body, indent=r.choice((None, 2))) + "\n"
    return _tree([text, *_some(r, [_config_map("z")])], r.choice(LIST_FIELDS))


VARIABLE_PATHS = (
    "metadata.name",
    "metadata.labels.app",
    "spec.replicas",
    "spec.template.spec.containers[0].image",
    "data.a",
    "data.n",
    "data.d",
    "data.t",
)
USES = ("$(A)", "x-$(A)-$(B)", "$$(A)", "$(A", "$(NONE)", "$(A)$(A)", "$A", "$( A )", "$(A):$(B)")


def variables(r: random.Random) -> Texts:
    def variable(name: str) -> str:
        path = r.choice(VARIABLE_PATHS)
        kind = (
            "{apiVersion: v1, kind: ConfigMap, name: settings}"
            if path.startswith("data")
            else "{apiVersion: apps/v1, kind: Deployment, name: web}"
        )
        return f"- name: {name}\n  objref: {kind}\n  fieldref: {{fieldPath: '{path}'}}\n"

    number = r.choice(("5", "'5'", "1e3", "0x1F", "true", '"08"'))
    data = f'{{a: x, n: {number}, d: 2020-01-01, t: "two\\nlines"}}'
    objects = [_deployment().replace("image:", f"args: [{json.dumps(r.choice(USES))}], image:"), _config_map(data=data)]
    fields = "".join(
        _some(r, ("nameSuffix: -s\n", "namespace: n\n", f"commonLabels: {{x: {json.dumps(r.choice(USES))}}}\n"))
    )
    return _tree(objects, fields, "vars:\n" + variable("A") + variable("B") + r.choice(("", "namePrefix: p-\n")))


def counts(r: random.Random) -> Texts:
    kinds = (
        ("web", "Deployment", "apps/v1"),
        ("db", "StatefulSet", "apps/v1"),
        ("set", "ReplicaSet", "apps/v1"),
        ("agent", "DaemonSet", "apps/v1"),
        ("old", "ReplicationController", "v1"),
        ("own", "Widget", "example.com/v1"),
    )
    chosen = r.sample(kinds, r.randint(1, 4))
    now = r.choice(("1", '"1"', '"08"', "!!int 1", "null", "1.5", "many"))
    objects = [
        _deployment(name, kind=kind, api=api).replace("replicas: 1", f"replicas: {now}") for name, kind, api in chosen
    ]

    def field() -> str:
        entries = (
            f"- {{name: {r.choice(chosen)[0]}, count: {r.choice(('3', '0', '-1', '0x10', '1e3'))}}}\n"
            for _ in range(r.randint(1, 2))
        )
        return "replicas:\n" + "".join(entries)

    return _tree(objects, field() + r.choice(("", "namePrefix: q-\n")), r.choice(("", field(), "namePrefix: p-\n")))


SORTED = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("example.com/v1", "Widget"),
    ("v1", "ServiceAccount"),
    ("networking.k8s.io/v1", "Ingress"),
    ("a.example/v2", "zed"),
)


def orders(r: random.Random) -> Texts:
    names = [
        (
            r.choice(SORTED),
            r.choice(("a", "b", "a-b", "A", "'1'", "a.b", "zz")),
            r.choice(("", ", namespace: n", ", namespace: m")),
        )
        for _ in range(r.randint(3, 9))
    ]
    objects = [
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}{space}}}\n"
        for (api, kind), name, space in dict.fromkeys(names)
    ]
    kinds = [kind for _, kind in SORTED]
    legacy = f"  legacySortOptions:\n    orderFirst: [{', '.join(r.sample(kinds, r.randint(0, 4)))}]\n    orderLast: [{', '.join(r.sample(kinds, r.randint(0, 3)))}]\n"
    order = r.choice(
        (
            "",
            "sortOptions: {order: legacy}\n",
            "sortOptions: {order: fifo}\n",
            "sortOptions:\n  order: legacy\n" + legacy,
        )
    )
    return _tree(objects, order, r.choice(("", "sortOptions: {order: fifo}\n")))


NOTED = (
    "namePrefix: p-\n",
    "commonLabels: {a: b}\n",
    "images: [{name: nginx, newTag: v2}]\n",
    "replicas: [{name: web, count: 2}]\n",
    "patches:\n" + _patch(_config_map(data="{q: r}")),
    "replacements:\n- sourceValue: x\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]\n",
    "commonAnnotations: {z: 'y'}\n",
    "namespace: n\n",
)


def notes(r: random.Random) -> Texts:
    def fields() -> str:
        words = r.sample(("originAnnotations", "transformerAnnotations", "managedByLabel"), r.randint(1, 3))
        return "".join(_some(r, NOTED)) + r.choice(("", f"buildMetadata: [{', '.join(words)}]\n"))

    annotation = r.choice(
        (
            "",
            ", annotations: {a: '1'}",
            ", annotations: {}",
            ", annotations: {config.kubernetes.io/local-config: 'true'}",
            ", annotations: {config.kubernetes.io/origin: x}",
        )
    )
    return _tree([_deployment(), _config_map(metadata=annotation)], fields(), fields())


def components(r: random.Random) -> Texts:
    def fields(number: int) -> str:
        generator = f"configMapGenerator:\n- {{name: made{number}, literals: [a={number}]}}\n"
        return "".join(_some(r, (*NOTED, generator)))

    tree = _tree(
        [_deployment(), _config_map()],
        fields(0) + r.choice(("components: [one]\n", "components: [one, two]\n", "components: [two, one]\n")),
        "namePrefix: ''\n",
    )
    one = r.choice(("", "components: [../two]\n", "resources: [more.yaml]\n"))
    two = r.choice(
        (
            "",
            "transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: p}\n  prefix: c-\n  fieldSpecs: [{path: metadata/name}]\n",
        )
    )
    return tree | {
        f"{TOP}/one/kustomization.yaml": COMPONENT + fields(1) + one,
        f"{TOP}/one/more.yaml": _config_map("more"),
        f"{TOP}/two/kustomization.yaml": COMPONENT + fields(2) + two,
    }


# --- how files are written --------------------------------------------------------------------------------------------


def _in_utf16(text: str) -> str:
    return text.encode("utf-16").decode("utf-8", "surrogateescape")


ENCODINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    lambda text: text.rstrip("\n"),
    lambda text: text + "\r\n\r\n",
    lambda text: text.replace("\n", "\n\n"),
    _in_utf16,
)


def encodings(r: random.Random) -> Texts:
    data = r.choice(("\n  a: |\n    x\n    y", "\n  a: >\n    x\n    y", "\n  a: 'x\n    y'", "\n  a: x\n    y"))
    patch = "patches:\n- path: patch.yaml\n"
    tree = _tree(
        [_deployment(), _config_map(data=data)],
        patch + "configMapGenerator:\n- {name: made, files: [made.txt], envs: [made.env]}\n",
    )
    tree |= {
        f"{TOP}/patch.yaml": _config_map(data="{p: q}"),
        f"{TOP}/made.txt": "one\ntwo\n",
        f"{TOP}/made.env": "A=1\nB=2\n",
    }
    path = r.choice(sorted(tree))
    return tree | {path: r.choice(ENCODINGS)(tree[path])}


TEXTS = (
    "x" * 200,
    "word " * 50,
    "a: b " * 30,
    "\u00e9" * 100,
    "\U0001f600",
    "\u0085",
    "a\u2028b",
    "\u00a0",
    "\ufeff",
    "a\tb",
    "a\t",
    " a",
    "a ",
    "a\n",
    "\na",
    "a\n\n",
    "a\n b\n",
    "a\n\n\nb",
    "  a\n b",
    "#a",
    "a #b",
    "a: b",
    "- a",
    "? a",
    "!a",
    "&a",
    "*a",
    "%a",
    "@a",
    "`a",
    "{a",
    "[a",
    "'a",
    '"a',
    "~",
    "yes",
    "0x1F",
    "1_000",
    "1:30",
    "2020-01-01",
    "=",
    "<<",
    ".",
    "...",
    "---",
    "--- a",
    "null",
    "",
)


def texts(r: random.Random) -> Texts:
    def text() -> str:
        return json.dumps(r.choice(TEXTS), ensure_ascii=r.random() < 0.5)

    fields = (
        "",
        "patches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - {op: add, path: /data/j, value: " + text() + "}\n",
        "patches:\n" + _patch(_config_map(data=f"{{a: {text()}}}")),
        f"commonAnnotations: {{z: {text()}}}\n",
        f"configMapGenerator:\n- {{name: made, literals: [{json.dumps('a=' + r.choice(TEXTS))}]}}\n",
        f"replacements:\n- sourceValue: {text()}\n  targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.a, data.new], options: {{create: true}}}}]\n",
        "replacements:\n- source: {kind: ConfigMap, fieldPath: data.a}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.new, metadata.annotations.q], options: {create: true}}]\n",
        f"labels:\n- pairs: {{z: {text()}}}\n",
    )
    return _tree(
        [_config_map(data=f"{{a: {text()}, b: {text()}}}", metadata=f", annotations: {{q: {text()}}}")],
        r.choice(fields),
    )


NUMBERS = (
    "0",
    "-0",
    "00",
    "1",
    "-1",
    "+1",
    "1.0",
    "1.50",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "1.e3",
    ".5",
    "5.",
    "1e15",
    "1e16",
    "1e20",
    "1e21",
    "1e22",
    "1e-6",
    "1e-7",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "0x1F",
    "0o17",
    "017",
    "0b11",
    "1_000",
    "1:30",
    "08",
    "true",
    "yes",
    "null",
    "~",
    "2020-01-01",
)


def numbers(r: random.Random) -> Texts:
    now, new = r.choice(NUMBERS), r.choice(NUMBERS)
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: "
    fields = (
        "",
        "patches:\n" + _json_patch("{kind: Widget}", f"{{op: add, path: /spec/new, value: {new}}}"),
        "patches:\n" + _json_patch("{kind: Widget}", "{op: copy, from: /spec/a, path: /spec/new}"),
        "patches:\n" + _patch(widget + f"{{a: {new}, list: [{new}]}}\n"),
        "replacements:\n- source: {kind: Widget, fieldPath: spec.a}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.new, spec.b, spec.list.0], options: {create: true}}]\n",
        f"replacements:\n- sourceValue: '{new}'\n  targets: [{{select: {{kind: Widget}}, fieldPaths: [spec.new, spec.a], options: {{create: true}}}}]\n",
    )
    return _tree(
        [widget + f"{{a: {now}, b: {r.choice(NUMBERS)}, list: [{now}, 1]}}\n"],
        r.choice(fields) + r.choice(("", "namePrefix: p-\n")),
    )


# --- what came up in random trees -------------------------------------------------------------------------------------

PLUGINS = {
    "PrefixTransformer": "prefix: p-\nfieldSpecs: [{path: metadata/name}]\n",
    "LabelTransformer": "labels: {a: c}\nfieldSpecs: [{path: metadata/labels, create: true}]\n",
    "AnnotationsTransformer": "annotations: {x: z}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n",
    "ImageTagTransformer": "imageTag: {name: nginx, newTag: v2}\nfieldSpecs: [{path: spec/template/spec/containers/image}]\n",
    "ReplicaCountTransformer": "replica: {name: web, count: 3}\nfieldSpecs: [{path: spec/replicas, create: true}]\n",
    "ValueAddTransformer": "value: w\ntargets: [{fieldPath: data/a, selector: {kind: ConfigMap}}]\n",
    "HashTransformer": "",
    "PatchTransformer": 'patch: \'[{"op": "add", "path": "/data/z", "value": "q"}]\'\ntarget: {kind: ConfigMap}\n',
    "ReplacementTransformer": "replacements:\n- sourceValue: w\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]\n",
}
SAME_AS_PLUGINS = (
    "commonLabels: {a: c}\n",
    "commonAnnotations: {x: z}\n",
    "images: [{name: nginx, newTag: v2}]\n",
    "replicas: [{name: web, count: 3}]\n",
)


def _plugin(kind: str) -> str:
    return f"apiVersion: builtin\nkind: {kind}\nmetadata: {{name: x}}\n{PLUGINS[kind]}"


def validators(r: random.Random) -> Texts:
    before = r.choice(list(PLUGINS))
    again = before if r.random() < 0.7 else r.choice(list(PLUGINS))
    lower = "".join(_some(r, SAME_AS_PLUGINS)) + _inline("transformers", [_plugin(before)])
    return _tree([_deployment(), _config_map()], _inline("validators", [_plugin(again)]), lower)


WORDS = (
    "yes",
    "on",
    "y",
    "true",
    "null",
    "~",
    "5",
    "0x1F",
    "1e3",
    "010",
    "2020-01-01",
    "'yes'",
    "'5'",
    "'2020-01-01'",
    "abc",
    "''",
    "1_000",
    "1:30",
    "!!str yes",
    "!!str 5",
)
LABELS = ("yes", "on", "'5'", "'2020-01-01'", "abc", "'true'", "'null'", "''", "'0x1F'", "y")


def shared_labels(r: random.Random) -> Texts:
    """Labels of which Kustomize makes one node for several places, under patches that write to some of them."""

    def patch() -> str:
        label, selector, template = (f"{{app: {r.choice(WORDS)}}}" for _ in range(3))
        places = _some(
            r, (f"selector: {{matchLabels: {selector}}}", f"template: {{metadata: {{labels: {template}}}}}"), 0.5
        )
        labels = f", labels: {label}" if r.random() < 0.5 or not places else ""
        body = (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{labels}}}\nspec: {{{', '.join(places)}}}\n"
        )
        return _patch(body, r.choice(("", "", "target: {kind: Deployment}\n")))

    labels = _some(r, (f", labels: {{app: {r.choice(WORDS)}}}",), 0.5)
    selector = _some(r, (f"selector: {{matchLabels: {{app: {r.choice(WORDS)}}}}}",), 0.4)
    web = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{''.join(labels)}}}\nspec: {{{''.join(selector)}}}\n"
    value = r.choice(LABELS)
    made = r.choice(
        (f"commonLabels: {{app: {value}}}\n", f"labels:\n- pairs: {{app: {value}}}\n  includeSelectors: true\n")
    )
    return _tree([web], "patches:\n" + "".join(patch() for _ in range(r.randint(1, 3))), made)


NAMES = ("'8'", "+8", "010", "0x8", "1e3", "'true'", "2020-01-01", "a", "z")


def odd_names(r: random.Random) -> Texts:
    """Names of annotations and labels that are other texts without their quotes."""
    field = r.choice(("annotations", "labels"))

    def pairs() -> str:
        entries = (f"{name}: {r.choice('abcdef')}" for name in r.sample(NAMES, r.randint(1, 3)))
        return f", {field}: {{{', '.join(entries)}}}"

    def patch() -> str:
        if r.random() < 0.4:
            return _json_patch("{kind: ConfigMap}", "{op: add, path: /data/z, value: w}")
        return _patch(_config_map(metadata=pairs()), r.choice(("", "target: {kind: ConfigMap}\n")))

    patches = [patch() for _ in range(r.randint(0, 3))]
    fields = "patches:\n" + "".join(patches) if patches else ""
    return _tree(
        [_config_map(metadata=pairs())], fields + r.choice(("", "namePrefix: p-\n", "commonAnnotations: {q: r}\n"))
    )


NULLS = (
    "!!null {}",
    "!!null []",
    "!!null x",
    "!!null ''",
    "!!null null",
    "!!null 5",
    "!!null {a: b}",
    "!!null [a]",
    "!!str null",
    "~",
    "x",
    "{}",
    "[]",
    '!!null "x"',
)
PATHS = (
    "a",
    "k",
    "m",
    "m.b",
    "m.c",
    "l.0",
    "l.1",
    "l.1.v",
    "l.[n=q].v",
    "l.*",
    "m.new",
    "new",
    "l",
    "k.z",
    "l.1.z",
    "m.*",
)
SOURCES = (
    "sourceValue: x",
    "sourceValue: ''",
    "sourceValue: '5'",
    "sourceValue: '~'",
    "sourceValue: '2020-01-01'",
    "source: {name: source, fieldPath: data.m}",
    "source: {name: source, fieldPath: data.l}",
    "source: {name: source, fieldPath: data.i}",
)


def nulls_in_text(r: random.Random) -> Texts:
    """YAML in a text with values that have the tag of null, and replacements that lead into it."""
    a, k, m, first, v = (r.choice(NULLS) for _ in range(5))
    text = f"a: {a}\nk: {k}\nm: {{b: {m}, c: d}}\nl:\n- {first}\n- {{n: q, v: {v}}}\n"
    objects = [_config_map(data="\n  t: |\n" + _indented(text, 4)), _config_map("source", "{m: {a: b}, l: [x], i: 5}")]
    target = f"{{select: {{name: settings}}, fieldPaths: ['data.t.{r.choice(PATHS)}'], options: {{create: {r.choice(('true', 'false'))}}}}}"
    return _tree(objects, f"replacements:\n- {r.choice(SOURCES)}\n  targets: [{target}]\n")


SPACES = ("", "null", "~", "''", "x", "!!null x", "!!null ''", "!!str null", "default")
SPECS = (
    "{path: metadata/namespace, create: true}",
    "{path: spec/space, create: true}",
    "{path: spec/space}",
    "{path: spec/deep/space, create: true}",
)


def unset_namespaces(r: random.Random) -> Texts:
    def widget(number: int) -> str:
        own, inner = r.choice(SPACES), r.choice(SPACES)
        return f"apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w{number}\n  namespace: {own}\nspec:\n  space: {inner}\n"

    specs = "".join(f"- {spec}\n" for spec in r.sample(SPECS, r.randint(1, 3)))
    plugin = f"apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {{name: n, namespace: shop}}\nunsetOnly: true\nfieldSpecs:\n{specs}"
    return _tree(
        [widget(number) for number in range(3)], _inline("transformers", [plugin]) + r.choice(("", "namePrefix: p-\n"))
    )


def changed_annotations(r: random.Random) -> Texts:
    """Annotations in whose place a replacement puts something else, with patches above."""
    values = ("5", "x", "'5'", "{a: b}", "true", "1.5", "2020-01-01")
    source = _config_map("source", f"{{a: {r.choice(values)}, b: {r.choice(values)}}}")

    def replacement() -> str:
        target = f"{{select: {{name: settings}}, fieldPaths: [metadata.annotations], options: {{create: {r.choice(('true', 'false'))}}}}}"
        return f"- source: {{name: source, fieldPath: data.{r.choice('ab')}}}\n  targets: [{target}]\n"

    now = r.choice(("", ", annotations: {a: b}", ", annotations: null"))
    operation = _json_patch("{name: settings}", "{op: add, path: /data/z, value: w}")
    merge = _patch(_config_map(metadata=r.choice((", annotations: {q: r}", ", annotations: null"))))
    patches = r.choice((operation, merge, merge + operation, operation + merge))
    lower = "replacements:\n" + "".join(replacement() for _ in range(r.randint(1, 2)))
    return _tree([_config_map(metadata=now), source], "patches:\n" + patches, lower)


ALL = (
    *(images, old_fields, lists, variables, counts, orders, notes, components),
    *(encodings, texts, numbers),
    *(validators, shared_labels, odd_names, nulls_in_text, unset_namespaces, changed_annotations),
)
FAMILIES: dict[str, Family] = {family.__name__: family for family in ALL}


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", partial(in_turn, FAMILIES), 6000))
