"""Moves the fields of `kubectl apply`, Helm and the like over to us, so that what leaves Git leaves the cluster. Pure.

Server-side apply removes a field that we no longer set only if nobody else owns it. What another tool applied before
us, it would own for ever; so its entry in managedFields is joined with ours before we apply. kubectl does the same on
its own way from client-side to server-side apply (`csaupgrade` of client-go).
"""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from penstock.apply.conflicts import is_a_person
from penstock.apply.ownership import MANAGER, entries
from penstock.model import Tree
from penstock.tree import MISSING

KUBECTL = (
    ("kubectl-client-side-apply", "Update"),
    ("before-first-apply", "Update"),  # what the server calls the author of an object that had no managers yet
    ("kubectl", "Apply"),
    ("kubectl-last-applied", "Apply"),
)
"""What `kubectl apply` writes as: a person with the same manifests."""


def taken(live: Tree, managers: Collection[str] = ()) -> list[Tree]:
    """The entries that go over to us: those of `kubectl apply`, and all of these managers."""
    return [
        entry
        for entry in entries(live)
        if not entry.get("subresource")
        and ((entry.get("manager"), entry.get("operation")) in KUBECTL or entry.get("manager") in managers)
    ]


def moved(live: Tree, managers: Collection[str] = ()) -> list[Tree]:
    """The managedFields of an object after that: one entry of ours with all these fields, the others as they are."""
    theirs = taken(live, managers)
    ours = [entry for entry in entries(live) if _is_ours(entry)]
    entry = {
        "manager": MANAGER,
        "operation": "Apply",
        "apiVersion": (ours or theirs)[0].get("apiVersion"),
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields([*ours, *theirs]),
    }
    return [entry, *(each for each in entries(live) if each not in theirs and each not in ours)]


def _is_ours(entry: Tree) -> bool:
    applied = (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply")
    return applied and not entry.get("subresource")


def _fields(found: Iterable[Tree]) -> Tree:
    """The fields of several entries together."""
    fields: Tree = {}
    for entry in found:
        fields = _union(fields, entry.get("fieldsV1") or {})
    return fields


def patch(live: Tree, managers: Collection[str] = ()) -> list[Tree]:
    """The JSON patch for it, which fails with a conflict where the object has changed in the meantime."""
    version = live["metadata"]["resourceVersion"]
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": moved(live, managers)},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def preview(live: Tree, tried: Tree, managers: Collection[str] = ()) -> Tree:
    """What a dry run has answered, without the fields that go once those of `managers` are ours.

    The dry run did not know of the move: the fields of the others are still in its answer.
    """
    fields = _fields(taken(live, managers))
    kept = taken(tried, managers)
    for entry in entries(tried):
        if entry not in kept:
            fields = _minus(fields, entry.get("fieldsV1") or {})
    after = _drop(tried, fields)
    return after if isinstance(after, dict) else tried


def added(live: Tree) -> list[str]:
    """What people have added by hand and we do not set: `spec.paused, added by kubectl-edit`. It stays as it is."""
    ours = _fields(entry for entry in entries(live) if entry.get("operation") == "Apply")
    by_hand = [entry for entry in entries(live) if _is_by_hand(entry)]
    return [text for entry in by_hand for text in _added(entry, ours)]


def _is_by_hand(entry: Tree) -> bool:
    writes = entry.get("operation") == "Update" and not entry.get("subresource")
    return writes and is_a_person(str(entry.get("manager")))


def _added(entry: Tree, ours: Tree) -> Iterator[str]:
    for path in _paths(_minus(entry.get("fieldsV1") or {}, ours)):
        if not path.startswith(("metadata", "status")):
            yield f"{path}, added by {entry.get('manager')}"


def _paths(fields: Tree, path: str = "") -> Iterator[str]:
    """The fields as people write them; a thing that is owned as a whole is one, with all that is in it."""
    if path and (not fields or "." in fields):
        yield path
        return
    for key, below in fields.items():
        kind, _, name = key.partition(":")
        if kind == "f":
            yield from _paths(_tree(below), f"{path}.{name}".removeprefix("."))
        elif kind in ("k", "v"):
            yield from _paths(_tree(below), f"{path}[{_key(name)}]")


def _key(text: str) -> str:
    try:
        key = json.loads(text)
    except ValueError:
        return text
    return ",".join(f"{name}={value}" for name, value in key.items()) if isinstance(key, dict) else str(key)


def _union(a: Tree, b: Tree) -> Tree:
    """Both sets of fields, each as FieldsV1: a tree of names without values."""
    return {key: _union(_tree(a.get(key)), _tree(b.get(key))) for key in {**a, **b}}


def _minus(a: Tree, b: Tree) -> Tree:
    """The fields of `a` that are not in `b`. A field without anything below it is owned as a whole."""
    left: Tree = {}
    for key, below in a.items():
        if key not in b:
            left[key] = below
        elif rest := _minus(_tree(below), _tree(b[key])):
            left[key] = rest
    return left


def _tree(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _drop(value: Any, fields: Tree) -> Any:
    """The value without these fields; MISSING where it goes as a whole, or where nothing of it is left."""
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
        rest = _drop(below, _tree(fields[f"f:{key}"])) if f"f:{key}" in fields else below
        if rest is not MISSING:
            kept[key] = rest
    return MISSING if not kept and "." in fields else kept


def _drop_elements(value: list[Any], fields: Tree) -> Any:
    kept = []
    for element in value:
        step = next((step for step in fields if _leads_to(step, element)), None)
        if step is None:
            kept.append(element)
        elif fields[step] and "." not in fields[step]:  # the element itself stays
            kept.append(_drop(element, fields[step]))
    return kept if kept else MISSING


def _leads_to(step: str, element: Any) -> bool:
    kind, _, text = step.partition(":")
    if kind == "v":
        return bool(json.loads(text) == element)
    if kind != "k" or not isinstance(element, dict):
        return False
    return all(element.get(key, MISSING) == value for key, value in json.loads(text).items())
