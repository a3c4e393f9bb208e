"""Parsed resource files as JSON: reading the JSON back takes a tenth of the time of parsing the YAML."""

from collections.abc import Mapping

from penstock.model import Document, Origin
from penstock.typed import Any

Parsed = dict[str, tuple[str, list[Document]]]
"""The digest and the documents of each file, by path."""

FORMAT = 6


def encode(parsed: Mapping[str, tuple[str, list[Document]]]) -> str:
    """Return parsed files as text. Raises ValueError for values that JSON cannot hold; those are parsed again the next
    time.
    """
    import json

    files = {path: [digest, [_encoded(d) for d in documents]] for path, (digest, documents) in parsed.items()}
    return json.dumps([FORMAT, files], ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(text: str) -> Parsed:
    """Return the files from a text made by `encode`. Raises ValueError for any other text."""
    import json

    try:
        form, files = json.loads(text)
        if form != FORMAT:
            raise ValueError("another format")
        return {path: (digest, [_decoded(path, d) for d in documents]) for path, (digest, documents) in files.items()}
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a pack of parsed files") from error


def _encoded(document: Document) -> list[Any]:
    spelled = [[list(at), text] for at, text in document.spelled.items()]
    plain_keys = [list(at) for at in document.plain_keys]
    return [
        document.origin.doc,
        document.body,
        spelled,
        plain_keys,
        document.folded,
        document.is_alone,
        document.aliased,
        document.tabbed,
        document.size,
    ]


def _decoded(path: str, encoded: list[Any]) -> Document:
    line, body, spelled, plain_keys, folded, is_alone, aliased, tabbed, size = encoded
    spelling = {tuple(at): text for at, text in spelled}
    keys = frozenset(map(tuple, plain_keys))
    return Document(Origin(path, line), body, spelling, keys, folded, is_alone, aliased, tabbed, size=size)
