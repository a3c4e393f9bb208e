"""When an object is applied: phases, waves and hooks, by the annotations of Argo CD and of Helm. Pure.

The order of references is kept: an object that another one needs comes no later than that other one. An object that is
a hook for something that a sync does not do (a deletion, a failure, a test) is not applied.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from penstock.apply.shape import says
from penstock.cluster import HealthWord
from penstock.model import Graph, Resource, ResourceId, Tree
from penstock.moments import HELM_HOOK, HOOK, PHASES, phases, without_moment, words
from penstock.tree import get

WAVE, HELM_WEIGHT = "argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"
POLICY, HELM_POLICY = "argocd.argoproj.io/hook-delete-policy", "helm.sh/hook-delete-policy"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"

POLICIES = ("BeforeHookCreation", "HookSucceeded", "HookFailed")
HELM_POLICIES = {
    "before-hook-creation": "BeforeHookCreation",
    "hook-succeeded": "HookSucceeded",
    "hook-failed": "HookFailed",
}

REPLACE = (
    ("penstock.dev/replace", "enabled"),
    ("kustomize.toolkit.fluxcd.io/force", "enabled"),
    (SYNC_OPTIONS, "Replace=true"),
    (SYNC_OPTIONS, "Force=true"),
)
"""Annotations by which an object asks to be deleted and re-created where a field cannot be changed."""

LAST = (SYNC_OPTIONS, "PruneLast=true")
"""The annotation of an object that is deleted after all others that leave the branch with it."""

Step = tuple[int, int]
"""The phase, as an index of PHASES, and the wave."""


def wave(annotations: Mapping[str, Any]) -> int:
    """Return the wave of an object, or 0 where it states none or one that is not a number."""
    for key in (WAVE, HELM_WEIGHT):
        if key in annotations:
            text = str(annotations[key])
            return int(text) if text.lstrip("+-").isdecimal() and text.isascii() and len(text) < 10 else 0
    return 0


def is_hook(body: Tree) -> bool:
    """Return whether an object is a hook: made for one moment of a sync."""
    annotations = _annotations(body)
    return HOOK in annotations or (HELM_HOOK in annotations and "crd-install" not in words(annotations[HELM_HOOK]))


def policies(annotations: Mapping[str, Any]) -> list[str]:
    """Return when a hook is deleted: before it is re-created, after it has succeeded, or after it has failed."""
    own = [word for word in words(annotations.get(POLICY, "")) if word in POLICIES]
    of_helm = [HELM_POLICIES[word] for word in words(annotations.get(HELM_POLICY, "")) if word in HELM_POLICIES]
    return list(dict.fromkeys(own or of_helm)) or ["BeforeHookCreation"]


def leaves(body: Tree, word: HealthWord) -> bool:
    """Return whether a hook is deleted when it has ended with this health."""
    ends = {"Healthy": "HookSucceeded", "Degraded": "HookFailed"}
    return is_hook(body) and ends.get(word, "") in policies(_annotations(body))


def runs_once(body: Tree) -> bool:
    """Return whether an object does its work once and may be gone afterwards: a hook, or a Job with a time to live."""
    lives_on = get(body, ("spec", "ttlSecondsAfterFinished")) is None
    return is_hook(body) or (body.get("kind") == "Job" and not lives_on)


def content(body: Tree) -> str:
    """Return a digest of the wanted content of an object, which tells whether exactly this version has run."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def has_run(id: ResourceId, body: Tree, live: Mapping[ResourceId, Tree], done: Mapping[ResourceId, str]) -> bool:
    """Return whether an object has done its work in an earlier sync, and is gone."""
    return id not in live and id in done and runs_once(body) and done[id] == content(body)


def idle(body: Tree) -> str:
    """Return why a sync never applies an object, or "" where it does apply it."""
    key, said = without_moment(_annotations(body))
    return f"a sync has no moment for {key}: {', '.join(said) or 'nothing'}" if key else ""


def replaces(body: Tree) -> bool:
    """Return whether an object may be re-created without asking: a hook, or one whose annotations say so."""
    return is_hook(body) or any(says(body, name, value) for name, value in REPLACE)


def steps(bodies: Mapping[ResourceId, Tree], graph: Graph) -> dict[ResourceId, Step]:
    """Return the step of each object: its own, or that of the first object that needs it."""
    return _passed_on({key: _step(body) for key, body in bodies.items()}, graph)


def _passed_on(found: dict[ResourceId, Step], graph: Graph) -> dict[ResourceId, Step]:
    needs: dict[ResourceId, list[ResourceId]] = {}
    for edge in graph.edges:
        needs.setdefault(edge.src, []).append(edge.dst)
    # From the last wave to the first, so that a need is passed on along the whole chain.
    for row in reversed(graph.waves):
        for key in row:
            for needed in needs.get(key, ()):
                if key in found and needed in found:
                    found[needed] = min(found[needed], found[key])
    return found


def steps_of_leaving(bodies: Mapping[ResourceId, Tree], graph: Graph) -> dict[ResourceId, Step]:
    """Return the steps of objects that leave the branch. The highest goes first, and only their waves count."""
    return _passed_on({key: _last_step(body) for key, body in bodies.items()}, graph)


def arranged(graph: Graph, found: Mapping[ResourceId, Step]) -> Graph:
    """Return the graph with its waves split by step, in the order of the steps."""
    ordered = sorted(set(found.values()))
    if len(ordered) < 2:
        return graph
    rows = (tuple(key for key in row if found.get(key) == step) for step in ordered for row in graph.waves)
    return Graph(graph.edges, tuple(row for row in rows if row))


def in_steps(graph: Graph, resources: Iterable[Resource]) -> Graph:
    """Return the graph with the waves of a sync, split by the steps that the objects ask for.

    An object that no sync applies is in no wave.
    """
    bodies = {each.id: each.body for each in resources if not idle(each.body)}
    ordered = arranged(graph, steps(bodies, graph))
    rows = (tuple(key for key in wave if key in bodies) for wave in ordered.waves)
    return Graph(graph.edges, tuple(row for row in rows if row))


def _step(body: Tree) -> Step:
    annotations = _annotations(body)
    first = next(_indexes(annotations), PHASES.index("Sync"))
    return first, wave(annotations)


def _last_step(body: Tree) -> Step:
    return -1 if says(body, *LAST) else 0, wave(_annotations(body))


def _indexes(annotations: Mapping[str, Any]) -> Iterator[int]:
    return (PHASES.index(phase) for phase in phases(annotations) if phase in PHASES)


def _annotations(body: Tree) -> Mapping[str, Any]:
    found = get(body, ("metadata", "annotations"))
    return found if isinstance(found, dict) else {}
