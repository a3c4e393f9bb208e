"""Parsing YAML for charts, by functions that `pipeline` passes in, since this package must not import `parse`."""

from collections.abc import Callable
from math import isfinite

from penstock.charts.chart import Read, Refused
from penstock.gotemplate.formatting import float_text
from penstock.model import Diagnostic, Document, Tree
from penstock.records import NamedTuple
from penstock.tree import leaves
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.charts.kept import Kept


class Readers(NamedTuple):
    """The functions that parse and print YAML.

    `chart` parses Chart.yaml and similar files, and `values` parses values files, whose numbers are floats. `printed`
    parses a document that a template has printed, and `given` one that a template passes to a function.
    """

    chart: Read
    values: Read
    printed: Read
    given: Read
    dump: Callable[[Any], str]
    """Prints a tree as YAML. Raises ValueError for a tree that YAML cannot express."""
    dump_indented: Callable[[Any], str]
    """Prints a tree as go-yaml v3 does, with lists indented under their key."""
    kept: "Kept"
    """The cache of parsed templates."""
    judged: Callable[[bytes], tuple[str, bytes | None]]
    """Returns what go-yaml says of a text, or the empty string where that is not known, and the first document of the
    text alone where go-yaml can read it.
    """


def mappings(read: Read, data: bytes, path: str, code: str) -> tuple[list[Document], list[Diagnostic]]:
    """Return the documents of a file and warnings. Raises `Refused` with the given code if a document is not a mapping,
    or the file cannot be parsed.
    """
    documents, findings = read(data, path)
    for finding in findings:
        if finding.severity == "error":
            raise Refused(code, f"this file cannot be read: {finding.message}", finding.where, finding.hint)
    for document in documents:
        if not isinstance(document.body, dict):
            raise Refused(code, "this must be a mapping", document.origin)
        for at, value in leaves(document.body):
            if isinstance(value, float) and not isfinite(value):
                raise Refused(code, f"json: unsupported value: {float_text(value)}", document.origin.below(*at))
    return documents, findings


def merged(documents: list[Document]) -> Tree:
    """Merge the documents of a values file; later ones override earlier ones."""
    values: Tree = {}
    for document in documents:
        values = lay_over(values, document.body)
    return values


def lay_over(base: Tree, over: Tree) -> Tree:
    """Return a tree overridden by another one: mappings are merged, any other value is replaced, by null too. Neither
    tree is changed.
    """
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            result[key] = lay_over(below, value)
        else:
            result[key] = value
    return result
