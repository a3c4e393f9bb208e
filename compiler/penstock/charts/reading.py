"""How charts get trees out of YAML: by functions that `pipeline` hands in, since `parse` is another part."""

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any

from penstock.charts.chart import Read, Refused
from penstock.gotemplate.formatting import float_text
from penstock.model import Diagnostic, Document, Tree
from penstock.records import NamedTuple
from penstock.tree import leaves

if TYPE_CHECKING:
    from penstock.charts.kept import Kept


class Readers(NamedTuple):
    """`chart` reads Chart.yaml and what is like it, `values` reads files of values, whose numbers are floats. `printed`
    reads a document that a template has printed, and `given` one that a template hands in.
    """

    chart: Read
    values: Read
    printed: Read
    given: Read
    dump: Callable[[Any], str]
    """Prints a tree as YAML. Raises ValueError for what has none."""
    dump_indented: Callable[[Any], str]
    """The same as go-yaml v3 has it, with lists that are indented under their key."""
    kept: "Kept"
    """The templates that were parsed before."""


def mappings(read: Read, data: bytes, path: str, code: str) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of a file, each a mapping, and warnings. Raises `Refused` with a code for anything else."""
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
    """The documents of a file of values, each laid over those before it."""
    values: Tree = {}
    for document in documents:
        values = lay_over(values, document.body)
    return values


def lay_over(base: Tree, over: Tree) -> Tree:
    """A tree with another one over it: mappings are merged, all else is replaced, null too. Neither is changed."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            result[key] = lay_over(below, value)
        else:
            result[key] = value
    return result
