"""What a sync does that waits while its credential ends: its threads tell of it, and none of them dies of it."""

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.cluster.conftest import until

from penstock.apply import lease
from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.inventory import parent_of
from penstock.apply.kinds import Kind
from penstock.apply.lease import Lease
from penstock.apply.watch import Watches
from penstock.model import Refusal, ResourceId, Tree

PARENT = parent_of("prod", "shop")
PLUGIN = "the credential plugin 'login' failed with status 1: log in again"
REFUSED = Failure("abort", 401, "Unauthorized", "Unauthorized")


class Scripted(Client):
    """A client whose answers a function gives. No connection is made."""

    def __init__(self, answer: Callable[[str], Tree | Failure]) -> None:
        self.answer = answer
        self.deadline = math.inf
        self._closed = threading.Event()

    def call(self, method: str, *_: Any, **__: Any) -> Tree | Failure:
        return self.answer(method)

    def hang_up(self, thread: int) -> None:
        pass


def refuse(_: str) -> Tree | Failure:
    raise Refusal(PLUGIN, 4)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_AFTER", 0.01)
    monkeypatch.setattr(lease, "OVERDUE_AFTER", 0.1)
    monkeypatch.setattr(lease, "POLL", 0.01)


@pytest.fixture
def client() -> Scripted:
    """One whose first answers are those of a free lease."""
    free: Tree = {"metadata": {"name": "penstock-prod", "resourceVersion": "1"}, "spec": {}}
    return Scripted(lambda method: free)


def held(client: Client) -> Lease:
    return Lease(client, PARENT, "me", 0.0, lambda _: None)


def why_lost(one: Lease) -> str:
    try:
        one.check_owner()
    except Refusal as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize(("answer", "words"), [(refuse, PLUGIN), (lambda _: REFUSED, "401")], ids=["plugin", "401"])
def test_lease_is_lost_with_the_credential(
    client: Scripted, quick: None, answer: Callable[[str], Tree | Failure], words: str
) -> None:
    with held(client) as one:
        assert not why_lost(one)
        client.answer = answer
        until(lambda: words in why_lost(one), 5.0)
        with pytest.raises(Refusal, match="could not be renewed"):
            one.check()


def test_lease_is_kept_where_the_credential_is_accepted_again_in_time(client: Scripted, quick: None) -> None:
    fine = client.answer
    with held(client) as one:
        client.answer = lambda _: REFUSED
        assert not one._renew()
        client.answer = fine
        one.check()
        assert not why_lost(one)


def test_watch_that_can_have_no_new_credential_says_so() -> None:
    key = ResourceId("", "ConfigMap", "shop", "settings")
    kind = Kind("", "v1", "ConfigMap", "configmaps", namespaced=True, has_status=False)
    with Watches(Scripted(refuse), {key: kind}, PARENT, [key]) as watches:
        assert watches.news(5.0) == {key: Failure("abort", 0, "", PLUGIN)}
