"""Building one source of an Argo CD `Application`: Kustomize, a directory of manifests, or a chart.

The source is in this repository, or was fetched.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from penstock.definitions.argo.application import TOOLS, Application, Source
from penstock.definitions.argo.doublestar import is_glob, matching
from penstock.definitions.argo.loader import Directory, Jsonnet, loaded, unnamed
from penstock.definitions.argo.overlay import expanded, overlaid
from penstock.definitions.reading import clipped, mapping, mappings, text, texts
from penstock.expression import TooMuch
from penstock.model import (
    ChartAddress,
    ChartRequest,
    Diagnostic,
    Document,
    JsonnetValue,
    Made,
    Origin,
    Tree,
    has_errors,
)
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple
from penstock.resolve.build import resolve
from penstock.resolve.options import Clone, Options
from penstock.targets import elsewhere
from penstock.targets.chart import built
from penstock.targets.elsewhere import Brought, git_source
from penstock.targets.written_values import documents_of
from penstock.words import quoted

OVERRIDES = ".argocd-source.yaml"
"""A file beside the manifests that changes their source. `.argocd-source-NAME.yaml` changes it for one Application."""


Refs = Mapping[str, str | None]
"""The tops of sources by their `ref`: empty for this repository, None for a source that is not available."""


_FILLED_IN_LATER = re.compile(r".*[<>{}$].*|[^.:]*")
"""Placeholders for an address that a patch or a program fills in later."""


def is_filled_in_later(address: str) -> bool:
    """Return whether the address of a repository is only a placeholder."""
    return _FILLED_IN_LATER.fullmatch(address) is not None


def brought(project: Project, app: Application, source: Source) -> Brought:
    """Return where the files of a source outside this repository are, if it is locked."""
    where = app.at(*source.at, "repoURL")
    if is_filled_in_later(source.repository):
        message = f"{_named(app)} is not rendered: {quoted(source.repository)} is no address of a repository"
        hint = "if something else puts it in, that has to be compiled; name the file under `exclude:` in penstock.yaml"
        return Brought(findings=(Diagnostic(NOT_RENDERED, "info", message, where, hint=hint),))
    if source.chart:
        address = source.repository if "://" in source.repository else f"oci://{source.repository}"
        return elsewhere.chart(project, ChartAddress(address, source.chart, source.revision), where)
    if source.repository.startswith("oci://"):
        return _artifact(project, source, where)
    return elsewhere.repository(project, git_source(source.repository, source.revision), where)


def _artifact(project: Project, source: Source, where: Origin) -> Brought:
    """Return where the files of an OCI artifact are: manifests, or a chart.

    A packed chart has a single directory; for a chart, this directory is returned. (Argo CD 3.1.)
    """
    above, _, name = source.repository.rstrip("/").rpartition("/")
    address = ChartAddress(above, name, source.revision or "latest", is_chart=False)
    result = elsewhere.chart(project, address, where)
    if not result.top:
        return result
    folders = {path.removeprefix(f"{result.top}/").partition("/")[0] for path in project.walk(result.top)}
    only = f"{result.top}/{folders.pop()}" if len(folders) == 1 else ""
    is_chart = bool(only) and _has(project, only, "Chart.yaml")
    return result._replace(top=only) if is_chart else result


def build_source(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    """Return the objects of a source whose directory is in this repository or was fetched."""
    unfetched = project.unfetched(source.path, app.at(*source.at, "path"))
    if unfetched is not None:
        return Made([], [unfetched])
    wrong = _wrong_path(project, source)
    if wrong:
        return Made([], [Diagnostic("PS629", "error", wrong, app.at(*source.at, "path"))])
    source, findings = _overridden(project, app, source)
    tools = [tool for tool in TOOLS if mapping(source.fields.get(tool))]
    if len(tools) > 1:
        message = f"{' and '.join(tools)} are set, and one source has one tool"
        return Made([], [*findings, Diagnostic("PS630", "error", message, app.at(*source.at))])
    tool = tools[0] if tools else _detected(project, source.path)
    made = _BUILDERS[tool](project, app, source, refs)
    return made._replace(diagnostics=[*findings, *made.diagnostics])


def _wrong_path(project: Project, source: Source) -> str:
    """Return why Argo CD does not build the path of a source, or the empty text if it does.

    Only Flux clips a path to the root of the repository. (util/app/path of Argo CD.)
    """
    path = text(source.fields.get("path"))
    if path.startswith("/"):
        return f"{path} is absolute, and Argo CD only builds paths that are relative to the root of the repository"
    if posixpath.normpath(path).startswith("../") or posixpath.normpath(path) == "..":
        return f"{path} leads out of the repository"
    if project.is_dir(source.path):
        return ""
    if project.inside(source.path) is not None:
        return f"{source.path} is a file, and Argo CD builds directories"
    return f"there is no directory {source.path} to build"


def _detected(project: Project, path: str) -> str:
    """Return the tool that Argo CD chooses by the files of a directory."""
    if _has(project, path, "Chart.yaml"):
        return "helm"
    return "kustomize" if any(_has(project, path, name) for name in FILE_NAMES) else "directory"


def _has(project: Project, path: str, name: str) -> bool:
    return project.inside(posixpath.normpath(posixpath.join(path, name))) is not None


def _overridden(project: Project, app: Application, source: Source) -> tuple[Source, list[Diagnostic]]:
    """Return the source with its fields overridden by the files beside the manifests."""
    fields: Tree = source.fields
    for name in (OVERRIDES, f".argocd-source-{app.name}.yaml"):
        path = posixpath.normpath(posixpath.join(source.path, name))
        if "/" in app.name or project.inside(path) is None:
            continue
        documents, findings = project.configs(path)
        if has_errors(findings):
            return source, [each._replace(code="PS630") for each in findings]
        if documents:
            fields = _merged(fields, mapping(documents[0].body))
    return source._replace(fields=fields), []


def _merged(below: Tree, over: Tree) -> Tree:
    """Apply a merge patch: mappings are merged, any other value is replaced, and null removes a field."""
    merged = dict(below)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(mapping(merged.get(key)), value)
        else:
            merged[key] = value
    return merged


def variables_of(app: Application, source: Source) -> dict[str, str]:
    """Return the values that Argo CD substitutes for `$ARGOCD_APP_NAME` and other variables.

    The variables for the commit are kept as they are, since the commit is unknown.
    """
    return {
        "ARGOCD_APP_NAME": app.name,
        "ARGOCD_APP_NAMESPACE": app.destination.namespace,
        "ARGOCD_APP_PROJECT_NAME": app.project,
        "ARGOCD_APP_SOURCE_PATH": text(source.fields.get("path")),
        "ARGOCD_APP_SOURCE_REPO_URL": source.repository,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": text(source.fields.get("targetRevision")),
        **{
            name: f"${{{name}}}"
            for name in ("ARGOCD_APP_REVISION", "ARGOCD_APP_REVISION_SHORT", "ARGOCD_APP_REVISION_SHORT_8")
        },
    }


def _kustomize(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    found, findings = project.kustomization(source.path)
    if found is None or has_errors(findings):
        if not findings:
            message = f"there is no kustomization in {source.path}"
            findings = [Diagnostic("PS629", "error", message, app.at(*source.at, "kustomize"))]
        return Made([], findings)
    kustomization, wrong = overlaid(source, found, variables_of(app, source), app.at, project.is_dir)
    if wrong:
        return Made([], wrong)
    has_overrides = kustomization.fields != found.fields
    sources = project.overlaid(kustomization) if has_overrides else project
    anywhere, helm = _is_anywhere(project, source.path), _has_helm(project)
    options = Options(anywhere=anywhere, boundary=".", helm=helm, clone=_clone(source))
    resources, findings = resolve(sources, source.path, options, project.memo)
    return Made([each.fork() for each in resources], findings)


def _clone(source: Source) -> Clone | None:
    """Return the repository of a source, or None if it is this repository."""
    return Clone(source.repository, source.top, source.repository) if source.top else None


def _is_anywhere(project: Project, path: str) -> bool:
    """Return whether penstock.yaml lifts the load restrictor for a directory. In Argo CD, that is an option of the
    instance.
    """
    config, _ = project.config()
    entries = config.targets if config is not None else ()
    return next((entry.anywhere for entry in entries if entry.pattern.match(path) is not None), False)


def _has_helm(project: Project) -> bool:
    config, _ = project.config()
    return config is not None and config.helm


def _directory(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    own = mapping(source.fields.get("directory"))
    jsonnet = _jsonnet(app, source)
    directory = Directory(
        source.path,
        own.get("recurse") is True,
        text(own.get("include")),
        text(own.get("exclude")),
        where=app.at(*source.at, "directory"),
        jsonnet=jsonnet,
    )
    resources, findings = loaded(project, directory, project.walk(source.path))
    wrong = {id(each): finding for each in resources if (finding := unnamed(each)) is not None}
    return Made([each for each in resources if id(each) not in wrong], [*findings, *wrong.values()])


def _jsonnet(app: Application, source: Source) -> Jsonnet:
    """Return the variables, arguments and libraries of Jsonnet files. `..` does not lead out of the repository."""
    own = mapping(mapping(source.fields.get("directory")).get("jsonnet"))
    variables = variables_of(app, source)

    def values(field: str) -> tuple[JsonnetValue, ...]:
        return tuple(
            JsonnetValue(
                text(each.get("name")),
                expanded(text(each.get("value")), variables),
                each.get("code") is True,
                app.at(*source.at, "directory", "jsonnet", field, index, "value"),
            )
            for index, each in enumerate(mappings(own.get(field)))
        )

    return Jsonnet(
        values("extVars"), values("tlas"), tuple(source.below(clipped(each)) for each in texts(own.get("libs")))
    )


def _helm(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    values, findings = _values(project, app, source, refs)
    if any(finding.severity == "error" or finding.code == NOT_RENDERED for finding in findings):
        return Made([], findings)
    file_texts, wrong = _files(project, app, source)
    if wrong:
        return Made([], [*findings, *wrong])
    request = _request(app, source, values, file_texts)
    made = built(project, request)
    # Argo CD fetches the charts that this one depends on. They are not in the lock file, which is no mistake of the
    # repository.
    incomplete = next((each for each in made.diagnostics if each.code == "PS703"), None)
    if incomplete is not None:
        message = f"{_named(app)} is not rendered: {incomplete.message}"
        return Made([], [Diagnostic(NOT_RENDERED, "info", message, request.where, hint=incomplete.hint)])
    return made._replace(diagnostics=[*findings, *made.diagnostics])


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
        kube_version=text(own.get("kubeVersion")),
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


class _Setting(NamedTuple):
    """An argument of `--set`, `--set-string` (`is_string`) or `--set-file`, and where its value is written."""

    text: str
    where: Origin
    is_string: bool = False


def _files(project: Project, app: Application, source: Source) -> tuple[list[_Setting], list[Diagnostic]]:
    """Return the arguments of `--set-file`, which may only name files of the source's repository."""
    found: list[_Setting] = []
    findings: list[Diagnostic] = []
    for index, each in enumerate(mappings(mapping(source.fields.get("helm")).get("fileParameters"))):
        path = source.below(clipped(posixpath.join(source.inside, text(each.get("path")))))
        where = app.at(*source.at, "helm", "fileParameters", index)
        if project.inside(path) is None:
            findings.append(Diagnostic("PS629", "error", f"there is no file {path} for a parameter", where))
        found.append(_Setting(f"{text(each.get('name'))}={path}", where.below("path")))
    return found, findings


def _fetched(project: Project, app: Application, url: str, where: Origin) -> tuple[list[str], list[Diagnostic]]:
    """Return the path of a values file on a web server, as a list, which is empty if the file is not available."""
    result = elsewhere.file(project, url, where)
    if result.path:
        return [result.path], []
    if result.is_locked:
        return [], list(result.findings)
    message = f"{_named(app)} is not rendered: {url} is not in penstock.lock"
    return [], [Diagnostic(NOT_RENDERED, "info", message, where, hint=elsewhere.HINT)]


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
        name = expanded(name, variables_of(app, source)) if not name.startswith("$") else name
        ref, _, rest = name.partition("/")
        top = refs.get(ref[1:]) if ref.startswith("$") else source.top
        if "://" in name:
            fetched, more = _fetched(project, app, name, where)
            found += fetched
            findings += more
            continue
        if top is None:
            message = f"{_named(app)} is not rendered: its values are in {name}, which is not in this repository"
            findings.append(Diagnostic(NOT_RENDERED, "info", message, where))
            continue
        path = clipped(rest if ref.startswith("$") or not ref else posixpath.join(source.inside, name))
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
        if not matched:
            findings.append(Diagnostic("PS629", "error", f"no file matches {each.pattern}", each.where))
        for path in matched:
            if project.inside(path) is None:
                message = f"{path}, which {each.pattern} matches, is no file of this repository"
                findings.append(Diagnostic("PS704", "error", message, each.where))
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


def _plugin(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    name = text(mapping(source.fields.get("plugin")).get("name")) or "that fits its files"
    message = f"{_named(app)} is not rendered: it is made by the config management plugin {name}"
    return Made([], [Diagnostic(NOT_RENDERED, "info", message, app.at(*source.at, "plugin"))])


NOT_RENDERED = "PS631"

_BUILDERS = {"kustomize": _kustomize, "helm": _helm, "directory": _directory, "plugin": _plugin}


def _named(app: Application) -> str:
    return f"Application {app.id[0]}/{app.id[1]}"
