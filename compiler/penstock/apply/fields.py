"""Which fields of a live object Penstock owns, and where two versions of an object differ. Pure."""

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from penstock.kubernetes import SERVERS_OWN
from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import MISSING

ELEMENT_KEY = re.compile(r"([A-Za-z0-9_]+)=")

IDENTITY = ("apiVersion", "kind")
IDENTITY_OF_METADATA = ("name", "namespace")


class Difference(NamedTuple):
    """A field that differs between two versions of an object; MISSING stands for a version that lacks the field."""

    at: Pointer
    before: Any
    after: Any


def holds(live: Tree, wanted: Tree, manager: str) -> bool:
    """Return whether applying `wanted` would surely change nothing.

    That is so where `manager` owns exactly the fields of `wanted`, with its values. False means only that it is
    uncertain (the server writes `1000m` as `1`, and adds defaults); a dry run tells.
    """
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    entry: Tree = next((entry for entry in entries if _is_apply(entry, manager)), {})
    # Fields of another version may have other names.
    if not entry or entry.get("apiVersion") != wanted.get("apiVersion"):
        return False
    return _holds(entry.get("fieldsV1") or {}, _without_identity(wanted), live)


def _is_apply(entry: Tree, manager: str) -> bool:
    by_us = entry.get("manager") == manager and entry.get("operation") == "Apply"
    return by_us and not entry.get("subresource")


def _without_identity(body: Tree) -> Tree:
    """Return the body as managedFields see it: without the fields that identify the object, which no manager owns."""
    rest = {key: value for key, value in body.items() if key not in IDENTITY and key != "metadata"}
    metadata = {k: v for k, v in (body.get("metadata") or {}).items() if k not in IDENTITY_OF_METADATA}
    return {**rest, "metadata": metadata} if metadata else rest


def _holds(owned: Tree, wanted: Any, live: Any) -> bool:
    """Return whether `owned` names exactly the fields of `wanted`, and `live` has the same values for them.

    `owned` is FieldsV1: `f:NAME` is a key, `k:{…}` a list element by its keys, `v:…` one by its value, `.` the parent
    itself. A field with no entry below it is owned as a whole.
    """
    steps = {step: below for step, below in owned.items() if step != "."}
    # Nothing is below this entry, so it is the whole value that is owned.
    if not steps:
        return _equal(wanted, live)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return _holds_mapping(steps, wanted, live)
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(steps):
        return _holds_list(steps, wanted, live)
    return False


def _holds_mapping(steps: Tree, wanted: Tree, live: Tree) -> bool:
    if {f"f:{key}" for key in wanted} != steps.keys():
        return False
    for key, value in wanted.items():  # a loop needs half the stack of `all`, for deeply nested documents
        if key not in live or not _holds(steps[f"f:{key}"], value, live[key]):
            return False
    return True


def _holds_list(steps: Tree, wanted: list[Any], live: list[Any]) -> bool:
    for step, below in steps.items():  # noqa: SIM110  # as above
        if not _holds_element(step, below, wanted, live):
            return False
    return True


def _holds_element(step: str, below: Tree, wanted: list[Any], live: list[Any]) -> bool:
    """Return whether one list element is owned and has the wanted value.

    A wanted element may omit a key that has a default (`protocol: TCP`); then its other keys must identify it uniquely.
    """
    kind, _, text = step.partition(":")
    key = json.loads(text)
    if kind == "v":
        return _has(wanted, key) and _has(live, key)
    ours, theirs = _elements(wanted, key, may_lack=True), _elements(live, key, may_lack=False)
    if len(ours) != 1 or len(theirs) != 1:
        return False
    # The server has added the keys that the wanted element omits, and counts them as ours.
    defaults = {f"f:{name}" for name in key if name not in ours[0]}
    return _holds({step: inner for step, inner in below.items() if step not in defaults}, ours[0], theirs[0])


def _elements(values: list[Any], key: Tree, *, may_lack: bool) -> list[Tree]:
    """Return the elements with these keys. With `may_lack`, an element that omits a key matches it, too."""
    mappings = [each for each in values if isinstance(each, dict)]
    return [each for each in mappings if all(each.get(k, v if may_lack else MISSING) == v for k, v in key.items())]


def _has(values: list[Any], value: Any) -> bool:
    return any(_equal(v, value) for v in values)


def _equal(a: Any, b: Any) -> bool:
    """Return whether two values are equal as JSON: `1` is not `true`, although Python treats them as equal."""
    if isinstance(a, (dict, list, bool)) or isinstance(b, (dict, list, bool)):
        there = a is not MISSING and b is not MISSING
        return there and json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
    return bool(a == b)


def differences(before: Tree, after: Tree) -> list[Difference]:
    """Return every field that differs, except those that the server changes by itself.

    Named list elements are matched by name.
    """
    return [d for d in _differences(before, after, ()) if not any(d.at[: len(own)] == own for own in SERVERS_OWN)]


def _differences(before: Any, after: Any, at: Pointer) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = _same_keys(before, after)
    elif isinstance(before, list) and isinstance(after, list):
        pairs = _paired(before, after)
    else:
        if not _equal(before, after):
            yield Difference(at, before, after)
        return
    for step, old, new in pairs:
        yield from _differences(old, new, (*at, step))


def _same_keys(before: Tree, after: Tree) -> Iterator[tuple[str | int, Any, Any]]:
    for key in dict.fromkeys((*before, *after)):
        yield key, before.get(key, MISSING), after.get(key, MISSING)


def _paired(before: list[Any], after: list[Any]) -> Iterator[tuple[str | int, Any, Any]]:
    """Yield pairs of list elements: matched by name if all elements have one, else by index."""
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None:
        yield from ((f"[name={name}]", one, two) for name, one, two in _same_keys(old, new))
        return
    for index, (one, two) in enumerate(zip_longest(before, after, fillvalue=MISSING)):
        yield index, one, two


def _by_name(values: list[Any]) -> dict[str, Any] | None:
    named = {v["name"]: v for v in values if isinstance(v, dict) and isinstance(v.get("name"), str)}
    return named if len(named) == len(values) else None


def same_owners(before: Tree, after: Tree) -> bool:
    """Return whether the same managers own the same fields in both versions, regardless of when they wrote them."""
    return _owners(before) == _owners(after)


def _owners(body: Tree) -> list[Tree]:
    entries = (body.get("metadata") or {}).get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def without(body: Tree, path: str) -> Tree:
    """Return the body without one field, given in the server's notation: `.spec.replicas`, `.webhooks[name="a"].x`."""
    found = _without(body, path)
    return found if isinstance(found, dict) else body


def _without(tree: Any, path: str) -> Any:
    if isinstance(tree, dict) and path.startswith("."):
        return _without_key(tree, path[1:])
    if isinstance(tree, list) and path.startswith("["):
        return _without_element(tree, path)
    return tree


def _without_key(tree: Tree, path: str) -> Tree:
    """Return the tree without the field at a path.

    A key may have dots in its name, so the longest key with which the path begins is the one meant.
    """
    begun = [key for key in tree if path.startswith(key) and path[len(key) : len(key) + 1] in ("", ".", "[")]
    if not begun:
        return tree
    # Both `example.com` and `example.com/tier` may be keys of one mapping.
    head = max(begun, key=len)
    rest = path[len(head) :]
    if rest:
        return {**tree, head: _without(tree[head], rest)}
    return {key: value for key, value in tree.items() if key != head}


def _without_element(elements: list[Any], path: str) -> list[Any]:
    key, end = _element_key(path)
    meant = _elements(elements, key, may_lack=False) if key else []
    rest = path[end:]
    if not rest:
        return [each for each in elements if each not in meant]
    return [_without(each, rest) if each in meant else each for each in elements]


def _element_key(path: str) -> tuple[Tree, int]:
    """Parse `[name="a",port=80]` at the start of a path: return the element's keys, and where the path goes on."""
    key: Tree = {}
    at = 1
    while (match := ELEMENT_KEY.match(path, at)) is not None:
        try:
            key[match[1]], at = json.JSONDecoder().raw_decode(path, match.end())
        except ValueError:
            break
        if path[at : at + 1] == "]":
            return key, at + 1
        at += 1
    return {}, len(path)


def is_as_before(before: Tree | None, body: Tree, *, taken: bool) -> bool:
    """Return whether an apply has changed nothing of an object.

    Who owns its fields counts only if Penstock has taken it over. Otherwise Penstock may have become the owner of a
    value that somebody else has set, beside them.
    """
    is_same = before is not None and not differences(before, body)
    return is_same and (not taken or same_owners(before or {}, body))
