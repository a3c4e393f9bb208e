"""Expressions in CEL: of admission policies, webhooks, definitions of custom resources and devices.

Source: apiserver pkg/admission/plugin/policy, pkg/cel; apiextensions-apiserver pkg/apiserver/schema/cel.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, Type, shown, type_of, type_of_schema
from penstock.validate.fault import Fault
from penstock.validate.objects import items, mapping, mappings
from penstock.words import one_of

CODE = "PS453"

OF_REQUESTS: Mapping[str, Type] = {
    **dict.fromkeys(("object", "oldObject", "params"), "dyn"),
    **dict.fromkeys(("authorizer", "namespaceObject", "request"), UNKNOWN),
}
OF_WEBHOOKS: Mapping[str, Type] = {
    name: found for name, found in OF_REQUESTS.items() if name in ("authorizer", "object", "oldObject", "request")
}
OF_DEVICES: Mapping[str, Type] = {"device": UNKNOWN, "cel": UNKNOWN}
MAX_DEPTH = 50

_OF_POLICIES: tuple[tuple[str, Pointer, tuple[str, ...]], ...] = (
    ("validations", ("expression",), ("bool",)),
    ("validations", ("messageExpression",), ("string",)),
    ("auditAnnotations", ("valueExpression",), ("string", "null")),
    ("mutations", ("applyConfiguration", "expression"), ("Object",)),
    ("mutations", ("jsonPatch", "expression"), ("list",)),
)
"""The expressions of a policy that see its variables: the list, the field of an item, the types that it may have."""


def judge(text: Any, at: Pointer, names: Mapping[str, Type], wanted: tuple[str, ...] = ()) -> Iterator[Fault]:
    """What the compiler of the API server has against an expression that is to have one of the wanted types."""
    if not isinstance(text, str) or not text:
        return
    if not text.strip():
        yield Fault("PS402", at, "the expression is blank")
        return
    try:
        found = type_of(parse(text), names)
    except UnreadableError as error:
        yield Fault(CODE, at, f"the expression cannot be read: {error}")
    except MistypedError as error:
        yield Fault(CODE, at, f"the expression does not compile: {error}")
    except (TooLargeError, RecursionError):
        return
    else:
        if wanted and not _may_be(found, wanted):
            yield Fault(CODE, at, f"the expression has the type {shown(found)}, not {one_of(wanted)}")


def _may_be(found: Type, wanted: tuple[str, ...]) -> bool:
    if found is UNKNOWN or shown(found) in wanted:
        return True
    return isinstance(found, tuple) and found[0] == "message" and found[1] in wanted


def check_policy(value: Tree, at: Pointer) -> Iterator[Fault]:
    """The spec of a ValidatingAdmissionPolicy or MutatingAdmissionPolicy."""
    constraints = value.get("matchConstraints")
    if isinstance(constraints, dict) and not constraints.get("resourceRules"):
        yield Fault("PS402", (*at, "matchConstraints"), "the policy has no resourceRules, so it is about nothing")
    names = dict(OF_REQUESTS)
    if value.get("paramKind") is None:
        del names["params"]
    yield from _conditions(value, at, names)
    variables: dict[str, Type] = {}
    yield from _variables(value, at, names, variables)
    scope = {**names, "variables": ("object", variables)}
    for lists, field, wanted in _OF_POLICIES:
        for here, each in mappings(value, (lists,)):
            yield from judge(get(each, field), (*at, *here, *field), scope, wanted)


def _variables(value: Tree, at: Pointer, names: Mapping[str, Type], variables: dict[str, Type]) -> Iterator[Fault]:
    """Judges each variable, which sees those before it, and adds its type."""
    for here, variable in mappings(value, ("variables",)):
        scope = {**names, "variables": ("object", dict(variables))}
        yield from judge(variable.get("expression"), (*at, *here, "expression"), scope)
        if isinstance(variable.get("name"), str):
            variables[variable["name"]] = _type_or_unknown(variable.get("expression"), scope)


def _type_or_unknown(text: Any, names: Mapping[str, Type]) -> Type:
    try:
        return type_of(parse(text), names) if isinstance(text, str) else UNKNOWN
    except (UnreadableError, MistypedError, TooLargeError, RecursionError):
        return UNKNOWN


def check_webhook(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from _conditions(value, at, OF_WEBHOOKS)


def _conditions(value: Tree, at: Pointer, names: Mapping[str, Type]) -> Iterator[Fault]:
    for here, each in mappings(value, ("matchConditions",)):
        yield from judge(each.get("expression"), (*at, *here, "expression"), names, ("bool",))


def check_device(value: Tree, at: Pointer) -> Iterator[Fault]:
    yield from judge(value.get("expression"), (*at, "expression"), OF_DEVICES, ("bool",))


def check_definition(value: Tree, at: Pointer) -> Iterator[Fault]:
    for here, version in mappings(value, ("spec", "versions")):
        root = mapping(version, ("schema", "openAPIV3Schema"))
        yield from _rules(root, (*at, *here, "schema", "openAPIV3Schema"), 0, is_object=True)


def _rules(node: Tree, at: Pointer, depth: int, *, is_object: bool = False) -> Iterator[Fault]:
    if depth > MAX_DEPTH:
        return
    if items(node, ("x-kubernetes-validations",)):
        found = type_of_schema(node, 0, is_object=is_object)
        names = {"self": found, "oldSelf": found}
        for here, rule in mappings(node, ("x-kubernetes-validations",)):
            yield from judge(rule.get("rule"), (*at, *here, "rule"), names, ("bool",))
            yield from judge(rule.get("messageExpression"), (*at, *here, "messageExpression"), names, ("string",))
    for here, child in _parts(node):
        yield from _rules(child, (*at, *here), depth + 1)


def _parts(node: Tree) -> Iterator[tuple[Pointer, Tree]]:
    """The schemas of the fields, the items or the other values."""
    for key, child in mapping(node, ("properties",)).items():
        if isinstance(child, dict):
            yield ("properties", key), child
    for word in ("items", "additionalProperties"):
        if isinstance(node.get(word), dict):
            yield (word,), node[word]


CHECKS = {
    "expressions of a policy": check_policy,
    "expressions of a webhook": check_webhook,
    "expression of a device": check_device,
    "rules of a definition": check_definition,
}
