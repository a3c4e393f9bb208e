"""What the controllers of Flux forbid between namespaces, from their arguments or the object that installs them."""

from collections.abc import Iterable, Iterator

from penstock.definitions.flux.instance import is_multitenant
from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.model import Resource
from penstock.tree import get

_FLAG = "--no-cross-namespace-refs"
_CONTROLLERS = frozenset(("helm-controller", "kustomize-controller"))


def blocks_other_namespaces(resources: Iterable[Resource]) -> frozenset[str]:
    """Return the controllers among some objects that refuse references to other namespaces."""
    return frozenset(name for resource in resources for name in _blocking(resource))


def _blocking(resource: Resource) -> Iterator[str]:
    kind, name = resource.id.kind, resource.id.name
    if kind == "Deployment" and name in _CONTROLLERS and _has_flag(resource):
        yield name
    elif is_multitenant(resource.body):
        yield from _CONTROLLERS


def _has_flag(deployment: Resource) -> bool:
    """Return whether a controller has the flag. The last one of several counts."""
    containers = mappings(mapping(get(deployment.body, ("spec", "template", "spec"))).get("containers"))
    given = [each for container in containers for each in texts(container.get("args")) if each.startswith(_FLAG)]
    return bool(given) and text(given[-1]).lower() in (_FLAG, f"{_FLAG}=true", f"{_FLAG}=1", f"{_FLAG}=t")
