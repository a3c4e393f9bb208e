"""An update of a custom resource keeps the rules of its definition about what may change.

Bad:   `spec: {class: fast}` of an object that had `slow`, where the definition has the rule `self == oldSelf`
Good:  the value that it had; or a new object

Why: the API server refuses the update. A rule in `x-kubernetes-validations` that names `oldSelf` compares a value with
the one before. Nothing is said of definitions that neither the target nor the earlier commit has.
Source: apiextensions-apiserver pkg/apiserver/schema/cel, Validator.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from penstock.model import Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import mapping, mappings
from penstock.words import dotted

CODE = "PS473"
NAME = "transition-rule"
SEVERITY: Severity = "error"

MAX_PROBLEMS = 100

Check = Callable[[Resource, Resource], Iterator[Problem]]


def transition_rule(definitions: Iterable[Resource]) -> Check:
    """The check of an old and a new object by the rules of some definitions, of which the last of a kind counts."""
    known = {key: schema for each in definitions for key, schema in _schemas(each)}
    found: dict[tuple[str, str, str], Check] = {}

    def check(old: Resource, new: Resource) -> Iterator[Problem]:
        key = (new.id.group, new.id.kind, new.version)
        if key not in known or old.version != new.version:
            return
        if key not in found:
            found[key] = _by(known[key])
        yield from found[key](old, new)

    return check


def _schemas(definition: Resource) -> Iterator[tuple[tuple[str, str, str], Tree]]:
    if (definition.id.group, definition.id.kind) != ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return
    group, kind = get(definition.body, ("spec", "group")), get(definition.body, ("spec", "names", "kind"))
    for _, version in mappings(definition.body, ("spec", "versions")):
        schema = mapping(version, ("schema", "openAPIV3Schema"))
        yield (str(group), str(kind), str(version.get("name"))), schema


def _by(schema: Tree) -> Check:
    from penstock.validate.cel.rules import Rules
    from penstock.validate.cel.values import UnsupportedError

    rules = Rules(schema)

    def check(old: Resource, new: Resource) -> Iterator[Problem]:
        try:
            for fault in islice(rules.judge_update(old.body, new.body), MAX_PROBLEMS):
                path = dotted(fault.at)
                yield Problem(fault.at, f"{path}: {fault.message}" if path else fault.message, fault.hint)
        except UnsupportedError:
            return

    return check
