"""Settings of penstock.yaml that apply to nothing: mostly names that are written otherwise elsewhere."""

from collections.abc import Iterator, Sequence

from penstock.model import Diagnostic, Origin, Target
from penstock.parse.project import PROJECT_FILE, Project
from penstock.parse.project_file.settings import Config
from penstock.words import did_you_mean, nearest, shortened

REFERENCED = (
    *("ClusterIssuer", "ClusterRole", "ClusterSecretStore", "ConfigMap", "Deployment", "Gateway", "GatewayClass"),
    *("GitRepository", "HelmRepository", "Ingress", "IngressClass", "Issuer", "Kustomization", "Namespace"),
    *("OCIRepository", "PersistentVolume", "PersistentVolumeClaim", "PriorityClass", "Role", "RuntimeClass", "Secret"),
    *("SecretStore", "Service", "ServiceAccount", "StatefulSet", "StorageClass", "VolumeSnapshotClass"),
)
"""Kinds that references usually name, for typing errors. Any other kind may be one of somebody's own."""

SURE = 0.9
"""The similarity (0 to 1, see `difflib`) from which on a kind is taken for another one, misspelt."""


def unused(config: Config, project: Project, targets: Sequence[Target]) -> Iterator[Diagnostic]:
    """Yield findings about environments without targets, files that do not exist, and kinds that are misspelt."""
    yield from _without_targets(config, targets)
    yield from _misspelt(config)
    origin = Origin(PROJECT_FILE)
    if config.clusters and not project.is_there(config.clusters):
        message = f"there is no file {config.clusters}, so it is not known which clusters there are"
        yield Diagnostic("PS191", "warning", message, origin.below("clusters"), hint="correct the path")
    yield from _without_files(project, config.schemas, origin.below("schemas"))
    yield from _without_files(project, config.health, origin.below("health"))


def _without_files(project: Project, places: Sequence[str], origin: Origin) -> Iterator[Diagnostic]:
    """Yield findings about places at which nothing is."""
    for index, place in enumerate(places):
        if not _holds_anything(project, place):
            message = f"there is no file or folder {place}"
            yield Diagnostic("PS191", "warning", message, origin.below(index), hint="correct the path")


def _misspelt(config: Config) -> Iterator[Diagnostic]:
    """Yield findings about entries of `externals:` whose kind is no kind, but nearly one of those that many objects
    name.
    """
    for index, entry in enumerate(config.externals):
        meant = _kind_meant(entry.kind)
        if meant:
            where = Origin(PROJECT_FILE).below("externals", index, "kind")
            message = f"no reference names the kind {shortened(entry.kind)}, so this entry applies to nothing"
            yield Diagnostic("PS191", "warning", message, where, hint=f'did you mean "{meant}"?')


def _kind_meant(kind: str) -> str:
    """Return the usual kind that was meant, or "" where the kind may be one of somebody's own."""
    if kind in REFERENCED or "*" in kind:
        return ""
    # `v1/Secret` and `Secret.v1` have the version of the kind with them.
    for word in (kind.rpartition("/")[2], kind.partition(".")[0]):
        near = nearest(word, REFERENCED, SURE)
        if near:
            return near
    return ""


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
