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
from itertools import chain, islice

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.validate.custom import node_of
from penstock.validate.explain import explain
from penstock.validate.fault import Fault, Problem
from penstock.validate.objects import Kinds, mapping, mappings
from penstock.validate.patience import Patience, hint_of
from penstock.words import dotted

CODE = "PS474"
NAME = "schema-default"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("apiextensions.k8s.io", "CustomResourceDefinition")})

MAX_DEPTH = 100
MAX_STEPS = 2 * MAX_DEPTH
"""The maximum number of steps to a default: two of them lead into a property."""

MOST_COST = 20_000
"""The cost up to which rules are evaluated for a default. A repository may hold any number of definitions, and
together the defaults cost no more than all that is evaluated in a run.
"""

COST_OF_COMPILING = 250
"""What is added to this cost for a default that has rules: compiling them takes about as long."""

MAX_FAULTS = 20
"""The maximum number of problems reported about one default."""


def check(resource: Resource) -> Iterator[Problem | Fault]:
    return check_within(Patience(), resource)


def check_within(patience: Patience, resource: Resource) -> Iterator[Problem | Fault]:
    """Yield the same, where other evaluations of the run have left `patience`."""
    for here, version in mappings(resource.body, ("spec", "versions")):
        root = mapping(version, ("schema", "openAPIV3Schema"))
        place = (*here, "schema", "openAPIV3Schema")
        yield from _known_already(root, place)
        yield from _schema(root, place, patience, set())


def _known_already(root: Tree, at: Pointer) -> Iterator[Problem]:
    """Yield the defaults of what every object has: the object itself, its type, and its metadata."""
    if root.get("default") is not None:
        yield Problem((*at, "default"), "the object itself has no default")
    for field in ("apiVersion", "kind", "metadata"):
        node = mapping(root, ("properties", field))
        inner = [((), node), *(((("properties", key)), child) for key, child in mapping(node, ("properties",)).items())]
        for here, each in inner:
            if isinstance(each, dict) and each.get("default") is not None:
                message = f"{field} has no default: every object comes with its own"
                yield Problem((*at, "properties", field, *here, "default"), message)


def _schema(node: Tree, at: Pointer, patience: Patience, seen: set[int]) -> Iterator[Problem | Fault]:
    """Yield the wrong defaults of a schema and of its child schemas.

    A schema that YAML aliases repeat in many places is checked once; `seen` holds the `id` of each. The API server does
    not look at the defaults below `additionalProperties`.
    """
    if len(at) > MAX_STEPS or id(node) in seen:
        return
    seen.add(id(node))
    if node.get("default") is not None:
        yield from _default(node, at, patience)
    for key, child in mapping(node, ("properties",)).items():
        if isinstance(child, dict):
            yield from _schema(child, (*at, "properties", key), patience, seen)
    if isinstance(node.get("items"), dict):
        yield from _schema(node["items"], (*at, "items"), patience, seen)


def _default(node: Tree, at: Pointer, patience: Patience) -> Iterator[Problem | Fault]:
    schema = node_of(_without_defaults(node, 0))  # inside of a default, the API server fills no others in
    faults = [each for each in explain(schema, node["default"], (), _nothing) if each.code != TWICE]
    for fault in islice(faults or _by_rules(node, patience.part(MOST_COST)), MAX_FAULTS):
        yield _of_default(fault, (*at, "default", *fault.at))


def _of_default(fault: Fault, place: Pointer) -> Problem | Fault:
    if fault.code == NOT_EVALUATED:
        return fault._replace(at=place)
    where = f"{dotted(fault.at)}: " if fault.at else ""
    return Problem(place, f"the default does not fit its schema: {where}{fault.message}", fault.hint)


NOT_EVALUATED = "PS409"

TWICE = "PS404"
"""The API server takes a default with two items of one key, although it refuses an object with them."""


def _by_rules(node: Tree, patience: Patience) -> Iterator[Fault]:
    """Yield the rules of a schema that its default breaks. Other defaults are not filled in before.

    A further fault says why some of them are not evaluated here, if this is so.
    """
    from penstock.validate.cel.rules import Rules  # few schemas with a default have rules
    from penstock.validate.cel.values import UnsupportedError

    if patience.is_gone:
        yield _not_evaluated(patience.why)
        return
    try:
        root = {"type": "object", "properties": {"value": _without_defaults(node, 0)}}
        rules, value = Rules(root, patience), {"value": node["default"]}
        patience.spend(COST_OF_COMPILING if rules.are_any else 0)
        # The API server also compares the default with itself, by the rules about changes.
        for fault in chain(rules.judge(value), rules.judge_update(value, value)):
            yield fault._replace(at=fault.at[1:])
        if rules.unevaluated:
            yield _not_evaluated("some have no evaluation here")
    except UnsupportedError as why:
        yield _not_evaluated(str(why))


def _not_evaluated(why: str) -> Fault:
    message = f"not all rules of its schema are evaluated for this default: {why}"
    return Fault(NOT_EVALUATED, (), message, hint_of(why, "them"))


def _without_defaults(node: Tree, depth: int) -> Tree:
    """Return a schema without any default, for values that are taken as they are written."""
    if depth > MAX_DEPTH:
        return {}
    bare = {key: value for key, value in node.items() if key != "default"}
    for word in ("items", "additionalProperties"):
        if isinstance(bare.get(word), dict):
            bare[word] = _without_defaults(bare[word], depth + 1)
    fields = mapping(node, ("properties",))
    if fields:
        bare["properties"] = {
            key: _without_defaults(each, depth + 1) if isinstance(each, dict) else each for key, each in fields.items()
        }
    return bare


def _nothing(name: str) -> Tree:
    """Return an empty definition for every built-in type: defaults of embedded objects are rare and not checked."""
    return {}
