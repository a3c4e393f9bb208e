"""The values that a user gives in addition to the chart: values files and settings, in Helm's order of precedence."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from penstock.charts.bounds import MAX_MARKS, marks_of
from penstock.charts.chart import Refused
from penstock.charts.reading import Readers, lay_over, mappings, merged
from penstock.charts.strvals import Literal, Room, Setter, Unparsable, json_mapping, typed
from penstock.model import Diagnostic, Document, Origin, Pointer, Pos, Step, Tree
from penstock.records import NamedTuple
from penstock.sources import ValueAt
from penstock.typed import Any
from penstock.words import type_of

COMMAND_LINE = "(command line)"

FileBytes = Callable[[str], bytes]
"""A function that returns the content of a file that a setting names. Raises `Refused`."""


class ValuesFile(NamedTuple):
    """A values file: its path as messages show it, and its content."""

    path: str
    data: bytes


class Given(NamedTuple):
    """The values that override those of a chart.

    They are applied in Helm's order, and the last one wins: `files`, then `json`, `settings`, `texts`, `file_texts` and
    `literals`.
    """

    files: tuple[ValuesFile | Document | ValueAt, ...] = ()
    """A document holds values inside another file, such as `valuesInline` of a kustomization."""
    json: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    file_texts: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    where: Origin = Origin(COMMAND_LINE)
    """Where the settings were written."""
    places: tuple[Origin, ...] = ()
    """The places of the single settings, in their order, where these are known."""


class Override(NamedTuple):
    """The given values as one tree, and the documents that they come from. Later documents override earlier ones."""

    values: Tree
    documents: list[Document]
    findings: list[Diagnostic]
    by_key: dict[Step, list[Document]]
    """The documents by the keys at their top, which `writers` finds out when it is first asked."""

    def writers(self, at: Pointer) -> list[Document]:
        """Return the documents that may have written a value, the last one first: of thousands of settings, hardly any
        has.
        """
        if not self.by_key:
            for document in reversed(self.documents):
                for key in document.body or ():  # `null` is a file of no values
                    self.by_key.setdefault(key, []).append(document)
        return self.by_key.get(at[0], []) if at else []


def read_given(given: Given, readers: Readers, read: FileBytes) -> Override:
    """Merge all given values into one tree. Raises `Refused`."""
    values: Tree = {}
    documents: list[Document] = []
    findings: list[Diagnostic] = []
    settings: list[Document] = []
    room = Room()
    for file in given.files:
        if isinstance(file, ValueAt):
            settings.append(_put_at(file, values, room))
            continue
        found, more = (_mapping(file), []) if isinstance(file, Document) else _read(file, readers)
        values = lay_over(values, merged(found))
        documents += found
        findings += more
    documents += settings
    values, alone = _with_settings(values, given, read, room)
    return Override(values, [*documents, *alone], findings, {})


def _mapping(document: Document) -> list[Document]:
    """Return a document of values from another file as a list, which is empty if the document is null. Raises `Refused`
    if it is not a mapping.
    """
    if document.body is None:
        return []
    if not isinstance(document.body, dict):
        raise Refused("PS704", f"values must be a mapping, and this is a {type_of(document.body)}", document.origin)
    return [document]


def _read(file: ValuesFile, readers: Readers) -> tuple[list[Document], list[Diagnostic]]:
    if marks_of(file.data) > MAX_MARKS:
        raise Refused("PS704", f"this file has more than {MAX_MARKS:,} values and lines", Pos(file.path))
    return mappings(readers.values, file.data, file.path, "PS704")


ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\,[]{}"})
"""The escapes of the characters that have a meaning in the value of a setting."""


def _put_at(given: ValueAt, values: Tree, room: Room) -> Document:
    """Set a value at a path of `values`, which is changed, and return a document with this value only.

    (`ReplacePathValue` of fluxcd/pkg.)
    """
    text = given.text
    is_quoted = any(text.startswith(sign) and text.endswith(sign) for sign in ("'", '"'))
    if given.is_literal:
        text = text.translate(ESCAPED)
    elif is_quoted:
        text = text.strip("'\"")
    convert = str if given.is_literal or is_quoted else typed
    setter = partial(Setter, convert=convert)
    return Document(given.where, _set(f"{given.path}={text}", values, room, setter, "valuesFrom", given.where))


def _with_settings(values: Tree, given: Given, read: FileBytes, room: Room) -> tuple[Tree, list[Document]]:
    """Return the values with all settings applied, and a document for each setting with its values only. The values
    are the same tree where there are no settings.
    """
    found: list[Document] = []
    places = iter(given.places)
    for flag, text, setter in _settings(given, read):
        values = values if found else _own(values)
        if flag == "--set-json" and text.strip().startswith("{"):
            alone = _parsed(partial(json_mapping, text.strip()), flag, given.where)
            values = lay_over(values, alone)
        else:
            alone = _set(text, values, room, setter, flag, given.where)
        found.append(Document(next(places, given.where), _own(alone)))
    return values, found


_Syntax = Callable[[str, Tree, Room], Setter | Literal]


def _set(text: str, values: Tree, room: Room, syntax: _Syntax, flag: str, where: Origin | Pos) -> Tree:
    """Apply a setting to `values`, which are changed. Return a tree with what it sets only, for messages."""
    _parsed(syntax(text, values, room).parse, flag, where)
    alone: Tree = {}
    with suppress(Unparsable):  # it changes a table that is not in this tree
        syntax(text, alone, room).parse()
    return alone


def _settings(given: Given, read: FileBytes) -> Iterator[tuple[str, str, _Syntax]]:
    """Yield the settings in Helm's order, each with its flag and with what reads it into a tree."""
    yield from (("--set-json", text, partial(Setter, convert=None)) for text in given.json)
    yield from (("--set", text, partial(Setter, convert=typed)) for text in given.settings)
    yield from (("--set-string", text, partial(Setter, convert=str)) for text in given.texts)
    content = partial(_content, read)
    yield from (("--set-file", text, partial(Setter, convert=content)) for text in given.file_texts)
    yield from (("--set-literal", text, Literal) for text in given.literals)


def _content(read: FileBytes, path: str) -> str:
    return read(path).decode(errors="replace")


def _parsed(parse: Callable[[], Any], flag: str, where: Origin | Pos) -> Any:
    try:
        return parse()
    except Refused as refused:  # a file that cannot be read
        first = refused.findings[0]
        refused.findings = [first._replace(message=f"failed parsing {flag} data: {first.message}")]
        raise
    except Unparsable as reason:
        raise Refused("PS705", f"failed parsing {flag} data: {reason}", where) from None


def _own(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _own(value) for key, value in tree.items()}
    return [_own(value) for value in tree] if isinstance(tree, list) else tree
