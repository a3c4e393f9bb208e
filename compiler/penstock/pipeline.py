"""The whole path of data, in order. Read this file first.

    parse  →  resolve  →  graph  →  validate  →  emit  →  apply

A stage is a function on the nouns of `model.py`: values in, `(value, findings)` out. No stage knows another; only this
file knows the order. `emit` and `apply` take what comes out of here: the commands in `cli/` call them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.model import Compiled, Diagnostic, Files, Graph, Remotes, Resource, Target
from penstock.parse.project import Project
from penstock.resolve.build import resolve
from penstock.resolve.level import Options

if TYPE_CHECKING:
    from penstock.validate.schemas import Schemas


def open_project(files: Files, open_remotes: Callable[[Files], Remotes] | None = None) -> Project:
    """The sources of one run: each file is read and parsed once, however many targets use it.

    `open_remotes` is called where something remote is named, and only then; without it that is an error.
    """
    return Project(files, open_remotes)


def discover(project: Project, root: str = ".") -> tuple[list[Target], list[Diagnostic]]:
    """The targets below a directory: every kustomization that no other one uses, with its directory's name as
    environment.
    """
    from penstock.parse.discover import discover as discover_below  # `build` names its target

    return discover_below(project.files, project, root)


def build(project: Project, directory: str, options: Options = Options()) -> tuple[list[Resource], list[Diagnostic]]:
    """parse → resolve: the objects of one kustomization as `kustomize build` gives them, and what is to say about it.

    No objects where a finding is an error. What the options leave open, `penstock.yaml` says.
    """
    config, wrong = project.config()
    if wrong:
        return [], wrong
    if config is not None and not options.merge:
        options = options._replace(merge=config.merge)
    return resolve(project, directory, options, project.memo)


def compile_target(project: Project, target: Target, options: Options = Options()) -> Compiled:
    """parse → resolve → graph: one target with its references. `validate` judges it (`check_target`)."""
    from penstock.graph.link import link  # `build` does without

    resources, findings = build(project, target.path, options)
    graph = Graph((), ())
    if resources:
        graph, more = link(resources)
        findings = findings + more
    return Compiled(target, resources, graph, findings)


def check_target(project: Project, target: Target, schemas: "Schemas", options: Options = Options()) -> Compiled:
    """parse → resolve → graph → validate: one target, and all that is wrong with it."""
    from penstock.validate.check import validate  # only `check` needs it

    compiled = compile_target(project, target, options)
    _, findings = validate(compiled.resources, schemas)
    return compiled._replace(diagnostics=[*compiled.diagnostics, *findings])
