"""Sets of fields in the format of managedFields (FieldsV1), and values without some of their fields. Pure.

FieldsV1 is a tree of names without values: `f:NAME` is a key, `k:{…}` a list element by its keys, `v:…` a list element
by its value, `.` the parent itself. A field with nothing below it stands for the whole field.
"""

import json
from collections.abc import Mapping
from typing import Any

from penstock.model import Tree
from penstock.tree import MISSING


def union(a: Tree, b: Tree) -> Tree:
    """Return the union of two sets of fields, each in the format FieldsV1."""
    return {key: union(as_tree(a.get(key)), as_tree(b.get(key))) for key in {**a, **b}}


def minus(a: Tree, b: Tree) -> Tree:
    """Return the fields of `a` that are not in `b`. A field with nothing below it is owned as a whole."""
    left: Tree = {}
    for key, below in a.items():
        if key not in b:
            left[key] = below
        elif rest := minus(as_tree(below), as_tree(b[key])):
            left[key] = rest
    return left


def with_parents(gone: Tree, left: Tree) -> Tree:
    """Return the fields `gone` as the API server removes them, where the fields `left` have other owners.

    A field below which nobody owns anything any more goes as a whole, with defaults that nobody has ever owned.
    """
    return {
        step: {} if step.startswith("f:") and step not in left else with_parents(below, as_tree(left.get(step)))
        for step, below in gone.items()
    }


def common(a: Tree, b: Mapping[str, Any]) -> Tree:
    """Return the fields that are in both sets.

    A field that `b` names as a whole (with nothing below it) is included as a whole.
    """
    found: Tree = {}
    for key, below in a.items():
        if key in b:
            inside = common(as_tree(below), as_tree(b[key])) if b[key] and below else below
            if inside or not below or not b[key]:
                found[key] = inside
    return found


def as_tree(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def drop(value: Any, fields: Tree) -> Any:
    """Return the value without these fields, or MISSING where the whole value goes or nothing of it is left."""
    if not fields:
        return MISSING
    if isinstance(value, dict):
        return _drop_keys(value, fields)
    if isinstance(value, list):
        return _drop_elements(value, fields)
    return value


def _drop_keys(value: Tree, fields: Tree) -> Any:
    kept = {}
    for key, below in value.items():
        rest = drop(below, as_tree(fields[f"f:{key}"])) if f"f:{key}" in fields else below
        if rest is not MISSING:
            kept[key] = rest
    return MISSING if not kept and "." in fields else kept


def _drop_elements(value: list[Any], fields: Tree) -> Any:
    kept = []
    for element in value:
        step = next((step for step in fields if leads_to(step, element)), None)
        if step is None:
            kept.append(element)
        elif fields[step] and "." not in fields[step]:  # the element itself stays
            kept.append(drop(element, fields[step]))
    return kept if kept else MISSING


def leads_to(step: str, element: Any) -> bool:
    kind, _, text = step.partition(":")
    if kind == "v":
        return bool(json.loads(text) == element)
    if kind != "k" or not isinstance(element, dict):
        return False
    return all(element.get(key, MISSING) == value for key, value in json.loads(text).items())


def lacking(fields: Tree, value: Any) -> Tree:
    """Return the fields that a value does not have."""
    left: Tree = {}
    for step, below in fields.items():
        # The step `.` is the parent itself, which is there.
        inside = MISSING if step != "." else value
        if step.startswith("f:") and isinstance(value, dict):
            inside = value.get(step.removeprefix("f:"), MISSING)
        elif isinstance(value, list):
            inside = next((element for element in value if leads_to(step, element)), MISSING)
        if inside is MISSING:
            left[step] = below
        elif rest := lacking(as_tree(below), inside):
            left[step] = rest
    return left
