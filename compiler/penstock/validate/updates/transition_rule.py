"""An update of a custom resource satisfies the transition rules of its definition.

Bad:   `spec: {class: fast}` of an object that had `slow`, where the definition has the rule `self == oldSelf`
Good:  the value that it had; or a new object

Why: the API server refuses the update. A rule in `x-kubernetes-validations` that names `oldSelf` compares a value with
the previous one. Penstock does not check kinds whose definition is neither in the target, nor in the earlier commit,
nor in `schemas:` of penstock.yaml.
Source: apiextensions-apiserver pkg/apiserver/schema/cel, Validator.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from penstock.model import Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Fault, Problem
from penstock.validate.objects import mapping, mappings
from penstock.validate.patience import Patience, hint_of
from penstock.validate.schemas import Kind
from penstock.words import dotted

CODE = "PS473"
NAME = "transition-rule"
SEVERITY: Severity = "error"

MAX_PROBLEMS = 100

NOT_EVALUATED = "PS409"

Check = Callable[[Resource, Resource], Iterator[Problem | Fault]]

Beside = Callable[[Kind], Tree | None]
"""Returns the schema of a kind that is not defined among the sources, or None."""


def transition_rule(definitions: Iterable[Resource], beside: Beside, patience: Patience) -> Check:
    """Return the check of an old and a new object by the rules of the definitions, or of schemas from `beside`. They
    may cost what the run has left of its `patience`.

    Where several definitions define a kind, the last one counts.
    """
    known = {kind: schema for each in definitions for kind, schema in _schemas(each)}
    found: dict[Kind, Check] = {}

    def check(old: Resource, new: Resource) -> Iterator[Problem | Fault]:
        kind = Kind(new.id.group, new.version, new.id.kind)
        if kind not in found:
            schema = known.get(kind) or beside(kind)
            found[kind] = _nothing if schema is None else _by(schema, patience)
        if old.version == new.version:
            yield from found[kind](old, new)

    return check


def _nothing(old: Resource, new: Resource) -> Iterator[Problem | Fault]:
    return iter(())


def _schemas(definition: Resource) -> Iterator[tuple[Kind, Tree]]:
    if (definition.id.group, definition.id.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return
    group, kind = get(definition.body, ("spec", "group")), get(definition.body, ("spec", "names", "kind"))
    for _, version in mappings(definition.body, ("spec", "versions")):
        schema = mapping(version, ("schema", "openAPIV3Schema"))
        yield Kind(str(group), str(version.get("name")), str(kind)), schema


def _by(schema: Tree, patience: Patience) -> Check:
    from penstock.validate.cel.rules import Rules
    from penstock.validate.cel.values import UnsupportedError

    rules = Rules(schema, patience)

    def check(old: Resource, new: Resource) -> Iterator[Problem | Fault]:
        try:
            for fault in islice(rules.judge_update(old.body, new.body), MAX_PROBLEMS):
                path = dotted(fault.at)
                yield Problem(fault.at, f"{path}: {fault.message}" if path else fault.message, fault.hint)
        except UnsupportedError as why:
            message = f"a rule about changes cannot be evaluated here: {why}"
            yield Fault(NOT_EVALUATED, (), message, hint_of(str(why)))

    return check
