"""The `ref` of a source, by which other sources of the same Application take values files from it."""

import re
from collections.abc import Iterator, Sequence

from penstock.definitions.argo.application import Application, Source
from penstock.model import Diagnostic, Origin
from penstock.words import nearest, quoted, some_of

CODE = "PS630"

_NAME = re.compile(r"[a-zA-Z0-9_-]+")


def refused_refs(app: Application) -> Iterator[Diagnostic]:
    """Yield findings about the names by which other sources refer to one. (util/argo.GetRefSources of Argo CD.)"""
    seen: dict[str, Origin] = {}
    for source in app.sources:
        where = app.at(*source.at, "ref")
        if source.ref and not _NAME.fullmatch(source.ref):
            message = f"the ref {quoted(source.ref)} may only have letters, digits, `-` and `_`"
            yield Diagnostic(CODE, "error", message, where)
        elif source.ref in seen:
            notes = ((seen[source.ref], "the first one"),)
            yield Diagnostic(CODE, "error", f"two sources have the ref {quoted(source.ref)}", where, notes=notes)
        elif source.ref:
            seen[source.ref] = where


def refused_ref(app: Application, source: Source, name: str, where: Origin) -> Diagnostic | None:
    """Return the finding about a file whose name begins with a `ref` that no source has, or that a chart has. The only
    source of `spec.source` has no others beside it: there, Argo CD replaces variables alone.
    """
    ref = name.partition("/")[0][1:]
    if not name.startswith("$") or source.at[:2] != ("spec", "sources"):
        return None
    known = [each for each in app.sources if each.ref]
    found = next((each for each in known if each.ref == ref), None)
    if found is None:
        return Diagnostic(CODE, "error", f"no source has the ref {quoted(ref)}", where, hint=_hint(ref, known))
    if found.chart:
        message = f"the source with the ref {quoted(ref)} is a chart, and Argo CD takes values files from git only"
        return Diagnostic(CODE, "error", message, where, notes=((app.at(*found.at, "chart"), "the chart"),))
    return None


def _hint(ref: str, known: Sequence[Source]) -> str:
    if ref.strip("{}").startswith("ARGOCD_"):
        return "beside several sources, a `$` at the beginning is that of a ref: begin with `./`"
    names = [each.ref for each in known]
    near = nearest(ref, names)
    if near:
        return f'did you mean "${near}"?'
    return f"there are: {some_of(names)}" if names else ""
