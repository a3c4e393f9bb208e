"""A default in a CustomResourceDefinition fits its own schema.

Bad:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: lamps, kind: Lamp}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {watts: {type: integer, maximum: 100, default: 500}}}}
```
Good:
```yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: lamps, kind: Lamp}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {watts: {type: integer, maximum: 100, default: 50}}}}
```
Why: the API server refuses the definition. It adds the default to objects that lack the field, and these objects must
then be valid.
Source: apiextensions-apiserver pkg/apiserver/schema/defaulting, ValidateDefaults.
"""

from collections.abc import Iterator
from itertools import islice

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.validate.custom import node_of
from penstock.validate.explain import explain
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping, mappings
from penstock.words import dotted

CODE = "PS474"
NAME = "schema-default"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("apiextensions.k8s.io", "CustomResourceDefinition")})

MAX_DEPTH = 100
MAX_FAULTS = 20
"""The maximum number of problems reported about one default."""


def check(resource: Resource) -> Iterator[Problem]:
    for here, version in mappings(resource.body, ("spec", "versions")):
        root = mapping(version, ("schema", "openAPIV3Schema"))
        yield from _schema(root, (*here, "schema", "openAPIV3Schema"), 0, set())


def _schema(node: Tree, at: Pointer, depth: int, seen: set[int]) -> Iterator[Problem]:
    """Yield the wrong defaults of a schema and of its child schemas.

    A schema that YAML aliases repeat in many places is checked once; `seen` holds the `id` of each.
    """
    if depth > MAX_DEPTH or id(node) in seen:
        return
    seen.add(id(node))
    if node.get("default") is not None:
        yield from _default(node, at)
    for key, child in mapping(node, ("properties",)).items():
        if isinstance(child, dict):
            yield from _schema(child, (*at, "properties", key), depth + 1, seen)
    for word in ("items", "additionalProperties"):
        if isinstance(node.get(word), dict):
            yield from _schema(node[word], (*at, word), depth + 1, seen)


def _default(node: Tree, at: Pointer) -> Iterator[Problem]:
    for fault in islice(explain(node_of(node), node["default"], (), _nothing), MAX_FAULTS):
        where = f"{dotted(fault.at)}: " if fault.at else ""
        message = f"the default does not fit its schema: {where}{fault.message}"
        yield Problem((*at, "default", *fault.at), message, fault.hint)


def _nothing(name: str) -> Tree:
    """Return an empty definition for every built-in type: defaults of embedded objects are rare and not checked."""
    return {}
