"""What is known already, so that a run says only what is new: the baseline, and the findings of an earlier commit."""

import argparse
import os
import posixpath

from penstock.adoption import baseline as baselines
from penstock.adoption.adopt import without_known
from penstock.adoption.baseline import FILE, Baseline
from penstock.cli.workspace import Workspace
from penstock.cli.written import replace
from penstock.files import MAX_BYTES
from penstock.findings import Report
from penstock.model import Refusal, Unreadable

DEFAULT = object()
"""The value of `--write-baseline` without a file."""


def add_known_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for known findings."""
    at_top = f"default: {FILE} at the top of the repository"
    parser.add_argument("--baseline", metavar="FILE", help=f"the findings to leave out ({at_top}, where it is there)")
    parser.add_argument("--no-baseline", action="store_true", help="leave out nothing, whatever the baseline holds")
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        nargs="?",
        const=DEFAULT,
        help=f"write the findings to a baseline ({at_top})",
    )
    since = "report only what is new since this commit, or since the merge base with this branch"
    parser.add_argument("--since", metavar="REF", help=since)


def check_known_options(arguments: argparse.Namespace) -> None:
    """Raise `Refusal` for options that contradict each other."""
    if arguments.baseline and arguments.no_baseline:
        raise Refusal("--baseline and --no-baseline are opposites")
    if arguments.write_baseline and (arguments.since or arguments.staged):
        raise Refusal("--write-baseline takes all findings: --since and --staged leave some of them out")


def without_baseline(found: Report, arguments: argparse.Namespace, workspace: Workspace, is_whole: bool) -> Report:
    """Return the findings that the baseline lacks. For a run over everything, add findings about stale entries of the
    baseline.
    """
    baseline = _read(arguments, workspace)
    if baseline is None:
        return found
    says_stale = is_whole and not arguments.since
    return without_known(found, baseline.known, workspace.project.has, baseline if says_stale else None)


def _read(arguments: argparse.Namespace, workspace: Workspace) -> Baseline | None:
    """Return the baseline of a run, or None. Raises `Refusal` if a baseline was named and does not exist."""
    if arguments.no_baseline:
        return None
    if not arguments.baseline:
        try:
            data = workspace.project.text(FILE)
        except Unreadable as reason:
            raise Refusal(f"{FILE} {reason}") from None
        return baselines.read(data, FILE, FILE) if data is not None else None
    path = posixpath.normpath(posixpath.join(workspace.here, arguments.baseline))
    try:
        with open(os.path.join(workspace.streams.cwd, path), "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        return baselines.read(data, arguments.baseline, path)
    except (OSError, ValueError) as error:
        raise Refusal(f"--baseline {arguments.baseline}: {getattr(error, 'strerror', None) or error}") from None


def write_baseline(found: Report, arguments: argparse.Namespace, workspace: Workspace, is_whole: bool) -> Report:
    """Write the findings to a baseline, and leave them out of the report."""
    is_default = arguments.write_baseline is DEFAULT
    if is_default and not is_whole:
        raise Refusal(f"{FILE} is about the whole repository: check all of it, or name another file")
    name = FILE if is_default else arguments.write_baseline
    path = os.path.join(workspace.streams.cwd, "" if is_default else workspace.here, name)
    try:
        if os.path.islink(path) and not os.path.isabs(name):  # a symlink of the repository can lead anywhere
            raise ValueError("this is a symlink, and nothing is written through it")
        replace(path, baselines.write(found.findings).encode())
    except (OSError, ValueError) as error:
        raise Refusal(f"--write-baseline: {name}: {getattr(error, 'strerror', None) or error}", 4) from None
    known = baselines.known(found.findings)
    number = sum(known.values())
    print(f"penstock: {name} has {number:,} finding{'' if number == 1 else 's'} now", file=workspace.streams.err)
    return without_known(found, known, workspace.project.has)
