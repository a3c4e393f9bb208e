"""Parsed resource files, each as a line of JSON: reading the JSON back takes a tenth of the time of parsing the YAML.

A line is read when its file is asked for. Where few files have changed, the lines of the others are written again as
they are.
"""

from collections.abc import Collection, Iterable, Mapping

from penstock.model import Document, Origin
from penstock.typed import Any

HEADER = "penstock parsed files 6"


class Pack:
    """The files that earlier runs have parsed, by path and by the digest of the content."""

    def __init__(self, lines: Mapping[str, tuple[str, str]] = {}) -> None:
        self._lines = dict(lines)
        self.added = 0
        """The number of files that this run has added."""

    def documents(self, path: str, digest: str) -> list[Document] | None:
        """Return the documents of a file with this digest, or None if the pack has none that can be read."""
        import json

        known, line = self._lines.get(path, ("", ""))
        if known != digest or not digest:
            return None
        try:
            return [_decoded(path, each) for each in json.loads(line)]
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None

    def has(self, path: str, digest: str) -> bool:
        """Return whether the documents of a file with this digest are known."""
        return self._lines.get(path, ("",))[0] == digest

    def put(self, path: str, digest: str, documents: Iterable[Document]) -> None:
        """Add a file. One whose path has line breaks or tabs, or with values that JSON cannot hold, is left out: it is
        parsed again the next time.
        """
        import json

        try:
            line = json.dumps(
                list(map(_encoded, documents)), ensure_ascii=False, separators=(",", ":"), allow_nan=False
            )
        except ValueError:
            return
        if "\n" not in path and "\t" not in path:
            self._lines[path] = digest, line
            self.added += 1

    def text(self, used: Collection[str]) -> str:
        """Return the files as text: those that were used, and the others as long as they are no more than these. A run
        over one target must not forget all the others, and what no longer exists must not stay for ever.
        """
        kept = self._lines if len(self._lines) <= 2 * len(used) else {each: self._lines[each] for each in used}
        return "\n".join((HEADER, *(f"{path}\t{digest}\t{line}" for path, (digest, line) in kept.items())))


def pack_of(text: str) -> Pack:
    """Return a pack from its text. Raises ValueError for any other text."""
    header, *lines = text.split("\n")
    if header != HEADER:
        raise ValueError("another format")
    found: dict[str, tuple[str, str]] = {}
    for each in lines:
        path, digest, line = each.split("\t", 2)
        found[path] = digest, line
    return Pack(found)


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
        document.tabbed,
        document.size,
        document.aliased,
    ]


def _decoded(path: str, encoded: list[Any]) -> Document:
    line, body, spelled, plain_keys, folded, is_alone, tabbed, size, aliased = encoded
    spelling = {tuple(at): text for at, text in spelled}
    keys = frozenset(map(tuple, plain_keys))
    return Document(Origin(path, line), body, spelling, keys, folded, is_alone, aliased, tabbed, size=size)
