"""Reads a rendered branch for the commands that bring it to a cluster: its objects, and its history."""

from collections.abc import Callable
from typing import NamedTuple

from penstock.cli.streams import Streams
from penstock.emit.branch import MARKER, SCHEMA, directory_of, read_marker
from penstock.git_files import Git, GitCommit
from penstock.model import Diagnostic, Files, Refusal, Resource, ResourceId, Tree
from penstock.parse.project import Project
from penstock.resolve.objects import objects_in

EXTENSIONS = (".yaml", ".yml", ".json")
"""What is applied of a target's directory, by us as by other deployers."""


class Rendered(NamedTuple):
    """The head of a rendered branch. `follows` says whether a commit is in its history."""

    branch: str
    revision: str
    files: Files
    resources: list[Resource]
    diagnostics: list[Diagnostic]
    follows: Callable[[str], bool]


def read_branch(streams: Streams, branch: str, environment: str) -> Rendered:
    """The local branch, or where there is none that of `origin`.

    Raises `Refusal` where there is neither, or where the branch is not one that was rendered for this environment.
    """
    git = Git(streams.cwd, streams.environ)
    ref = _first_ref(git, branch)
    files = GitCommit(streams.cwd, ref, streams.environ)
    resources, diagnostics = _objects(files, _targets(files, branch, environment))
    files.close()  # it opens again, should a finding ask for its place
    return Rendered(
        branch, files.commit, files, resources, diagnostics, lambda old: _is_ancestor(git, old, files.commit)
    )


def _first_ref(git: Git, branch: str) -> str:
    git.run("rev-parse", "--git-dir")  # so that "no repository" is said as such
    for ref in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
        if git.ask("show-ref", "--verify", "--quiet", "--", ref).status == 0:
            return ref
    raise Refusal(f"there is no branch {branch}; `penstock hydrate` writes it, `git fetch` brings it here")


def _is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old`, which the cluster remembers, is in the history of `new`; a commit that is not here is not."""
    return old.isalnum() and git.ask("merge-base", "--is-ancestor", old, new).status == 0


def _targets(files: Files, branch: str, environment: str) -> frozenset[str]:
    """The directories that were rendered, as the marker of the branch names them."""
    data = files.read(MARKER)
    if data is None:
        raise Refusal(f"{branch} is not a rendered branch: it has no file {MARKER} at its root")
    marker = read_marker(data)
    if not 0 < marker.schema <= SCHEMA:
        raise Refusal(f"the marker {MARKER} of {branch} is broken, or of a newer version of penstock")
    if marker.environment != environment:
        raise Refusal(f"{branch} is rendered for the environment {marker.environment!r}, not for {environment!r}")
    return marker.targets


def _objects(files: Files, targets: frozenset[str]) -> tuple[list[Resource], list[Diagnostic]]:
    project = Project(files)
    resources: list[Resource] = []
    diagnostics: list[Diagnostic] = []
    for path in files.walk("."):
        if directory_of(path) in targets and path.endswith(EXTENSIONS):
            documents, findings = project.resources(path)
            diagnostics += findings
            for document in documents or ():
                found, more = objects_in(document.body, document.origin)
                diagnostics += more
                resources += (Resource(body, where, _id_of(body), _version(body)) for body, where in found)
    return resources, diagnostics


def _id_of(body: Tree) -> ResourceId:
    metadata = body["metadata"]
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return ResourceId(group, str(body["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"]))


def _version(body: Tree) -> str:
    return str(body.get("apiVersion", "")).rpartition("/")[2]
