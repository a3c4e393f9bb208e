"""A cache of rendered charts: a packed chart with the same values gives the same result in each run.

Only charts that were fetched are cached, since their archive is the only source and its bytes identify it. A directory
would have to be read as a whole to know that it is unchanged.
"""

import json
from hashlib import sha256

from penstock.charts.output import Result
from penstock.model import Document, Unreadable
from penstock.plain_findings import as_plain, from_plain
from penstock.sources import ChartRequest, Entries, Files, ValueAt
from penstock.typed import Any


def identity(files: Files, request: ChartRequest) -> bytes:
    """Return everything that a result depends on, as a cache key, or empty bytes where that is not cheaply known."""
    if not _is_settled(request):
        return b""
    paths = (request.chart, *request.dependencies, *(request.own_values or ()))
    try:
        contents = [sha256(files.read(path) or b"").hexdigest() for path in (*paths, *_files_of_values(request))]
    except Unreadable:
        return b""
    plain = request._replace(values=(), written=())
    values = [_known_by(each) for each in (*request.values, None, *request.written)]
    return f"chart\0{plain!r}\0{values!r}\0{contents!r}".encode("utf-8", "surrogateescape")


def _is_settled(request: ChartRequest) -> bool:
    """Return whether a result depends on fetched packed charts and on values only."""
    charts = (request.chart, *request.dependencies)
    documents = (each for each in (*request.values, *request.written) if isinstance(each, Document))
    is_plain = not (request.is_random or request.file_texts or any(each.is_unsettled for each in documents))
    return is_plain and all(path.startswith("//") and path.endswith(".tgz") for path in charts)


def _files_of_values(request: ChartRequest) -> list[str]:
    return [each for each in request.values if isinstance(each, str)]


def _known_by(given: str | Document | ValueAt | None) -> Any:
    """Return what identifies a given value. For a document, these are its values and its origin."""
    return (given.origin, given.body) if isinstance(given, Document) else given


def recalled(entries: Entries, key: bytes) -> Result | None:
    """Return the result of an earlier run, or None if it is not cached."""
    content = entries.load(key)
    if content is None:
        return None
    try:
        name, text, findings = json.loads(content)
        return Result(name, text, list(map(from_plain, findings)))
    except (ValueError, TypeError):
        return None


def remember(entries: Entries, key: bytes, result: Result) -> None:
    """Store a result for later runs."""
    entries.store(key, json.dumps([result.name, result.text, list(map(as_plain, result.findings))]).encode())
