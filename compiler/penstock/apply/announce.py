"""Kubernetes Events about syncs, attached to the ConfigMap of the inventory.

`kubectl events --for configmap/penstock-prod` shows them. The events are meant for people and for tools that collect
events. Nothing depends on them: where an event cannot be written, no error is reported.
"""

from datetime import datetime
from secrets import token_hex

from penstock.apply.client import Client, Effort
from penstock.apply.inventory import Parent
from penstock.model import Tree
from penstock.records import NamedTuple
from penstock.tree import get

ONCE = Effort(patience=0.0, urgent=True, each=1.0)

MAX_NOTE = 1000
"""The length of a message in bytes; the API server accepts 1024."""

REASONS = {
    "synced": "Synced",
    "unhealthy": "SyncedUnhealthy",
    "rollback": "RolledBack",
    "partly": "PartlySynced",
    "failed": "SyncFailed",
}
"""The event reasons for the outcomes of a sync, in the style of Kubernetes."""


class News(NamedTuple):
    """The outcome of a sync: a key of REASONS, a note about it, and when the sync began and ended."""

    outcome: str
    note: str
    began: datetime
    ended: datetime


def announce(client: Client, parent: Parent, inventory: Tree, news: News) -> None:
    """Write the event for a sync. `inventory` is the live ConfigMap."""
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": parent.name,
        "namespace": parent.namespace,
        "uid": get(inventory, ("metadata", "uid")),
    }
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{parent.name}.{token_hex(8)}", "namespace": parent.namespace},
        "involvedObject": reference,
        "reason": REASONS[news.outcome],
        "type": "Warning" if news.outcome in ("failed", "unhealthy") else "Normal",
        "message": news.note.encode()[:MAX_NOTE].decode(errors="ignore"),
        "firstTimestamp": f"{news.began:%Y-%m-%dT%H:%M:%SZ}",
        "lastTimestamp": f"{news.ended:%Y-%m-%dT%H:%M:%SZ}",
        "count": 1,
        "source": {"component": "penstock"},
        "reportingComponent": "penstock",
    }
    client.call("POST", f"/api/v1/namespaces/{parent.namespace}/events", {}, body, effort=ONCE)
