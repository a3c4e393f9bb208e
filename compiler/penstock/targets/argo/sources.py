"""Building one source of an Argo CD `Application`: Kustomize, a directory of manifests, or a chart.

The source is in this repository, or was fetched.
"""

import posixpath
import re
from collections.abc import Container
from typing import Any

from penstock.definitions.argo.application import KIND, TOOLS, Application, Source
from penstock.definitions.argo.build_options import BuildOptions
from penstock.definitions.argo.fields import SOURCE, TYPES
from penstock.definitions.argo.loader import Directory, Jsonnet, loaded, with_names
from penstock.definitions.argo.overlay import expanded, overlaid
from penstock.definitions.argo.overrides import overridden
from penstock.definitions.field_types import wrong_values
from penstock.definitions.reading import clipped, mapping, mappings, text, texts
from penstock.model import Diagnostic, Made, Origin, Tree, has_errors
from penstock.parse.project import FILE_NAMES, Project
from penstock.regex import regex
from penstock.resolve.build import resolve
from penstock.resolve.options import Clone, Options
from penstock.sources import ChartAddress, JsonnetValue
from penstock.targets import elsewhere
from penstock.targets.argo.charts import build_chart
from penstock.targets.argo.sets import parameters_of
from penstock.targets.argo.settled import NOT_RENDERED, Refs, named, variables_of
from penstock.targets.elsewhere import Brought, git_source
from penstock.words import quoted

OVERRIDES = ".argocd-source.yaml"
"""A file beside the manifests that changes their source. `.argocd-source-NAME.yaml` changes it for one Application."""


_FILLED_IN_LATER = re.compile(r".*[<>{}$].*|[^.:]*")
"""Placeholders for an address that a patch or a program fills in later."""

_PLACEHOLDER = regex(r"\{\{.*\}\}|<[^<>/]+>")
"""The same within a path, where most signs are allowed."""

PUT_IN = "if something else puts it in, that has to be compiled; name the file under `exclude:` in penstock.yaml"
"""The hint about a placeholder."""


def is_filled_in_later(address: str) -> bool:
    """Return whether the address of a repository is only a placeholder."""
    return _FILLED_IN_LATER.fullmatch(address) is not None


def brought(project: Project, app: Application, source: Source) -> Brought:
    """Return where the files of a source outside this repository are, if it is locked."""
    where = app.at(*source.at, "repoURL")
    if is_filled_in_later(source.repository):
        message = f"{named(app)} is not rendered: {quoted(source.repository)} is no address of a repository"
        return Brought(findings=(Diagnostic(NOT_RENDERED, "info", message, where, hint=PUT_IN),))
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
        return Made([], [_unbuilt(app, source, wrong)])
    source, findings = _overridden(project, app, source)
    if has_errors(findings):
        return Made([], findings)
    tools = [tool for tool in TOOLS if _says_something(source, mapping(source.fields.get(tool)))]
    if len(tools) > 1:
        message = f"{' and '.join(tools)} are set, and one source has one tool"
        return Made([], [*findings, Diagnostic("PS630", "error", message, app.at(*source.at))])
    tool = tools[0] if tools else _detected(project, source.path)
    made = _BUILDERS[tool](project, app, source, refs)
    return made._replace(diagnostics=[*findings, *made.diagnostics])


def _unbuilt(app: Application, source: Source, wrong: str) -> Diagnostic:
    """Return the finding about a path that Argo CD does not build; a placeholder in it may be filled in elsewhere."""
    where = app.at(*source.at, "path")
    if _PLACEHOLDER.search(source.path) is None:
        return Diagnostic("PS629", "error", wrong, where)
    message = f"{named(app)} is not rendered: the path {quoted(source.path)} is filled in by something that is not here"
    return Diagnostic(NOT_RENDERED, "info", message, where, hint=PUT_IN)


def _says_something(source: Source, own: Tree) -> bool:
    """Return whether the fields of a tool choose this tool. In the only source of an Application, Argo CD removes them
    if none has a value other than its default, such as `recurse: false`. (NormalizeSource of Argo CD, whose loop over
    several sources changes copies only.)
    """
    return bool(own) if "sources" in source.at else _has_a_value(own)


def _has_a_value(value: Any) -> bool:
    """Return whether a value, or any value in it, is neither false nor empty."""
    return any(map(_has_a_value, value.values())) if isinstance(value, dict) else bool(value)


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
        if not documents or not isinstance(documents[0].body, dict):
            message = f"{path} has no fields of a source, and Argo CD takes no other file"
            hint = "remove the file, or write {} into it"
            return source, [Diagnostic("PS630", "error", message, Origin(path), hint=hint)]
        wrong = [*wrong_values(documents[0], (), SOURCE, TYPES[KIND])]
        if wrong:
            return source, wrong
        fields = overridden(fields, documents[0].body)
    return source._replace(fields=fields), []


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


def _instance(project: Project) -> BuildOptions:
    """Return the options of the Argo CD instance that builds this repository, as far as its files have them."""
    found: BuildOptions = project.memo.get(BuildOptions, BuildOptions())
    return found


def _is_anywhere(project: Project, path: str) -> bool:
    """Return whether penstock.yaml or the Argo CD instance lifts the load restrictor for a directory."""
    config, _ = project.config()
    entries = config.targets if config is not None else ()
    is_lifted = next((entry.anywhere for entry in entries if entry.pattern.match(path) is not None), False)
    return is_lifted or _instance(project).anywhere


def _has_helm(project: Project) -> bool:
    config, _ = project.config()
    return (config is not None and config.helm) or _instance(project).helm


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
        any_name=own.get("disableExtensionFilter") is True,
    )
    resources, findings = loaded(project, directory, project.walk(source.path))
    kept, wrong = with_names(resources)
    settings = parameters_of(project)
    return Made(kept, [*(each for each in findings if not _is_about_values(each, settings)), *wrong])


_VALUES = regex(r"(?:.*[-._/])?values(?:[-._][^/]*)?\.ya?ml")
"""The names of values files. They lie beside manifests on purpose, for a chart that another source installs."""


def _is_about_values(finding: Diagnostic, settings: Container[str]) -> bool:
    """Return whether a finding is about a file of values, or one of those from which generators take parameters."""
    path = finding.where.path
    return finding.code == "PS632" and (path in settings or _VALUES.fullmatch(path) is not None)


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


def _plugin(project: Project, app: Application, source: Source, refs: Refs) -> Made:
    name = text(mapping(source.fields.get("plugin")).get("name")) or "that fits its files"
    message = f"{named(app)} is not rendered: it is made by the config management plugin {name}"
    return Made([], [Diagnostic(NOT_RENDERED, "info", message, app.at(*source.at, "plugin"))])


_BUILDERS = {"kustomize": _kustomize, "helm": build_chart, "directory": _directory, "plugin": _plugin}
