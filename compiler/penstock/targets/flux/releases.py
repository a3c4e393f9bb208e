"""Building a `HelmRelease` of Flux: its chart comes from this repository or another one, a Helm repository or a
registry.
"""

import posixpath

from penstock.definitions.flux.definition import BUCKET, Definition, Named, SourceId, git_of, is_here
from penstock.definitions.flux.release import (
    ChartOf,
    NoKey,
    Values,
    artifact_of,
    chart_of,
    includes_crds,
    name_of,
    namespace_of,
    runs_hooks,
    skips_schema,
    values_of,
    version_metadata,
)
from penstock.definitions.reading import clipped, mapping
from penstock.model import Diagnostic, Document, Made, Origin, Pos, Resource, has_errors
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.sources import ChartRequest, ValueAt
from penstock.targets import elsewhere
from penstock.targets.chart import INCOMPLETE, in_a_cluster
from penstock.targets.elsewhere import Brought, GitSource
from penstock.targets.flux.rendering import built_release
from penstock.targets.written_values import documents_of


class Around(NamedTuple):
    """The context of a release: the source of its cluster's entry (`root`), the directory that is the root of that
    source (`top`), and the cluster's objects.
    """

    root: SourceId
    top: str
    objects: Named


class NotLocked(NamedTuple):
    """A source that penstock.lock does not have: its description, and where it is named."""

    what: str
    where: Origin


class Release(NamedTuple):
    """A release that was built, and the path of its chart."""

    path: str
    made: Made


class _Chart(NamedTuple):
    """A chart that is available, as a directory or packed.

    `boundary` is the directory that its symlinks may not leave, and `files` the directory to which the paths of its
    values files are relative.
    """

    path: str
    boundary: str
    files: str
    of: ChartOf
    manifest: str = ""


class Unrendered(NamedTuple):
    """The reason why a release is left out, and the place that shows it. With `lacks`, an object that it needs is not
    here.
    """

    reason: str
    where: Origin | Pos
    hint: str = ""
    lacks: bool = False


def build_release(project: Project, around: Around, release: Definition) -> Release | NotLocked | Unrendered:
    """Return what a release installs. Alternatively, return what is not locked, or why it is left out."""
    chart = chart_of(release, around.objects)
    where = release.at(*chart.at)
    if chart.why:
        lacks = chart.source is not None and around.objects.get(chart.source) is None
        return Unrendered(chart.why, where, IN_BUCKET if _is_in_bucket(chart) else "", lacks)
    found = _located(project, around, chart, where)
    if isinstance(found, Brought):
        if not found.is_locked:
            return NotLocked(_named(around, chart), where)
        return Release(release.resource.origin.path, Made([], list(found.findings)))
    # Of a chart in a git repository only the source can be missing.
    if found is None:
        assert chart.source is not None
        return Unrendered(f"there is no GitRepository {chart.source.name} here", where, lacks=True)
    made = _built(project, around, release, found)
    return made if isinstance(made, Unrendered) else Release(found.path, made)


def _is_in_bucket(chart: ChartOf) -> bool:
    return chart.source is not None and chart.source.kind == BUCKET


IN_BUCKET = "nothing is fetched from buckets: a GitRepository, HelmRepository or OCIRepository can be locked"


def _located(project: Project, around: Around, chart: ChartOf, where: Origin) -> _Chart | Brought | None:
    """Return an available chart, or the failed attempt to fetch it, or None if its GitRepository is unknown."""
    if chart.packed is not None:
        result = elsewhere.chart(project, chart.packed, where)
        return _Chart(result.path, "", result.top, chart, result.manifest) if result.path else result
    assert chart.source is not None
    if is_here(chart.source, around.root, around.objects):
        return _Chart(clipped(posixpath.join(around.top, chart.path)), ".", around.top, chart)
    repository = around.objects.get(chart.source)
    if repository is None:
        return None
    result = brought(project, repository, where)
    if not result.top:
        return result
    return _Chart(posixpath.normpath(posixpath.join(result.top, chart.path)), result.top, result.top, chart)


def brought(project: Project, repository: Resource, where: Origin) -> Brought:
    """Return where the files of a `GitRepository` are that is not this repository."""
    spec = mapping(repository.body.get("spec"))
    url, ref, tags = git_of(spec)
    return elsewhere.repository(project, GitSource(url, ref, tags, spec.get("recurseSubmodules") is True), where)


def files_of_artifact(project: Project, repository: Resource, where: Origin) -> Brought:
    """Return where the files of an `OCIRepository` with manifests are."""
    address = artifact_of(mapping(repository.body.get("spec")))._replace(is_chart=False)
    return elsewhere.chart(project, address, where)


def _named(around: Around, chart: ChartOf) -> str:
    """Describe the chart or repository that penstock.lock lacks, for messages."""
    if chart.packed is not None:
        return f"the chart {chart.packed}"
    repository = around.objects.get(chart.source) if chart.source is not None else None
    assert repository is not None
    url, ref, tags = git_of(mapping(repository.body.get("spec")))
    return f"the repository {url} at {ref or tags}"


def _built(project: Project, around: Around, release: Definition, chart: _Chart) -> Made | Unrendered:
    """Return the objects of a release, or why it is left out. Without all of its values, its
    objects are unknown.
    """
    if chart.of.packed is None and not _is_chart(project, chart.path):
        where = release.at("chart", "spec", "chart")
        message = f"there is no directory {chart.path} with a chart to install"
        return Made([], [project.unfetched(chart.path, where) or Diagnostic("PS194", "error", message, where)])
    values = values_of(release, around.objects)
    if values.missing:
        missing = f"there is no {' and no '.join(values.missing)} here"
        return Unrendered(missing, release.at("valuesFrom"), lacks=True)
    if values.keyless:
        return Made([], [_keyless(release, each) for each in values.keyless])
    given, findings = _documents(project, release, values)
    if findings:
        return Made([], findings)
    request = ChartRequest(
        chart=chart.path,
        name=name_of(release),
        namespace=namespace_of(release),
        values=tuple(given),
        own_values=_own_values(project, chart),
        include_crds=includes_crds(release),
        hooks=runs_hooks(release),
        tests=False,
        skip_schema=skips_schema(release),
        where=release.at(*chart.of.at),
        boundary=chart.boundary,
        version_metadata=version_metadata(chart.manifest) if chart.of.has_digest else "",
    )
    made = built_release(project, release, in_a_cluster(project, request))
    for finding in made.diagnostics:
        if finding.code == INCOMPLETE:  # Flux downloads the charts that this one depends on
            return Unrendered(finding.message, finding.where, finding.hint)
    return made


def _is_chart(project: Project, path: str) -> bool:
    """Return whether a path may hold a chart: a directory, or a packed chart that is kept beside manifests."""
    return project.is_dir(path) or (path.endswith(".tgz") and project.is_there(path))


def _own_values(project: Project, chart: _Chart) -> tuple[str, ...] | None:
    """Return the files that replace the values of a chart, or None where it keeps them."""
    if not chart.of.values_files:
        return None
    paths = (posixpath.normpath(posixpath.join(chart.files, each)) for each in chart.of.values_files)
    return tuple(path for path in paths if not chart.of.ignores_missing_files or project.inside(path) is not None)


def _keyless(release: Definition, missing: NoKey) -> Diagnostic:
    source = missing.source
    message = f"{source.id.kind} {source.id.name} has no key {missing.key!r}, so that this release cannot be installed"
    return Diagnostic(
        "PS737",
        "error",
        message,
        release.at(*missing.at),
        notes=((source.origin, "this is what it names"),),
        hint="name a key that is there as `valuesKey`, or say `optional: true`",
    )


def _documents(
    project: Project, release: Definition, values: Values
) -> tuple[list[Document | ValueAt], list[Diagnostic]]:
    """Return the values of a release, later ones overriding earlier ones, and errors in their YAML.

    A value for one path overrides the values in the release, which are then applied once more over everything
    (`ChartValuesFromReferences` of fluxcd/pkg/chartutil 1.27).
    """
    given: list[Document | ValueAt] = []
    own = documents_of(release.resource, ("spec", "values"), values.own) if values.own else []
    for each in values.texts:
        if each.target:
            if each.is_secret:
                project.withheld.add_tree([each.text])
            given += [*own, ValueAt(each.target, each.text, each.is_literal, each.where)]
            continue
        documents, findings = project.embedded(each.text, each.where, config=True)
        if each.is_secret:
            project.withheld.add(each.text)  # for a finding about a text that is no YAML
            project.withheld.add_tree([document.body for document in documents])
        if has_errors(findings):
            return [], findings
        given += documents[:1]
    return [*given, *own], []
