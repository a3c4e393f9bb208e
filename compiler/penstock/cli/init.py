"""`penstock init`: propose a penstock.yaml for this repository.

The file says where each target goes, as Penstock has read it from the structure; where that does not show it, the entry
has a comment that asks. It is printed, and with --write also written to the top of the repository; a file that is there
is never overwritten.

Exit status: 0 printed or written, 2 there is such a file already, or nothing to propose.
"""

import argparse
import os
from collections.abc import Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.streams import CLEAN, Streams
from penstock.cli.workspace import open_workspace
from penstock.edit.project_file import proposed
from penstock.model import Refusal
from penstock.parse.project import PROJECT_FILE
from penstock.pipeline import charts_left, defining, everything, kustomizations


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    workspace = open_workspace(streams, offline=True)
    path = os.path.join(workspace.streams.cwd, PROJECT_FILE)
    if os.path.lexists(path):
        raise Refusal(f"there is a {PROJECT_FILE} already; `penstock targets` shows what follows from it")
    found, _ = everything(workspace.project)
    made = workspace.project.made
    left = [target for target in found if target not in made or not target.environment]
    charts = charts_left(workspace.project)
    if not left and not charts:
        raise Refusal(f"no {PROJECT_FILE} is needed: definitions say what goes where; see `penstock targets`")
    text = proposed(left, kustomizations(workspace.project), charts, defining(workspace.project))
    streams.out.write(text)
    if arguments.write:
        _write(path, text)
        print(f"written to {os.path.relpath(path, streams.cwd)}", file=streams.err)
    return CLEAN


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("init", streams, __doc__ or "")
    parser.add_argument("--write", action="store_true", help="write the file, unless there is one")
    return parser.parse_args(argv)


def _write(path: str, text: str) -> None:
    """Write a new file, and never through a link that lies in its place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
