"""The objects of a rendered branch, kept by the tree from which they were read.

Most syncs, and all repeated looks at the status, find the branch as it was: then none of its files is read. Only what
was read without a finding is kept.
"""

import json
import marshal
from typing import Any

from penstock import cache
from penstock.cli.streams import Streams
from penstock.git_files import GitCommit
from penstock.kubernetes import identify
from penstock.model import Diagnostic, Origin, Resource, Tree

Read = tuple[list[Resource], list[Diagnostic]]


def objects_of(files: GitCommit, branch: str, environment: str, folder: str, streams: Streams) -> Read:
    """Return the objects of a branch, or of a folder of it, and the findings about them.

    Raises `Refusal` if the branch was not rendered for this environment.
    """
    store = cache.folder(streams.environ, streams.cwd)
    name = _name(files.state, branch, environment, folder) if store else ""
    content = cache.load_entry(store, name) if store else None
    known = _decoded(content) if content is not None else None
    if known is not None:
        return known, []
    from penstock.rendered_branches import branch as read

    resources, findings = read(files, branch, environment, folder)
    encoded = _encoded(resources) if store and not findings else None
    if encoded is not None:
        cache.store_entry(store, name, encoded)
    return resources, findings


def _name(state: str, *words: str) -> str:
    """Return the name of the entry: it depends on the engine, and on all that is read."""
    key = ("objects of a branch", cache.engine(), state, *words)
    return cache.digest("\0".join(key).encode("utf-8", "surrogateescape"))


def _encoded(resources: list[Resource]) -> bytes | None:
    """Return the objects as JSON, or None if JSON would not give back the same values."""
    rows = [[*each.origin[:2], list(each.origin.at), each.body] for each in resources]
    try:
        text = json.dumps(rows, separators=(",", ":"))
        is_same = _exact(json.loads(text)) == _exact(rows)
    except (ValueError, TypeError, RecursionError):
        return None
    return text.encode("ascii") if is_same else None


def _exact(rows: Any) -> bytes:
    """Return a text that differs wherever types, values or the order of keys do.

    Raises ValueError for values of any type but Python's own. Version 0 of the format has no references, which depend
    on how often an object is used.
    """
    return marshal.dumps(rows, 0)


def _decoded(content: bytes) -> list[Resource] | None:
    try:
        rows = json.loads(content)
        return [_resource(body, Origin(path, doc, tuple(at))) for path, doc, at, body in rows]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _resource(body: Tree, origin: Origin) -> Resource:
    identity, version = identify(body)
    return Resource(body, origin, identity, version)
