"""Findings about the definitions of a repository as a whole: one for all that are alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from penstock.definitions.argo.application import Application, Source
from penstock.findings import SET_ASIDE
from penstock.model import Diagnostic, Origin, Resource, ResourceId
from penstock.parse.defined import Unlocked
from penstock.targets.argo.results import Built
from penstock.words import LOCKS, and_more, so_with_more

MAX_NOTES = 3
"""Sources that a finding names in addition to the first one."""

UNKNOWN = "PS634"
"""The code for a generator whose result is unknown here."""


def copied_elsewhere(copies: Sequence[tuple[Resource, Resource]]) -> Iterator[Diagnostic]:
    """Yield one finding for all definitions of which another file has a copy."""
    if copies:
        (first, known), *others = copies
        message = f"{known.origin.path} defines {first.id} with the same content{so_with_more(len(others))}"
        notes = ((known.origin, "the other one"),)
        yield Diagnostic("PS636", "info", message, first.origin, first.id, notes)


def staged_elsewhere(built: Iterable[Built]) -> Iterator[Diagnostic]:
    """Yield a finding for each Application whose hydrator writes to another branch than `hydrate` would."""
    for each in built:
        app, usual = each.app, f"{each.app.branch}-next"
        if app.staged and app.staged != usual:
            message = f"its hydrator writes {app.staged}, and `penstock hydrate` would write {usual}"
            where = app.at("spec", "sourceHydrator", "hydrateTo", "targetBranch")
            hint = f"name {usual} there, or let others merge from that branch"
            yield Diagnostic("PS630", "warning", message, where, app.resource.id, hint=hint)


def grouped(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the findings, with one finding for all ApplicationSets whose generators ask for the same unknown thing."""
    groups: dict[str, list[Diagnostic]] = {}
    for finding in findings:
        groups.setdefault(finding.message.partition(": ")[2] if finding.code == UNKNOWN else "", []).append(finding)
    unknown = []
    for reason, (first, *others) in groups.items():
        if reason:
            message = f"{first.resource}{and_more(len(others))}: {reason}"
            also = tuple(each.resource for each in others if each.resource is not None)
            unknown.append(first._replace(message=message, others=also))
    return [*groups.get("", ()), *unknown]


def unlisted_files(paths: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield one finding for all files whose definitions are switched off."""
    if paths:
        first = f"{paths[0]}{and_more(len(paths) - 1)}"
        message = f"{first}: no kustomization names this definition, beside or below others"
        hint = "name it under `resources:`; if it is applied by hand, make it a target with `type: directory`"
        yield Diagnostic("PS173", "info", message, Origin(paths[0]), hint=hint)


def files_aside(paths: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield one finding for all files whose definitions are to be kept, read or copied."""
    if paths:
        first = f"{paths[0]}{and_more(len(paths) - 1)}"
        message = f"{first}: nothing names this definition, which is archived, documentation or a template"
        yield Diagnostic("PS173", "info", f"{message}: not compiled", Origin(paths[0]), hint=SET_ASIDE)


Elsewhere = Mapping[tuple[str, str, str], Sequence[tuple[Application, Source]]]
"""The sources that are neither in this repository nor locked, by their entries of the lock file."""


def unlocked(found: Elsewhere) -> tuple[Unlocked, ...]:
    """Return the Applications with such sources, each once."""
    applications: dict[ResourceId, Unlocked] = {}
    for app, source in chain(*found.values()):
        namespace = app.destination.namespace if source.chart else ""
        known = applications.setdefault(app.resource.id, Unlocked(app.resource, namespace))
        if not namespace and known.namespace:
            applications[app.resource.id] = known._replace(namespace="")
    return tuple(applications.values())


def not_locked(found: Elsewhere) -> Iterator[Diagnostic]:
    """Yield one finding for all sources that are not in this repository, with notes on some of them."""
    if not found:
        return
    (key, ((app, source), *_)), *others = found.items()
    uses = sum(map(len, found.values()))
    more = and_more(uses - 1)
    message = f"Application {app.id[0]}/{app.id[1]}{more} {'build' if more else 'builds'} {_words(key)}"
    message += f" and {len(others)} more sources that are" if others else ", which is"
    notes = tuple((uses[0][0].at(*uses[0][1].at), _words(each)) for each, uses in others[:MAX_NOTES])
    where = app.at(*source.at)
    yield Diagnostic("PS628", "info", f"{message} not in penstock.lock: not rendered", where, notes=notes, hint=LOCKS)


def _words(key: tuple[str, str, str]) -> str:
    """Describe a source that is not in this repository, for messages."""
    repository, chart, revision = key
    what = f"the chart {chart} of" if chart else "the artifact" if repository.startswith("oci://") else "a directory of"
    return f"{what} {repository or 'no repository'}" + (f" at {revision}" if revision else "")
