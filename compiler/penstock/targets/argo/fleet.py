"""From the definitions of Argo CD to targets: the path of `pipeline.py`, walked again for all that appears on it.

An `Application` says which directory is built, and for which cluster. It may stand in a file, in what a kustomization
or another Application renders, or be made by an `ApplicationSet`; so what is rendered is searched for more, until
nothing new appears.
"""

import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from penstock.definitions.argo.application import (
    IN_CLUSTER,
    KIND,
    PROJECT,
    SET,
    Application,
    Destination,
    Source,
    is_definition,
)
from penstock.definitions.argo.project import judged, judged_objects
from penstock.definitions.argo.repository import normal, remotes
from penstock.definitions.argo.sets.application_set import applications_of
from penstock.definitions.reading import mappings, text
from penstock.model import Diagnostic, Made, Origin, Resource, Severity, Target, has_errors
from penstock.parse.discover import given_environment
from penstock.parse.environments import DEFAULT, WORDS
from penstock.parse.project import Project
from penstock.parse.usage import Usage, files_of, is_below, read_usage, roots
from penstock.records import NamedTuple
from penstock.resolve.build import resolve
from penstock.resolve.finding.identities import new_resource
from penstock.resolve.objects import objects_in
from penstock.resolve.options import Options
from penstock.targets.argo.sets import GoTemplates, SetRepository
from penstock.targets.argo.sources import Refs, brought, build_source, is_filled_in_later
from penstock.targets.elsewhere import HINT
from penstock.targets.fleets import ArgoFleet
from penstock.targets.landing import cluster_scoped, has_none, land

MAX_NOTES = 3
"""Sources that a finding names beside the first one."""

UNKNOWN = "PS634"
"""A generator of which it is not known here what it gives."""

MAX_DEPTH = 40
"""Definitions that lead to one another. Templates could make new names for ever."""

MAX_DEFINITIONS = 5_000
"""Definitions of one repository: as many as Argo CD keeps in the status of an ApplicationSet."""


class _Entry(NamedTuple):
    """A definition to look at. `folder` is where the file lies that led to it, `depth` how many others have.

    `environment` is that of the target that renders it, where penstock.yaml says that.
    """

    resource: Resource
    folder: str
    environment: str = ""
    depth: int = 0

    def leads_to(self, resources: Iterable[Resource]) -> "list[_Entry]":
        return [self._replace(resource=each, depth=self.depth + 1) for each in resources]


class _Built(NamedTuple):
    """An Application that has been built."""

    app: Application
    environment: str
    why: str
    path: str
    made: Made
    entry: _Entry
    is_by_word: bool = False
    """Whether a usual name alone tells the environment."""


class _Walk:
    """One way over all definitions of a repository: what has been seen so far."""

    def __init__(self, project: Project, here: frozenset[str]) -> None:
        self.project = project
        self.here = here
        self.sets = SetRepository(project, here)
        self.names = self.sets.names()
        self.templates = GoTemplates()
        self.projects: dict[str, list[_Entry]] = {}
        self.seen: dict[tuple[str, str, str, str], Resource] = {}
        self.built: list[_Built] = []
        self.elsewhere: dict[tuple[str, str, str], list[tuple[Application, Source]]] = {}
        self.findings: list[Diagnostic] = []
        self.undecided: set[str] = set()
        self.is_over = False

    def read(self) -> set[str]:
        """The paths that were read to build Applications."""
        return {path for built in self.built for path in built.made.read}

    def from_entries(self, entries: Iterable[_Entry]) -> None:
        """Look at some definitions, and at all that appear."""
        waiting = deque(entries)
        while waiting and not self.is_over:
            entry = self._with_environment(waiting.popleft())
            if entry.depth > MAX_DEPTH or len(self.seen) >= MAX_DEFINITIONS:
                self._end(entry)
                return
            if self._is_new(entry):
                waiting.extend(self._from(entry))

    def _with_environment(self, entry: _Entry) -> _Entry:
        """The entry with the environment that penstock.yaml gives to the directory that an Application builds."""
        app = Application(entry.resource)
        if entry.environment or entry.resource.id.kind != KIND or app.branch or self._cluster(app):
            return entry
        return entry._replace(environment=given_environment(self.project, app.sources[0].path))

    def _is_new(self, entry: _Entry) -> bool:
        """Whether this is the first definition of its name for its environment."""
        resource = entry.resource
        environment = self._place(entry)[0] if resource.id.kind == KIND else f"{entry.environment} {entry.folder}"
        key = (resource.id.kind, environment, resource.id.namespace, resource.id.name)
        known = self.seen.setdefault(key, resource)
        if known is resource:
            return True
        if known.body != resource.body and known.origin != resource.origin:
            message = f"{resource.id} is defined twice for the environment {environment}; this one is left out"
            notes = ((known.origin, "the other one"),)
            is_made = "template" in resource.origin.at and "template" in known.origin.at
            severity: Severity = "error" if is_made else "warning"
            self.findings.append(Diagnostic("PS636", severity, message, resource.origin, resource.id, notes))
        return False

    def _place(self, entry: _Entry) -> tuple[str, str]:
        """The environment of an Application, and how it is known."""
        app = Application(entry.resource)
        return _environment(app, self._cluster(app), entry)

    def _cluster(self, app: Application) -> str:
        """What people call the cluster of an Application; empty for that of Argo CD, unless a file gives it a name."""
        destination = app.destination
        known = self.names.get(destination.server.rstrip("/") or (IN_CLUSTER[1] if not destination.cluster else ""), "")
        return known or destination.cluster

    def whole(self, destination: Destination) -> Destination:
        """A destination with both the name and the address of its cluster, where the file of clusters has them."""
        name = destination.name or self.names.get(destination.server.rstrip("/"), "")
        addresses = (address for address, known in self.names.items() if known == name)
        return destination._replace(name=name, server=destination.server or next(addresses, ""))

    def _end(self, entry: _Entry) -> None:
        self.is_over = True
        message = f"definitions lead to one another more than {MAX_DEPTH} times, or are more than {MAX_DEFINITIONS:,}"
        self.findings.append(Diagnostic("PS638", "error", message, entry.resource.origin, entry.resource.id))

    def _from(self, entry: _Entry) -> list[_Entry]:
        """What a definition leads to."""
        if entry.resource.id.kind == SET:
            return self._generated(entry)
        if entry.resource.id.kind == PROJECT:
            self.projects.setdefault(entry.resource.id.name, []).append(entry)
            return []
        app = Application(entry.resource)
        built = self._build(app, entry)
        if built is None:
            return []
        self.built.append(built)
        return entry.leads_to(each for each in built.made.resources if is_definition(each))

    def _generated(self, entry: _Entry) -> list[_Entry]:
        """The Applications that an ApplicationSet makes."""
        made = applications_of(entry.resource, self.sets, self.templates)
        self.findings += made.findings
        if any(finding.code == UNKNOWN for finding in made.findings):
            paths = _paths_of_set(entry.resource.body.get("spec"))
            self.undecided |= {path for found, _ in paths for path in found}
        return entry.leads_to(made.applications)

    def _build(self, app: Application, entry: _Entry) -> _Built | None:
        """What an Application renders; None where none of it is here, or can be had."""
        resources: list[Resource] = []
        with self.project.watched() as looks:
            located, findings = self._located(app)
            tops = {each.ref: None for each in app.sources if each.ref}
            refs: Refs = {**tops, **{each.ref: each.top for each in located if each.ref}}
            sources = [each for each in located if each.has_path or each.chart or not each.ref]
            if not sources and not findings:
                return None
            for source in sources:
                made = build_source(self.project, app, source, refs)
                resources += made.resources
                findings += made.diagnostics
        if has_errors(findings):
            resources = []
        printed = [each.fork() for each in resources]
        land(resources, app.destination.namespace, app.at("spec", "destination", "namespace"))
        read = frozenset(posixpath.normpath(path) for _, path in looks)
        environment, why = self._place(entry)
        is_told = app.branch or self._cluster(app) or entry.environment
        is_by_word = not is_told and environment != DEFAULT
        path = sources[0].path if sources else app.resource.origin.path
        return _Built(app, environment, why, path, Made(resources, findings, read, printed), entry, is_by_word)

    def _located(self, app: Application) -> tuple[list[Source], list[Diagnostic]]:
        """The sources that are here, or that are locked, and why others cannot be had; what is not locked is noted."""
        found: list[Source] = []
        findings: list[Diagnostic] = []
        for source in app.sources:
            if source.has_path and is_filled_in_later(source.repository):
                self.undecided.add(source.inside)
            if not source.repository and not source.chart:
                message = f"{app.resource.id} names no repository to build"
                self.findings.append(Diagnostic("PS630", "error", message, app.at(*source.at), app.resource.id))
            elif not source.chart and normal(source.repository) in self.here:
                found.append(source)
            else:
                result = brought(self.project, app, source)
                if result.top:
                    found.append(source._replace(top=result.top))
                elif result.is_locked:
                    findings += result.findings
                else:
                    self.elsewhere.setdefault(_key(source), []).append((app, source))
        return found, findings


def _key(source: Source) -> tuple[str, str, str]:
    """What is locked as one: a chart in a version, or a repository at a revision."""
    return source.repository, source.chart, source.revision


def _environment(app: Application, cluster: str, entry: _Entry) -> tuple[str, str]:
    """The environment of an Application, and how it is known: the hydrator's branch, the cluster, what penstock.yaml
    says of the target that renders it, or a usual name in its path or in that of the definition that led to it.
    """
    if app.branch:
        return app.branch.rpartition("/")[2], f"its hydrator writes {app.branch}"
    if cluster:
        return _short(cluster), f"it goes to the cluster {cluster}"
    if entry.environment:
        why = f"penstock.yaml puts what it builds, or what renders it, into {entry.environment}"
        return entry.environment, why
    for path, what in ((app.sources[0].path, "its path"), (entry.folder, "the path of its definition")):
        usual = [name for name in path.split("/") if name in WORDS]
        if usual:
            return usual[-1], f"{what} has {usual[-1]}"
    return DEFAULT, "it goes to the cluster of Argo CD"


def _short(cluster: str) -> str:
    """The name of a cluster; of an address its host, as far as it can be part of a branch's name."""
    host = cluster.partition("://")[2] or cluster
    word = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in host.rstrip("/").partition("/")[0])
    return word.strip("-.") or DEFAULT


def argo_fleet(project: Project, marked: Sequence[str], others: Mapping[Target, Made] = {}) -> ArgoFleet:
    """The targets of all Applications that definitions describe: those in files that may hold some, and those that
    `others` render, which are targets of penstock.yaml.
    """
    written = _written(project, marked) if marked else _Written([], [])
    entries = [*_rendered(others), *written.entries]
    if not entries:
        return ArgoFleet()
    project.leading |= {entry.resource.origin.path for entry in entries} | {entry.folder for entry in entries}
    walk = _Walk(project, _here(project, entries))
    first, later = _parted(entries, walk.here)
    walk.from_entries(first)
    read = walk.read()
    walk.from_entries(entry for entry in later if entry.resource.origin.path not in read)
    read = walk.read()
    left = [path for path in written.unlisted if path not in read]
    built = _with_known_words(walk.built)
    made = _targets(project, built)
    against = [finding for each in built for finding in _judged(each, walk)]
    findings = [*_grouped(walk.findings), *_unlisted(left), *_elsewhere(walk.elsewhere), *against]
    guessed = {each.environment for each in built if each.is_by_word}
    guessed -= {each.environment for each in built if not each.is_by_word}
    return ArgoFleet(list(made), made, findings, _branches(built), frozenset(guessed), frozenset(walk.undecided))


def _rendered(targets: Mapping[Target, Made]) -> Iterator[_Entry]:
    """The definitions that targets render."""
    for target, made in targets.items():
        yield from (
            _Entry(each.fork(), target.path, target.environment) for each in made.resources if is_definition(each)
        )


def _with_known_words(built: Sequence[_Built]) -> list[_Built]:
    """One usual name alone in the paths of a cluster tells no environment: it may be a group of applications."""
    words = {each.environment for each in built if each.is_by_word}
    if len(words) != 1:
        return list(built)
    known = {each.environment for each in built if not each.is_by_word} - {DEFAULT}
    if words & known:
        return list(built)
    why = "it goes to the cluster of Argo CD"
    return [each._replace(environment=DEFAULT, why=why) if each.is_by_word else each for each in built]


def _project_of(built: _Built, projects: Mapping[str, Sequence[_Entry]]) -> Resource | None:
    """The project of an Application. Of several of its name in the repository, which differ, it is the one that lies
    where the Application does, or goes to the same environment; None where that is none of them.
    """
    found = projects.get(built.app.project, ())
    if all(each.resource.body == found[0].resource.body for each in found):
        return found[0].resource if found else None
    mine = built.entry
    near = [each for each in found if each.folder == mine.folder and each.environment in ("", mine.environment)]
    near = near or [each for each in found if each.environment and each.environment == mine.environment]
    return near[0].resource if near else None


def _judged(built: _Built, walk: _Walk) -> Iterator[Diagnostic]:
    """What the project of an Application has against it and its objects, where that project is in the repository."""
    project = _project_of(built, walk.projects)
    if project is not None:
        resources = built.made.resources
        cluster_wide = cluster_scoped(resources)
        namespaced = [not has_none(each, cluster_wide) for each in resources]
        destination = walk.whole(built.app.destination)
        yield from judged(project, built.app, destination)
        yield from judged_objects(project, destination, resources, namespaced)


class _Written(NamedTuple):
    """The definitions of files, and the files whose definitions nothing installs."""

    entries: list[_Entry]
    unlisted: list[str]


def _written(project: Project, marked: Sequence[str]) -> _Written:
    """The definitions of files, and those of kustomizations that use such files.

    Where a kustomization names definitions of a folder, others beside them are switched off: people comment them out.
    """
    usage = read_usage(project)
    entries: list[_Entry] = []
    used: set[str] = set()
    for root in roots(usage):
        files = files_of(project, usage, root)
        if files.intersection(marked):
            options = Options(anywhere=True, boundary=".", order="none")
            resources, findings = resolve(project, root, options, project.memo)
            if not has_errors(findings):
                used |= files
                given = given_environment(project, root)
                entries += (_Entry(each.fork(), root, given) for each in resources if is_definition(each))
    listed = {posixpath.dirname(path) for path in used.intersection(marked)}
    unlisted = []
    for path in marked:
        found = [] if path in used else list(_definitions(project, path))
        folder = posixpath.dirname(path)
        if found and (folder in listed or _is_unfinished(found, folder, usage)):
            unlisted.append(path)
            continue
        given = given_environment(project, folder or ".")
        entries += (_Entry(each, folder or ".", given) for each in found)
    return _Written(entries, unlisted)


def _is_unfinished(definitions: Sequence[Resource], folder: str, usage: Usage) -> bool:
    """Whether Applications name no repository, and lie below a kustomization, which would have to name one."""
    if not any(is_below(folder or ".", directory) for directory in usage.uses):
        return False
    sources = [source for each in definitions if each.id.kind == KIND for source in Application(each).sources]
    return bool(sources) and not any(source.repository or source.chart for source in sources)


def _definitions(project: Project, path: str) -> Iterator[Resource]:
    documents, _ = project.resources(path)
    for document in documents or ():
        objects, _ = objects_in(document)
        yield from (each for body, where in objects if is_definition(each := new_resource(body, where)))


def _here(project: Project, entries: Sequence[_Entry]) -> frozenset[str]:
    """The addresses that mean this repository: those of its remotes, or else the one whose paths are here."""
    config, _ = project.config()
    given = config.repository if config is not None else ()
    named = set(map(normal, [*given, *remotes(project.inside(".git/config") or b"")]))
    sources = [
        source for entry in entries if entry.resource.id.kind == KIND for source in Application(entry.resource).sources
    ]
    used = {normal(source.repository) for source in sources if source.repository and not source.chart}
    used |= {normal(address) for entry in entries if entry.resource.id.kind == SET for address in _addresses(entry)}
    if named & used:
        return frozenset(named)
    return frozenset(named) | _by_paths(project, sources, entries)


def _addresses(entry: _Entry) -> Iterator[str]:
    """The addresses of an ApplicationSet, as far as they are written down."""
    for _, address in _paths_of_set(entry.resource.body.get("spec")):
        if "{{" not in address:
            yield address


def _paths_of_set(tree: Any) -> Iterator[tuple[list[str], str]]:
    """The paths and patterns beside each `repoURL` of an ApplicationSet."""
    waiting = [tree]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            if text(current.get("repoURL")) and not current.get("chart"):
                patterns = [*mappings(current.get("directories")), *mappings(current.get("files")), current]
                yield [text(each.get("path")) for each in patterns if each.get("path")], current["repoURL"]
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _by_paths(project: Project, sources: Iterable[Source], entries: Sequence[_Entry]) -> frozenset[str]:
    """The address of which most paths that definitions name are directories here, and that is used most."""
    paths: dict[str, set[str]] = {}
    for entry in entries:
        if entry.resource.id.kind == SET:
            for found, address in _paths_of_set(entry.resource.body.get("spec")):
                fixed = {_fixed(path) for path in found}
                paths.setdefault(normal(address), set()).update(path for path in fixed if path)
    for source in sources:
        if source.repository and not source.chart and source.has_path:
            paths.setdefault(normal(source.repository), set()).add(source.path)
    fitting = {
        address: len(named - {"."})
        for address, named in paths.items()
        if sum(project.is_dir(path) for path in named) * 2 >= len(named)
    }
    best = max(fitting.values(), default=0)
    return frozenset(address for address, count in fitting.items() if count == best and best)


def _fixed(pattern: str) -> str:
    """The beginning of a pattern without stars and templates; empty where it begins with one."""
    names = pattern.strip("/").split("/")
    fixed = list(takewhile(lambda name: not any(sign in name for sign in "*{?["), names))
    return posixpath.normpath("/".join(fixed if len(fixed) < len(names) else names[:-1] or names)) if fixed else ""


def _parted(entries: Sequence[_Entry], here: frozenset[str]) -> tuple[list[_Entry], list[_Entry]]:
    """The definitions that no Application elsewhere builds the folder of, and the others."""
    builders: dict[str, dict[str, bool]] = {}
    for entry in entries:
        for source in Application(entry.resource).sources if entry.resource.id.kind == KIND else ():
            if source.has_path and normal(source.repository) in here:
                folders = builders.setdefault(source.path, {})
                folders[entry.folder] = folders.get(entry.folder, False) or _recurses(source)
    first: list[_Entry] = []
    later: list[_Entry] = []
    for entry in entries:
        (later if _is_child(entry.folder, builders) else first).append(entry)
    return first, later


def _is_child(folder: str, builders: Mapping[str, Mapping[str, bool]]) -> bool:
    """Whether an Application that lies in another folder builds this one. `builders` have the folders of Applications
    by what they build, and whether they build all below it.
    """
    path = folder
    while True:
        for other, recurses in builders.get(path, {}).items():
            if other != folder and (path == folder or recurses):
                return True
        if path == ".":
            return False
        path = posixpath.dirname(path) or "."


def _recurses(source: Source) -> bool:
    directory = source.fields.get("directory")
    return isinstance(directory, dict) and directory.get("recurse") is True


def _branches(built: Iterable[_Built]) -> dict[str, str]:
    return {each.environment: each.app.branch for each in built if each.app.branch}


def _grouped(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings, with one for all ApplicationSets whose generators ask for the same that is not known."""
    groups: dict[str, list[Diagnostic]] = {}
    for finding in findings:
        groups.setdefault(finding.message.partition(": ")[2] if finding.code == UNKNOWN else "", []).append(finding)
    unknown = []
    for reason, (first, *others) in groups.items():
        if reason:
            more = f" (and {len(others)} more)" if others else ""
            also = tuple(each.resource for each in others if each.resource is not None)
            unknown.append(first._replace(message=f"{first.resource}{more}: {reason}", others=also))
    return [*groups.get("", ()), *unknown]


def _unlisted(paths: Sequence[str]) -> Iterator[Diagnostic]:
    """One finding for all files whose definitions are switched off."""
    if paths:
        more = f" (and {len(paths) - 1} more)" if paths[1:] else ""
        message = f"{paths[0]}{more}: no kustomization names this definition, beside or below others"
        hint = "name it under `resources:`; if it is applied by hand, make it a target with `type: directory`"
        yield Diagnostic("PS173", "info", message, Origin(paths[0]), hint=hint)


def _elsewhere(found: Mapping[tuple[str, str, str], Sequence[tuple[Application, Source]]]) -> Iterator[Diagnostic]:
    """One finding for all sources that are not here, with a note for some of them."""
    if not found:
        return
    (key, ((app, source), *_)), *others = found.items()
    uses = sum(map(len, found.values()))
    more = f" (and {uses - 1} more)" if uses > 1 else ""
    message = f"Application {app.id[0]}/{app.id[1]}{more} {'build' if more else 'builds'} {_words(key)}"
    message += f" and {len(others)} more sources that are" if others else ", which is"
    notes = tuple((uses[0][0].at(*uses[0][1].at), _words(each)) for each, uses in others[:MAX_NOTES])
    where = app.at(*source.at)
    yield Diagnostic("PS628", "info", f"{message} not in penstock.lock: not rendered", where, notes=notes, hint=HINT)


def _words(key: tuple[str, str, str]) -> str:
    """A source that is not here, for people."""
    repository, chart, revision = key
    what = f"the chart {chart} of" if chart else "the artifact" if repository.startswith("oci://") else "a directory of"
    return f"{what} {repository or 'no repository'}" + (f" at {revision}" if revision else "")


def _targets(project: Project, built: Sequence[_Built]) -> dict[Target, Made]:
    """Two Applications that build one directory for one environment get folders of their own on its branch."""
    made: dict[Target, Made] = {}
    taken: set[tuple[str, str]] = set()
    for each in built:
        path = each.path if not each.path.startswith("//") else each.app.name
        folder = path if (each.environment, path) not in taken else posixpath.normpath(f"{path}/{each.app.name}")
        taken.add((each.environment, folder))
        file = project.file_of(each.app.resource.origin)
        why = f"Application {each.app.id[0]}/{each.app.id[1]} in {file} builds it; {each.why}"
        target = Target(each.path, each.environment, each.app.name, why, folder=folder)
        made[target] = each.made
    return made
