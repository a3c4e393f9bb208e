"""Which Flux runs in a cluster: the manifests of its controllers, as `flux bootstrap` commits them, say so. What a
variable without a value means depends on it.
"""

import re
from collections.abc import Iterable

from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.model import Resource

_LABEL = "app.kubernetes.io/version"
_GATE = re.compile(r"\bStrictPostBuildSubstitutions=(true|false)\b")
_VERSION = re.compile(r"v?2\.(\d+)\b.*")
_STRICT_SINCE = 9
"""The minor version of Flux 2 since which a variable without a value is an error."""


def runs_flux(resource: Resource) -> bool:
    """Whether an object says which Flux runs: the controller of Kustomizations, or what the Flux Operator installs."""
    identity = resource.id
    return identity.kind == "FluxInstance" or (identity.kind, identity.name) == ("Deployment", "kustomize-controller")


def lenient_version(resources: Iterable[Resource]) -> str:
    """The version of a Flux that puts an empty text in the place of a variable without a value; empty where the first
    of these objects runs one that refuses such a variable, or where there is none.
    """
    for resource in resources:
        version, gate = _installed(resource) if resource.id.kind == "FluxInstance" else _running(resource)
        found = _VERSION.fullmatch(version)
        is_strict = gate == "true" if gate else found is None or int(found[1]) >= _STRICT_SINCE
        return "" if is_strict else version.removeprefix("v") or "2"
    return ""


def _installed(instance: Resource) -> tuple[str, str]:
    """The version that the Flux Operator installs: one, or a range of which the newest counts."""
    return text(mapping(mapping(instance.body.get("spec")).get("distribution")).get("version")), ""


def _running(controller: Resource) -> tuple[str, str]:
    """The version that the label of a controller says, and what its arguments say of the feature."""
    version = text(mapping(mapping(controller.body.get("metadata")).get("labels")).get(_LABEL))
    pod = mapping(mapping(mapping(controller.body.get("spec")).get("template")).get("spec"))
    arguments = (each for container in mappings(pod.get("containers")) for each in texts(container.get("args")))
    gates = [found[1] for each in arguments if (found := _GATE.search(each))]
    return version, gates[-1] if gates else ""
