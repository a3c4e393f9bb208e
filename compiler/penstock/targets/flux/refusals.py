"""What the controllers of Flux refuse in a cluster although it builds: sources in other namespaces where these are
blocked, and encrypted Secrets that nobody decrypts.
"""

from collections.abc import Iterable, Iterator, Sequence, Set

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.lockdown import blocks_other_namespaces
from penstock.definitions.flux.release import KIND as RELEASE
from penstock.definitions.flux.release import releases
from penstock.definitions.reading import mapping, text
from penstock.model import Diagnostic, Made, Resource, ResourceId
from penstock.targets.flux.clusters import Cluster

BLOCKED, ENCRYPTED = "PS649", "PS650"

_CONTROLLERS = {RELEASE: "helm-controller", "Kustomization": "kustomize-controller"}
_DECRYPT = "kustomize.toolkit.fluxcd.io/decrypt"
"""The annotation that hands a Secret to another tool, as it is."""


def refusals(cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield findings about all that the controllers of a cluster refuse."""
    built = [(definition, made) for definition, _, made in cluster.made]
    yield from _blocked(cluster, [definition for definition, _ in built])
    # What would build a definition of its own might tell it how to decrypt.
    if cluster.is_sure() and not cluster.entry.is_alone:
        yield from _encrypted(built, {each.id for each in cluster.objects if _decrypts(each)})


def _blocked(cluster: Cluster, built: Sequence[Definition]) -> Iterator[Diagnostic]:
    """Yield findings about definitions and releases whose source is in another namespace, where that is blocked."""
    blocking = blocks_other_namespaces(cluster.objects)
    for each in (*built, *releases(cluster.objects)):
        controller = _CONTROLLERS[each.resource.id.kind]
        if controller in blocking:
            yield from _in_other_namespace(each, controller)


def _in_other_namespace(definition: Definition, controller: str) -> Iterator[Diagnostic]:
    own, name = definition.id
    for at in (("sourceRef",), ("chart", "spec", "sourceRef"), ("chartRef",)):
        reference = _at(definition, at)
        namespace = text(reference.get("namespace"))
        if own and namespace and namespace != own:
            kind, source = text(reference.get("kind")), text(reference.get("name"))
            user = f"{definition.resource.id.kind} {own}/{name}"
            message = f"{user} uses the {kind} {source} of the namespace {namespace}, which "
            message += f"`--no-cross-namespace-refs` of the {controller} forbids"
            hint = f"define the source in {own}"
            yield Diagnostic(BLOCKED, "error", message, definition.at(*at), definition.resource.id, hint=hint)


def _at(definition: Definition, steps: Iterable[str]) -> dict[str, object]:
    found = definition.spec
    for step in steps:
        found = mapping(found.get(step))
    return found


def _decrypts(resource: Resource) -> bool:
    spec = mapping(resource.body.get("spec"))
    return bool(mapping(spec.get("decryption")).get("provider"))


def _encrypted(built: Iterable[tuple[Definition, Made]], decrypting: Set[ResourceId]) -> Iterator[Diagnostic]:
    """Yield one finding for each definition without `decryption` that builds Secrets that SOPS has encrypted.

    `decrypting` are the definitions with it as the cluster builds them: one may be in what it builds itself, and
    patched there.
    """
    for definition, made in built:
        is_decrypted = _decrypts(definition.resource) or definition.resource.id in decrypting
        if is_decrypted or definition.spec.get("suspend") is True:
            continue
        found = [each for each in made.resources if _stays_encrypted(each)]
        if found:
            first, *others = found
            name = "/".join(definition.id)
            message = f"Kustomization {name} has no `decryption`, and this Secret is encrypted by SOPS"
            hint = "add `decryption: {provider: sops}` with the Secret of the keys, or to a parent's patches"
            notes = ((definition.at(), "the Kustomization"),)
            yield Diagnostic(
                ENCRYPTED,
                "error",
                message,
                first.origin,
                first.id,
                notes=notes,
                hint=hint,
                others=tuple(each.id for each in others),
            )


def _stays_encrypted(resource: Resource) -> bool:
    is_secret = resource.id.kind == "Secret" and not resource.id.group
    annotations = mapping(mapping(resource.body.get("metadata")).get("annotations"))
    return is_secret and "sops" in resource.body and text(annotations.get(_DECRYPT)).lower() != "disabled"
