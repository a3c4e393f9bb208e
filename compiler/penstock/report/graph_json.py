"""The graph for programs: one JSON document. Keys are never renamed or removed; new ones may come.

Every reference is there, with the field that names the object and where this is written (`line` and `column` count from
1). `wave` counts from 1.
"""

from collections.abc import Sequence
from json import dumps
from typing import Any

from penstock.findings import Place
from penstock.model import Compiled, Edge, Resource, ResourceId, TargetNeed, Together
from penstock.tree import origin_of

API_VERSION = "penstock.dev/v1"


def graph_json(fleets: Sequence[Together], place: Place) -> str:
    """Return the indented document. Characters outside of ASCII are escaped."""
    targets = [_target(each, place) for together in fleets for each in together.compiled]
    together = [_environment(each, place) for each in fleets if len(each.compiled) > 1]
    head = {"apiVersion": API_VERSION, "kind": "GraphReport"}
    return dumps({**head, "targets": targets, "environments": together}, indent=2) + "\n"


def _environment(together: Together, place: Place) -> dict[str, Any]:
    """Return which targets of an environment need each other. `steps` are their paths, in the order of `dependsOn`."""
    return {
        "name": together.environment,
        "needs": [_need(need, place) for need in together.needs],
        "steps": [[target.path for target in step] for step in together.steps],
    }


def _need(need: TargetNeed, place: Place) -> dict[str, Any]:
    pos = place(need.where)
    objects = {"from": _id(need.edge.src), "to": _id(need.edge.dst)} if need.edge is not None else {}
    paths = {"target": need.target.path, "needs": need.needed.path}
    return {**paths, "why": need.why, **objects, "path": pos.path, "line": pos.line, "column": pos.col}


def _target(compiled: Compiled, place: Place) -> dict[str, Any]:
    waves = {key: number for number, wave in enumerate(compiled.graph.waves, 1) for key in wave}
    resources = {resource.id: resource for resource in compiled.resources}
    return {
        "path": compiled.target.path,
        "environment": compiled.target.environment,
        "objects": [{**_id(key), "wave": waves.get(key, 0)} for key in resources],
        "references": [_reference(edge, resources[edge.src], place) for edge in compiled.graph.edges],
    }


def _reference(edge: Edge, resource: Resource, place: Place) -> dict[str, Any]:
    pos = place(origin_of(resource, edge.at))
    return {
        "from": _id(edge.src),
        "to": _id(edge.dst),
        "why": edge.why,
        "field": list(edge.at),
        "path": pos.path,
        "line": pos.line,
        "column": pos.col,
    }


def _id(id: ResourceId) -> dict[str, str]:
    return {"group": id.group, "kind": id.kind, "namespace": id.namespace, "name": id.name}
