"""Times in which a sync may run: fixtures/windows/cases.yaml, and the cases of Argo CD where they are at hand."""

import json
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.apply.hooks import (
    SYNC_OPTIONS,
    WAVE,
    arranged,
    is_hook,
    policies,
    steps_of_leaving,
    wave,
)
from penstock.graph.link import link
from penstock.kubernetes import identify
from penstock.model import Graph, Origin, Resource, ResourceId, Tree
from penstock.moments import phases
from penstock.windows import Selection, Window, blocking, read

ROOT = Path(__file__).parents[1]
CASES = yaml.safe_load((ROOT / "fixtures" / "windows" / "cases.yaml").read_text(encoding="utf-8"))
SHARED = ROOT.parent / "shared" / "conformance" / "argocd"


def shared(name: str) -> list[dict[str, Any]]:
    path = SHARED / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def window(case: dict[str, Any]) -> Window | str:
    zone = str(case.get("zone") or case.get("timeZone") or "")
    found = read(case["kind"], case.get("schedule", "* * * * *"), case.get("duration", "1h"), zone)
    if isinstance(found, str):
        return found
    manual, overrun = case.get("manual", case.get("manualSync")), case.get("overrun", case.get("syncOverrun"))
    return found._replace(manual=bool(manual), overrun=bool(overrun))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_windows(case: dict[str, Any]) -> None:
    found = [window(each) for each in case["windows"]]
    if "wrong" in case:
        assert found == [case["wrong"]]
        return
    windows = [each for each in found if not isinstance(each, str)]
    held = blocking(windows, case["now"], manual=case.get("manual", False), started=case.get("started"))
    assert [windows.index(each) for each in held] == case["waits_for"]


@pytest.mark.parametrize("case", shared("sync_windows.jsonl"), ids=lambda case: f"{case['op']}-{case['name']}")
def test_windows_of_argo_cd(case: dict[str, Any]) -> None:
    if case["op"] == "matches":
        assert matching(case) == case["expect"]
        return
    found = [window(each) for each in case["windows"]]
    windows = [each for each in found if not isinstance(each, str)]
    if case["expect_error"]:
        assert len(windows) < len(found)
        return
    assert answer(case, windows) == case["expect"]


def matching(case: dict[str, Any]) -> list[int]:
    """Which windows are about an application: here about an environment."""
    app, found = case["app"], []
    for index, each in enumerate(case["windows"]):
        known = window(each)
        assert isinstance(known, Window)
        names, clusters, namespaces = (tuple(each[key]) for key in ("applications", "clusters", "namespaces"))
        selection = Selection(known, names, clusters, namespaces, each["andOperator"])
        there = [app["destination"]["server"], app["destination"]["name"]]
        if selection.takes(app["name"], there, [app["destination"]["namespace"]]):
            found.append(index)
    return found


def answer(case: dict[str, Any], windows: list[Window]) -> object:
    now = datetime.fromisoformat(case["now"]) if case.get("now") else None
    if now is None:
        return all(each.overrun for each in windows if each.kind == "deny")
    is_open = [each.ends(now) is not None for each in windows]
    if case["op"] == "canSync":
        started = datetime.fromisoformat(case["operation_started"]) if case["operation_started"] else None
        return not blocking(windows, now, manual=case["manual"], started=started)
    if case["op"] == "windowActive":
        return is_open[0]
    if case["op"] == "active":
        return [index for index, yes in enumerate(is_open) if yes]
    return [index for index, yes in enumerate(is_open) if not yes and windows[index].kind == "allow"]


ANNOTATED = [case for case in shared("sync_order.jsonl") if "annotations" in case]


@pytest.mark.parametrize("case", ANNOTATED, ids=lambda case: f"{case['op']}-{case['name']}")
def test_annotations_of_argo_cd_and_helm(case: dict[str, Any]) -> None:
    annotations, wanted = case["annotations"], case["expect"]
    hook = is_hook({"metadata": {"annotations": annotations}})
    if case["op"] == "phases":
        assert sorted(phases(annotations)) == wanted
    elif case["op"] == "wave":
        assert wave(annotations) == wanted
    elif case["op"] == "delete_policies":
        assert policies(annotations) == wanted
    elif case["op"] == "helm_hook_types":
        assert (phases(annotations) if hook else []) == wanted
    else:
        types = [word for word in wanted["types"] if word != "Skip"]  # it alone counts, and then nothing is applied
        assert (phases(annotations) if hook else []) == types


PRUNED = [case for case in shared("sync_order.jsonl") if case["op"] == "prune_waves"]


@pytest.mark.parametrize("case", PRUNED, ids=lambda case: case["name"])
def test_waves_of_what_leaves_the_branch(case: dict[str, Any]) -> None:
    """Argo CD gives numbers to what it applies and what it prunes; here all pruning comes last, so its order counts."""
    bodies = {key_of(name): leaving(case, name) for name in case["prune"]}
    graph = Graph((), (tuple(bodies),))
    ordered = arranged(graph, steps_of_leaving(bodies, graph))
    rows = [{key.name for key in row} for row in reversed(ordered.waves)]
    turns = {name: number for number, row in enumerate(rows) for name in row}
    wanted = case["expect"]
    for one, other in permutations(turns, 2):
        if wanted[one] < wanted[other]:
            assert turns[one] < turns[other], rows


def key_of(name: str) -> ResourceId:
    return ResourceId("", "ConfigMap", "shop", name)


def leaving(case: dict[str, Any], name: str) -> Tree:
    annotations = {WAVE: str(case["waves"][name])}
    if name in case["prune_last_resources"]:
        annotations[SYNC_OPTIONS] = "Validate=false,PruneLast=true"
    return {"metadata": {"annotations": annotations}}


@pytest.mark.parametrize("case", [each for each in shared("sync_order.jsonl") if each["op"] == "sort"])
def test_what_others_need_comes_first(case: dict[str, Any]) -> None:
    """Argo CD sorts kinds; here the references decide."""
    place = {"Namespace": {"name": "a"}, "Workflow": {"name": "b", "namespace": "a"}}
    made = [{"apiVersion": "v1", "kind": each["kind"], "metadata": place[each["kind"]]} for each in case["input"]]
    resources = [Resource(body, Origin("x"), *identify(body)) for body in made]
    names = {"a": "ns", "b": "cr"}
    assert [names[key.name] for wave in link(resources)[0].waves for key in wave] == case["expect"]


@pytest.mark.parametrize(("environments", "namespaces", "every", "fits"), [
    (("prod-*",), (), False, True),
    (("staging",), ("shop",), False, True),
    (("staging",), ("shop",), True, False),
    (("prod-eu",), ("shop", "bank"), True, True),
    ((), ("bank",), False, False),
    ((), (), False, False),
    ((), (), True, False),
])  # fmt: skip
def test_window_for_some_environments(
    environments: tuple[str, ...], namespaces: tuple[str, ...], every: bool, fits: bool
) -> None:
    known = read("deny", "* * * * *", "1h")
    assert isinstance(known, Window)
    chosen = Selection(known, environments, (), namespaces, every)
    assert chosen.takes("prod-eu", ["eu"], ["shop", "default"]) is fits
