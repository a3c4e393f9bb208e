"""Which targets a repository has and where each of them goes: what `penstock.yaml` says, else what the structure shows.

Every directory with a kustomization is a target, or used by one, or excluded by name, or the subject of a finding.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from penstock.model import Diagnostic, Files, Origin, Refusal, Target
from penstock.parse.environments import Place, places
from penstock.parse.project import Project
from penstock.parse.project_file.pattern import Pattern, filled
from penstock.parse.project_file.read import Config, TargetEntry
from penstock.parse.usage import Usage, read_usage, roots
from penstock.words import did_you_mean, one_of

_OPEN = Place("", "", "it is not compared with others")


def discover(files: Files, project: Project, below: str = ".") -> tuple[list[Target], list[Diagnostic]]:
    """The targets in and below a directory, by path. The environment of a target is empty where it is open.

    A kustomization that cannot be read is a target too: compiling it says why. A directory that is asked for is one
    even where a kustomization outside of it uses it.
    """
    config, wrong = project.config()
    if wrong:
        return [], wrong
    config = config or Config()
    usage = _without(read_usage(files, project), config.exclude)
    entries = {directory: found for directory in usage.uses if (found := _entry(directory, config)) is not None}
    paths = sorted({*roots(usage), *entries})
    known = places(usage, paths)
    asked = [path for path in paths if _is_in(path, below)]
    if below != ".":
        inner = usage.only(lambda path: _is_in(path, below))
        asked = sorted({*asked, *roots(inner)}) or list(inner.uses)[:1]
    targets = _with_short_names(_target(path, known.get(path, _OPEN), entries.get(path)) for path in paths)
    by_path = {target.path: target for target in targets}
    chosen = [by_path.get(path) or _target(path, _OPEN, None) for path in asked]
    return chosen, list(_findings(usage, [*paths, *asked], config, below))


def named(project: Project, name: str) -> tuple[list[Target], list[Diagnostic]]:
    """The targets of an environment, or the one with a name such as `prod/shop`. Raises `Refusal` for neither."""
    targets, findings = discover(project.files, project)
    found = [target for target in targets if name in (target.environment, target.name)]
    if not found:
        known = {known for target in targets for known in (target.environment, target.name) if known}
        hint = did_you_mean(name, sorted(known)) or f"there are {one_of(sorted(known))}" if known else ""
        raise Refusal(f"there is no directory, environment or target {name}" + (f"; {hint}" if hint else ""))
    return found, findings


def _is_in(path: str, directory: str) -> bool:
    return directory == "." or path == directory or path.startswith(f"{directory}/")


def _without(usage: Usage, exclude: Sequence[Pattern]) -> Usage:
    """The kustomizations that are not excluded. A pattern excludes what it matches, and all below that."""
    if not exclude:
        return usage
    return usage.only(lambda path: not any(pattern.match_above(path) for pattern in exclude))


def _entry(directory: str, config: Config) -> tuple[TargetEntry, tuple[str, ...]] | None:
    """The first entry of `targets:` that matches, and what its stars stand for."""
    for entry in config.targets:
        stars = entry.pattern.match(directory)
        if stars is not None:
            return entry, stars
    return None


def _target(path: str, place: Place, matched: tuple[TargetEntry, tuple[str, ...]] | None) -> Target:
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
    """The targets with the shortest names, from the end of their paths, that are unique in their environment."""
    by_environment: dict[str, list[Target]] = {}
    for target in targets:
        by_environment.setdefault(target.environment, []).append(target)
    for members in by_environment.values():
        counts = Counter(end for target in members for end in _ends(target.app))
        for target in members:
            yield target._replace(app=next((end for end in _ends(target.app) if counts[end] == 1), target.app))


def _ends(path: str) -> list[str]:
    """The ends of a path, the shortest first: `web`, `team/web`."""
    names = path.split("/") if path else []
    return ["/".join(names[at:]) for at in range(len(names) - 1, -1, -1)]


def _findings(usage: Usage, targets: Sequence[str], config: Config, below: str) -> Iterator[Diagnostic]:
    """What would fall out of sight: components that no target uses, entries of penstock.yaml that match nothing."""
    reached = {inner for target in targets for inner in usage.reach(target)}
    for directory in sorted(usage.uses.keys() - reached):
        if _is_in(directory, below):
            message = f"no target uses the Component {directory}, so it is not compiled"
            hint = "name it under `components:` of a kustomization, or under `exclude:` in penstock.yaml"
            yield Diagnostic("PS190", "info", message, Origin(_file_of(usage, directory)), hint=hint)
    if below == ".":
        yield from _unmatched(usage, config)


def _file_of(usage: Usage, directory: str) -> str:
    return usage.files.get(directory, directory)


def _unmatched(usage: Usage, config: Config) -> Iterator[Diagnostic]:
    for entry in config.targets:
        if not any(entry.pattern.match(directory) is not None for directory in usage.uses):
            message = f"no kustomization lies in `{entry.pattern.text}`"
            hint = "correct the path, or take the entry out"
            yield Diagnostic("PS191", "warning", message, entry.origin.below("path"), hint=hint)
