"""Which versions of Kubernetes targets are checked for: those of the command line, or that of their environment."""

from collections.abc import Sequence
from functools import cache

from penstock.files import resource_of_package
from penstock.model import Refusal, Target
from penstock.parse.project import Project
from penstock.validate.schemas import Schemas, load


class Versions:
    """The Kubernetes versions for one state of the sources. `given` are those of the command line, which apply to all
    targets.
    """

    def __init__(self, given: Sequence[str], project: Project) -> None:
        config, _ = project.config()
        entries = config.environments if config is not None and not given else ()
        self._given = tuple(map(_schemas, given or [""]))
        self._by_environment = {
            entry.name: (_named(entry.name, entry.kubernetes),) for entry in entries if entry.kubernetes
        }

    def of(self, target: Target) -> Sequence[Schemas]:
        """Return the schemas against which a target is checked."""
        return self._by_environment.get(target.environment, self._given)

    def said(self, targets: Sequence[Target]) -> str:
        """Return the versions for which some targets are checked, the oldest first."""
        found = {schemas.version for target in targets for schemas in self.of(target)}
        found = found or {schemas.version for schemas in self._given}
        return ", ".join(sorted(found, key=lambda version: tuple(map(int, version.split(".")))))


def _named(environment: str, version: str) -> Schemas:
    try:
        return _schemas(version)
    except Refusal as reason:
        raise Refusal(f"penstock.yaml, environments.{environment}.kubernetes: {reason}") from None


@cache
def _schemas(version: str) -> Schemas:
    """Return the schemas of a version, which ship with Penstock. The empty text means the newest version."""
    return load(resource_of_package("kubernetes.pack"), version)
