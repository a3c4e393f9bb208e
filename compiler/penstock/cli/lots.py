"""What a word of the command line names, as objects: an environment or target, a directory, or a rendered branch."""

import os
from collections.abc import Sequence

from penstock.changes import Failure
from penstock.cli.streams import WORLD, Streams
from penstock.cli.workspace import Workspace
from penstock.differences import Lot, failure_of
from penstock.files import REPOSITORY, Disk, levels_above, real_path
from penstock.git import Git
from penstock.git_files import GitCommit
from penstock.model import Diagnostic, Refusal, Resource, Target
from penstock.parse.project import Project
from penstock.pipeline import blames, build_target
from penstock.rendered_branches import branch, manifests, rendered_for
from penstock.resolve.options import Options
from penstock.targets.naming import names_of, with_name
from penstock.targets.repository import everything, targets
from penstock.words import did_you_mean, one_of


def lot_of(word: str, workspace: Workspace, options: Options, streams: Streams) -> Lot:
    """Return the objects that a word names. Raises `Refusal` if it names nothing."""
    if not word:
        raise Refusal("a side has to be named: an environment, target, directory or rendered branch")
    known, _ = everything(workspace.project)
    # A name counts before a directory, and a directory before a branch.
    named = with_name(word, known)
    if named:
        return _of_targets(word, named, workspace, options)
    if os.path.isdir(os.path.join(streams.cwd, word)):
        return _of_directory(word, workspace, options, streams)
    found = _of_branch(word, streams)
    if found is not None:
        return found
    hint = did_you_mean(word, names_of(known))
    raise Refusal(f"{word} is no environment, target, directory or rendered branch" + (f"; {hint}" if hint else ""))


def _of_targets(name: str, members: Sequence[Target], workspace: Workspace, options: Options) -> Lot:
    resources: list[Resource] = []
    failures: list[Failure] = []
    for target in members:
        built, findings = build_target(workspace.project, target, options)
        if blames(findings):
            failures.append(failure_of(target, name, findings, workspace.place))
        resources += built
    environment = members[0].environment
    return Lot(name, resources, failures, workspace.place, environment, is_whole=name == environment)


def _of_directory(word: str, workspace: Workspace, options: Options, streams: Streams) -> Lot:
    """Return the objects of the targets in or below a directory, or else of the manifests in it."""
    full = real_path(os.path.join(streams.cwd, word))
    inside = os.path.relpath(full, workspace.streams.cwd)
    if not inside.startswith("..") and _has_kustomization(full):
        members, findings = targets(workspace.project, [inside])
        if not members:
            raise Refusal(_why_none(word, findings, workspace))
        names = sorted({target.environment for target in members})
        if len(names) > 1:
            raise Refusal(f"{word} has targets of {len(names)} environments ({one_of(names)}): name one of them")
        return _of_targets(word, members, workspace, options)
    project = Project(Disk(full, REPOSITORY))
    resources, findings = manifests(project)
    failures = [
        Failure(word, word, f.code, f.message, project.place(f.where)) for f in findings if f.severity == "error"
    ]
    return Lot(word, resources, failures, project.place)


def _why_none(word: str, findings: Sequence[Diagnostic], workspace: Workspace) -> str:
    """Return why a directory with a kustomization has no target: penstock.yaml has a mistake, or excludes it."""
    for finding in findings:
        if finding.severity == "error":
            place = workspace.place(finding.where)
            return f"{word} has no target: {place.path}:{place.line}:{place.col}: {finding.message}"
    return f"{word} has no target; `penstock targets` shows what can be compared"


def _has_kustomization(folder: str) -> bool:
    from penstock.parse.project import kustomizations_in

    return any(kustomizations_in(names) for _, _, names in os.walk(folder))


def _of_branch(word: str, streams: Streams) -> Lot | None:
    """Return the objects of a rendered branch; None if the word names no commit, or no rendered one."""
    try:
        opened = GitCommit(Git(streams.cwd, streams.environ), word)
    except Refusal as refusal:
        # In a repository, git may have its reasons, such as the owner of the files; elsewhere there are no branches.
        if refusal.status == WORLD and levels_above(streams.cwd) is not None:
            raise
        return None
    with opened as files:
        environment = rendered_for(files)
        if not environment:
            return None
        resources, findings = branch(files, word, environment)
        project = Project(files)
        failures = [
            Failure(word, word, f.code, f.message, project.place(f.where)) for f in findings if f.severity == "error"
        ]
        places = {resource.origin: project.place(resource.origin) for resource in resources}
    from penstock.model import Origin, Pos

    def place(where: Origin | Pos) -> Pos:
        """Return the place of an object on the branch, which is already closed."""
        return where if isinstance(where, Pos) else places.get(Origin(where.path, where.doc), Pos(where.path))

    return Lot(word, resources, failures, place, environment, is_whole=True)
