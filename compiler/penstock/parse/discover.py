"""The targets of a repository and the environment of each, from `penstock.yaml`, else from the directory structure.

Every directory with a kustomization is a target, is used by a target, is excluded by name, or is reported in a finding.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from penstock.model import MARKER, TEST_DATA, Diagnostic, Origin, Pos, Target, with_those_above
from penstock.parse.environments import Place, places
from penstock.parse.loose_manifests import CANDIDATES, Loose, loose_manifests, unbuilt
from penstock.parse.project import Project, misnamed
from penstock.parse.project_file.entries import Entries, Matched
from penstock.parse.project_file.pattern import Exclusion, Pattern, filled
from penstock.parse.project_file.settings import Config, TargetEntry
from penstock.parse.rancher_fleet import bundles, unread
from penstock.parse.set_aside import as_set_aside
from penstock.parse.submodules import submodule_of
from penstock.parse.uninstalled import charts_left, uninstalled
from penstock.parse.unused import unused
from penstock.parse.usage import Usage, is_below, named_by, read_usage, roots
from penstock.parse.usual_names import DEFAULT


def discover(
    project: Project, below: str = ".", defined: Sequence[Target] = ()
) -> tuple[list[Target], list[Diagnostic]]:
    """Return the targets in and below a directory, sorted by path, with findings. An undecided environment is empty.

    A kustomization that cannot be read is also a target: compiling it reports the reason. The directory that was asked
    for is a target even where a kustomization outside of it uses it. `defined` are the targets that definitions make:
    their directories, and the directories that these use, are not targets on their own.
    """
    config, wrong = project.config()
    if wrong:
        return [], wrong
    config = config or Config()
    exclude = _excluded(project, config)
    usage = read_usage(project, below)
    usage = usage.only(lambda path: not exclude.has(path)) if exclude.patterns else usage
    of_kustomizations = _entries(config)
    entries = {path: found for path in usage.uses if (found := of_kustomizations.first_for(path)) is not None}
    in_use = _in_use(project, usage, defined)
    foreign = (_in_submodules(project, usage, below) | _in_test_data(usage, below)) - entries.keys()
    # An entry that only lifts the load restrictor (`apps/**`) makes no target of a base.
    made = {directory for directory, (entry, _) in entries.items() if not _is_option(entry)}
    paths = sorted(({*roots(usage), *made} - foreign) - in_use)
    if not paths and not in_use:
        paths = list(usage.uses)[:1]  # a single component that was asked for by name
    named = {target.environment for target in defined} - {"", DEFAULT}
    declared = {entry.name for entry in config.environments}
    placed = places(usage, paths, named - project.defined.guessed or named)
    known = {path: _as_declared(place) if place.proposed in declared else place for path, place in placed.items()}
    by_hand = _by_hand(project, in_use)
    shown = (_target(path, known[path], entries.get(path)) for path in paths)
    shown = (_as_governed(each, project, entries, by_hand) for each in shown)
    targets = list(_with_short_names(_as_left_out(each, entries, defined) for each in shown))
    others = project.defined.leading | {target.path for target in defined}
    findings = list(_findings(usage.only(lambda path: path not in foreign), [*paths, *in_use], config, below, others))
    findings += _unlisted(project, below)
    if below == ".":
        findings += _left_aside(project, usage, defined)
        findings += unused(config, project, [*targets, *defined])
    return targets, findings


def _as_declared(place: Place) -> Place:
    """Return a place whose environment was a question, of a name that penstock.yaml has among its environments."""
    return Place(place.proposed, place.app, f"penstock.yaml has an environment {place.proposed}")


def _unlisted(project: Project, below: str) -> Iterator[Diagnostic]:
    """Yield a finding for each directory that could not be listed: there may be targets in it."""
    for path, reason in sorted(project.files.unlisted.items()):
        if is_below(path, below):
            message = f"this directory cannot be listed: {reason}; whatever is in it is not looked at"
            yield Diagnostic("PS102", "warning", message, Pos(path), hint="let Penstock read it, or remove it")


def _left_aside(project: Project, usage: Usage, defined: Sequence[Target]) -> Iterator[Diagnostic]:
    """Yield findings about what no target uses: charts that nothing installs, bundles that nobody reads, and manifests
    that nothing builds.
    """
    yield from uninstalled(charts_left(project, usage, own_files_of(project)))
    yield from unread(bundles_left(project, defined))
    yield from unbuilt(manifests_left(project, defined))


def manifests_left(project: Project, defined: Sequence[Target]) -> list[Loose]:
    """Return the directories of manifests that no target reads and that no other finding or setting is about. There are
    none as long as it is in doubt which definitions there are.
    """
    project.notice(CANDIDATES)
    if any(each.code == "PS181" for made in project.made.values() for each in made.diagnostics):
        return []
    config, _ = project.config()
    known = bundles(project, own_files_of(project))
    if config is not None:
        known += [*config.schemas, *config.health]
    return loose_manifests(project, read_usage(project), own_files_of(project), defined, known)


def bundles_left(project: Project, defined: Iterable[Target]) -> list[str]:
    """Return the directories that Rancher's Fleet deploys and that penstock.yaml does not mention.

    `defined` are the targets made by definitions, and the charts and plain directories of penstock.yaml.
    """
    found = bundles(project, own_files_of(project))
    if not found:
        return []
    config, _ = project.config()
    uses = read_usage(project).uses if config is not None else {}
    known = {target.path for target in defined}
    entries = _entries(config or Config())
    known |= {directory for directory in uses if entries.first_for(directory) is not None}
    return [bundle for bundle in found if not any(is_below(path, bundle) for path in known)]


def _in_submodules(project: Project, usage: Usage, below: str) -> set[str]:
    """Return the kustomizations that lie in a git submodule, and so belong to another repository.

    A kustomization that uses one of them is a target; they are targets themselves only where one is asked for.
    """
    if below != "." or not project.submodules:
        return set()
    return {directory for directory in usage.uses if submodule_of(directory, project.submodules)}


def _in_test_data(usage: Usage, below: str) -> set[str]:
    """Return the kustomizations in folders for test data, which are targets only where one is asked for, or where there
    is nothing else.
    """
    found = {directory for directory in usage.uses if TEST_DATA.search(f"{directory}/")} if below == "." else set()
    return found if len(found) < len(usage.uses) else set()


def _by_hand(project: Project, in_use: Set[str]) -> list[str]:
    """Return the files and directories of the definitions that others start from, without those files that a
    kustomization above names which is in use. Their directories are deployed by hand.
    """
    return [path for path in project.defined.leading if not _is_named_above(project, path, in_use)]


def _is_named_above(project: Project, path: str, in_use: Set[str]) -> bool:
    above = (directory for directory in (*with_those_above(path)[1:], ".") if directory in in_use)
    kustomizations = ((directory, project.kustomization(directory)[0]) for directory in above)
    return any(path in named_by(found.fields, directory) for directory, found in kustomizations if found is not None)


def _as_governed(target: Target, project: Project, entries: Mapping[str, Matched], by_hand: Sequence[str]) -> Target:
    """Return a target with its environment left open if definitions govern that environment and do not lead to the
    target. One that is deployed by hand is returned unchanged.
    """
    environment = _governed(target, project.defined.governed)
    if not environment or _is_given(target, entries) or any(is_below(path, target.path) for path in by_hand):
        return target
    proposed = target.environment if environment in project.defined.guessed else environment
    return _opened(target, environment, proposed)


def _opened(target: Target, governed: str, proposed: str) -> Target:
    why = f"definitions say what goes to {governed}, and none leads here"
    return target._replace(environment="", why=why, proposed=proposed)


def _is_given(target: Target, entries: Mapping[str, Matched]) -> bool:
    """Return whether penstock.yaml names the environment of a target."""
    matched = entries.get(target.path)
    return matched is not None and bool(matched[0].environment)


def _as_left_out(target: Target, entries: Mapping[str, Matched], defined: Sequence[Target]) -> Target:
    """Return a target with its environment left open if it lies below a directory that a definition builds for another
    environment, and only the path of that directory shows the target's own: there, it names no environment.
    """
    if not target.environment or _is_given(target, entries):
        return target
    above = [each for each in defined if each.environment and is_below(target.path, each.path)]
    nearest = max(above, key=lambda each: len(each.path), default=None)
    if nearest is None or nearest.environment == target.environment:
        return target
    if target.environment not in nearest.path.split("/"):
        return target
    return _opened(target, nearest.environment, nearest.environment)


def _governed(target: Target, governed: Set[str]) -> str:
    """Return the governed environment to which a target belongs, or "" where there is none.

    This is the target's own environment if definitions govern it, else the last folder of its path that is a part of
    the environment's name (as in `production-north`), else the first governed environment of which the target's
    environment is the beginning.
    """
    if target.environment in governed:
        return target.environment
    # `production` is a part of `production-north`, and `prod` is none: only whole words count.
    parts = [name for name in target.path.split("/") if f"-{name}-" in f"-{target.environment}-"]
    narrower = sorted(name for name in governed if target.environment and name.startswith(f"{target.environment}-"))
    return next((name for name in (*reversed(parts), *narrower) if name in governed), "")


def _in_use(project: Project, usage: Usage, defined: Sequence[Target]) -> set[str]:
    """Return the directories that targets of definitions build, and all directories that these use.

    A directory without a kustomization is built of what lies in it, which depends on the tool. What was read tells: a
    kustomization below one that leaves it out is built by nobody.
    """
    in_use = {inner for target in defined if target.path in usage.uses for inner in usage.reach(target.path)}
    read = {path for target in defined if target in project.made for path in project.made[target].read}
    # A chart or a plain directory may have read a kustomization file, too.
    return in_use | {directory for directory, file in usage.files.items() if file in read}


def named_in(config: Config, targets: Iterable[Target]) -> set[str]:
    """Return the environments that come from penstock.yaml and not from the structure of the repository."""
    found = {entry.name for entry in config.environments}
    entries = _entries(config)
    for target in targets:
        matched = entries.first_for(target.path)
        if matched is not None and matched[0].environment:
            found.add(target.environment)
    return found


def given_environment(project: Project, directory: str) -> str:
    """Return the environment that penstock.yaml gives to a directory, or "" where it gives none. An entry for plain
    manifests also counts for what lies below its directory.
    """
    config, _ = project.config()
    if config is None:
        return ""
    entries: Entries | None = project.memo.get(Entries)
    if entries is None:
        entries = project.memo[Entries] = Entries(config.targets)
    matched = entries.all_for(*with_those_above(directory))
    fits = (each for each in matched if each[0].plain is not None or each[0].pattern.match(directory) is not None)
    return next((filled(entry.environment, stars) for entry, stars in fits if entry.environment), "")


def files_of(project: Project) -> list[str]:
    """Return all files of the repository except those in excluded directories."""
    config, _ = project.config()
    if config is None:
        return _walked(project)[:]
    exclude = _excluded(project, config)
    return [path for path in _walked(project) if not exclude.has(path)]


def _walked(project: Project) -> list[str]:
    """Return all files of the repository. They are listed once in a run: links in chains take long."""
    known: list[str] | None = project.memo.get(_walked)
    if known is None:
        known = project.memo[_walked] = list(project.files.walk("."))
    return known


def own_files_of(project: Project) -> list[str]:
    """Return the files of `files_of` without those in git submodules, whose definitions and charts belong to other
    repositories.
    """
    files = files_of(project)
    return [path for path in files if not submodule_of(path, project.submodules)] if project.submodules else files


def _excluded(project: Project, config: Config) -> Exclusion:
    """Return the directories without targets: those that penstock.yaml excludes, and those that `hydrate` writes."""
    folders = {entry.destination.folder for entry in config.environments} - {""}
    rendered = [folder for folder in sorted(folders) if project.is_there(f"{folder}/{MARKER}")]
    patterns = (*config.exclude, *(Pattern(folder, tuple(folder.split("/")), 0) for folder in rendered))
    known: Exclusion = project.memo.setdefault((Exclusion, patterns), Exclusion(patterns))
    return known


def _entries(config: Config) -> Entries:
    """Return the entries for kustomizations."""
    return Entries([entry for entry in config.targets if entry.plain is None])


def _is_option(entry: TargetEntry) -> bool:
    """Return whether an entry only says how its targets are built."""
    return entry.anywhere and not entry.environment and not entry.app


def _target(path: str, place: Place, matched: Matched | None) -> Target:
    found = Target(path, place.environment, place.app, place.why, place.proposed)
    if matched is None:
        return found
    entry, stars = matched
    if entry.environment:
        why = f"penstock.yaml says so of `{entry.pattern.text}`"
        found = found._replace(environment=filled(entry.environment, stars), why=why, proposed="")
    if entry.app:
        found = found._replace(app=filled(entry.app, stars))
    return found._replace(anywhere=entry.anywhere)


def _with_short_names(targets: Iterable[Target]) -> Iterator[Target]:
    """Yield the targets, each named by the shortest end of its path that is unique in its environment."""
    by_environment: dict[str, list[Target]] = {}
    for target in targets:
        by_environment.setdefault(target.environment, []).append(target)
    for members in by_environment.values():
        ends = shortest_ends([target.app for target in members])
        for target in members:
            yield target._replace(app=ends[target.app])


def shortest_ends(paths: Sequence[str]) -> dict[str, str]:
    """Return for each path its shortest end that is no end of another one, or the whole path where there is none."""
    counts = Counter(end for path in paths for end in _ends(path))
    return {path: next((end for end in _ends(path) if counts[end] == 1), path) for path in paths}


def _ends(path: str) -> list[str]:
    """Return the ends of a path, shortest first: `web`, `team/web`."""
    names = path.split("/") if path else []
    return ["/".join(names[at:]) for at in range(len(names) - 1, -1, -1)]


def _findings(
    usage: Usage, targets: Sequence[str], config: Config, below: str, others: Set[str]
) -> Iterator[Diagnostic]:
    """Yield findings for components that no target uses, misnamed files, and entries of penstock.yaml that match
    nothing. `others` are the directories with definitions, and those that these build.
    """
    reached = {inner for target in targets for inner in usage.reach(target)}
    exclude = Exclusion(config.exclude)
    for directory in sorted(usage.uses.keys() - reached):
        if is_below(directory, below):
            message = f"no target uses the Component {directory}, so it is not compiled"
            hint = "name it under `components:` of a kustomization, or under `exclude:` in penstock.yaml"
            found = Diagnostic("PS190", "info", message, Origin(_file_of(usage, directory)), hint=hint)
            yield from as_set_aside(directory, [found])
    for path in usage.misnamed:
        if is_below(path, below) and not exclude.has(path):
            yield misnamed(path)._replace(severity="warning")
    if below == ".":
        yield from _unmatched(others | usage.uses.keys(), config)


def _file_of(usage: Usage, directory: str) -> str:
    return usage.files.get(directory, directory)


def _unmatched(directories: Set[str], config: Config) -> Iterator[Diagnostic]:
    """Yield findings for entries that match nothing, and for those for which an earlier one stands."""
    entries = _entries(config)
    matched: dict[Origin, list[str]] = {}
    for directory in sorted(directories):
        for entry, _ in entries.all_for(directory):
            matched.setdefault(entry.origin, []).append(directory)
    for entry in config.targets:
        if entry.plain is not None:
            continue
        where = entry.origin.below("path")
        if entry.origin not in matched:
            message = f"no kustomization lies in `{entry.pattern.text}`"
            yield Diagnostic("PS191", "warning", message, where, hint="correct the path, or take the entry out")
            continue
        first = _before(entry, matched[entry.origin], entries)
        if first is not None:
            message = f"`{first.pattern.text}`, an earlier entry, matches all that `{entry.pattern.text}` matches, and "
            message += "the first entry that matches counts"
            notes = ((first.origin.below("path"), "the earlier entry"),)
            yield Diagnostic("PS191", "warning", message, where, notes=notes, hint="put this entry before that one")


def _before(entry: TargetEntry, matched: Sequence[str], entries: Entries) -> TargetEntry | None:
    """Return the earlier entry that takes all that an entry matches, or None if something is left, or several take it.

    For what definitions build, the first entry with an environment counts, so an earlier one without it takes nothing.
    """
    taken = {found[0] for directory in matched if (found := entries.first_for(directory)) is not None}
    first = taken.pop() if len(taken) == 1 else entry
    return None if first is entry or (entry.environment and not first.environment) else first
