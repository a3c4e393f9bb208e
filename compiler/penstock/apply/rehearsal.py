"""Asks the server what becomes of an object whose fields go over to Penstock. Nothing is written.

The dry run of an apply does not know of the takeover, so what disappears is computed here. But the server puts some of
it back: defaults, and what webhooks and policies set. So the computed object is sent to the server as a dry run, too.
"""

from collections.abc import Iterable, Iterator

from penstock.apply.client import Client, Media
from penstock.apply.failure import Failure
from penstock.apply.ownership import MANAGER
from penstock.model import Tree

NOT_SET = {"apiVersion", "kind", "metadata", "status"}
SET_IN_METADATA = ("labels", "annotations", "finalizers")


def rehearsed(client: Client, path: str, live: Tree, after: Tree) -> Tree:
    """Return what the server makes of a computed object, or where it does not answer, that object itself.

    A controller may have written to the object meanwhile, so no version of it is named.
    """
    body = [
        *_operations("", live, after, sorted({*live, *after} - NOT_SET)),
        *_operations("/metadata", live["metadata"], after["metadata"], SET_IN_METADATA),
    ]
    query = {"dryRun": "All", "fieldManager": MANAGER}
    answer = client.call("PATCH", path, query, body, media=Media("application/json-patch+json"))
    return after if isinstance(answer, Failure) else answer


def _operations(path: str, live: Tree, after: Tree, keys: Iterable[str]) -> Iterator[Tree]:
    """Yield the operations of a JSON patch that give some keys of a mapping their new values."""
    for key in keys:
        place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in after:
            yield from [{"op": "remove", "path": place}] if key in live else []
        elif after[key] != live.get(key):
            yield {"op": "add", "path": place, "value": after[key]}
