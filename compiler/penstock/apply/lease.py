"""One sync of an environment at a time: a Lease (coordination.k8s.io), held for as long as the sync lives.

Nobody trusts another machine's clock: a lease counts as abandoned when it has not changed for its duration, measured
here from the moment when it was first seen. The holder stops writing well before that, should it fail to renew.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.inventory import Parent
from penstock.model import Refusal, Tree

DURATION = 15
"""Seconds after which a lease that is not renewed is abandoned; so long must a sync wait after another was killed."""

RENEW_AFTER = DURATION / 3
GIVE_UP_AFTER = DURATION * 2 / 3
"""Seconds since the last renewal after which the holder does not write any more."""

POLL = 0.5


class Lease:
    """A context manager. Inside, call `check` before each write; it raises `Refusal` (4) when the lease is lost."""

    def __init__(self, client: Client, parent: Parent, holder: str, timeout: float, say: Callable[[str], None]) -> None:
        self._client = client
        self._name = parent.name
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{parent.namespace}/leases"
        self._holder = holder
        self._timeout = timeout
        self._say = say
        self._held: Tree = {}
        self._renewed = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        self._acquire()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=2.0)
        if not self._thread.is_alive() and time.monotonic() - self._renewed < GIVE_UP_AFTER:
            self._write({**self._held, "spec": _spec("", 1, self._held)}, patience=2.0)  # should it fail, it runs out

    def check(self) -> None:
        if time.monotonic() - self._renewed > GIVE_UP_AFTER:
            raise Refusal(
                f"the lease {self._name} could not be renewed; another sync may have begun, so this one stops", 4
            )

    def _acquire(self) -> None:
        """Wait until the lease is free, released, or abandoned, and take it."""
        end = time.monotonic() + self._timeout
        watch = _Watch()
        told = False
        while True:
            live = self._read()
            if live is None or watch.is_free(live, self._holder):
                if self._take(live or {}):
                    return
                continue
            other = live["spec"]["holderIdentity"]
            if time.monotonic() >= end:
                given_up = f"gave up after {self._timeout:.0f} s (--lock-timeout)"
                raise Refusal(f"another sync holds the lease {self._name}: {other}; {given_up}", 4)
            if not told:
                self._say(f"waiting for the sync of {other} to end")
                told = True
            time.sleep(POLL)

    def _read(self) -> Tree | None:
        answer = self._client.get(f"{self._collection}/{self._name}")
        if not isinstance(answer, Failure):
            return answer
        if answer.is_absent:
            return None
        raise Refusal(f"cannot read the lease {self._name}: {answer}", 4)

    def _take(self, live: Tree) -> bool:
        """Whether we have got it; no, if another sync was quicker."""
        asked = time.monotonic()
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": live.get("metadata") or {"name": self._name},
            "spec": _spec(self._holder, DURATION, live),
        }
        answer = self._write(body)
        if not isinstance(answer, Failure):
            self._held, self._renewed = answer, asked
            return True
        if answer.retry == "replan":
            return False
        raise Refusal(f"cannot take the lease {self._name}: {answer}", 4)

    def _write(self, body: Tree, patience: float | None = None) -> Tree | Failure:
        """Compare and swap: the resourceVersion in the body must be the live one. A new lease must not exist yet."""
        if "resourceVersion" in body["metadata"]:
            return self._client.call("PUT", f"{self._collection}/{self._name}", {}, body, patience=patience)
        return self._client.call("POST", self._collection, {}, body, patience=patience)

    def _keep(self) -> None:
        """Renew until the end. A write whose answer was lost may have moved the resourceVersion on: then look again."""
        pause = RENEW_AFTER
        while not self._done.wait(pause):
            asked = time.monotonic()
            answer = self._write({**self._held, "spec": _spec(self._holder, DURATION, self._held)}, patience=1.0)
            if not isinstance(answer, Failure):
                self._held, self._renewed = answer, asked
                pause = RENEW_AFTER
                continue
            pause = 1.0
            live = self._client.call("GET", f"{self._collection}/{self._name}", patience=1.0)
            if not isinstance(live, Failure):
                if (live.get("spec") or {}).get("holderIdentity") != self._holder:
                    self._renewed = -GIVE_UP_AFTER
                    return
                self._held = live


class _Watch:
    """Since when a lease has not changed, by our own clock."""

    def __init__(self) -> None:
        self._version: Any = None
        self._since = 0.0

    def is_free(self, live: Tree, us: str) -> bool:
        """Nobody holds it, or nobody has renewed it for its duration, or we do: then the answer of before was lost."""
        spec = live.get("spec") or {}
        if live["metadata"]["resourceVersion"] != self._version:
            self._version, self._since = live["metadata"]["resourceVersion"], time.monotonic()
        abandoned = time.monotonic() - self._since >= (spec.get("leaseDurationSeconds") or DURATION)
        return spec.get("holderIdentity") in (None, "", us) or abandoned


def _spec(holder: str, duration: int, before: Tree) -> Tree:
    spec = before.get("spec") or {}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    same = spec.get("holderIdentity") == holder
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": duration,
        "acquireTime": spec.get("acquireTime", now) if same else now,
        "renewTime": now,
        "leaseTransitions": spec.get("leaseTransitions", 0) + (0 if same or not holder else 1),
    }
