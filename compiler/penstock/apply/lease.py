"""One sync of an environment at a time: a Lease (coordination.k8s.io), held for as long as the sync lives.

The clocks of other machines are not trusted: a lease counts as abandoned when it has not changed for its duration,
measured here from the moment when it was first seen. A holder that fails to renew the lease stops writing well before
that, until it has renewed it after all, which works only if nobody else has taken the lease in the meantime.
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
"""Seconds without renewal after which a lease is abandoned: so long must a sync wait after another one was killed."""

RENEW_AFTER = DURATION / 3
OVERDUE_AFTER = DURATION * 2 / 3
"""Seconds since the last renewal after which the holder must renew the lease before it writes."""

POLL = 0.5

RENEWAL = Effort(patience=1.0, urgent=True, each=URGENT)
LAST_TRY = 1.0
"""Seconds to spend on giving the lease back."""

MAX_DURATION = 60
"""The longest duration in seconds that a holder may claim, so that nobody locks an environment for years."""

MAX_TRANSITIONS = 2**31 - 2
OUTAGE = 60.0
"""Seconds for which the holder tries to renew an overdue lease: the API server may be restarting."""


class Lease:
    """A context manager that holds the lease.

    Inside, call `check` before each write: it raises `Refusal` (4) once the lease is lost.
    """

    def __init__(self, client: Client, parent: Parent, holder: str, timeout: float, say: Callable[[str], None]) -> None:
        self._client = client
        self._name = parent.name
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{parent.namespace}/leases"
        self._path = f"{self._collection}/{self._name}"
        self._holder = holder
        self._timeout = timeout
        self._say = say
        self._held: Tree = {}
        self._renewed = 0.0
        self._thief = ""
        self._trouble: Failure | None = None
        self._renewing = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        try:
            self._acquire()
            self._thread.start()
        except BaseException:  # interrupted, perhaps after the lease has been taken
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        if self._held and not self._thief and not self._is_overdue():
            body = {**self._held, "spec": _spec("", 1, self._held)}
            self._write(body, Effort(0.0, urgent=True, each=LAST_TRY))  # if this fails, the lease expires

    def check(self) -> None:
        """Wait until the lease is safely held: no time where it is held, else until an overdue lease is renewed.

        Raises `Refusal` (4) where the lease is lost or cannot be renewed in time.
        """
        end = time.monotonic() + OUTAGE
        self.check_owner()
        while self._is_overdue():
            if time.monotonic() >= min(end, self._client.deadline):
                raise self._lost(str(self._trouble or "the API server does not answer"))
            if not self._renew():
                self.check_owner()
                time.sleep(POLL)

    def check_owner(self) -> None:
        """Raise `Refusal` where the lease is lost (4), or the run is interrupted (130). Never waits.

        The lease is lost where somebody else has taken it, and where the credential is not accepted any more: that has
        been tried more than once by the time that the lease is overdue.
        """
        if self._client.has_ended:
            raise Refusal("interrupted", 130)
        if self._thief:
            raise self._lost(f"{self._thief} has taken it")
        if self._trouble and self._trouble.retry == "abort" and self._is_overdue():
            raise self._lost(str(self._trouble))

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
            self._client.deadline += time.monotonic() - began  # waiting for others does not count as time of the run

    def _read(self) -> Tree | None:
        answer = self._client.get(self._path)
        if not isinstance(answer, Failure):
            return answer
        if answer.is_absent:
            return None
        raise Refusal(f"cannot read the lease {self._name}: {answer}", 4)

    def _take(self, live: Tree) -> bool:
        """Try to take the lease; return False where another sync was quicker."""
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
        """Write the lease by compare and swap: the resourceVersion in the body must be the live one.

        A body without a resourceVersion creates the lease, which must not exist yet.
        """
        method, path = "POST", self._collection
        if "resourceVersion" in body["metadata"]:
            method, path = "PUT", self._path
        return self._client.call(method, path, {}, body, effort=effort)

    def _keep(self) -> None:
        """Renew the lease until it is given back or lost."""
        pause = RENEW_AFTER
        while not self._thief and not self._done.wait(pause):
            pause = RENEW_AFTER if self._renew() else 1.0

    def _renew(self) -> bool:
        """Renew the lease, and return whether that has worked.

        A write whose answer was lost may have advanced the resourceVersion: after a failure, the lease is read again
        for the next try.
        """
        with self._renewing:
            asked = time.monotonic()
            body = {**self._held, "spec": _spec(self._holder, DURATION, self._held)}
            try:
                answer = self._write(body, RENEWAL)
                live = self._client.call("GET", self._path, effort=RENEWAL) if isinstance(answer, Failure) else answer
            # No new credential can be had: a plugin has failed, or the file of the token is gone.
            except Refusal as refusal:
                answer = live = Failure("abort", 0, "", str(refusal))
            if not isinstance(answer, Failure):
                self._held, self._renewed, self._trouble = answer, asked, None
                return True
            self._trouble = answer
            self._recognize(live)
            return False

    def _recognize(self, live: Tree | Failure) -> None:
        """Take note of who holds the lease that could not be renewed, as far as that is known."""
        if isinstance(live, Failure):
            self._thief = "whoever deleted it" if live.is_absent else ""
            return
        holder = get(live, ("spec", "holderIdentity"))
        if holder != self._holder:
            self._thief = one_line(str(holder or "another sync"))
        self._held = live


class _Watch:
    """Tracks since when a lease has not changed, by the local clock."""

    def __init__(self) -> None:
        self._version: Any = None
        self._since = 0.0

    def is_free(self, live: Tree, us: str) -> bool:
        """Return whether the lease is free: without a holder, not renewed for its duration, or held by `us`.

        A lease held by `us` means that the answer to an earlier write was lost.
        """
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
