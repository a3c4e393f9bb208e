"""The rules of an `AppProject` for sources, destinations and kinds, as Argo CD's code applies them. (Argo CD 3.5.)

A pattern that begins with `!` denies what the rest of it matches, and allows anything else.
"""

import re
from collections.abc import Iterator, Sequence, Set

from penstock.definitions.argo.application import IN_CLUSTER, Application, Destination
from penstock.definitions.argo.pattern import glob, matches, path_match
from penstock.definitions.argo.repository import normal_of_argo
from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.expression import Invalid, expression
from penstock.model import Diagnostic, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import origin_of

_REFERENCE = re.compile(r"\\[1-9k]")
"""A reference to a group of a regular expression."""


class Kind(NamedTuple):
    """The kind and name of an object, and whether the object is in a namespace."""

    group: str
    kind: str
    name: str
    is_namespaced: bool


def _fits(pattern: str, value: str, separator: str = "") -> bool:
    """Return whether a pattern allows a value. With `!`, it allows the values that the rest does not match.

    Without that, `*` also matches the separator.
    """
    if pattern.startswith("!"):
        return not matches(glob(pattern[1:], separator), value)
    return pattern == "*" or matches(glob(pattern, separator), value)


def permits_source(spec: Tree, address: str) -> bool:
    """Return whether `sourceRepos` allows an address."""
    wanted = normal_of_argo(address)
    allowed = False
    for each in texts(spec.get("sourceRepos")):
        sign = "!" if each.startswith("!") else ""
        if _fits(f"{sign}{normal_of_argo(each.removeprefix('!'))}", wanted, "/"):
            allowed = True
        elif sign:
            return False
    return allowed


def permits_destination(spec: Tree, destination: Destination) -> bool:
    """Return whether `destinations` allows a cluster and namespace."""
    allowed = False
    for each in mappings(spec.get("destinations")):
        name, server, namespace = text(each.get("name")), text(each.get("server")), text(each.get("namespace"))
        by_name = bool(destination.name) and _fits(name, destination.name)
        by_server = bool(destination.server) and _fits(server, destination.server)
        by_namespace = _fits(namespace, destination.namespace)
        denied = (
            name.startswith("!") and not by_name,  # whatever the namespace
            server.startswith("!") and not by_server and by_namespace,
            namespace.startswith("!") and not by_namespace and by_server,
        )
        if (by_name or by_server) and by_namespace:
            allowed = True
        elif any(denied):
            return False
    return allowed


def permits_kind(spec: Tree, kind: Kind) -> bool:
    """Return whether objects of a kind are allowed. Without a whitelist, namespaced objects are and cluster-scoped ones
    are not.
    """
    scope = "namespace" if kind.is_namespaced else "cluster"
    allowed, denied = spec.get(f"{scope}ResourceWhitelist"), spec.get(f"{scope}ResourceBlacklist")
    if kind.is_namespaced and allowed is None:
        return not _is_listed(denied, kind)
    return _is_listed(allowed, kind) and not _is_listed(denied, kind)


def _is_listed(entries: object, kind: Kind) -> bool:
    """Return whether a list has a kind. Only entries for objects of the whole cluster may name some of them."""
    return any(
        matches(path_match(text(each.get("kind"))), kind.kind)
        and matches(path_match(text(each.get("group"))), kind.group)
        and (kind.is_namespaced or not text(each.get("name")) or _has_name(each, kind))
        for each in mappings(entries)
    )


def _has_name(entry: Tree, kind: Kind) -> bool:
    return matches(path_match(text(entry.get("name"))), kind.name)


def permits_namespace(spec: Tree, own: str, namespace: str) -> bool:
    """Return whether Applications in a namespace may use a project in the namespace `own`."""
    return namespace == own or any(_fits_namespace(each, namespace) for each in texts(spec.get("sourceNamespaces")))


def _fits_namespace(pattern: str, namespace: str) -> bool:
    """Return whether a pattern allows a namespace. Between slashes, it is a regular expression."""
    if not (len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")):
        return matches(glob(pattern), namespace)
    try:
        return expression(pattern[1:-1]).found_in(namespace)
    except Invalid:
        # Argo CD's engine knows more than RE2, such as `(?!kube-)`: what cannot be judged is no violation.
        return "(?" in pattern or bool(_REFERENCE.search(pattern))


def judged(project: Resource, app: Application, destination: Destination) -> Iterator[Diagnostic]:
    """Yield the violations of an Application against its project, apart from those of its objects.

    `destination` has both the name and the address of its cluster, if a file tells them.
    """
    spec = mapping(project.body.get("spec"))
    notes = ((project.origin, f"the AppProject {project.id.name}"),)
    homes = (
        project.id.namespace,
        app.resource.id.namespace,
    )  # without a namespace, an object goes where Argo CD is installed
    if all(homes) and not permits_namespace(spec, *homes):
        message = f"AppProject {project.id.name} permits no Application in the namespace {app.id[0]}"
        yield Diagnostic("PS642", "error", message, app.at("metadata"), app.resource.id, notes)
    for source in app.sources:
        is_known = source.repository and not is_open(source.repository)
        if is_known and not permits_source(spec, source.repository):
            message = f"AppProject {project.id.name} does not permit the source {source.repository}"
            yield Diagnostic("PS639", "error", message, app.at(*source.at, "repoURL"), app.resource.id, notes)
    if not _may_permit(spec, destination):
        where = app.at("spec", "destination")
        message = f"AppProject {project.id.name} does not permit the destination {_words(app.destination)}"
        yield Diagnostic("PS640", "error", message, where, app.resource.id, notes)


def judged_cluster(
    project: Resource, app: Application, destination: Destination, own: Set[str] | None
) -> Iterator[Diagnostic]:
    """Yield a violation where a project permits only clusters that belong to it, and an Application goes to another.

    `own` has the names and addresses of its clusters. It is None where no file says which clusters there are.
    """
    spec = mapping(project.body.get("spec"))
    if own is None or spec.get("permitOnlyProjectScopedClusters") is not True:
        return
    if any(map(is_open, destination)) or not own.isdisjoint((destination.name, destination.server)):
        return
    message = f"AppProject {project.id.name} permits only clusters of its own, and not {_words(destination)}"
    notes = ((project.origin, f"the AppProject {project.id.name}"),)
    hint = f"`project: {project.id.name}` at the cluster, in the file of clusters, says that it belongs to the project"
    yield Diagnostic("PS640", "error", message, app.at("spec", "destination"), app.resource.id, notes, hint)


def judged_objects(
    project: Resource, destination: Destination, resources: Sequence[Resource], namespaced: Sequence[bool]
) -> Iterator[Diagnostic]:
    """Yield the violations of objects that go to a destination against their project.

    `namespaced` says of each object whether it is in a namespace.
    """
    spec = mapping(project.body.get("spec"))
    notes = ((project.origin, f"the AppProject {project.id.name}"),)
    may_inherit = bool(mapping(project.body.get("metadata")).get("labels"))  # from a global project, by its labels
    for resource, is_namespaced in zip(resources, namespaced, strict=True):
        identity = resource.id
        kind = Kind(identity.group, identity.kind, identity.name, is_namespaced)
        if not may_inherit and not permits_kind(spec, kind):
            message = f"AppProject {project.id.name} does not permit {identity}"
            yield Diagnostic("PS641", "error", message, resource.origin, identity, notes)
        elif is_namespaced and identity.namespace and identity.namespace != destination.namespace:
            elsewhere = destination._replace(namespace=identity.namespace)
            if not _may_permit(spec, elsewhere):
                message = f"AppProject {project.id.name} does not permit {identity}: it goes to {_words(elsewhere)}"
                where = origin_of(resource, ("metadata", "namespace"))
                yield Diagnostic("PS640", "error", message, where, identity, notes)


def is_open(word: str) -> bool:
    """Return whether a text has a placeholder such as `${CLUSTER}`, which other tools fill in."""
    return "${" in word


_UNKNOWN = Destination("unknown", "https://unknown.invalid", "")
"""A stand-in for a cluster whose name or address is unknown. Every cluster has both, so a pattern for any name or
address matches.
"""


def _may_permit(spec: Tree, destination: Destination) -> bool:
    """Return whether a destination may be allowed.

    Argo CD looks up the name of a cluster by its address and vice versa. Where the other one is unknown here, it may be
    anything, as may a text with a placeholder.
    """
    if any(map(is_open, destination)):
        return True
    given_name = destination.name
    if given_name in IN_CLUSTER:
        destination = destination._replace(server=IN_CLUSTER[1])
    elif not given_name and destination.server.rstrip("/") in IN_CLUSTER:
        destination = destination._replace(name=IN_CLUSTER[0])  # unless a Secret renames that cluster
    name, server = destination.name or _UNKNOWN.name, destination.server or _UNKNOWN.server
    if permits_destination(spec, Destination(name, server, destination.namespace)):
        return True
    entries = mappings(spec.get("destinations"))
    if not destination.server and any(text(each.get("server")) not in ("", "*") for each in entries):
        return True
    return not given_name and any(text(each.get("name")) not in ("", "*") for each in entries)


def _words(destination: Destination) -> str:
    return f"{destination.server or destination.name}, namespace {destination.namespace or '(none)'}"
