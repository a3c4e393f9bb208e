"""Plain manifests and Jsonnet as targets: the directories and files that penstock.yaml names with `type: directory`."""

import posixpath
from collections.abc import Iterator, Sequence

from penstock.definitions.argo.loader import Directory, Jsonnet, loaded, with_names
from penstock.definitions.argo.sets.generators import directories_of
from penstock.model import Diagnostic, Made, Origin, Target
from penstock.parse.project import Project
from penstock.parse.project_file.entries import Entries
from penstock.parse.project_file.pattern import filled
from penstock.parse.project_file.settings import TargetEntry
from penstock.sources import JsonnetValue
from penstock.targets.listings import notice_matching

MANIFESTS = (".yaml", ".yml", ".json", ".jsonnet")
"""The suffixes of files that may be targets."""


def plain_targets(project: Project, files: Sequence[str]) -> tuple[dict[Target, Made], list[Diagnostic]]:
    """Return these targets with their objects, and a finding for each entry that matches nothing."""
    config, _ = project.config()
    entries = [entry for entry in config.targets if entry.plain is not None] if config is not None else []
    if not entries:
        return {}, []
    made: dict[Target, Made] = {}
    findings: list[Diagnostic] = []
    places = [".", *directories_of(files), *(path for path in files if path.endswith(MANIFESTS))]
    taken: set[str] = set()
    notice_matching(project, [entry.pattern.text for entry in entries])
    matched: dict[Origin, list[tuple[str, tuple[str, ...]]]] = {}
    table = Entries(entries)
    for path in places:
        for entry, stars in table.all_for(path):
            matched.setdefault(entry.origin, []).append((path, stars))
    for entry in entries:
        if entry.origin not in matched:
            message = f"there is no directory or file `{entry.pattern.text}`"
            hint = "correct the path, or take the entry out"
            findings.append(Diagnostic("PS191", "warning", message, entry.origin.below("path"), hint=hint))
        for path, stars in matched.get(entry.origin, ()):
            if path not in taken:
                taken.add(path)
                made[_target(entry, path, stars)] = _built(project, _directory(entry, path, stars))
    return made, findings


def _target(entry: TargetEntry, path: str, stars: tuple[str, ...]) -> Target:
    environment = filled(entry.environment, stars) if entry.environment else ""
    app = filled(entry.app, stars) if entry.app else posixpath.basename(path)
    proposed = "" if environment else "default"
    return Target(path, environment, app, f"penstock.yaml says so of `{entry.pattern.text}`", proposed)


def _built(project: Project, directory: Directory) -> Made:
    with project.watched() as looks:
        resources, findings = loaded(project, directory, _files(project, directory.path))
    kept, wrong = with_names(resources)
    read = frozenset(posixpath.normpath(looked) for _, looked in looks)
    return Made(kept, [*findings, *wrong], read)


def _directory(entry: TargetEntry, path: str, stars: tuple[str, ...]) -> Directory:
    plain = entry.plain
    assert plain is not None

    def values(given: Sequence[JsonnetValue]) -> tuple[JsonnetValue, ...]:
        return tuple(each._replace(text=each.text if each.is_code else filled(each.text, stars)) for each in given)

    jsonnet = Jsonnet(values(plain.variables), values(plain.arguments), plain.libraries, has_natives=True)
    return Directory(path, plain.recurse, plain.include, plain.exclude, where=entry.origin, jsonnet=jsonnet)


def _files(project: Project, path: str) -> Iterator[str]:
    """Return the files below a directory, or the file itself if the path is a file."""
    return project.walk(path) if project.is_dir(path) else iter((path,))
