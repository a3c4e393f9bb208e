"""What an API server makes of objects that it accepts: other spellings are no loss, other values are."""

from typing import Any

import pytest

from penstock.apply.failure import Conflict
from penstock.apply.overruled import overruled

SAME: list[tuple[Any, Any]] = [
    ({"replicas": 3}, {"replicas": 3, "strategy": {"type": "RollingUpdate"}}),
    ({"cpu": "1000m"}, {"cpu": "1"}),
    ({"cpu": 0.5}, {"cpu": "500m"}),
    ({"memory": "1024Mi"}, {"memory": "1Gi"}),
    ({"memory": "1e3"}, {"memory": "1k"}),
    ({"emptyDir": {}, "args": [], "gone": None, "off": False, "none": 0, "text": ""}, {}),
    ({"at": "2026-01-01T00:00:00.000Z"}, {"at": "2026-01-01T00:00:00Z"}),
    ({"every": "60m"}, {"every": "1h0m0s"}),
    ({"port": "80"}, {"port": 80}),
    ({"bytes": "QUJD\nREVG"}, {"bytes": "QUJDREVG"}),
    (
        {"containers": [{"name": "a", "image": "x"}]},
        {"containers": [{"name": "mesh"}, {"name": "a", "image": "x", "tty": True}]},
    ),
    ({"ports": [{"port": 80}]}, {"ports": [{"port": 80, "protocol": "TCP"}]}),
    ({"verbs": ["get", "list"]}, {"verbs": ["list", "get", "watch"]}),
]

LOST: list[tuple[Any, Any, list[str]]] = [
    ({"replicas": 1}, {"replicas": 3}, ["spec.replicas is 3 instead of 1"]),
    ({"paused": True}, {"paused": False}, ["spec.paused is false instead of true"]),
    ({"paused": True}, {}, ["spec.paused is not there"]),
    ({"cpu": "1"}, {"cpu": "2"}, ["spec.cpu is 2 instead of 1"]),
    ({"memory": "1Gi"}, {"memory": "1G"}, ["spec.memory is 1G instead of 1Gi"]),
    (
        {"containers": [{"name": "a", "image": "web:1"}]},
        {"containers": [{"name": "a", "image": "mirror/web:1"}]},
        ["spec.containers[name=a].image is mirror/web:1 instead of web:1"],
    ),
    (
        {"containers": [{"name": "a"}, {"name": "b"}]},
        {"containers": [{"name": "a"}]},
        ["spec.containers[name=b] is not there"],
    ),
    ({"verbs": ["get", "list"]}, {"verbs": ["get"]}, ["spec.verbs[1] is not there"]),
    ({"rule": {"a": "b"}}, {"rule": "x"}, ["spec.rule differs"]),
    (
        {"a": 1, "b": 1, "c": 1, "d": 1},
        {"a": 2, "b": 2, "c": 2, "d": 2},
        ["spec.a is 2 instead of 1", "spec.b is 2 instead of 1", "spec.c is 2 instead of 1", "and more"],
    ),
]


def body(spec: Any, kind: str = "Thing") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}


@pytest.mark.parametrize(("wanted", "live"), SAME, ids=str)
def test_other_spelling_is_no_loss(wanted: Any, live: Any) -> None:
    assert overruled(body(wanted), body(live)) == []


@pytest.mark.parametrize(("wanted", "live", "said"), LOST, ids=str)
def test_other_value_is_a_loss(wanted: Any, live: Any, said: list[str]) -> None:
    assert overruled(body(wanted), body(live)) == said


def test_labels_count_and_what_the_server_writes_does_not() -> None:
    wanted = {
        "metadata": {"name": "x", "namespace": "a", "labels": {"team": "shop"}, "creationTimestamp": "1"},
        "status": {"a": 1},
    }
    assert overruled(wanted, {"metadata": {"name": "x", "labels": {}}}) == ["metadata.labels.team is not there"]
    assert overruled(wanted, {"metadata": {"name": "x", "labels": {"team": "shop"}, "uid": "7"}}) == []


def test_values_of_secrets_are_not_shown() -> None:
    wanted = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"key": "b25l"}}
    assert overruled(wanted, {"kind": "Secret", "metadata": {"name": "x"}, "data": {"key": "dHdv"}}) == [
        "data.key differs"
    ]


def test_field_that_is_left_to_a_controller_is_no_loss() -> None:
    left = (Conflict(".spec.replicas", "kube-controller-manager", "scale"),)
    assert overruled(body({"replicas": 1}), body({"replicas": 3}), left) == []


def test_odd_answers_are_no_error() -> None:
    answers: list[dict[str, Any]] = [{}, {"metadata": 7}, {"metadata": {"labels": []}, "spec": None}]
    for live in answers:
        overruled(body({"a": [1, {"b": "2"}]}), live)
    assert overruled(body({"cpu": "1" * 1000}), body({"cpu": "2"}))
