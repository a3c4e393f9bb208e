"""What a manifest means where it differs from what the cluster will hold. Pure.

A controller writes the rules of an aggregated ClusterRole, and the certificate of a webhook that asks for one. If
Penstock sent the values of the manifest in their place, each side would undo the other at every sync.
"""

from base64 import b64encode
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from penstock.apply.shape import says
from penstock.cluster import Ignored
from penstock.kubernetes import injected_keys
from penstock.model import Pointer, ResourceId, Tree
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

IGNORE = "penstock.dev/ignore"
"""JSON pointers, separated by commas, to fields that others set once the object exists."""

HANDS_OFF = (
    ("penstock.dev/apply", "if-not-present", True),
    ("penstock.dev/apply", "never", False),
    ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent", True),
    ("kustomize.toolkit.fluxcd.io/ssa", "Ignore", False),
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled", False),
)
"""Annotations by which an object asks to be left alone, and whether only once it exists."""

UNAWAITED = (("penstock.dev/wait", "disabled"), ("argocd.argoproj.io/ignore-healthcheck", "true"))
"""Annotations by which an object asks not to be waited for."""

TIME_LIMIT = "penstock.dev/timeout"
"""The annotation with the time limit of waiting for an object, such as `90s`; never longer than the whole sync."""

_MARKS = frozenset(name for name, _, _ in HANDS_OFF)


def as_stored(body: Tree) -> Tree:
    """Return a Secret with its `stringData` moved into `data`, as the API server stores it.

    The server records no owner for `stringData`: a key that leaves it would never leave the cluster. Other objects are
    returned unchanged.
    """
    plain, data = body.get("stringData"), body.get("data") or {}
    if body.get("kind") != "Secret" or body.get("apiVersion") != "v1" or not isinstance(plain, dict):
        return body
    # The server refuses this Secret, with better words than we have.
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in plain.values()):
        return body
    coded = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
    return {**{key: value for key, value in body.items() if key != "stringData"}, "data": {**data, **coded}}


def ignored_fields(id: ResourceId, body: Tree, ignore: Iterable[Ignored]) -> list[tuple[str, ...]]:
    """Return the fields of an object whose live values are kept, by the configuration or by the object's annotation."""
    found = [field for each in ignore if _is_about(each, id) for field in each.fields]
    annotations = get(body, ("metadata", "annotations"))
    said = annotations.get(IGNORE, "") if isinstance(annotations, dict) else ""
    return found + [field for text in str(said).split(",") if (field := pointer_of(text.strip()))]


def yielding_to(id: ResourceId, ignore: Iterable[Ignored]) -> frozenset[str]:
    """Return the field managers whose values win in a conflict about an object."""
    return frozenset(manager for each in ignore if _is_about(each, id) for manager in each.managers)


def _is_about(ignored: Ignored, id: ResourceId) -> bool:
    kind = f"{id.kind}.{id.group}" if "." in ignored.kind else id.kind
    pairs = ((kind, ignored.kind), (id.namespace, ignored.namespace), (id.name, ignored.name))
    return all(fnmatchcase(text, pattern) for text, pattern in pairs)


def with_live_values(body: Tree, live: Tree, fields: Iterable[tuple[str, ...]]) -> Tree:
    """Return the body with the live values of some fields.

    Penstock still owns these fields, so none falls back to a default. A field that is missing from the body or the live
    object is left as the body has it.
    """
    for field in fields:
        at, wanted = _found(body, field)
        _, there = _found(live, field)
        if MISSING not in (wanted, there) and wanted != there:
            body = with_value(body, at, there)
    return body


def _found(tree: Any, field: tuple[str, ...]) -> tuple[Pointer, Any]:
    """Return where a JSON pointer leads, as a `Pointer`, and the value there (MISSING where there is none)."""
    at: list[Any] = []
    for name in field:
        step = int(name) if isinstance(tree, list) and name.isascii() and name.isdigit() else name
        tree = child(tree, step)
        at.append(step)
    return tuple(at), tree


def hands_off(body: Tree, is_there: bool) -> str:
    """Return why a sync leaves an object alone by its annotations, or "" where it does not."""
    # Nearly all objects have none of these marks, which one look tells.
    if not any(_MARKS.intersection(get(body, ("metadata", place)) or ()) for place in ("annotations", "labels")):
        return ""
    for name, value, needs_it in HANDS_OFF:
        if says(body, name, value) and (is_there or not needs_it):
            return f"left alone, as {name}: {value} says"
    return ""


def unawaited(body: Tree) -> str:
    """Return the annotation by which an object asks not to be waited for, or "" where it has none."""
    return next((name for name, value in UNAWAITED if says(body, name, value)), "")


def said_limit(body: Tree) -> str:
    """Return what an object's annotation says about the time limit of waiting for it, or "" where it has none."""
    annotations = get(body, ("metadata", "annotations"))
    return str(annotations.get(TIME_LIMIT, "")) if isinstance(annotations, dict) else ""


def time_limit(body: Tree) -> float | None:
    """Return the seconds for which to wait for an object, or None where it states no limit or no valid one."""
    length = duration(said_limit(body))
    return None if length is None else length.total_seconds()


def left_to_controllers(body: Tree) -> Tree:
    """Return the body without the fields that a controller will write; the original is not changed."""
    # A controller gathers the rules from other roles.
    if body.get("kind") == "ClusterRole" and body.get("aggregationRule"):
        return {key: value for key, value in body.items() if key != "rules"}
    if body.get("kind") == "ConfigMap":
        return _without_data(body)
    annotations = get(body, ("metadata", "annotations")) or {}
    if isinstance(annotations, dict) and any(name in annotations for name in INJECTED):
        return _without_bundles(body)
    return body


def _without_data(body: Tree) -> Tree:
    """Return a ConfigMap without the keys into which certificates are injected."""
    injected = injected_keys(body)
    data = body.get("data")
    if not injected or not isinstance(data, dict):
        return body
    return {**body, "data": {key: value for key, value in data.items() if key not in injected}}


def _without_bundles(tree: Tree) -> Tree:
    """Return the body without any `caBundle` at the places where Kubernetes has one.

    These are client configurations, and the spec of an APIService.
    """
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
