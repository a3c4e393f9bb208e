"""Moves fields from `kubectl apply`, Helm and the like to Penstock, so that what leaves Git leaves the cluster. Pure.

Server-side apply removes a field that Penstock no longer sets only if nobody else owns it. What another tool has
applied before, that tool would own forever; so its entry in managedFields is joined with Penstock's before the apply.
kubectl does the same when it migrates from client-side to server-side apply (`csaupgrade` of client-go).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import filterfalse
from typing import Any

from penstock.apply.conflicts import is_a_person
from penstock.apply.field_sets import as_tree, common, drop, leads_to, minus, union, with_parents
from penstock.apply.ownership import MANAGER, entries, is_ours
from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.tree import get

KUBECTL = (
    ("kubectl-client-side-apply", "Update"),
    ("kubectl-create", "Update"),
    ("kubectl-replace", "Update"),
    ("kubectl-run", "Update"),
    ("kubectl-expose", "Update"),
    ("before-first-apply", "Update"),  # the server's name for the author of an object without managers
    ("kubectl", "Apply"),
    ("kubectl-last-applied", "Apply"),
)
"""The managers as which `kubectl apply`, `create` and `replace` write: a person with the same manifests."""

LAST_APPLIED = ("f:metadata", "f:annotations", "f:kubectl.kubernetes.io/last-applied-configuration")

RESTARTED: Tree = {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}}
"""The field that `kubectl rollout restart` leaves in a template. Removing it would restart everything once more."""


POWERS = regex(
    r"^spec\.(.*\.)?((initC|ephemeralC|c)ontainers\[[^.]*\]|containers.*\.(image|command|args)|host(Network|PID|IPC)|hostPath"
    r"|securityContext.*|serviceAccountName), "
)
"""The fields of a pod with which it runs another program, or with more rights."""

LONGEST_PATH = 400


class Takeover(NamedTuple):
    """What goes over to Penstock on an object, in addition to what `kubectl apply` has set.

    `managers` are the managers whose fields all go over, `fields` (as FieldsV1) are the fields that go over from
    people. `lost` is the version of Penstock's own entry, where the cluster no longer serves it. The API server ignores
    such an entry, so fields that leave Git would stay; the entry is changed to the current version.
    """

    managers: tuple[str, ...] = ()
    fields: Mapping[str, Any] = {}
    lost: str = ""


NOTHING = Takeover()


def givers(live: Tree, take: Takeover) -> frozenset[str]:
    """Return the managers whose fields go over to Penstock: after that they conflict with nothing."""
    return frozenset(str(entry.get("manager")) for entry in taken(live, take))


def taken(live: Tree, take: Takeover = NOTHING) -> list[Tree]:
    """Return the entries that go over to Penstock as a whole."""
    return [
        entry
        for entry in entries(live)
        if not entry.get("subresource")
        and (
            (entry.get("manager"), entry.get("operation")) in KUBECTL
            or entry.get("manager") in take.managers
            or _is_client_side(entry)
            or (is_ours(entry) and entry.get("apiVersion") == take.lost)
        )
    ]


def _is_client_side(entry: Tree) -> bool:
    """Return whether an entry is of `kubectl apply` under another name (`--field-manager`).

    Such an entry is known by the annotation with the last applied manifest.
    """
    return entry.get("operation") == "Update" and get(entry, ("fieldsV1", *LAST_APPLIED)) is not None


def moves(live: Tree, take: Takeover) -> bool:
    """Return whether anything has to go over to Penstock."""
    return bool(taken(live, take)) or any(_share(entry, take) for entry in entries(live))


def _share(entry: Tree, take: Takeover) -> Tree:
    """Return the fields that go over to Penstock from an entry that itself stays."""
    return common(as_tree(entry.get("fieldsV1")), take.fields) if _is_by_hand(entry) else {}


def moved(live: Tree, take: Takeover = NOTHING) -> list[Tree]:
    """Return the managedFields after the takeover.

    They are one entry of Penstock with all fields that it has and takes over, and the remaining entries.
    """
    theirs = taken(live, take)
    ours = [entry for entry in entries(live) if is_ours(entry)]
    shares = [_share(entry, take) for entry in entries(live)]
    versions = (each.get("apiVersion") for each in (*ours, *theirs))
    entry = {
        "manager": MANAGER,
        "operation": "Apply",
        # The version in which the fields were written must be one that the cluster still serves.
        "apiVersion": next(filter(take.lost.__ne__, versions), live.get("apiVersion")),
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields([*ours, *theirs, *({"fieldsV1": share} for share in shares)]),
    }
    others = [each for each in entries(live) if each not in theirs and each not in ours]
    return [entry, *(left for each in others if (left := _left_of(each, take)))]


def _left_of(entry: Tree, take: Takeover) -> Tree:
    """Return an entry without the fields that go over to Penstock; an empty mapping where no fields are left."""
    share = _share(entry, take)
    fields = minus(as_tree(entry.get("fieldsV1")), share) if share else entry.get("fieldsV1")
    return {**entry, "fieldsV1": fields} if fields else {}


def _fields(found: Iterable[Tree]) -> Tree:
    """Return the union of the fields of several entries.

    Fields that were set by `stringData` of a Secret are stored in its `data`.
    """
    fields: Tree = {}
    for entry in found:
        fields = union(fields, as_tree(entry.get("fieldsV1")))
    plain = as_tree(fields.pop("f:stringData", None))
    return union(fields, {"f:data": plain}) if plain else fields


def patch(live: Tree, take: Takeover = NOTHING) -> list[Tree]:
    """Return the JSON patch for the takeover, which fails with a conflict where the object has since changed."""
    version = get(live, ("metadata", "resourceVersion"), "")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": moved(live, take)},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def preview(live: Tree, tried: Tree, take: Takeover = NOTHING) -> Tree:
    """Return the answer of a dry run without the fields that disappear once Penstock owns those of the others.

    The dry run did not know of the takeover: the fields of the others are still in its answer.
    """
    fields = _fields([*taken(live, take), *({"fieldsV1": _share(entry, take)} for entry in entries(live))])
    gone = taken(tried, take)
    stays = [entry for entry in entries(tried) if entry not in gone]
    left = _fields({"fieldsV1": minus(as_tree(entry.get("fieldsV1")), _share(entry, take))} for entry in stays)
    after = drop(tried, with_parents(minus(fields, left), left))
    return after if isinstance(after, dict) else tried


def without_fields(live: Tree, fields: Mapping[str, Any]) -> Tree:
    """Return an object without some of its fields."""
    left = drop(live, dict(fields)) if fields else live
    return left if isinstance(left, dict) else live


def added(live: Tree) -> list[str]:
    """Return the fields that people have added by hand and Penstock does not set: `spec.paused, added by kubectl-edit`.

    Of other managers, which may be controllers at their work, only what gives pods other programs or more rights is
    returned. A sync leaves all of these as they are.
    """
    applied = _fields(filter(_is_apply, entries(live)))
    ours = _fields(filter(is_ours, entries(live)))
    found: list[str] = []
    for entry in filterfalse(is_ours, entries(live)):
        if _is_by_hand(entry):
            found += _added(entry, applied)
        else:
            found += filter(_is_power, _added(entry, ours))
    return found


def _is_apply(entry: Tree) -> bool:
    return entry.get("operation") == "Apply"


def _is_power(text: str) -> bool:
    # In an object of a free form, a path may be as long as the object; that of a pod is not.
    return len(text) <= LONGEST_PATH and POWERS.search(text) is not None


def additions(live: Tree) -> Tree:
    """Return the fields that people have added by hand and Penstock does not set, as FieldsV1.

    Metadata, the status, and the mark of a `kubectl rollout restart` are left out.
    """
    by_hand = [entry for entry in entries(live) if _is_by_hand(entry)]
    if not by_hand:
        return {}
    theirs = _fields(by_hand)
    ours = _fields(filter(_is_apply, entries(live)))
    template: Tree = {"f:spec": {"f:template": RESTARTED}}
    left = minus(minus(theirs, ours), template)
    return {key: below for key, below in left.items() if key not in ("f:metadata", "f:status")}


def exchanged(live: Tree, wanted: Tree) -> Tree:
    """Return the list elements that people have put in the place of wanted ones, as FieldsV1.

    Changing the port of a Service, or the name of a container, changes the key of the element: to the server, the
    wanted element is gone, and the changed one is a new one that would stay beside the wanted one.
    """
    return _exchanged(additions(live), live, wanted)


def _exchanged(fields: Tree, live: Any, wanted: Any) -> Tree:
    found: Tree = {}
    for step, below in fields.items():
        name = step.removeprefix("f:")
        # Only fields of mappings are followed; list elements are matched by `_exchanged_elements`.
        if step == name or not isinstance(live, dict) or not isinstance(wanted, dict):
            continue
        if isinstance(live.get(name), list) and isinstance(wanted.get(name), list):
            inside = _exchanged_elements(as_tree(below), live[name], wanted[name])
        else:
            inside = _exchanged(as_tree(below), live.get(name), wanted.get(name))
        if inside:
            found[step] = inside
    return found


def _exchanged_elements(fields: Tree, live: list[Any], wanted: list[Any]) -> Tree:
    steps = [step for step in fields if step.startswith("k:")]
    is_short = any(_key_of(steps[0], element) not in _keys(steps[0], live) for element in wanted) if steps else False
    found: Tree = {}
    for step in steps:
        mine = next((element for element in wanted if _key_of(step, element) == _key_in(step)), None)
        theirs = next((element for element in live if leads_to(step, element)), None)
        inside = _exchanged(as_tree(fields[step]), theirs, mine) if mine is not None else {}
        if mine is None and is_short:
            inside = fields[step]
        if inside:
            found[step] = inside
    return found


def _keys(step: str, elements: list[Any]) -> list[Tree]:
    return [_key_of(step, element) for element in elements]


def _key_of(step: str, element: Any) -> Tree:
    """Return the key of an element, made of the same fields as `step`, which names an element of the same list."""
    defaults = {"protocol": "TCP"}
    return {name: as_tree(element).get(name, defaults.get(name)) for name in _key_in(step)}


def _key_in(step: str) -> Tree:
    return as_tree(json.loads(step.removeprefix("k:")))


def _is_by_hand(entry: Tree) -> bool:
    writes = entry.get("operation") == "Update" and not entry.get("subresource")
    return writes and is_a_person(str(entry.get("manager")))


def _added(entry: Tree, ours: Tree) -> Iterator[str]:
    for path in _paths(minus(entry.get("fieldsV1") or {}, ours)):
        if not path.startswith(("metadata", "status")):
            yield f"{path}, added by {entry.get('manager')}"


def _paths(fields: Tree, path: str = "") -> Iterator[str]:
    """Yield the fields in people's notation; a field that is owned as a whole is one path, with everything in it."""
    if path and (not fields or "." in fields):
        yield path
        return
    for key, below in fields.items():
        kind, _, name = key.partition(":")
        if kind == "f":
            yield from _paths(as_tree(below), f"{path}.{name}".removeprefix("."))
        elif kind in ("k", "v"):
            yield from _paths(as_tree(below), f"{path}[{_key(name)}]")


def _key(text: str) -> str:
    try:
        key = json.loads(text)
    except ValueError:
        return text
    return ",".join(f"{name}={value}" for name, value in key.items()) if isinstance(key, dict) else str(key)
