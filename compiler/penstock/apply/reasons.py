"""Why an object is not well, beyond what it says itself: what its pods say, and the warnings of others about it."""

from collections.abc import Sequence
from typing import Any

from penstock.apply.client import Client
from penstock.apply.failure import Failure, one_line
from penstock.apply.health import pods_trouble
from penstock.model import Health, Tree
from penstock.tree import get

POD_OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")

UNWELL = ("Progressing", "Degraded")

MAX_ASKED = 20
"""Objects for which events are asked for, at a time."""


def with_pods(client: Client, body: Tree | Failure, state: Health) -> Health:
    """The health of a workload that is not ready, with what its pods say. Without the right to list pods: as it is."""
    if state.word not in UNWELL or isinstance(body, Failure) or body["kind"] not in POD_OWNERS:
        return state
    selector = _selector(get(body, ("spec", "selector")))
    if not selector:
        return state
    pods = client.objects(f"/api/v1/namespaces/{body['metadata']['namespace']}/pods", selector)
    trouble = pods_trouble([pod for pod in pods if not isinstance(pod, Failure)])
    return _with(state, trouble)


def with_reasons(client: Client, body: Tree | Failure, state: Health) -> Health:
    """The same, and the newest warning about the object itself, where there is one and its pods say nothing."""
    found = with_pods(client, body, state)
    if state.word not in UNWELL or isinstance(body, Failure) or found != state:
        return found
    return _with(state, _newest_warning(client, body))


def _with(state: Health, more: str) -> Health:
    return Health(state.word, "; ".join(text for text in (state.reason, more) if text))


def _newest_warning(client: Client, body: Tree) -> str:
    """`FailedMount: no such volume (5 times)`; nothing where there are no events, or none that we may read."""
    uid = get(body, ("metadata", "uid"))
    namespace = get(body, ("metadata", "namespace")) or "default"
    query = {"fieldSelector": f"involvedObject.uid={uid},type=Warning", "limit": "50"}
    answer = client.get(f"/api/v1/namespaces/{namespace}/events", query)
    listed = [] if isinstance(answer, Failure) else answer.get("items")
    events = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return _words(max(events, key=_when)) if events else ""


def _when(event: Tree) -> str:
    """The time of an event, as text that can be compared."""
    last = get(event, ("series", "lastObservedTime"))
    return str(last or event.get("lastTimestamp") or event.get("eventTime") or "")


def _words(event: Tree) -> str:
    count = event.get("count")
    often = f" ({count} times)" if isinstance(count, int) and count > 1 else ""
    return one_line(f"{event.get('reason', '')}: {event.get('message', '')}") + often


def _selector(selector: Any) -> str:
    """A label selector as a query has it."""
    parts = [f"{key}={value}" for key, value in (get(selector, ("matchLabels",)) or {}).items()]
    terms: Sequence[Tree] = get(selector, ("matchExpressions",)) or ()
    for term in terms:
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
