"""The targets of an environment, each among the others: the path of `pipeline.py` for many targets.

One may need an object of another, make the same object, or be judged by its policies.
"""

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, partial

from penstock.findings import NOT_RENDERED, left_out
from penstock.model import Compiled, Diagnostic, Graph, Made, Resource, ResourceId, Target, Together
from penstock.parse.project import Project
from penstock.parse.usual_names import DEFAULT
from penstock.pipeline import blames, build_target, check_target, compile_target, custom_kinds, order, patience_of
from penstock.recall import Recall
from penstock.records import NamedTuple
from penstock.resolve.options import Options
from penstock.targets.argo.places import IN_CLUSTER
from penstock.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.graph.environment import Surroundings
    from penstock.graph.index import Index
    from penstock.targets.unbuilt import Unbuilt
    from penstock.validate.custom import CustomKinds
    from penstock.validate.pod_security import Demands
    from penstock.validate.policies import Policies
    from penstock.validate.schemas import Schemas

BINDING = "ValidatingAdmissionPolicyBinding"
"""Where one is, the policies among the objects are for some of them."""


class _Judges(NamedTuple):
    """The objects of an environment that decide on others: its policies, and its Namespaces with their demands."""

    policies: "Policies | None"
    demands: "Demands"
    namespaces: Mapping[str, Resource]


class _Environment(NamedTuple):
    """The view that the targets of an environment have of each other.

    `clashes` are the findings about objects that a target makes and another one makes, too. `doubt` says why a missing
    object may be there all the same.
    """

    around: "Surroundings"
    definitions: "Mapping[str, CustomKinds]"
    clashes: Mapping[Target, Sequence[Diagnostic]]
    doubt: str
    judges: _Judges | None
    """None in an open environment, which may be several: there, each target has its own."""


def _environment_of(
    project: Project,
    made: Mapping[Target, Made],
    versions: "Sequence[Schemas]",
    certain: Set[Target],
    openly: "Callable[[], Index]",
) -> _Environment:
    """Gather the environment of some targets. Those that are `certain` are in it because somebody says so. `openly`
    returns the objects of the targets whose environment is open: all environments share them.
    """
    from penstock.graph.environment import around, clashes, doubt
    from penstock.parse.usual_names import DEFAULT, is_below_environments, is_usual
    from penstock.targets.repository import unlocked_for

    members = list(made)
    name = members[0].environment
    objects = [each.resources for each in made.values()]
    paths = [target.path for target in members]
    others = [each for each in members if each not in certain]
    # Where something leads to some of them, nobody may deploy those to which nothing does.
    guessed = [each.path for each in others if len(others) < len(members) or not is_usual(name, [each.path])]
    guessed += [path for path in paths if name == DEFAULT and is_below_environments(path)]
    again: dict[Target, list[Diagnostic]] = {}
    led = frozenset(target.path for target in members if target in certain)
    for number, finding in clashes(paths, objects, frozenset(guessed), led) if name else ():
        again.setdefault(members[number], []).append(finding)
    broken = _paths_where(made, lambda one: bool(blames(one.diagnostics)))
    unrendered = _paths_where(made, lambda one: any(each.code == NOT_RENDERED for each in one.diagnostics))
    unlocked = unlocked_for(project, name)
    unrendered += (str(each.definition.id) for each in unlocked if not each.namespace)
    definitions = [(each.namespace, each.definition) for each in unlocked if each.namespace]
    share_pods = bool(name) or _are_files(made)
    surroundings = around(objects, definitions, share_pods=share_pods, rendered=_rendered(made))
    if name:
        surroundings = surroundings._replace(open=openly())
    return _Environment(
        surroundings,
        custom_kinds(project, objects if name else [], versions),
        again,
        doubt(broken, unrendered, objects),
        _judges_of(project, [resource for each in objects for resource in each]) if name else None,
    )


def _are_files(made: Mapping[Target, Made]) -> bool:
    """Return whether each target is one file of manifests. What belongs together is often in several of these, such as
    a Service and its Deployment.
    """
    return all(one.read == {target.path} for target, one in made.items())


def _rendered(made: Mapping[Target, Made]) -> "dict[ResourceId, Sequence[Resource]]":
    """Return the objects of the definitions that are rendered as a whole, so that it is known what they make."""
    whole = (one for one in made.values() if one.resources and not left_out(one.diagnostics))
    return {one.of: one.resources for one in whole if one.of is not None and not blames(one.diagnostics)}


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

    return _Judges(Policies(everything, patience_of(project)), demands, namespaces)


def _decided(resources: Sequence[Resource], judges: _Judges) -> Iterator[Diagnostic]:
    """Yield the findings that the objects of an environment cause about those of one target."""
    from penstock.validate.admin_access import judge_admin_access
    from penstock.validate.pod_security import judge_pods

    if judges.policies is not None:
        yield from judges.policies.judge(resources)
    yield from judge_pods(resources, judges.demands)
    yield from judge_admin_access(resources, judges.namespaces)


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
    from penstock.graph.index import Index
    from penstock.parse.set_aside import as_archived, as_set_aside, is_of_base
    from penstock.targets.repository import certain_targets
    from penstock.targets.unbuilt import Unbuilt

    has_environments = any(target.environment for target in found)
    wanted = set(found if chosen is None else chosen)
    if len(found) > 1:  # many targets share objects, such as the definitions that each of them brings
        project.recall = project.recall or Recall()
    certain = certain_targets(project, found)
    made = _built_for(project, found, chosen, versions, options)
    unbuilt = Unbuilt(project, found)
    environments = _by_environment(made)
    openly = cache(lambda is_default: Index([*_perhaps_beside(environments, is_default)], ()))
    for name, members in environments.items():
        beside = partial(openly, name == DEFAULT)
        environment = _environment_of(project, members, versions(next(iter(members))), certain, beside)
        for target in filter(wanted.__contains__, members):
            project.made[target] = made[target]
            compiled = _checked(project, target, versions(target), options, environment, unbuilt)
            if has_environments and not name:
                left = undecided(compiled.diagnostics, is_base=is_of_base(target.path))
                compiled = compiled._replace(diagnostics=as_set_aside(target.path, left))
            elif not name or target not in certain:
                compiled = compiled._replace(diagnostics=as_archived(target.path, compiled.diagnostics))
            yield compiled


def _perhaps_beside(environments: Mapping[str, Mapping[Target, Made]], is_default: bool) -> "Iterator[Resource]":
    """Yield the objects that may be in the cluster of an environment, too: those of targets whose environment is open.

    Where Applications go to the cluster of Argo CD, and nothing else shows an environment, they may share it with those
    whose paths show one.
    """
    shared = environments.get(DEFAULT, {})
    is_shared = any(target.why.endswith(IN_CLUSTER) for target in shared)
    others = [one for name, one in environments.items() if name not in ("", DEFAULT)] if is_default else [shared]
    for members in (environments.get("", {}), *(others if is_shared else ())):
        yield from (each for one in members.values() for each in one.resources)


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
        return _beside_sharers(project, _all_built(project, found if chosen is None else chosen, options), options)
    made = _all_built(project, chosen, options)
    builtin = {group for target in made for schemas in versions(target) for group in schemas.groups()}
    others = _that_decide(project, made, found, options, builtin)
    return _all_built(project, others, options) if others else made


def _checked(
    project: Project,
    target: Target,
    versions: "Sequence[Schemas]",
    options: Options,
    environment: _Environment,
    unbuilt: "Unbuilt",
) -> Compiled:
    """Run `check_target`, and add the findings that come from the environment."""
    from penstock.graph.environment import merged, unsure
    from penstock.graph.index import Index
    from penstock.targets.beside import unnamed_objects
    from penstock.targets.not_in_git import without_ignored
    from penstock.targets.published import without_their_affairs
    from penstock.targets.written_before import without_rendered

    resources = project.made[target].resources
    around = environment.around._replace(
        beside=lambda: Index(unnamed_objects(project, target), ()), unbuilt=partial(unbuilt.secret, target)
    )
    compiled = check_target(project, target, versions, options, around, environment.definitions)
    more = [
        *environment.clashes.get(target, ()),
        *_decided(resources, environment.judges or _judges_of(project, resources)),
    ]
    present = without_ignored(project, [*without_their_affairs(project, compiled.diagnostics)])
    found = without_rendered(project, present)
    known = unsure(merged(found, environment.around.makers), environment.doubt or _chart_beside(project, target))
    return compiled._replace(diagnostics=[*known, *project.told(more)])


def _chart_beside(project: Project, target: Target) -> str:
    """Return why a missing object of a target may be there all the same, or "" if it cannot: the values of a chart lie
    beside the target and nothing here reads them, so that something else installs that chart.
    """
    path = posixpath.normpath(posixpath.join(target.path, "values.yaml"))
    is_read = path in project.made[target].read or project.inside(posixpath.join(target.path, "Chart.yaml")) is not None
    if is_read or project.inside(path) is None:
        return ""
    return f"the chart that is installed with {path} is not rendered here, and may have it"


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
    environments = {*(target.environment for target in made), ""} if codes & MISSING or is_custom else set()
    return [target for target in found if target.environment in environments]


def _beside_sharers(project: Project, made: Mapping[Target, Made], options: Options) -> dict[Target, Made]:
    """Return what was made, with the findings that count beside the other targets of the repository: an entry that
    matches nothing in the targets that were asked for may match in another one that shares it.
    """
    from penstock.resolve.codes import UNMATCHED

    paths = {each.where.path for one in made.values() for each in one.diagnostics if each.code in UNMATCHED}
    sharers = [target for target in _sharers(project, paths) if target not in made] if paths else []
    if not sharers:
        return {**made}
    whole = _with_matches({**made, **_all_built(project, sharers, options)})
    return {target: whole[target] for target in made}


def _sharers(project: Project, paths: Set[str]) -> Iterator[Target]:
    """Yield the targets of the repository that use one of some kustomizations."""
    from penstock.parse.usage import read_usage
    from penstock.targets.repository import everything

    usage = read_usage(project)
    folders = {posixpath.dirname(path) or "." for path in paths}
    for target in everything(project)[0]:
        made = project.made.get(target)
        if not (folders.isdisjoint(usage.reach(target.path)) if made is None else paths.isdisjoint(made.read)):
            yield target


def _all_built(project: Project, chosen: Sequence[Target], options: Options) -> dict[Target, Made]:
    """Build each target. Findings about entries that match in another target are only infos."""
    made: dict[Target, Made] = {}
    for target in chosen:
        with project.watched() as looks:
            resources, findings = build_target(project, target, options)
        read = frozenset(path for _, path in looks)
        known = project.made.get(target, Made([], [], read))
        made[target] = Made(resources, findings, known.read, needs=known.needs, of=known.of)
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
    index = around(objects, share_pods=True)
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
