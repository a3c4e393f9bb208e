"""`commonMetadata` of a Kustomization or HelmRelease."""

from collections.abc import Sequence

from penstock.definitions.flux.definition import Definition
from penstock.definitions.reading import mapping
from penstock.model import Resource
from penstock.tree import put


def add_metadata(resources: Sequence[Resource], definition: Definition) -> None:
    """Add labels and annotations to each object, overriding its own. Pod templates do not get them."""
    common = mapping(definition.spec.get("commonMetadata"))
    for field in ("labels", "annotations"):
        for key, value in mapping(common.get(field)).items():
            for resource in resources:
                put(resource, ("metadata", field, key), value, definition.at("commonMetadata", field, key))
