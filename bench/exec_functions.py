"""Exec functions beside the real Kustomize, over what was noted about an object, and below what asks for it.

python bench/exec_functions.py [--kustomize PATH] [--seed N] [--count N]

A base does something to its objects that Kustomize remembers (a replacement, a variable, a JSON 6902 patch, labels, a
prefix, a hash), a function runs over them (or makes some), and the overlay does something that depends on it. All pairs
of steps, all functions and all spellings of what names one take about two minutes, --count 0 does nothing else; 300
random ones take one more.
"""

import io
import itertools
import json
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts
from side_by_side import Answer, battery, penstock

from penstock.cli.functions import runner
from penstock.cli.streams import Streams
from penstock.resolve.options import Options

FLAGS = ("--enable-alpha-plugins", "--enable-exec")

OBJECTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front, odd: '1'}, annotations: {note: "7", count: 8, none: null}}
spec:
  replicas: 1
  paused: false
  at: 2020-01-01
  text: '80'
  plain: yes
  big: 12345678901234567
  fraction: 1.50
  empty: null
  nothing:
  folded: >
    one
    two
  template: {spec: {containers: [{name: web, image: nginx, args: ["--v=$(V)"], env: [{name: A, value: "1"}]}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {number: "123", text: many, yes: "yes", date: "2020-01-01", empty: "", float: "1.0"}
"""


def _copied(source: str, target: str, **options: Any) -> dict[str, Any]:
    entry = {"select": {"kind": "Deployment"}, "fieldPaths": [target], "options": options}
    return {"source": {"kind": "ConfigMap", "name": "settings", "fieldPath": f"data.{source}"}, "targets": [entry]}


def _patched(text: str) -> dict[str, Any]:
    return {"patches": [{"target": {"kind": "Deployment"}, "patch": text}]}


MERGED = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: %s}"
STEPS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "untyped": {"replacements": [_copied("number", "spec.made", create=True)]},
    "untyped text": {"replacements": [_copied("yes", "spec.made", create=True)]},
    "untyped date": {"replacements": [_copied("date", "spec.made", create=True)]},
    "untyped empty": {"replacements": [_copied("empty", "spec.made", create=True)]},
    "unfit": {"replacements": [_copied("text", "spec.replicas")]},
    "fitting": {"replacements": [_copied("number", "spec.replicas")]},
    "float": {"replacements": [_copied("float", "spec.fraction")]},
    "label": {"replacements": [_copied("number", "metadata.labels.made", create=True)]},
    "annotation": {"replacements": [_copied("number", "metadata.annotations.made", create=True)]},
    "named": {"replacements": [_copied("number", "metadata.name")]},
    "inside": {"replacements": [_copied("number", "spec.big")]},
    "variable": {"vars": [{"name": "V", "objref": {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings"}}]},
    "labels": {"labels": [{"pairs": {"x": "1"}, "includeSelectors": True}]},
    "prefix": {"namePrefix": "p-"},
    "suffix": {"nameSuffix": "-1"},
    "namespace": {"namespace": "space"},
    "json": _patched('[{"op": "add", "path": "/spec/json", "value": 1}]'),
    "merged": _patched(MERGED % "{text: 8080, plain: 5, new: 'x', list: [], at: null}"),
    "merged quotes": _patched(MERGED % "{plain: 'no', at: '2021-01-01', big: '5', empty: {}}"),
    "merged deep": _patched(MERGED % "{template: {spec: {containers: [{name: web, env: [{name: A, value: 2}]}]}}}"),
    "generated": {"configMapGenerator": [{"name": "made", "literals": ["a=1", "b=yes"]}]},
    "merging": {"configMapGenerator": [{"name": "settings", "behavior": "merge", "literals": ["number=4"]}]},
    "replacing": {"configMapGenerator": [{"name": "settings", "behavior": "replace", "literals": ["x=4"]}]},
    "merging made": {"configMapGenerator": [{"name": "made", "behavior": "merge", "literals": ["b=no"]}]},
    "annotations": {"commonAnnotations": {"made": "9"}},
    "images": {"images": [{"name": "nginx", "newTag": "1"}]},
    "replicas": {"replicas": [{"name": "web", "count": 4}]},
    "copied annotations": {
        "replacements": [
            {
                "source": {"kind": "Deployment", "fieldPath": "metadata.annotations.note"},
                "targets": [{"select": {"kind": "ConfigMap"}, "fieldPaths": ["data.number", "metadata.annotations.n"]}],
            }
        ]
    },
    "copied mapping": {
        "replacements": [
            {
                "source": {"kind": "Deployment", "fieldPath": "spec"},
                "targets": [{"select": {"kind": "ConfigMap"}, "fieldPaths": ["spec"], "options": {"create": True}}],
            }
        ]
    },
    "copied number": {
        "replacements": [
            {
                "source": {"kind": "Deployment", "fieldPath": field},
                "targets": [{"select": {"kind": "ConfigMap"}, "fieldPaths": ["data.text"]}],
            }
            for field in ("spec.big", "spec.fraction", "spec.at")
        ]
    },
    "origin": {"buildMetadata": ["originAnnotations", "transformerAnnotations"]},
}
MORE = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: more}\\ndata: {number: 5}\\n"
FUNCTIONS: dict[str, str] = {
    "same": "#!/bin/sh\ncat\n",
    "no indexes": "#!/bin/sh\ngrep -v 'config.kubernetes.io/i[nd]\\|config.k8s.io/id'\n",
    "number": "#!/bin/sh\nsed 's/replicas: .*/replicas: 7/'\n",
    "quoted": "#!/bin/sh\nsed \"s/replicas: .*/replicas: '7'/\"\n",
    "text": "#!/bin/sh\nsed 's/many/few/; s/plain: .*/plain: no/'\n",
    "date": "#!/bin/sh\nsed 's/plain: .*/plain: 2020-02-02/'\n",
    "braces": "#!/bin/sh\nsed 's/plain: .*/plain: {a: , b: 1:30}/'\n",
    "renames": "#!/bin/sh\nsed 's/name: settings$/name: other/'\n",
    "removes all": "#!/bin/sh\ncat >/dev/null\n",
    "forgets": "#!/bin/sh\ngrep -v 'previous\\|prefixes\\|suffixes\\|needsHash'\n",
    "adds": "#!/bin/sh\nsed 's/^functionConfig/- apiVersion: v1\\n  kind: ConfigMap\\n  metadata: {name: more}\\n&/'\n",
    "adds twice": "#!/bin/sh\ncat >/dev/null\n"
    "printf '{kind: A, metadata: {name: a}}\\n---\\n{kind: A, metadata: {name: a}}\\n'\n",
    "documents": f"#!/bin/sh\ncat >/dev/null\nprintf '{MORE}---\\n{MORE}' | sed '6,$s/more/less/'\n",
    "list": "#!/bin/sh\nsed 's/^kind: ResourceList/kind: List/'\n",
    "other kind": "#!/bin/sh\nsed 's/^kind: ResourceList/kind: Things/'\n",
    "no name": "#!/bin/sh\ncat >/dev/null; printf 'kind: A\\nmetadata: {}\\n'\n",
    "junk": "#!/bin/sh\ncat >/dev/null; echo '{ not: yaml'\n",
    "text only": "#!/bin/sh\ncat >/dev/null; echo hello\n",
    "fails": "#!/bin/sh\ncat; exit 3\n",
    "empty items": "#!/bin/sh\ncat >/dev/null; printf 'kind: ResourceList\\nitems: []\\n'\n",
    "null items": "#!/bin/sh\ncat >/dev/null; printf 'kind: ResourceList\\nitems:\\n'\n",
    "null in items": "#!/bin/sh\ncat >/dev/null; printf 'kind: ResourceList\\nitems: [null]\\n'\n",
    "null in a list": "#!/bin/sh\nsed 's/plain: .*/plain: [1, null]/'\n",
    "results": "#!/bin/sh\ncat; printf 'results:\\n- message: x\\n'\n",
    "local": "#!/bin/sh\nsed '/^func/,$!s|^    annotations:|&\\n      config.kubernetes.io/local-config: \"true\"|'\n",
    "json": "#!/bin/sh\ncat >/dev/null\n"
    'echo \'{"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}\'\n',
    "needs hash": "#!/bin/sh\ncat >/dev/null; printf 'kind: ConfigMap\\napiVersion: v1\\nmetadata: "
    '{name: settings, annotations: {kustomize.config.k8s.io/needs-hash: "true", a: 1}}\\ndata: {q: r}\\n\'\n',
    "merges": "#!/bin/sh\ncat >/dev/null; printf 'kind: ConfigMap\\napiVersion: v1\\nmetadata: "
    "{name: settings, annotations: {kustomize.config.k8s.io/behavior: merge}}\\ndata: {q: 5}\\n'\n",
    "wrong hash": "#!/bin/sh\ncat >/dev/null; printf 'kind: ConfigMap\\nmetadata: "
    '{name: m, annotations: {kustomize.config.k8s.io/needs-hash: "yes"}}\\n\'\n',
}
FUNCTIONS |= {
    "tab in quotes": "#!/bin/sh\nsed 's/text: many/text: \"\\tmany\\n x\"/'\n",
    "folded": "#!/bin/sh\nsed 's/text: many/text: >\\n      a\\n        b\\n      c/'\n",
    "alias inside": "#!/bin/sh\nsed 's/number: .*/number: \\&n \"5\"/; s/text: many/text: *n/'\n",
    "alias between": "#!/bin/sh\ncat >/dev/null; printf 'kind: ResourceList\\nitems:\\n"
    "- &a {kind: A, metadata: {name: a}}\\n- {kind: B, metadata: {name: b}, spec: *a}\\n'\n",
    "carriage returns": "#!/bin/sh\nsed 's/$/\\r/'\n",
    "comments": "#!/bin/sh\nsed 's/plain: .*/plain: yes # why/'\n",
}
SPECIFICATIONS = (
    *("exec: {path: ./function.sh}", "Exec: {PATH: ./function.sh}", "exec: {path: ./function.sh, env: [A=1]}"),
    *(
        "exec: {path: ./function.sh, envs: [A=1]}",
        "exec: {path: ./function.sh, envs: A=1}",
        "exec: {}",
        "exec: null",
        "{}",
    ),
    *(
        "exec: {path: ./function.sh, args: [1, true, null]}",
        "exec: {path: ./function.sh, args: {a: b}}",
        "null",
        "# text",
    ),
    *('exec: {path: ""}', "exec: {path: null}", "exec: {path: [a]}", "exec: []", "[]", "text", "5", "exec: {path: 5}"),
    *(
        "exec: {path: other.sh, path: ./function.sh}",
        "other: 1\nexec: {path: ./function.sh}",
        "starlark: {path: a.star}",
    ),
    *("deferFailure: true\nexec: {path: ./function.sh}", "deferFailure: often\nexec: {path: ./function.sh}"),
    *("container: {image: ''}\nexec: {path: ./function.sh}", "container: {network: true}\nexec: {path: ./function.sh}"),
    *("container: []\nexec: {path: ./function.sh}", "container: {other: 1}\nexec: {path: ./function.sh}"),
)
"""What the annotation says that names a function. Kustomize reads it strictly."""

FIELDS = ("transformers", "transformers", "transformers", "generators", "validators")


def trees(seed: int, count: int) -> Iterator[tuple[str, Texts]]:
    for before, after in itertools.product(STEPS, STEPS):
        yield f"{before} / same / {after}", tree((before,), "same", (after,), "transformers", above=True)
    for function, field in itertools.product(FUNCTIONS, dict.fromkeys(FIELDS)):
        if (function, field) == ("local", "generators"):
            continue  # what such a function is given has the annotation already
        yield f"{function} as {field}", tree(("untyped",), function, (), field, above=False)
    for specification, field in itertools.product(SPECIFICATIONS, dict.fromkeys(FIELDS)):
        texts = tree((), "same" if field == "transformers" else "documents", (), field, above=False)
        texts["base/function.yaml"] = _configuration(specification)
        yield f"{specification!r} as {field}", texts
    for number in range(seed, seed + count):
        chance = random.Random(number)
        steps, later = (chance.sample(sorted(STEPS), chance.choice((1, 1, 2))) for _ in range(2))
        function, field = chance.choice(sorted(FUNCTIONS)), chance.choice(FIELDS)
        if chance.random() < 0.4 or function == "local":
            function = "same"
        name = f"seed {number}: {steps} / {function} as {field} / {later}"
        yield name, tree(tuple(steps), function, tuple(later), field, above=chance.random() < 0.6)


def tree(before: tuple[str, ...], function: str, after: tuple[str, ...], field: str, above: bool) -> Texts:
    """The function runs in the overlay, before what the overlay of that does, or in the base after all else."""
    base: dict[str, Any] = {"resources": ["objects.yaml"]}
    top: dict[str, Any] = {"resources": ["../base"]}
    for fields, steps in ((base, before), (top, after)):
        for step in steps:
            for key, value in STEPS[step].items():
                fields[key] = fields[key] + value if isinstance(value, list) and key in fields else value
    texts = {"base/objects.yaml": OBJECTS}
    where = base
    folder = "base"
    if above:
        where, folder = {"resources": ["../base"]}, "middle"
        top["resources"] = ["../middle"]
    where[field] = ["function.yaml"]
    texts[f"{folder}/function.yaml"] = _configuration("exec: {path: ./function.sh}")
    texts[f"{folder}/function.sh"] = FUNCTIONS[function]
    texts[f"{folder}/kustomization.yaml"] = json.dumps(where)
    texts["base/kustomization.yaml"] = json.dumps(base)
    texts[f"{TOP}/kustomization.yaml"] = json.dumps(top)
    return texts


def _configuration(specification: str) -> str:
    metadata = {"name": "function", "annotations": {"config.kubernetes.io/function": specification}}
    return json.dumps({"apiVersion": "example.com/v1", "kind": "Function", "metadata": metadata})


def ours(directory: str) -> Answer:
    streams = Streams(io.StringIO(), io.StringIO(), dict(os.environ), directory)
    return penstock(directory, Options(plugins=True, run_function=runner(streams, ())))


if __name__ == "__main__":
    sys.exit(battery(__doc__ or "", trees, 300, FLAGS, ours))
