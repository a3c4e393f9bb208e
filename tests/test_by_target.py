"""What may be pruned where only some targets are well: each row is a branch, its history, and what follows."""

from collections.abc import Mapping

import pytest

from penstock.apply.by_target import State, not_needed, prunable
from penstock.cluster import Change
from penstock.model import Edge, Graph, Origin, Resource, ResourceId


def named(name: str, namespace: str = "shop") -> ResourceId:
    return ResourceId("", "ConfigMap", namespace, name)


def deletion(id: ResourceId) -> Change:
    return Change("delete", id, {}, None)


HAD = {"web": {"settings", "old"}, "words": {"text", "older"}, "gone": {"oldest"}}


@pytest.mark.parametrize(("unwell", "doomed", "had", "pruned"), [
    (["text"], ["old", "older", "oldest"], HAD, ["old"]),
    (["settings"], ["old", "older", "oldest"], HAD, ["older"]),
    (["settings", "text"], ["old", "older"], HAD, []),
    (["text"], ["moved"], {"web": {"moved"}, "words": {"moved"}}, []),
    (["text"], ["stranger"], HAD, []),
    (["text"], ["old"], {"web": {"old"}}, []),
    (["text"], ["old"], {"words": {"text"}}, []),
])  # fmt: skip
def test_former_objects_of_targets_that_are_well(
    unwell: list[str], doomed: list[str], had: Mapping[str, set[str]], pruned: list[str]
) -> None:
    def history(target: str, since: str) -> frozenset[ResourceId] | None:
        return frozenset(map(named, had[target])) if target in had else None

    resources = [Resource({}, Origin(f"{target}/a.yaml"), named(name)) for target, name in
                 (("web", "settings"), ("words", "text"))]  # fmt: skip
    state = State(resources, set(map(named, unwell)), "shop")
    found = prunable([deletion(named(name)) for name in doomed], state, history, "abc")
    assert [change.id.name for change in found] == pruned


def test_objects_without_a_namespace_are_known_by_the_one_of_the_environment() -> None:
    resources = [
        Resource({}, Origin("web/a.yaml"), named("settings", "")),
        Resource({}, Origin("b/a.yaml"), named("b")),
    ]
    had = {"web": frozenset({named("old", "")}), "b": frozenset({named("b")})}
    doomed = [deletion(named("old"))]
    well = State(resources, {named("b")}, "shop")
    assert prunable(doomed, well, lambda target, since: had[target], "") == doomed
    unwell = State(resources, {named("settings")}, "shop")
    assert prunable(doomed, unwell, lambda target, since: had[target], "") == []


def test_what_somebody_needs_who_stays_is_not_pruned() -> None:
    graph = Graph((Edge(named("text"), named("old"), ("spec",), "name"),), ())
    doomed = [deletion(named("old")), deletion(named("older"))]
    assert not_needed(doomed, graph, {named("text")}) == doomed[1:]
    assert not_needed(doomed, graph, {named("other")}) == doomed
