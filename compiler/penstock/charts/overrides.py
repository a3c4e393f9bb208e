"""What a user gives beside the chart: files of values and settings, in Helm's order of precedence."""

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
"""The content of a file that a setting names. Raises `Refused`."""


class ValuesFile(NamedTuple):
    """A file of values: its path as people know it, and what it holds. `place` is where it is named or was written."""

    path: str
    data: bytes


class Given(NamedTuple):
    """Values that are laid over those of a chart. Files come first, of which the last one wins; then JSON, settings,
    texts, files and literals, as Helm has it.
    """

    files: tuple[ValuesFile | Document | ValueAt, ...] = ()
    """A document stands for values inside another file, such as `valuesInline` of a kustomization."""
    json: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    file_texts: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    where: Origin = Origin(COMMAND_LINE)
    """Where the settings were written."""


class Override(NamedTuple):
    """The values that were given, and the documents that they came from, those that win last."""

    values: Tree
    documents: list[Document]
    findings: list[Diagnostic]


def read_given(given: Given, readers: Readers, read: FileBytes) -> Override:
    """One tree of all that was given. Raises `Refused`."""
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
    """A document of values that stands elsewhere; none where it is null."""
    if document.body is None:
        return []
    if not isinstance(document.body, dict):
        raise Refused("PS704", f"values must be a mapping, and this is a {type_of(document.body)}", document.origin)
    return [document]


def _read(file: ValuesFile, readers: Readers) -> tuple[list[Document], list[Diagnostic]]:
    return mappings(readers.values, file.data, file.path, "PS704")


ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\,[]{}"})
"""The signs that have a meaning in the value of a setting."""


def _put_at(given: ValueAt, values: Tree) -> Document:
    """Put a text into values, which are changed, and into a document of its own (`ReplacePathValue` of fluxcd/pkg)."""
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
    """The values with all settings over them; the same tree where there are none."""
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
