"""Users who lack one right: what they may do is done, what they may not is named, and the next sync completes it."""

from typing import TYPE_CHECKING

import pytest
from tests.cluster.test_hostile_users import DEPLOYER, RBAC, do, grant
from tests.cluster.test_sync import CONFIG, OTHER_CONFIG, SERVICE

if TYPE_CHECKING:
    from tests.cluster.conftest import Result, Stand

KINDS = ("configmaps", "services")
VERBS = ("get", "list", "watch", "patch", "create", "delete")


def lacking(stand: "Stand", resource: str, verb: str) -> None:
    """Give the user all that the manual names, but for one verb on one resource."""
    groups = {"configmaps": "", "services": "", "leases": "coordination.k8s.io"}
    rules = [
        {
            "apiGroups": [group],
            "resources": [name],
            "verbs": [each for each in (*VERBS, "update") if (name, each) != (resource, verb)],
        }
        for name, group in groups.items()
    ]
    role = {**DEPLOYER, "rules": rules}
    do(stand.cluster.admin, "POST", f"{RBAC}/namespaces/{stand.namespace}/roles", role)
    grant(stand, "viewer", "deployer", "Role")


def synced(stand: "Stand") -> "list[Result]":
    """A first sync, one that changes an object, and one that prunes another."""
    results = []
    for documents in (
        (CONFIG, OTHER_CONFIG, SERVICE),
        (CONFIG.replace("blue", "green"), OTHER_CONFIG, SERVICE),
        (CONFIG.replace("blue", "green"), SERVICE),
    ):
        stand.commit(*documents)
        results.append(stand.sync("--timeout", "20s", context="viewer"))
    return results


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("resource", KINDS)
def test_one_right_on_a_kind_of_the_branch_is_missing(stand: "Stand", resource: str, verb: str) -> None:
    lacking(stand, resource, verb)
    results = synced(stand)
    for result in results:
        assert result.status in (0, 1, 4), result.err
        assert "Traceback" not in result.err
        if result.status:
            assert resource in result.err
            assert verb in result.err or "not allowed" in result.err or "cannot" in result.err
    last = stand.sync()
    assert last.status == 0, last.err
    assert stand.get("configmaps", "settings")["data"] == {"colour": "green"}
    assert not stand.exists("configmaps", "others")
    assert stand.exists("services", "web")


@pytest.mark.parametrize("verb", ["get", "create", "update"])
def test_one_right_on_the_lock_is_missing(stand: "Stand", soon_abandoned: None, verb: str) -> None:
    """Without the lock nothing is written."""
    lacking(stand, "leases", verb)
    stand.commit(CONFIG)
    first = stand.sync("--timeout", "20s", context="viewer")
    assert first.status in (0, 1, 4), first.err
    if first.status:
        assert "leases" in first.err
        assert verb in first.err
        assert not stand.exists("configmaps", "settings")
    last = stand.sync("--lock-timeout", "30s")
    assert last.status == 0, last.err
