"""Relatives of differences that are meant: other pointers and managers under `ignore:`, and annotations."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.test_families import annotated
from tests.cluster.test_sync import CONFIG, DEPLOYMENT, OTHER_CONFIG, SECRET, SERVICE

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

NOTED = CONFIG.replace("namespace: NS}", "namespace: NS, annotations: {example.com/note: git}}")
CONTAINERS = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "other:2"}]}}}}


def configure(stand: "Stand", *entries: dict[str, Any]) -> None:
    config = {"environments": {"prod": {"ignore": [{"reason": "it is meant", **each} for each in entries]}}}
    (stand.repository / "penstock.yaml").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("manifest", "entry", "resource", "patch"),
    [
        (
            NOTED,
            {"kind": "ConfigMap", "fields": ["/metadata/annotations/example.com~1note"]},
            "configmaps",
            {"metadata": {"annotations": {"example.com/note": "live"}}},
        ),
        (CONFIG, {"kind": "ConfigMap", "fields": ["/data"]}, "configmaps", {"data": {"colour": "live", "more": "x"}}),
        (
            CONFIG,
            {"kind": "ConfigMap", "name": "set*", "fields": ["/data/colour"]},
            "configmaps",
            {"data": {"colour": "live"}},
        ),
        (
            SERVICE,
            {"kind": "Service", "fields": ["/spec/ports/0/targetPort"]},
            "services",
            {"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]}},
        ),
        (
            SERVICE,
            {"kind": "Service", "fields": ["/spec/selector", "/spec/nowhere/0"]},
            "services",
            {"spec": {"selector": {"app": "live"}}},
        ),
    ],
    ids=["escaped", "whole", "pattern", "element", "mapping"],
)
def test_field_of_the_configuration_keeps_its_live_value(
    stand: "Stand", manifest: str, entry: dict[str, Any], resource: str, patch: dict[str, Any]
) -> None:
    configure(stand, entry)
    stand.commit(manifest, OTHER_CONFIG)
    assert stand.sync().status == 0
    name = "web" if resource == "services" else "settings"
    stand.edit(resource, name, patch)
    live = stand.get(resource, name)
    assert stand.status().status == 0, stand.status().out
    asked = stand.sync("--dry-run")
    assert (asked.status, "0 to update" in asked.out) == (0, True), asked.out
    for _ in range(2):  # the first one makes Penstock an owner of the live value, which changes nothing of the object
        again = stand.sync()
        assert again.status == 0, again.err
        assert "0 updated" in again.out, again.out
    stand.commit(manifest.replace("metadata: {", "metadata: {labels: {new: label}, "), OTHER_CONFIG)
    changed = stand.sync()
    assert changed.status == 0, changed.err
    now = stand.get(resource, name)
    assert now["metadata"]["labels"]["new"] == "label"
    assert (now.get("data"), now.get("spec")) == (live.get("data"), live.get("spec"))
    assert now["metadata"].get("annotations") == live["metadata"].get("annotations")


def test_manager_of_the_configuration_keeps_what_it_sets_and_no_more(stand: "Stand") -> None:
    configure(stand, {"kind": "ConfigMap", "managers": ["colour-operator", "nobody"]})
    stand.commit(CONFIG.replace("{colour: blue}", "{colour: blue, size: small}"), OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"data": {"colour": "live"}}, manager="colour-operator")
    stand.edit("configmaps", "settings", {"data": {"size": "large"}}, manager="kubectl-edit")
    done = stand.sync()
    assert done.status == 0, done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "live", "size": "small"}
    stand.edit("configmaps", "others", {"data": {"colour": "live"}}, manager="another-operator")
    refused = stand.sync()
    assert refused.status == 1
    assert "PS612" in refused.err
    assert "another-operator" in refused.err


def test_element_that_others_have_moved(stand: "Stand") -> None:
    """A pointer counts positions. Where a sidecar was put first, the ignored field is another one than in Git."""
    configure(stand, {"kind": "Deployment", "fields": ["/spec/template/spec/containers/0/image"]})
    stand.commit(DEPLOYMENT, CONFIG, SECRET)
    assert stand.sync().status == 0
    sidecar = [{"name": "side", "image": "side:1"}]
    stand.edit("deployments", "web", {"spec": {"template": {"spec": {"initContainers": sidecar}}}}, "apps/v1")
    stand.commit(DEPLOYMENT.replace("web:1", "web:2"), CONFIG, SECRET)
    done = stand.sync()
    assert done.status == 0, done.err
    containers = stand.get("deployments", "web", "apps/v1")["spec"]["template"]["spec"]["containers"]
    assert [each["image"] for each in containers] == ["registry.example.org/web:1"]


@pytest.mark.parametrize(
    ("mark", "follows"),
    [
        ('penstock.dev/ignore: "/data/colour, /data/nothing"', False),
        ("penstock.dev/apply: if-not-present", False),
        ("kustomize.toolkit.fluxcd.io/ssa: IfNotPresent", False),
        ("penstock.dev/ignore: data", True),
    ],
)
def test_annotation_that_comes_later_counts_from_then_on(stand: "Stand", mark: str, follows: bool) -> None:
    stand.commit(CONFIG, OTHER_CONFIG)
    assert stand.sync().status == 0
    stand.edit("configmaps", "settings", {"data": {"colour": "live"}})
    stand.commit(annotated(CONFIG, mark), OTHER_CONFIG)
    done = stand.sync()
    assert done.status == 0, done.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "blue" if follows else "live"}
