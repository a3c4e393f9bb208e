"""Classes of danger by a table: what is one, what is none, and objects of shapes that no server takes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.compare.objects import compare
from penstock.differences import way_of
from penstock.kubernetes import identify
from penstock.model import Origin, Resource

TABLE: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent.parent / "fixtures" / "dangers.yaml").read_text(), yaml.CSafeLoader
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["it"])
def test_what_is_dangerous(row: dict[str, Any]) -> None:
    before, after = ([object_of(row[side])] if side in row else [] for side in ("before", "after"))
    found = compare(before, after, way_of(b"a key")).changes
    dangers = [danger for change in found for danger in change.dangers if danger.level != "note"]
    said = [f"{danger.name} {danger.level}" for danger in dangers]
    levels = [want for want in row.get("want", ()) if want.endswith((" danger", " caution"))]
    assert sorted(said) == sorted(levels)
    messages = " ".join(danger.message for danger in dangers)
    assert all(word in messages for word in row.get("want", ()) if word not in levels), messages


def object_of(body: dict[str, Any]) -> Resource:
    if "pod" in body:
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": body["pod"]}}}
    named = {**body, "metadata": {"name": "it", **body.get("metadata", {})}}
    return Resource(named, Origin("it.yaml"), *identify(named))


def test_pods_that_wait_are_not_restarted() -> None:
    for key, value in (("paused", True), ("updateStrategy", {"type": "OnDelete"}), ("minReadySeconds", 1)):
        spec = {"template": {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}, key: value}
        old = {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": spec}
        new = {**old, "spec": {**spec, "template": {"spec": {"containers": [{"name": "a", "image": "a:2"}]}}}}
        (change,) = compare([object_of(old)], [object_of(new)], way_of(b"a key")).changes
        assert [danger.name for danger in change.dangers] == (["restarts"] if key == "minReadySeconds" else [])
