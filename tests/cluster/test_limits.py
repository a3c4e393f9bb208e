"""What only a real API server can refuse: a list of members that is too long, a version that is of yesterday."""

from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.cluster.test_ownership import made_by
from tests.cluster.test_sync import CONFIG, OTHER_CONFIG

from penstock.apply import inventory, takeover
from penstock.apply.failure import Failure
from penstock.apply.inventory import Inventory, body, parent_of, read
from penstock.model import ResourceId

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand


def members(number: int) -> dict[ResourceId, str]:
    """Objects of many applications, with uids that cannot be compressed."""
    return {ResourceId("apps", "Deployment", f"team-{n % 100}", f"web-{n}"): str(uuid4()) for n in range(number)}


def test_inventory_of_many_objects_is_taken_by_the_server(stand: "Stand") -> None:
    parent, many = parent_of("prod", stand.namespace), Inventory(members(20_000))
    answer = stand.cluster.admin.call("POST", stand.path("configmaps"), {}, body(parent, many, "1.2.3"))
    assert not isinstance(answer, Failure), answer
    assert read(parent, answer) == many


def test_inventory_that_is_too_large_ends_the_sync_before_its_first_write(
    stand: "Stand", monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = inventory._listed(members(60_000))
    monkeypatch.setattr(inventory, "_listed", lambda _: lines)
    stand.commit(CONFIG)
    result = stand.sync()
    assert result.status == 4
    assert f"cannot write the inventory ConfigMap {stand.namespace}/penstock-prod: " in result.err
    assert "may not be more than 1048576 bytes" in result.err
    assert not stand.exists("configmaps", "settings")


def test_object_that_changes_while_it_is_taken_over_is_read_again(
    stand: "Stand", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server refuses a patch with a version of yesterday: 409, without causes."""
    made_by(stand, "kubectl-client-side-apply", {}, shade="dark")
    stand.commit(CONFIG, OTHER_CONFIG)
    tries, real = count(), takeover.patch

    def patch(live: Any, *more: Any) -> Any:
        if next(tries) < 2:
            stand.edit("configmaps", "settings", {"data": {"hue": str(uuid4())}})
        return real(live, *more)

    monkeypatch.setattr("penstock.apply.world.patch", patch)
    result = stand.sync("--adopt", "ConfigMap")
    assert result.status == 0, result.err
    assert next(tries) == 3
    live = stand.get("configmaps", "settings")
    assert sorted(live["data"]) == ["colour", "hue"]
    assert [each["manager"] for each in live["metadata"]["managedFields"]] == ["penstock", "kubectl-edit"]
