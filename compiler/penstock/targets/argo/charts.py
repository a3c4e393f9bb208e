"""Rendering a chart for a source of an `Application`: the fields of `helm`, as the repo server passes them to Helm."""

import json
import posixpath
import re
from collections.abc import Iterator, Sequence

from penstock.definitions.argo.application import Application, Source
from penstock.definitions.argo.doublestar import is_glob, matching
from penstock.definitions.argo.overlay import expanded
from penstock.definitions.reading import clipped, mapping, mappings, text, texts
from penstock.expression import TooMuch
from penstock.model import Diagnostic, Document, Made, Origin
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.sources import ChartRequest
from penstock.targets import elsewhere
from penstock.targets.argo.refs import refused_ref
from penstock.targets.argo.settled import NOT_RENDERED, Refs, named, variables_of
from penstock.targets.chart import built, in_a_cluster
from penstock.targets.written_values import documents_of
from penstock.words import LOCKS, quoted

HELM_VERSIONS = ("", "v3", "v4")
"""The versions that an Application may name. All of them mean the same."""


def build_chart(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    """Render the chart of a source as Argo CD's repo server lets Helm do it."""
    version = text(mapping(source.fields.get("helm")).get("version"))
    if version not in HELM_VERSIONS:
        message = f"Argo CD does not support helm version {quoted(version)}"
        where = app.at(*source.at, "helm", "version")
        return Made([], [Diagnostic("PS630", "error", message, where, hint="leave it out")])
    values, findings = _values(project, app, source, refs)
    if any(finding.severity == "error" or finding.code == NOT_RENDERED for finding in findings):
        return Made([], findings)
    file_texts, wrong = _files(project, app, source, refs)
    if wrong:  # a file that is not there, or not in this repository
        return Made([], [*findings, *wrong])
    request = in_a_cluster(project, _request(app, source, values, file_texts))
    made = built(project, request)
    # Argo CD fetches the charts that this one depends on. They are not in the lock file, which is no mistake of the
    # repository.
    incomplete = next((each for each in made.diagnostics if each.code == "PS703"), None)
    if incomplete is not None:
        message = f"{named(app)} is not rendered: {incomplete.message}"
        return Made([], [Diagnostic(NOT_RENDERED, "info", message, request.where, hint=incomplete.hint)])
    shared = _shared_files(app, source, refs)
    kept = [each for each in made.diagnostics if each.code != UNREAD or each.where.path not in shared]
    return made._replace(diagnostics=[*findings, *kept])


UNREAD = "PS719"
"""The finding about a value that no template reads. Where charts share a file, each of them may read a part of it."""


def _shared_files(app: Application, source: Source, refs: Refs) -> set[str]:
    """Return the values files that other charts of the Application have, too."""
    found: set[str] = set()
    for other in app.sources:
        for name in texts(mapping(other.fields.get("helm")).get("valueFiles")) if other.at != source.at else ():
            top, path = _file(app, other, refs, name)
            found.update((source._replace(top=top).below(path),) if top is not None else ())
    return found


def _values(
    project: Project, app: Application, source: Source, refs: Refs
) -> tuple[list[str | Document], list[Diagnostic]]:
    """Return the values files, followed by the values in the Application itself."""
    own = mapping(source.fields.get("helm"))
    files, findings = _value_files(project, app, source, refs)
    given: list[str | Document] = list(files)
    # Argo CD ignores `values` beside `valuesObject`.
    if text(own.get("values")) and not own.get("valuesObject"):
        documents, more = project.embedded(own["values"], app.at(*source.at, "helm", "values"), config=True)
        findings += more
        given += documents[:1]
    if mapping(own.get("valuesObject")):
        given += documents_of(app.resource, (*source.at, "helm", "valuesObject"), own["valuesObject"])
    return given, findings


def _request(
    app: Application, source: Source, values: Sequence[str | Document], file_texts: Sequence["_Setting"]
) -> ChartRequest:
    """Return the request to render the chart of a source with the fields of `helm`."""
    own = mapping(source.fields.get("helm"))
    parameters = list(_parameters(app, source))
    settings = [each for each in parameters if not each.is_string]
    strings = [each for each in parameters if each.is_string]
    return ChartRequest(
        chart=source.path,
        name=text(own.get("releaseName")) or app.name,
        namespace=text(own.get("namespace")) or app.destination.namespace or "default",
        kube_version=_generic(text(own.get("kubeVersion"))),
        api_versions=tuple(texts(own.get("apiVersions"))),
        values=tuple(values),
        settings=tuple(each.text for each in settings),
        texts=tuple(each.text for each in strings),
        file_texts=tuple(each.text for each in file_texts),
        places=tuple(each.where for each in (*settings, *strings, *file_texts)),
        skip_schema=own.get("skipSchemaValidation") is True,
        include_crds=own.get("skipCrds") is not True,
        tests=own.get("skipTests") is not True,
        where=app.at(*source.at, "helm"),
        boundary=source.top or ".",
    )


_VERSION = re.compile(r"\s*v?([0-9]+(?:\.[0-9]+)+)")


def _generic(version: str) -> str:
    """Return a version without what follows its numbers, as Argo CD passes it to Helm: `v1.34.1-gke.1` is 1.34.1."""
    found = _VERSION.match(version)
    return found[1] if found else version


class _Setting(NamedTuple):
    """An argument of `--set`, `--set-string` (`is_string`) or `--set-file`, and where its value is written."""

    text: str
    where: Origin
    is_string: bool = False


def _files(project: Project, app: Application, source: Source, refs: Refs) -> tuple[list[_Setting], list[Diagnostic]]:
    """Return the arguments of `--set-file`, which may only name files of the source's repository, or of one with a
    `ref`.
    """
    found: list[_Setting] = []
    findings: list[Diagnostic] = []
    for index, each in enumerate(mappings(mapping(source.fields.get("helm")).get("fileParameters"))):
        where = app.at(*source.at, "helm", "fileParameters", index)
        top, path = _file(app, source, refs, text(each.get("path")))
        refused = refused_ref(app, source, text(each.get("path")), where)
        if refused is not None:
            findings.append(refused)
            continue
        if top is None:
            message = f"{named(app)} is not rendered: a parameter is in {path}, which is not in this repository"
            findings.append(Diagnostic(NOT_RENDERED, "info", message, where))
            continue
        whole = source._replace(top=top).below(path)
        if project.inside(whole) is None:
            findings.append(Diagnostic("PS629", "error", f"there is no file {whole} for a parameter", where))
        found.append(_Setting(f"{text(each.get('name'))}={_escaped(whole)}", where.below("path")))
    return found, findings


def _file(app: Application, source: Source, refs: Refs, name: str) -> tuple[str | None, str]:
    """Return the top of the repository of a file, which is None if that is not available, and the path below it.

    `$values/a.yaml` is a file of the source with that `ref`. A name that begins with `/` is below the top, any other
    name is relative to the chart. Variables are substituted, but for the `ref`: one that no source has is empty.
    """
    variables = variables_of(app, source)
    ref, _, rest = name.partition("/")
    if ref.startswith("$") and ref[1:] in refs:
        return refs.get(ref[1:]), clipped(expanded(rest, variables)) if refs.get(ref[1:]) is not None else name
    name = expanded(name, variables)
    return source.top, clipped(name if name.startswith("/") else posixpath.join(source.inside, name))


def _fetched(project: Project, app: Application, url: str, where: Origin) -> tuple[list[str], list[Diagnostic]]:
    """Return the path of a values file on a web server, as a list, which is empty if the file is not available."""
    result = elsewhere.file(project, url, where)
    if result.path:
        return [result.path], []
    if result.is_locked:
        return [], list(result.findings)
    message = f"{named(app)} is not rendered: {url} is not in penstock.lock"
    return [], [Diagnostic(NOT_RENDERED, "info", message, where, hint=LOCKS)]


class _Glob(NamedTuple):
    """A pattern of `valueFiles`: the top of its repository, the pattern relative to the top, and where it is
    written.
    """

    top: str
    pattern: str
    where: Origin


def _value_files(
    project: Project, app: Application, source: Source, refs: Refs
) -> tuple[Sequence[str], list[Diagnostic]]:
    """Return the paths of the values files."""
    own = mapping(source.fields.get("helm"))
    found: list[str | _Glob] = []
    findings: list[Diagnostic] = []
    for index, name in enumerate(texts(own.get("valueFiles"))):
        where = app.at(*source.at, "helm", "valueFiles", index)
        top, path = _file(app, source, refs, name)
        if "://" in name:
            fetched, more = _fetched(project, app, expanded(name, variables_of(app, source)), where)
            found += fetched
            findings += more
            continue
        refused = refused_ref(app, source, name, where)
        if refused is not None:
            findings.append(refused)
            continue
        if top is None:
            message = f"{named(app)} is not rendered: its values are in {name}, which is not in this repository"
            findings.append(Diagnostic(NOT_RENDERED, "info", message, where))
            continue
        whole = source._replace(top=top).below(path)
        if is_glob(path):
            found.append(_Glob(top, path, where))
        elif project.inside(whole) is not None:
            found.append(whole)
        elif own.get("ignoreMissingValueFiles") is not True:
            missing = Diagnostic("PS629", "error", f"there is no file {whole} with values", where)
            findings.append(project.unfetched(whole, where) or missing)
    files, more = _globbed(project, found)
    if own.get("ignoreMissingValueFiles") is True:
        more = [each for each in more if each.code != "PS629"]
    return files, [*findings, *more]


def _wrong_matches(project: Project, glob: _Glob, matched: Sequence[str]) -> Iterator[Diagnostic]:
    if not matched:
        yield Diagnostic("PS629", "error", f"no file matches {glob.pattern}", glob.where)
    for path in matched:
        if project.inside(path) is None:
            message = f"{path}, which {glob.pattern} matches, is no file of this repository"
            yield Diagnostic("PS704", "error", message, glob.where)


def _globbed(project: Project, given: Sequence[str | _Glob]) -> tuple[list[str], list[Diagnostic]]:
    """Return the files, with each glob replaced by its matches. A file that is also named explicitly keeps the position
    of its name.
    """
    named = {path for path in given if isinstance(path, str)}
    found: list[str] = []
    findings: list[Diagnostic] = []
    for each in given:
        if isinstance(each, str):
            found.append(each)
            continue
        matched = _matched(project, each)
        findings += _wrong_matches(project, each, matched)
        # Later files override earlier ones, so the place of a name that was written down counts.
        found += [path for path in matched if path not in named]
    return list(dict.fromkeys(found)), findings


def _matched(project: Project, glob: _Glob) -> list[str]:
    """Return the files and directories that a pattern matches."""
    prefix = f"{glob.top}/" if glob.top else ""
    known = [path.removeprefix(prefix) for path in project.walk(glob.top or ".")]
    try:
        return [f"{prefix}{path}" for path in matching(known, glob.pattern)]
    except TooMuch:
        return []


def _parameters(app: Application, source: Source) -> Iterator[_Setting]:
    """Yield the arguments of `--set` and `--set-string`."""
    variables = variables_of(app, source)
    for index, each in enumerate(mappings(mapping(source.fields.get("helm")).get("parameters"))):
        value = each.get("value")
        written = value if isinstance(value, str) else json.dumps(value)
        setting = f"{text(each.get('name'))}={_escaped(expanded(written, variables))}"
        where = app.at(*source.at, "helm", "parameters", index, "value")
        yield _Setting(setting, where, each.get("forceString") is True)


def _escaped(value: str) -> str:
    """Escape commas, which separate settings, unless the value is a list in braces."""
    if value.startswith("{") and value.endswith("}"):
        return value
    return value.replace(",", "\\,").replace("\\\\,", "\\,")
