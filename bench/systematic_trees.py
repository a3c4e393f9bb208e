"""Small Kustomize trees that go through a feature one case after the other, where chance would leave gaps."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from random_trees import TOP, Texts

from penstock.resolve.finding.default_specs import COMMON_LABELS, NAME_REFERENCES
from penstock.resolve.merging.merge_keys import BUILTIN

KUSTOMIZATION = f"{TOP}/kustomization.yaml"
OBJECTS = f"{TOP}/objects.yaml"
OPERATIONS = ("add", "remove", "replace", "test", "copy", "move")
PATHS = (
    *("", "/", "/spec", "/spec/list", "/spec/list/0", "/spec/list/1", "/spec/list/2", "/spec/list/3", "/spec/list/-"),
    *("/spec/list/-1", "/spec/list/-2", "/spec/list/-3", "/spec/list/01", "/spec/list/+1", "/spec/list/x", "/spec/new"),
    *("/spec/new/deep", "/spec/map", "/spec/map/a~1b", "/spec/map/a~0b", "/spec/map/", "/spec/text", "/spec/text/a"),
    *("/spec/nothing", "/spec/nothing/a", "spec/map", "/spec/nested/0/0", "/spec/nested/0/-", "/metadata/labels/a"),
)
VALUES: tuple[str, ...] = (
    "yes",
    "1",
    "1.0",
    "1e3",
    "0x1F",
    "12345678901234567",
    "null",
    "",
    "2020-01-01",
    "[]",
    "{}",
    "{a: {b: null}}",
    '"1"',
)
BODY = """apiVersion: example.com/v1
kind: Widget
metadata: {name: a}
spec:
  list: [a, b]
  map: {a/b: 1, a~b: 2, "": 3}
  text: abc
  nothing: null
  nested: [[1, 2], []]
"""
PORTS: tuple[str, ...] = (
    "",
    "{PORT: 80}",
    "{PORT: 80, protocol: TCP}",
    "{PORT: 80, protocol: UDP}",
    "{PORT: 81}",
    "{protocol: TCP}",
    "{name: x}",
)
NODES: tuple[str, ...] = (
    "~",
    "1",
    "{}",
    "[]",
    "{x: 1}",
    "{x: null}",
    "[1]",
    "[null]",
    "{$patch: delete}",
    "{$patch: replace, y: 2}",
    "{$patch: merge, y: 2}",
    "[{$patch: delete}]",
    "[{$patch: replace}, 2]",
    "{$retainKeys: [x], x: 2}",
    "{x: {y: null}}",
)
NAMED: tuple[str, ...] = (
    "[]",
    "[{name: a, v: 1}]",
    "[{name: a, v: 1}, {name: b}]",
    "[{name: b}, {name: a, v: 2}]",
    "[{name: a}, {name: a, v: 3}]",
    "[{v: 1}]",
    "[{name: a, $patch: delete}]",
    "[{name: a, $patch: replace, w: 1}]",
    "[{$patch: replace}, {name: c}]",
    "[{$patch: delete}]",
    "[{name: c}, {name: a, v: null}]",
    "[{name: a, v: {x: null}}]",
    "~",
    "[{$patch: merge}, {name: c}]",
)


def systematic_trees() -> Iterator[Texts]:
    """Every case, each a tree like those of `random_tree`."""
    yield from _json_patches()
    yield from _merged_ports()
    yield from _merged_values()
    yield from _name_references()
    yield from _labels()
    yield from _namespaces()


def _tree(fields: Any, *objects: Any) -> Texts:
    texts = [body if isinstance(body, str) else json.dumps(body) + "\n" for body in objects]
    fields = {"resources": ["objects.yaml"], **fields}
    return {KUSTOMIZATION: json.dumps(fields), OBJECTS: "---\n".join(texts)}


def _json_patches() -> Iterator[Texts]:
    target = {"kind": "Widget"}
    for operation, path in itertools.product(OPERATIONS, PATHS):
        for other in ("/spec/list/0", "/spec/map", "/spec/none") if operation in ("copy", "move") else ("",):
            patch = f"- op: {operation}\n  path: {json.dumps(path)}\n" + (f"  from: {other}\n" if other else "")
            for value in (
                VALUES if operation == "add" else ("b", "null", "") if operation in ("replace", "test") else ("",)
            ):
                text = patch + (f"  value: {value}\n" if operation in ("add", "replace", "test") else "")
                yield _tree({"patches": [{"target": target, "patch": text}]}, BODY)


def _merged_ports() -> Iterator[Texts]:
    for kind, field in (("Service", "port"), ("Pod", "containerPort")):
        for body in itertools.product(PORTS, repeat=2):
            for patch in itertools.product(PORTS, repeat=2):
                lists = [", ".join(p for p in ports if p).replace("PORT", field) for ports in (body, patch)]
                yield _merge(kind, *(_with_ports(kind, ports) for ports in lists))


def _with_ports(kind: str, ports: str) -> str:
    return f"{{ports: [{ports}]}}" if kind == "Service" else f"{{containers: [{{name: a, ports: [{ports}]}}]}}"


def _merge(kind: str, body: str, patch: str, version: str = "v1") -> Texts:
    head = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: "
    return _tree({"patches": [{"patch": f"{head}{patch}\n"}]}, f"{head}{body}\n")


def _merged_values() -> Iterator[Texts]:
    for body, patch in itertools.product(NODES, repeat=2):
        yield _merge("Widget", f"{{f: {body}}}", f"{{f: {patch}}}", "example.com/v1")
        yield _merge("Pod", f"{{containers: [{{name: a, f: {body}}}]}}", f"{{containers: [{{name: a, f: {patch}}}]}}")
        yield _merge("Pod", body, patch)
    for body, patch in itertools.product(NAMED, repeat=2):
        yield _merge("Pod", f"{{containers: {body}}}", f"{{containers: {patch}}}")
        yield _merge("Pod", "{}", f"{{containers: {patch}, volumes: {body}}}")


def _name_references() -> Iterator[Texts]:
    for target, specs in NAME_REFERENCES:
        group = target.group.partition("/")[0]
        for spec in specs:
            named = _object(group, target.version or "v1", target.kind)
            referrer = _object(spec.gvk.group, spec.gvk.version or "v1", spec.gvk.kind, "b")
            _put(referrer, list(spec.steps), "a")
            if spec.path == "roleRef/name":
                referrer["roleRef"] |= {"apiGroup": group, "kind": target.kind}
            for fields in ({"namePrefix": "p-"}, {"nameSuffix": "-s", "namespace": "n"}, {"namespace": "n"}):
                yield _tree(fields, named, referrer)


def _put(tree: Any, steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = [{"name": value}] if steps[-1] == "subjects" else value


def _object(group: str, version: str, kind: str, name: str = "a") -> Any:
    return {"apiVersion": f"{group}/{version}" if group else version, "kind": kind, "metadata": {"name": name}}


def _labels() -> Iterator[Texts]:
    kinds = {(spec.gvk.group, spec.gvk.version or "v1", spec.gvk.kind) for spec in COMMON_LABELS if spec.gvk.kind}
    options: tuple[dict[str, bool], ...] = (
        {},
        {"includeSelectors": True},
        {"includeTemplates": True},
        {"includeVolumeClaimTemplates": True},
    )
    for (group, version, kind), option in itertools.product(sorted(kinds), options):
        for filled in (False, True):
            body = (
                _object(group or "apps", version, kind)
                if group or kind not in ("Service", "ReplicationController")
                else _object("", version, kind)
            )
            for spec in COMMON_LABELS if filled else ():
                if spec.gvk.kind == kind and "[]" not in spec.path:
                    _put(body, list(spec.steps), {"x": "y"})
            yield _tree({"labels": [{"pairs": {"a": "b", "x": "z"}, **option}], "commonAnnotations": {"c": "d"}}, body)


def _namespaces() -> Iterator[Texts]:
    for api_version, kind in BUILTIN:
        body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
        yield _tree({"namespace": "n"}, body)
        yield _tree({"namespace": "n", "namePrefix": "p-"}, {**body, "metadata": {"name": "a", "namespace": "old"}})
