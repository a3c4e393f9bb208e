"""Waits until objects are healthy or gone, and reports what it is waiting for."""

import time
from collections.abc import Callable, Mapping, Sequence
from math import inf

from penstock.apply.blame import UNREADABLE
from penstock.apply.client import Client
from penstock.apply.conditions import stated
from penstock.apply.failure import Failure
from penstock.apply.health import health
from penstock.apply.hooks import runs_once
from penstock.apply.inventory import Parent
from penstock.apply.kinds import Kind
from penstock.apply.reasons import MAX_ASKED, with_pods, with_reasons
from penstock.apply.silence import speaking
from penstock.apply.watch import Watches
from penstock.apply.world import look_again
from penstock.cluster import Health
from penstock.kubernetes import GroupKind
from penstock.model import ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get, with_value

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two reads of objects that no stream watches."""

TICK = 1.0
"""Seconds after which the objects are judged again although nothing has happened: a grace period may have ended."""

QUIET = 10.0
"""Seconds after which the state is reported again although it has not changed."""

LOOK = 5.0
"""Seconds after which pods are read again to find what holds them up."""

GRACE = 5.0
"""Seconds within which the controller of a custom resource may report before its silence counts as healthy. Where it
reports about other objects of the kind, silence never does."""

PATIENCE = 30.0
"""Seconds for which an object must have been Degraded, or Unknown, before the wait for it ends. Controllers report
trouble while what they need is only being made: an autoscaler before its first metrics, a route before its backend. And
a status that says nothing clear may be a controller's first word; if nothing follows, nothing can be waited for."""

ENDS_AS_DEGRADED = (("batch", "Job"), ("apps", "Deployment"), ("apiextensions.k8s.io", "CustomResourceDefinition"))
"""Kinds that are Degraded only once they are past help."""

MAX_NAMED = 3
"""The number of pending objects that a line names."""

OF_OTHERS = (
    ("", "PersistentVolumeClaim"),
    ("resource.k8s.io", "ResourceClaim"),
    ("", "Service"),
    ("networking.k8s.io", "Ingress"),
    ("batch", "CronJob"),
)
"""Kinds that may have to wait for somebody else: a claim for its first consumer, an address for a load balancer that
the cluster may not have, a job for its hour. `status` shows their health; a sync does not wait for them."""

NO_METRICS = "FailedGetResourceMetric"
"""The reason of an autoscaler whose pods have no metrics: new pods have none, nor any in a cluster without metrics."""

Say = Callable[[str], None]


class Bounds(NamedTuple):
    """How long to wait, by the monotonic clock.

    The wait lasts until `end`, for some objects until `ends`, and only while `newer` returns "". `troubled` has the
    moments since which objects have been Degraded or Unknown; the waits of one sync share it.
    """

    end: float
    ends: Mapping[ResourceId, float]
    newer: Callable[[], str]
    troubled: dict[ResourceId, float]

    @property
    def seconds(self) -> float:
        """The seconds left; 0 where there is a newer commit."""
        return 0.0 if self.newer() else max(0.0, self.end - time.monotonic())


def until_healthy(
    client: Client,
    kinds: Mapping[ResourceId, Kind],
    parent: Parent,
    bodies: Mapping[ResourceId, Tree],
    bounds: Bounds,
    say: Callable[[str], None],
) -> dict[ResourceId, Health]:
    """Wait for the objects, and return the health of each once it is settled or its time is up.

    Healthy is settled, and so is Degraded or Unknown that lasts. `bodies` are the live objects as last seen.
    Progressing in the result means that time ran out.
    """
    wait = _Wait(client, kinds, bodies, bounds, say)
    pending = wait.judge(bodies)
    if pending and bounds.seconds:
        with Watches(client, kinds, parent, pending) as watches:
            _follow(wait, watches, parent, bounds)
        wait.look_once_more(parent)
    return wait.result()


def _follow(wait: "_Wait", watches: Watches, parent: Parent, bounds: Bounds) -> None:
    """Follow the objects until none is pending, or the bounds are reached."""
    pause = FIRST_PAUSE
    while (pending := wait.pending()) and (left := bounds.seconds):
        wait.tell(pending)
        watches.keep(pending)
        # These may be read and not watched, so they are asked for again and again, less often each time.
        blind = [key for key in pending if key in watches.blind]
        news = watches.news(min(pause if blind else TICK, left))
        if blind:
            pause = min(pause * 1.5, LONGEST_PAUSE)
            news.update(look_again(wait.client, wait.kinds, blind, parent))
        wait.judge(news)


class _Wait:
    """The state of the objects that a sync waits for."""

    def __init__(
        self,
        client: Client,
        kinds: Mapping[ResourceId, Kind],
        bodies: Mapping[ResourceId, Tree],
        bounds: Bounds,
        say: Say,
    ) -> None:
        self.client, self.kinds = client, kinds
        self._ends, self._troubled = bounds.ends, bounds.troubled
        self._say = say
        self._latest: dict[ResourceId, Tree | Failure] = dict(bodies)
        self._found: dict[ResourceId, Health] = {}
        self._start = self._said_at = self._repeated_at = time.monotonic()
        self._said = ""
        self._reasons: list[str] = []
        self._speaking: frozenset[GroupKind] = frozenset()

    def judge(self, news: Mapping[ResourceId, Tree | Failure]) -> list[ResourceId]:
        """Record the new state of some objects; return the pending objects."""
        self._latest.update((key, answer) for key, answer in news.items() if not self._is_over(key, answer))
        self._speaking |= speaking(answer for answer in news.values() if not isinstance(answer, Failure))
        is_early = time.monotonic() - self._start < GRACE
        for key in {*news, *self.pending()}:
            fresh = is_early or (key.group, key.kind) in self._speaking
            self._found[key] = _judge(self.client.about_object(self._latest[key]), fresh, self.kinds[key])
            self._note_trouble(key)
        return self.pending()

    def _is_over(self, key: ResourceId, answer: Tree | Failure) -> bool:
        """Return whether an object has done its work and is gone. Its last state tells how it has ended."""
        last = self._latest.get(key)
        is_gone = isinstance(answer, Failure) and answer.is_absent
        does_work = isinstance(last, dict) and runs_once(last)
        return is_gone and does_work and key in self._found and self._found[key].word in ("Healthy", "Degraded")

    def _note_trouble(self, key: ResourceId) -> None:
        """Remember since when an object has been Degraded or Unknown without a break."""
        if self._found[key].word not in ("Degraded", "Unknown"):
            self._troubled.pop(key, None)
        else:
            self._troubled.setdefault(key, time.monotonic())

    def pending(self) -> list[ResourceId]:
        """Return the objects that may still become healthy and have time left."""
        now = time.monotonic()
        found = self._found.items()
        unsettled = [key for key, state in found if self._may_change(key, state) and not is_settled(key, state)]
        return [key for key in unsettled if now < self._ends.get(key, inf)]

    def _may_change(self, key: ResourceId, state: Health) -> bool:
        return state.word == "Progressing" or (state.word in ("Degraded", "Unknown") and self._may_recover(key))

    def _may_recover(self, key: ResourceId) -> bool:
        """Return whether the trouble of an object may be that of its first moments."""
        latest = self._latest[key]
        # What cannot be read stays so.
        is_final = isinstance(latest, Failure) or (key.group, key.kind) in ENDS_AS_DEGRADED or _is_stalled(latest)
        return not is_final and time.monotonic() - self._troubled.get(key, 0.0) < PATIENCE

    def tell(self, pending: Sequence[ResourceId]) -> None:
        """Report what is waited for, where that is new or has not been reported for a while.

        The report takes requests for pods.
        """
        now = time.monotonic()
        reasons = [self._found[key].reason for key in pending]
        if now - self._said_at < (LOOK if reasons == self._reasons else 1.0):
            return
        self._reasons = reasons
        self._said_at = now
        state = _state(self.client, {key: self._latest[key] for key in pending}, self._found)
        if state != self._said or now - self._repeated_at >= QUIET:
            self._say(state)
            self._said, self._repeated_at = state, now

    def look_once_more(self, parent: Parent) -> None:
        """Read what is late at the end: an event that has not come must not decide."""
        late = [key for key, state in self._found.items() if state.word == "Progressing" and not is_settled(key, state)]
        found = look_again(self.client, self.kinds, late[:MAX_ASKED], parent) if late else {}
        self.judge({key: body for key, body in found.items() if not isinstance(body, Failure)})

    def result(self) -> dict[ResourceId, Health]:
        """Return the final health of all objects, with reasons from pods and events for those that are not well."""
        unwell = [key for key, state in self._found.items() if not is_settled(key, state)][:MAX_ASKED]
        told = {key: with_reasons(self.client, self._latest[key], self._found[key]) for key in unwell}
        return {key: told.get(key, state) for key, state in self._found.items()}


def is_settled(id: ResourceId, state: Health) -> bool:
    """Return whether a sync may finish without waiting for an object."""
    if state.word in ("Healthy", "Suspended") or state.reason.startswith(NO_METRICS):
        return True
    return (id.group, id.kind) in OF_OTHERS and state.word != "Missing"


def unsettled(states: Mapping[ResourceId, Health]) -> dict[ResourceId, Health]:
    """Return the states that a sync goes on to wait for, or blames."""
    return {key: state for key, state in states.items() if not is_settled(key, state)}


def time_until(deadline: float) -> float:
    """Return the seconds until a moment of the monotonic clock; 0 where it has passed."""
    return max(0.0, deadline - time.monotonic())


def until_gone(client: Client, path: str, uid: str, timeout: float) -> Health | None:
    """Wait until no object with this uid exists at this path, and return None.

    At the timeout, or where the server fails, return the health that tells why the object may still exist.
    """
    end = time.monotonic() + timeout
    pause = FIRST_PAUSE
    while True:
        answer = client.about_object(client.get(path))
        if isinstance(answer, Failure):
            return None if answer.status == 404 else Health("Unknown", str(answer))
        if get(answer, ("metadata", "uid")) != uid:
            return None
        if time.monotonic() >= end:
            return health(answer)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _judge(answer: Tree | Failure, fresh: bool, kind: Kind) -> Health:
    if isinstance(answer, Failure):
        is_gone = answer.is_absent
        why = f"{UNREADABLE}{answer}"
        return Health("Missing", "is not in the cluster any more") if is_gone else Health("Unknown", why)
    # Of what does its work once and then leaves, it counts how it has ended, and not that it is being deleted.
    body = with_value(answer, ("metadata", "deletionTimestamp"), None) if runs_once(answer) else answer
    return health(body, fresh=fresh, has_status=kind.has_status)


def _is_stalled(body: Tree) -> bool:
    """Return whether the controller itself says that it does not go on."""
    return stated(body, "Stalled").get("status") == "True"


def _state(client: Client, pending: Mapping[ResourceId, Tree | Failure], found: Mapping[ResourceId, Health]) -> str:
    first = list(pending)[:MAX_NAMED]
    named = (f"{key}: {with_pods(client, pending[key], found[key]).reason}" for key in first)
    more = f"; and {len(pending) - MAX_NAMED} more" if len(pending) > MAX_NAMED else ""
    return f"waiting: {'; '.join(named)}{more}"
