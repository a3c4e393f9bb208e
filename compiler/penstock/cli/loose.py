"""Files of manifests, and standard input, as something to check: `penstock check FILE`, `penstock check -`."""

import os
import posixpath
from collections.abc import Sequence

from penstock.cli.standard_input import STANDARD_INPUT, standard_input
from penstock.cli.streams import Streams
from penstock.cli.workspace import Workspace
from penstock.definitions.argo.loader import DROPPED, Loaded, made_of, scanned_file
from penstock.errors import Refusal, Unreadable
from penstock.files import Beside
from penstock.model import Diagnostic, Made, Pos, Resource, Target
from penstock.parse.project import Project
from penstock.regex import regex

YTT = regex(r"(?m)^#@ ?(load\(|overlay/|data/|def |if |for |yaml/)|^ *(- )?[^#\n'\"]*: #@ ")
"""Code of ytt, which stands in comments. Without it a template may look like a manifest."""

IS_TEMPLATE = "this is a template of ytt, so it is not checked as it is"
BY_YTT = "check what `ytt -f` prints: `ytt -f FILE | penstock check -`"


def is_loose(word: str, streams: Streams) -> bool:
    """Return whether a word of the command line is a file, or `-` for standard input."""
    return word == "-" or os.path.isfile(os.path.join(streams.cwd, word))


def take(workspace: Workspace, words: Sequence[str], streams: Streams) -> Sequence[str]:
    """Return the words that name targets. If the words are files, each file becomes a target of the project, and the
    result is the top directory.

    Raises `Refusal` for files among other words.
    """
    loose = [word for word in words if is_loose(word, streams)]
    if not loose:
        return words
    if len(loose) < len(words):
        other = next(word for word in words if word not in loose)
        raise Refusal(f"{other} is no file: files are checked alone, and not together with targets")
    project = workspace.project
    if "-" in loose:
        project.files = Beside(project.files, STANDARD_INPUT, standard_input())
    targets = [_target(workspace, word) for word in dict.fromkeys(loose)]
    # From here on, these files are all that the repository has.
    project.targets = targets, []
    return [posixpath.relpath(".", workspace.here)]


def _target(workspace: Workspace, word: str) -> Target:
    """Return one file as a target without an environment. Its objects are kept in the project."""
    project = workspace.project
    path = STANDARD_INPUT if word == "-" else posixpath.normpath(posixpath.join(workspace.here, word))
    try:
        data = project.text(path)
    except Unreadable as reason:
        raise Refusal(f"{word} {reason}") from None
    if data is not None and YTT.search(data.decode(errors="replace")):
        return _made(project, path, [], [Diagnostic("PS632", "info", IS_TEMPLATE, Pos(path), hint=BY_YTT)])
    found = scanned_file(project, path, data) if data is not None else Loaded([], [])
    resources, findings = made_of(found)
    findings = [_grave(finding) for finding in findings]
    if not resources and not findings:
        findings = [Diagnostic("PS632", "warning", "this holds no object to check", Pos(path))]
    return _made(project, path, resources, findings)


def _made(project: Project, path: str, resources: list[Resource], findings: list[Diagnostic]) -> Target:
    target = Target(path, "", why="the command line names it")
    project.made[target] = Made(resources, findings, frozenset((path,)))
    return target


def _grave(finding: Diagnostic) -> Diagnostic:
    """Return the finding, as an error if the file cannot be read. In a directory Argo CD would skip such a file, but
    this one is named on the command line.
    """
    if finding.code != "PS632":
        return finding
    message = finding.message.removeprefix(f"{DROPPED}: ")
    return finding._replace(code="PS633", severity="error", message=f"this cannot be read: {message}", hint="")
