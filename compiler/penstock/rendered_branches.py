"""Rendered branches, and other manifests as they are: files → objects."""

import posixpath
from collections.abc import Callable, Iterable

from penstock.model import MARKER, Diagnostic, Pos, Resource, Unreadable
from penstock.parse.project import FILE_NAMES, Project
from penstock.sources import Files

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
