"""The whole path of data, in order. Read this file first.

    parse  →  resolve  →  graph  →  validate  →  emit  →  apply

A stage is a function on the nouns of `model.py`: values in, `(value, findings)` out. No stage knows another; only this
file knows the order. `emit` and `apply` take what comes out of here: the commands in `cli/` call them.
"""

import posixpath
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from penstock.model import (
    Blame,
    Compiled,
    Diagnostic,
    Environment,
    Files,
    Graph,
    Origin,
    Refusal,
    Remotes,
    Resource,
    Target,
)
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.level import Options

if TYPE_CHECKING:
    from penstock.emit.branch import Rendering
    from penstock.validate.schemas import Schemas


class Rendered(NamedTuple):
    """What the branch of an environment is to hold; no `rendering` where a finding is an error.

    `failed` says what keeps targets of it from being compiled, as in `Compiled`.
    """

    rendering: "Rendering | None"
    diagnostics: list[Diagnostic]
    failed: frozenset[Blame]


def open_project(files: Files, open_remotes: Callable[[Files], Remotes] | None = None) -> Project:
    """The sources of one run: each file is read and parsed once, however many targets use it.

    `open_remotes` is called where something remote is named, and only then; without it that is an error.
    """
    return Project(files, open_remotes)


def targets(
    project: Project, paths: Iterable[str] = (".",), names: Iterable[str] = ()
) -> tuple[list[Target], list[Diagnostic]]:
    """The targets in and below directories, and those of names, each once.

    A name is that of an environment, or of a target: `prod`, `prod/shop`. A directory whose own kustomization is used,
    or is a component, is a target where it is named and has no other below. Raises `Refusal` for a path that is no
    directory, or has no target, and for a name that nothing has: nothing would be done for it.
    """
    from penstock.parse.discover import discover, named  # `build` names its target

    found: dict[str, Target] = {}
    findings: list[Diagnostic] = []
    for name in names:
        of_name, findings = named(project, name)
        found.update((target.path, target) for target in of_name)
    for path in paths:
        if not project.is_dir(path):
            raise Refusal(f"there is no directory {path}")
        below, more = discover(project.files, project, path)
        if not below:
            where = "here" if path == "." else f"in or below {path}"
            raise Refusal(f"there is no kustomization {where}, so there is nothing to do")
        found.update((target.path, target) for target in below)
        findings += more
    return list(found.values()), findings


def questions(found: Iterable[Target]) -> list[Diagnostic]:
    """What is to say about targets whose environment is open: one finding for all with the same reason."""
    by_reason: dict[tuple[str, str], list[Target]] = {}
    for target in found:
        if not target.environment and target.proposed:
            by_reason.setdefault((target.why, target.proposed), []).append(target)
    return [_question(reason, proposed, open_ones) for (reason, proposed), open_ones in by_reason.items()]


def _question(reason: str, proposed: str, open_ones: Sequence[Target]) -> Diagnostic:
    first, *others = (target.path for target in open_ones)
    more = f" (and {len(others)} more)" if others else ""
    message = f"{first}{more}: the environment is open, since {reason}"
    hint = f"name it in penstock.yaml; `penstock init` proposes {proposed}"
    return Diagnostic("PS192", "info", message, Origin(first), hint=hint)


def kustomizations(project: Project) -> list[str]:
    """The directories of the repository that have a kustomization, targets or not."""
    from penstock.parse.usage import read_usage

    return list(read_usage(project.files, project).uses)


def environments(project: Project, found: Iterable[Target]) -> list[Environment]:
    """The environments that targets go to, by name. A target whose environment is open is in none."""
    by_name: dict[str, list[Target]] = {}
    for target in found:
        if target.environment:
            by_name.setdefault(target.environment, []).append(target)
    config, _ = project.config()
    branches = {entry.name: entry.branch for entry in config.environments} if config else {}
    return [Environment(name, tuple(by_name[name]), branches.get(name, "")) for name in sorted(by_name)]


def build(project: Project, directory: str, options: Options = Options()) -> tuple[list[Resource], list[Diagnostic]]:
    """parse → resolve: the objects of one kustomization as `kustomize build` gives them, and what is to say about it.

    No objects where a finding is an error. What the options leave open, `penstock.yaml` says.
    """
    config, wrong = project.config()
    if wrong:
        return [], wrong
    if config is not None and not options.merge:
        options = options._replace(merge=config.merge)
    resources, findings = resolve(project, directory, options, project.memo)
    return resources, project.withheld.hide(findings)


def inputs(project: Project, target: Target, options: Options = Options()) -> frozenset[str]:
    """The paths that a target reads or looks for, found or not; those of remote bases are left out."""
    with project.watched() as looks:
        build(project, target.path, options)
    return frozenset(posixpath.normpath(path) for _, path in looks)


def compile_target(project: Project, target: Target, options: Options = Options()) -> Compiled:
    """parse → resolve → graph: one target with its references. `validate` judges it (`check_target`)."""
    from penstock.graph.link import link  # `build` does without

    resources, findings = build(project, target.path, options)
    failed = blames(findings)
    graph = Graph((), ())
    if resources:
        graph, more = link(resources)
        findings = findings + project.withheld.hide(more)
    return Compiled(target, resources, graph, findings, failed)


def blames(findings: Iterable[Diagnostic]) -> frozenset[Blame]:
    """What keeps a target from being compiled, by the findings of `build`; empty where nothing does."""
    return frozenset(finding.blame for finding in findings if finding.severity == "error")


def check_target(project: Project, target: Target, schemas: "Schemas", options: Options = Options()) -> Compiled:
    """parse → resolve → graph → validate: one target, and all that is wrong with it."""
    from penstock.validate.check import validate  # only `check` needs it

    compiled = compile_target(project, target, options)
    _, findings = validate(compiled.resources, schemas)
    return compiled._replace(diagnostics=[*compiled.diagnostics, *project.withheld.hide(findings)])


def rendering(
    project: Project,
    environment: Environment,
    chosen: Sequence[Target],
    options: Options = Options(),
    *,
    allow_secrets: bool = False,
) -> Rendered:
    """parse → resolve → emit: the files of the chosen targets on the branch of their environment."""
    from penstock.emit.branch import Rendering
    from penstock.emit.layout import check_apart, files_of

    findings = check_apart(environment.targets)
    failed: frozenset[Blame] = frozenset()
    files = {}
    for target in chosen:
        resources, more = build(project, target.path, options)
        failed |= blames(more)
        files[target.path], unfit = files_of(target.path, resources, allow_secrets)
        findings += more + project.withheld.hide(unfit)
    if any(finding.severity == "error" for finding in findings):
        return Rendered(None, findings, failed)
    known = frozenset(target.path for target in environment.targets)
    return Rendered(Rendering(environment.name, environment.branch, files, known), findings, failed)


APPLIED = (".yaml", ".yml", ".json")
"""What is applied of a target's directory on a branch, by us as by other deployers."""


def branch(files: Files, name: str, environment: str) -> tuple[list[Resource], list[Diagnostic]]:
    """The objects of a rendered branch: what lies in the directories of its targets.

    Raises `Refusal` where the branch is not one that was rendered for this environment.
    """
    from penstock.emit.branch import directory_of, targets_of
    from penstock.resolve.finding.identities import new_resource
    from penstock.resolve.objects import objects_in

    rendered = targets_of(files.read, name, environment)
    project = Project(files)
    resources: list[Resource] = []
    findings: list[Diagnostic] = []
    for path in files.walk("."):
        if directory_of(path) in rendered and path.endswith(APPLIED):
            documents, more = project.resources(path)
            findings += more
            for document in documents or ():
                objects, unfit = objects_in(document)
                findings += unfit
                resources += (new_resource(body, where) for body, where in objects)
    return resources, findings


def order(resources: Sequence[Resource]) -> Graph:
    """Which object needs which, for apply. What leads nowhere is for `check_target` to say."""
    from penstock.graph.link import link

    return link(resources)[0]
