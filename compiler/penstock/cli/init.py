"""`penstock init`: propose a penstock.yaml for this repository.

The file says where each target goes, as Penstock has read it from the structure; where that does not show it, the entry
has a comment that asks. Of charts that nothing installs, those come first whose templates are Applications; what these
lead to is not asked for again. It is printed, and with --write also written to the top of the repository; a file that
is there is never overwritten.

Exit status: 0 printed or written, 2 there is such a file already, or nothing to propose.
"""

import argparse
import os
from collections.abc import Mapping, Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import Overlaid
from penstock.cli.streams import CLEAN, Streams
from penstock.cli.workspace import open_workspace
from penstock.definitions.argo.sets.generators import NO_CLUSTERS
from penstock.edit.project_file import CLUSTERS, HEADER, charts_proposed, proposed
from penstock.model import Installation, Refusal
from penstock.parse.project import PROJECT_FILE, Project
from penstock.pipeline import open_project
from penstock.targets.repository import charts_left, defining, everything, kustomizations, roots_among


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    workspace = open_workspace(streams, offline=True)
    path = os.path.join(workspace.streams.cwd, PROJECT_FILE)
    if os.path.lexists(path):
        raise Refusal(f"there is a {PROJECT_FILE} already; `penstock targets` shows what follows from it")
    text = _proposal(workspace.project)
    if not text:
        raise Refusal(f"no {PROJECT_FILE} is needed: definitions say what goes where; see `penstock targets`")
    streams.out.write(text)
    if arguments.write:
        _write(path, text)
        print(f"written to {os.path.relpath(path, streams.cwd)}", file=streams.err)
    return CLEAN


def _proposal(project: Project) -> str:
    """The text of the file; empty where nothing is to say."""
    _, findings = everything(project)
    if any(NO_CLUSTERS in finding.message for finding in findings):
        return HEADER + CLUSTERS
    charts = charts_left(project)
    roots = roots_among(project, charts)
    if not roots or len(roots) == len(charts):
        return _of(project, charts)
    trial = open_project(Overlaid(project.files, {PROJECT_FILE: HEADER + charts_proposed(roots)}))
    return _of(trial, roots | charts_left(trial))


def _of(project: Project, charts: Mapping[str, Installation]) -> str:
    """The file for some charts, and for all targets that no definition makes."""
    found, _ = everything(project)
    left = [target for target in found if target not in project.made or not target.environment]
    if not left and not charts:
        return ""
    return proposed(left, kustomizations(project), charts, defining(project))


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("init", streams, __doc__ or "")
    parser.add_argument("--write", action="store_true", help="write the file, unless there is one")
    return parser.parse_args(argv)


def _write(path: str, text: str) -> None:
    """Write a new file, and never through a link that lies in its place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
