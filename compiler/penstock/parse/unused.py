"""Settings of penstock.yaml that apply to nothing: mostly names that are written otherwise elsewhere."""

from collections.abc import Iterator, Sequence

from penstock.model import Diagnostic, Origin, Target
from penstock.parse.project import PROJECT_FILE, Project
from penstock.parse.project_file.read import Config
from penstock.words import did_you_mean


def unused(config: Config, project: Project, targets: Sequence[Target]) -> Iterator[Diagnostic]:
    """Yield findings about environments to which no target goes, and about files that do not exist."""
    yield from _without_targets(config, targets)
    origin = Origin(PROJECT_FILE)
    if config.clusters and not project.is_there(config.clusters):
        message = f"there is no file {config.clusters}, so it is not known which clusters there are"
        yield Diagnostic("PS191", "warning", message, origin.below("clusters"), hint="correct the path")
    for field, places in (("schemas", config.schemas), ("health", config.health)):
        for index, place in enumerate(places):
            if not _holds_anything(project, place):
                message = f"there is no file or folder {place}"
                yield Diagnostic("PS191", "warning", message, origin.below(field, index), hint="correct the path")


def _holds_anything(project: Project, place: str) -> bool:
    """Return whether a file or folder is there. Of a path with `{{.Group}}`, the folder before that counts."""
    folder = place.partition("{{")[0].rpartition("/")[0] or "." if "{{" in place else place
    return project.is_there(folder) or any(True for _ in project.walk(folder))


def _without_targets(config: Config, targets: Sequence[Target]) -> Iterator[Diagnostic]:
    known = sorted({target.environment for target in targets} - {""})
    open_ones = {target.proposed for target in targets if not target.environment}
    for entry in config.environments if known else ():
        if entry.name not in known and entry.name not in open_ones:
            message = f"no target goes to the environment {entry.name}"
            hint = did_you_mean(entry.name, known) or "correct the name, or take the entry out"
            yield Diagnostic("PS191", "warning", message, entry.origin, hint=hint)
