"""What fetched charts were rendered to in earlier runs: a packed chart with the same values gives the same again.

Only charts that were fetched are kept, since one archive, which is known by its bytes, is all that they are made of. A
directory would have to be read as a whole to know that it is the same.
"""

import json
from hashlib import sha256
from typing import Any

from penstock.charts.output import Result
from penstock.findings import as_plain, from_plain
from penstock.model import ChartRequest, Document, Entries, Files, Unreadable, ValueAt


def identity(files: Files, request: ChartRequest) -> bytes:
    """All that decides on a result; nothing where that is not known at once."""
    if not _is_settled(request):
        return b""
    paths = (request.chart, *request.dependencies, *request.own_values)
    try:
        contents = [sha256(files.read(path) or b"").hexdigest() for path in (*paths, *_files_of_values(request))]
    except Unreadable:
        return b""
    plain = request._replace(values=(), written=())
    values = [_known_by(each) for each in (*request.values, None, *request.written)]
    return f"chart\0{plain!r}\0{values!r}\0{contents!r}".encode("utf-8", "surrogateescape")


def _is_settled(request: ChartRequest) -> bool:
    """Whether a result depends on packed charts that were fetched, and on values, alone."""
    charts = (request.chart, *request.dependencies)
    documents = (each for each in (*request.values, *request.written) if isinstance(each, Document))
    is_plain = not (request.is_random or request.file_texts or any(each.is_unsettled for each in documents))
    return is_plain and all(path.startswith("//") and path.endswith(".tgz") for path in charts)


def _files_of_values(request: ChartRequest) -> list[str]:
    return [each for each in request.values if isinstance(each, str)]


def _known_by(given: str | Document | ValueAt | None) -> Any:
    """What decides on anything; of a document its values, and where they are written."""
    return (given.origin, given.body) if isinstance(given, Document) else given


def recalled(entries: Entries, key: bytes) -> Result | None:
    """The result of an earlier run, if it is known."""
    content = entries.load(key)
    if content is None:
        return None
    try:
        name, text, findings = json.loads(content)
        return Result(name, text, list(map(from_plain, findings)))
    except (ValueError, TypeError):
        return None


def remember(entries: Entries, key: bytes, result: Result) -> None:
    """Keep a result for later runs."""
    if not any(finding.others for finding in result.findings):
        entries.store(key, json.dumps([result.name, result.text, list(map(as_plain, result.findings))]).encode())
