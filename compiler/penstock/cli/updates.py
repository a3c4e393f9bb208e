"""The objects of an earlier commit, for the rules about what an update may not do."""

from penstock.cli.states import State
from penstock.model import Resource, ResourceId
from penstock.pipeline import build_target
from penstock.targets.repository import everything


def objects_by_environment(old: State) -> dict[str, dict[ResourceId, Resource]]:
    """Return all objects that the targets of a state make, by environment. A target that does not compile has none."""
    found: dict[str, dict[ResourceId, Resource]] = {}
    project = old.workspace.project
    for target in everything(project)[0]:
        resources, _ = build_target(project, target, old.options)
        found.setdefault(target.environment, {}).update((resource.id, resource) for resource in resources)
    return found
