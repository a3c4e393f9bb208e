"""From YAML and JSON text to plain trees, with limits, duplicate keys and broken documents reported at their places.

This module splits a text into documents, which `reading` parses. The modules beside it know where Kustomize differs
from libyaml: `chunks` (separators), `merging` (`<<`), `go_spelling` and `refused` (what its scanner accepts and
rejects), `scalar` (values and tags).
"""

from penstock.budget import MAX_VALUES
from penstock.model import Diagnostic, Document, Pos, has_errors
from penstock.parse import chunks
from penstock.parse.go_spelling import loses_letters, read_as_go, stand_in, with_stand_in, without_stand_in
from penstock.parse.libyaml import YAMLError
from penstock.parse.reading.faults import MAX_DEPTH, Beyond, Limit
from penstock.parse.reading.reader import Reader
from penstock.parse.reading.scalars import Dialect as Dialect
from penstock.parse.reading.tally import Tally, refused_unread, tally_of
from penstock.parse.refused import (
    bad_separator,
    ignored_rest,
    may_escape_a_slash,
    not_for_go,
    slash_escape,
    syntax_error,
)
from penstock.records import NamedTuple
from penstock.regex import regex
from penstock.scalar import (
    config_scalar,
    config_tagged,
    resource_scalar,
    resource_scalar_in_flow,
    resource_tagged,
    value_scalar,
    value_tagged,
)
from penstock.unsettled import read_again

RESOURCES = Dialect(resource_scalar, resource_scalar_in_flow, resource_tagged, is_object=True)
CONFIG = Dialect(config_scalar, config_scalar, config_tagged, is_object=False)
CHART = Dialect(config_scalar, config_scalar, config_tagged, is_object=False, has_fields=False)
MANIFESTS = CHART
YAML_1_1 = Dialect(config_scalar, config_scalar, config_tagged, is_object=False, has_fields=False, has_null_keys=True)
VALUES = Dialect(value_scalar, value_scalar, value_tagged, is_object=False, has_fields=False)

_EMPTY_AS_KEY = regex(r"[ \x85\u2028\u2029\ufeff]*(?:\[\s*\]|\{\s*\})\s*:")

Loaded = tuple[list[Document], list[Diagnostic]]


class _Source(NamedTuple):
    """The file that is being read."""

    path: str
    dialect: Dialect
    tally: Tally | None = None
    """Counts the values of all its documents, if there may be too many."""


def load(data: bytes, path: str, dialect: Dialect, most: int = MAX_VALUES) -> Loaded:
    """Return every document of a file of objects, or the documents of a configuration, of which Kustomize uses only the
    first.

    A broken document yields a finding, and the other documents are still returned. Empty documents (no text, only
    comments, or `null`) are left out; but if the first document of a configuration is empty, no document is returned.
    A file beyond the bounds on its documents and values yields a finding alone; `most` is the bound on its values.
    """
    unread = refused_unread(data, path)
    if unread is not None:
        return [], [unread]
    try:
        if dialect is MANIFESTS:
            return _load_each(data, path, dialect, most)
        return _load_objects(data, path, dialect, most) if dialect.is_object else _load_config(data, path, most)
    except Beyond as beyond:
        return [], [beyond.diagnostic]


def _load_objects(data: bytes, path: str, dialect: Dialect, most: int) -> Loaded:
    if chunks.is_plain_stream(data) and not may_escape_a_slash(data):
        reader = Reader(path, dialect, is_alone=chunks.is_alone(data), tally=tally_of(data, most))
        try:
            reader.read(data)
            return reader.documents, reader.diagnostics
        except (YAMLError, Limit):
            pass  # the slow way finds out which document is broken
    return _load_chunks(data, _Source(path, dialect, tally_of(data, most)))


def load_as_it_is(data: bytes, path: str) -> Loaded:
    """Return every document of a file that Kustomize does not read.

    Problems that Kustomize reports only when it prints an object (a duplicate key, a tag that does not fit) are errors
    here at once.
    """
    documents, diagnostics = load(data, path, RESOURCES)
    for index, document in enumerate(documents):
        if document.is_unsettled:
            body, findings = read_again(document.body, document.at)
            documents[index] = document._replace(body=body)
            diagnostics += findings
    return documents, diagnostics


def _load_chunks(data: bytes, source: _Source) -> Loaded:
    """Parse each chunk between `---` lines on its own, as Kustomize does.

    This is for files with a broken document, and for files that a YAML stream would split into other documents.
    """
    pieces, bad = chunks.split(data)
    if bad:
        return [], [bad_separator(source.path, separator) for separator in bad]
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for line, chunk in pieces:
        found, findings = _load_first(chunk, source, line, is_alone=len(pieces) == 1)
        documents += found
        diagnostics += findings
    return documents, diagnostics


def _load_config(data: bytes, path: str, most: int) -> Loaded:
    """Return the documents of a configuration. Those after the first are parsed only to report that they are
    ignored.
    """
    return _load_first(data, _Source(path, CONFIG, tally_of(data, most)), 0, and_others=True)


def is_string(text: str) -> bool | None:
    """Return whether go-yaml v2 reads a text as a string, maybe another one. None where it cannot read the text."""
    # Go-yaml forgets that what it has read may be a key when an empty list or mapping ends, and stops behind it.
    if _EMPTY_AS_KEY.match(text):
        return False
    documents, findings = _load_first(text.encode(), _Source("", YAML_1_1), 0)
    if has_errors(findings):
        return None
    return bool(documents) and documents[0].body.__class__ is str


def load_each(data: bytes, path: str, dialect: Dialect, most: int = MAX_VALUES) -> Loaded:
    """Return every document of a file that kubectl, Argo CD or Helm read, such as a values file, whose documents are
    merged, or a `Chart.yaml`. A file with too many values yields a finding alone.
    """
    try:
        return _load_each(data, path, dialect, most)
    except Beyond as beyond:
        return [], [beyond.diagnostic]


def _load_each(data: bytes, path: str, dialect: Dialect, most: int) -> Loaded:
    tally = tally_of(data, most)
    pieces, bad = chunks.split(data)
    documents: list[Document] = []
    diagnostics = [bad_separator(path, separator) for separator in bad]
    for line, chunk in pieces:
        found, findings = _load_first(chunk, _Source(path, dialect, tally), line)
        documents += found
        diagnostics += findings
    return documents, diagnostics


def _load_first(data: bytes, source: _Source, line: int, is_alone: bool = False, and_others: bool = False) -> Loaded:
    """Return what `_load_first_of` returns, also for a text with byte order marks inside."""
    if loses_letters(data):
        return [], [not_for_go(Pos(source.path, line + 1, 1), "\ufeff")]
    mark = stand_in(data)
    if not mark:
        return _load_first_of(data, source, line, is_alone, and_others)
    documents, diagnostics = _load_first_of(with_stand_in(data, mark), source, line, is_alone, and_others)
    found = [d._replace(message=d.message.replace(mark, "\\ufeff")) for d in diagnostics]
    return [without_stand_in(document, mark) for document in documents], found


def _load_first_of(data: bytes, source: _Source, line: int, is_alone: bool, and_others: bool) -> Loaded:
    """Return the first document of a text that starts on a given line of the file, and on request those after it.

    The documents after the first are returned as far as they can be parsed: Kustomize does not look at them.
    """
    path, dialect, tally = source
    reader = Reader(path, dialect)
    left = tally.left if tally is not None else 0

    def read(text: bytes) -> None:
        nonlocal reader
        if tally is not None:
            tally.left = left  # a text that is read again counts once
        reader = Reader(path, dialect, line, is_alone, tally)
        reader.read(text, only_first=not and_others)

    try:
        if may_escape_a_slash(data) and (at := slash_escape(data, dialect.is_object)) is not None:
            raise Limit(not_for_go(Pos(path, line + at[0] + 1, at[1] + 1), "\\/"))
        read_as_go(read, data)
    except YAMLError as error:
        # Go-yaml v3 looks two tokens ahead, for comments.
        is_ahead = dialect.is_object and reader.ended == 1 and type(error).__name__ == "ScannerError"
        if not reader.ended or is_ahead:
            # What was put off stands further above, and is often why the rest is not YAML: `{{ name }}`.
            first = reader.put_off[0][1] if reader.put_off else syntax_error(path, line, error, data, MAX_DEPTH)
            return [], [first, *reader.noted()]
        return reader.documents, [*reader.diagnostics, _rest_behind(error, path, line)]
    except Limit as limit:
        if not reader.ended:
            return [], [limit.diagnostic, *reader.noted()]
    return _behind_nothing(reader) if and_others and reader.first_is_empty else (reader.documents, reader.diagnostics)


def _behind_nothing(reader: Reader) -> Loaded:
    """Return a warning for each document behind an empty first one, which is all that Kustomize reads."""
    unread = [Diagnostic("PS107", "warning", _FIRST_IS_EMPTY, d.origin) for d in reader.documents]
    return [], [*reader.diagnostics, *unread]


def _rest_behind(error: YAMLError, path: str, line: int) -> Diagnostic:
    """Return the finding about text after the first document that is not YAML."""
    mark = getattr(error, "problem_mark", None)
    return ignored_rest(path, line + (mark.line if mark is not None else 0))


_FIRST_IS_EMPTY = "this is ignored: Kustomize takes the first document of the file, and that is empty"
