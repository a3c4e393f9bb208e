"""`penstock init`: propose a penstock.yaml for this repository.

The file says where each target goes, as Penstock has read it from the structure; where that does not show it, the entry
has a comment that asks. Of charts that nothing installs, those come first whose templates are Applications; what these
lead to is not asked for again. It is printed, and with --write also written to the top of the repository; a file that
is there is never overwritten: then what it leaves open is printed, as entries to add.

Exit status: 0 printed or written, or nothing is open; 2 there is such a file already, or nothing to propose.
"""

import argparse
import os
from collections.abc import Mapping, Sequence

from penstock.cli.arguments import Arguments
from penstock.cli.kustomization_file import Overlaid
from penstock.cli.streams import CLEAN, WORLD, Streams
from penstock.cli.workspace import open_workspace
from penstock.cli.written import make
from penstock.definitions.argo.sets.generators import NO_CLUSTERS
from penstock.edit.project_file import CLUSTERS, HEADER, HELM, LOCK, Open, charts_proposed, proposed
from penstock.model import Diagnostic, Installation, Refusal, Target
from penstock.parse.project import PROJECT_FILE, Project
from penstock.pipeline import open_survey
from penstock.targets.open_questions import (
    asks_for_charts,
    bundles_unsettled,
    charts_left,
    defining,
    has_unlocked,
    is_held_up_by_locks,
    kustomizations,
    manifests_unsettled,
    roots_among,
)
from penstock.targets.repository import everything, nothing_here


def run(argv: Sequence[str], streams: Streams) -> int:
    arguments = _parse(argv, streams)
    workspace = open_workspace(streams, offline=True)
    path = os.path.join(workspace.streams.cwd, PROJECT_FILE)
    if os.path.lexists(path):
        if arguments.write:
            raise Refusal(f"there is a {PROJECT_FILE} already; without --write, init says what it leaves open")
        streams.out.write(_left_open(workspace.project))
        return CLEAN
    found, _ = everything(workspace.project)
    text = _proposal(workspace.project)
    if not text and not found:
        raise Refusal(nothing_here(workspace.project, []))
    if not text:
        raise Refusal(f"no {PROJECT_FILE} is needed: definitions say what goes where; see `penstock targets`")
    streams.out.write(HEADER + text)
    if arguments.write:
        _write(path, HEADER + text)
        print(f"written to {os.path.relpath(path, streams.cwd)}", file=streams.err)
    return CLEAN


def _left_open(project: Project) -> str:
    """Return what an existing penstock.yaml leaves open, as entries to add to it."""
    config, wrong = project.config()
    if wrong:
        raise Refusal(f"{PROJECT_FILE} has a mistake: {wrong[0].message}; `penstock targets` shows where")
    found, findings = everything(project)
    if _wants_clusters(findings):
        sections = CLUSTERS
    elif (config is not None and config.helm and has_unlocked(project)) or is_held_up_by_locks(project):
        sections = LOCK
    else:
        sections = _of(project, charts_left(project), [target for target in found if not target.environment])
    if not sections:
        return f"# {PROJECT_FILE} leaves nothing open: `penstock targets` shows what follows from it.\n"
    return f"# This is what {PROJECT_FILE} leaves open, as entries to add to it.\n{sections}"


def _proposal(project: Project) -> str:
    """Return the sections of the file; empty if none is needed. Targets that some sections would bring in are
    considered as well.
    """
    _, findings = everything(project)
    helm = HELM if asks_for_charts(project) else ""
    if helm:
        # What the proposal brings in may hold more definitions, so it is read as if it were written already.
        project = _trial(project, helm)
        _, findings = everything(project)
    if _wants_clusters(findings):
        return helm + CLUSTERS
    if helm and has_unlocked(project):
        return helm + LOCK
    if is_held_up_by_locks(project):
        raise Refusal(
            "something that definitions build is not in penstock.lock, and leads to more: run `penstock lock`"
        )
    charts = charts_left(project)
    roots = roots_among(project, charts)
    if roots and len(roots) < len(charts):
        project = _trial(project, helm + charts_proposed(roots))
        charts = charts_left(project)
    charts = roots | {path: each for path, each in charts.items() if path not in roots}
    found, _ = everything(project)
    left = [target for target in found if target not in project.made or not target.environment]
    return helm + _of(project, charts, left)


def _trial(project: Project, sections: str) -> Project:
    """Return the repository as it would be with some sections of penstock.yaml."""
    return open_survey(Overlaid(project.files, {PROJECT_FILE: HEADER + sections}))


def _wants_clusters(findings: Sequence[Diagnostic]) -> bool:
    return any(NO_CLUSTERS in finding.message for finding in findings)


def _of(project: Project, charts: Mapping[str, Installation], targets: Sequence[Target]) -> str:
    """Return the sections for some charts and targets, for what Rancher's Fleet deploys, and for other manifests."""
    bundles, defined = bundles_unsettled(project), defining(project)
    folders = kustomizations(project)
    loose = manifests_unsettled(project, [*folders, *charts, *defined, *bundles])
    return proposed(Open(targets, folders, charts, defined, bundles, loose))


def _parse(argv: Sequence[str], streams: Streams) -> argparse.Namespace:
    parser = Arguments("init", streams, __doc__ or "")
    parser.add_argument("--write", action="store_true", help="write the file, unless there is one")
    return parser.parse_args(argv)


def _write(path: str, text: str) -> None:
    """Write a new file, but never through a link in its place."""
    try:
        make(path, text.encode())
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror}", WORLD) from None
