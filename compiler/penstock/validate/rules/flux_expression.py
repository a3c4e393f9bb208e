"""The CEL expressions of a Flux `Kustomization` or `HelmRelease` can be read, and each health check has `current`.

Expressions are in `healthCheckExprs` and in `readyExpr` of `dependsOn`. A `readyExpr` knows `self` and `dep`, and must
be true or false, not the value of some field.

Bad:
```yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  healthCheckExprs:
  - {apiVersion: cert-manager.io/v1, kind: ClusterIssuer, current: "status.conditions.all(e, e.status =="}
```
Good:
```yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  healthCheckExprs:
  - {apiVersion: cert-manager.io/v1, kind: ClusterIssuer, current: "status.conditions.all(e, e.status == 'True')"}
```
Why: the controller of Flux gives the object up (`InvalidCELExpression`) and applies nothing of it until it changes.
Source: fluxcd/pkg/runtime, cel.NewExpression and NewStatusEvaluator.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from penstock.model import Pointer, Resource, Severity
from penstock.tree import get
from penstock.validate.cel.checker import type_of
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, names_in, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, shown
from penstock.validate.cel.values import UnsupportedError
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds

CODE = "PS489"
NAME = "flux-expression"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("kustomize.toolkit.fluxcd.io", "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease")})

CHECKS, NEEDS = ("spec", "healthCheckExprs"), ("spec", "dependsOn")
EXPRESSIONS = ("current", "inProgress", "failed")

PLACEHOLDER = "${"
"""The start of a variable that Flux replaces before the controller reads the expression."""

OF_HEALTH_CHECKS = frozenset(("metadata", "spec", "status"))
"""Names that a health check has, and a `readyExpr` has not."""

FIELDS = ("name", "field", "index")
"""Nodes of an expression that are values of an object. Flux does not know their type, and refuses them as an answer."""


def check(resource: Resource) -> Iterator[Problem]:
    for at, entry in _entries(resource, CHECKS):
        if not entry.get("current"):
            yield Problem(at, "a health check needs `current`", "an expression that is true for a healthy object")
        for name in EXPRESSIONS:
            yield from _read((*at, name), entry.get(name), _unreadable)
    for at, entry in _entries(resource, NEEDS):
        yield from _read((*at, "readyExpr"), entry.get("readyExpr"), _no_answer)


def _entries(resource: Resource, at: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    entries = get(resource.body, at)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield (*at, index), entry


def _read(at: Pointer, written: object, judged: Callable[[str], str]) -> Iterable[Problem]:
    if not isinstance(written, str) or not written or PLACEHOLDER in written:
        return ()
    try:
        why = judged(written)
    except (TooLargeError, RecursionError, UnsupportedError):
        return ()
    return (Problem(at, f"Flux cannot use this expression: {why}"),) if why else ()


def _unreadable(written: str) -> str:
    """Return why an expression cannot be read, or "". Which fields the object has is not known."""
    try:
        parse(written)
    except UnreadableError as error:
        return str(error)
    return ""


def _no_answer(written: str) -> str:
    """Return why an expression is neither true nor false, or ""."""
    try:
        tree = parse(written)
    except UnreadableError as error:
        return str(error)
    foreign = (names_in(tree) - _variables(tree)) & OF_HEALTH_CHECKS
    if foreign:
        return f"it knows `self` and `dep`, not `{min(foreign)}`"
    try:
        found = type_of(tree, {"self": UNKNOWN, "dep": UNKNOWN})
    except MistypedError:
        return ""  # Flux has functions that the API server has not
    if found is UNKNOWN:
        return "it is the value of a field, whose type is not known; compare it" if tree[0] in FIELDS else ""
    return "" if shown(found) == "bool" else f"it has the type {shown(found)}, not bool"


def _variables(tree: Any) -> set[str]:
    """Return the names that macros such as `all(e, …)` may declare: those that are first arguments of methods."""
    if not isinstance(tree, tuple | list):
        return set()
    found = {name for each in tree for name in _variables(each)}
    if tree and tree[0] == "call" and tree[2] is not None:
        found |= {each[1] for each in tree[3][:2] if each[0] == "name"}
    return found
