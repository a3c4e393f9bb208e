"""`commonMetadata` of a Kustomization or HelmRelease."""

from collections.abc import Iterator, Sequence

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.variables import Variables
from penstock.definitions.reading import mapping
from penstock.model import Diagnostic, Resource
from penstock.tree import put


def add_metadata(resources: Sequence[Resource], definition: Definition) -> None:
    """Add labels and annotations to each object, overriding its own. Pod templates do not get them."""
    for field, key, value in _added(definition):
        for resource in resources:
            put(resource, ("metadata", field, key), value, definition.at("commonMetadata", field, key))


def _added(definition: Definition) -> Iterator[tuple[str, str, object]]:
    """Yield the field, key and value of each label and annotation."""
    common = mapping(definition.spec.get("commonMetadata"))
    for field in ("labels", "annotations"):
        yield from ((field, key, value) for key, value in mapping(common.get(field)).items())


def unsubstituted(definition: Definition, variables: Variables) -> Iterator[Diagnostic]:
    """Yield a finding for each value that names a variable of the definition itself, which Flux does not replace there.
    The API server refuses such a label.
    """
    for field, key, value in _added(definition):
        if isinstance(value, str) and variables.named_in(value):
            message = f"{value} stays as it is, since Flux adds commonMetadata after the substitution of variables"
            hint = "write the value, or let the Kustomization that applies this one substitute it"
            where = definition.at("commonMetadata", field, key)
            yield Diagnostic("PS196", "error" if field == "labels" else "warning", message, where, hint=hint)
