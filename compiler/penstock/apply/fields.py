"""Which fields of a live object are ours, and where two versions of an object differ. Pure."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from penstock.model import Pointer, Tree
from penstock.tree import MISSING

SERVERS_OWN = (
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "uid"),
    ("metadata", "creationTimestamp"),
    ("status",),
)
"""What changes in an object without anybody wanting it."""

IDENTITY = ("apiVersion", "kind")
IDENTITY_OF_METADATA = ("name", "namespace")


class Difference(NamedTuple):
    """A field that is not the same in two versions; MISSING where one of them does not have it."""

    at: Pointer
    before: Any
    after: Any


def holds(live: Tree, wanted: Tree, manager: str) -> bool:
    """Whether applying `wanted` would surely change nothing: `manager` owns just its fields, and they have its values.

    False means only that it is not sure (the server writes `1000m` as `1`, and adds defaults); a dry run tells.
    """
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            same_version = entry.get("apiVersion") == wanted.get("apiVersion")
            return same_version and _holds(entry.get("fieldsV1") or {}, _without_identity(wanted), live)
    return False


def _without_identity(body: Tree) -> Tree:
    """The body as managedFields see it: what names the object is nobody's field."""
    rest = {key: value for key, value in body.items() if key not in IDENTITY and key != "metadata"}
    metadata = {k: v for k, v in (body.get("metadata") or {}).items() if k not in IDENTITY_OF_METADATA}
    return {**rest, "metadata": metadata} if metadata else rest


def _holds(owned: Tree, wanted: Any, live: Any) -> bool:
    """`owned` is FieldsV1: `f:NAME` is a key, `k:{…}` an element by its keys, `v:…` by its value, `.` the thing itself.

    No entry below a field means that it is owned as a whole.
    """
    steps = {step: below for step, below in owned.items() if step != "."}
    if not steps:
        return _equal(wanted, live)
    if isinstance(wanted, dict) and isinstance(live, dict):
        if {f"f:{key}" for key in wanted} != steps.keys():
            return False
        for key, value in wanted.items():  # loops, not `all`: half the stack, for documents that are nested deeply
            if key not in live or not _holds(steps[f"f:{key}"], value, live[key]):
                return False
        return True
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(steps):
        for step, below in steps.items():  # noqa: SIM110  # as above
            if not _holds_element(step, below, wanted, live):
                return False
        return True
    return False


def _holds_element(step: str, below: Tree, wanted: list[Any], live: list[Any]) -> bool:
    """An element may leave out a key that has a default (`protocol: TCP`); then its other keys must single it out."""
    kind, _, text = step.partition(":")
    key = json.loads(text)
    if kind == "v":
        return _has(wanted, key) and _has(live, key)
    ours = [w for w in wanted if isinstance(w, dict) and all(w.get(k, v) == v for k, v in key.items())]
    theirs = [e for e in live if isinstance(e, dict) and all(e.get(k, MISSING) == v for k, v in key.items())]
    if len(ours) != 1 or len(theirs) != 1:
        return False
    defaults = {f"f:{k}" for k in key if k not in ours[0]}
    return _holds({s: b for s, b in below.items() if s not in defaults}, ours[0], theirs[0])


def _has(values: list[Any], value: Any) -> bool:
    return any(_equal(v, value) for v in values)


def _equal(a: Any, b: Any) -> bool:
    """Equal as JSON: `1` is not `true`, which Python thinks it is."""
    if isinstance(a, (dict, list, bool)) or isinstance(b, (dict, list, bool)):
        there = a is not MISSING and b is not MISSING
        return there and json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
    return bool(a == b)


def differences(before: Tree, after: Tree) -> list[Difference]:
    """Every field that differs, but for what the server changes by itself. Named elements are matched by name."""
    return [d for d in _differences(before, after, ()) if not any(d.at[: len(own)] == own for own in SERVERS_OWN)]


def _differences(before: Any, after: Any, at: Pointer) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(k for k in after if k not in before)]:
            yield from _differences(before.get(key, MISSING), after.get(key, MISSING), (*at, key))
    elif isinstance(before, list) and isinstance(after, list):
        for step, old, new in _paired(before, after):
            yield from _differences(old, new, (*at, step))
    elif not _equal(before, after):
        yield Difference(at, before, after)


def _paired(before: list[Any], after: list[Any]) -> Iterator[tuple[str | int, Any, Any]]:
    """Elements that belong together: by name if all have one, else by index."""
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None:
        for name in [*old, *(n for n in new if n not in old)]:
            yield f"[name={name}]", old.get(name, MISSING), new.get(name, MISSING)
    else:
        for index in range(max(len(before), len(after))):
            yield index, *(values[index] if index < len(values) else MISSING for values in (before, after))


def _by_name(values: list[Any]) -> dict[str, Any] | None:
    named = {v["name"]: v for v in values if isinstance(v, dict) and isinstance(v.get("name"), str)}
    return named if len(named) == len(values) else None


def same_owners(before: Tree, after: Tree) -> bool:
    """Whether both versions have the same managers of the same fields, whenever they wrote them."""
    return _owners(before) == _owners(after)


def _owners(body: Tree) -> list[Tree]:
    entries = (body.get("metadata") or {}).get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def path_text(at: Pointer) -> str:
    """A pointer as people write it: `spec.template.spec.containers[name=app].image`."""
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, str) and step.startswith("[name="):
            text += step
        elif isinstance(step, str) and step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(str(step))}]"
    return text


def without(body: Tree, path: str) -> Tree:
    """The body without a field that is named as the server names it (`.spec.replicas`): mapping keys only."""
    steps = path.strip(".").split(".")
    return _without(body, steps)


def _without(tree: Tree, steps: list[str]) -> Tree:
    head, rest = steps[0], steps[1:]
    if head not in tree:
        return tree
    if not rest:
        return {key: value for key, value in tree.items() if key != head}
    below = tree[head]
    return {**tree, head: _without(below, rest)} if isinstance(below, dict) else tree
