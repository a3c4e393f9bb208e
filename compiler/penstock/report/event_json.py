"""What a sync says while it goes, for programs: JSON documents, each in a line of its own.

Keys are never renamed or removed; new ones, and new words under `event`, may come.
"""

from collections.abc import Mapping
from json import dumps
from typing import Any

from penstock.model import Diagnostic, Pos, ResourceId


def event_json(word: str, id: ResourceId | None, text: str, facts: Mapping[str, Any]) -> str:
    """Return an event as one line of JSON. Characters outside of ASCII are escaped."""
    document: dict[str, Any] = {"event": word}
    if id is not None:
        document["object"] = str(id)
    said = text.strip(" ,:\n")
    if said:
        document["message"] = said
    return dumps({**document, **facts})


def finding_json(finding: Diagnostic, pos: Pos) -> str:
    """Return a finding of the sync."""
    facts = {
        "code": finding.code,
        "severity": finding.severity,
        "path": pos.path,
        "line": pos.line,
        "column": pos.col,
        **({"hint": finding.hint} if finding.hint else {}),
    }
    return event_json("finding", finding.resource, finding.message, facts)
