"""The kinds that the API server serves, and their paths. Pure, except for `discover`, which asks the server."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from penstock.apply.client import Client, segment
from penstock.apply.failure import Failure
from penstock.apply.shape import mappings
from penstock.kubernetes import identify
from penstock.model import ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
"""The media types of one request for all groups; servers before 1.26 answer with their list of groups instead."""

ROOTS = ("/api", "/apis")


class Kind(NamedTuple):
    """A kind as the server serves it. `resource` is its name in paths (`deployments`)."""

    group: str
    version: str
    name: str
    resource: str
    namespaced: bool
    has_status: bool
    """Whether a controller reports through a status subresource."""

    @property
    def is_named(self) -> bool:
        """Whether the kind has all the names that a path needs."""
        return bool(self.version and self.name and self.resource)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or without `name` that of the collection.

        An empty `namespace` means all namespaces.
        """
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.resource, name] if name else [self.resource]
        return "/" + "/".join(segment(part) for part in parts)


class Kinds(NamedTuple):
    """All kinds of a server. `missing` are the groups whose server did not answer (an aggregated API that is down)."""

    exact: Mapping[tuple[str, str, str], Kind]
    preferred: Mapping[tuple[str, str], Kind]
    missing: tuple[str, ...] = ()

    def of(self, body: Tree) -> Kind | None:
        """Return the kind of an object in the object's own version, or None where it is not served."""
        identity, version = identify(body)
        return self.exact.get((identity.group, version, identity.kind))

    def of_id(self, id: ResourceId) -> Kind | None:
        """Return the kind in the version that the server prefers, or None where the kind is not served."""
        return self.preferred.get((id.group, id.kind))


Wanted = Callable[[], Collection[str]]
"""Returns the groups of which the kinds are needed."""


def discover(client: Client, wanted: Wanted | None = None) -> Kinds:
    """Ask the server for its kinds. Raises `Refusal` (4) where the server does not answer.

    A server that cannot tell all groups by one answer is asked for the `wanted` ones only, if these are given, since it
    may serve thousands.
    """
    served: list[Kind] = []
    missing: list[str] = []
    # Both at a time: a sync without a change consists of little more than such round trips.
    answers = client.each(lambda root: client.get(root, accept=f"{AGGREGATED},application/json"), ROOTS)
    for root, answer in zip(ROOTS, answers, strict=True):
        if isinstance(answer, Failure):
            from penstock.apply.unreachable import refusal

            raise refusal(client.access.context, answer)
        if answer.get("kind") == "APIGroupDiscoveryList":
            found, lost = _aggregated(answer)
        else:
            found, lost = _one_by_one(client, root, answer, wanted)
        served += found
        missing += lost
    return collect(served, missing)


def collect(served: Iterable[Kind], missing: Sequence[str] = ()) -> Kinds:
    """Index kinds given in the server's order of preference."""
    exact: dict[tuple[str, str, str], Kind] = {}
    preferred: dict[tuple[str, str], Kind] = {}
    for kind in served:
        exact.setdefault((kind.group, kind.version, kind.name), kind)
        preferred.setdefault((kind.group, kind.name), kind)
    return Kinds(exact, preferred, tuple(missing))


def _aggregated(answer: Tree) -> tuple[list[Kind], list[str]]:
    served: list[Kind] = []
    missing: list[str] = []
    for item in mappings(answer.get("items")):
        group = str(get(item, ("metadata", "name"), ""))
        for version in mappings(item.get("versions")):
            name = str(version.get("version", ""))
            # The server of this group does not answer. What it served last is used, and that is said.
            if version.get("freshness") == "Stale":
                missing.append(f"{group}/{name}")
            served += (_kind(group, name, entry) for entry in mappings(version.get("resources")))
    return [kind for kind in served if kind.is_named], missing


def _kind(group: str, version: str, entry: Tree) -> Kind:
    return Kind(
        group,
        version,
        str(get(entry, ("responseKind", "kind"), "")),
        str(entry.get("resource", "")),
        entry.get("scope") == "Namespaced",
        any(sub.get("subresource") == "status" for sub in mappings(entry.get("subresources"))),
    )


def _one_by_one(client: Client, root: str, answer: Tree, wanted: Wanted | None = None) -> tuple[list[Kind], list[str]]:
    """Return the kinds by the old discovery: a list of groups, then one request for each version of a group."""
    versions = _core_versions(answer) if root == "/api" else _versions(answer, wanted)
    paths = [f"{root}/{segment(group)}/{version}" if group else f"{root}/{version}" for group, version in versions]
    served: list[Kind] = []
    missing: list[str] = []
    answers = client.each(client.get, paths)
    for (group, version), resources in zip(versions, answers, strict=True):
        if isinstance(resources, Failure):
            # One dead aggregated API must not hide the kinds of all others.
            missing.append(f"{group}/{version}")
            continue
        entries = mappings(resources.get("resources"))
        names = {str(entry.get("name")): entry for entry in entries}
        served += [
            Kind(group, version, str(e.get("kind", "")), name, e.get("namespaced") is True, f"{name}/status" in names)
            for name, e in names.items()
            if "/" not in name
        ]
    return [kind for kind in served if kind.is_named], missing


def _core_versions(answer: Tree) -> list[tuple[str, str]]:
    listed = answer.get("versions")
    return [("", str(version)) for version in (listed if isinstance(listed, list) else ())]


def _versions(answer: Tree, wanted: Wanted | None) -> list[tuple[str, str]]:
    """Return the wanted groups, each with its versions."""
    groups = {str(group.get("name", "")): group for group in mappings(answer.get("groups"))}
    chosen = wanted() if wanted else groups
    return [
        (name, str(version.get("version", "")))
        for name, group in groups.items()
        if name in chosen
        for version in _preferred_first(group)
    ]


def _preferred_first(group: Tree) -> list[Tree]:
    preferred = get(group, ("preferredVersion", "version"))
    return sorted(mappings(group.get("versions")), key=lambda version: version.get("version") != preferred)
