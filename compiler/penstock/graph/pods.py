"""The pods that the workloads of a target will have, read from their templates, and which of these pods a selector
chooses.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from penstock.graph.index import kind_of
from penstock.graph.references import LABELS_OF_CONTROLLERS
from penstock.graph.walk import strings
from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Pointer, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import get

MAX_COMPARED = 1_000_000
"""Comparisons of a selector with pods in one target: a thousand selectors that all choose the same thousand workloads.
It takes about a second; nobody means more."""

MAX_HINTED = 100
"""Pods that a search for a hint looks at."""


class Pods(NamedTuple):
    """The pods of one workload: their labels, the places of these labels, and the names of their ports."""

    workload: Resource
    labels: Mapping[str, str]
    at: Pointer
    ports: tuple[str, ...]


class Wanted(NamedTuple):
    """The demands of a selector: labels with their values, and expressions over labels."""

    labels: Mapping[str, str]
    expressions: Sequence[Tree] = ()

    @property
    def placeholder(self) -> str:
        """A label whose value another tool will fill in, if there is one."""
        return next((f"{key}={value}" for key, value in self.labels.items() if "$" in value), "")


class AllPods:
    """The pods of a target, by namespace and by label."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._in_namespace: dict[str, list[Pods]] = {}
        self._labelled: dict[tuple[str, str, str], list[Pods]] = {}
        self._numbers: dict[int, int] = {}
        """The number of each workload, by its id."""
        self._left = MAX_COMPARED
        for pods in _pods(resources):
            self._numbers[id(pods.workload)] = len(self._numbers)
            namespace = pods.workload.id.namespace
            self._in_namespace.setdefault(namespace, []).append(pods)
            for key, value in pods.labels.items():
                self._labelled.setdefault((namespace, key, value), []).append(pods)

    def choose(self, namespace: str, wanted: Wanted) -> list[Pods] | None:
        """Return the pods that a selector chooses, or None where finding out would take too long. The search starts
        from the rarest label.
        """
        ways = [[self._labelled.get((namespace, *pair), [])] for pair in wanted.labels.items()]
        ways += [self._with_one(namespace, each) for each in wanted.expressions if _lists_values(each)]
        lists = min(ways, key=_size) if ways else [self._in_namespace.get(namespace, [])]
        self._left -= _size(lists) * max(len(wanted.expressions), 1)
        return [pods for pods in self._in_order(lists) if _fits(pods.labels, wanted)] if self._left >= 0 else None

    def _with_one(self, namespace: str, expression: Tree) -> list[list[Pods]]:
        """Return the pods that have one of the values of an expression, by value."""
        key = expression["key"]
        return [self._labelled.get((namespace, key, value), []) for value in dict.fromkeys(expression["values"])]

    def _in_order(self, lists: Sequence[list[Pods]]) -> list[Pods]:
        """Return the pods of several lists in the order of their workloads."""
        if len(lists) == 1:
            return lists[0]
        numbered = ((self._numbers[id(each.workload)], each) for pods in lists for each in pods)
        return [pods for _, pods in sorted(numbered, key=itemgetter(0))]

    def almost(self, namespace: str, wanted: Wanted) -> Pods | None:
        """Return the first pods that have the most of the wanted labels, and at least one of them."""
        scores: dict[int, tuple[int, Pods]] = {}
        for pair in wanted.labels.items():
            for pods in self._labelled.get((namespace, *pair), [])[:MAX_HINTED]:
                score, _ = scores.get(id(pods), (0, pods))
                scores[id(pods)] = score + 1, pods
        return max(scores.values(), key=lambda scored: scored[0])[1] if scores else None

    def elsewhere(self, wanted: Wanted) -> Pods | None:
        """Return wanted pods of other namespaces. Of each namespace, the first pods are looked at."""
        for pair in list(wanted.labels.items())[:1]:
            for namespace in list(self._in_namespace)[:MAX_HINTED]:
                for pods in self._labelled.get((namespace, *pair), [])[:1]:
                    if _fits(pods.labels, wanted):
                        return pods
        return None

    def values(self, namespace: str, key: str) -> list[str]:
        """Return the values that a label has in the namespace."""
        some = self._in_namespace.get(namespace, [])[:MAX_HINTED]
        return list(dict.fromkeys(pods.labels[key] for pods in some if key in pods.labels))


def wanted_by(selector: Any, plain: bool) -> Wanted | None:
    """Return the demands of a selector. The answer is None where there is no selector, and where it chooses all
    pods.
    """
    if not isinstance(selector, dict):
        return None
    labels = _texts(selector if plain else selector.get("matchLabels"))
    expressions = None if plain else selector.get("matchExpressions")
    wanted = Wanted(
        {key: value for key, value in labels.items() if key not in LABELS_OF_CONTROLLERS},
        [each for each in expressions if isinstance(each, dict)] if isinstance(expressions, list) else [],
    )
    return wanted if wanted.labels or wanted.expressions else None


def _pods(resources: Sequence[Resource]) -> Iterator[Pods]:
    for resource in resources:
        template = POD_TEMPLATES.get(kind_of(resource))
        if template is not None:
            at = (*template, "metadata", "labels")
            pod = get(resource.body, (*template, "spec"))
            ports = (*strings(pod, "containers[].ports[].name"), *strings(pod, "initContainers[].ports[].name"))
            yield Pods(resource, _texts(get(resource.body, at)), at, ports)


def _fits(labels: Mapping[str, str], wanted: Wanted) -> bool:
    return wanted.labels.items() <= labels.items() and all(_holds(labels, each) for each in wanted.expressions)


def _size(lists: Sequence[list[Pods]]) -> int:
    return sum(map(len, lists))


def _lists_values(expression: Tree) -> bool:
    """Return whether an expression lists the values of a label that it takes."""
    key, values = expression.get("key"), expression.get("values")
    is_known = isinstance(key, str) and key not in LABELS_OF_CONTROLLERS and isinstance(values, list)
    return is_known and expression.get("operator") == "In" and all(isinstance(each, str) for each in values or ())


def _holds(labels: Mapping[str, str], expression: Tree) -> bool:
    key, values = expression.get("key"), expression.get("values")
    if not isinstance(key, str) or key in LABELS_OF_CONTROLLERS:
        return True
    match expression.get("operator"):
        case "In":
            return isinstance(values, list) and labels.get(key) in values
        case "NotIn":
            return not isinstance(values, list) or labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True  # the schema says what is wrong


def _texts(mapping: Any) -> dict[str, str]:
    """Return the entries that are strings. Null counts as the empty string, as in the API server."""
    if not isinstance(mapping, dict):
        return {}
    return {key: value or "" for key, value in mapping.items() if value is None or isinstance(value, str)}
