"""What controllers say in the first minute of an object, which ends no sync, and what they say for good."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster.conftest import until
from tests.cluster.test_live_faults import with_status
from tests.cluster.test_sync import GADGET, SHOP

from penstock.apply import wait

if TYPE_CHECKING:
    from tests.cluster.conftest import Result, Stand

NOT_YET = {"type": "Ready", "status": "False", "reason": "BackendNotFound", "message": "no service shop"}
WELL = {"type": "Ready", "status": "True", "reason": "Done"}
UNCLEAR = {"type": "Aligned", "status": "True"}
STALLED = {"type": "Stalled", "status": "True", "reason": "InvalidSpec"}

AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: NS}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: TARGET}
"""


def reported(stand: "Stand", *conditions: Mapping[str, Any], pause: float = 2.0) -> "tuple[Result, float]":
    """The result of a sync during which a controller reports one condition after the other, and its seconds."""
    group = f"{stand.namespace}.example.org"
    stand.commit(with_status(group), GADGET.replace("GROUP", group))

    def report() -> None:
        until(lambda: stand.exists("gadgets", "first", f"{group}/v1"))
        for condition in conditions:
            body = {"status": {"conditions": [condition]}}
            stand.edit("gadgets", "first/status", body, f"{group}/v1", manager="controller")
            time.sleep(pause)

    reporter = threading.Thread(target=report)
    reporter.start()
    start = time.monotonic()
    result = stand.sync("--timeout", "90s")
    reporter.join()
    return result, time.monotonic() - start


def test_trouble_of_the_first_moments_is_waited_out(stand: "Stand") -> None:
    result, _ = reported(stand, NOT_YET, WELL, pause=2.5)
    assert result.status == 0, result.err
    assert "BackendNotFound" in result.err  # what is waited for is said


def test_trouble_that_comes_and_goes_is_waited_out(stand: "Stand", monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time the patience begins anew."""
    monkeypatch.setattr(wait, "PATIENCE", 3.0)
    busy = {"type": "Ready", "status": "False", "reason": "Reconciling"}
    result, _ = reported(stand, NOT_YET, busy, NOT_YET, busy, NOT_YET, WELL, pause=1.2)
    assert result.status == 0, result.err


def test_trouble_that_lasts_ends_the_wait_long_before_the_timeout(
    stand: "Stand", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait, "PATIENCE", 3.0)
    result, seconds = reported(stand, NOT_YET)
    assert result.status == 1
    assert "is Degraded: BackendNotFound: no service shop" in result.err
    assert seconds < 45


def test_status_that_stays_unclear_ends_the_wait_long_before_the_timeout(
    stand: "Stand", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether the object is well, and waiting does not tell. It is not called well; the rest is pruned."""
    monkeypatch.setattr(wait, "PATIENCE", 3.0)
    result, seconds = reported(stand, UNCLEAR)
    assert result.status == 1
    assert "is Unknown: Aligned is True" in result.err
    assert "`health` in penstock.yaml" in result.err  # which tells what to do
    assert seconds < 45
    rules = stand.repository / "health" / f"{stand.namespace}.example.org.yaml"
    rules.parent.mkdir()
    rules.write_text("Gadget:\n- Healthy: {Aligned: true}\n- Progressing:\n")
    (stand.repository / "penstock.yaml").write_text("health: [health]\n")
    told = stand.sync("--timeout", "60s")
    assert told.status == 0, told.err


def test_custom_resource_of_nobody_is_settled_soon(stand: "Stand", monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster may have a definition without its controller."""
    monkeypatch.setattr(wait, "GRACE", 1.0)
    group = f"{stand.namespace}.example.org"
    stand.commit(with_status(group), GADGET.replace("GROUP", group))
    start = time.monotonic()
    result = stand.sync("--timeout", "60s")
    assert result.status == 0, result.err
    assert time.monotonic() - start < 45


def test_what_its_controller_has_given_up_ends_the_wait_at_once(stand: "Stand") -> None:
    result, seconds = reported(stand, STALLED)
    assert result.status == 1
    assert "is Degraded: InvalidSpec" in result.err
    assert seconds < 25


def test_autoscaler_of_a_deployment_that_is_made_with_it(stand: "Stand") -> None:
    """Its controller may look before there is a Deployment, and before there are metrics."""
    stand.commit(*SHOP, AUTOSCALER.replace("TARGET", "web"))
    result = stand.sync("--timeout", "60s")
    assert result.status == 0, result.err


def test_autoscaler_of_nothing_is_said(stand: "Stand", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "PATIENCE", 3.0)
    stand.commit(*SHOP, AUTOSCALER.replace("TARGET", "nobody"))
    result = stand.sync("--timeout", "60s")
    assert result.status == 1
    assert "PS616" in result.err
    assert "FailedGetScale" in result.err
