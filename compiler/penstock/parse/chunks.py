"""The splitting of a file of objects into documents, as in Kustomize (`splitDocuments` of kyaml's `byteio_reader.go`).

Kustomize looks for lines that start with `---` before it parses any YAML, and then parses one document from the text
between two such lines. For nearly every file, parsing the whole file as one YAML stream gives the same documents;
`is_plain_stream` detects the exceptions.
"""

from bisect import bisect_right
from itertools import chain

from penstock.records import NamedTuple
from penstock.regex import regex

_SEPARATOR = regex(rb"\n---([^\n]*)\n")
_BLANK = " \t\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""The characters that Go's `strings.TrimSpace` removes."""

_BOM = b"\xef\xbb\xbf"

_MARK = regex(rb"(?m)^(?:---|\.\.\.)")
_CONTENT = regex(rb"(?m)^[ \t\r\v\f]*[^ \t\n\r\v\f#%]")
"""Expressions for the first line of a document, and for a line that has more than a comment or a directive."""

_UNUSUAL = (b"\r", b"\n%", b"\n...", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\0")
"""Line breaks that only YAML knows, directives, and document ends: places where Kustomize does not cut."""


class Chunk(NamedTuple):
    """The text of one document. `line` is the number of its first line, from 0."""

    line: int
    data: bytes


class BadSeparator(NamedTuple):
    """A line that starts with `---` and has other text after it. `line` is its number, from 0."""

    line: int
    text: str


def is_plain_stream(data: bytes) -> bool:
    """Return whether parsing a file as one YAML stream gives the same documents as splitting it like Kustomize."""
    if data.removeprefix(_BOM)[:1] == b"%" or _BOM in data[1:] or any(mark in data for mark in _UNUSUAL):
        return False
    return b"\n---" not in data or all(_is_blank(match[1]) for match in _SEPARATOR.finditer(data))


def is_alone(data: bytes) -> bool:
    """Return whether a file has no line that separates documents."""
    return b"\n---" not in data or _SEPARATOR.search(data.replace(b"\r\n", b"\n")) is None


def split(data: bytes) -> tuple[list[Chunk], list[BadSeparator]]:
    """Return the chunks between the separator lines, and the lines that only look like separators."""
    data = data.replace(b"\r\n", b"\n")
    chunks: list[Chunk] = []
    bad: list[BadSeparator] = []
    start = line = 0
    for match in _SEPARATOR.finditer(data):
        chunks.append(Chunk(line, data[start : match.start() + 1]))
        line += data.count(b"\n", start, match.end())
        start = match.end()
        if not _is_blank(match[1]):
            bad.append(BadSeparator(line - 1, match[0].decode(errors="replace").strip()))
    chunks.append(Chunk(line, data[start:]))
    return chunks, bad


def _is_blank(rest: bytes) -> bool:
    """Return whether the text after `---` is blank or a comment."""
    return not rest or rest.decode(errors="replace").strip(_BLANK)[:1] in ("", "#")


def heads(data: bytes) -> list[range]:
    """Return the ranges of lines, from 0, at which a document may be said to start: those of separators, and those
    behind one up to the first that has content. There may be millions of comments, so no line is copied.
    """
    found: list[range] = []
    line = counted = 0
    for start in chain((0,), (match.start() for match in _MARK.finditer(data))):
        line += data.count(b"\n", counted, start)
        counted = start
        behind = data.find(b"\n", start) + 1 or len(data) if data.startswith((b"---", b"..."), start) else start
        content = _CONTENT.search(data, behind)
        end = content.start() if content else len(data)
        found.append(range(line, line + data.count(b"\n", start, end) + 1))
    return found


def is_among(ranges: list[range], line: int) -> bool:
    """Return whether a line is in one of some ranges, which are in order."""
    at = bisect_right(ranges, line, key=lambda each: each.start)
    return any(line in each for each in ranges[max(at - 2, 0) : at])
