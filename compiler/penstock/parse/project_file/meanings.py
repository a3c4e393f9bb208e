"""Whether values of `penstock.yaml` that have the right type also have a meaning: patterns, branches, schedules."""

import posixpath
import re
from collections.abc import Iterator

from penstock.model import Diagnostic, Origin, Pointer, Tree
from penstock.parse.project_file.pattern import Pattern, PatternError, compile_pattern
from penstock.parse.project_file.shapes import field_at, misfit
from penstock.parse.project_file.windows import window_of
from penstock.tree import pointer_of

_DIGEST = re.compile("[0-9A-Fa-f]{64}")

_NO_BRANCH = re.compile(r"^[-/]|^@?$|[/.]$|//|\.\.|@\{|[\x00-\x20\x7f~^:?*\[\\]|(?:^|/)\.|\.lock(?:/|$)")
"""What no name of a branch has (`git check-ref-format --branch`)."""

_NO_NAME = re.compile(r"(?i)^\.git$|[*?\[\]{}\\:\x00-\x1f]")

_ADDRESS = re.compile("(?!-|[0-9A-Za-z]*::)[!-~]+")
"""Addresses of repositories and names of remotes, without options and without addresses that make git run a program."""


MOST_SUPPRESSIONS = 10_000
"""The entries of `suppress:`. Each is placed in the file, and tried on findings."""


def check_suppressions(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report suppressions that are more than the bound."""
    if len(body.get("suppress", ())) > MOST_SUPPRESSIONS:
        message = f"there are more than {MOST_SUPPRESSIONS:,} suppressions"
        hint = "write patterns of paths and names, or keep the findings in a baseline"
        findings.append(misfit(message, where.below("suppress", MOST_SUPPRESSIONS), hint))


def check_patterns(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report paths that are not patterns, and templates that refer to stars that their path does not have."""
    for index, text in enumerate(body.get("exclude", ())):
        _pattern(text, where.below("exclude", index), findings)
    for word, entry in body.get("rules", {}).items():
        for path in entry if isinstance(entry, dict) else ():
            _pattern(str(path), where.below("rules", word, str(path)), findings)
    for index, entry in enumerate(body.get("suppress", ())):
        if "path" in entry:
            _pattern(entry["path"], where.below("suppress", index, "path"), findings)
    for index, entry in enumerate(body.get("targets", ())):
        _check_target(entry, where.below("targets", index), findings)


def _check_target(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    pattern = _pattern(entry["path"], where.below("path"), findings)
    if pattern is None:
        return
    for text, at in _templates(entry):
        wrong = pattern.unknown_in(text)
        if wrong:
            message = f"`{wrong}` stands for no star of `{entry['path']}`, which has {pattern.stars}"
            findings.append(misfit(message, where.below(*at)))


def _templates(entry: Tree) -> Iterator[tuple[str, Pointer]]:
    """Yield the texts of an entry that may refer to stars, each with its place."""
    for field in ("environment", "app"):
        if field in entry:
            yield entry[field], (field,)
    for field in ("extVars", "tlas"):
        for index, each in enumerate(entry.get("jsonnet", {}).get(field, ())):
            if not each.get("code"):
                yield each.get("value", ""), ("jsonnet", field, index, "value")


def check_places(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report schemas, health rules and libraries that do not lie in the repository."""
    places: list[tuple[str, Pointer]] = [
        (place, (field, index)) for field in ("schemas", "health") for index, place in enumerate(body.get(field, ()))
    ]
    for number, entry in enumerate(body.get("targets", ())):
        libraries = enumerate(entry.get("jsonnet", {}).get("libs", ()))
        places += [(place, ("targets", number, "jsonnet", "libs", index)) for index, place in libraries]
    for place, at in places:
        if posixpath.isabs(place) or posixpath.normpath(place).startswith(".."):
            findings.append(misfit(f"`{place}` leads out of the repository", where.below(*at)))


def check_environments(body: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    """Report values that have the right type but no valid meaning, such as schedules, digests and addresses."""
    _check_windows(body.get("windows", []), where, findings)
    for name, entry in body.get("environments", {}).items():
        at = where.below("environments", name)
        _check_windows((entry or {}).get("windows", []), at, findings)
        for index, ignored in enumerate((entry or {}).get("ignore", ())):
            _check_ignored(ignored, at.below("ignore", index), findings)
        _check_destination(entry or {}, at, findings)
        _check_clusters(entry or {}, at, findings)


def _check_clusters(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    if "cluster" in entry and "clusters" in entry:
        message = "an environment has either `cluster` or `clusters`"
        findings.append(misfit(message, where.below("clusters"), "make the one an entry of the others"))
    places = [(where.below("clusters", name), each or {}) for name, each in entry.get("clusters", {}).items()]
    for at, cluster in ((where.below("cluster"), entry.get("cluster", {})), *places):
        digest = cluster.get("caDigest", "")
        if digest and _DIGEST.fullmatch(digest) is None:
            findings.append(misfit("`caDigest` must be 64 hexadecimal digits", at.below("caDigest")))
        if "context" in cluster and cluster.get("inCluster"):
            message = "`inCluster` takes the service account of a pod, so that no `context` counts"
            findings.append(misfit(message, at.below("context")))


def _check_destination(entry: Tree, at: Origin, findings: list[Diagnostic]) -> None:
    """Report a folder that is not below the root of a branch, and an address that git cannot take as one."""
    parts = posixpath.normpath(entry.get("folder", ".")).split("/")
    if not parts[0] or ".." in parts or any(_NO_NAME.search(part) for part in parts):
        hint = "write it as rendered/prod"
        findings.append(misfit(f"`{entry['folder']}` is no folder of a branch", at.below("folder"), hint))
    branch = entry.get("branch", "x")
    if _NO_BRANCH.search(branch):
        hint = "write it as rendered/prod"
        findings.append(misfit(f"`{branch}` is no name of a branch: git does not take it", at.below("branch"), hint))
    repository = entry.get("repository", "x")
    if _ADDRESS.fullmatch(repository) is None:
        hint = "write it as https://git.example.com/team/rendered.git or git@git.example.com:team/rendered.git"
        findings.append(misfit("`repository` is no address of a repository", at.below("repository"), hint))


def _check_ignored(entry: Tree, where: Origin, findings: list[Diagnostic]) -> None:
    if not entry.get("fields") and not entry.get("managers"):
        findings.append(misfit(f"{field_at(where)} names neither `fields` nor `managers`", where))
    for index, text in enumerate(entry.get("fields", ())):
        if not pointer_of(text):
            message = f"`{text}` is no JSON pointer to a field"
            findings.append(misfit(message, where.below("fields", index), "write it as /spec/replicas"))


def _check_windows(entries: list[Tree], where: Origin, findings: list[Diagnostic]) -> None:
    for index, entry in enumerate(entries):
        wrong = window_of(entry)
        if isinstance(wrong, str):
            findings.append(misfit(wrong, where.below("windows", index)))


def _pattern(text: str, where: Origin, findings: list[Diagnostic]) -> Pattern | None:
    try:
        return compile_pattern(text)
    except PatternError as reason:
        findings.append(misfit(str(reason), where))
        return None
