"""Names of flow control that Kubernetes keeps for itself, with the values that it gives them.

The fixed values are compared with what an object says: server-side apply leaves the fields alone that it does not name.

Source: pkg/apis/flowcontrol/validation, ValidateFlowSchema, ValidatePriorityLevelConfiguration; apiserver
pkg/apis/flowcontrol/bootstrap.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, text_of
from penstock.words import quoted

EXEMPT, CATCH_ALL = "exempt", "catch-all"

FIXED = "PS406"


def _rules(*groups: str) -> list[Tree]:
    return [
        {
            "subjects": [{"kind": "Group", "group": {"name": group}} for group in groups],
            "resourceRules": [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
            ],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        }
    ]


SCHEMAS: dict[str, Tree] = {
    EXEMPT: {
        "matchingPrecedence": 1,
        "priorityLevelConfiguration": {"name": EXEMPT},
        "distinguisherMethod": None,
        "rules": _rules("system:masters"),
    },
    CATCH_ALL: {
        "matchingPrecedence": 10000,
        "priorityLevelConfiguration": {"name": CATCH_ALL},
        "distinguisherMethod": {"type": "ByUser"},
        "rules": _rules("system:unauthenticated", "system:authenticated"),
    },
}
"""The specs of the FlowSchemas that every cluster has."""

LIMITED: Tree = {
    "nominalConcurrencyShares": 5,
    "lendablePercent": 0,
    "borrowingLimitPercent": None,
    "limitResponse": {"type": "Reject", "queuing": None},
}
"""The limits of the priority level catch-all."""


def check_flow_schema(value: Tree, at: Pointer) -> Iterator[Fault]:
    name, spec = _name(value), mapping(value, ("spec",))
    precedence = spec.get("matchingPrecedence")
    if precedence == 1 and precedence is not True and name != EXEMPT:
        yield Fault("PS434", (*at, "spec", "matchingPrecedence"), "only the FlowSchema exempt has the precedence 1")
    if name in SCHEMAS:
        yield from _changed(name, spec, SCHEMAS[name], (*at, "spec"))


def check_priority_level(value: Tree, at: Pointer) -> Iterator[Fault]:
    name, spec = _name(value), mapping(value, ("spec",))
    if (name == EXEMPT) != (spec.get("type") == "Exempt") and spec.get("type") in ("Exempt", "Limited"):
        notes = (((*at, "metadata", "name"), "the name"),)
        message = 'the type is "Exempt" for the priority level exempt, and for no other'
        yield Fault("PS434", (*at, "spec", "type"), message, "", notes)
    if name == CATCH_ALL:
        yield from _changed(name, mapping(spec, ("limited",)), LIMITED, (*at, "spec", "limited"))


def _name(value: Tree) -> str:
    return text_of(mapping(value, ("metadata",)), "name")


def _changed(name: str, found: Tree, fixed: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the fields that an object sets to other values than the fixed ones."""
    for field, value in fixed.items():
        if field not in found or _same(found[field], value):
            continue
        if isinstance(value, dict) and isinstance(found[field], dict):
            yield from _changed(name, found[field], value, (*at, field))
        else:
            message = f"Kubernetes itself decides on {quoted(name)}, where this is another value"
            yield Fault(FIXED, (*at, field), message, "remove the object: every cluster has it")


def _same(found: Any, value: Any) -> bool:
    """Return whether two values are the same for the API server, to which null is absent. True is not 1."""
    if isinstance(found, dict) and isinstance(value, dict):
        keys = found.keys() | value.keys()
        return all(_same(found.get(key), value.get(key)) for key in keys)
    if isinstance(found, list) and isinstance(value, list):
        return len(found) == len(value) and all(map(_same, found, value))
    return type(found) is type(value) and found == value


CHECKS = {"flow schema": check_flow_schema, "priority level": check_priority_level}
