"""Waiting by watching: few requests, and nothing is missed when streams break, grow old or stay silent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.cluster.conftest import Stand, Wire, until
from tests.cluster.test_sync import CONFIG

from penstock.apply import watch
from penstock.apply.answers import event_of
from penstock.apply.client import Client, Media
from penstock.apply.failure import Failure
from penstock.apply.inventory import PART_OF, parent_of
from penstock.apply.kinds import Kind, Kinds, discover
from penstock.apply.watch import Watches
from penstock.model import ResourceId, Tree

PODS = "".join(
    f"""---
apiVersion: v1
kind: Pod
metadata: {{name: slow-{number}, namespace: NS}}
spec: {{nodeName: nowhere, terminationGracePeriodSeconds: 0, containers: [{{name: slow, image: slow}}]}}
"""
    for number in range(3)
).split("---\n")[1:]

MERGE = Media("application/merge-patch+json")
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def make_ready(stand: Stand, *names: str) -> None:
    for name in names:
        path = f"{stand.path('pods', name)}/status"
        answer = stand.cluster.admin.call("PATCH", path, {}, {"status": READY}, media=MERGE)
        assert not isinstance(answer, Failure), answer


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the server, the watches too; not what the test itself asks."""
    asked: list[str] = []
    call, events = Client.call, Client.events

    def counted(self: Client, method: str, path: str, *arguments: Any, **options: Any) -> Any:
        if self._login._agent != "tests":
            asked.append(f"{method} {path}")
        return call(self, method, path, *arguments, **options)

    def watched(self: Client, path: str, *arguments: Any) -> Any:
        asked.append(f"WATCH {path}")
        return events(self, path, *arguments)

    monkeypatch.setattr(Client, "call", counted)
    monkeypatch.setattr(Client, "events", watched)
    return asked


@contextmanager
def in_a_moment(stand: Stand, seconds: float, *names: str) -> Iterator[None]:
    """Pods get ready so many seconds after they are there."""
    thread = later(stand, seconds, lambda: make_ready(stand, *names))
    try:
        yield
    finally:
        thread.join()


def later(stand: Stand, seconds: float, act: Callable[[], object]) -> threading.Thread:
    """Something that happens so many seconds after the pods are there."""

    def run() -> None:
        until(lambda: stand.exists("pods", "slow-2"))
        time.sleep(seconds)
        act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_waiting_for_many_takes_one_list_and_one_watch(stand: Stand, requests: list[str]) -> None:
    stand.commit(CONFIG, *PODS)
    with in_a_moment(stand, 2.0, "slow-0", "slow-1", "slow-2"):
        result = stand.sync()
    assert result.status == 0, result.err
    pods = stand.path("pods")
    assert requests.count(f"WATCH {pods}") == 1
    assert requests.count(f"GET {pods}") <= 2  # one of names before the apply, and the list before the watch
    assert all(requests.count(f"GET {pods}/slow-{number}") == 1 for number in range(3))  # before the apply


def test_watch_that_is_not_allowed_gives_way_to_looking(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Client, path: str, *_: Any) -> Iterator[Failure]:
        yield Failure("never", 403, "Forbidden", "pods is forbidden")

    monkeypatch.setattr(Client, "events", forbidden)
    stand.commit(*PODS)
    with in_a_moment(stand, 1.0, "slow-0", "slow-1", "slow-2"):
        assert stand.sync("--timeout", "60s").status == 0


def test_connection_that_breaks_while_waiting(stand: Stand, wire: Wire) -> None:
    stand.commit(CONFIG, *PODS)
    cut = later(stand, 0.5, lambda: wire.cut(1.0))
    where = ("--kubeconfig", str(wire.kubeconfig), "--context", "admin", "--inventory-namespace", stand.namespace)
    with in_a_moment(stand, 1.0, "slow-0", "slow-1", "slow-2"):
        result = stand.penstock("sync", "prod", *where, "--timeout", "60s")
    cut.join()
    assert result.status == 0, result.err


def test_object_that_is_deleted_while_it_is_waited_for(stand: Stand) -> None:
    stand.commit(*PODS)

    def delete() -> None:
        path = stand.path("pods", "slow-0")
        stand.cluster.admin.call("DELETE", path, {}, {"gracePeriodSeconds": 0})

    deleted = later(stand, 0.5, delete)
    with in_a_moment(stand, 1.0, "slow-1", "slow-2"):
        result = stand.sync("--timeout", "60s")
    deleted.join()
    assert result.status == 1
    assert "slow-0 is Missing" in result.err


# --- a stream by itself


def watching(stand: Stand, client: Client) -> tuple[Watches, ResourceId]:
    kinds: Kinds = discover(client)
    ids = [ResourceId("", "ConfigMap", stand.namespace, name) for name in ("one", "two")]
    kind: Kind = kinds.preferred[("", "ConfigMap")]
    return Watches(client, dict.fromkeys(ids, kind), parent_of("prod", stand.namespace), ids), ids[0]


def write(stand: Stand, name: str, colour: str) -> None:
    labels = {PART_OF: parent_of("prod", stand.namespace).id}
    body: Tree = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels},
        "data": {"colour": colour},
    }
    answer = stand.cluster.admin.apply(stand.path("configmaps", name), body, "test", force=True)
    assert not isinstance(answer, Failure), answer


def colour_of(watches: Watches, key: ResourceId, colour: str, seconds: float = 60.0) -> bool:
    """Whether the object is seen with this colour in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = watches.news(0.5).get(key)
        if isinstance(body, dict) and body["data"] == {"colour": colour}:
            return True
    return False


@pytest.fixture
def client(stand: Stand) -> Iterator[Client]:
    for name in ("one", "two"):
        write(stand, name, "blue")
    with Client(stand.cluster.admin.access, {}, "test") as client:
        yield client


EXPIRED = json.dumps({
    "type": "ERROR",
    "object": {"kind": "Status", "status": "Failure", "message": "too old resource version: 1 (311)",
               "reason": "Expired", "code": 410},
}).encode()  # fmt: skip
"""What an API server sends of a watch from a version that it has no events of any more, with the HTTP status 200."""


@pytest.mark.parametrize("version", ["expired", "9999999999", "nonsense"])
def test_version_that_the_server_does_not_know_makes_a_new_list(
    stand: Stand, client: Client, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too old (410), one that never was, as after a restored etcd (silence), and none at all (400)."""
    monkeypatch.setattr(watch, "LENGTH", 1.0)
    real = Client.events
    asked: list[str] = []

    def events(self: Client, path: str, query: dict[str, str], seconds: float, *wanted: Any) -> Any:
        asked.append(query["resourceVersion"])
        if version == "expired" and len(asked) == 1:
            return iter([event_of(EXPIRED)])
        first = {"resourceVersion": version} if len(asked) == 1 else {}
        return real(self, path, {**query, **first}, seconds, *wanted)

    monkeypatch.setattr(Client, "events", events)
    watches, one = watching(stand, client)
    with watches:
        assert colour_of(watches, one, "blue")
        write(stand, "one", "red")
        assert colour_of(watches, one, "red")
        assert not watches.blind
    assert len(asked) > 1


def test_stream_goes_on_where_it_was(stand: Stand, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LENGTH", 1.0)
    watches, one = watching(stand, client)
    with watches:
        assert colour_of(watches, one, "blue")
        for colour in ("red", "green", "white"):
            write(stand, "one", colour)
            assert colour_of(watches, one, colour)
            time.sleep(0.5)


def test_what_is_deleted_is_for_the_caller_to_look_at(stand: Stand, client: Client) -> None:
    watches, one = watching(stand, client)
    with watches:
        assert colour_of(watches, one, "blue")
        stand.cluster.admin.call("DELETE", stand.path("configmaps", "one"))
        end = time.monotonic() + 5
        while one not in watches.blind and time.monotonic() < end:
            watches.news(0.2)
        assert watches.blind == {one}


def test_no_thread_stays_behind(stand: Stand, client: Client) -> None:
    watches, one = watching(stand, client)
    with watches:
        assert colour_of(watches, one, "blue")
    end = time.monotonic() + 5
    while any(thread.name.startswith("watch /") for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("watch /")]
