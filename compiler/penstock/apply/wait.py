"""Waits until objects are healthy, or gone, and says what it is waiting for."""

import time
from collections.abc import Callable, Mapping, Sequence
from math import inf

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.health import health
from penstock.apply.inventory import Parent
from penstock.apply.kinds import Kind
from penstock.apply.reasons import MAX_ASKED, with_pods, with_reasons
from penstock.apply.watch import Watches
from penstock.apply.world import look_again
from penstock.model import Health, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks at what nobody watches."""

TICK = 1.0
"""Seconds after which what is known is judged anew, although nothing has happened: patience may have ended."""

QUIET = 10.0
"""Seconds after which the state is said again, although it has not changed."""

LOOK = 5.0
"""Seconds after which pods are asked again what holds them up."""

GRACE = 5.0
"""Seconds that the controller of a custom resource has to report, before its silence counts as content."""

MAX_NAMED = 3
"""Objects that a line names, of those that are waited for."""

OF_OTHERS = (
    ("", "PersistentVolumeClaim"),
    ("", "Service"),
    ("networking.k8s.io", "Ingress"),
    ("batch", "CronJob"),
)
"""Kinds that may have to wait for somebody else: a claim for its first consumer, an address for a load balancer that
the cluster may not have, a job for its hour. `status` says how they are; a sync does not wait for them."""

NO_METRICS = "FailedGetResourceMetric"
"""What an autoscaler says whose pods have no metrics: as new ones do, and all in a cluster that measures none."""

Say = Callable[[str], None]


class Bounds(NamedTuple):
    """How long to wait: until `end` for all, for some objects until `ends`, by the monotonic clock; and no longer than
    nothing is `newer`.
    """

    end: float
    ends: Mapping[ResourceId, float] = {}
    newer: Callable[[], str] = str

    @property
    def seconds(self) -> float:
        """What is left; nothing where something newer has come."""
        return 0.0 if self.newer() else max(0.0, self.end - time.monotonic())


def until_healthy(
    client: Client,
    kinds: Mapping[ResourceId, Kind],
    parent: Parent,
    bodies: Mapping[ResourceId, Tree],
    bounds: Bounds,
    say: Callable[[str], None],
) -> dict[ResourceId, Health]:
    """The health of each object: at once where it is settled (Healthy or Degraded), else when it is, or at its bounds.

    `bodies` are the live objects as last seen. Progressing in the result means that time ran out.
    """
    wait = _Wait(client, kinds, bodies, bounds.ends, say)
    pending = wait.judge(bodies)
    if pending and bounds.seconds:
        with Watches(client, kinds, parent, pending) as watches:
            _follow(wait, watches, parent, bounds)
    return wait.result()


def _follow(wait: "_Wait", watches: Watches, parent: Parent, bounds: Bounds) -> None:
    """Until nothing is pending, or the bounds are reached."""
    pause = FIRST_PAUSE
    while (pending := wait.pending()) and (left := bounds.seconds):
        wait.tell(pending)
        watches.keep(pending)
        blind = [key for key in pending if key in watches.blind]
        news = watches.news(min(pause if blind else TICK, left))
        if blind:
            pause = min(pause * 1.5, LONGEST_PAUSE)
            news.update(look_again(wait.client, wait.kinds, blind, parent))
        wait.judge(news)


class _Wait:
    """What is known of the objects that are waited for."""

    def __init__(
        self,
        client: Client,
        kinds: Mapping[ResourceId, Kind],
        bodies: Mapping[ResourceId, Tree],
        ends: Mapping[ResourceId, float],
        say: Say,
    ) -> None:
        self.client, self.kinds = client, kinds
        self._ends = ends
        self._say = say
        self._latest: dict[ResourceId, Tree | Failure] = dict(bodies)
        self._found: dict[ResourceId, Health] = {}
        self._start = self._said_at = self._repeated_at = time.monotonic()
        self._said = ""
        self._reasons: list[str] = []

    def judge(self, news: Mapping[ResourceId, Tree | Failure]) -> list[ResourceId]:
        """Take note of how some objects are now; returns what is pending."""
        self._latest.update(news)
        fresh = time.monotonic() - self._start < GRACE
        for key in {*news, *self.pending()}:
            self._found[key] = _judge(self.client.about_object(self._latest[key]), fresh, self.kinds[key])
        return self.pending()

    def pending(self) -> list[ResourceId]:
        """What may still get well, and has time for it."""
        now = time.monotonic()
        found = self._found.items()
        unsettled = [key for key, state in found if state.word == "Progressing" and not is_settled(key, state)]
        return [key for key in unsettled if now < self._ends.get(key, inf)]

    def tell(self, pending: Sequence[ResourceId]) -> None:
        """Say what is waited for, where that is news or has not been said for a while. It takes requests for pods."""
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

    def result(self) -> dict[ResourceId, Health]:
        """How all are in the end. Of some that are not well others may have said why."""
        unwell = [key for key, state in self._found.items() if not is_settled(key, state)][:MAX_ASKED]
        told = {key: with_reasons(self.client, self._latest[key], self._found[key]) for key in unwell}
        return {key: told.get(key, state) for key, state in self._found.items()}


def is_settled(id: ResourceId, state: Health) -> bool:
    """Whether a sync need not wait for an object, and may call itself done."""
    if state.word in ("Healthy", "Suspended") or state.reason.startswith(NO_METRICS):
        return True
    return (id.group, id.kind) in OF_OTHERS and state.word != "Missing"


def time_until(deadline: float) -> float:
    """The seconds until a moment of the monotonic clock; 0 where it has passed."""
    return max(0.0, deadline - time.monotonic())


def until_gone(client: Client, path: str, uid: str, timeout: float) -> Health | None:
    """Wait until there is no object with this uid under this path. At the timeout: what holds it."""
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
    if not isinstance(answer, Failure):
        return health(answer, fresh=fresh, has_status=kind.has_status)
    return Health("Missing", "is not in the cluster any more") if answer.is_absent else Health("Unknown", str(answer))


def _state(client: Client, pending: Mapping[ResourceId, Tree | Failure], found: Mapping[ResourceId, Health]) -> str:
    first = list(pending)[:MAX_NAMED]
    named = (f"{key}: {with_pods(client, pending[key], found[key]).reason}" for key in first)
    more = f"; and {len(pending) - MAX_NAMED} more" if len(pending) > MAX_NAMED else ""
    return f"waiting: {'; '.join(named)}{more}"
