"""The whole path of data, in order. Read this file first.

    parse  →  resolve  →  graph  →  validate  →  emit  →  apply

A stage is a function on the nouns of `model.py`: values in, `(value, findings)` out. No stage knows another; only this
file knows the order. Which targets a repository has is worked out in `targets/repository.py`; this file compiles them.
`emit` and `apply` take what comes out of here: the commands in `cli/` call them.
"""

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set

from penstock.budget import Budget
from penstock.findings import NOT_RENDERED
from penstock.model import (
    MARKER,
    Blame,
    Compiled,
    Diagnostic,
    Graph,
    Made,
    Pos,
    Resource,
    Severity,
    Target,
    Together,
    Unreadable,
)
from penstock.parse.project import FILE_NAMES, Project
from penstock.recall import Recall
from penstock.records import NamedTuple
from penstock.resolve.options import Options
from penstock.sources import (
    ChartRequest,
    Entries,
    Evaluate,
    Evaluated,
    Files,
    JsonnetRequest,
    Remotes,
    RenderChart,
    Rendition,
)
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.graph.environment import Surroundings
    from penstock.parse.project_file.settings import Config
    from penstock.validate.custom import CustomKinds
    from penstock.validate.patience import Patience
    from penstock.validate.pod_security import Demands
    from penstock.validate.policies import Policies
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


def forget_built(project: Project) -> None:
    """Forget the objects of the directories that were built, when nobody asks for them again. The results of bases are
    kept for other targets.
    """
    from penstock.resolve.build import resolve

    for key in [key for key in project.memo if isinstance(key, tuple) and key[0] is resolve]:
        del project.memo[key]


def _settled(options: Options, config: "Config") -> Options:
    """Return the options, with those that are not set taken from penstock.yaml."""
    return options._replace(
        merge=options.merge or config.merge,
        helm=options.helm or config.helm,
        helm_kube_version=options.helm_kube_version or config.abilities.kube_version,
        helm_api_versions=options.helm_api_versions or config.abilities.api_versions,
    )


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
    definitions = definitions or _definitions(project, [], versions)
    judged = {
        each.version: validate(compiled.resources, each, definitions[each.version], project.recall) for each in versions
    }
    findings = _of_versions({version: found for version, (_, found) in judged.items()})
    without_schema = max((coverage.without_schema for coverage, _ in judged.values()), default=0)
    findings = [*lost(project, compiled.resources, project.holds_objects), *findings]
    return compiled._replace(
        diagnostics=[*compiled.diagnostics, *project.told(findings)], without_schema=without_schema
    )


BINDING = "ValidatingAdmissionPolicyBinding"
"""Where one is, the policies among the objects are for some of them."""


class _Judges(NamedTuple):
    """The objects of an environment that decide on others: its policies, and its Namespaces with their demands."""

    policies: "Policies | None"
    demands: "Demands"
    namespaces: Mapping[str, Resource]


class _Environment(NamedTuple):
    """The view that the targets of an environment have of each other.

    `clashes` are the findings about objects that a target makes and another one makes, too. `broken` are the paths of
    the targets that do not compile, and `unrendered` those of the targets whose objects are made elsewhere, with the
    Applications of which a source is not in penstock.lock.
    """

    around: "Surroundings"
    definitions: "Mapping[str, CustomKinds]"
    clashes: Mapping[Target, Sequence[Diagnostic]]
    broken: Sequence[str]
    unrendered: Sequence[str]
    judges: _Judges | None
    """None in an open environment, which may be several: there, each target has its own."""


def _environment_of(
    project: Project, made: Mapping[Target, Made], versions: "Sequence[Schemas]", is_named: bool
) -> _Environment:
    """Gather the environment of some targets. `is_named` says that somebody has named it, so that it certainly is
    one.
    """
    from penstock.graph.environment import around, clashes
    from penstock.parse.environments import is_usual

    members = list(made)
    name = members[0].environment
    objects = [each.resources for each in made.values()]
    paths = [target.path for target in members]
    # Where the environment is a guess, so is the clash.
    severity: Severity = "error" if is_named or is_usual(name, paths) else "warning"
    again: dict[Target, list[Diagnostic]] = {}
    for number, finding in clashes(paths, objects, severity) if name else ():
        again.setdefault(members[number], []).append(finding)
    return _Environment(
        around(objects),
        _definitions(project, objects if name else [], versions),
        again,
        _paths_where(made, lambda one: bool(blames(one.diagnostics))),
        [
            *_paths_where(made, lambda one: any(each.code == NOT_RENDERED for each in one.diagnostics)),
            *(project.defined.unlocked if name in project.defined.governed else ()),
        ],
        _judges_of(project, [resource for each in objects for resource in each]) if name else None,
    )


def _paths_where(made: Mapping[Target, Made], holds: Callable[[Made], bool]) -> list[str]:
    return [target.path for target, one in made.items() if holds(one)]


def _judges_of(project: Project, everything: Sequence[Resource]) -> _Judges:
    """Return what some objects decide about others: the bound policies, and the security levels of Namespaces."""
    from penstock.validate.pod_security import demands_of

    demands = demands_of(everything)
    namespaces = {each.id.name: each for each in everything if (each.id.group, each.id.kind) == ("", "Namespace")}
    if not any(resource.id.kind == BINDING for resource in everything):
        return _Judges(None, demands, namespaces)
    from penstock.validate.policies import Policies  # few environments have any

    return _Judges(Policies(everything, _patience(project)), demands, namespaces)


def _decided(resources: Sequence[Resource], judges: _Judges) -> Iterator[Diagnostic]:
    """Yield the findings that the objects of an environment cause about those of one target."""
    from penstock.validate.admin_access import judge_admin_access
    from penstock.validate.pod_security import judge_pods

    if judges.policies is not None:
        yield from judges.policies.judge(resources)
    yield from judge_pods(resources, judges.demands)
    yield from judge_admin_access(resources, judges.namespaces)


def _definitions(
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
    return CustomKinds(declared, schemas, None, Catalogue(places, project.inside), _patience(project))


def _patience(project: Project) -> "Patience":
    """Return what the expressions of definitions and policies may still cost in this run."""
    from penstock.validate.patience import Patience

    patience: Patience = project.memo.setdefault(Patience, Patience())
    return patience


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


def _by_environment(made: Mapping[Target, Made]) -> dict[str, dict[Target, Made]]:
    """Return what was made by the names of the environments; the empty name holds the targets without one."""
    members: dict[str, dict[Target, Made]] = {}
    for target, one in made.items():
        members.setdefault(target.environment, {})[target] = one
    return members


def check_targets(
    project: Project,
    found: Sequence[Target],
    versions: "Callable[[Target], Sequence[Schemas]]",
    options: Options = Options(),
    chosen: Sequence[Target] | None = None,
) -> Iterator[Compiled]:
    """Run `check_target` for many targets, each among the objects of its environment. Targets whose environment is open
    count as one environment.

    `versions` gives the schemas against which a target is checked. If `chosen` is given, only those targets are judged;
    the others are built if a finding depends on what they make.
    """
    from penstock.graph.environment import undecided
    from penstock.targets.repository import named_environments

    has_environments = any(target.environment for target in found)
    wanted = set(found if chosen is None else chosen)
    if len(found) > 1:  # many targets share objects, such as the definitions that each of them brings
        project.recall = project.recall or Recall()
    made = _built_for(project, found, chosen, versions, options)
    named = named_environments(project, found)
    for name, members in _by_environment(made).items():
        environment = _environment_of(project, members, versions(next(iter(members))), name in named)
        for target in filter(wanted.__contains__, members):
            project.made[target] = made[target]
            compiled = _checked(project, target, versions(target), options, environment)
            if has_environments and not name:
                compiled = compiled._replace(diagnostics=undecided(compiled.diagnostics))
            yield compiled


def _built_for(
    project: Project,
    found: Sequence[Target],
    chosen: Sequence[Target] | None,
    versions: "Callable[[Target], Sequence[Schemas]]",
    options: Options,
) -> dict[Target, Made]:
    """Build the chosen targets, or all of them; and the others, too, if a finding about the chosen ones may depend on
    them.
    """
    if chosen is None or len(set(chosen)) == len(found):
        return _all_built(project, found if chosen is None else chosen, options)
    made = _all_built(project, chosen, options)
    builtin = {group for target in made for schemas in versions(target) for group in schemas.groups()}
    others = _that_decide(project, made, found, options, builtin)
    return _all_built(project, others, options) if others else made


def _checked(
    project: Project, target: Target, versions: "Sequence[Schemas]", options: Options, environment: _Environment
) -> Compiled:
    """Run `check_target`, and add the findings that come from the environment."""
    from penstock.graph.environment import unsure

    resources = project.made[target].resources
    compiled = check_target(project, target, versions, options, environment.around, environment.definitions)
    more = [
        *environment.clashes.get(target, ()),
        *_decided(resources, environment.judges or _judges_of(project, resources)),
    ]
    known = unsure(compiled.diagnostics, environment.broken, environment.unrendered)
    return compiled._replace(diagnostics=[*known, *project.told(more)])


def _that_decide(
    project: Project, made: Mapping[Target, Made], found: Sequence[Target], options: Options, builtin: Set[str]
) -> Sequence[Target]:
    """Return the targets on which the findings about some others depend.

    These are targets that share an entry which matches nothing, and targets of the same environment that may make a
    missing object, or define a kind. `builtin` are the API groups of Kubernetes.
    """
    from penstock.graph.codes import MISSING
    from penstock.resolve.codes import UNMATCHED

    codes = set()
    for target, one in made.items():
        project.made[target] = one
        codes |= {finding.code for finding in compile_target(project, target, options).diagnostics}
    # Whether an entry matches somewhere shows only if all its users are built.
    if codes & UNMATCHED:
        return found
    is_custom = any(resource.id.group not in builtin for one in made.values() for resource in one.resources)
    environments = {target.environment for target in made} if codes & MISSING or is_custom else ()
    return [target for target in found if target.environment in environments]


def _all_built(project: Project, chosen: Sequence[Target], options: Options) -> dict[Target, Made]:
    """Build each target. Findings about entries that match in another target are only infos."""
    made: dict[Target, Made] = {}
    for target in chosen:
        with project.watched() as looks:
            resources, findings = build_target(project, target, options)
        read = frozenset(path for _, path in looks)
        known = project.made.get(target)
        made[target] = Made(resources, findings, known.read if known else read, needs=known.needs if known else ())
    return _with_matches(made)


def _with_matches(made: Mapping[Target, Made]) -> dict[Target, Made]:
    """Return what was made, with the findings that count.

    An entry that several targets share, such as a patch of a Component, need not match in all of them: if it matches in
    one of them, the finding about the others is only an info.
    """
    from penstock.findings import matched_elsewhere
    from penstock.resolve.codes import UNMATCHED

    unmatched = Counter(each.where for one in made.values() for each in set(one.diagnostics) if each.code in UNMATCHED)
    users = Counter(path for one in made.values() for path in one.read)
    elsewhere = {where for where, number in unmatched.items() if users[where.path] > number}
    return {
        target: one._replace(diagnostics=matched_elsewhere(one.diagnostics, UNMATCHED, elsewhere))
        for target, one in made.items()
    }


APPLIED = (".yaml", ".yml", ".json")
"""What is applied of a target's directory on a branch, by us as by other deployers."""


def branch(files: Files, name: str, environment: str, folder: str = "") -> tuple[list[Resource], list[Diagnostic]]:
    """Return the objects of a rendered branch, or of a folder of it: those in the directories of its targets.

    Raises `Refusal` if the branch was not rendered for this environment.
    """
    from penstock.emit.branch import directory_of, targets_of

    rendered = targets_of(files.read, name, environment, folder)
    project = Project(files)
    project.read_ahead = getattr(files, "read_ahead", project.read_ahead)
    return manifests(project, lambda path: directory_of(path) in rendered)


def objects_of_target(files: Files, target: str) -> list[Resource]:
    """Return the objects in the directory of one target of a rendered branch. Files that cannot be read are left
    out.
    """
    from penstock.emit.branch import directory_of

    return manifests(Project(files), lambda path: directory_of(path) == target)[0]


def rendered_for(files: Files) -> str:
    """Return the environment for which a branch was rendered, or the empty string for any other branch."""
    from penstock.emit.branch import read_marker

    try:
        data = files.read(MARKER)
    except Unreadable:  # nothing that `hydrate` has written
        return ""
    return read_marker(data).environment if data is not None else ""


def foreign_files(files: Files, resources: Iterable[Resource], folder: str = "") -> list[str]:
    """Return the files with objects of a rendered branch, or of a folder of it, that have another name than a hydration
    gives them.
    """
    from penstock.emit.argocd import MANIFEST
    from penstock.emit.branch import read_marker
    from penstock.emit.names import file_name

    is_argocd = read_marker(files.read(posixpath.join(folder, MARKER)) or b"").layout == "argocd"
    named = ((each.origin.path, MANIFEST if is_argocd else file_name(each.id)) for each in resources)
    return [path for path, name in named if posixpath.basename(path) != name]


def manifests(project: Project, is_wanted: Callable[[str], bool] = bool) -> tuple[list[Resource], list[Diagnostic]]:
    """Return the objects of the manifests in a directory, of all files or of those that are wanted."""
    from penstock.emit.foreign import is_no_manifest
    from penstock.resolve.finding.identities import new_resource
    from penstock.resolve.objects import objects_in

    resources: list[Resource] = []
    findings: list[Diagnostic] = []
    paths = [path for path in project.files.walk(".") if is_wanted(path) and path.endswith(APPLIED)]
    project.read_ahead(paths)
    for path in paths:
        if posixpath.basename(path) in FILE_NAMES:
            findings.append(_left_alone(path, "is for kustomize"))
            continue
        documents, more = project.resources(path)
        if is_no_manifest(path, documents or ()):
            findings.append(_left_alone(path, "holds no Kubernetes object"))
            continue
        findings += more
        objects, unfit = objects_in(documents or ())
        findings += unfit
        resources += (new_resource(body, where) for body, where in objects)
    return resources, findings


def _left_alone(path: str, why: str) -> Diagnostic:
    message = f"this file {why}, and hydrate has not written it: it is left alone"
    return Diagnostic("PS627", "warning", message, Pos(path))


def order(resources: Sequence[Resource]) -> Graph:
    """Return the graph by which objects are applied. References that lead nowhere are reported by `check_target`."""
    from penstock.graph.link import link

    return link(resources, hints=False)[0]


Arrange = Callable[[Graph, Iterable[Resource]], Graph]
"""Gives a graph the waves of a sync, which regards what its objects ask for: that of `apply`."""


def graphs(project: Project, found: Sequence[Target], options: Options, arrange: Arrange) -> Iterator[Together]:
    """parse → resolve → graph: yield targets with their references, and with the order in which a sync applies them.

    An environment of which all targets are asked for comes as a whole, since an object may need one of another target.
    """
    by_environment: dict[str, list[Target]] = {}
    for target in found:
        by_environment.setdefault(target.environment, []).append(target)
    sizes = Counter(target.environment for target in project.targets[0]) if project.targets else Counter[str]()
    for name, members in by_environment.items():
        if name and 1 < sizes[name] == len(members):
            yield _graph_of(project, name, members, options, arrange)
            continue
        for target in members:
            alone = compile_target(project, target, options)
            graph = arrange(alone.graph, alone.resources)
            yield Together(name, [alone._replace(graph=graph)])


def _graph_of(project: Project, name: str, members: Sequence[Target], options: Options, arrange: Arrange) -> Together:
    """Return the graph of an environment: each target among the others, in the waves of all of them."""
    from penstock.graph.environment import around
    from penstock.graph.targets import Parts, across, steps

    made = _all_built(project, members, options)
    objects = [one.resources for one in made.values()]
    index = around(objects)
    once = {resource.id: resource for resources in objects for resource in resources}
    whole = order(list(once.values()))
    parts = Parts(arrange(whole, once.values()).waves)
    compiled = []
    for target, one in made.items():
        project.made[target] = one
        alone = compile_target(project, target, options, index)
        compiled.append(alone._replace(graph=Graph(alone.graph.edges, parts.of(alone.resources))))
    waits = [need for one in made.values() for need in one.needs]
    needs = (*waits, *across(list(made), objects, whole.edges))
    return Together(name, compiled, needs, steps(list(made), waits) if waits else ())
