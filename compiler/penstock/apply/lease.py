"""One sync of an environment at a time: a Lease (coordination.k8s.io), held for as long as the sync lives.

Nobody trusts another machine's clock: a lease counts as abandoned when it has not changed for its duration, measured
here from the moment when it was first seen. The holder stops writing well before that, should it fail to renew, until
it has renewed it after all: that works only if nobody else has taken it in the meantime.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from penstock.apply.client import URGENT, USUAL, Client, Effort
from penstock.apply.failure import Failure, one_line
from penstock.apply.inventory import Parent
from penstock.model import Refusal, Tree
from penstock.tree import get

DURATION = 15
"""Seconds after which a lease that is not renewed is abandoned; so long must a sync wait after another was killed."""

RENEW_AFTER = DURATION / 3
OVERDUE_AFTER = DURATION * 2 / 3
"""Seconds since the last renewal after which the holder does not write before it has renewed."""

POLL = 0.5

RENEWAL = Effort(patience=1.0, urgent=True, each=URGENT)
LAST_TRY = 1.0
"""Seconds to give the lease back."""

MAX_DURATION = 60
"""Seconds that a holder may ask for. Ours ask for less; nobody keeps an environment locked for years."""

MAX_TRANSITIONS = 2**31 - 2
OUTAGE = 60.0
"""Seconds for which the holder tries to renew an overdue lease: the API server may be restarted."""


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
        self._thief = ""
        self._renewing = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        self._acquire()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=2.0)
        if not self._thief and not self._is_overdue():
            body = {**self._held, "spec": _spec("", 1, self._held)}
            self._write(body, Effort(0.0, urgent=True, each=LAST_TRY))  # should it fail, the lease runs out

    def check(self) -> None:
        """Return at once while the lease is ours; where it is overdue, as soon as it is renewed."""
        end = time.monotonic() + OUTAGE
        self.check_owner()
        while self._is_overdue():
            if time.monotonic() >= min(end, self._client.deadline):
                raise self._lost("the API server does not answer")
            if not self._renew():
                self.check_owner()
                time.sleep(POLL)

    def check_owner(self) -> None:
        """Raises `Refusal` (4) where somebody else has taken the lease; returns at once in any case."""
        if self._thief:
            raise self._lost(f"{self._thief} has taken it")

    def _lost(self, why: str) -> Refusal:
        return Refusal(f"the lease {self._name} could not be renewed: {why}, so this sync stops", 4)

    def _is_overdue(self) -> bool:
        return time.monotonic() - self._renewed > OVERDUE_AFTER

    def _acquire(self) -> None:
        """Wait until the lease is free, released, or abandoned, and take it."""
        end = time.monotonic() + self._timeout
        watch = _Watch()
        told = False
        while True:
            began = time.monotonic()
            live = self._read()
            other = one_line(str(get(live, ("spec", "holderIdentity")) or "another one"))
            if (live is None or watch.is_free(live, self._holder)) and self._take(live or {}):
                return
            if time.monotonic() >= end:
                given_up = f"gave up after {self._timeout:.0f} s (--lock-timeout)"
                raise Refusal(f"another sync holds the lease {self._name}: {other}; {given_up}", 4)
            if not told:
                self._say(f"waiting for the sync of {other} to end")
                told = True
            time.sleep(POLL)
            self._client.deadline += time.monotonic() - began  # to wait for others costs the run no time

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
        if answer.retry == "replan" and not answer.meets_deletion and not answer.lacks_namespace:
            return False
        raise Refusal(f"cannot take the lease {self._name}: {answer}", 4)

    def _write(self, body: Tree, effort: Effort = USUAL) -> Tree | Failure:
        """Compare and swap: the resourceVersion in the body must be the live one. A new lease must not exist yet."""
        method, path = "POST", self._collection
        if "resourceVersion" in body["metadata"]:
            method, path = "PUT", f"{self._collection}/{self._name}"
        return self._client.call(method, path, {}, body, effort=effort)

    def _keep(self) -> None:
        """Renew until the end."""
        pause = RENEW_AFTER
        while not self._thief and not self._done.wait(pause):
            pause = RENEW_AFTER if self._renew() else 1.0

    def _renew(self) -> bool:
        """A write whose answer was lost may have moved the resourceVersion on: then look again, for the next time."""
        with self._renewing:
            asked = time.monotonic()
            body = {**self._held, "spec": _spec(self._holder, DURATION, self._held)}
            answer = self._write(body, RENEWAL)
            if not isinstance(answer, Failure):
                self._held, self._renewed = answer, asked
                return True
            live = self._client.call("GET", f"{self._collection}/{self._name}", effort=RENEWAL)
            if isinstance(live, Failure):
                self._thief = "whoever deleted it" if live.is_absent else ""
                return False
            holder = get(live, ("spec", "holderIdentity"))
            if holder != self._holder:
                self._thief = one_line(str(holder or "another sync"))
            self._held = live
            return False


class _Watch:
    """Since when a lease has not changed, by our own clock."""

    def __init__(self) -> None:
        self._version: Any = None
        self._since = 0.0

    def is_free(self, live: Tree, us: str) -> bool:
        """Nobody holds it, or nobody has renewed it for its duration, or we do: then the answer of before was lost."""
        version = get(live, ("metadata", "resourceVersion"))
        if version != self._version:
            self._version, self._since = version, time.monotonic()
        duration = _number(live, "leaseDurationSeconds", DURATION)
        abandoned = time.monotonic() - self._since >= min(max(duration, 1), MAX_DURATION)
        return get(live, ("spec", "holderIdentity")) in (None, "", us) or abandoned


def _spec(holder: str, duration: int, before: Tree) -> Tree:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    same = get(before, ("spec", "holderIdentity")) == holder
    transitions = _number(before, "leaseTransitions", 0) + (0 if same or not holder else 1)
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": duration,
        "acquireTime": get(before, ("spec", "acquireTime"), now) if same else now,
        "renewTime": now,
        "leaseTransitions": transitions if 0 <= transitions <= MAX_TRANSITIONS else 0,
    }


def _number(lease: Tree, field: str, default: int) -> int:
    value = get(lease, ("spec", field))
    return value if isinstance(value, int) and not isinstance(value, bool) else default
