"""Kubernetes Events: those that say why an object is not well, and those about syncs themselves."""

from typing import Any

import pytest
from tests.cluster.conftest import Stand
from tests.cluster.test_families import rights
from tests.cluster.test_operation import NEVER_READY, SETTINGS

from penstock.apply.failure import Failure


def events(stand: Stand, *query: str) -> list[Any]:
    name = "metadata.namespace!=x" if not query else query[0]
    found = stand.cluster.admin.get(stand.path("events"), {"fieldSelector": name})
    assert not isinstance(found, Failure), found
    return list(found["items"])


def warn(stand: Stand, resource: str, name: str, reason: str, message: str, when: str) -> None:
    about = stand.get(resource, name)
    reference = {"kind": about["kind"], "name": name, "namespace": stand.namespace, "uid": about["metadata"]["uid"]}
    body: Any = {
        "metadata": {"name": f"{name}.{reason.lower()}", "namespace": stand.namespace},
        "involvedObject": reference,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": when,
        "count": 5,
    }
    answer = stand.cluster.admin.call("POST", stand.path("events"), {}, body)
    assert not isinstance(answer, Failure), answer


def test_newest_warning_says_why_an_object_is_not_ready(stand: Stand) -> None:
    stand.commit(SETTINGS, NEVER_READY)
    assert stand.sync("--no-wait").status == 0
    warn(stand, "pods", "slow", "Odd", "long ago", "2026-01-01T00:00:00Z")
    warn(stand, "pods", "slow", "FailedMount", "no such volume\x1b[31m", "2026-01-01T00:05:00Z")
    status = stand.status().out
    assert "FailedMount: no such volume" in status
    assert "(5 times)" in status
    assert "\x1b" not in status
    assert "long ago" not in status
    result = stand.sync("--timeout", "2s")
    assert result.status == 1
    assert "FailedMount: no such volume" in result.err


def test_syncs_are_told_of_on_the_inventory(stand: Stand) -> None:
    commit = stand.commit(SETTINGS)
    assert stand.sync().status == 0
    assert stand.sync().status == 0  # it does nothing, and nothing is told
    stand.commit(SETTINGS, NEVER_READY)
    assert stand.sync("--timeout", "2s").status == 1
    uid = stand.get("configmaps", "penstock-prod")["metadata"]["uid"]
    found = [each for each in events(stand) if each["involvedObject"]["uid"] == uid]
    told = {each["reason"]: each for each in found}
    assert set(told) == {"Synced", "SyncedUnhealthy"}
    assert told["Synced"]["message"] == f"rendered/prod at {commit[:12]}: 1 created, 0 updated, 0 unchanged, 0 pruned"
    assert told["Synced"]["reportingComponent"] == "penstock"


@pytest.mark.parametrize("verbs", ["get", "create"])
def test_who_may_not_use_events_syncs_without_them(stand: Stand, verbs: str) -> None:
    """Neither is an error: not to be allowed to read them, and not to be allowed to write them."""
    own = ("", "configmaps pods", "get list create patch delete")
    rights(stand, own, ("", "events", verbs))
    stand.commit(SETTINGS, NEVER_READY)
    result = stand.sync("--timeout", "2s", context="viewer")
    assert result.status == 1
    assert "slow is still Progressing" in result.err
    assert "forbidden" not in result.err
