"""managedFields in a version that a definition has dropped. The real server's part is in tests/cluster."""

from typing import Any

from penstock.apply.failure import classify
from penstock.apply.lost_version import patch, preview, respelled

OURS = {"manager": "penstock", "operation": "Apply"}
HAND = {"manager": "kubectl-edit", "operation": "Update"}


def fields(*names: str) -> dict[str, Any]:
    return {"fieldsV1": {"f:spec": {f"f:{name}": {} for name in names}}}


def thing(*managed: dict[str, Any], **spec: str) -> dict[str, Any]:
    metadata = {"name": "one", "resourceVersion": "7", "managedFields": list(managed)}
    return {"apiVersion": "example.org/v2", "kind": "Thing", "metadata": metadata, "spec": spec}


def test_entries_that_would_count_as_one_are_joined() -> None:
    old = {**HAND, "apiVersion": "example.org/v1", **fields("a")}
    new = {**HAND, "apiVersion": "example.org/v2", **fields("b")}
    status = {**HAND, "apiVersion": "example.org/v1", "subresource": "status", **fields("c")}
    assert respelled(thing(old, new, status), "example.org/v1", "example.org/v2") == [
        {**HAND, "apiVersion": "example.org/v2", **fields("a", "b")},
        {**status, "apiVersion": "example.org/v2"},
    ]


def test_entries_of_versions_that_are_served_stay() -> None:
    live = thing({**OURS, "apiVersion": "example.org/v2", **fields("a")})
    assert patch(live, "example.org/v1", "example.org/v2") == []


def test_what_we_no_longer_set_goes_unless_others_set_it_too() -> None:
    ours = {**OURS, "apiVersion": "example.org/v1", **fields("a", "gone", "shared")}
    live = thing(ours, {**HAND, "apiVersion": "example.org/v2", **fields("shared")}, a="1", gone="2", shared="3")
    wanted = {"apiVersion": "example.org/v2", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"a": "4"}}
    assert preview(live, wanted, "example.org/v1")["spec"] == {"a": "4", "shared": "3"}


def test_other_errors_of_the_server_name_no_version() -> None:
    message = "request to convert CR to an invalid group/version: example.org/v1"
    assert classify(500, {"kind": "Status", "message": message}, {}).lost_version == "example.org/v1"
    assert classify(500, {"kind": "Status", "message": "etcdserver: leader changed"}, {}).lost_version == ""
    assert classify(422, {"kind": "Status", "message": message}, {}).lost_version == ""
