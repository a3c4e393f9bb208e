"""Hostile edits of charts, of definitions of Argo CD and Flux, of policies in CEL and of schemas."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hostile_edits import CANARY, EXPRESSIONS, ODD, Edit, Files, containers, field, kustomization, project

from penstock.gotemplate.functions import HELM

FIXTURES = Path(__file__).parent.parent / "fixtures"

# --- charts -----------------------------------------------------------------------------------------------------------

TEMPLATES = (
    "{{ range until 100000000 }}x{{ end }}",
    "{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}",
    '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}',
    '{{ define "t" }}{{ tpl "{{ include \\"t\\" . }}" . }}{{ end }}{{ include "t" . }}',
    '{{ repeat 1000000000 "x" }}',
    '{{ printf "%1000000000d" 1 }}',
    '{{ printf "%*d %.999999999f" 1000000000 1 1.0 }}',
    '{{ regexReplaceAll (repeat 1000 "(a|b)") (repeat 100000 "ab") "$1$1$1" }}',
    '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ toYaml $d }}{{ toJson $d }}{{ print $d }}',
    '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ deepCopy $d }}{{ mergeOverwrite $d $d }}{{ deepEqual $d $d }}',
    '{{ $x := "x" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}',
    "{{ $l := list 1 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}{{ len $l }}",
    '{{ toYaml (fromYaml "a: &a [x,x]\\nb: &b [*a,*a]\\nc: [*b,*b]") }}',
    '{{ fromJson (repeat 100000 "[") }}{{ fromYaml (repeat 100000 "[") }}',
    '{{ range until 50 }}{{ genCA "x" 100000000 | toYaml }}{{ end }}',
    '{{ genPrivateKey "rsa" }}{{ genPrivateKey "dsa" }}{{ genPrivateKey "x" }}',
    "{{ untilStep 0 10 0 }}{{ seq 1 1000000000 }}",
    '{{ .Files.Get "../../../etc/passwd" }}{{ .Files.Get "/etc/passwd" }}{{ (.Files.Glob "../**").AsConfig }}',
    '{{ range $p, $_ := .Files.Glob "**" }}{{ $.Files.Get $p | b64enc }}{{ end }}',
    '{{ lookup "v1" "Secret" "" "" }}{{ getHostByName "localhost" }}{{ env "HOME" }}{{ expandenv "$PATH" }}',
    '{{ fail "\\x1b[2Jall is well" }}',
    '{{ semverCompare (repeat 10000 ">1 || ") "1.2.3" }}',
    '{{ date (repeat 100000 "2006") now }}{{ dateModify "999999999999h" now }}',
    '{{ bcrypt (repeat 1000 "x") }}{{ range until 100 }}{{ htpasswd "a" "b" }}{{ end }}',
    "{{" + "(" * 20_000,
    "{{ ." + "a." * 20_000 + " }}",
    "{{ with . }}" * 5_000 + "{{ end }}" * 5_000,
    "{{ $x := 1 }}" * 50_000,
    "{{ end }}",
    "{{/*",
    "{{ break }}",
    "{{ template (repeat 1000000 `x`) . }}",
)
ARGUMENTS = (
    *('""', "-1", "0", "1", "9223372036854775807", "1e308", "-1e308", "nil", "true", ".", "$", ".Values", ".Files"),
    *("(list)", "(dict)", '(repeat 10000 "ab")', '"\\x00"', "(until 1000)", "now", '"(a|b)*"', '"%s%d%*d"', ".Chart"),
    *('(list (list) (dict "a" nil))', '"1.2.3"', '"2006-01-02"', '"a.b.c"', '"[1,{"', "(tuple 1 2)", '"\\u202e"'),
)


def calls(chance: random.Random) -> str:
    """Calls of any functions with any arguments."""
    names = sorted(HELM)
    made = (f"{{{{ {chance.choice(names)} {' '.join(chance.choices(ARGUMENTS, k=chance.randrange(5)))} }}}}"
            for _ in range(chance.choice((1, 1, 5))))  # fmt: skip
    return "\n".join(made)


def fragment(chance: random.Random) -> str:
    return chance.choice(TEMPLATES) if chance.random() < 0.5 else calls(chance)


def template(chance: random.Random, files: Files) -> None:
    """Put a hostile action into a template of a chart; into one of its own, where there is none."""
    names = [name for name in files if "/templates/" in f"/{name}"]
    name = chance.choice(names) if names else chart(chance, files)
    text = files[name] if isinstance(files[name], str) else "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), f"x: {fragment(chance)}")
    files[name] = "\n".join(lines)


def chart(chance: random.Random, files: Files) -> str:
    """A chart that a kustomization, an Application, a HelmRelease and penstock.yaml name; its template."""
    files["charts/c/Chart.yaml"] = [{"apiVersion": "v2", "name": "c", "version": "1.0.0"}]
    files["charts/c/values.yaml"] = [{"password": "", "list": [*range(100)], "a": {"b": "c"}}]
    files["charts/c/templates/a.yaml"] = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ .Values.password }} x'\ndata:\n"
        "  a: {{ .Values.password | b64enc }}\n"
    )
    top = kustomization(files)
    top["helmCharts"] = [{"name": "c", "releaseName": "r", "valuesInline": {"a": chance.choice(ODD)}}]
    top["helmGlobals"] = {"chartHome": "charts"}
    files.setdefault("penstock.yaml", project(files))
    if isinstance(files["penstock.yaml"], list) and isinstance(files["penstock.yaml"][0], dict):
        files["penstock.yaml"][0]["charts"] = [{"path": "charts/c", "environment": "prod", "release": "r"}]
    return "charts/c/templates/a.yaml"


def leaking_release(chance: random.Random, files: Files) -> None:
    """A value of a Secret goes through a chart of Flux to where it does not belong."""
    files[chart(chance, files)] = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ .Values.password }} x'\n"
        f"  labels: {{a: {chance.choice(('{{ .Values.password | b64enc }}', '{{ fail .Values.password }}'))}}}\n"
    )
    of_flux = {"namespace": "flux-system"}
    source = {"kind": "GitRepository", "name": "flux-system"}
    values = chance.choice((f"password: {CANARY}\n", f"password: [{CANARY}\n", CANARY, f"password: {{x: {CANARY}}}\n"))
    files["clusters/prod/all.yaml"] = [
        {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
         "metadata": {"name": "flux-system", **of_flux},
         "spec": {"interval": "1m", "prune": True, "path": "./clusters/prod", "sourceRef": source}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", **of_flux}, "stringData": {"v": values}},
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "r", **of_flux},
         "spec": {"interval": "1m", "chart": {"spec": {"chart": "./charts/c", "sourceRef": source}},
                  "valuesFrom": [{"kind": "Secret", "name": "s", "valuesKey": "v"}]}},
    ]  # fmt: skip


# --- definitions ------------------------------------------------------------------------------------------------------

VARIABLES = (
    "${A" + ":-${A" * 200 + "}" * 201,
    "${A//a/${A}${A}}" * 100,
    "${A##*a*b*a*b*c}" * 200,
    "${A:-1:99999999999999999999}",
    "${" * 50_000,
    "${A:=x} ${#A} ${A^^} ${A/a/b} ${A",
    "$${A} ${1A} ${A-} ${A:?x}",
)
GO = (
    "{{ range until 1000000 }}{{ . }}{{ end }}",
    "{{ .a.b.c }}",
    "{{path}}",
    "{{ toYaml . }}",
    "{{",
    "{{name}}" * 1000,
)
"""Templates of ApplicationSets."""

MEANT = frozenset(
    (
        *("path", "repoURL", "targetRevision", "chart", "name", "namespace", "server", "project", "template", "files"),
        *("directories", "elements", "generators", "values", "valueFiles", "sourceRef", "dependsOn", "postBuild"),
        *("substitute", "substituteFrom", "patches", "images", "url", "ref", "kind", "spec", "goTemplate", "selector"),
        *("syncWindows", "schedule", "duration", "environment", "targets", "clusters", "destination", "metadata"),
    )
)
"""Keys that mean something to Argo CD, to Flux or to penstock.yaml."""


def definition(chance: random.Random, files: Files) -> None:
    """Something hostile at a key that is read."""
    documents = [document for content in files.values() if isinstance(content, list) for document in content]
    places = [
        (place, key) for place in containers(documents) if isinstance(place, dict) for key in place if key in MEANT
    ]
    if places:
        place, key = chance.choice(places)
        value = place[key]
        place[key] = chance.choice((*ODD, *EXPRESSIONS, *VARIABLES, *GO, None, [], {}, 8, [value] * 100, {"x": value}))


def many_elements(chance: random.Random, files: Files) -> None:
    """Generators that come to very much together."""
    names = [
        {"list": {"elements": [{f"n{depth}": f"v{i}"} for i in range(chance.choice((3, 300)))]}} for depth in (0, 1)
    ]
    whole: dict[str, Any] = {"matrix": {"generators": names}}
    for _ in range(chance.choice((0, 1, 5))):
        whole = {chance.choice(("matrix", "merge")): {"generators": [whole, names[0]], "mergeKeys": ["n0"]}}
    spec = {"project": "x", "source": {"repoURL": "https://x/y", "path": "{{n0}}"}, "destination": {"name": "in"}}
    files["sets.yaml"] = [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "s"},
         "spec": {"generators": [whole], "goTemplate": chance.random() < 0.5,
                  "template": {"metadata": {"name": chance.choice(("{{n0}}-{{n1}}", *GO))}, "spec": spec}}}
    ]  # fmt: skip


def flux_chain(chance: random.Random, files: Files) -> None:
    """Kustomizations of Flux that lead to one another, and variables that nobody would write."""
    number = chance.choice((2, 20, 50))
    for index in range(number):
        below = index + 1 if chance.random() < 0.95 else 0
        files[f"clusters/prod/{index}/k.yaml"] = [
            {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
             "metadata": {"name": f"k{index}", "namespace": "flux-system"},
             "spec": {"path": f"./clusters/prod/{below}", "prune": True, "interval": "1m",
                      "dependsOn": [{"name": f"k{below}"}],
                      "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
                      "postBuild": {"substitute": {"A": chance.choice(("ab" * 20_000, "x", ""))}}}}
        ]  # fmt: skip
    files[f"clusters/prod/{number}/a.yaml"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": chance.choice(VARIABLES)}}
    ]


# --- policies and schemas ---------------------------------------------------------------------------------------------

CEL = (
    "(" * 10_000,
    "self" + ".a" * 10_000,
    "1" + "+1" * 10_000,
    "!" * 10_000 + "true",
    "[" * 500 + "]" * 500,
    "'" + "x" * 1_000_000 + "'",
    "self.name.matches('" + "(a|b)" * 1_000 + "')",
    "'%.1000000f'.format([1.0])",
    "'%s'.format([self])",
    "quantity('1e999999999').isGreaterThan(quantity('1'))",
    "'x'" + ".replace('', 'xxxxxxxx')" * 30,
    "self" + ".map(x, [x, x])" * 40,
    "[1,2,3,4,5,6,7,8,9]" + "".join(f".all(x{i}, [1,2,3,4,5,6,7,8,9].all(y{i}, true))" for i in range(1)),
    "timestamp('9999-12-31T23:59:59Z') + duration('99999999h')",
    "duration('1' + 'h1' )",
    "url('http://[::1').getHost()",
    "9223372036854775807 * 2 - 1 / 0",
    "{1: 2, true: 3, 'a': 4}[null]",
    "self.exists_one(x, self.exists_one(y, x == y))",
    "object.stringData.password",
    "\x1b[2J",
    "'\\ud800'",
    "has(self)",
    "cel.bind(x, [1,2], [x, x])" + ".size()",
)


def expressions() -> list[str]:
    read = yaml.load((FIXTURES / "cel" / "expressions.yaml").read_text(), yaml.CSafeLoader)
    return [str(case["text"]) for case in read["cases"]]


KNOWN = expressions()


def cel(chance: random.Random) -> str:
    """An expression: a hostile one, or known ones within one another, with something lost or doubled."""
    if chance.random() < 0.4:
        return chance.choice(CEL)
    text = chance.choice(KNOWN)
    for _ in range(chance.choice((0, 1, 8))):
        other = chance.choice(KNOWN)
        text = chance.choice(
            (f"({text}) == ({other})", f"[{text}, {other}].all(x, {text})", f"{text} ? {other} : {text}", f"-({text})",
             f"{text}.size()", f"{{{text}: {other}}}", f"self.list.map(x, {text})")
        )  # fmt: skip
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(("", "", "(", "]", ".", "'", "\n", "x")) + text[at + chance.choice((0, 0, 1)) :]


def policy(chance: random.Random, files: Files) -> None:
    """A policy that judges every object of the tree, and the Secret that it could tell on."""
    kind = chance.choice(("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"))
    rules = [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}]
    said = chance.choice(("object.stringData.password", "string(object)", cel(chance)))
    spec: dict[str, Any] = {
        "matchConstraints": {"resourceRules": rules},
        "validations": [{"expression": cel(chance), "messageExpression": said} for _ in range(chance.choice((1, 30)))],
        "variables": [{"name": "v", "expression": cel(chance)}],
        "matchConditions": [{"name": "m", "expression": chance.choice(("true", cel(chance)))}],
        "auditAnnotations": [{"key": "a", "valueExpression": cel(chance)}],
    }
    files["policy.yaml"] = [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "p"}, "spec": spec},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": f"{kind}Binding", "metadata": {"name": "b"},
         "spec": {"policyName": "p", "validationActions": ["Deny"]}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "leak"}, "stringData": {"password": CANARY}},
    ]  # fmt: skip
    field("resources", "policy.yaml")(chance, files)


WORDS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("type", ("object", "array", "string", "integer", None, ["string", "null"], "x", 1)),
    ("properties", ({}, {"a": {"type": "string"}}, None, [], {"a": None}, {str(i): {} for i in range(1_000)})),
    ("items", ({"type": "string"}, [], [{"type": "string"}], None)),
    ("additionalProperties", (True, False, {"type": "string"}, None, [])),
    ("pattern", (*EXPRESSIONS, "^a$", 8)),
    ("enum", ([], [None], ["a"] * 3, [*range(3_000)], [{"a": []}])),
    ("required", (["a"], ["a", "a"], "a", [None], [f"p{i}" for i in range(1_000)])),
    ("minimum", (1e999, -1, "x", 10**400)),
    ("multipleOf", (0, 1e-300, -1, 0.1)),
    ("maxLength", (-1, 1e999, "x")),
    ("maxItems", (0, -1, 10**30)),
    ("format", ("date-time", "int32", "ipv4", "cidr", "x", None)),
    ("default", (None, "a", {"a": {}}, [[]], 1e999)),
    ("x-kubernetes-list-map-keys", (["a"], [], [None], "a")),
    ("x-kubernetes-list-type", ("map", "set", "x", None)),
    ("x-kubernetes-preserve-unknown-fields", (True, "x", None)),
    ("x-kubernetes-int-or-string", (True, None)),
    ("$ref", ("#", "#/definitions/a", "file:///etc/passwd", "http://127.0.0.1:1/x.json", "../../../etc/passwd", 8)),
    ("not", ({}, {"type": "string"}, None)),
    ("uniqueItems", (True, None)),
)  # fmt: skip


def schema(chance: random.Random, depth: int = 0) -> Any:
    """A schema, as it should be in parts."""
    made = {word: chance.choice(values) for word, values in chance.sample(WORDS, chance.randrange(1, 6))}
    if chance.random() < 0.5:
        made["x-kubernetes-validations"] = [{"rule": cel(chance), "messageExpression": cel(chance)}]
    if depth < 4 and chance.random() < 0.6:
        made["properties"] = {name: schema(chance, depth + 1) for name in ("a", "b", chance.choice(ODD))}
    if depth < 3 and chance.random() < 0.2:
        made[chance.choice(("allOf", "anyOf", "oneOf"))] = [schema(chance, depth + 1) for _ in range(3)]
    return made


def doubling_schema(depth: int) -> dict[str, Any]:
    """Definitions each of which has the next one in two ways."""
    both = {f"s{i}": {"anyOf": [{"$ref": f"#/definitions/s{i + 1}"}] * 2} for i in range(depth)}
    return {"definitions": {**both, f"s{depth}": {"type": "integer"}}, "$ref": "#/definitions/s0"}


def values_of(chance: random.Random) -> Iterator[tuple[str, Any]]:
    for name in ("a", "b", "c"):
        yield (
            name,
            chance.choice((None, "a", 1, [], {"a": "b"}, ["a", "a"], [*range(20_000)], "ab" * 10_000, {"a": {}})),
        )


def schemas(chance: random.Random, files: Files) -> None:
    """A custom resource with its definition, or with a schema that penstock.yaml names."""
    spec = schema(chance)
    whole = {"type": "object", "properties": {"spec": spec}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    names = {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }  # fmt: skip
    thing = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "t"},
        "spec": dict(values_of(chance)),
    }
    files["thing.yaml"] = [thing]
    field("resources", "thing.yaml")(chance, files)
    if chance.random() < 0.5:
        files["definition.yaml"] = [definition]
        field("resources", "definition.yaml")(chance, files)
        return
    catalogue = chance.choice((whole, doubling_schema(30), {"$ref": "#"}, {"properties": {"spec": {"$ref": "#"}}}))
    files["schemas/example.com/thing_v1.json"] = json.dumps(catalogue)
    files.setdefault("penstock.yaml", project(files))
    if isinstance(files["penstock.yaml"], list) and isinstance(files["penstock.yaml"][0], dict):
        files["penstock.yaml"][0]["schemas"] = chance.choice(
            (["schemas"], ["{{.Group}}/{{.ResourceKind}}"], ["."], [".."])
        )


def openapi(chance: random.Random, files: Files) -> None:
    """Definitions by which Kustomize merges."""
    types = {f"v1.T{i}": schema(chance) for i in range(chance.choice((1, 30)))}
    types["v1.T0"] = {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "ConfigMap"}],
                      "properties": {"data": {"$ref": "#/definitions/v1.T0"}, "metadata": schema(chance)}}  # fmt: skip
    files["openapi.json"] = json.dumps({"definitions": types})
    kustomization(files)["openapi"] = {"path": "openapi.json"}


FLEET_EDITS: tuple[Edit, ...] = (
    template, template, leaking_release, definition, definition, many_elements, flux_chain, policy, policy, schemas,
    schemas, openapi,
)  # fmt: skip
