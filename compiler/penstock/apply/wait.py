"""Waits until objects are healthy, or gone, and says what it is waiting for."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.health import Health, health, pods_trouble
from penstock.apply.kinds import Kind
from penstock.model import ResourceId, Tree
from penstock.tree import get

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

QUIET = 10.0
"""Seconds after which the state is said again, although it has not changed."""

GRACE = 5.0
"""Seconds that the controller of a custom resource has to report, before its silence counts as content."""

POD_OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")


def until_healthy(
    client: Client,
    kinds: Mapping[ResourceId, Kind],
    bodies: Mapping[ResourceId, Tree],
    timeout: float,
    say: Callable[[str], None],
) -> dict[ResourceId, Health]:
    """The health of each object: at once where it is settled (Healthy or Degraded), else when it is, or at the timeout.

    `bodies` are the live objects as last seen. Progressing in the result means that time ran out.
    """
    start = time.monotonic()
    found: dict[ResourceId, Health] = {}
    said, said_at = "", start
    pause = FIRST_PAUSE
    latest = dict(bodies)
    while True:
        fresh = time.monotonic() - start < GRACE
        found.update({id: health(latest[id], fresh=fresh, has_status=kinds[id].has_status) for id in latest})
        pending = [id for id in latest if found[id].word in ("Progressing", "Missing", "Unknown")]
        now = time.monotonic()
        if not pending or now - start >= timeout:
            break
        state = _state(pending, found)
        if (state != said and now - said_at >= 1.0) or now - said_at >= QUIET:
            say(state)
            said, said_at = state, now
        time.sleep(min(pause, max(0.0, start + timeout - now)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        latest = dict(zip(pending, client.each(lambda id: _look(client, kinds[id], id), pending), strict=True))
    return {id: with_pods(client, bodies[id] if id not in latest else latest[id], word) for id, word in found.items()}


def until_gone(
    client: Client, paths: Mapping[ResourceId, str], uids: Mapping[ResourceId, Any], timeout: float
) -> dict[ResourceId, Health]:
    """Wait until objects with these uids are no longer there; those that still are, and what holds them."""
    end = time.monotonic() + timeout
    pause = FIRST_PAUSE
    left = list(paths)
    while True:
        answers = client.each(lambda id: client.get(paths[id]), left)
        still = {
            id: answer
            for id, answer in zip(left, answers, strict=True)
            if not isinstance(answer, Failure) and get(answer, ("metadata", "uid")) == uids[id]
        }
        if not still or time.monotonic() >= end:
            return {id: health(body) for id, body in still.items()}
        left = list(still)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def with_pods(client: Client, body: Tree, state: Health) -> Health:
    """The health of a workload that is not ready, with what its pods say of it. Without the right to list pods: as it is."""
    if state.word not in ("Progressing", "Degraded") or body.get("kind") not in POD_OWNERS:
        return state
    selector = _selector(get(body, ("spec", "selector")))
    if not selector:
        return state
    pods = list(client.objects(f"/api/v1/namespaces/{body['metadata']['namespace']}/pods", selector))
    trouble = pods_trouble([pod for pod in pods if not isinstance(pod, Failure)])
    return Health(state.word, "; ".join(text for text in (state.reason, trouble) if text))


def _look(client: Client, kind: Kind, id: ResourceId) -> Tree:
    """The live object; an empty one with a deletion time stamp stands for one that is gone, so that it is waited for."""
    answer = client.get(kind.path(id.namespace, id.name))
    return {"metadata": {"deletionTimestamp": "gone"}} if isinstance(answer, Failure) else answer


def _state(pending: Sequence[ResourceId], found: Mapping[ResourceId, Health]) -> str:
    first = "; ".join(f"{id} {found[id].reason}".rstrip() for id in pending[:3])
    more = f"; and {len(pending) - 3} more" if len(pending) > 3 else ""
    return f"waiting for {first}{more}"


def _selector(selector: Any) -> str:
    """A label selector as a query has it."""
    parts = [f"{key}={value}" for key, value in (get(selector, ("matchLabels",)) or {}).items()]
    for term in get(selector, ("matchExpressions",)) or ():
        values = ",".join(term.get("values") or ())
        parts.append(
            {
                "In": f"{term.get('key')} in ({values})",
                "NotIn": f"{term.get('key')} notin ({values})",
                "Exists": f"{term.get('key')}",
                "DoesNotExist": f"!{term.get('key')}",
            }.get(str(term.get("operator")), "")
        )
    return ",".join(part for part in parts if part)
