"""The objects of the branch in terms of one cluster: each with the kind that the cluster serves, and its namespace.
Pure.
"""

from collections.abc import Iterator, Sequence

from penstock.apply.hooks import idle
from penstock.apply.inventory import ID, OF_PENSTOCK, PART_OF, Parent, owner, with_label
from penstock.apply.kinds import Kind, Kinds
from penstock.apply.meant import as_stored, left_to_controllers
from penstock.model import Diagnostic, Origin, Resource, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get, respell

SET_BY_THE_SERVER = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"),
    *("resourceVersion", "selfLink", "uid"),
)
"""Metadata that a manifest has only if somebody has read it from a cluster. A server refuses an apply with some of it,
either at once or from the second time on, and ignores the rest."""

DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Desired(NamedTuple):
    """The objects of the branch as they will be applied, with Penstock's label and a namespace.

    `kinds` has the kind of each object, and `origins` its place on the branch.
    """

    resources: list[Resource]
    kinds: dict[ResourceId, Kind]
    origins: dict[ResourceId, Origin]

    @property
    def bodies(self) -> dict[ResourceId, Tree]:
        return {resource.id: resource.body for resource in self.resources}


def settle(
    resources: Sequence[Resource], kinds: Kinds, namespace: str, parent: Parent
) -> tuple[Desired, list[Diagnostic]]:
    """Find the kind and the namespace of each object; `namespace` is used where an object needs one and has none.

    Where `namespace` is empty too, a finding is returned. Kinds that the branch's own CustomResourceDefinitions define
    count as served. An object of an unknown kind is left out, with a finding.
    """
    brought = _brought(resources)
    settled: dict[ResourceId, Resource] = {}
    found: dict[ResourceId, Kind] = {}
    diagnostics: list[Diagnostic] = []
    for resource in resources:
        key = (resource.id.group, resource.version, resource.id.kind)
        kind = kinds.exact.get(key) or brought.get(key)
        if kind is None:
            diagnostics.append(_unknown_kind(resource, kinds))
            continue
        if odd := _odd_metadata(resource) or _encrypted(resource) or _idle_hook(resource):
            diagnostics.append(odd)
            continue
        home = _at_home(resource, kind, namespace, parent)
        if kind.namespaced and not home.id.namespace:
            diagnostics.append(_homeless(resource))
            continue
        if home.id in settled and settled[home.id].body == home.body:
            continue  # two targets may hold the same Namespace: one object
        diagnostics += _unfit(home, resource, settled, parent)
        settled.setdefault(home.id, home)
        found[home.id] = kind
    origins = {key: home.origin for key, home in settled.items()}
    return Desired(list(settled.values()), found, origins), diagnostics


def _at_home(resource: Resource, kind: Kind, namespace: str, parent: Parent) -> Resource:
    whole = resource.body.get("metadata") or {}
    metadata = {key: value for key, value in whole.items() if key not in SET_BY_THE_SERVER}
    home = str(metadata.get("namespace") or namespace) if kind.namespaced else ""
    metadata.pop("namespace", None)
    if home:
        metadata["namespace"] = home
    body = with_label({**left_to_controllers(as_stored(resource.body)), "metadata": metadata}, parent)
    settled = resource.fork()
    respell(settled, body)
    settled.id = resource.id._replace(namespace=home)
    return settled


def _unfit(
    home: Resource, original: Resource, settled: dict[ResourceId, Resource], parent: Parent
) -> Iterator[Diagnostic]:
    if home.id in settled:
        first = (settled[home.id].origin, "the first is here")
        message = f"{home.id} is on the branch twice; only one of them can be in the cluster"
        yield Diagnostic("PS602", "error", message, home.origin, home.id, (first,))
    if owner(original.body):
        message = f"{home.id} has the label {PART_OF}, which is for Penstock to set"
        yield Diagnostic("PS603", "error", message, home.origin, home.id, hint="remove the label from the sources")
    if home.id.kind in ("ConfigMap", "Lease") and _is_a_memory(home, parent):
        message = f"{home.id} is where Penstock keeps what it knows of an environment; a branch cannot hold it"
        yield Diagnostic("PS603", "error", message, home.origin, home.id)


def _is_a_memory(home: Resource, parent: Parent) -> bool:
    """Return whether an object would be the inventory or the lease of this or another environment."""
    beside = home.id.namespace == parent.namespace and home.id.name.startswith(OF_PENSTOCK)
    labels = get(home.body, ("metadata", "labels")) or {}
    return beside or ID in labels


def _odd_metadata(resource: Resource) -> Diagnostic | None:
    """Return a finding about labels or annotations that no API server accepts and to which no label can be added."""
    for field in ("labels", "annotations"):
        if not isinstance(get(resource.body, ("metadata", field)) or {}, dict):
            message = f"{resource.id}: metadata.{field} is not a mapping"
            return Diagnostic("PS613", "error", message, resource.origin.below("metadata", field), resource.id)
    return None


def _homeless(resource: Resource) -> Diagnostic:
    message = f"{resource.id} has no namespace on the branch, and none was named for this environment"
    hint = "set `namespace:` in the kustomization; or name it once with --namespace, the cluster remembers it"
    return Diagnostic("PS620", "error", message, resource.origin.below("metadata"), resource.id, hint=hint)


def _encrypted(resource: Resource) -> Diagnostic | None:
    if "sops" not in resource.body:
        return None
    message = f"{resource.id} is encrypted by SOPS, and a sync does not decrypt"
    hint = "let the cluster decrypt it (Sealed Secrets, External Secrets), or decrypt it before `penstock hydrate`"
    return Diagnostic("PS626", "error", message, resource.origin.below("sops"), resource.id, hint=hint)


def _idle_hook(resource: Resource) -> Diagnostic | None:
    why = idle(resource.body)
    if not why:
        return None
    message = f"{resource.id} is left out: {why}"
    return Diagnostic("PS625", "warning", message, resource.origin.below("metadata", "annotations"), resource.id)


def _unknown_kind(resource: Resource, kinds: Kinds) -> Diagnostic:
    other = kinds.of_id(resource.id)
    if other:
        hint = f"the cluster serves it as {other.api_version}"
    elif resource.id.group in {group.partition("/")[0] for group in kinds.missing}:
        hint = "the API server that serves this group does not answer"
    else:
        hint = "is its CustomResourceDefinition installed?"
    where = f"the cluster has no kind {resource.id.kind} in {resource.api_version}"
    message = f"{resource.id}: {where}" if resource.api_version else f"{resource.id} has no apiVersion"
    return Diagnostic("PS611", "error", message, resource.origin, resource.id, hint=hint)


def _brought(resources: Sequence[Resource]) -> dict[tuple[str, str, str], Kind]:
    """Return the kinds that will be served once the CustomResourceDefinitions among the resources are established."""
    definitions = (r.body for r in resources if (r.id.group, r.id.kind) == DEFINITION)
    return {(k.group, k.version, k.name): k for definition in definitions for k in _kinds_of(definition)}


def once_established(resources: Sequence[Resource], kinds: Kinds) -> Kinds:
    """Return the kinds that will be served once the CustomResourceDefinitions among the resources are established.

    A version that such a definition does not serve any more is not among them.
    """
    brought = _brought(resources)
    defined = {(group, name) for group, _, name in brought}
    others = {key: kind for key, kind in kinds.exact.items() if (key[0], key[2]) not in defined}
    return kinds._replace(exact={**others, **brought})


def _kinds_of(definition: Tree) -> Iterator[Kind]:
    versions = get(definition, ("spec", "versions"))
    for version in versions if isinstance(versions, list) else ():
        if get(version, ("served",)) is True:
            yield Kind(
                group=str(get(definition, ("spec", "group"), "")),
                version=str(version.get("name", "")),
                name=str(get(definition, ("spec", "names", "kind"), "")),
                resource=str(get(definition, ("spec", "names", "plural"), "")),
                namespaced=get(definition, ("spec", "scope")) == "Namespaced",
                has_status=get(version, ("subresources", "status")) is not None,
            )
