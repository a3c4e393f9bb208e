"""What a manifest means where it is not what will be in the cluster. Pure.

An aggregated ClusterRole gets its rules, and a webhook that asks for it its certificate, from a controller. If we sent
what the manifest has in their place, each side would undo the other at every sync.
"""

from base64 import b64encode
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from penstock.apply.shape import says
from penstock.model import Ignored, Pointer, ResourceId, Tree
from penstock.tree import MISSING, child, get, pointer_of, with_value
from penstock.windows import duration

INJECTED = (
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
    "service.beta.openshift.io/inject-cabundle",
)
"""Annotations by which an object asks for the certificate of a webhook."""

BUNDLE = "caBundle"

INJECTED_DATA = (
    ("annotations", "service.beta.openshift.io/inject-cabundle", "service-ca.crt"),
    ("labels", "config.openshift.io/inject-trusted-cabundle", "ca-bundle.crt"),
)
"""Marks of a ConfigMap into which certificates are written, and under which key."""

IGNORE = "penstock.dev/ignore"
"""JSON pointers, with commas between them, to fields that others set once the object is there."""

HANDS_OFF = (
    ("penstock.dev/apply", "if-not-present", True),
    ("penstock.dev/apply", "never", False),
    ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent", True),
    ("kustomize.toolkit.fluxcd.io/ssa", "Ignore", False),
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled", False),
)
"""Annotations by which an object asks to be left alone, and whether only once it is there."""

TIME_LIMIT = "penstock.dev/timeout"
"""An annotation that says how long an object is waited for, such as `90s`; never longer than the sync as a whole."""

_MARKS = frozenset(name for name, _, _ in HANDS_OFF)


def as_stored(body: Tree) -> Tree:
    """A Secret with its `stringData` in `data`, as the API server keeps it.

    Of `stringData` the server knows no owner afterwards: what leaves it would never leave the cluster.
    """
    plain, data = body.get("stringData"), body.get("data") or {}
    if body.get("kind") != "Secret" or body.get("apiVersion") != "v1" or not isinstance(plain, dict):
        return body
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in plain.values()):
        return body
    coded = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
    return {**{key: value for key, value in body.items() if key != "stringData"}, "data": {**data, **coded}}


def ignored_fields(id: ResourceId, body: Tree, ignore: Iterable[Ignored]) -> list[tuple[str, ...]]:
    """The fields of an object whose live values stay: by configuration, or by its own annotation."""
    found = [field for each in ignore if _is_about(each, id) for field in each.fields]
    annotations = get(body, ("metadata", "annotations"))
    said = annotations.get(IGNORE, "") if isinstance(annotations, dict) else ""
    return found + [field for text in str(said).split(",") if (field := pointer_of(text.strip()))]


def yielding_to(id: ResourceId, ignore: Iterable[Ignored]) -> frozenset[str]:
    """The field managers whose values stay in a conflict about an object."""
    return frozenset(manager for each in ignore if _is_about(each, id) for manager in each.managers)


def _is_about(ignored: Ignored, id: ResourceId) -> bool:
    kind = f"{id.kind}.{id.group}" if "." in ignored.kind else id.kind
    pairs = ((kind, ignored.kind), (id.namespace, ignored.namespace), (id.name, ignored.name))
    return all(fnmatchcase(text, pattern) for text, pattern in pairs)


def with_live_values(body: Tree, live: Tree, fields: Iterable[tuple[str, ...]]) -> Tree:
    """The body with some fields as they are in the cluster. We go on owning them, so that none falls back to a default.

    A field that one of the two does not have is left as the body has it.
    """
    for field in fields:
        at, wanted = _found(body, field)
        _, there = _found(live, field)
        if MISSING not in (wanted, there) and wanted != there:
            body = with_value(body, at, there)
    return body


def _found(tree: Any, field: tuple[str, ...]) -> tuple[Pointer, Any]:
    """Where a JSON pointer leads, as a pointer of ours, and what is there."""
    at: list[Any] = []
    for name in field:
        step = int(name) if isinstance(tree, list) and name.isascii() and name.isdigit() else name
        tree = child(tree, step)
        at.append(step)
    return tuple(at), tree


def hands_off(body: Tree, is_there: bool) -> str:
    """Why a sync leaves an object alone, as its annotations say; nothing where it does not."""
    if not any(_MARKS.intersection(get(body, ("metadata", place)) or ()) for place in ("annotations", "labels")):
        return ""
    for name, value, needs_it in HANDS_OFF:
        if says(body, name, value) and (is_there or not needs_it):
            return f"left alone, as {name}: {value} says"
    return ""


def said_limit(body: Tree) -> str:
    """What an object says of the time for which it is waited for; nothing where it says nothing."""
    annotations = get(body, ("metadata", "annotations"))
    return str(annotations.get(TIME_LIMIT, "")) if isinstance(annotations, dict) else ""


def time_limit(body: Tree) -> float | None:
    """The seconds for which an object is waited for; None where it does not say, or nothing that can be understood."""
    length = duration(said_limit(body))
    return None if length is None else length.total_seconds()


def left_to_controllers(body: Tree) -> Tree:
    """The body without the fields that a controller will write; the original stays as it is."""
    if body.get("kind") == "ClusterRole" and body.get("aggregationRule"):
        return {key: value for key, value in body.items() if key != "rules"}
    if body.get("kind") == "ConfigMap":
        return _without_data(body)
    annotations = get(body, ("metadata", "annotations")) or {}
    if isinstance(annotations, dict) and any(name in annotations for name in INJECTED):
        return _without_bundles(body)
    return body


def _without_data(body: Tree) -> Tree:
    """A ConfigMap without the keys that are written for it."""
    injected = {key for place, mark, key in INJECTED_DATA if get(body, ("metadata", place, mark)) is not None}
    data = body.get("data")
    if not injected or not isinstance(data, dict):
        return body
    return {**body, "data": {key: value for key, value in data.items() if key not in injected}}


def _without_bundles(tree: Tree) -> Tree:
    """Without any `caBundle` where Kubernetes has one: in client configurations, and in the spec of an APIService."""
    kept = {}
    for key, value in tree.items():
        if key == BUNDLE:
            continue
        if isinstance(value, dict):
            value = _without_bundles(value)
        elif isinstance(value, list) and key == "webhooks":
            value = [_without_bundles(each) if isinstance(each, dict) else each for each in value]
        kept[key] = value
    return kept
