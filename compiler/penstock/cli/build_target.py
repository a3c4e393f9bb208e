"""`penstock build NAME ...`: the objects of targets by their names, such as `prod/shop`, or of an environment.

Where Flux or Argo CD builds a target, this is what it makes of its directory.
"""

import os

from penstock.cli.build_many import check_output, run_many
from penstock.cli.building import Request, options_of, printed, write_file, write_objects
from penstock.cli.streams import CLEAN, SOURCES, Streams, status_of
from penstock.cli.workspace import Workspace, open_workspace
from penstock.errors import NothingHere, Refusal
from penstock.files import ANYWHERE, REPOSITORY
from penstock.model import Resource, Target
from penstock.pipeline import blames, build_target
from penstock.report.text import text
from penstock.words import some_of


def run_targets(request: Request, streams: Streams) -> int:
    """Print or write the objects of the targets that a request names. Return the exit status.

    Several targets have a file each: the result of `prod/shop` goes to OUTPUT/prod/shop.yaml, beside those of the
    directories of the request.
    """
    reach = ANYWHERE if request.anywhere else REPOSITORY
    workspace = open_workspace(streams, fetch=request.fetch, offline=request.offline, reach=reach)
    workspace.project.bound(request.bounds)
    found = _found(request, workspace)
    if len(found) == 1 and not request.directories:
        out, resources, status = _built(found[0], request, workspace, streams)
        if status == CLEAN:
            _write(out, resources, request, streams)
        return status
    check_output(request._replace(directories=(*request.directories, *(target.name for target in found))), streams)
    worst = run_many(request, streams) if request.directories else CLEAN
    for target in found:
        out, _, status = _built(target, request, workspace, streams)
        worst = max(worst, status)
        if status == CLEAN:
            output = os.path.join(streams.cwd, request.output)
            write_file(output, f"{target.name}.yaml", out, makes_folders=True)
    return worst


def _built(target: Target, request: Request, workspace: Workspace, streams: Streams) -> tuple[str, list[Resource], int]:
    """Return the manifests of a target, its objects, and the exit status, after the findings are printed."""
    options = options_of(request, target.path, workspace.streams)
    resources, findings = build_target(workspace.project, target, options)
    streams.err.write(text(findings, workspace.place, request.everything))
    made = workspace.project.made.get(target)
    if made is not None and made.printed is not None and not blames(findings):
        resources = made.printed
    out, refused = printed(resources, workspace.project, request)
    streams.err.write(refused)
    return out, resources, SOURCES if refused else status_of(blames(findings))


def _found(request: Request, workspace: Workspace) -> list[Target]:
    """Return the targets with the names of a request. Raises `Refusal` if there is no such one, or if there are several
    and no place for their files.
    """
    found: dict[Target, None] = {}
    for name in request.names:
        try:
            found |= dict.fromkeys(workspace.targets([name])[0])
        except NothingHere:
            raise Refusal(f"there is no directory {name}") from None
    if len(found) > 1 and not request.output:
        what = ", ".join(request.names)
        names = some_of(sorted(target.name for target in found))
        raise Refusal(f"{what} has {len(found)} targets; build one of {names}, or all of them with --output DIR")
    return list(found)


def _write(out: str, resources: list[Resource], request: Request, streams: Streams) -> None:
    """Write the manifests to where the request says."""
    if request.output and os.path.isdir(os.path.join(streams.cwd, request.output)):
        write_objects(resources, request, streams)
    elif request.output:
        write_file(streams.cwd, request.output, out)
    else:
        streams.out.write(out)
