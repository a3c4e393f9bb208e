"""The whole path of data, in order. Read this file first.

    parse  →  resolve  →  graph  →  validate  →  emit  →  apply

A stage is a function on the nouns of `model.py`: values in, `(value, findings)` out. No stage knows another; only this
file knows the order. Which targets a repository has is worked out in `targets/repository.py`; this file compiles one of
them, and `together.py` all those of an environment. `emit` and `apply` take what comes out of here: the commands in
`cli/` call them. `rendered_branches.py` reads what they have written.
"""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.budget import Budget
from penstock.model import Blame, Compiled, Diagnostic, Graph, Resource, Target
from penstock.parse.project import Project
from penstock.resolve.options import Options
from penstock.sources import (
    ChartRequest,
    Entries,
    Evaluate,
    Evaluated,
    Files,
    JsonnetRequest,
    Looks,
    Remotes,
    RenderChart,
    Rendition,
)
from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.graph.environment import Surroundings
    from penstock.parse.project_file.settings import Config
    from penstock.validate.custom import CustomKinds
    from penstock.validate.patience import Patience
    from penstock.validate.schemas import Schemas


def open_project(
    files: Files, open_remotes: Callable[[Files], Remotes] | None = None, entries: Entries | None = None
) -> Project:
    """Open the sources of one run. Each file is read and parsed once, however many targets use it.

    `open_remotes` is called only where something remote is named; without it, a remote name is an error. `entries` hold
    the parsed templates of charts that earlier runs have seen.
    """
    return Project(files, open_remotes, _Charts(entries).rendition, _Jsonnet().evaluated)


def open_survey(files: Files) -> Project:
    """Open the sources to see which targets there are, whatever is in them. Charts without definitions are not
    rendered, and look empty.
    """
    charts = _Charts(None)

    def rendition(files: Files, request: ChartRequest, budget: Budget) -> tuple[Rendition | None, list[Diagnostic]]:
        if files.is_dir(request.chart) and not _may_lead_on(files, request.chart):
            return Rendition(request.chart, "", list), []
        return charts.rendition(files, request, budget)

    return Project(files, None, rendition, _Jsonnet().evaluated)


def build(project: Project, directory: str, options: Options = Options()) -> tuple[list[Resource], list[Diagnostic]]:
    """parse → resolve: return the objects of one kustomization as `kustomize build` gives them, and the findings.

    There are no objects if a finding is an error. Options that are not set are taken from `penstock.yaml`. Each
    directory is built once in a run, and kept for everybody who asks for it again.
    """
    from penstock.resolve.build import resolve  # what is known of all targets needs none of it

    config, wrong = project.config()
    if wrong:
        return [], wrong
    if config is not None:
        options = _settled(options, config)
    key = (resolve, directory, options)
    if key not in project.memo:
        with project.watched() as looks:
            project.memo[key] = (*resolve(project, directory, options, project.memo), looks)
    resources, findings, looks = project.memo[key]
    project.saw(looks)
    return [*resources], project.told(findings)


def build_target(
    project: Project, target: Target, options: Options = Options()
) -> tuple[list[Resource], list[Diagnostic]]:
    """parse → resolve: return the objects of one target and the findings, as `build` does.

    A target that definitions make was built when it was found.
    """
    if target in project.made:
        made = project.made[target]
        return made.resources, project.told(made.diagnostics)
    if target.anywhere and not options.anywhere:
        options = options._replace(anywhere=True, boundary=".")
    return build(project, target.path, options)


def inputs(project: Project, target: Target, options: Options = Options()) -> frozenset[str]:
    """Return the paths that a target reads or looks for, whether they exist or not. Those of remote bases are left
    out.
    """
    if target in project.made:
        return project.made[target].read
    with project.watched() as looks:
        build_target(project, target, options)
    return frozenset(posixpath.normpath(path) for _, path in looks)


BuiltBy = dict[Any, tuple[list[Resource], list[Diagnostic], Looks]]
"""What directories were built to, with the looks that were taken, by what was asked for."""


def built_so_far(project: Project) -> BuiltBy:
    """Return what `build` has kept in this run."""
    from penstock.resolve.build import resolve

    return {key: known for key, known in project.memo.items() if isinstance(key, tuple) and key[0] is resolve}


def forget_built(project: Project) -> None:
    """Forget the objects of the directories that were built, when nobody asks for them again. The results of bases are
    kept for other targets.
    """
    for key in built_so_far(project):
        del project.memo[key]


def _settled(options: Options, config: "Config") -> Options:
    """Return the options, with those that are not set taken from penstock.yaml."""
    return options._replace(
        merge=options.merge or config.merge,
        helm=options.helm or config.helm,
        helm_kube_version=options.helm_kube_version or config.abilities.kube_version,
        helm_api_versions=options.helm_api_versions or config.abilities.api_versions,
    )


def compile_target(
    project: Project, target: Target, options: Options = Options(), around: "Surroundings | None" = None
) -> Compiled:
    """parse → resolve → graph: return one target with its references. `check_target` also validates it.

    `around` holds the objects of all targets of its environment.
    """
    from penstock.graph.link import link  # `build` does without
    from penstock.graph.references import External

    resources, findings = build_target(project, target, options)
    failed = blames(findings)
    graph = Graph((), ())
    if resources:
        config, _ = project.config()
        externals = [External(*each) for each in config.externals] if config is not None else []
        graph, more = link(resources, externals, around)
        findings = findings + project.told(more)
    return Compiled(target, resources, graph, findings, failed)


def blames(findings: Iterable[Diagnostic]) -> frozenset[Blame]:
    """Return what keeps a target from being compiled, according to the findings of `build`. The set is empty if it
    compiles.
    """
    return frozenset(finding.blame for finding in findings if finding.severity == "error")


def check_target(
    project: Project,
    target: Target,
    versions: "Sequence[Schemas]",
    options: Options = Options(),
    around: "Surroundings | None" = None,
    definitions: "Mapping[str, CustomKinds] | None" = None,
) -> Compiled:
    """parse → resolve → graph → validate: return one target, and everything that is wrong with it in some versions of
    Kubernetes.

    `definitions` are the custom kinds of its environment, by version.
    """
    from penstock.resolve.lost import lost  # only `check` needs these
    from penstock.validate.check import validate

    compiled = compile_target(project, target, options, around)
    definitions = definitions or custom_kinds(project, [], versions)
    judged = {
        each.version: validate(compiled.resources, each, definitions[each.version], project.recall) for each in versions
    }
    findings = _of_versions({version: found for version, (_, found) in judged.items()})
    without_schema = max((coverage.without_schema for coverage, _ in judged.values()), default=0)
    findings = [*lost(project, compiled.resources, project.holds_objects), *findings]
    return compiled._replace(
        diagnostics=[*compiled.diagnostics, *project.told(findings)], without_schema=without_schema
    )


def _of_versions(found: Mapping[str, Sequence[Diagnostic]]) -> list[Diagnostic]:
    """Join the findings of several versions of Kubernetes. A finding that only some of them have says which ones."""
    if len(found) == 1:
        return [*next(iter(found.values()))]
    versions: dict[Diagnostic, list[str]] = {}
    for version, diagnostics in found.items():
        for each in dict.fromkeys(diagnostics):
            versions.setdefault(each, []).append(version)
    return [
        each if len(those) == len(found) else each._replace(message=f"{each.message} (Kubernetes {', '.join(those)})")
        for each, those in versions.items()
    ]


def order(resources: Sequence[Resource]) -> Graph:
    """Return the graph by which objects are applied. References that lead nowhere are reported by `check_target`."""
    from penstock.graph.link import link

    return link(resources, hints=False)[0]


def custom_kinds(
    project: Project, members: Iterable[Iterable[Resource]], versions: "Iterable[Schemas]"
) -> "dict[str, CustomKinds]":
    """Return the custom kinds by version of Kubernetes. They are defined in the targets of an environment, and at the
    places that `schemas:` names.
    """
    from penstock.validate.custom import CustomKinds

    resources = [resource for objects in members for resource in objects]
    return {schemas.version: CustomKinds(resources, schemas, kinds_beside(project, schemas)) for schemas in versions}


def kinds_beside(project: Project, schemas: "Schemas") -> "CustomKinds":
    """Return the custom kinds that are defined at the places that `schemas:` of penstock.yaml names."""
    from penstock.kubernetes import identify
    from penstock.validate.catalogue import Catalogue, definition_files
    from penstock.validate.custom import CustomKinds

    config, _ = project.config()
    places = config.schemas if config else ()
    files = [path for path in definition_files(places, project.walk) if project.inside(path) is not None]
    documents = [document for path in files for document in project.resources(path)[0] or ()]
    declared = [
        Resource(each.body, each.origin, *identify(each.body))
        for each in documents
        if isinstance(each.body, dict) and each.body.get("kind") == "CustomResourceDefinition"
    ]
    return CustomKinds(declared, schemas, None, Catalogue(places, project.inside), patience_of(project))


def patience_of(project: Project) -> "Patience":
    """Return what the expressions of definitions and policies may still cost in this run."""
    from penstock.validate.patience import Patience

    patience: Patience = project.memo.setdefault(Patience, Patience(project.bounds.cost))
    return patience


def _may_lead_on(files: Files, chart: str) -> bool:
    """Return whether a template of a chart may become a definition of Argo CD or Flux."""
    from penstock.definitions.scan import may_define

    return any(may_define(files.read(path) or b"") for path in files.walk(chart))


class _Charts:
    """Renders the charts of a run by `charted`. That module is imported when the first chart is named, since few builds
    have any.
    """

    def __init__(self, entries: Entries | None) -> None:
        self._entries = entries
        self._render: RenderChart | None = None

    def rendition(
        self, files: Files, request: ChartRequest, budget: Budget
    ) -> tuple[Rendition | None, list[Diagnostic]]:
        if self._render is None:
            from penstock.charted import renderer

            self._render = renderer(self._entries)
        return self._render(files, request, budget)


class _Jsonnet:
    """Evaluates the Jsonnet of a run by `jsonnet`. That package is imported when there is some."""

    def __init__(self) -> None:
        self._evaluate: Evaluate | None = None

    def evaluated(self, files: Files, request: JsonnetRequest) -> tuple[Evaluated | None, list[Diagnostic]]:
        if self._evaluate is None:
            from penstock.jsonnet.evaluate import Evaluator
            from penstock.natives import Natives

            self._evaluate = Evaluator(Natives())
        return self._evaluate(files, request)
