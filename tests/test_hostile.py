"""Hostile trees: what a repository may hold, and what Penstock must make of it.

The families are named after the classes of attacks on deployers of GitOps repositories (argocd.md §9.2 of the design
notes lists their CVEs). Each family says what holds its class; a class that another file tests names that file.
A case is a tree, a command, and what must be in the answer; every case keeps the laws of `answer`.
"""

import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
CONFIG_MAP_IN_BRACES = "apiVersion: v1, kind: ConfigMap, metadata: {name: a}"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: Hunter2-of-the-shop}\n"

POD = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: 'x:1', ports: [{name: a}]}]}
"""
FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  interval: 1m
  path: PATH
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"""
IN_FLUX_SYSTEM = SECRET.replace("name: s", "name: s, namespace: flux-system").replace("password", "PASSWORD")
APPLIED = SECRET.replace("{name: s}", '{name: s, annotations: {any: \'{"data": "Hunter2-of-the-shop"}\'}}')
SECRET_PATCH = (
    "patches:\n- patch: '{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: Hunter2-new}}'\n"
)
ODD_SECRETS = (
    SECRET.replace("kind: Secret", "kind: secret"),
    SECRET.replace("stringData", "stringdata"),
    SECRET.replace("{password: Hunter2-of-the-shop}", "Hunter2-of-the-shop"),
    SECRET.replace("{password: Hunter2-of-the-shop}", "{password: {is: [Hunter2-of-the-shop]}}"),
    SECRET.replace("stringData: {password", "type: {password"),
    APPLIED,
)
PROJECT = "apiVersion: penstock.dev/v1\nkind: Project\n"
POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
  validations: [{expression: 'false', messageExpression: 'object.stringData.password'}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]}
"""
LINE_OF_THE_VALUE = "a.yaml:9"
ALIASED = """apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: &value Hunter2-of-the-shop}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: *value}}
"""
"""A list in which an alias takes a value out of a Secret."""
DEEP_SPEC = f"{{path: {'/'.join('a' * 50_000)}, create: true}}"
ANNOTATIONS_TRANSFORMER = (
    "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\nannotations: {a: b}\n"
)
SHOWN = (
    *(("graph", "ConfigMap", path) for path in ("kind", "metadata.name", "metadata.namespace")),
    *(("images", "Pod", f"spec.containers.0.{path}") for path in ("image", "name")),
    *(("explain", "Pod", f"spec.containers.0.{path}") for path in ("image", "name", "ports.0.name")),
    *(("explain", "ConfigMap", path) for path in ("kind", "metadata.name", "metadata.namespace")),
)
"""Commands that show a value of an object by name, and the field that a value of a Secret has come to."""
EXPLAIN = ("explain", "a.yaml:4")

OPERATIONS = [{"op": "add", "path": f"/data/{name}", "value": "1"} for name in "abcdefghij"]

VARIABLE = "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n"


def specs_of(number: int) -> dict[str, object]:
    """The fields that name objects of a kind."""
    return {"kind": f"K{number}", "fieldSpecs": [{"path": f"spec/a{number}", "kind": "ConfigMap"}]}


SECONDS, MEMORY = 5, 512 * 1024 * 1024
CLASSES = (
    "path_traversal",
    "symlinks",
    "writing_outside",
    "options_and_programs",
    "big_input",
    "expressions",
    "secrets",
    "links",
    "terminals",
    "authorisation",
    "cache",
    "credentials",
    "templates",
    "concurrency",
)
"""The 14 classes, in the order of the list."""

ELSEWHERE = {
    "writing_outside": "test_layout",  # names of files on a branch; git: test_hydrate
    "links": "test_reports",  # markup in names
    "authorisation": "cluster/test_ownership",
    "cache": "test_cache",
    "credentials": "test_remote",
    "concurrency": "test_hydrate",
}
"""The classes that another module holds: git, clusters, remotes and reports have tests of their own."""


VALUES = "500,000 keys and values"
BROKEN = f"{CONFIG_MAP}---\na: b: c\n---\n"
KEYS = [f"k{number}: v" for number in range(200_000)]
IN_JSON = f'[{{"op": "add", "path": "/data/x", "value": [{", ".join(["{}"] * 400_000)}]}}]'
TYPES = f'{{"definitions": {{{",".join(f"{chr(34)}d{number}{chr(34)}: {{}}" for number in range(800_000))}}}}}'
DIRECTIVES = "".join(f"%TAG !a{number}! tag:x{number}:\n" for number in range(50_000)) + "---\n"
RESPELLED = f"x: [{'1,' * 400_000}]\ny: [{'[a:, b],' * 150}]\n"
NINE = tuple(f"p{number}__yaml" for number in range(9))
REMARK = "# penstock: ignore=PS401 it is so\n"


class Case(NamedTuple):
    """`files` by path; one that starts with `->` is a symlink. `said` must be in what is printed for people."""

    family: str
    files: dict[str, str]
    status: int
    said: str = ""
    command: tuple[str, ...] = ("build", "--no-cache", ".")


def one(field: str, objects: str = CONFIG_MAP, **files: str) -> dict[str, str]:
    more = {name.replace("__", "."): text for name, text in files.items()}
    return {"kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n{field}", "a.yaml": objects, **more}


def targets(**sizes: int) -> dict[str, str]:
    """Directories with so many objects each."""
    files = {f"{name}/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n" for name in sizes}
    for name, size in sizes.items():
        files[f"{name}/a.yaml"] = "---\n".join(
            f"{CONFIG_MAP}immutable: true\n".replace("{name: a}", f"{{name: a{i}}}") for i in range(size)
        )
    return files


def into_a_directory(field: str) -> dict[str, str]:
    """A tree with a directory to write to: there, each object gets a file by its name."""
    return one(field) | {"OUT/kept": ""}


def patched(patch: str) -> dict[str, str]:
    return one(f"patches:\n- target: {{kind: ConfigMap}}\n  patch: '{patch}'\n")


UNFIT = """replacements:
- sourceValue: http
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.k]}]
"""
"""A text for a field that holds a number."""


def replaced(times: int, paths: str = "data.a, data.b", source: str = "data", first: str = "") -> dict[str, str]:
    entry = (
        f"- source: {{kind: ConfigMap, fieldPath: {source}}}\n  targets:\n  - select: {{kind: ConfigMap}}\n"
        f"    fieldPaths: [{paths}]\n    options: {{create: true}}\n"
    )
    start = "" if "replacements:" in first else "replacements:\n"
    return one(first + start + entry * times)


def leaked(path: str, kind: str = "ConfigMap") -> dict[str, str]:
    field = (
        "replacements:\n- source: {kind: Secret, fieldPath: stringData.password}\n  targets:\n"
        f"  - select: {{kind: {kind}}}\n    fieldPaths: ['{path}']\n    options: {{create: true}}\n"
    )
    return one(field, f"{CONFIG_MAP}---\n{SECRET}---\n{POD}")


def moved(operation: str, to: str) -> dict[str, str]:
    """A patch that takes the value of a Secret elsewhere in the Secret."""
    patch = f'[{{"op": "{operation}", "from": "/stringData/password", "path": "{to}"}}]'
    return one(f"patches: [{{target: {{kind: Secret}}, patch: '{patch}'}}]\n", SECRET)


def flux(metadata: str) -> dict[str, str]:
    """A cluster of Flux whose app has a variable out of a Secret."""
    entry = FLUX.replace("PATH", "./app") + "  postBuild: {substituteFrom: [{kind: Secret, name: s}]}\n"
    return {
        "clusters/prod/apps.yaml": f"{entry}---\n{IN_FLUX_SYSTEM}",
        "app/a.yaml": CONFIG_MAP.replace("name: a", metadata),
        "app/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n",
    }


def patterns_of_flux() -> dict[str, str]:
    """An app of Flux that takes a long value apart many times."""
    entry = FLUX.replace("PATH", "./app") + f"  postBuild: {{substitute: {{V: {'ab' * 20_000}}}}}\n"
    return {
        "clusters/prod/apps.yaml": entry,
        "app/a.yaml": CONFIG_MAP.replace("{k: v}", f"{{k: '{'${V##*a*b*a*b*a*b*c}' * 500}'}}"),
        "app/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n",
    }


def with_patterns(number: int, text: str) -> dict[str, str]:
    """An app of Flux whose source leaves out what some patterns say."""
    patterns = "".join(f"{text}{each}\n" for each in range(number))
    return {
        "clusters/prod/apps.yaml": FLUX.replace("PATH", "./app"),
        "app/a.yaml": CONFIG_MAP,
        "app/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n",
        ".sourceignore": patterns,
    }


def circle(number: int) -> dict[str, str]:
    """Kustomizations each of which has the next one as its base."""
    return {
        f"d{index}/kustomization.yaml": f"{KUSTOMIZATION}resources: [../d{(index + 1) % number}]\n"
        for index in range(number)
    }


def leading_on(number: int, back: bool = False, own: bool = False) -> dict[str, str]:
    """Definitions of Flux each of which builds the folder of the next one, or its own one, too. `back` closes the
    circle.
    """
    files = {f"clusters/{number}/a.yaml": CONFIG_MAP}
    for index in range(number):
        following = (index + 1) % number if back else index + 1
        leads = FLUX.replace("apps", f"to-{following}").replace("PATH", f"./clusters/{following}")
        itself = FLUX.replace("apps", f"at-{index}").replace("PATH", f"./clusters/{index}")
        files[f"clusters/{index}/k.yaml"] = f"{itself}---\n{leads}" if own else leads
    return files


def patterns_in_targets(number: int) -> dict[str, str]:
    """Apps of Flux each of which takes a long value apart, a little."""
    files = {"clusters/prod/kustomization.yaml": f"{KUSTOMIZATION}resources: [apps.yaml]\n"}
    values = f"  postBuild: {{substitute: {{V: {'ab' * 20_000}}}}}\n"
    apps = (FLUX.replace("apps", f"a{index}").replace("PATH", f"./apps/{index}") for index in range(number))
    files["clusters/prod/apps.yaml"] = "---\n".join(f"{app}{values}" for app in apps)
    for index in range(number):
        files[f"apps/{index}/a.yaml"] = CONFIG_MAP.replace("{k: v}", f"{{k: '{'${V##*a*b*c}' * 20}'}}")
    return files


def names_in_targets(number: int) -> dict[str, str]:
    """Overlays of one object with a long name, each with an expression for it that no table of states can hold."""
    name = "".join(random.Random(1).choices("ab", k=1_000_000))
    files = {"base/a.yaml": CONFIG_MAP.replace("name: a", f"name: {name}")}
    files["base/kustomization.yaml"] = f"{KUSTOMIZATION}resources: [a.yaml]\n"
    patch = "'{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {k: w}}'"
    for index in range(number):
        target = f"{{target: {{name: '(a|b)*a(a|b){{{40 + index}}}c'}}, patch: {patch}}}"
        files[f"o{index}/kustomization.yaml"] = f"{KUSTOMIZATION}resources: [../base]\npatches: [{target}]\n"
    return files


def printed_anew() -> tuple[str, str]:
    """A thousand replacements into a YAML text, which is read and printed for each."""
    text = "".join(f"    k{number}: v  # as it was\n" for number in range(10_000))
    target = "{select: {kind: ConfigMap, name: a}, fieldPaths: [data.t.k#]}"
    entries = "".join(f"- sourceValue: x\n  targets: [{target.replace('#', str(number))}]\n" for number in range(1000))
    return f"replacements:\n{entries}", CONFIG_MAP.replace("{k: v}", f"\n  t: |\n{text}")


def released(metadata: str) -> dict[str, str]:
    """A release of Flux whose chart has a value out of a Secret."""
    source = "{kind: GitRepository, name: flux-system}"
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: flux-system}\n"
        f"spec:\n  interval: 1m\n  chart: {{spec: {{chart: ./chart, sourceRef: {source}}}}}\n"
        "  valuesFrom: [{kind: Secret, name: s, valuesKey: PASSWORD, targetPath: password}]\n"
    )
    return {
        "clusters/prod/apps.yaml": f"{FLUX.replace('PATH', './clusters/prod')}---\n{release}---\n{IN_FLUX_SYSTEM}",
        "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "chart/values.yaml": "password: ''\n",
        "chart/templates/a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  {metadata}\n",
    }


def releases_that_take_long(number: int) -> dict[str, str]:
    """Releases of one chart, each of which takes half of the steps that a chart may take."""
    loops = "{{ range $i := until 500 }}{{ range $j := until 1000 }}{{ $x := add $i $j }}{{ end }}{{ end }}"
    files = {**released(f"name: a #{loops}")}
    entry, source = files["clusters/prod/apps.yaml"].split("---\n", 1)
    release = source.split("---\n")[0].partition("  valuesFrom")[0]
    several = (release.replace("name: r", f"name: r{index}") for index in range(number))
    return {**files, "clusters/prod/apps.yaml": "---\n".join((entry, *several))}


SLOW_POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p#}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "object.data.all(x, object.data.all(y, x + y != 'q#'))"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: p#}
spec: {policyName: p#, validationActions: [Deny]}
"""
DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: thing#s.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing#, plural: thing#s}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {l: {type: array, maxItems: 300, items: {type: integer}}}
        x-kubernetes-validations: [{rule: "!has(self.l) || self.l.all(x, self.l.all(y, x + y >= 0))"}]
---
apiVersion: example.com/v1
kind: Thing#
metadata: {name: t}
l: [LIST]
"""


def policies(number: int) -> str:
    """Policies and objects each pair of which takes a while."""
    data = ", ".join(f"k{key}: v" for key in range(400))
    objects = [CONFIG_MAP.replace("{k: v}", f"{{{data}}}").replace("name: a", f"name: a{index}") for index in range(3)]
    return "---\n".join((*(SLOW_POLICY.replace("#", str(index)) for index in range(number)), *objects))


def rules_of_definitions(number: int) -> str:
    """Definitions with a rule that takes a while for their object."""
    text = DEFINITION.replace("LIST", ", ".join(map(str, range(300))))
    return "---\n".join(text.replace("#", str(index)) for index in range(number))


def defaults_of_definitions(number: int) -> str:
    """Definitions with a rule that takes a while for the default."""
    definition, _, _ = DEFINITION.partition("---\n")
    rule = "x-kubernetes-validations: [{rule: 'self.all(x, self.all(y, x + y >= 0))'}]"
    before, _, _ = definition.partition("        properties:")
    field = f"{{type: array, maxItems: 300, items: {{type: integer}}, default: [{', '.join('1' * 300)}], {rule}}}"
    return "---\n".join(f"{before}        properties: {{l: {field}}}\n".replace("#", str(n)) for n in range(number))


def in_flux(files: dict[str, str]) -> dict[str, str]:
    """Files of a target of Flux, whose controller lets files lie anywhere in the repository."""
    return {"clusters/prod/apps.yaml": FLUX.replace("PATH", "./app"), **files}


def in_argo(files: dict[str, str]) -> dict[str, str]:
    """The same of an Application, with the restrictor of its instance lifted."""
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
        "spec:\n  project: default\n  source: {repoURL: 'https://example.com/x', path: app}\n"
        "  destination: {server: 'https://kubernetes.default.svc', namespace: a}\n"
    )
    return {"argo/a.yaml": application, **without_restrictions(files)}


def without_restrictions(files: dict[str, str]) -> dict[str, str]:
    """The same where penstock.yaml lifts the restrictor: that is a word of the repository, not of the user."""
    return {"penstock.yaml": "targets: [{path: app, environment: prod, loadRestrictor: none}]\n", **files}


GENERATING = f"{KUSTOMIZATION}configMapGenerator: [{{name: g, files: [%s]}}]\n"
OUTSIDE_FILES: dict[str, dict[str, str]] = {
    "file_of_the_system": {"app/kustomization.yaml": GENERATING % "/etc/passwd"},
    "file_above": {"app/kustomization.yaml": GENERATING % "../../outside/a.yaml"},
    "link_above": {"app/kustomization.yaml": GENERATING % "l", "app/l": "->../../outside/a.yaml"},
    "link_as_a_resource": {
        "app/kustomization.yaml": f"{KUSTOMIZATION}resources: [l]\n",
        "app/l": "->../../outside/a.yaml",
    },
    "base_above": {"app/kustomization.yaml": f"{KUSTOMIZATION}resources: [../../outside]\n"},
    "kustomization_file": {"app/kustomization.yaml": "->../../outside/kustomization.yaml"},
}
"""Files that lie outside, where the repository says that files may lie anywhere."""


def twice(levels: int, prefixes: tuple[str, str], component: bool = False) -> dict[str, str]:
    """Each level uses the one below twice, through two middle ones."""
    head, field = (COMPONENT, "components") if component else (KUSTOMIZATION, "resources")
    files = {"l0/kustomization.yaml": f"{head}resources: [a.yaml]\n", "l0/a.yaml": CONFIG_MAP}
    for level in range(1, levels + 1):
        for side, prefix in zip("pq", prefixes, strict=True):
            files[f"l{level}{side}/kustomization.yaml"] = f"{head}{prefix}{field}: [../l{level - 1}]\n"
        files[f"l{level}/kustomization.yaml"] = f"{head}{field}: [../l{level}p, ../l{level}q]\n"
    return {**files, "kustomization.yaml": f"{KUSTOMIZATION}{field}: [l{levels}]\n"}


def judged_by(spec: dict[str, object], value: object, definitions: int = 1) -> str:
    """Definitions of custom resources with a schema, and an object of the first one."""
    kinds = ["L" + "".join(chr(97 + int(digit)) for digit in f"{number:04}") for number in range(definitions)]
    schema = json.dumps({"type": "object", "properties": {"spec": spec}})
    version = f"{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}"
    defined = "".join(
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata: {{name: {kind.lower()}.example.com}}\nspec:\n  group: example.com\n  scope: Namespaced\n"
        f"  names: {{plural: {kind.lower()}, kind: {kind}}}\n  versions: [{version}]\n---\n"
        for kind in kinds
    )
    return f"{defined}apiVersion: example.com/v1\nkind: {kinds[0]}\nmetadata: {{name: a}}\nspec: {json.dumps(value)}\n"


def policy_of_everything(number: int) -> str:
    """A policy with its binding that is about all objects, and costs next to nothing for one of them."""
    return f"""apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p{number}}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*']}}]
  validations: [{{expression: 'true'}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: b{number}}}
spec: {{policyName: p{number}, validationActions: [Deny]}}
"""


def rules_at_each_level(levels: int, schema: dict[str, object], value: object) -> tuple[dict[str, object], object]:
    """A schema inside others, each with a rule, and a value of the outermost one."""
    for _ in range(levels):
        rule = {"rule": "has(self.n)"}
        schema = {"type": "object", "properties": {"n": schema}, "x-kubernetes-validations": [rule]}
        value = {"n": value}
    return schema, value


NUMBERS: dict[str, object] = {"type": "array", "items": {"type": "integer"}}
SUMS = "self.all(a, self.all(b, self.all(c, a + b + c > 0)))"
SUMS_OF_A = SUMS.replace("self.", "self.a.")


def labelled(places: int) -> dict[str, str]:
    """A label that a base writes to many places, and a patch that writes to each of them."""
    specs = ", ".join(f"{{path: spec/a{number}, create: true}}" for number in range(places))
    labels = f"labels: [{{pairs: {{x: word}}, fields: [{specs}]}}]\n"
    spec = ", ".join(f"a{number}: {{x: '5'}}" for number in range(places))
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
    return {
        "base/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n{labels}",
        "base/a.yaml": widget,
        "kustomization.yaml": f"{KUSTOMIZATION}resources: [base]\npatches: [{{path: p.yaml}}]\n",
        "p.yaml": f"{widget}spec: {{{spec}}}\n",
    }


def chain(levels: int) -> dict[str, str]:
    files = {f"l{i}/kustomization.yaml": f"{KUSTOMIZATION}resources: [../l{i - 1}]\n" for i in range(1, levels)}
    base = {"l0/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n", "l0/a.yaml": CONFIG_MAP}
    return {**files, **base, "kustomization.yaml": f"{KUSTOMIZATION}resources: [l{levels - 1}]\n"}


def types(depth: int, leaf: str = "") -> str:
    """Definitions that each refer to the next one four times. `leaf` is a property of the last one."""
    top = '"t0": {"Schema": {"properties": {"kind": {}, "apiVersion": {}, "metadata": {}, "x": {"$ref": "t1"}}}}'
    rest = ", ".join(
        f'"t{i}": {{"Schema": {{"properties": {{'
        + ", ".join(f'"p{j}": {{"$ref": "t{i + 1}"}}' for j in range(4))
        + "}}}"
        for i in range(1, depth)
    )
    return f'{{{top}, {rest}, "t{depth}": {{"Schema": {{"properties": {{{leaf}}}}}}}}}'


COPIES = "[" + ", ".join(f'{{"op": "copy", "from": "/data", "path": "/data/x{i}"}}' for i in range(40)) + "]"
BUDGET = "beyond the bound"
OPERATION = '[{"op": "add", "path": "/data/x", "value": "y"}]'
MANY = "---\n".join(CONFIG_MAP.replace("name: a", f"name: a{i}") for i in range(1000))

GENERATED = "configMapGenerator: [{name: g, files: [%s]}]\n"
FUNCTION = """apiVersion: x/v1
kind: X
metadata:
  name: x
  annotations: {config.kubernetes.io/function: 'exec: {path: /bin/false}'}
"""
WIDE = "x: &a [" + "x," * 1000 + "]\ny: [" + "*a," * 400 + "]\n"
HIGH = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
LONG = f"x: &a '{'t' * 1_000_000}'\ny: [{'*a,' * 100_000}]\n"
DOUBLING = """- source: {kind: ConfigMap, fieldPath: data.k}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.k], options: {delimiter: '-', index: 0}}]
"""
INSERTING = "- {op: add, path: /data/l, value: []}\n" + "- {op: add, path: /data/l/0, value: x}\n" * 8000
ANOTHER_KIND = """patches:
- target: {kind: Secret}
  options: {allowKindChange: true}
  patch: '{apiVersion: v1, kind: Pod, metadata: {name: s}}'
"""
UNMATCHED = '- {target: {name: none}, patch: \'[{"op": "add", "path": "/data/x", "value": "y"}]\'}\n'
IMAGES = "".join(f"- {{name: image-number-{i}, newTag: '2'}}\n" for i in range(20_000))
TRANSFORMER = f"""apiVersion: builtin
kind: PatchTransformer
metadata: {{name: t}}
target: {{name: '{"(a|b)" * 1000}'}}
patch: '[{{"op": "add", "path": "/data/x", "value": "y"}}]'
"""
LONG_PATH = f"- {{sourceValue: x, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.{'a.' * 100_000}a]}}]}}\n"

SOURCE_BY_EXPRESSION = f"""replacements:
- source: {{kind: ConfigMap, fieldPath: 'data.[k={"(a|b)" * 1000}]'}}
  targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.k]}}]
"""
TO_FILES = ("build", "--no-cache", "-o", "OUT", ".")
OUTSIDE = f"{KUSTOMIZATION}resources: [../outside]\n"
PREFIXED = twice(30, ("namePrefix: p\n", ""), True) | {
    "l0/kustomization.yaml": f"{COMPONENT}namePrefix: z\n",
    "kustomization.yaml": f"{KUSTOMIZATION}resources: [l0/a.yaml]\ncomponents: [l30]\n",
}
COMPONENTS = twice(30, ("", ""), True) | {
    "kustomization.yaml": f"{KUSTOMIZATION}resources: [l0/a.yaml]\ncomponents: [l30]\n"
}
CYCLE = {
    "kustomization.yaml": f"{KUSTOMIZATION}resources: [b]\n",
    "b/kustomization.yaml": f"{KUSTOMIZATION}resources: [..]\n",
}
KEY_FILE = "TLS=-----BEGIN KEY-----\nHunter2-of-the-shop/+==\n-----END KEY-----\n"


def target(expression: str) -> dict[str, str]:
    return one(f"patches: [{{target: {{name: '{expression}'}}, patch: '{OPERATION}'}}]\n")


def image(expression: str) -> dict[str, str]:
    return one(f"images: [{{name: '{expression}', newTag: '2'}}]\n")


def selected_by(field: str) -> dict[str, str]:
    return one(f"patches: [{{target: {{{field}: '{'(a|b)' * 1000}'}}, patch: '{OPERATION}'}}]\n")


def limited(quantity: str) -> str:
    container = f"{{name: c, image: 'x:1', resources: {{limits: {{cpu: '{quantity}'}}}}}}"
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{container}]}}\n"


def patterned(pattern: str) -> dict[str, str]:
    """A custom resource with 50 texts, each with a pattern of its own."""
    fields = ", ".join(f"f{i}: {{type: string, pattern: '{pattern}{i}'}}" for i in range(50))
    values = ", ".join(f"f{i}: {'ab' * 10_000}" for i in range(50))
    schema = f"{{type: object, properties: {{spec: {{type: object, properties: {{{fields}}}}}}}}}"
    version = f"{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}"
    names = "{kind: Thing, plural: things, singular: thing, listKind: ThingList}"
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n"
        f"spec: {{group: example.com, scope: Namespaced, names: {names}, versions: [{version}]}}\n"
    )
    return one(
        "", f"{definition}---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: t}}\nspec: {{{values}}}\n"
    )


def long_named(expression: str) -> dict[str, str]:
    """40 targets by an expression, with a number for `#`, over a name of 20,000 letters."""
    names = [expression.replace("#", str(i)) for i in range(40)]
    entries = "".join(f"- {{target: {{name: '{name}'}}, patch: '{OPERATION}'}}\n" for name in names)
    return one(f"patches:\n{entries}", CONFIG_MAP.replace("name: a", f"name: {'ab' * 10_000}"))


def selected(target: str) -> dict[str, str]:
    return one(f"replacements: [{{sourceValue: x, targets: [{{select: {{kind: ConfigMap}}, {target}}}]}}]\n")


CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
INNER = CHART.replace("name: c", "name: d") + "dependencies:\n"
TWICE = "".join(f"- {{name: d, version: '*', alias: {alias}}}\n" for alias in "ab")
BACKTRACKING: dict[str, object] = {"^(a|a)*b$": {}}
IN_DOUBLES = '{{ $x := `"` }}{{ range until 200 }}{{ $x = %s $x }}{{ end }}{{ len $x }}'
IN_TREES = (
    "{{ $d := dict }}{{ $e := dict }}"
    "{{ range until 40 }}{{ $d = dict `a` $d `b` $d }}{{ $e = dict `a` $e `b` $e }}{{ end }}%s"
)


def charted(template: str = "", values: str = "", chart: str = CHART, **files: str) -> dict[str, str]:
    """A chart; in the names of more files `__` is a slash, and `_` a point."""
    more = {f"c/{name.replace('__', '/').replace('_', '.')}": text for name, text in files.items()}
    return {"c/Chart.yaml": chart, "c/values.yaml": values, "c/templates/a.yaml": template, **more}


def with_schema(schema: dict[str, object], values: str) -> dict[str, str]:
    return charted(CONFIG_MAP, values, values_schema_json=json.dumps(schema))


TEMPLATE = ("template", "r", "c")
TEMPLATES: dict[str, tuple[dict[str, str], int, str]] = {
    "ignore_file_that_tries_all_ways": (
        charted(_helmignore="a*" * 60 + "x\n", **{f"{'a' * 200}{i}": "" for i in range(20)}),
        0,
        "",
    ),
    "expressions_without_end": (
        charted(
            "{{ range until 20000 }}{{ regexMatch (printf `(a|b)*%d(%s)` . $.Values.e) `ab` }}{{ end }}",
            f"e: '{'(a|b)' * 1000}'",
        ),
        3,
        "PS714",
    ),
    "one_long_expression": (
        charted(f"a: {{{{ regexMatch `{'(a|b)' * 1000}` .Values.x }}}}", f"x: {'ab' * 20_000}"),
        0,
        "",
    ),
    "trees_that_double_compared": (charted(IN_TREES % "{{ deepEqual $d $e }}"), 3, "PS714"),
    "trees_that_double_printed": (charted(IN_TREES % "{{ print $d }}"), 3, "PS714"),
    "trees_that_double_as_yaml": (charted(IN_TREES % "{{ toYaml $d }}"), 3, "PS714"),
    "texts_that_double_in_quotes": (charted(IN_DOUBLES % "quote"), 3, "PS714"),
    "texts_that_double_as_json": (charted(IN_DOUBLES % "toJson"), 3, "PS714"),
    "template_of_a_value_again_and_again": (
        charted("{{ range until 1000 }}{{ tpl $.Values.x $ | len }}{{ end }}", f"x: '{'{{ 1 }}' * 20_000}'"),
        3,
        "PS714",
    ),
    "lines_of_a_file_again_and_again": (
        charted("{{ range until 10000 }}{{ $.Files.Lines `f` | len }}{{ end }}", f="x\n" * 100_000),
        3,
        "PS714",
    ),
    "passwords_without_end": (
        charted("{{ range until 1000 }}{{ derivePassword 1 `long` `p` `u` `s` }}{{ end }}"),
        3,
        "PS714",
    ),
    "subcharts_that_double": (
        charted(
            chart=f"{CHART}dependencies:\n{TWICE}",
            **{f"{'charts__d__' * i}Chart_yaml": INNER + TWICE for i in range(1, 15)},
        ),
        3,
        "PS702",
    ),
    "values_for_each_alias": (
        charted(
            chart=f"{CHART}dependencies:\n"
            + "".join(f"- {{name: d, version: '*', alias: d{i}}}\n" for i in range(900)),
            charts__d__Chart_yaml=INNER,
            charts__d__values_yaml="".join(f"k{i}: v\n" for i in range(10_000)),
        ),
        3,
        "PS702",
    ),
    "items_that_are_unique": (
        with_schema({"properties": {"x": {"uniqueItems": True}}}, f"x: [{','.join(map(str, range(20_000)))}]"),
        0,
        "",
    ),
    "items_of_a_long_list_of_choices": (
        with_schema({"properties": {"x": {"enum": list(range(50_000))}}}, "x: y"),
        3,
        "PS706",
    ),
    "properties_by_an_expression": (
        with_schema({"patternProperties": BACKTRACKING, "additionalProperties": False}, f"{'a' * 40}c: 1"),
        3,
        "PS706",
    ),
    "properties_that_nothing_evaluates": (
        with_schema({"patternProperties": BACKTRACKING, "unevaluatedProperties": False}, f"{'a' * 40}c: 1"),
        3,
        "PS706",
    ),
    "properties_that_an_expression_evaluates": (
        with_schema({"patternProperties": {"^a*c$": {}, "^b$": {}}, "unevaluatedProperties": False}, "{aac: 1, b: 2}"),
        0,
        "",
    ),
    "escapes_in_a_failure": (charted('{{ fail "\\x1b[2Jall is well" }}'), 3, "PS711"),
}

TRIED: dict[str, Case] = {
    **{name: Case("templates", files, status, said, TEMPLATE) for name, (files, status, said) in TEMPLATES.items()},
    "file_above": Case("path_traversal", one(GENERATED % "../outside/a.yaml"), 3, "PS120"),
    "file_of_the_system": Case("path_traversal", one(GENERATED % "/etc/passwd"), 3, "PS120"),
    "base_outside_is_a_warning": Case("path_traversal", {"kustomization.yaml": OUTSIDE}, 0, "PS171"),
    "base_outside_is_an_error_of_check": Case(
        "path_traversal", {"kustomization.yaml": OUTSIDE}, 3, "PS171", ("check",)
    ),
    "link_to_a_file": Case("symlinks", one(GENERATED % "l", l="->/etc/passwd"), 3, "PS120"),
    "link_to_a_device": Case("symlinks", one(GENERATED % "l", l="->/dev/zero"), 3, "PS120"),
    "link_to_itself": Case("symlinks", one(GENERATED % "l", l="->l"), 3),
    "link_to_a_base_outside": Case(
        "symlinks",
        {"kustomization.yaml": f"{KUSTOMIZATION}resources: [l]\n", "l": "->../outside"},
        3,
        "PS171",
        ("check",),
    ),
    "name_with_nul": Case("writing_outside", into_a_directory('namePrefix: "a\\nb\\0"\n'), 4, "cannot write", TO_FILES),
    "name_that_leads_up": Case("writing_outside", into_a_directory('namePrefix: "../../"\n'), 0, "", TO_FILES),
    "name_that_is_long": Case(
        "writing_outside", into_a_directory(f"namePrefix: {'x' * 300}\n"), 4, "cannot write", TO_FILES
    ),
    "link_among_the_files": Case(
        "writing_outside",
        {**into_a_directory(""), "OUT/v1_configmap_a.yaml": "->../../outside/a.yaml"},
        4,
        "nothing is written through a symlink",
        TO_FILES,
    ),
    "link_in_place_of_the_output": Case(
        "writing_outside",
        {**one(""), "OUT": "->../outside/a.yaml"},
        4,
        "nothing is written through a symlink",
        TO_FILES,
    ),
    "link_in_place_of_a_report": Case(
        "writing_outside",
        {**one(""), "report.json": "->../outside/a.yaml"},
        4,
        "nothing is written through a symlink",
        ("check", "-o", "json=report.json"),
    ),
    "link_in_place_of_a_folder": Case(
        "writing_outside",
        {**charted(CONFIG_MAP), "OUT/c": "->../../outside"},
        4,
        "nothing is written through a symlink",
        ("template", "r", "c", "--output-dir", "OUT"),
    ),
    "baseline_that_is_a_symlink": Case(
        "writing_outside",
        {**one(""), "penstock-baseline.json": "->../outside/a.yaml"},
        4,
        "nothing is written through it",
        ("check", "--write-baseline"),
    ),
    "link_to_a_base_outside_is_a_warning_of_build": Case(
        "symlinks", {"kustomization.yaml": f"{KUSTOMIZATION}resources: [l]\n", "l": "->../outside"}, 0, "PS171"
    ),
    "link_to_a_kustomization_file": Case(
        "symlinks", {"kustomization.yaml": "->../outside/kustomization.yaml"}, 3, "PS120"
    ),
    "link_to_a_kustomization_file_by_check": Case(
        "symlinks", {"kustomization.yaml": "->/etc/passwd"}, 3, "PS120", ("check",)
    ),
    **{
        f"{name}_by_{entry.__name__}": Case("path_traversal", entry(files), 3, "error PS", ("check",))
        for entry in (in_flux, in_argo, without_restrictions)
        for name, files in OUTSIDE_FILES.items()
    },
    "exec_function": Case("options_and_programs", one("transformers: [f.yaml]\n", f__yaml=FUNCTION), 3),
    "bound_of_the_repository": Case("options_and_programs", one("", penstock__yaml="bound: 9\n"), 2),
    "aliases_of_one_long_text": Case("big_input", one("", CONFIG_MAP + LONG), 3, "PS105"),
    "aliases_in_many_documents": Case("big_input", one("", "---\n".join([CONFIG_MAP + WIDE] * 30)), 3, "PS180"),
    "aliases_of_aliases": Case("big_input", one("", CONFIG_MAP + HIGH), 3, "PS105"),
    "values_in_braces": Case("big_input", one("", CONFIG_MAP + f"x: [{'{},' * 600_000}]\n"), 3, VALUES),
    "values_without_text": Case("big_input", one("", CONFIG_MAP + f"x: [{'{a,b},' * 400_000}]\n"), 3, VALUES),
    "values_by_lines": Case("big_input", one("", f"{CONFIG_MAP}x:\n{'- a: b' + chr(10)}" * 200_000), 3),
    "values_by_returns": Case("big_input", one("", CONFIG_MAP + "x: [" + "a,\r" * 600_000 + "]\n"), 3, VALUES),
    "values_behind_a_broken_document": Case("big_input", one("", BROKEN + f"x: [{'1,' * 900_000}]\n"), 3, VALUES),
    "values_of_a_patch": Case(
        "big_input", one("patches: [{path: p.yaml}]\n", p__yaml=f"a: [{'{},' * 600_000}]\n"), 3, VALUES
    ),
    "values_of_penstock_yaml": Case(
        "big_input", one("") | {"penstock.yaml": f"x: [{'a,' * 4_000_000}]\n"}, 2, VALUES, ("check",)
    ),
    "values_of_a_patch_in_json": Case(
        "big_input", one("patches: [{path: p.yaml, target: {kind: ConfigMap}}]\n", p__yaml=IN_JSON), 3, VALUES
    ),
    "values_of_a_schema": Case("big_input", one("openapi: {path: o.json}\n", o__json=TYPES), 3, VALUES),
    "many_keys": Case("big_input", one("", CONFIG_MAP.replace("k: v", ", ".join(KEYS))), 0),
    "too_many_keys": Case("big_input", one("", CONFIG_MAP.replace("k: v", ", ".join(KEYS * 2))), 3, VALUES),
    "directives": Case("big_input", one("", DIRECTIVES + CONFIG_MAP), 3, "1,000 directives"),
    "empty_documents": Case("big_input", one("", "---\n" * 1_000_000 + CONFIG_MAP), 3, "100,000 documents"),
    "text_to_be_respelled": Case("big_input", one("", CONFIG_MAP + RESPELLED), 3, "PS103"),
    "a_remark_on_each_line": Case("big_input", one("", CONFIG_MAP + REMARK * 300_000), 1, "PS471", ("check",)),
    "brackets": Case("big_input", one("", f"{CONFIG_MAP}x: {'[' * 100_000}\n"), 3, "PS105"),
    "bases_used_twice": Case("big_input", twice(30, ("", "")), 3, "PS201"),
    "bases_used_twice_with_prefixes": Case("big_input", twice(30, ("namePrefix: p\n", "namePrefix: q\n")), 3, BUDGET),
    "components_used_twice": Case("big_input", COMPONENTS, 3),
    "components_used_twice_with_prefixes": Case("big_input", PREFIXED, 3, BUDGET),
    "chain_of_900": Case("big_input", chain(900), 0),
    "chain_of_3000": Case("big_input", chain(3000), 3, BUDGET),
    "cycle": Case("big_input", CYCLE, 3, "PS122"),
    "types_that_refer_to_one_another": Case("big_input", one("crds: [t.json]\n", t__json=types(20)), 0),
    "types_that_lead_to_an_annotation": Case(
        "big_input",
        one("crds: [t.json]\n", t__json=types(20, '"a": {"type": "object", "x-kubernetes-annotation": "x"}')),
        3,
        BUDGET,
    ),
    "replacements_that_double": Case("big_input", replaced(30), 3, BUDGET),
    "replacements_that_nest": Case("big_input", replaced(1000, "data.a"), 3, BUDGET),
    "path_of_100000_parts": Case("big_input", one("replacements:\n" + LONG_PATH), 3, "PS260"),
    "replacements_that_double_what_is_noted": Case(
        "big_input",
        replaced(30, "metadata.a, metadata.b", "metadata", "patches: [{path: p.yaml}]\n")
        | {"p.yaml": CONFIG_MAP.replace("k: v", "b: v")},
        3,
        BUDGET,
    ),
    "replacements_that_double_what_does_not_fit": Case(
        "big_input",
        {
            **replaced(30, first="patches: [{path: p.yaml}]\n" + UNFIT),
            "a.yaml": CONFIG_MAP.replace("v}", "'80'}"),
            "p.yaml": CONFIG_MAP.replace("v}", "8080}"),
        },
        3,
        BUDGET,
    ),
    "copies_of_copies": Case("big_input", patched(COPIES), 3, BUDGET),
    "text_that_doubles": Case(
        "big_input", one("replacements:\n" + DOUBLING * 60, CONFIG_MAP.replace("k: v", "k: a-b")), 3, BUDGET
    ),
    "operations_on_one_list": Case(
        "big_input", one("patches: [{path: p.yaml, target: {kind: ConfigMap}}]\n", p__yaml=INSERTING), 0
    ),
    "scalars_with_tags_that_600_patches_merge": Case(
        "big_input",
        one(
            "patches:\n" + "- {path: p.yaml}\n- {path: q.yaml, target: {kind: ConfigMap}}\n" * 300,
            CONFIG_MAP,
            p__yaml=CONFIG_MAP.replace("name: a", "name: a, finalizers: ['1', 'null', '2', '2', '']"),
            q__yaml=CONFIG_MAP.replace("name: a", "name: a, finalizers: [!!str 1.0, 0x1]"),
        ),
        0,
    ),
    "long_prefix": Case("big_input", one(f"namePrefix: {'x' * 1_000_000}\n", MANY), 3, BUDGET),
    "long_label": Case("big_input", one(f"commonAnnotations: {{a: {'x' * 1_000_000}}}\n", MANY), 3, BUDGET),
    "list_with_a_text": Case("big_input", patched('["x"]'), 3, "PS253"),
    "list_with_a_null": Case("big_input", patched("[null]"), 3, "PS253"),
    "list_with_a_number": Case("big_input", patched("[1]"), 3, "PS253"),
    "number_beyond_64_bits": Case(
        "big_input", patched('[{"op": "add", "path": "/data/x", "value": 1e999}]'), 3, "PS253", TO_FILES
    ),
    "quantity_of_20000_digits": Case(
        "big_input", one("", limited("1" * 20_000 + "x")), 1, "resources.limits", ("check",)
    ),
    "quantity_that_may_be_one": Case("big_input", one("", limited("1" * 20_000)), 0, "", ("check",)),
    "findings_in_one_kustomization": Case("big_input", one("patches:\n" + UNMATCHED * 2_000), 0, "1,000 more"),
    "one_file_named_20000_times": Case(
        "big_input",
        {"kustomization.yaml": f"{KUSTOMIZATION}resources: [{'a.yaml, ' * 20_000}]\n", "a.yaml": CONFIG_MAP},
        3,
        "9,999 more findings behind the first 10,000",
    ),
    "env_file_of_a_million_lines": Case(
        "big_input",
        {**one("configMapGenerator: [{name: g, envs: [e]}]\n"), "e": "".join(f"k{n}=\n" for n in range(10**6))},
        3,
        "PS170",
    ),
    "key_that_comes_20000_times": Case(
        "big_input",
        {**one("configMapGenerator: [{name: g, envs: [e]}]\n"), "e": "k=\n" * 20_000},
        3,
        "9,999 more findings behind the first 10,000",
    ),
    "codes_that_are_none": Case(
        "big_input",
        {
            **one(""),
            "penstock.yaml": f"{PROJECT}rules:\n"
            + "".join(f"  PS{number}: error\n  wrong-typo-{number}: error\n" for number in range(1000, 41_000)),
        },
        2,
        "there is no finding PS1000",
        ("check",),
    ),
    "fields_that_are_none": Case(
        "big_input",
        {**one(""), "penstock.yaml": PROJECT + "".join(f"target{number}: x\n" for number in range(100_000))},
        2,
        "there are 90,000 more findings behind the first 10,000",
        ("check",),
    ),
    "fields_of_a_kustomization_that_are_none": Case(
        "big_input", one("".join(f"namePrefix{number}: x\n" for number in range(100_000))), 3, "90,000 more findings"
    ),
    "documents_without_a_kind": Case("big_input", one("", "---\na: b\n" * 99_000), 3, "89,000 more findings"),
    "documents_without_a_kind_before_a_missing_file": Case(
        "big_input",
        {"kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml, b.yaml]\n", "a.yaml": "---\na: b\n" * 11_000},
        3,
        "no file or directory b.yaml",
    ),
    "documents_that_are_lists": Case(
        "big_input", one("", "---\n- b\n" * 99_000), 3, "89,000 more findings", ("check",)
    ),
    "kustomizations_of_many_annotations": Case(
        "big_input",
        {
            f"d{number}/kustomization.yaml": f"{KUSTOMIZATION}commonAnnotations: {{{', '.join(KEYS)}}}\n"
            for number in range(20)
        },
        3,
        "PS180",
        ("check",),
    ),
    "patches_that_are_deep": Case(
        "big_input",
        one("patches:\n" + f"- patch: '{{{CONFIG_MAP_IN_BRACES}, x: {'{a: ' * 300}1{'}' * 300}}}'\n" * 200),
        0,
    ),
    "rules_of_one_object_that_cost_much_together": Case(
        "big_input",
        one(
            "",
            judged_by(
                {
                    "type": "object",
                    "properties": {"a": NUMBERS},
                    "x-kubernetes-validations": [{"rule": SUMS_OF_A}] * 12,
                },
                {"a": [*range(1, 64)]},
            ),
        ),
        1,
        "the expressions of this run have cost too much",
        ("check",),
    ),
    "messages_of_rules_that_cost_much": Case(
        "big_input",
        one(
            "",
            judged_by(
                {
                    "type": "object",
                    "properties": {"a": NUMBERS},
                    "x-kubernetes-validations": [
                        {"rule": "size(self.a) < 1", "messageExpression": f"{SUMS_OF_A} ? 'a' : 'b'"}
                    ]
                    * 60,
                },
                {"a": [*range(1, 64)]},
            ),
        ),
        1,
        "the expressions of this run have cost too much",
        ("check",),
    ),
    "rules_at_each_level_above_a_long_list": Case(
        "big_input",
        one("", judged_by(*rules_at_each_level(45, NUMBERS, [1] * 400_000))),
        0,
        "no findings",
        ("check",),
    ),
    "definitions_with_costly_defaults": Case(
        "big_input",
        one(
            "",
            judged_by({**NUMBERS, "default": [*range(1, 28)], "x-kubernetes-validations": [{"rule": SUMS}]}, [1], 300),
        ),
        1,
        "the expressions of this run have cost too much",
        ("check",),
    ),
    "policies_of_many_objects": Case(
        "big_input",
        {
            "kustomization.yaml": KUSTOMIZATION + "resources: [p.yaml, a.yaml]\n",
            "p.yaml": "---\n".join(policy_of_everything(number) for number in range(300)),
            "a.yaml": "---\n".join(CONFIG_MAP.replace("name: a", f"name: a{number}") for number in range(1_000)),
        },
        0,
        "the expressions of this run have cost too much",
        ("check",),
    ),
    "rules_beyond_the_bound_of_the_user": Case(
        "big_input",
        one("", judged_by({**NUMBERS, "x-kubernetes-validations": [{"rule": SUMS}]}, [*range(1, 20)])),
        1,
        "the expressions of this run have cost too much",
        ("check", "--bound", "cost=1000"),
    ),
    "suppressions_of_unknown_codes": Case(
        "big_input",
        {
            "kustomization.yaml": KUSTOMIZATION,
            "penstock.yaml": f"{PROJECT}suppress:\n" + "- {codes: [PS9], reason: x}\n" * 70_000,
        },
        2,
        "there are more than 10,000 suppressions",
        ("check",),
    ),
    "label_at_many_places_and_a_patch_at_each": Case("big_input", labelled(3_000), 0, "PS237"),
    "schemas_with_too_many_values": Case(
        "big_input",
        {
            f"d{number}/{name}": text
            for number in range(10)
            for name, text in {**one("openapi: {path: o.json}\ncrds: [o.json]\n"), "o.json": TYPES}.items()
        },
        3,
        "500,000 keys and values",
        ("check",),
    ),
    "patterns_of_references": Case(
        "big_input",
        {
            "penstock.yaml": f"{PROJECT}externals:\n"
            + "".join(f"- {{kind: Secret, name: 's*{number}*x*y*', reason: it is}}\n" for number in range(3_000)),
            **one(
                "",
                "---\n".join(
                    f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec: {{containers: [{{name: c, "
                    f"image: 'x:1', envFrom: [{{secretRef: {{name: s-{number}-x-y}}}}]}}]}}\n"
                    for number in range(3_000)
                ),
            ),
        },
        0,
        "no findings",
        ("check",),
    ),
    "patterns_of_what_is_left_out": Case(
        "big_input",
        {
            "penstock.yaml": f"{PROJECT}exclude:\n" + "".join(f"- '{'**/' * 40}x{number}'\n" for number in range(500)),
            **{f"d{number}/kustomization.yaml": f"{KUSTOMIZATION}resources: []\n" for number in range(400)},
        },
        0,
        "400 targets",
        ("check",),
    ),
    "dates_that_are_written_anew": Case(
        "big_input", one("", f"{CONFIG_MAP}x: [{', '.join(['2001-12-14'] * 40_000)}]\n"), 0
    ),
    "characters_that_are_escaped": Case("big_input", one("", f"{CONFIG_MAP}x: !!binary {'AAAA' * 3_000_000}\n"), 0),
    "names_that_are_near_to_none": Case("big_input", one("images:\n" + IMAGES), 0, "PS247"),
    "names_without_end_in_messages": Case(
        "big_input", one("", f"{CONFIG_MAP}? {'x' * 1_000_000}\n: 1\n"), 1, "", ("check",)
    ),
    "targets_that_are_too_much_together": Case(
        "big_input",
        targets(two=9, three=9),
        3,
        "of one target: the targets before it in this run have left 2 of them",
        ("check", "--no-cache", "--bound", "objects=10", "."),
    ),
    "many_targets_of_usual_size": Case(
        "big_input",
        targets(**{f"t{number}": 1 for number in range(20)}),
        0,
        "20 targets",
        ("check", "--no-cache", "--bound", "objects=10", "."),
    ),
    "another_bound": Case(
        "big_input",
        one("", f"{CONFIG_MAP}---\n{CONFIG_MAP.replace('name: a', 'name: b')}"),
        3,
        "bound of 1 objects",
        ("build", "--no-cache", "--bound", "objects=1", "."),
    ),
    "bases_that_are_missing": Case(
        "big_input", {"kustomization.yaml": f"resources: [{', '.join(f'm{n}' for n in range(100_000))}]\n"}, 3, "PS170"
    ),
    "field_specs_of_one_file_again_and_again": Case(
        "big_input",
        {
            **one(f"configurations: [{', '.join(['c.yaml'] * 5_000)}]\n"),
            "c.yaml": f"nameReference: {json.dumps([specs_of(n) for n in range(300)])}\n",
        },
        3,
        "PS170",
    ),
    "variables_that_do_not_end": Case(
        "big_input",
        {
            **one("configurations: [c.yaml]\n" + VARIABLE, CONFIG_MAP.replace("k: v", f"k: '{'$(' * 3_000_000}'")),
            "c.yaml": "varReference: [{path: data, kind: ConfigMap}]\n",
        },
        0,
    ),
    "names_of_2_megabytes_beside_a_secret": Case(
        "big_input",
        {**one(f"nameSuffix: {'x' * 2_000_000}\n", f"{CONFIG_MAP}---\n{SECRET}")},
        0,
        "",
        ("graph",),
    ),
    "another_bound_of_a_file": Case(
        "big_input",
        one("", CONFIG_MAP),
        3,
        "more than 3 keys and values in this file",
        ("build", "--no-cache", "--bound", "file=3", "."),
    ),
    "another_bound_of_a_patch": Case(
        "big_input",
        one(f"patches: [{{target: {{kind: ConfigMap}}, patch: '{json.dumps(OPERATIONS)}'}}]\n"),
        3,
        "more than 40 keys and values in this patch",
        ("build", "--no-cache", "--bound", "file=40", "."),
    ),
    "many_files_of_a_target": Case(
        "big_input",
        one(f"patches: [{', '.join(f'{{path: p{i}.yaml}}' for i in range(9))}]\n", **dict.fromkeys(NINE, CONFIG_MAP)),
        3,
        "beyond the bound of 50 keys and values in the files of one target",
        ("build", "--no-cache", "--bound", "files=50", "."),
    ),
    "many_large_files": Case(
        "big_input",
        {f"{name}/kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n" for name in "abc"}
        | {f"{name}/a.yaml": f"{CONFIG_MAP}x: [{'a,' * 60_000}]\n" for name in "abc"},
        3,
        "PS180",
        ("check", "--bound", "files=15000"),
    ),
    "many_large_plain_manifests": Case(
        "big_input",
        {"penstock.yaml": f"{PROJECT}targets: [{{path: app, type: directory}}]\n"}
        | {
            f"app/{name}.yaml": f"{CONFIG_MAP}x: [{'a,' * 20_000}]\n".replace("name: a", f"name: {name}")
            for name in "abc"
        },
        1,
        "3 objects, 3 errors",
        ("check", "--bound", "files=15000"),
    ),
    "many_overlays_of_many_objects": Case(
        "big_input",
        {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": MANY}
        | {f"o{i}/kustomization.yaml": "resources: [../base]\nnamePrefix: a-\n" for i in range(9)},
        3,
        "PS180",
        ("check", "--bound", "objects=1100"),
    ),
    "expression_of_a_target": Case("expressions", target("(|)" * 40 + "z"), 0, "PS257"),
    "expression_of_1000_choices": Case("expressions", target("(a|b)" * 1000), 0, "PS257"),
    "expression_of_an_image": Case("expressions", image("(|)" * 40 + "z"), 0, "PS247"),
    "expression_of_1000_choices_in_an_image": Case("expressions", image("(a|b)" * 1000), 0, "PS247"),
    "expression_in_a_path": Case(
        "expressions", selected(f"fieldPaths: ['data.[name={'(a|b)' * 1000}].x']"), 3, "PS260"
    ),
    "expression_of_a_reject": Case(
        "expressions", selected(f"reject: [{{name: '{'(a|b)' * 1000}'}}], fieldPaths: [data.k]"), 0
    ),
    "expressions_that_are_valid": Case(
        "expressions",
        one(
            "patches:\n"
            + "".join(f"- {{target: {{kind: 'Config.*', name: a{i}}}, patch: '{OPERATION}'}}\n" for i in range(500)),
            MANY,
        ),
        0,
    ),
    "large_expressions_and_a_long_name": Case("expressions", long_named("(a?){900}(a?){700}#b"), 0, "PS257"),
    "slow_expressions_and_a_long_name": Case("expressions", long_named("(a|b)*a(a|b){900}#c"), 3, "PS256"),
    "patterns_of_custom_resources": Case("expressions", patterned("(a|b)" * 1000), 1, "PS407", ("check",)),
    "slow_patterns_of_custom_resources": Case("expressions", patterned("(a|b)*a(a|b){900}c"), 1, "", ("check",)),
    "expression_of_a_label": Case("expressions", selected_by("labelSelector"), 3, "PS256"),
    "expression_of_an_annotation": Case("expressions", selected_by("annotationSelector"), 3, "PS256"),
    "expression_of_a_kind": Case("expressions", selected_by("kind"), 0, "PS257"),
    "expression_of_a_group": Case("expressions", selected_by("group"), 0, "PS257"),
    "expression_of_a_version": Case("expressions", selected_by("version"), 0, "PS257"),
    "expression_of_a_namespace": Case("expressions", selected_by("namespace"), 0, "PS257"),
    "expression_of_a_transformer": Case("expressions", one("transformers: [t.yaml]\n", t__yaml=TRANSFORMER), 0),
    "field_spec_of_50000_parts": Case(
        "big_input",
        one("configurations: [c.yaml]\nnamePrefix: x\n", c__yaml=f"namePrefix: [{DEEP_SPEC}]\n"),
        3,
        "PS170",
    ),
    "field_of_a_label_of_50000_parts": Case(
        "big_input", one(f"labels: [{{pairs: {{a: b}}, fields: [{DEEP_SPEC}]}}]\n"), 3, "PS170", ("check",)
    ),
    "field_spec_of_a_transformer_of_50000_parts": Case(
        "big_input",
        one("transformers: [t.yaml]\n", t__yaml=f"{ANNOTATIONS_TRANSFORMER}fieldSpecs: [{DEEP_SPEC}]\n"),
        3,
        "PS170",
    ),
    "expression_of_a_source": Case("expressions", one(SOURCE_BY_EXPRESSION), 3, "PS26"),
    "value_by_an_alias": Case("secrets", one("", ALIASED), 0, "data.k: (withheld)", ("explain", "a.yaml:5")),
    "value_in_a_kind": Case("secrets", leaked("kind"), 1, "(withheld)", ("check",)),
    "value_in_a_name": Case("secrets", leaked("metadata.name"), 1, "(withheld)", ("check",)),
    "value_in_a_namespace": Case("secrets", leaked("metadata.namespace"), 1, "(withheld)", ("check",)),
    "value_in_a_label": Case("secrets", leaked("metadata.labels.x/y/z"), 1, "", ("check",)),
    "alias_by_mistake": Case("secrets", one("", SECRET.replace("Hunter2", "*Hunter2")), 3, "PS103"),
    "key_in_an_env_file": Case(
        "secrets", one("secretGenerator: [{name: g, envs: [e]}]\n", e=KEY_FILE), 1, "(withheld)", ("check",)
    ),
    **{
        f"value_in_{path}_by_{command}": Case(
            "secrets",
            leaked(path, kind),
            0,
            "(withheld)",
            (command, LINE_OF_THE_VALUE) if command == "explain" else (command,),
        )
        for command, kind, path in SHOWN
    },
    "value_copied_to_a_name": Case("secrets", moved("copy", "/metadata/name"), 1, "(withheld)", ("check",)),
    "value_copied_to_a_label": Case("secrets", moved("copy", "/metadata/labels"), 1, "", ("check",)),
    "value_moved_to_a_namespace": Case("secrets", moved("move", "/metadata/namespace"), 1, "(withheld)", ("check",)),
    "value_moved_to_a_namespace_in_a_graph": Case(
        "secrets", moved("move", "/metadata/namespace"), 0, "(withheld)", ("graph",)
    ),
    **{
        f"odd_secret_explained_{number}": Case("secrets", one("", text), 0, "(withheld)", EXPLAIN)
        for number, text in enumerate(ODD_SECRETS)
    },
    "patch_of_a_secret_explained": Case(
        "secrets", one(SECRET_PATCH, SECRET), 0, "(withheld)", ("explain", ".", "Secret/s", "stringData.password")
    ),
    "metadata_of_a_secret_explained": Case(
        "secrets", one("", APPLIED), 0, "(withheld)", ("explain", ".", "Secret/s", "metadata")
    ),
    "whole_secret_explained": Case("secrets", one("", SECRET), 0, "(withheld)", ("explain", ".", "Secret/s")),
    "words_of_a_policy": Case("secrets", one("", f"{SECRET}---\n{POLICY}"), 1, "withheld", ("check",)),
    "variable_of_flux": Case("secrets", flux("name: '${PASSWORD} x'"), 1, "(withheld)", ("check",)),
    "variable_of_flux_in_a_graph": Case("secrets", flux("name: '${PASSWORD}'"), 0, "(withheld)", ("graph",)),
    "value_of_a_release": Case("secrets", released("name: '{{ .Values.password }} x'"), 1, "(withheld)", ("check",)),
    "value_of_a_release_in_a_failure": Case(
        "secrets", released("name: {{ fail (print .Values.password) }}"), 3, "(withheld)", ("check",)
    ),
    "line_behind_a_separator": Case("secrets", one("", f"{SECRET}--- Hunter2-of-the-shop\n"), 3, "PS163"),
    "literal_among_the_files": Case(
        "secrets", one("secretGenerator: [{name: g, files: ['a=b=Hunter2-of-the-shop']}]\n"), 3, "PS222", ("check",)
    ),
    "loop_of_links_explained": Case(
        "symlinks", {**one(""), "b.yaml": "->b.yaml"}, 2, "b.yaml cannot be read", ("explain", "b.yaml:1")
    ),
    "link_out_of_the_repository_explained": Case(
        "symlinks", {**one(""), "b.yaml": "->/etc/hostname"}, 2, "there is no file b.yaml", ("explain", "b.yaml:1")
    ),
    "texts_that_are_printed_anew_many_times": Case("big_input", one(*printed_anew()), 3, "PS170"),
    "odd_resources_that_flux_builds": Case(
        "big_input",
        {
            "clusters/prod/apps.yaml": FLUX.replace("PATH", "./app"),
            "app/kustomization.yaml": f"{KUSTOMIZATION}resources: [true]\n",
        },
        3,
        "PS111",
        ("check",),
    ),
    "patterns_of_flux": Case("expressions", patterns_of_flux(), 3, "PS196", ("check",)),
    "patterns_of_flux_in_many_targets": Case("expressions", patterns_in_targets(100), 3, "PS196", ("check",)),
    "expressions_for_a_long_name_in_many_targets": Case("expressions", names_in_targets(40), 3, "PS256", ("check",)),
    "releases_that_take_long": Case("expressions", releases_that_take_long(100), 3, "PS180", ("check",)),
    "long_names_of_nothing": Case(
        "expressions",
        {
            "b/x/file.yaml": "a: b\n",
            "b/kustomization.yaml": "".join(
                [
                    f"{KUSTOMIZATION}resources:\n",
                    *(f"- {'x/../' * 4_000}gone{number}\n" for number in range(60)),
                    *(f"- ../../../base{number}\n" for number in range(5_000)),
                ]
            ),
        },
        3,
        "PS101",
        ("build", "b"),
    ),
    "patterns_of_exclude": Case(
        "expressions",
        {
            "penstock.yaml": f"{PROJECT}exclude: [{', '.join(f'x{number}/**' for number in range(20_000))}]\n",
            **{f"d{number}/kustomization.yaml": f"{KUSTOMIZATION}resources: []\n" for number in range(100)},
        },
        1,
        "100 targets",
        ("targets",),
    ),
    "patterns_of_targets": Case(
        "expressions",
        {
            "penstock.yaml": f"{PROJECT}targets:\n" + "".join(f"- {{path: 'x{n}/*', app: a}}\n" for n in range(20_000)),
            **{f"d{number}/kustomization.yaml": f"{KUSTOMIZATION}resources: []\n" for number in range(100)},
        },
        1,
        "100 targets",
        ("targets",),
    ),
    "patterns_of_plain_targets": Case(
        "expressions",
        {
            "penstock.yaml": f"{PROJECT}targets:\n"
            + "".join(f"- {{path: 'x{n}/*', type: directory}}\n" for n in range(20_000)),
            **{f"d{number}/kustomization.yaml": f"{KUSTOMIZATION}resources: []\n" for number in range(100)},
        },
        1,
        "100 targets",
        ("targets",),
    ),
    "patterns_of_a_source": Case("expressions", with_patterns(3_000, "a"), 3, "PS119", ("check",)),
    "signs_of_the_patterns_of_a_source": Case("expressions", with_patterns(100, "a" * 1_000), 3, "PS119", ("check",)),
    "releases_within_a_bound_of_the_user": Case(
        "expressions", releases_that_take_long(2), 0, "no findings", ("check", "--bound", "steps=20000000")
    ),
    "many_policies_for_large_objects": Case("expressions", one("", policies(40)), 0, "PS409", ("check",)),
    "defaults_of_many_definitions": Case(
        "expressions", one("", defaults_of_definitions(60)), 0, "no findings", ("check",)
    ),
    "rules_of_many_definitions": Case("expressions", one("", rules_of_definitions(60)), 0, "PS409", ("check",)),
    "many_kustomizations_in_a_circle": Case("big_input", circle(3_000), 3, "PS170", ("check",)),
    "many_kustomizations_in_a_shorter_circle": Case("big_input", circle(900), 3, "PS122", ("check",)),
    "definitions_that_lead_on": Case("big_input", leading_on(400), 1, "400 targets", ("targets",)),
    "definitions_in_a_long_circle": Case("big_input", leading_on(400, back=True), 1, "400 targets", ("targets",)),
    "entries_that_lead_on": Case("big_input", leading_on(400, own=True), 1, " targets in ", ("targets",)),
    "another_kind": Case("secrets", one(ANOTHER_KIND, SECRET), 1, "", ("check",)),
    "escapes_in_a_name": Case(
        "terminals", one("", CONFIG_MAP.replace("name: a", 'name: "\\e[2Jall is well"')), 1, "", ("check",)
    ),
    "escapes_in_a_file_name": Case(
        "terminals", {"kustomization.yaml": f'{KUSTOMIZATION}resources: ["\\e[2Jgone.yaml"]\n'}, 3, "PS101"
    ),
}


MEASURED = Path(__file__).with_name("measured.py")


class Answer(NamedTuple):
    status: int
    out: str
    err: str
    seconds: float
    memory: int


def bounded() -> None:
    """In the child: it is ended where it goes far beyond the bounds."""
    resource.setrlimit(resource.RLIMIT_CPU, (6 * SECONDS, 6 * SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))


def answer(top: Path, command: tuple[str, ...]) -> Answer:
    """Run a command in a process of its own."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(top.parent / "home"), "PYTHONPATH": ":".join(sys.path)}
    took = top.parent / "took"
    argv = [sys.executable, "-S", str(MEASURED), str(took), sys.executable, "-m", "penstock", *command]
    with (top.parent / "out").open("wb") as out, (top.parent / "err").open("wb") as err:
        subprocess.run(argv, cwd=top, stdout=out, stderr=err, env=environ, preexec_fn=bounded, check=True)
    out_text, err_text = ((top.parent / name).read_text(errors="replace") for name in ("out", "err"))
    status, seconds, memory = took.read_text().split()
    return Answer(int(status), out_text, err_text, float(seconds), int(memory))


def lay_out(files: dict[str, str], top: Path) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            path.symlink_to(text[2:])
        else:
            path.write_text(text)


def tried(family: str) -> Callable[[Callable[[Path, str], None]], Callable[[Path, str], None]]:
    names = [name for name, case in TRIED.items() if case.family == family]
    return pytest.mark.parametrize("name", names)


def hold(folder: Path, name: str) -> Answer:
    """Lay out a case, run it, and check the laws: the status, no traceback, the bounds, no Secret, no escapes."""
    case = TRIED[name]
    top = folder / "repository"
    (top / ".git").mkdir(parents=True)
    lay_out({"kustomization.yaml": f"{KUSTOMIZATION}resources: [a.yaml]\n", "a.yaml": CONFIG_MAP}, folder / "outside")
    lay_out(case.files, top)
    got = answer(top, case.command)
    said = got.err + (got.out if case.command[0] not in ("build", "template") else "")
    assert (got.status, case.said in said) == (case.status, True), said[:1000]
    assert "Traceback" not in said
    assert "unter2" not in said
    assert not any(character < " " and character != "\n" for character in said)
    assert got.memory < MEMORY
    assert got.seconds < 3 * SECONDS  # of processor time; a machine of CI may be slow, an attack takes minutes
    return got


@tried("path_traversal")
def test_path_traversal(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("symlinks")
def test_symlinks(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("writing_outside")
def test_writing_outside(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)
    assert {path.name for path in tmp_path.iterdir()} - {"home"} == {"repository", "outside", "out", "err", "took"}
    assert {path.name for path in (tmp_path / "outside").iterdir()} == {"kustomization.yaml", "a.yaml"}
    assert (tmp_path / "outside" / "a.yaml").read_text() == CONFIG_MAP


@tried("options_and_programs")
def test_options_and_programs(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("big_input")
def test_big_input(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("expressions")
def test_expressions(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("secrets")
def test_secrets(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("templates")
def test_templates(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


@tried("terminals")
def test_terminals(tmp_path: Path, name: str) -> None:
    hold(tmp_path, name)


def test_every_class_is_held_by_something() -> None:
    here = {case.family for case in TRIED.values()}
    assert here | ELSEWHERE.keys() == set(CLASSES)
    for module in ELSEWHERE.values():
        assert (Path(__file__).parent / f"{module}.py").exists()


def test_a_thousand_directories_inside_one_another(tmp_path: Path) -> None:
    top = tmp_path / "repository"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("d", dir_fd=here)
        here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    try:
        got = answer(top, ("check",))
    finally:
        subprocess.run(["rm", "-r", top], check=True)  # pytest's own way recurses
    assert got.status == 2
    assert "there is no kustomization" in got.err
