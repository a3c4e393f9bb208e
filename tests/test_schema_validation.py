"""Schemas: fixtures with the line of every finding, `accept` against `explain`, and both against `jsonschema`."""

import copy
import json
import random
import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from tests.cases import FIXTURES, SCHEMAS, memory, mutated, mutations, resource, resources, valid_bodies, wanted

from penstock.files import resource_of_package
from penstock.model import Diagnostic, Pointer, Tree
from penstock.parse.locate import locate
from penstock.validate.check import validate
from penstock.validate.explain import Definition, explain
from penstock.validate.schemas import Kind, load

CASES = sorted(
    path for family in ("rules", "schema", "custom", "server") for path in (FIXTURES / family).glob("*.yaml")
)
STRUCTURAL = {"PS400": "additionalProperties", "PS401": "type", "PS402": "required"}
"""What the schemas of `kubernetes-validate` can say. Our other codes are about what they leave out."""


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_finding_is_on_its_line(path: Path) -> None:
    text = path.read_text()
    _, diagnostics = validate(resources(text), SCHEMAS)
    assert {(locate(memory(text), each.where).line, each.code) for each in diagnostics} == wanted(text)


@pytest.mark.parametrize("body", valid_bodies(), ids=lambda body: f"{body['kind']}-{body['metadata']['name']}")
def test_what_the_api_server_accepts_has_no_findings(body: Tree) -> None:
    assert validate([resource(body)], SCHEMAS)[1] == []


def test_the_documents_that_agreement_is_measured_with_have_no_findings() -> None:
    paths = sorted((FIXTURES / "agreement").glob("*.yaml"))
    found = validate([each for path in paths for each in resources(path.read_text())], SCHEMAS)[1]
    assert [each for each in found if each.code != "PS456"] == []


@pytest.mark.parametrize("version", ["1.25", "1.30", "1.37"])
def test_accept_and_explain_agree(version: str) -> None:
    schemas = load(resource_of_package("kubernetes.pack"), version)
    for body in mutations(600, seed=1):
        if known := schemas.find(kind_of(body)):
            faults = list(explain(known.schema, body, (), schemas.definition))
            assert known.accept(body) == (not faults), faults


def test_no_shape_of_a_body_makes_a_check_fail() -> None:
    bodies = [each.body for path in (FIXTURES / "server").glob("*.yaml") for each in resources(path.read_text())]
    rng = random.Random(4)
    for _ in range(4000):
        body = mutated(rng.choice(bodies), rng)
        if known := SCHEMAS.find(kind_of(body)):
            faults = list(explain(known.schema, body, (), SCHEMAS.definition))
            assert known.accept(body) == (not faults), faults


@pytest.mark.parametrize(("version", "count"), [("1.25", 300), ("1.37", 1200)])
def test_jsonschema_finds_the_same_faults_at_the_same_places(version: str, count: int) -> None:
    schemas = load(resource_of_package("kubernetes.pack"), version)
    compared = invalid = 0
    for body in [*valid_bodies(), *mutations(count, seed=2)]:
        known = schemas.find(kind_of(body))
        if not known or has_null_item(body):
            continue  # by design: a null in a list with keys is refused, as server-side apply does
        faults = explain(known.schema, body, (), without_table(version, schemas.definition))
        ours = {(STRUCTURAL[fault.code], place(fault.code, fault.at)) for fault in faults if fault.code in STRUCTURAL}
        theirs = set(oracle_faults(version, schemas.kinds[kind_of(body)], body))
        assert ours == theirs, json.dumps(body)
        compared += 1
        invalid += bool(theirs)
    assert compared > count * 0.6
    assert invalid > compared * 0.3


def kind_of(body: Tree) -> Kind:
    group, _, version = body["apiVersion"].rpartition("/")
    return Kind(group, version, body["kind"])


def has_null_item(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(map(has_null_item, tree.values()))
    return isinstance(tree, list) and any(item is None or has_null_item(item) for item in tree)


def place(code: str, at: Pointer) -> Pointer:
    """`jsonschema` reports an unknown field at its parent."""
    return at[:-1] if code == "PS400" else at


def oracle_faults(version: str, name: str, body: Tree) -> Iterator[tuple[str, Pointer]]:
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": oracle_definitions(version)})
    for error in validator.iter_errors(body):
        assert isinstance(error, ValidationError)
        word = "type" if error.validator == "anyOf" else str(error.validator)
        yield word, tuple(error.absolute_path)


@cache
def oracle_definitions(version: str) -> Tree:
    """The definitions of `kubernetes-validate` as they are, but for what is different by design."""
    spec = find_spec("kubernetes_validate")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    text = (folder / "_definitions.json").read_text().replace("/api/_definitions.json#/", "#/")
    definitions: Tree = json.loads(text)["$defs"]
    for name, definition in definitions.items():
        if name.endswith((".Quantity", ".IntOrString")):
            # `oneOf` refuses null, since both arms allow it; the API server takes null as unset.
            definition["anyOf"] = definition.pop("oneOf")
        for field in ("apiVersion", "kind"):
            # The API server does not read these two in an object inside another; at the root they choose the schema.
            definition.get("properties", {}).get(field, {}).pop("enum", None)
    return definitions


def without_table(version: str, definition: Definition) -> Definition:
    """The definitions as OpenAPI has them: without what `schemas/validation.yaml` adds."""
    original = oracle_definitions(version)

    @cache
    def bare(name: str) -> Tree:
        node = {key: value for key, value in definition(name).items() if key not in ("filled", "relations", "required")}
        return node | {"required": original[name].get("required", [])}

    return bare


def findings(text: str) -> list[Diagnostic]:
    return validate(resources(text), SCHEMAS)[1]


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("{schedule: '@daily', restartPolicy: Never}", "valid at spec.jobTemplate.spec.template.spec"),
        ("{schedule: '@daily', containers: []}", "valid at spec.jobTemplate.spec.template.spec"),
        ("{schedule: '@daily', parallelism: 2}", "valid at spec.jobTemplate.spec"),
        ("{schedule: '@daily', labels: {a: b}}", "valid at metadata"),
        ("{schedule: '@daily', jobtemplate: {}}", 'did you mean "jobTemplate"?'),
        ("{schedule: '@daily', concurencyPolicy: Forbid}", 'did you mean "concurrencyPolicy"?'),
        ("{schedule: '@daily', jobTemplate: {spec: {}, hello: 1}}", 'known here: "metadata" or "spec"'),
        ("{schedule: '@daily', jobTemplate: {spec: {hello: 1}}}", ""),
    ],
)
def test_the_hint_of_an_unknown_field(spec: str, hint: str) -> None:
    found = findings(f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: a}}\nspec: {spec}\n")
    assert [each.hint for each in found if each.code == "PS400"] == [hint]


@pytest.mark.parametrize(
    ("api_version", "kind", "message", "hint"),
    [
        ("apps/v1", "Deploymnt", "Kubernetes 1.37 has no kind apps/v1 Deploymnt", 'did you mean "Deployment"?'),
        ("apps/v2", "Deployment", "apps/v2 has no kind Deployment", 'use "apps/v1"'),
        ("v1", "Ingress", "v1 has no kind Ingress", 'use "networking.k8s.io/v1"'),
        ("policy/v1beta1", "PodDisruptionBudget", "was removed in Kubernetes 1.25", "use policy/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", "was removed in Kubernetes 1.25", ""),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "was removed in Kubernetes 1.26", "use autoscaling/v2"),
        (
            "example.com/v1",
            "Widget",
            "no schema for example.com/v1 Widget: not checked",
            "add its CustomResourceDefinition",
        ),
        ("rbac.authorization.k8s.oi/v1", "Role", "no schema for", "did you mean the group rbac.authorization.k8s.io?"),
    ],
)
def test_what_is_said_of_an_unknown_kind(api_version: str, kind: str, message: str, hint: str) -> None:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    (found,) = validate([resource(body)], SCHEMAS)[1]
    assert message in found.message
    assert found.hint.startswith(hint)
    assert bool(found.hint) == bool(hint)


def test_a_kind_that_is_too_new_for_the_version() -> None:
    schemas = load(resource_of_package("kubernetes.pack"), "1.25")
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "a"},
    }
    (found,) = validate([resource(body)], schemas)[1]
    assert "is not part of Kubernetes 1.25, it came with 1.30" in found.message


def test_objects_without_a_schema_are_counted_once_per_kind() -> None:
    bodies = [{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}} for name in "abc"]
    coverage, found = validate([*map(resource, bodies), resource(valid_bodies()[0])], SCHEMAS)
    assert (coverage.objects, coverage.without_schema) == (4, 3)
    assert [(each.code, each.severity) for each in found] == [("PS405", "info")]
    assert [each.name for each in (found[0].resource, *found[0].others) if each] == ["a", "b", "c"]


def test_what_a_crd_asks_beyond_us_is_counted() -> None:
    coverage, found = validate(resources((FIXTURES / "custom" / "widgets.yaml").read_text()), SCHEMAS)
    assert coverage.unevaluated == {"CEL rule": 1, "format colour": 1}
    (said,) = [each for each in found if "1 CEL rule, 1 format colour" in each.message]
    assert len(said.others) == 3


def test_a_finding_about_a_duplicate_points_to_the_first() -> None:
    text = (FIXTURES / "rules" / "volume_mount.yaml").read_text()
    (found,) = [each for each in findings(text) if each.code == "PS404"]
    ((other, note),) = found.notes
    assert (locate(memory(text), other).line, note) == (locate(memory(text), found.where).line - 1, "the first one")


def test_one_object_does_not_yield_findings_without_end() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **{f"x{n}": 1 for n in range(5000)}}
    assert len(validate([resource(body)], SCHEMAS)[1]) == 100


def test_a_target_does_not_yield_findings_without_end() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **{f"x{n}": 1 for n in range(200)}}
    _, found = validate([resource(body)] * 2000, SCHEMAS)
    assert len(found) < 11_000
    assert "not checked, since there are more than 10,000 findings already" in found[-1].message
    assert len(found[-1].others) == 1898


MANY = 20_000


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "properties": {f"p{n}": {} for n in range(MANY)}}, {f"q{n}": 1 for n in range(100)}),
        ({"type": "array", "items": {"enum": [f"p{n}" for n in range(MANY)]}}, ["x"] * MANY),
        ({"type": "array", "items": {"type": "object", "required": [f"p{n}" for n in range(MANY)]}}, [{}] * MANY),
        ({"type": "array", "items": {"anyOf": [{"type": "integer"}] * MANY}}, ["x"] * MANY),
        ({"type": "array", "items": {"type": "string", "pattern": "(a|aa)+$"}}, ["a" * 1000 + "!"] * MANY),
        ({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}, ["x"] * MANY),
    ],
)
def test_a_large_schema_and_a_large_object_do_not_multiply(schema: Tree, value: Any) -> None:
    crd = next(body for body in valid_bodies() if body["kind"] == "CustomResourceDefinition")
    fields = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    fields["spec"] = schema
    order = {"apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": {"name": "a"}, "spec": value}
    start = time.process_time()
    _, found = validate([resource(crd), *[resource(order)] * 10], load(resource_of_package("kubernetes.pack")))
    assert {each.code for each in found} <= {"PS400", "PS404", "PS406", "PS407", "PS409", "PS442"}
    assert found
    assert time.process_time() - start < 20


def test_deep_nesting_is_a_finding_and_no_crash() -> None:
    schema: Tree = {"type": "object"}
    for _ in range(5000):
        schema = {"type": "object", "properties": {"x": schema}, "items": schema}
    crd = copy.deepcopy(valid_bodies()[-1])
    crd = next(body for body in valid_bodies() if body["kind"] == "CustomResourceDefinition")
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    codes = {each.code for each in validate([resource(crd)], SCHEMAS)[1]}
    assert codes == {"PS406"}
