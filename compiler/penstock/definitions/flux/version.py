"""The version of Flux in a cluster, from the manifests of its controllers, as `flux bootstrap` commits them.

The meaning of a variable without a value depends on the version.
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
    """Return whether an object tells the version of Flux: the kustomize-controller, or what the Flux Operator
    installs.
    """
    identity = resource.id
    return identity.kind == "FluxInstance" or (identity.kind, identity.name) == ("Deployment", "kustomize-controller")


def lenient_version(resources: Iterable[Resource]) -> str:
    """Return the version of a Flux that replaces a variable without a value by an empty text.

    Return the empty string if the first of these objects belongs to a Flux that refuses such a variable, or if there is
    no object.
    """
    for resource in resources:
        version, gate = _installed(resource) if resource.id.kind == "FluxInstance" else _running(resource)
        found = _VERSION.fullmatch(version)
        is_strict = gate == "true" if gate else found is None or int(found[1]) >= _STRICT_SINCE
        return "" if is_strict else version.removeprefix("v") or "2"
    return ""


def _installed(instance: Resource) -> tuple[str, str]:
    """Return the version that the Flux Operator installs. It may be a range, of which the newest version is used."""
    return text(mapping(mapping(instance.body.get("spec")).get("distribution")).get("version")), ""


def _running(controller: Resource) -> tuple[str, str]:
    """Return the version in the label of a controller, and the value of the feature gate in its arguments."""
    version = text(mapping(mapping(controller.body.get("metadata")).get("labels")).get(_LABEL))
    pod = mapping(mapping(mapping(controller.body.get("spec")).get("template")).get("spec"))
    arguments = (each for container in mappings(pod.get("containers")) for each in texts(container.get("args")))
    gates = [found[1] for each in arguments if (found := _GATE.search(each))]
    return version, gates[-1] if gates else ""
