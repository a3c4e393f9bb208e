"""The status of an environment for programs: one JSON document.

Keys are never renamed or removed; new ones may come.
"""

from json import dumps
from typing import Any

from penstock.cluster import ObjectStatus, Status


def status_json(environment: str, status: Status, indent: int | None = 2) -> str:
    """Return the document, in one line if there is no indent. Characters outside of ASCII are escaped."""
    document = {
        "environment": environment,
        "branch": status.branch,
        "revision": status.revision,
        "sync": status.sync,
        "health": status.health,
        "lastSync": status.last._asdict(),
        "objects": [_object(item) for item in status.objects],
    }
    return dumps(document, indent=indent) + "\n"


def _object(item: ObjectStatus) -> dict[str, Any]:
    return {
        **item.id._asdict(),
        "sync": item.sync,
        "health": item.health.word,
        "reason": item.health.reason,
        "details": list(item.details),
    }
