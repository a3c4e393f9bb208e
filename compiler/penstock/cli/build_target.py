"""`penstock build NAME`: the objects of a target by its name, such as `prod/shop`.

Where Flux or Argo CD builds the target, this is what it makes of its directory.
"""

from penstock.cli.streams import Streams, status_of
from penstock.cli.workspace import Workspace, open_workspace
from penstock.emit.yaml import dump_all
from penstock.errors import Refusal
from penstock.model import Target
from penstock.pipeline import blames, build_target
from penstock.report.text import text


def run_target(name: str, streams: Streams) -> int | None:
    """Print the objects of the target with this name. Return the exit status, or None if no target has the name."""
    workspace = open_workspace(streams)
    found = _found(name, workspace)
    if not found:
        return None
    if len(found) > 1:
        names = ", ".join(sorted(target.name for target in found))
        raise Refusal(f"{name} has {len(found)} targets; build one of {names}")
    resources, findings = build_target(workspace.project, found[0])
    streams.err.write(text(findings, workspace.place))
    made = workspace.project.made.get(found[0])
    if made is not None and made.printed is not None and not blames(findings):
        resources = made.printed
    streams.out.write(dump_all(resource.body for resource in resources))
    return status_of(blames(findings))


def _found(name: str, workspace: Workspace) -> list[Target]:
    try:
        return workspace.targets([name])[0]
    except Refusal:
        return []
