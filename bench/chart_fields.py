"""Every field of `helmCharts:` with every kind of value, beside the real Kustomize with the real helm.

python bench/chart_fields.py [--kustomize PATH] [--count N]

Null, empty, of another type, written twice, with a dash at the start; the same for `helmGlobals:`, for the deprecated
`helmChartInflationGenerator:` and for an object that configures the generator; and texts of a chart's values, with
inline values over and under them. HELM names the helm to call. 2,880 trees, many of which call helm twice; ten minutes.
"""

import functools
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from random_trees import TOP, Texts
from side_by_side import battery, penstock

from penstock.resolve.options import Options

HELM = os.environ.get("HELM", str(Path.home() / ".cache/penstock/helm/v4.3.1/helm"))

VALUES = (
    "", "null", '""', "x", "-x", "--debug", '"-"', '" "', '"a b"', "a/b", "../c", "/c", "X", "1", "1.5", "010",
    "2020-01-01", "true", '"true"', "yes", "[]", "{}", "[null]", '[""]', "[x]", "[1]", "[{}]", "{x: null}", "{x: y}",
    "[v1, x/v1]", "more.yaml", "[more.yaml]", "[more.yaml, more.yaml]", "merge", "replace", "Override", "1.30.0", "c",
    "./c", "c/", '"{{ lower `R` }}"', '"{{"', '"r\\n"',
)  # fmt: skip
INLINE = (
    "{}", "null", "{a: null}", "{t: null}", "{t: {}}", "{t: {a: null}}", "{t: {c: {d: null}}}", "{t: x}", "{l: []}",
    "{l: null}", "{l: [{n: 1}]}", "{l: x}", "{l: {}}", "{s: 1}", "{s: {}}", '{s: ""}', "{n: x}", "{n: {}}", "{n: []}",
    "{e: x}", "{e: null}", "{m: {}}", "{m: {a: null}}", "{m: []}", '{"": x}', "{1: x}", "{true: x}", "{null: x}",
    "{new: null}", "{new: {a: null}}", "{new: [null]}", "{new: {}}", "{a.b: 1}", "{t: {new: {x: null}}}", "{d: 1}",
    "{s: 2020-01-01}", "{s: 010}", "{s: 1e3}", "{s: 12345678901234567890}", "{s: .5}", "{s: yes}", "{s: ~}",
    "{<<: {s: x}}", "{s: x, s: y}", "{t: {a: 1, a: 2}}", "[]", "[x]", "x", '""', "1", "{s: !!str 1}", "{s: 0x1F}",
)  # fmt: skip
WRITTEN = (
    "", "# nothing\n", "---\n", "null\n", "{}\n", "[]\n", "text\n", "5\n", "- a\n", "s: x\n---\ns: y\n",
    "---\ns: x\n...\n", "s: x\ns: y\n", "t: {a: 1, a: 2}\n", "t: {a: 1}\nt: {b: 1}\n", "\ufeffs: x\n",
    "s: x\r\nt:\r\n  a: 1\r\n", "s: [x\n", "\ts: x\n", "s: &a x\nt: {a: *a}\n", "u: &a {c: 1}\nt: *a\n",
    "u: &a {a: 5}\nt: {<<: *a, b: 1}\n", "<<: {s: x}\n", "s: {{ 1 }}\n", "1: x\nt: {a: 1}\n", "true: x\n", "null: x\n",
    "~: x\n", '"": x\n', "2020-01-01: x\n", "1.5: x\n", "? [a]\n: b\n", "s: 2020-01-01\n", "s: 010\n", "s: 0o10\n",
    "s: 1e3\n", "s: 12345678901234567890\n", "s: .5\n", "s: yes\n", "s: 1_000\n", "s: !!str 1\n", "s: !!int '1'\n",
    "s: !x y\n", "s: !!binary aGk=\n", "s: !!set {a}\n", "s: .inf\n", "s: .nan\n", "s: 1:30\n", "s: 1.0\n",
    "s: 100000000000000000000000\n", "s: 1e100\n", "s: -0\n", "s: 9007199254740993\n", "s: 0.1\n", "s: 1E-7\n",
    "t: null\n", "t:\n", "t: ~\n", "t: {a: , b: null, c: ~}\n", "t: {a: [null], b: [{x: null}]}\n", "t: []\n",
    "t: [{name: a}]\n", "s: >\n  a\n  b\n", "s: |+\n  a\n\n", 's: "\\u0085"\n', "s: 'it''s'\n", 's: "1"\n',
    "s: '2020-01-01'\n", "s: \u2028\n", "s: é\n", "t: {$patch: delete, a: 1}\n", "t: {$patch: replace, a: 1}\n",
    "$patch: delete\n", "l: [{$patch: delete, name: a}]\n",
    "t: {apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: x}, {name: b}]}}\n",
    "t: {apiVersion: v1, kind: Service, spec: {ports: [{port: 80, name: a}]}, metadata: {finalizers: [a]}}\n",
)  # fmt: skip
"""Values as the chart has them."""
OVER = (
    "{s: 1}", "{t: {b: 2}}", "{t: null}", '{s: "1"}', "{l: [{name: a}]}", "{s: 2020-01-01, t: {a: true}}",
    "{t: {$patch: delete}}", "{t: {$patch: replace, b: 1}}", "{$patch: delete}", "{$patch: replace, s: 1}",
    "{t: {$patch: x}}", "{l: [{$patch: delete, name: a}]}", "{new: {$patch: delete, a: 1}}",
    "{new: {$patch: replace, a: null}}",
    "{t: {spec: {containers: [{name: a, image: y}, {name: c}], ports: [{port: 80, protocol: TCP}]}}}",
    "{t: {apiVersion: v1, kind: Pod, spec: {containers: [{name: b, $patch: delete}]}, metadata: {finalizers: [b]}}}",
)  # fmt: skip
"""Inline values that meet them."""
NAMED: tuple[tuple[str, str], ...] = (("name", "c"), ("releaseName", "r"))
FIELDS = (
    *("name", "version", "repo", "releaseName", "namespace", "additionalValuesFiles", "valuesFile", "valuesInline"),
    *("valuesMerge", "includeCRDs", "skipHooks", "apiVersions", "kubeVersion", "nameTemplate", "skipTests", "debug"),
    *("devel", "unknown", "Name", "chartHome"),
)
OLD_NAMED: tuple[tuple[str, str], ...] = (("chartName", "c"), ("releaseName", "r"))
OLD_FIELDS = (
    *("chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin", "helmHome", "values"),
    *("valuesLocal", "valuesMerge", "releaseName", "releaseNamespace", "extraArgs"),
)
OLD_VALUES = ("", "null", '""', "x", "-x", "1", "true", "[]", "{}", "[null]", "[x]", "{x: y}", "more.yaml", "merge")
GLOBALS = ("", "null", '""', "x", "-x", "1", "true", "[]", "{}", "[x]", "{x: y}", "charts", "./charts/", "../charts")
WHOLE = ("", "null", '""', "x", "1", "[]", "{}", "[null]", '[""]', "[x]", "[{}]", "[[]]", "{name: c}", "[null, null]")

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": "s: text\nn: null\ne:\nt: {a: 1, b: x, c: {d: 1}}\nm: {}\nl: [1, {n: x}]\nd: 2020-01-01\n",
    "crds/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.e.x}\n",
    "templates/map.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: map, annotations: {values: {{ .Values | toJson | quote }}}}
data:
  release: {{ .Release.Name | quote }}
  namespace: {{ .Release.Namespace | quote }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  has: {{ list (.Capabilities.APIVersions.Has "x") (.Capabilities.APIVersions.Has "x/v1") | toJson | quote }}
""",
    "templates/hook.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
""",
    "templates/tests/test.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: test, annotations: {helm.sh/hook: test}}
""",
}
OTHERS = {
    **{f"{TOP}/charts/c/{path}": text for path, text in CHART.items()},
    f"{TOP}/more.yaml": "s: more\nt: {b: null, z: 1}\n",
}

MERGES = ("override", "merge", "replace")

Pairs = tuple[tuple[str, str], ...]


def _entry(pairs: Pairs) -> str:
    """An entry of a list in block style, so that a field may be blank or stand twice."""
    return "".join(f"{'  ' if number else '- '}{name}: {value}\n" for number, (name, value) in enumerate(pairs))


def _set(named: Pairs, field: str, value: str) -> Pairs:
    return (*(pair for pair in named if pair[0] != field), (field, value))


def _tree(text: str, more: Texts | None = None) -> Texts:
    return {f"{TOP}/kustomization.yaml": text, **OTHERS, **(more or {})}


def _charts() -> Iterator[tuple[str, str]]:
    for field, value in itertools.product(FIELDS, VALUES):
        yield f"{field}: {value}", f"helmCharts:\n{_entry(_set(NAMED, field, value))}"
    for inline, merge in itertools.product(INLINE, MERGES):
        pairs = (*NAMED, ("valuesInline", inline), ("valuesMerge", merge))
        yield f"valuesInline {merge}: {inline}", f"helmCharts:\n{_entry(pairs)}"
        pairs = (*pairs, ("valuesFile", "more.yaml"))
        yield f"valuesInline {merge} over a file: {inline}", f"helmCharts:\n{_entry(pairs)}"
    for name, value in NAMED:
        for first in ("x", "", "null", "[]"):
            pairs = ((name, first), *NAMED)
            yield f"{name} twice: {first!r} {value}", f"helmCharts:\n{_entry(pairs)}"
    for field, twice in (("valuesInline", "{s: 1}"), ("includeCRDs", "true"), ("apiVersions", "[x]")):
        for first in ("", "null", "[]", "{}", "false", "{t: {a: 2}}", "[v1, x/v1]"):
            yield (
                f"{field} twice: {first!r} {twice}",
                f"helmCharts:\n{_entry((*NAMED, (field, first), (field, twice)))}",
            )
    for missing in NAMED:
        yield f"without {missing[0]}", f"helmCharts:\n{_entry(tuple(pair for pair in NAMED if pair != missing))}"


def _lists() -> Iterator[tuple[str, str]]:
    chart = f"helmCharts:\n{_entry(NAMED)}"
    old = f"helmChartInflationGenerator:\n{_entry(OLD_NAMED)}"
    for value in WHOLE:
        yield f"helmCharts: {value}", f"helmCharts: {value}\n"
        yield f"helmCharts: {value} before charts", f"helmCharts: {value}\n{chart}"
        yield f"helmCharts: {value} after charts", f"{chart}helmCharts: {value}\n"
        yield f"helmCharts: {value} beside the old field", f"{old}helmCharts: {value}\n"
        yield f"helmChartInflationGenerator: {value}", f"helmChartInflationGenerator: {value}\n"
        yield f"helmChartInflationGenerator: {value} beside charts", f"{chart}helmChartInflationGenerator: {value}\n"
        yield f"helmGlobals: {value}", f"{chart}helmGlobals: {value}\n"
        yield f"helmGlobals: {value} beside the old field", f"{old}helmGlobals: {value}\n"
        yield f"helmGlobals: {value} twice", f"helmGlobals: {value}\n{chart}helmGlobals: {{chartHome: charts}}\n"
    for value, field in itertools.product(GLOBALS, ("chartHome", "configHome")):
        yield f"helmGlobals {field}: {value}", f"{chart}helmGlobals:\n  {field}: {value}\n"
        yield f"helmGlobals {field}: {value} and old", f"{old}helmGlobals:\n  {field}: {value}\n"
    for field, value in itertools.product(OLD_FIELDS, OLD_VALUES):
        yield f"old {field}: {value}", f"helmChartInflationGenerator:\n{_entry(_set(OLD_NAMED, field, value))}"


def _values() -> Iterator[tuple[str, Texts]]:
    """Every text of a chart's values, alone and with a few inline ones; and all of those over a few texts."""
    values = f"{TOP}/charts/c/values.yaml"
    for written in WRITTEN:
        yield f"values {written!r}", _tree(f"helmCharts:\n{_entry(NAMED)}", {values: written})
    few = (CHART["values.yaml"], *WRITTEN[-6:])
    meetings = itertools.chain(itertools.product(WRITTEN, OVER[:2]), itertools.product(few, OVER[2:]))
    for (written, inline), merge in itertools.product(meetings, MERGES[:2]):
        pairs = (*NAMED, ("valuesInline", inline), ("valuesMerge", merge))
        yield f"values {written!r} {merge} {inline}", _tree(f"helmCharts:\n{_entry(pairs)}", {values: written})
    for inline in OVER:
        pairs = (*NAMED, ("valuesInline", inline), ("valuesMerge", "replace"))
        yield f"values replace {inline}", _tree(f"helmCharts:\n{_entry(pairs)}")


def _plugins() -> Iterator[tuple[str, str]]:
    for field, value in itertools.product((*FIELDS, "configHome", "metadata"), VALUES[:33]):
        pairs = {"metadata": "{name: x}", **dict(NAMED), field: value}
        yield f"plugin {field}: {value}", "".join(f"{name}: {value}\n" for name, value in pairs.items())


def trees(_: int, count: int) -> Iterator[tuple[str, Texts]]:
    yield from itertools.islice(_all(), count)


def _all() -> Iterator[tuple[str, Texts]]:
    for name, text in itertools.chain(_charts(), _lists()):
        yield name, _tree(text)
    yield from _values()
    for name, text in _plugins():
        config = f"apiVersion: builtin\nkind: HelmChartInflationGenerator\n{text}"
        yield name, _tree(json.dumps({"generators": ["plugin.yaml"]}), {f"{TOP}/plugin.yaml": config})


if __name__ == "__main__":
    flags = ("--enable-helm", "--helm-command", HELM)
    arguments: Any = (__doc__, trees, 99_999, flags, functools.partial(penstock, options=Options(helm=True)))
    sys.exit(battery(*arguments))
