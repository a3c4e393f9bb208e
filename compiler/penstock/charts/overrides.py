"""The values that a user gives in addition to the chart: values files and settings, in Helm's order of precedence."""

from collections.abc import Callable
from functools import partial
from typing import Any

from penstock.charts.chart import Refused
from penstock.charts.reading import Readers, lay_over, mappings, merged
from penstock.charts.strvals import Literal, Setter, Unparsable, json_mapping, typed
from penstock.model import Diagnostic, Document, Origin, Pos, Tree, ValueAt
from penstock.records import NamedTuple
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


class Override(NamedTuple):
    """The given values as one tree, and the documents that they come from. Later documents override earlier ones."""

    values: Tree
    documents: list[Document]
    findings: list[Diagnostic]


def read_given(given: Given, readers: Readers, read: FileBytes) -> Override:
    """Merge all given values into one tree. Raises `Refused`."""
    values: Tree = {}
    documents: list[Document] = []
    findings: list[Diagnostic] = []
    settings: list[Document] = []
    for file in given.files:
        if isinstance(file, ValueAt):
            settings.append(_put_at(file, values))
            continue
        found, more = (_mapping(file), []) if isinstance(file, Document) else _read(file, readers)
        values = lay_over(values, merged(found))
        documents += found
        findings += more
    documents += settings
    before = values
    values = _with_settings(values, given, read)
    if values is not before:
        documents.append(Document(given.where, values))
    return Override(values, documents, findings)


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
    return mappings(readers.values, file.data, file.path, "PS704")


ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\,[]{}"})
"""The escapes of the characters that have a meaning in the value of a setting."""


def _put_at(given: ValueAt, values: Tree) -> Document:
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
    alone: Tree = {}
    for tree in (values, alone):
        _parsed(Setter(f"{given.path}={text}", tree, convert).parse, "valuesFrom", given.where)
    return Document(given.where, alone)


def _with_settings(values: Tree, given: Given, read: FileBytes) -> Tree:
    """Return the values with all settings applied, or the same tree where there are no settings."""
    if not any((given.json, given.settings, given.texts, given.file_texts, given.literals)):
        return values
    values = _own(values)
    for text in given.json:
        if text.strip().startswith("{"):
            values = lay_over(values, _parsed(partial(json_mapping, text.strip()), "--set-json", given.where))
        else:
            _parsed(Setter(text, values, None).parse, "--set-json", given.where)
    for text in given.settings:
        _parsed(Setter(text, values, typed).parse, "--set", given.where)
    for text in given.texts:
        _parsed(Setter(text, values, str).parse, "--set-string", given.where)
    for text in given.file_texts:
        _parsed(Setter(text, values, partial(_content, read)).parse, "--set-file", given.where)
    for text in given.literals:
        _parsed(Literal(text, values).parse, "--set-literal", given.where)
    return values


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
