"""CEL expressions in admission policies, webhooks, CustomResourceDefinitions and device selectors.

Source: apiserver pkg/admission/plugin/policy, pkg/cel; apiextensions-apiserver pkg/apiserver/schema/cel.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.cel.checker import NO_VALUE, OBJECT, PATCH, type_of
from penstock.validate.cel.syntax import Expression, TooLargeError, UnreadableError, names_in, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, Type, shown, type_of_schema
from penstock.validate.fault import Fault
from penstock.validate.objects import child_schemas, items, mapping, mappings
from penstock.words import one_of

CODE = "PS453"

_KIND: Type = ("object", "request.kind", dict.fromkeys(("group", "version", "kind"), "string"))
_RESOURCE: Type = ("object", "request.resource", dict.fromkeys(("group", "version", "resource"), "string"))
_USER: Type = (
    "object",
    "request.userInfo",
    {
        **dict.fromkeys(("username", "uid"), "string"),
        "groups": ("list", "string"),
        "extra": ("map", "string", ("list", "string")),
    },
)
_REQUEST: Type = (
    "object",
    "request",
    {
        **dict.fromkeys(("kind", "requestKind"), _KIND),
        **dict.fromkeys(("resource", "requestResource"), _RESOURCE),
        **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation"), "string"),
        "userInfo": _USER,
        "dryRun": "bool",
        "options": "dyn",
    },
)
"""The fields of a request that an expression sees: apiserver pkg/admission/plugin/cel/compile.go."""

_CONDITION: Type = (
    "object",
    "namespaceObject.status.conditions",
    {**dict.fromkeys(("type", "status", "reason", "message"), "string"), "lastTransitionTime": "timestamp"},
)
_NAMESPACE: Type = (
    "object",
    "namespaceObject",
    {
        "metadata": (
            "object",
            "namespaceObject.metadata",
            {
                **dict.fromkeys(("name", "generateName", "namespace", "UID", "resourceVersion"), "string"),
                **dict.fromkeys(("labels", "annotations"), ("map", "string", "string")),
                **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), "timestamp"),
                **dict.fromkeys(("deletionGracePeriodSeconds", "generation"), "int"),
                "finalizers": ("list", "string"),
            },
        ),
        "spec": ("object", "namespaceObject.spec", {"finalizers": ("list", "string")}),
        "status": ("object", "namespaceObject.status", {"phase": "string", "conditions": ("list", _CONDITION)}),
    },
)

OF_REQUESTS: Mapping[str, Type] = {
    **dict.fromkeys(("object", "oldObject", "params"), "dyn"),
    "authorizer": "authorizer",
    "authorizer.requestResource": "resourceCheck",
    "namespaceObject": _NAMESPACE,
    "request": _REQUEST,
}
OF_WEBHOOKS: Mapping[str, Type] = {
    name: OF_REQUESTS[name]
    for name in ("authorizer", "authorizer.requestResource", "namespaceObject", "object", "oldObject", "request")
}
OF_MUTATIONS: Mapping[str, Type] = dict.fromkeys((OBJECT, PATCH), NO_VALUE)
_DEVICE: Type = (
    "object",
    "device",
    {
        "driver": "string",
        "allowMultipleAllocations": "bool",
        "attributes": ("map", "string", ("map", "string", UNKNOWN)),
        "capacity": ("map", "string", ("map", "string", "quantity")),
    },
)
"""What an expression sees of a device: dynamic-resource-allocation cel/compile.go."""

OF_DEVICES: Mapping[str, Type] = {"device": _DEVICE, "cel": NO_VALUE}
EMPTY: Expression = ("list", [])
"""A list without an element to take a type from: the API server does not take it for a list of patches."""

MAX_DEPTH = 50

_OF_POLICIES: tuple[tuple[str, Pointer, tuple[str, ...]], ...] = (
    ("validations", ("expression",), ("bool",)),
    ("validations", ("messageExpression",), ("string",)),
    ("auditAnnotations", ("valueExpression",), ("string", "null")),
    ("mutations", ("applyConfiguration", "expression"), ("Object",)),
    ("mutations", ("jsonPatch", "expression"), ("list<JSONPatch>",)),
)
"""The expressions of a policy that see its variables: the list, the field of its elements, the allowed types."""


def judge(text: Any, at: Pointer, names: Mapping[str, Type], wanted: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Yield a fault where an expression does not compile, or has none of the wanted types."""
    if not isinstance(text, str) or not text:
        return
    if not text.strip():
        yield Fault("PS402", at, "the expression is blank")
        return
    try:
        found = _type(text, names)
    except UnreadableError as error:
        yield Fault(CODE, at, f"the expression cannot be read: {error}")
    except MistypedError as error:
        yield Fault(CODE, at, f"the expression does not compile: {error}", error.hint)
    # An expression beyond our bounds is not judged.
    except (TooLargeError, RecursionError):
        return
    else:
        if wanted and not _may_be(found, wanted):
            yield Fault(CODE, at, f"the expression has the type {shown(found)}, not {one_of(wanted)}")


def _type(text: str, names: Mapping[str, Type]) -> Type:
    tree = parse(text)
    return ("list", "dyn") if tree == EMPTY else type_of(tree, names)


def _may_be(found: Type, wanted: tuple[str, ...]) -> bool:
    is_open = isinstance(found, tuple) and found[0] == "list" and found[1] is UNKNOWN
    if is_open:
        return any(each.startswith("list") for each in wanted)
    return found is UNKNOWN or shown(found) in wanted


def check_policy(value: Tree, at: Pointer) -> Iterator[Fault]:
    """Check the spec of a ValidatingAdmissionPolicy or MutatingAdmissionPolicy."""
    constraints = value.get("matchConstraints")
    if isinstance(constraints, dict) and not constraints.get("resourceRules"):
        yield Fault("PS402", (*at, "matchConstraints"), "the policy has no resourceRules, so it is about nothing")
    names = dict(OF_REQUESTS)
    if value.get("paramKind") is None:
        del names["params"]
    yield from _conditions(value, at, names)
    variables: dict[str, Type] = {}
    yield from _variables(value, at, names, variables)
    scope = {**names, "variables": ("object", "variables", variables)}
    for lists, field, wanted in _OF_POLICIES:
        seen = {**scope, **OF_MUTATIONS} if lists == "mutations" else scope  # conditions and variables create nothing
        for here, each in mappings(value, (lists,)):
            yield from judge(get(each, field), (*at, *here, *field), seen, wanted)


def _variables(value: Tree, at: Pointer, names: Mapping[str, Type], variables: dict[str, Type]) -> Iterator[Fault]:
    """Check each variable, which sees the earlier ones, and add its type to `variables`."""
    for here, variable in mappings(value, ("variables",)):
        scope = {**names, "variables": ("object", "variables", dict(variables))}
        yield from judge(variable.get("expression"), (*at, *here, "expression"), scope)
        if isinstance(variable.get("name"), str):
            variables[variable["name"]] = _type_or_unknown(variable.get("expression"), scope)


def _type_or_unknown(text: Any, names: Mapping[str, Type]) -> Type:
    try:
        return _type(text, names) if isinstance(text, str) else UNKNOWN
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


def _rules(
    node: Tree, at: Pointer, depth: int, *, is_object: bool = False, is_told_apart: bool = True
) -> Iterator[Fault]:
    """Yield the faults of the rules in a schema and in its child schemas.

    `is_told_apart` says that a value can be matched with its old value. That of a field can, also in a mapping that
    changes as a whole (`MapIsCorrelatable` of the API server).
    """
    if depth > MAX_DEPTH:
        return
    if items(node, ("x-kubernetes-validations",)):
        yield from _rules_here(node, at, is_object, is_told_apart)
    for here, child in child_schemas(node):
        is_item = here == ("items",) and node.get("x-kubernetes-list-type") != "map"
        yield from _rules(
            child,
            (*at, *here),
            depth + 1,
            is_object=child.get("x-kubernetes-embedded-resource") is True,
            is_told_apart=is_told_apart and not is_item,
        )


def _rules_here(node: Tree, at: Pointer, is_object: bool, is_told_apart: bool) -> Iterator[Fault]:
    try:
        found = type_of_schema(node, is_object=is_object)
    except MistypedError as error:
        yield Fault(CODE, (*at, "x-kubernetes-validations"), f"no rule can be about this: {error}")
        return
    for here, rule in mappings(node, ("x-kubernetes-validations",)):
        old = ("optional", found) if rule.get("optionalOldSelf") is True else found
        names = {"self": found, "oldSelf": old}
        yield from judge(rule.get("rule"), (*at, *here, "rule"), names, ("bool",))
        yield from judge(rule.get("messageExpression"), (*at, *here, "messageExpression"), names, ("string",))
        is_about_updates = "oldSelf" in _names_in(rule.get("rule"))
        if rule.get("optionalOldSelf") is not None and rule.get("rule") and not is_about_updates:
            yield Fault(CODE, (*at, *here, "optionalOldSelf"), "the rule does not use oldSelf", "remove it")
        if not is_told_apart and is_about_updates:
            message = "oldSelf is not known here: the items of this list cannot be told apart when they change"
            yield Fault(CODE, (*at, *here, "rule"), message, "write x-kubernetes-list-type: map, with its keys")


def _names_in(text: Any) -> set[str]:
    """Return the names in an expression, or an empty set where it cannot be parsed."""
    try:
        tree: Expression = parse(text) if isinstance(text, str) else ()
    except (UnreadableError, TooLargeError, RecursionError):
        return set()
    return names_in(tree)
