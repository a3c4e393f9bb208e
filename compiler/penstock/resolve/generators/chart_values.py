"""`valuesInline` of a chart, merged with a file of values.

Kustomize merges them before it calls Helm, with the function that merges strategic merge patches, so `$patch` is
obeyed, and lists are merged by key where the values hold an object of Kubernetes (`replaceValuesInline` in
HelmChartInflationGenerator.go, v5.8.2).
"""

from penstock.kubernetes import text
from penstock.model import Document, Origin, Pointer, Step, ToMerge, Tree
from penstock.records import NamedTuple
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.level import Level
from penstock.resolve.merging.kustomize_merge import merge
from penstock.resolve.merging.strategy import Written
from penstock.resolve.spelling.written_values import text_at
from penstock.scalar import BLANK_IN_FLOW
from penstock.tree import MISSING, get, with_value
from penstock.unsettled import read_again
from penstock.words import type_of


class Values(NamedTuple):
    """The values of an entry: a file's path, or a merged document. `written` has the documents that were merged."""

    given: tuple[str | Document, ...]
    written: tuple[Document, ...] = ()


def merged(level: Level, path: str, inline: Document, way: str, defaults: str) -> Values | None:
    """Return a file of values merged with inline ones, which lie over those of the file if the way is `override`, and
    under them if it is `merge`. `defaults` is the file of the chart's own values. Report what cannot be merged, and
    return None.
    """
    found, findings = level.sources.values(path)
    level.findings.add(findings)
    if found is None:
        return None
    if found.document.body is not None and not isinstance(found.document.body, dict):
        message = f"values must be a mapping; found {type_of(found.document.body)}"
        level.report("PS721", message, found.document.origin)
        return None
    is_over = way == "override"
    under, over = (found.document, inline) if is_over else (inline, found.document)
    try:
        under, over = _without_aliases(found, under, over)
        body = _laid_over(level, under, over)
    except Conflict as conflict:
        notes = ((under.at(conflict.at), "over this"),)
        said = str(conflict).replace("the patch has", "this is").replace(" where the object has", ", and there is")
        level.report("PS721", f"could not merge values: {said}", over.at(conflict.at), notes=notes)
        return None
    _report_aliases(level, found, inline, path == defaults)
    if found.document.is_unsettled:
        body, findings = read_again(body, found.document.at)
        level.findings.add(findings)
        if findings:
            return None
    return Values((Document(inline.origin, body),), (under, over))


def _without_aliases(found: ToMerge, under: Document, over: Document) -> tuple[Document, Document]:
    """Return what is merged, without the values for which the file has an alias. Raises `Conflict`.

    An alias is of no kind that Kustomize's merge knows (`Walker.Walk`): the merge drops it, with the value that lies
    over it, and refuses to lay it over another value.
    """
    for at in found.aliases:
        if over is found.document and get(under.body, at) is not None:
            raise Conflict("Kustomize cannot merge an alias", at)
    gone: dict[Pointer, set[Step]] = {}
    for at in found.aliases:
        gone.setdefault(at[:-1], set()).add(at[-1])
    return _without(under, gone), _without(over, gone)


def _without(document: Document, gone: dict[Pointer, set[Step]]) -> Document:
    """Return a document without some keys of its mappings, which are listed by the place of the mapping."""
    body = document.body
    for at, keys in gone.items():
        mapping = get(body, at)
        if isinstance(mapping, dict) and not keys.isdisjoint(mapping):
            body = with_value(body, at, {key: value for key, value in mapping.items() if key not in keys})
    return document._replace(body=body)


def _laid_over(level: Level, under: Document, over: Document) -> Tree:
    """Return values merged as a strategic merge patch. Raises `Conflict`."""

    def is_nothing(at: Pointer) -> bool:
        return under.spelled.get(at[1:]) in ("", BLANK_IN_FLOW)

    def as_it_is(at: Pointer, over_at: Pointer, value: object) -> object:
        return value  # Kustomize reads the result without writing it first, so quotes below make no text of a number

    def own(at: Pointer, value: object) -> str:
        return under.spelled.get(at[1:], text(value))

    def others(origin: Origin, value: object) -> str:
        return text_at(level, origin, value)

    written = Written(is_nothing, as_it_is, own, others, level.run.plain_lists, appends=True)
    # A root that says `$patch: delete` or `replace` is a value like any other here, unlike that of a patch.
    root = "values"
    try:
        body, _ = merge({root: under.body}, {root: over.body}, over.origin, level.schemas, written, None)
    except Conflict as conflict:
        raise Conflict(str(conflict), conflict.at[1:]) from None
    values: Tree = body.get(root, {})
    return values


def _report_aliases(level: Level, found: ToMerge, inline: Document, are_defaults: bool) -> None:
    """Warn of the values that are lost for an alias. If the file has the defaults of the chart, Helm lays those under
    the result, so that only inline values are lost.
    """
    for at in found.aliases:
        alias = found.document.at(at)
        if get(inline.body, at, MISSING) is not MISSING:
            message = "this inline value is lost: the file of values has an alias for it"
            where, notes = inline.at(at), ((alias, "the alias"),)
        elif are_defaults:
            continue
        else:
            message = "this alias is lost where valuesInline is merged with the file of values"
            where, notes = alias, ((inline.origin, "the inline values"),)
        level.report(
            "PS725", message, where, severity="warning", notes=notes, hint="write a value in place of the alias"
        )
