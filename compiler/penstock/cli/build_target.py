"""`penstock build NAME`: the objects of a target by its name, such as `prod/shop`.

Where Flux or Argo CD builds the target, this is what it makes of its directory.
"""

import os

from penstock.cli.building import Request, options_of, printed, write_file, write_objects
from penstock.cli.streams import CLEAN, SOURCES, Streams, status_of
from penstock.cli.workspace import Workspace, open_workspace
from penstock.errors import NothingHere, Refusal
from penstock.files import ANYWHERE, REPOSITORY
from penstock.model import Resource, Target
from penstock.pipeline import blames, build_target
from penstock.report.text import text


def run_target(request: Request, streams: Streams) -> int:
    """Print or write the objects of the target that a request names. Return the exit status."""
    reach = ANYWHERE if request.anywhere else REPOSITORY
    workspace = open_workspace(streams, fetch=request.fetch, offline=request.offline, reach=reach)
    target = _found(request.target, workspace)
    options = options_of(request, target.path, workspace.streams)
    resources, findings = build_target(workspace.project, target, options)
    streams.err.write(text(findings, workspace.place, request.everything))
    made = workspace.project.made.get(target)
    if made is not None and made.printed is not None and not blames(findings):
        resources = made.printed
    out, refused = printed(resources, workspace.project, request)
    streams.err.write(refused)
    status = SOURCES if refused else status_of(blames(findings))
    if status == CLEAN:
        _write(out, resources, request, streams)
    return status


def _found(name: str, workspace: Workspace) -> Target:
    """Return the target with a name, or the only one of an environment. Raises `Refusal` if there is no such one."""
    try:
        found = workspace.targets([name])[0]
    except NothingHere:
        raise Refusal(f"there is no directory {name}") from None
    if len(found) > 1:
        names = ", ".join(sorted(target.name for target in found))
        raise Refusal(f"{name} has {len(found)} targets; build one of {names}")
    return found[0]


def _write(out: str, resources: list[Resource], request: Request, streams: Streams) -> None:
    """Write the manifests to where the request says."""
    if request.output and os.path.isdir(os.path.join(streams.cwd, request.output)):
        write_objects(resources, request, streams)
    elif request.output:
        write_file(streams.cwd, request.output, out)
    else:
        streams.out.write(out)
