"""Why an object is not well, beyond its own status: by its pods, and by warnings of others about it."""

from collections.abc import Sequence
from typing import Any

from penstock.apply.client import Client
from penstock.apply.failure import Failure, one_line
from penstock.apply.pods import pods_trouble
from penstock.cluster import Health
from penstock.model import Tree
from penstock.tree import get

POD_OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")

UNWELL = ("Progressing", "Degraded")

MAX_ASKED = 20
"""The number of objects for which events are requested at a time."""


def with_pods(client: Client, body: Tree | Failure, state: Health) -> Health:
    """Return the health of a workload, with the trouble of its pods where it is not well.

    Without permission to list pods, the health is returned unchanged.
    """
    if state.word not in UNWELL or isinstance(body, Failure) or body["kind"] not in POD_OWNERS:
        return state
    selector = _selector(get(body, ("spec", "selector")))
    if not selector:
        return state
    pods = client.objects(f"/api/v1/namespaces/{body['metadata']['namespace']}/pods", selector)
    trouble = pods_trouble([pod for pod in pods if not isinstance(pod, Failure)])
    return _with(state, trouble)


def with_reasons(client: Client, body: Tree | Failure, state: Health) -> Health:
    """Return the health as by `with_pods`, or with the newest warning event where the pods give no reason."""
    found = with_pods(client, body, state)
    if state.word not in UNWELL or isinstance(body, Failure) or found != state:
        return found
    return _with(state, _newest_warning(client, body))


def _with(state: Health, more: str) -> Health:
    return Health(state.word, "; ".join(text for text in (state.reason, more) if text))


def _newest_warning(client: Client, body: Tree) -> str:
    """Return the newest warning event, such as `FailedMount: no such volume (5 times)`.

    The result is "" where there are no events, or none that may be read.
    """
    uid = get(body, ("metadata", "uid"))
    namespace = get(body, ("metadata", "namespace")) or "default"
    query = {"fieldSelector": f"involvedObject.uid={uid},type=Warning", "limit": "50"}
    answer = client.get(f"/api/v1/namespaces/{namespace}/events", query)
    listed = [] if isinstance(answer, Failure) else answer.get("items")
    events = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return _words(max(events, key=_when)) if events else ""


def _when(event: Tree) -> str:
    """Return the time of an event, as text that can be compared."""
    last = get(event, ("series", "lastObservedTime"))
    return str(last or event.get("lastTimestamp") or event.get("eventTime") or "")


def _words(event: Tree) -> str:
    count = event.get("count")
    often = f" ({count} times)" if isinstance(count, int) and count > 1 else ""
    return one_line(f"{event.get('reason', '')}: {event.get('message', '')}") + often


def _selector(selector: Any) -> str:
    """Return a label selector in the form of a query."""
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
