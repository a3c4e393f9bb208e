"""What an API server answers, in the form of values: objects of a list, events of a watch, text. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from penstock.apply.failure import Failure, classify
from penstock.apply.shape import well_formed
from penstock.model import Tree


def items_of(page: Tree) -> Iterator[Tree]:
    """Yield the objects of one page of a list. Their kind and version are added, which list items do not state."""
    api_version, kind = page.get("apiVersion"), str(page.get("kind", "")).removesuffix("List")
    items = page.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield well_formed({**item, "apiVersion": api_version, "kind": kind})


def event_of(line: bytes) -> Tree | Failure:
    """Return the `type` and `object` of an event of a watch, or the failure that the server reports in the event."""
    event = parsed(line)
    body = event.get("object") if isinstance(event, dict) else None
    if not isinstance(body, dict):
        return Failure("backoff", 0, "", "the watch says what is no event")
    if event.get("type") == "ERROR":
        code = body.get("code")
        return classify(code if isinstance(code, int) else 500, body, {})
    return {"type": str(event.get("type")), "object": well_formed(body)}


def parsed(data: bytes) -> Any:
    """Return the parsed JSON, or the text where the data is not JSON (a proxy's page, `404 page not found`)."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace")
